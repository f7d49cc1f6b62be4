package purge_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"clawback"
)

func (b *bench) check(action string, records ...string) clawback.ActionLooked {
	b.t.Helper()
	looked, err := b.engine.CheckAction(context.Background(), b.customer(clawback.RoleAnalyst), action, records)
	b.must(err)
	return looked
}

// TestCheckAgainSeesWhatTheCustomerDid leaves an email in two protected
// mailboxes; their owners delete one after the other.
func TestCheckAgainSeesWhatTheCustomerDid(t *testing.T) {
	b := setup(t)
	ctx := context.Background()
	b.setting.NeverRemove = append(b.setting.NeverRemove, b.entry(b.users[1]).ID, b.entry(b.users[2]).ID)
	b.save()
	b.deliver(sender, subject, b.users[1], b.users[2])
	id := b.start()
	b.work(id)
	action := b.actions()[0]
	records := b.records(id)

	if got := b.check(action.ID); got != (clawback.ActionLooked{Left: 2}) {
		t.Errorf("nothing was done yet: %+v", got)
	}
	b.must(b.engine.NameFolders(ctx, id))
	found, err := b.store.FindAction(ctx, admin, action.ID)
	b.must(err)
	for _, m := range found.Mailboxes {
		if m.Folder != "Inbox" || m.Checked != "Still there." || !m.CheckedAt.Equal(b.clock.Now()) || m.Reason != clawback.ReasonNeverRemove {
			t.Errorf("mailbox: %+v", m)
		}
	}
	b.expect(id, b.users[1], clawback.OutcomeProtected, clawback.ReasonNeverRemove)
	b.told(records[b.users[1]].ID, clawback.TimelineFound, "Checked again for Ada Admin: Still there.")

	b.touch(b.users[1], `{"folder":"recoverableitemsdeletions"}`)
	if got := b.check(action.ID, records[b.users[1]].ID); got != (clawback.ActionLooked{Gone: 1}) {
		t.Errorf("one was deleted: %+v", got)
	}
	b.expect(id, b.users[1], clawback.OutcomeAlreadyGone, clawback.ReasonNone)
	if a := b.actions()[0]; a.MailboxCount != 1 || a.Status != clawback.ActionOpen {
		t.Errorf("one is left: %+v", a)
	}
	b.touch(b.users[2], `{"purge":true}`)
	if got := b.check(action.ID); got != (clawback.ActionLooked{Gone: 1}) {
		t.Errorf("the other was purged: %+v", got)
	}
	b.expect(id, b.users[2], clawback.OutcomeNotFound, clawback.ReasonNone)
	if a := b.actions()[0]; a.Status != clawback.ActionCompleted {
		t.Errorf("none is left: %+v", a)
	}
	b.untouched(b.users[1], b.users[2])
	if _, err := b.engine.CheckAction(ctx, b.customer(clawback.RoleAdmin), action.ID, nil); clawback.KindOf(err) != clawback.KindConflict {
		t.Errorf("of a closed action: %v", err)
	}

	// Not found is not gone: it comes back, and so does the action.
	b.deliver(sender, subject, b.users[2])
	b.workFor(id, 2*time.Minute+time.Second, 2)
	b.expect(id, b.users[2], clawback.OutcomeProtected, clawback.ReasonNeverRemove)
	if a := b.actions()[0]; a.Status != clawback.ActionOpen || a.MailboxCount != 1 {
		t.Errorf("it came back: %+v", a)
	}
	b.untouched(b.users[1], b.users[2])
}

func TestCheckAgainThatCanNotLook(t *testing.T) {
	b := setup(t)
	ctx := context.Background()
	b.deliver(sender, subject, b.users[0])
	b.app(fmt.Sprintf(`{"access_policy":{"deny":[%q]}}`, b.users[0]))
	id := b.start()
	b.work(id)
	_, err := b.store.HandOver(ctx, admin, id, clawback.CauseChoice{}, "")
	b.must(err)
	action := b.actions()[0]
	before := b.records(id)[b.users[0]]
	if got := b.check(action.ID); got != (clawback.ActionLooked{Unknown: 1}) {
		t.Errorf("denied: %+v", got)
	}
	found, err := b.store.FindAction(ctx, admin, action.ID)
	b.must(err)
	if m := found.Mailboxes[0]; !strings.Contains(m.Checked, "Microsoft denies us this mailbox.") {
		t.Errorf("mailbox: %+v", m)
	}
	if after := b.records(id)[b.users[0]]; after.Outcome != before.Outcome || after.Reason != before.Reason || !after.DoneAt.Equal(before.DoneAt) {
		t.Errorf("a look that was not possible changed %+v to %+v", before, after)
	}
	for name, test := range map[string]struct {
		actor clawback.Actor
		kind  clawback.Kind
	}{
		"a stranger":   {clawback.Actor{}, clawback.KindNotFound},
		"an operator":  {clawback.Actor{Kind: clawback.ActorPerson, StaffRoles: []clawback.Role{clawback.RoleOperator}}, clawback.KindForbidden},
		"of no record": {colleague, clawback.KindConflict},
	} {
		if _, err := b.engine.CheckAction(ctx, test.actor, action.ID, []string{"nobody's"}); clawback.KindOf(err) != test.kind {
			t.Errorf("%s: %v, want %s", name, err, test.kind)
		}
	}
}
