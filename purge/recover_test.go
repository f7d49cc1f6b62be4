package purge_test

import (
	"context"
	"testing"
	"time"

	"clawback"
)

// TestProcessThatDiesAtAnyMoment lets the process die between any two steps and
// start again: every mailbox has one outcome, and no removal is sent twice.
func TestProcessThatDiesAtAnyMoment(t *testing.T) {
	find := func(b *bench, claim clawback.Claim) []clawback.Finding {
		var findings []clawback.Finding
		var requests []clawback.FindRequest
		for _, r := range claim.Records {
			requests = append(requests, clawback.FindRequest{MailboxID: r.Mailbox.ID, MessageIDs: []string{messageID}})
		}
		answers, err := b.graph.FindCopies(context.Background(), claim.Connection, requests)
		b.must(err)
		for i, r := range claim.Records {
			findings = append(findings, clawback.Finding{RecordID: r.ID, Fence: r.Fence, Mailbox: r.Mailbox,
				Copies: answers[i].Copies, Matched: []bool{true}, Answer: answers[i].Answer})
		}
		return findings
	}
	move := func(b *bench, claim clawback.Claim, intents []clawback.Intent) []clawback.IntentResult {
		var requests []clawback.MoveRequest
		for _, i := range intents {
			requests = append(requests, clawback.MoveRequest{MailboxID: i.MailboxID, ImmutableID: i.ImmutableID, Destination: clawback.RecoverableItems})
		}
		answers, err := b.graph.MoveCopies(context.Background(), claim.Connection, intents[0].CommittedAt.Add(clawback.IntentLifetime), requests)
		b.must(err)
		var results []clawback.IntentResult
		for i, intent := range intents {
			results = append(results, clawback.IntentResult{Intent: intent, Answer: answers[i]})
		}
		return results
	}

	tests := []struct {
		name string
		die  func(b *bench, claim clawback.Claim)
	}{
		{"after the claim", func(*bench, clawback.Claim) {}},
		{"after the intent", func(b *bench, claim clawback.Claim) {
			_, err := b.store.CommitIntents(context.Background(), claim, find(b, claim))
			b.must(err)
		}},
		{"after the removal", func(b *bench, claim clawback.Claim) {
			intents, err := b.store.CommitIntents(context.Background(), claim, find(b, claim))
			b.must(err)
			move(b, claim, intents)
		}},
		{"after the result", func(b *bench, claim clawback.Claim) {
			intents, err := b.store.CommitIntents(context.Background(), claim, find(b, claim))
			b.must(err)
			b.must(b.store.CloseIntents(context.Background(), claim, move(b, claim, intents)))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := setup(t)
			b.deliver(sender, subject, b.users[:3]...)
			id := b.start()
			claim, err := b.store.ClaimRecords(context.Background(), id)
			b.must(err)
			if len(claim.Records) != 3 {
				t.Fatalf("claimed %d", len(claim.Records))
			}
			tt.die(b, claim)

			b.restart()
			b.workFor(id, 5*time.Second, 4)
			for _, user := range b.users[:3] {
				b.expect(id, user, clawback.OutcomeRemoved, clawback.ReasonNone)
				if n := b.changes(user); n != 1 {
					t.Errorf("%s: %d changing requests, want 1", user, n)
				}
			}
			if r := b.remediation(id); r.Counts.Mailboxes != 3 || r.ContainedAt.IsZero() {
				t.Errorf("counts %+v, contained %v", r.Counts, r.ContainedAt)
			}
		})
	}
}

// TestWorkerThatComesBackLate lets a worker hold mailboxes beyond its lease:
// another takes them, and the late one may announce nothing.
func TestWorkerThatComesBackLate(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0])
	id := b.start()
	claim, err := b.store.ClaimRecords(context.Background(), id)
	b.must(err)
	b.clock.Advance(5 * time.Minute)
	freed, err := b.store.Reconcile(context.Background())
	b.must(err)
	if freed != 1 {
		t.Fatalf("freed %d", freed)
	}
	record := claim.Records[0]
	intents, err := b.store.CommitIntents(context.Background(), claim, []clawback.Finding{{
		RecordID: record.ID, Fence: record.Fence, Mailbox: record.Mailbox, Matched: []bool{true}, Answer: clawback.Answer{Kind: clawback.AnswerOK},
		Copies: []clawback.FoundCopy{{ImmutableID: "x", MessageID: messageID, Sender: sender, Subject: subject}},
	}})
	b.must(err)
	if len(intents) != 0 {
		t.Errorf("the late worker announced %d removals", len(intents))
	}
	b.work(id)
	b.expect(id, b.users[0], clawback.OutcomeRemoved, clawback.ReasonNone)
}

// TestProcessThatDiesBeforeItSettles lets it die when the last mailboxes have
// their outcome and the remediation does not know.
func TestProcessThatDiesBeforeItSettles(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0])
	id := b.start()
	late := b.entry(b.users[0])
	b.setting.NeverRemove = append(b.setting.NeverRemove, late.ID)
	b.save()
	claim, err := b.store.ClaimRecords(context.Background(), id)
	b.must(err)
	record := claim.Records[0]
	_, err = b.store.CommitIntents(context.Background(), claim, []clawback.Finding{{RecordID: record.ID, Fence: record.Fence,
		Mailbox: record.Mailbox, Answer: clawback.Answer{Kind: clawback.AnswerOK}}})
	b.must(err)
	b.restart()
	b.workFor(id, time.Minute, 2)
	b.expect(id, b.users[0], clawback.OutcomeProtected, clawback.ReasonNeverRemove)
	if r := b.remediation(id); r.Phase != clawback.PhaseWatching {
		t.Errorf("phase %s", r.Phase)
	}
}
