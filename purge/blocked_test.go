package purge_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"clawback"
)

// blocked starts a removal from two mailboxes that a halt blocks.
func (b *bench) blocked() string {
	b.t.Helper()
	b.deliver(sender, subject, b.users[:2]...)
	id := b.start()
	b.must(b.store.SetHalt(context.Background(), admin, b.organization.ID, "wait"))
	b.work(id)
	if r := b.remediation(id); r.Status != clawback.StatusBlocked || r.BlockedBy != clawback.BlockedHalt {
		b.t.Fatalf("status %s by %q", r.Status, r.BlockedBy)
	}
	return id
}

// pass is what the workers do by themselves when the halt is lifted.
func (b *bench) pass(id string) clawback.Remediation {
	b.t.Helper()
	ctx := context.Background()
	b.must(b.store.LiftHalt(ctx, admin, b.organization.ID, ""))
	_, err := b.store.Reconcile(ctx)
	b.must(err)
	_, err = b.store.QueueDue(ctx)
	b.must(err)
	b.work(id)
	b.trace(id)
	b.work(id)
	return b.remediation(id)
}

func TestABlockedRemovalGoesOnByItself(t *testing.T) {
	b := setup(t)
	id := b.blocked()
	b.clock.Advance(clawback.BlockedLifetime)
	if r := b.pass(id); r.Status != clawback.StatusInProgress || r.BlockedBy != clawback.BlockedNothing || r.Lapsed != "" {
		t.Errorf("after 24 hours: %s by %q, %q", r.Status, r.BlockedBy, r.Lapsed)
	}
	for _, user := range b.users[:2] {
		b.expect(id, user, clawback.OutcomeRemoved, clawback.ReasonNone)
	}
}

// TestABlockedRemovalLapses lets time pass or changes a rule: then a person must
// look at the new preview and click, and only then something is sent.
func TestABlockedRemovalLapses(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*bench)
		why    string
		after  clawback.Outcome
	}{
		"in time":   {func(b *bench) { b.clock.Advance(clawback.BlockedLifetime + time.Second) }, "more than 24 hours", clawback.OutcomeRemoved},
		"the mode":  {func(b *bench) { b.setting.Mode = clawback.ModeObserve }, "the mode", clawback.OutcomeObserved},
		"the limit": {func(b *bench) { b.setting.VolumeLimit = 400 }, "the volume limit", clawback.OutcomeRemoved},
		"the never-remove list": {func(b *bench) {
			b.setting.NeverRemove = append(b.setting.NeverRemove, b.entry(b.users[1]).ID)
		}, "the never-remove list", clawback.OutcomeRemoved},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			ctx := context.Background()
			id := b.blocked()
			if _, err := b.store.StartRemediation(ctx, admin, id, 2, "", ""); clawback.KindOf(err) != clawback.KindConflict {
				t.Errorf("started before it lapsed: %v", err)
			}
			test.change(b)
			b.save()
			r := b.pass(id)
			if r.Status != clawback.StatusBlocked || r.BlockedBy != clawback.BlockedPreview || !strings.Contains(r.Lapsed, test.why) || r.PreviewedAt.IsZero() {
				t.Fatalf("%s by %q, lapsed %q, preview of %v", r.Status, r.BlockedBy, r.Lapsed, r.PreviewedAt)
			}
			b.workFor(id, time.Hour, 2)
			b.untouched(b.users[:2]...)

			started, err := b.store.StartRemediation(ctx, colleague, id, 2, "", "")
			b.must(err)
			if started.Status != clawback.StatusInProgress || started.Lapsed != "" || !started.StartedAt.Equal(r.StartedAt) || started.StartedBy != colleague.ID {
				t.Errorf("let go on: %+v", started)
			}
			b.trace(id)
			b.work(id)
			b.expect(id, b.users[0], test.after, b.records(id)[b.users[0]].Reason)
			if name == "the never-remove list" {
				b.expect(id, b.users[1], clawback.OutcomeProtected, clawback.ReasonNeverRemove)
				b.untouched(b.users[1])
			}
			if test.after == clawback.OutcomeObserved {
				b.untouched(b.users[:2]...)
			}
		})
	}
}

// TestALapseNeedsNoMendedObstacle lapses while Microsoft still gives no token:
// the trace that is to make the preview fails, and nothing goes on when it works.
func TestALapseNeedsNoMendedObstacle(t *testing.T) {
	b := setup(t)
	ctx := context.Background()
	b.deliver(sender, subject, b.users[:2]...)
	id := b.start()
	b.app(`{"enabled":false}`)
	b.clock.Advance(2 * time.Hour) // the token has expired
	b.work(id)
	b.clock.Advance(clawback.BlockedLifetime + time.Second)
	_, err := b.store.Reconcile(ctx)
	b.must(err)
	b.trace(id)
	if r := b.remediation(id); r.Status != clawback.StatusBlocked || r.Lapsed == "" || !r.PreviewedAt.IsZero() || r.BlockedBy != clawback.BlockedToken {
		t.Fatalf("%s by %q, lapsed %q, preview of %v", r.Status, r.BlockedBy, r.Lapsed, r.PreviewedAt)
	}
	b.restart()
	b.app(`{"enabled":true}`)
	b.workFor(id, time.Minute, 3)
	b.untouched(b.users[:2]...)
	b.trace(id)
	if r := b.remediation(id); r.BlockedBy != clawback.BlockedPreview || r.PreviewedAt.IsZero() {
		t.Errorf("by %q, preview of %v", r.BlockedBy, r.PreviewedAt)
	}
	b.workFor(id, time.Minute, 3)
	b.untouched(b.users[:2]...)
}

func TestWhatBeganToObserveIsNotLetGoOnToRemove(t *testing.T) {
	b := setup(t)
	b.setting.Mode = clawback.ModeObserve
	b.save()
	b.deliver(sender, subject, b.users[:2]...)
	b.faults(`{"route":"exchange:*","status":503,"count":9}`)
	r, err := b.store.CreateRemediation(context.Background(), admin, clawback.NewRemediation{
		OrganizationID: b.organization.ID, Targets: []clawback.Target{target()}, Reason: "phishing", Start: true, MaxMailboxes: 500,
	})
	b.must(err)
	b.trace(r.ID)
	b.setting.Mode = clawback.ModeEnforce
	b.save()
	b.faults(``)
	b.clock.Advance(time.Minute)
	b.trace(r.ID)
	if got := b.remediation(r.ID); got.BlockedBy != clawback.BlockedPreview || !strings.Contains(got.Lapsed, "the mode") {
		t.Fatalf("by %q, %q", got.BlockedBy, got.Lapsed)
	}
	_, err = b.store.StartRemediation(context.Background(), admin, r.ID, 2, "", "")
	b.must(err)
	b.trace(r.ID)
	b.work(r.ID)
	b.expect(r.ID, b.users[0], clawback.OutcomeObserved, clawback.ReasonObserveMode)
	b.untouched(b.users[:2]...)
}
