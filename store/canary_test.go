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

// TestCanary_endedMeanwhile: a worker that is at a test whose device was disconnected changes nothing any more.
func TestCanary_endedMeanwhile(t *testing.T) {
	b := setup(t)
	admin := storetest.Admin(b.org)
	c := b.canary(t, admin)
	line, _, err := b.BeginCanaryStep(ctx, c.ID, clawback.CanaryPlace, "Make it")
	mustDo(t, err)
	mustDo(t, b.EndCanaryStep(ctx, c.ID, line, "immutable"))
	b.disconnect(t, b.device)
	announced := b.audited(t, b.org.ID, "canary.announced")
	if line, problem, err := b.BeginCanaryStep(ctx, c.ID, clawback.CanaryRemove, "Move it"); err != nil || line.ID != "" || problem.Cause != clawback.CanaryInterrupted {
		t.Errorf("it goes on: %+v, %+v, %v", line, problem, err)
	}
	if got := b.audited(t, b.org.ID, "canary.announced"); got != announced {
		t.Errorf("%s announcements, there were %s", got, announced)
	}
	mustDo(t, b.FinishCanary(ctx, c.ID, clawback.CanaryProblem{Cause: clawback.CanaryInterrupted}, true))
	if got := b.audited(t, b.org.ID, "canary.cleaned_up"); got != "0" {
		t.Error("what was left behind is said to be taken away")
	}
	_, err = b.CleanUpCanary(ctx, admin, c.ID)
	wantKind(t, "clean up through a disconnected device", err, clawback.KindConflict)
	_, err = b.CreateCanary(ctx, admin, clawback.NewCanary{DeviceID: b.device.ID, Proof: clawback.ProofCanRemove, Mailbox: b.traced("a@b.example").Mailbox})
	wantKind(t, "test a disconnected device", err, clawback.KindConflict)
}

// TestStopCanary_whileTheTraceAnswers: the email that it found then is not removed.
func TestStopCanary_whileTheTraceAnswers(t *testing.T) {
	b := setup(t)
	admin := storetest.Admin(b.org)
	must(b.SaveAutoRemediation(ctx, admin, clawback.AutoRemediation{OrganizationID: b.org.ID, Mode: clawback.ModeEnforce, Removal: clawback.RemovalSoft, VolumeLimit: 5, Devices: []string{b.device.ID}}))(t)
	c := must(b.CreateCanary(ctx, admin, clawback.NewCanary{DeviceID: b.device.ID, Proof: clawback.ProofEndToEnd, Mailbox: b.traced("a@b.example").Mailbox}))(t)
	if stopped := must(b.StopCanary(ctx, admin, c.ID))(t); stopped.Status != clawback.CanaryFailed || stopped.Problem.Cause != clawback.CanaryStopped || stopped.EndedAt.IsZero() {
		t.Errorf("stopped: %+v", stopped)
	}
	after, problem, err := b.StartCanaryRemoval(ctx, c.ID, clawback.Target{Source: clawback.SourceSearch, MessageID: "<a@b.example>", Subject: c.Subject, Envelope: "me@private.example"})
	if err != nil || problem.Cause != clawback.CanaryStopped || after.RemediationID != "" {
		t.Errorf("a removal began: %+v, %+v, %v", after, problem, err)
	}
	if got := b.Text(t, `SELECT COUNT(*) FROM remediations`); got != "0" {
		t.Errorf("%s removals", got)
	}
	mustDo(t, b.FinishCanary(ctx, c.ID, problem, false))
	if got := b.audited(t, b.org.ID, "canary.cleaned_up"); got != "0" {
		t.Error("a message that never was is said to be taken away")
	}
}
