package purge_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"clawback"
)

func TestNothingRevivesWhatWasStopped(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0])
	id := b.start()
	b.inject(faulty{beforeFind: once(func() {
		b.stop(id)
		b.faults(`{"route":"POST /$batch","status":401,"count":2}`)
	})})
	b.work(id)
	b.deliver(sender, subject, b.users[1])
	b.trace(id)
	b.workFor(id, time.Minute, 3)
	if r := b.remediation(id); r.Status != clawback.StatusStopped {
		t.Errorf("status %s", r.Status)
	}
	b.untouched(b.users[:2]...)
}

// TestWhatWasOnTheWayWhenStoppedEnds stops a removal whose requests have left
// and come to nothing.
func TestWhatWasOnTheWayWhenStoppedEnds(t *testing.T) {
	for name, fault := range map[string]string{
		"throttled":   `{"route":"POST /users/*/messages/*/move","status":429,"retry_after":5,"count":1}`,
		"answer lost": `{"route":"POST /$batch","drop":"before","count":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			b.deliver(sender, subject, b.users[0])
			id := b.start()
			stop := once(func() {
				b.stop(id)
				b.faults(fault)
			})
			b.inject(faulty{beforeMove: func() error { stop(); return nil }})
			b.workFor(id, 10*time.Second, 6)
			b.expect(id, b.users[0], clawback.OutcomeStopped, clawback.ReasonStopped)
			if r := b.remediation(id); r.Counts.Open != 0 || r.Status != clawback.StatusStopped {
				t.Errorf("status %s, counts %+v", r.Status, r.Counts)
			}
			if f := b.folders(b.users[0]); fmt.Sprint(f) == "["+clawback.RecoverableItems+"]" {
				t.Errorf("removed after the stop")
			}
		})
	}
}

// TestStopTellsWhatWasDone stops while the second batch is on its way: what has
// left is proved or looked up, and of the third nothing leaves.
func TestStopTellsWhatWasDone(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[:29]...)
	id := b.start()
	ctx := context.Background()
	if _, err := b.engine.RemoveBatch(ctx, id); err != nil {
		t.Fatal(err)
	}
	claim, err := b.store.ClaimRecords(ctx, id)
	b.must(err)
	first := claim.Records[0]
	_, err = b.store.CommitIntents(ctx, claim, []clawback.Finding{{
		RecordID: first.ID, Fence: first.Fence, Mailbox: first.Mailbox, Matched: []bool{true}, Answer: clawback.Answer{Kind: clawback.AnswerOK},
		Copies: []clawback.FoundCopy{{ImmutableID: "on the wire", MessageID: messageID, Sender: sender, Subject: subject}},
	}})
	b.must(err)

	stopped, err := b.store.StopRemediation(ctx, admin, id, "wrong email")
	b.must(err)
	if stopped.Counts.Of(clawback.OutcomeRemoved) != 20 || stopped.Counts.Of(clawback.OutcomeStopped) != 8 || stopped.Counts.Open != 1 {
		t.Errorf("told: %+v", stopped.Counts)
	}
	events, err := b.store.ListAudit(ctx, admin, clawback.AuditFilter{OrganizationID: b.organization.ID, Action: "remediation.stopped"})
	b.must(err)
	if len(events.Items) != 1 || !strings.Contains(string(events.Items[0].After), `"on_the_wire":1`) || !strings.Contains(string(events.Items[0].After), `"removed":20`) {
		t.Errorf("audited: %+v", events.Items)
	}
	before := map[string]int{}
	for _, user := range b.users[:29] {
		before[user] = b.changes(user)
	}
	b.workFor(id, 2*time.Minute, 3)
	for _, user := range b.users[:29] {
		if n := b.changes(user); n != before[user] {
			t.Errorf("%s: changed after the stop", user)
		}
	}
	if r := b.remediation(id); r.Status != clawback.StatusStopped || r.Counts.Open != 0 {
		t.Errorf("status %s, counts %+v", r.Status, r.Counts)
	}
}
