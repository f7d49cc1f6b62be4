package purge_test

import (
	"context"
	"testing"
	"time"

	"clawback"
)

// duringTrace starts a previewed removal and works on it while the trace is asked
// again, then looks.
func (b *bench) duringTrace(id string, look func()) {
	b.t.Helper()
	asked := false
	b.inject(faulty{query: func(clawback.TraceQuery) {
		asked = true
		b.work(id)
		look()
	}})
	b.begin(id)
	if !asked {
		b.t.Error("the trace was not asked again at the start")
	}
}

func TestAStartCleansWhatItsPreviewFoundBeforeTheTraceAnswers(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[:2]...)
	id, _ := b.previewed()
	b.deliver(sender, subject, b.users[2]) // since
	b.duringTrace(id, func() {
		for _, user := range b.users[:2] {
			b.expect(id, user, clawback.OutcomeRemoved, clawback.ReasonNone)
		}
		r := b.remediation(id)
		if r.FirstCleanAt.IsZero() || !r.ContainedAt.IsZero() || r.Phase != clawback.PhaseRetracing {
			t.Errorf("first clean %v, contained %v, phase %s: nothing is contained before the trace has spoken", r.FirstCleanAt, r.ContainedAt, r.Phase)
		}
	})
	if r := b.remediation(id); !r.ContainedAt.IsZero() {
		t.Error("contained with a mailbox to go that the trace named")
	}
	b.work(id)
	b.expect(id, b.users[2], clawback.OutcomeRemoved, clawback.ReasonNone)
	for _, user := range b.users[:3] {
		if n := b.changes(user); n != 1 {
			t.Errorf("%s: %d changing requests, want 1", user, n)
		}
	}
	if r := b.remediation(id); r.ContainedAt.IsZero() || r.Phase != clawback.PhaseWatching {
		t.Errorf("contained %v, phase %s", r.ContainedAt, r.Phase)
	}
}

// TestATraceThatNamesNobodyNewContains lets all be clean before the trace has said that nobody else got the email.
func TestATraceThatNamesNobodyNewContains(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[:2]...)
	id, _ := b.previewed()
	b.duringTrace(id, func() {})
	if r := b.remediation(id); r.ContainedAt.IsZero() || r.Phase != clawback.PhaseWatching {
		t.Errorf("contained %v, phase %s", r.ContainedAt, r.Phase)
	}
}

func TestAStartBeyondItsLimitCleansNothingBeforeTheTraceAnswers(t *testing.T) {
	b := setup(t)
	b.setting.VolumeLimit = 1
	b.save()
	b.deliver(sender, subject, b.users[:2]...)
	id, _ := b.previewed()
	b.duringTrace(id, func() { b.untouched(b.users[:2]...) })
	b.work(id)
	b.untouched(b.users[:2]...)
	if r := b.remediation(id); r.Status != clawback.StatusAwaitingApproval || r.ApprovalFor != 2 {
		t.Errorf("status %s, approval for %d", r.Status, r.ApprovalFor)
	}
}

// TestATraceThatNamesTooManyWaitsForAnApproval lets the preview be within the limit and the trace beyond it.
func TestATraceThatNamesTooManyWaitsForAnApproval(t *testing.T) {
	b := setup(t)
	b.setting.VolumeLimit = 2
	b.save()
	b.deliver(sender, subject, b.users[:2]...)
	id, _ := b.previewed()
	b.deliver(sender, subject, b.users[2])
	b.duringTrace(id, func() {
		for _, user := range b.users[:2] {
			b.expect(id, user, clawback.OutcomeRemoved, clawback.ReasonNone)
		}
	})
	b.work(id)
	b.untouched(b.users[2])
	if r := b.remediation(id); r.Status != clawback.StatusAwaitingApproval || r.ApprovalFor != 3 {
		t.Errorf("status %s, approval for %d", r.Status, r.ApprovalFor)
	}
}

// TestAnEntryAddedSinceThePreviewProtectsBeforeTheTraceAnswers begins with what the preview took for free to clean.
func TestAnEntryAddedSinceThePreviewProtectsBeforeTheTraceAnswers(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[:2]...)
	id, _ := b.previewed()
	b.control("PUT", "/mailboxes/"+b.users[0], `{"aliases":["legal@`+b.tenant.Domain+`"]}`, nil)
	b.setting.NeverRemove = append(b.setting.NeverRemove, b.entry("legal@"+b.tenant.Domain).ID)
	b.save()
	b.duringTrace(id, func() {
		b.untouched(b.users[0])
		b.expect(id, b.users[1], clawback.OutcomeRemoved, clawback.ReasonNone)
	})
	b.work(id)
	b.untouched(b.users[0])
	b.expect(id, b.users[0], clawback.OutcomeProtected, clawback.ReasonNeverRemove)
}

// TestAnUnknownSenderWaitsForTheTrace names the mailbox of a reporter by hand, whose copy nobody could read for the preview.
func TestAnUnknownSenderWaitsForTheTrace(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[:2]...)
	r, err := b.store.CreateRemediation(context.Background(), admin, clawback.NewRemediation{
		OrganizationID: b.organization.ID, Targets: []clawback.Target{{Source: clawback.SourceMessageID, MessageID: messageID}},
		Mailboxes: b.users[:1], Reason: "phishing",
	})
	b.must(err)
	b.faults(`{"route":"GET /users/{user}/messages","status":503}`)
	b.inject(faulty{trace: func([]clawback.TraceRow) []clawback.TraceRow { return nil }})
	b.must(b.engine.Trace(context.Background(), r.ID))
	if b.remediation(r.ID).Targets[0].Known() {
		t.Fatal("the preview knows the sender")
	}
	b.faults("")
	b.clock.Advance(2 * time.Minute)
	b.duringTrace(r.ID, func() { b.untouched(b.users[:2]...) })
	b.workFor(r.ID, time.Minute, 2)
	for _, user := range b.users[:2] {
		b.expect(r.ID, user, clawback.OutcomeRemoved, clawback.ReasonNone)
	}
}
