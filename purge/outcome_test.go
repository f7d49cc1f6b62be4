package purge_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"clawback"
)

const move = "POST /users/*/messages/*/move"

func TestAMailboxThatIsGoneAtTheRemovalIsUnreachable(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0])
	id := b.start()
	b.faults(`{"route":"` + move + `","status":404,"code":"MailboxNotEnabledForRESTAPI","count":1}`)
	b.work(id)
	b.expect(id, b.users[0], clawback.OutcomeUnreachable, clawback.ReasonNoMailbox)
}

// TestACopyThatIsStillVisibleIsNeverContained lets a mailbox's last attempt
// remove one of two copies.
func TestACopyThatIsStillVisibleIsNeverContained(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0])
	b.deliver(sender, subject, b.users[0])
	id := b.start()
	b.faults(`{"route":"GET /users/{user}/messages","status":503,"count":6}`)
	b.workFor(id, 3*time.Minute, 5)
	b.clock.Advance(3 * time.Minute)
	b.faults(`{"route":"` + move + `","status":429,"retry_after":60,"count":1}`)
	b.workFor(id, time.Minute, 1)
	r := b.remediation(id)
	if left := b.folders(b.users[0]); !r.ContainedAt.IsZero() && fmt.Sprint(left) != fmt.Sprintf("[%[1]s %[1]s]", clawback.RecoverableItems) {
		t.Errorf("contained although copies lie in %v", left)
	}
	b.expect(id, b.users[0], clawback.OutcomePartlyRemoved, clawback.ReasonStillThere)
}

func TestWaitingForMicrosoftIsNoFailedAttempt(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0])
	id := b.start()
	b.inject(faulty{afterMove: func() error {
		b.faults(`{"route":"GET /users/{user}/messages","status":429,"retry_after":30,"count":9}`)
		return nil
	}})
	b.workFor(id, 31*time.Second, 10)
	b.expect(id, b.users[0], clawback.OutcomeRemoved, clawback.ReasonNone)
}

func TestARetryFindsWhatIsGoneMeanwhile(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0])
	id := b.start()
	b.faults(`{"route":"` + move + `","status":403,"code":"ErrorAccessDenied","count":1}`)
	b.work(id)
	b.expect(id, b.users[0], clawback.OutcomeDenied, clawback.ReasonPermission)
	b.control("PATCH", "/messages?internet_message_id="+"%3C1.2%2B3%40mx.bad.example%3E&mailbox="+b.users[0], `{"folder":"recoverableitemsdeletions"}`, nil)
	_, err := b.store.RetryRemediation(context.Background(), admin, id, clawback.CauseChoice{})
	b.must(err)
	b.work(id)
	b.expect(id, b.users[0], clawback.OutcomeAlreadyGone, clawback.ReasonNone)
	if r := b.remediation(id); r.ContainedAt.IsZero() {
		t.Error("not contained although the copy lies in Recoverable Items")
	}
}

// TestAPartlyCleanedMailboxFindsSomebody denies the removal of one copy of two.
func TestAPartlyCleanedMailboxFindsSomebody(t *testing.T) {
	partly := func(t *testing.T) (*bench, string) {
		b := setup(t)
		b.deliver(sender, subject, b.users[0])
		b.deliver(sender, subject, b.users[0])
		id := b.start()
		denied := 0
		b.inject(faulty{beforeMove: func() error {
			if denied++; denied <= 2 {
				b.faults(`{"route":"` + move + `","status":403,"code":"ErrorAccessDenied","count":1}`)
			}
			return nil
		}})
		b.workFor(id, 5*time.Second, 3)
		b.expect(id, b.users[0], clawback.OutcomePartlyRemoved, clawback.ReasonPermission)
		return b, id
	}
	t.Run("the SOC tries again", func(t *testing.T) {
		b, id := partly(t)
		n, err := b.store.RetryRemediation(context.Background(), admin, id, clawback.CauseChoice{})
		b.must(err)
		if n != 1 {
			t.Errorf("retried %d", n)
		}
		b.work(id)
		b.expect(id, b.users[0], clawback.OutcomeRemoved, clawback.ReasonNone)
	})
	t.Run("or the customer gets it", func(t *testing.T) {
		b, id := partly(t)
		b.clock.Advance(clawback.HandOverAfter + time.Second)
		_, err := b.store.Reconcile(context.Background())
		b.must(err)
		if actions := b.actions(); len(actions) != 1 || actions[0].Outcome != clawback.OutcomeDenied || actions[0].RemediationID != id {
			t.Errorf("actions: %+v", actions)
		}
	})
}

func TestADeviceThatIsTakenOutIsLeftAlone(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0])
	id := b.start()
	b.setting.Devices = nil
	b.save()
	b.work(id)
	b.expect(id, b.users[0], clawback.OutcomeStopped, clawback.ReasonModeOff)
	b.untouched(b.users[0])
}

func TestObservingLooksAgainForWhatWasNotFound(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0])
	b.control("PATCH", "/messages?internet_message_id="+"%3C1.2%2B3%40mx.bad.example%3E&mailbox="+b.users[0], `{"purge":true}`, nil)
	b.setting.Mode = clawback.ModeObserve
	b.save()
	id := b.start()
	b.work(id)
	b.expect(id, b.users[0], clawback.OutcomeNotFound, clawback.ReasonNone)
	b.deliver(sender, subject, b.users[0])
	b.workFor(id, time.Hour, 4)
	b.expect(id, b.users[0], clawback.OutcomeObserved, clawback.ReasonObserveMode)
	if r := b.remediation(id); r.Status != clawback.StatusCompleted {
		t.Errorf("status %s", r.Status)
	}
}

// TestWhatWasSolvedLeavesTheAction hands a denied mailbox over and then cleans it.
func TestWhatWasSolvedLeavesTheAction(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[:2]...)
	b.app(fmt.Sprintf(`{"access_policy":{"deny":[%q,%q]}}`, b.users[0], b.users[1]))
	id := b.start()
	b.work(id)
	b.clock.Advance(clawback.HandOverAfter + time.Second)
	_, err := b.store.Reconcile(context.Background())
	b.must(err)
	if actions := b.actions(); len(actions) != 1 || actions[0].MailboxCount != 2 {
		t.Fatalf("actions: %+v", actions)
	}
	retry := func(denied string) clawback.Action {
		b.app(fmt.Sprintf(`{"access_policy":{"deny":[%s]}}`, denied))
		_, err := b.store.RetryRemediation(context.Background(), admin, id, clawback.CauseChoice{})
		b.must(err)
		b.work(id)
		return b.actions()[0]
	}
	if a := retry(fmt.Sprintf("%q", b.users[1])); a.MailboxCount != 1 || a.Status != clawback.ActionOpen {
		t.Errorf("one is left: %+v", a)
	}
	if a := retry(""); a.MailboxCount != 0 || a.Status != clawback.ActionCompleted || a.ClosedBy == "" || a.Comment == "" {
		t.Errorf("none is left: %+v", a)
	}
}

// TestAHaltLetsWhatWasSentBeVerified halts removals when requests have left.
func TestAHaltLetsWhatWasSentBeVerified(t *testing.T) {
	b := setup(t)
	ctx := context.Background()
	b.deliver(sender, subject, b.users[:25]...)
	id := b.start()
	b.inject(faulty{afterMove: func() error {
		b.faults(`{"route":"GET /users/{user}/messages","status":503,"count":20}`)
		return b.store.SetHalt(ctx, admin, b.organization.ID, "wrong email")
	}})
	if _, err := b.engine.RemoveBatch(ctx, id); err != nil {
		t.Fatal(err)
	}
	b.inject(faulty{})
	b.workFor(id, 10*time.Second, 3)
	r := b.remediation(id)
	if r.Counts.Of(clawback.OutcomeRemoved) != 20 || r.Counts.Open != 5 || r.BlockedBy != clawback.BlockedHalt {
		t.Errorf("status %s by %q, counts %+v", r.Status, r.BlockedBy, r.Counts)
	}
	events, err := b.store.ListAudit(ctx, admin, clawback.AuditFilter{OrganizationID: b.organization.ID, Action: "remediation.blocked"})
	b.must(err)
	if len(events.Items) != 1 {
		t.Errorf("%d audit events tell that it is blocked, want one", len(events.Items))
	}
	b.must(b.store.LiftHalt(ctx, admin, b.organization.ID, ""))
	b.work(id)
	if r := b.remediation(id); r.Counts.Of(clawback.OutcomeRemoved) != 25 || r.ContainedAt.IsZero() {
		t.Errorf("counts %+v", r.Counts)
	}
}
