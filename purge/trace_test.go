package purge_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/store"
)

func TestADirectoryThatRefusesBlocks(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0])
	b.faults(`{"route":"GET /users","status":403,"code":"Authorization_RequestDenied"}`)
	r, err := b.store.CreateRemediation(context.Background(), admin, clawback.NewRemediation{
		OrganizationID: b.organization.ID, Targets: []clawback.Target{target()}, Reason: "phishing", Start: true, MaxMailboxes: 5,
	})
	b.must(err)
	b.trace(r.ID)
	b.work(r.ID)
	got := b.remediation(r.ID)
	if got.Status != clawback.StatusBlocked || got.BlockedBy != clawback.BlockedDirectory || !got.ContainedAt.IsZero() {
		t.Errorf("status %s by %q, contained %v, counts %+v", got.Status, got.BlockedBy, got.ContainedAt, got.Counts)
	}
}

// preview makes a draft for a Message-ID and traces it.
func (b *bench) preview(target clawback.Target) string {
	b.t.Helper()
	r, err := b.store.CreateRemediation(context.Background(), admin, clawback.NewRemediation{
		OrganizationID: b.organization.ID, Targets: []clawback.Target{target}, Reason: "phishing",
	})
	b.must(err)
	b.must(b.engine.Trace(context.Background(), r.ID))
	return r.ID
}

func (b *bench) startDraft(id string) {
	b.t.Helper()
	_, err := b.store.StartRemediation(context.Background(), admin, id, 0, "", "")
	b.must(err)
}

// TestMailboxesOfThePreviewAreNotForgotten starts with a trace that names fewer
// recipients than the preview's.
func TestMailboxesOfThePreviewAreNotForgotten(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0], b.users[1], b.tenant.QuarantineAddress)
	id := b.preview(target())
	b.startDraft(id)
	b.inject(faulty{trace: func(rows []clawback.TraceRow) []clawback.TraceRow {
		var left []clawback.TraceRow
		for _, row := range rows {
			if row.Recipient == b.users[0] {
				left = append(left, row)
			}
		}
		return left
	}})
	b.must(b.engine.Trace(context.Background(), id))
	b.work(id)
	b.expect(id, b.users[0], clawback.OutcomeRemoved, clawback.ReasonNone)
	b.expect(id, b.users[1], clawback.OutcomeRemoved, clawback.ReasonNone)
	r := b.remediation(id)
	if r.Counts.Open != 0 || r.ContainedAt.IsZero() || r.Counts.Recipients != 3 {
		t.Errorf("counts %+v, contained %v", r.Counts, r.ContainedAt)
	}
	if actions := b.actions(); len(actions) != 1 || actions[0].Outcome != clawback.OutcomeProtected {
		t.Errorf("actions %+v", actions)
	}
}

func TestLaterLooksStillNameTheFirstRecipients(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[:2]...)
	b.clock.Advance(8 * 24 * time.Hour)
	id := b.start()
	b.work(id)
	b.clock.Advance(3 * 24 * time.Hour)
	b.must(b.engine.Trace(context.Background(), id))
	if r := b.remediation(id); r.Counts.Recipients != 2 || r.Counts.Mailboxes != 2 {
		t.Errorf("counts %+v", r.Counts)
	}
}

// TestATypedMessageIDDoesNotChooseItsVictim sends an attack under the id of a
// newsletter that many more got.
func TestATypedMessageIDDoesNotChooseItsVictim(t *testing.T) {
	typed := clawback.Target{Source: clawback.SourceMessageID, MessageID: messageID}
	newsletter := func(t *testing.T) *bench {
		b := setup(t)
		b.deliver("news@partner.example", "Newsletter", b.users[:22]...)
		b.deliver(sender, subject, b.users[24])
		return b
	}
	t.Run("without a preview nothing is chosen", func(t *testing.T) {
		b := newsletter(t)
		r, err := b.store.CreateRemediation(context.Background(), admin, clawback.NewRemediation{
			OrganizationID: b.organization.ID, Targets: []clawback.Target{typed}, Reason: "phishing", Start: true, MaxMailboxes: 500,
		})
		b.must(err)
		b.must(b.engine.Trace(context.Background(), r.ID))
		b.work(r.ID)
		b.untouched(b.users[:25]...)
		b.expect(r.ID, b.users[0], clawback.OutcomeAmbiguous, clawback.ReasonDifferent)
		b.expect(r.ID, b.users[24], clawback.OutcomeAmbiguous, clawback.ReasonDifferent)
	})
	t.Run("a preview shows every variant", func(t *testing.T) {
		b := newsletter(t)
		r := b.remediation(b.preview(typed))
		if len(r.Variants) != 2 || r.Variants[1].Sender != sender {
			t.Errorf("variants %+v", r.Variants)
		}
	})
	t.Run("one email under the id is the target", func(t *testing.T) {
		b := setup(t)
		b.deliver(sender, subject, b.users[:3]...)
		r, err := b.store.CreateRemediation(context.Background(), admin, clawback.NewRemediation{
			OrganizationID: b.organization.ID, Targets: []clawback.Target{typed}, Reason: "phishing", Start: true, MaxMailboxes: 500,
		})
		b.must(err)
		b.must(b.engine.Trace(context.Background(), r.ID))
		b.work(r.ID)
		b.expect(r.ID, b.users[2], clawback.OutcomeRemoved, clawback.ReasonNone)
	})
}

// TestKnownMailboxesAreCleanedWithoutATrace starts while the trace is down.
func TestKnownMailboxesAreCleanedWithoutATrace(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0], b.tenant.QuarantineAddress)
	id := b.preview(target())
	b.startDraft(id)
	b.faults(`{"route":"exchange:*","status":503}`)
	b.trace(id)
	b.work(id)
	b.expect(id, b.users[0], clawback.OutcomeRemoved, clawback.ReasonNone)
	b.untouched(b.tenant.QuarantineAddress)
	if r := b.remediation(id); r.Status != clawback.StatusBlocked || r.BlockedBy != clawback.BlockedTrace {
		t.Errorf("status %s by %q", r.Status, r.BlockedBy)
	}
	b.faults("")
	b.clock.Advance(time.Minute)
	b.must(b.engine.Trace(context.Background(), id))
	if r := b.remediation(id); r.Status != clawback.StatusInProgress || r.Phase != clawback.PhaseWatching || r.ContainedAt.IsZero() {
		t.Errorf("status %s, phase %s", r.Status, r.Phase)
	}
}

func TestWithoutATraceTheLimitStillHolds(t *testing.T) {
	b := setup(t)
	b.setting.VolumeLimit = 2
	b.save()
	b.deliver(sender, subject, b.users[:3]...)
	id := b.preview(target())
	b.startDraft(id)
	b.faults(`{"route":"exchange:*","status":503}`)
	b.trace(id)
	b.work(id)
	b.untouched(b.users[:3]...)
	if r := b.remediation(id); r.Status != clawback.StatusAwaitingApproval {
		t.Errorf("status %s", r.Status)
	}
}

// TestTwoTenantsNameARecipientOnce lets the trace of one tenant name a mailbox
// of the other.
func TestTwoTenantsNameARecipientOnce(t *testing.T) {
	b := setup(t)
	other := b.sim.World().Customers[1]
	second, err := b.store.CreateDevice(context.Background(), admin, store.NewDevice{
		OrganizationID: b.organization.ID, Name: "Second", TenantID: other.ID, Connection: clawback.ConnectionCustomApp,
		ClientID: other.App.ClientID, ClientSecret: clawback.NewSecret(other.App.Secret),
	})
	b.must(err)
	b.setting.Devices = append(b.setting.Devices, second.ID)
	b.save()
	b.deliver(sender, subject, b.users[0])
	first := b.tenant
	b.tenant = other
	abroad := strings.ToLower(other.People[0].UserPrincipalName)
	b.deliver(sender, subject, abroad)
	b.tenant = first
	b.inject(faulty{trace: func(rows []clawback.TraceRow) []clawback.TraceRow {
		foreign := rows[0]
		foreign.Recipient = abroad
		if rows[0].Recipient != abroad {
			rows = append(rows, foreign)
		}
		return rows
	}})
	id := b.start()
	b.work(id)
	b.expect(id, b.users[0], clawback.OutcomeRemoved, clawback.ReasonNone)
	b.expect(id, abroad, clawback.OutcomeRemoved, clawback.ReasonNone)
	if r := b.remediation(id); r.Counts.Recipients != 2 || r.Counts.Mailboxes != 2 {
		t.Errorf("counts %+v", r.Counts)
	}
}

// TestADeviceThatIsMissingIsWaitedFor takes the only device out after the start.
func TestADeviceThatIsMissingIsWaitedFor(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0])
	id := b.preview(target())
	b.startDraft(id)
	devices := b.setting.Devices
	b.setting.Devices = nil
	b.save()
	var call *clawback.CallError
	if err := b.engine.Trace(context.Background(), id); !errors.As(err, &call) || call.RetryAfter == 0 {
		t.Errorf("trace: %v, want to be asked again later", err)
	}
	if r := b.remediation(id); r.BlockedBy != clawback.BlockedDevice || r.BlockedDetail == "" {
		t.Errorf("blocked by %q", r.BlockedBy)
	}
	b.setting.Devices = devices
	b.save()
	b.must(b.engine.Trace(context.Background(), id))
	b.work(id)
	b.expect(id, b.users[0], clawback.OutcomeRemoved, clawback.ReasonNone)
}

// TestTheTraceBudgetIsShown uses up what Microsoft allows in five minutes: the removal waits, says until when, and goes on.
func TestTheTraceBudgetIsShown(t *testing.T) {
	b := setup(t)
	ctx := context.Background()
	b.deliver(sender, subject, b.users[0])
	id := b.preview(target())
	b.startDraft(id)
	for wait := time.Duration(0); wait == 0; {
		var err error
		wait, err = b.store.TakeTraceRequest(ctx, b.tenant.ID, true)
		b.must(err)
	}
	var call *clawback.CallError
	if err := b.engine.Trace(ctx, id); !errors.As(err, &call) || call.RetryAfter <= 0 || call.RetryAfter > clawback.TraceQuotaWindow {
		t.Fatalf("traced beyond the budget: %v", err)
	}
	b.work(id)
	b.expect(id, b.users[0], clawback.OutcomeRemoved, clawback.ReasonNone)
	r := b.remediation(id)
	if until := b.clock.Now().Add(call.RetryAfter).UTC().Format("15:04:05 UTC"); r.Status != clawback.StatusBlocked || r.BlockedBy != clawback.BlockedQuota || !strings.Contains(r.BlockedDetail, until) {
		t.Errorf("%s by %q: %s, want it to name %s", r.Status, r.BlockedBy, r.BlockedDetail, until)
	}
	b.clock.Advance(call.RetryAfter)
	b.must(b.engine.Trace(ctx, id))
	if r := b.remediation(id); r.Status != clawback.StatusInProgress || r.BlockedBy != clawback.BlockedNothing {
		t.Errorf("after the wait: %s by %q", r.Status, r.BlockedBy)
	}
}

// TestOutageOfTheTokenEndpointIsNamed lets Microsoft's sign-in be down: the trace was never asked, so it is not blamed.
func TestOutageOfTheTokenEndpointIsNamed(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0])
	b.faults(`{"route":"login:token","status":503}`)
	r, err := b.store.CreateRemediation(context.Background(), admin, clawback.NewRemediation{OrganizationID: b.organization.ID, Targets: []clawback.Target{target()}})
	b.must(err)
	if err := b.engine.Trace(context.Background(), r.ID); err == nil {
		t.Fatal("traced without a token")
	}
	if r := b.remediation(r.ID); r.BlockedBy != clawback.BlockedToken {
		t.Errorf("blocked by %q", r.BlockedBy)
	}
}
