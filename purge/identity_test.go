package purge_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"clawback"
	"clawback/purge"
)

// lookUps notes every address that the directory is asked for.
type lookUps struct {
	purge.Microsoft
	asked []string
}

func (l *lookUps) LookUpMailboxes(ctx context.Context, conn clawback.Connection, addresses []string) ([]clawback.MailboxAnswer, error) {
	l.asked = append(l.asked, addresses...)
	return l.Microsoft.LookUpMailboxes(ctx, conn, addresses)
}

// previewed answers a draft whose preview is ready, and what is looked up from then on.
func (b *bench) previewed() (string, *lookUps) {
	b.t.Helper()
	r, err := b.store.CreateRemediation(context.Background(), admin, clawback.NewRemediation{
		OrganizationID: b.organization.ID, Targets: []clawback.Target{target()}, Reason: "phishing",
	})
	b.must(err)
	b.must(b.engine.Trace(context.Background(), r.ID))
	counted := &lookUps{Microsoft: b.graph}
	b.engine = purge.New(purge.Config{Store: b.store, Microsoft: counted, Now: b.clock.Now})
	return r.ID, counted
}

func (b *bench) begin(id string) {
	b.t.Helper()
	_, err := b.store.StartRemediation(context.Background(), admin, id, 500, "phishing", "")
	b.must(err)
	b.must(b.engine.Trace(context.Background(), id))
}

func TestAStartReliesOnWhatItsPreviewJustLookedUp(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[:2]...)
	id, counted := b.previewed()
	b.deliver(sender, subject, b.users[2]) // since
	b.clock.Advance(5 * time.Minute)
	b.begin(id)
	b.work(id)
	if slices.Contains(counted.asked, b.users[0]) || slices.Contains(counted.asked, b.users[1]) || !slices.Contains(counted.asked, b.users[2]) {
		t.Errorf("looked up: %v", counted.asked)
	}
	if !slices.Contains(counted.asked, b.tenant.QuarantineAddress) {
		t.Error("the never-remove entry was not looked up at the start")
	}
	for _, user := range b.users[:3] {
		b.expect(id, user, clawback.OutcomeRemoved, clawback.ReasonNone)
	}
}

func TestAStartLooksUpWhatItsPreviewLookedUpLongAgo(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0])
	id, counted := b.previewed()
	b.clock.Advance(5*time.Minute + time.Second)
	b.begin(id)
	if !slices.Contains(counted.asked, b.users[0]) {
		t.Errorf("looked up: %v", counted.asked)
	}
}

// TestAnIdentityThatWasReliedOnGrowsOld lets the work begin so late that the preview's look-up is no longer one to rely on:
// meanwhile the mailbox got an address that an entry names.
func TestAnIdentityThatWasReliedOnGrowsOld(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0])
	id, counted := b.previewed()
	b.clock.Advance(4 * time.Minute)
	b.begin(id)
	b.clock.Advance(8 * time.Minute)
	b.control("PUT", "/mailboxes/"+b.users[0], `{"aliases":["legal@`+b.tenant.Domain+`"]}`, nil)
	b.setting.NeverRemove = append(b.setting.NeverRemove, b.entry("legal@"+b.tenant.Domain).ID)
	b.save()
	counted.asked = nil
	b.work(id)
	if !slices.Contains(counted.asked, b.users[0]) {
		t.Errorf("looked up: %v", counted.asked)
	}
	b.expect(id, b.users[0], clawback.OutcomeProtected, clawback.ReasonNeverRemove)
	b.untouched(b.users[0])
}

// TestAnEntryAddedAfterThePreviewProtectsAtTheStart names the mailbox by its address, its identity being the preview's.
func TestAnEntryAddedAfterThePreviewProtectsAtTheStart(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[:2]...)
	id, counted := b.previewed()
	b.setting.NeverRemove = append(b.setting.NeverRemove, b.entry(b.users[0]).ID)
	b.save()
	counted.asked = nil
	b.begin(id)
	b.expect(id, b.users[0], clawback.OutcomeProtected, clawback.ReasonNeverRemove)
	b.work(id)
	b.untouched(b.users[0])
	b.expect(id, b.users[1], clawback.OutcomeRemoved, clawback.ReasonNone)
}
