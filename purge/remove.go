package purge

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"clawback"
)

// resultTimeout is how long a result may take to be written after its call,
// even when the process is shutting down.
const resultTimeout = 10 * time.Second

// Remove takes the due mailboxes of a remediation through find, match, intent,
// remove and verify, a batch at a time and several at once, until nothing of its
// organization is due. What could not be finished is due again later.
func (e *Engine) Remove(ctx context.Context, remediationID string) error {
	return e.work(ctx, turn{clawback.RemoveJob{}.Kind(), remediationID})
}

func (e *Engine) remove(ctx context.Context, claim clawback.Claim) error {
	sent, err := e.removeFresh(ctx, claim)
	if err != nil {
		return err
	}
	sent = append(sent, announced(claim)...)
	verifications := e.verify(ctx, claim, sent)
	if err := e.store.SaveVerifications(context.WithoutCancel(ctx), claim, verifications); err != nil {
		return fmt.Errorf("save verifications: %w", err)
	}
	return nil
}

// removeFresh finds, announces and sends the removals of those mailboxes for
// which nothing is on its way, and answers what has to be verified.
func (e *Engine) removeFresh(ctx context.Context, claim clawback.Claim) ([]sentRecord, error) {
	findings := e.find(ctx, claim)
	if len(findings) == 0 {
		return nil, nil
	}
	if err := e.keepEmails(ctx, claim, findings); err != nil {
		return nil, err
	}
	results, err := e.announce(ctx, claim, findings)
	if err != nil || len(results) == 0 {
		return nil, err
	}
	saving, cancel := context.WithTimeout(context.WithoutCancel(ctx), resultTimeout)
	defer cancel()
	if err := e.store.CloseIntents(saving, claim, results); err != nil {
		return nil, fmt.Errorf("close intents: %w", err)
	}
	return sentRecords(claim, results), nil
}

// announce commits intents and sends what they allow. The place for the batch is
// taken first: an intent waits for nothing.
func (e *Engine) announce(ctx context.Context, claim clawback.Claim, findings []clawback.Finding) ([]clawback.IntentResult, error) {
	giveBack, err := e.wires.take(ctx, claim.Connection.TenantID)
	if err != nil {
		return nil, err
	}
	defer giveBack()
	intents, err := e.store.CommitIntents(ctx, claim, findings)
	if err != nil {
		return nil, fmt.Errorf("commit intents: %w", err)
	}
	return e.send(ctx, claim.Connection, intents), nil
}

// send puts committed intents on the wire, a batch at a time. An intent whose
// time is over comes back as not sent.
func (e *Engine) send(ctx context.Context, conn clawback.Connection, intents []clawback.Intent) []clawback.IntentResult {
	results := make([]clawback.IntentResult, 0, len(intents))
	for start := 0; start < len(intents); start += clawback.BatchSize {
		batch := intents[start:min(start+clawback.BatchSize, len(intents))]
		answers, err := e.microsoft.MoveCopies(ctx, conn, batch[0].CommittedAt.Add(clawback.IntentLifetime), moves(batch))
		for i, intent := range batch {
			answer := answerOf(err)
			if err == nil {
				answer = answers[i]
			}
			results = append(results, clawback.IntentResult{Intent: intent, Answer: answer})
		}
	}
	return results
}

func moves(intents []clawback.Intent) []clawback.MoveRequest {
	requests := make([]clawback.MoveRequest, len(intents))
	for i, intent := range intents {
		requests[i] = clawback.MoveRequest{MailboxID: intent.MailboxID, ImmutableID: intent.ImmutableID, Permanent: intent.Permanent}
		if !intent.Permanent {
			requests[i].Destination = clawback.RecoverableItems
		}
	}
	return requests
}

// sentRecord is a mailbox in which removals may have had their effect.
type sentRecord struct {
	record clawback.ClaimedRecord
	copies []sentCopy
}

type sentCopy struct {
	id          string
	immutableID string
	confirmed   bool // Microsoft said that it moved
	missing     bool // Microsoft said that it was not there
}

// sentRecords answers the mailboxes of results that need a look: all but those
// whose every request was surely without effect.
func sentRecords(claim clawback.Claim, results []clawback.IntentResult) []sentRecord {
	byRecord := map[string][]sentCopy{}
	for _, r := range results {
		if !r.Answer.MayHaveEffect() {
			continue
		}
		byRecord[r.Intent.RecordID] = append(byRecord[r.Intent.RecordID], sentCopy{
			id: r.Intent.CopyID, immutableID: r.Intent.ImmutableID,
			confirmed: r.Answer.Kind == clawback.AnswerOK, missing: r.Answer.Kind == clawback.AnswerNotFound,
		})
	}
	var sent []sentRecord
	for _, record := range claim.Records {
		if copies := byRecord[record.ID]; len(copies) > 0 {
			sent = append(sent, sentRecord{record: record, copies: append(copies, unproved(record, copies)...)})
		}
	}
	return sent
}

// unproved answers the copies that were sent for earlier and have no proof yet,
// without those already in the list.
func unproved(record clawback.ClaimedRecord, known []sentCopy) []sentCopy {
	var copies []sentCopy
	for _, c := range record.Copies {
		listed := slices.ContainsFunc(known, func(k sentCopy) bool { return k.id == c.ID })
		if listed || !c.Matched || c.SentAt.IsZero() || c.Outcome != clawback.OutcomeNone {
			continue
		}
		copies = append(copies, sentCopy{
			id: c.ID, immutableID: c.ImmutableID, confirmed: !c.RemovedAt.IsZero(), missing: c.Status == http.StatusNotFound,
		})
	}
	return copies
}

// announced answers the claimed mailboxes whose removals were announced by an
// earlier pass: they are only looked at.
func announced(claim clawback.Claim) []sentRecord {
	var sent []sentRecord
	for _, record := range claim.Records {
		if record.LookOnly {
			sent = append(sent, sentRecord{record: record, copies: unproved(record, nil)})
		}
	}
	return sent
}
