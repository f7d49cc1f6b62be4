package store_test

import (
	"fmt"
	"testing"
	"time"

	"clawback"
	"clawback/store/storetest"
)

// limited sets the volume limit of the organization.
func (b *bench) limited(t *testing.T, mailboxes int) {
	t.Helper()
	a := b.setting(t)
	a.VolumeLimit = mailboxes
	must(b.SaveAutoRemediation(ctx, storetest.Admin(b.org), a))(t)
}

// several answers so many addresses.
func several(name string, n int) []string {
	var addresses []string
	for i := range n {
		addresses = append(addresses, fmt.Sprintf("%s%d@customer.example", name, i))
	}
	return addresses
}

func TestSplittingIsNoWayRoundTheLimit(t *testing.T) {
	b := setup(t)
	b.limited(t, 5)
	soc := storetest.SOCAnalyst()
	first, second := b.running(t, soc, several("a", 3)...), b.running(t, soc, several("b", 2)...)
	for _, r := range []clawback.Remediation{first, second} {
		if r.Status != clawback.StatusInProgress {
			t.Errorf("within the limit: %s", r.Status)
		}
	}
	third := b.running(t, soc, "c@customer.example")
	if third.Status != clawback.StatusAwaitingApproval || third.ApprovalFor != 1 || third.ApprovalHour != 5 || !third.ApprovalAskedAt.Equal(b.clock.Now()) {
		t.Fatalf("above what an hour may bring: %+v", third)
	}

	must(b.ApproveRemediation(ctx, storetest.SOCAnalyst(), third.ID, 1, "seen"))(t)
	mustDo(t, b.SaveTrace(ctx, third.ID, clawback.TraceFinding{Targets: []clawback.Target{third.Targets[0]}, Mailboxes: b.known(t, soc, third.ID)}))
	if r := must(b.FindRemediation(ctx, soc, third.ID))(t); r.Status != clawback.StatusInProgress {
		t.Errorf("approved: %s", r.Status)
	}
	// To trace again takes nothing of the hour, and what was approved took nothing of it.
	mustDo(t, b.SaveTrace(ctx, first.ID, clawback.TraceFinding{Targets: []clawback.Target{first.Targets[0]}, Mailboxes: b.known(t, soc, first.ID)}))
	if r := must(b.FindRemediation(ctx, soc, first.ID))(t); r.Status != clawback.StatusInProgress {
		t.Errorf("traced again: %s", r.Status)
	}

	b.clock.Advance(clawback.VolumeWindow)
	if r := b.running(t, soc, several("d", 5)...); r.Status != clawback.StatusInProgress {
		t.Errorf("an hour later: %s", r.Status)
	}
	if r := b.running(t, soc, several("e", 6)...); r.Status != clawback.StatusAwaitingApproval || r.ApprovalFor != 6 || r.ApprovalHour != 0 {
		t.Errorf("above the limit by itself: %+v", r)
	}
}

func TestLateCopiesCountTowardsTheLimit(t *testing.T) {
	b := setup(t)
	b.limited(t, 5)
	soc := storetest.SOCAnalyst()
	r := b.running(t, soc, several("a", 5)...)
	b.clock.Advance(2 * clawback.VolumeWindow)
	mailboxes := append(b.known(t, soc, r.ID), b.traced("late@customer.example"))
	mustDo(t, b.SaveTrace(ctx, r.ID, clawback.TraceFinding{Targets: []clawback.Target{r.Targets[0]}, Mailboxes: mailboxes}))
	if r = must(b.FindRemediation(ctx, soc, r.ID))(t); r.Status != clawback.StatusAwaitingApproval || r.ApprovalFor != 6 {
		t.Fatalf("with one more than the limit: %+v", r)
	}
	must(b.ApproveRemediation(ctx, storetest.SOCAnalyst(), r.ID, r.ApprovalFor, "seen"))(t)
	mustDo(t, b.SaveTrace(ctx, r.ID, clawback.TraceFinding{Targets: []clawback.Target{r.Targets[0]}, Mailboxes: mailboxes}))
	if r = must(b.FindRemediation(ctx, soc, r.ID))(t); r.Status != clawback.StatusInProgress {
		t.Errorf("approved for what was asked: %s", r.Status)
	}
}

func TestObservingNeedsNoApproval(t *testing.T) {
	b := setup(t)
	a := b.setting(t)
	a.Mode, a.VolumeLimit = clawback.ModeObserve, 1
	must(b.SaveAutoRemediation(ctx, storetest.Admin(b.org), a))(t)
	if r := b.running(t, storetest.SOCAnalyst(), several("a", 3)...); r.Status != clawback.StatusInProgress {
		t.Errorf("observing waits: %s", r.Status)
	}
}

func TestAnApprovalThatDoesNotComeEndsTheWait(t *testing.T) {
	b := setup(t)
	b.limited(t, 1)
	soc := storetest.SOCAnalyst()
	r := b.running(t, soc, several("a", 2)...)
	reconcile := func() clawback.Remediation {
		must(b.Reconcile(ctx))(t)
		return must(b.FindRemediation(ctx, soc, r.ID))(t)
	}
	b.clock.Advance(clawback.ApprovalLifetime)
	if got := reconcile(); got.Status != clawback.StatusAwaitingApproval {
		t.Fatalf("in time: %s", got.Status)
	}
	b.clock.Advance(time.Second)
	got := reconcile()
	if got.Status != clawback.StatusStopped || got.EndReason == "" || got.EndedByName == "" || got.EndedAt.IsZero() || got.Counts.Of(clawback.OutcomeStopped) != 2 {
		t.Errorf("too late: %+v", got)
	}
	for _, record := range b.records(t, soc, r.ID) {
		if record.Reason != clawback.ReasonNotApproved {
			t.Errorf("%s: %s", record.Mailbox.Address, record.Reason)
		}
	}
	if n := b.audited(t, b.org.ID, "remediation.not_approved"); n != "1" {
		t.Errorf("%s audit events", n)
	}
}
