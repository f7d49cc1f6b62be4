package store_test

import (
	"testing"
	"time"

	"clawback"
	"clawback/store/storetest"
)

func (b *bench) canary(t *testing.T, by clawback.Actor) clawback.Canary {
	t.Helper()
	return must(b.CreateCanary(ctx, by, clawback.NewCanary{DeviceID: b.device.ID, Proof: clawback.ProofCanRemove, Mailbox: b.traced("a@b.example").Mailbox}))(t)
}

func TestCreateCanary_refuses(t *testing.T) {
	b := setup(t)
	admin, stranger := storetest.Admin(b.org), storetest.Admin(b.other)
	good := clawback.NewCanary{DeviceID: b.device.ID, Proof: clawback.ProofCanRemove, Mailbox: b.traced("a@b.example").Mailbox}
	_, err := b.CreateCanary(ctx, stranger, good)
	wantKind(t, "by a stranger", err, clawback.KindNotFound)
	_, err = b.CreateCanary(ctx, storetest.Operator(), good)
	wantKind(t, "by an operator", err, clawback.KindForbidden)
	old := good
	old.Mailbox.LookedUpAt = b.clock.Now().Add(-clawback.IdentityLifetime - time.Second)
	_, err = b.CreateCanary(ctx, admin, old)
	wantField(t, "of a mailbox that was looked up long ago", err, "address")
	if got := b.audited(t, b.org.ID, "canary.started"); got != "0" {
		t.Errorf("%s tests in the audit trail", got)
	}
	must(b.CreateCanary(ctx, admin, good))(t)
	_, err = b.CreateCanary(ctx, admin, good)
	wantKind(t, "a second", err, clawback.KindConflict)
	if got := b.audited(t, b.org.ID, "canary.started"); got != "1" {
		t.Errorf("%s tests in the audit trail", got)
	}
}

func TestTakeCanary_once(t *testing.T) {
	b := setup(t)
	c := b.canary(t, storetest.Admin(b.org))
	work, taken, err := b.TakeCanary(ctx, c.ID)
	mustDo(t, err)
	if !taken || work.CleanUp || work.Connection.DeviceID != b.device.ID {
		t.Fatalf("taken %v: %+v", taken, work)
	}
	if _, taken, err := b.TakeCanary(ctx, c.ID); err != nil || taken {
		t.Errorf("another worker has it too: %v, %v", taken, err)
	}
	line, problem, err := b.BeginCanaryStep(ctx, c.ID, clawback.CanaryPlace, "Make it")
	if err != nil || problem.Cause != clawback.CanaryNoProblem {
		t.Fatalf("begin: %v, %+v", err, problem)
	}
	if got := b.audited(t, b.org.ID, "canary.announced"); got != "1" {
		t.Errorf("%s announcements", got)
	}
	mustDo(t, b.EndCanaryStep(ctx, c.ID, line, "immutable"))
	b.clock.Advance(4 * time.Minute)
	must(b.Reconcile(ctx))(t)
	if got := b.jobs(t, "canary"); got != "2" {
		t.Errorf("%s jobs after its worker did not come back", got)
	}
	work, taken, err = b.TakeCanary(ctx, c.ID)
	if err != nil || !taken || !work.CleanUp || work.Canary.ImmutableID != "immutable" {
		t.Errorf("taken up again: %v, %v, %+v", taken, err, work)
	}
	mustDo(t, b.FinishCanary(ctx, c.ID, clawback.CanaryProblem{Cause: clawback.CanaryInterrupted, Finding: "f"}, false))
	if got := must(b.FindCanary(ctx, storetest.Admin(b.org), c.ID))(t); got.Status != clawback.CanaryFailed || got.EndedAt.IsZero() {
		t.Errorf("ended %+v", got)
	}
	if _, taken, _ := b.TakeCanary(ctx, c.ID); taken {
		t.Error("an ended test is taken")
	}
}

func TestRecover_takesCanariesUp(t *testing.T) {
	b := setup(t)
	b.canary(t, storetest.Admin(b.org))
	if got := b.jobs(t, "canary"); got != "1" {
		t.Fatalf("%s jobs", got)
	}
	must(b.Recover(ctx))(t)
	if got := b.jobs(t, "canary"); got != "2" {
		t.Errorf("%s jobs after a start", got)
	}
}
