package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"clawback"
)

// retryAfterNothing is how long to wait where Microsoft named no time.
const retryAfterNothing = 2 * time.Second

// CloseIntents keeps what Microsoft answered to announced removals. Mailboxes
// whose request may have had an effect are verified next; the others are parked
// or end.
func (s *Store) CloseIntents(ctx context.Context, claim clawback.Claim, results []clawback.IntentResult) error {
	return s.inTx(ctx, func(tx *Tx) error {
		r, err := tx.worked(claim.Remediation.ID)
		if err != nil {
			return err
		}
		byRecord := map[string][]clawback.IntentResult{}
		for _, result := range results {
			byRecord[result.Intent.RecordID] = append(byRecord[result.Intent.RecordID], result)
			if err := tx.closeIntent(result); err != nil {
				return err
			}
		}
		for recordID, own := range byRecord {
			if err := tx.afterAnswers(r, recordID, own); err != nil {
				return fmt.Errorf("record %s: %w", recordID, err)
			}
		}
		return tx.settleWorked(r)
	})
}

// closeIntent keeps the answer with the copy, unless somebody looked meanwhile
// and went on: what is known since then is newer.
func (tx *Tx) closeIntent(result clawback.IntentResult) error {
	answer := result.Answer
	closed, err := tx.exec(`UPDATE intents SET closed_at = ?, result = ?, status = ?, code = ? WHERE id = ? AND closed_at = 0`,
		ms(tx.now), answer.Kind, answer.Status, answer.Code, result.Intent.ID)
	if err != nil {
		return err
	}
	if closed == 0 {
		return tx.tell(result.Intent.RecordID, clawback.TimelineAnswer, answeredText(answer), answerText(answer))
	}
	removedAt, sentAt := int64(0), ms(result.Intent.CommittedAt)
	if answer.Kind == clawback.AnswerOK {
		removedAt = ms(tx.now)
	}
	if !answer.MayHaveEffect() {
		sentAt = 0
	}
	_, err = tx.exec(`UPDATE copies SET status = ?, code = ?, answer = ?, removed_at = ?, sent_at = ? WHERE id = ?`,
		answer.Status, answer.Code, answer.Message, removedAt, sentAt, result.Intent.CopyID)
	if err != nil {
		return err
	}
	return tx.tell(result.Intent.RecordID, clawback.TimelineAnswer, answeredText(answer), answerText(answer))
}

// afterAnswers decides what follows for one mailbox from the answers to its requests.
func (tx *Tx) afterAnswers(r clawback.Remediation, recordID string, results []clawback.IntentResult) error {
	if held, err := tx.holds(recordID, results[0].Intent.Fence); err != nil || !held {
		return err
	}
	var wait *clawback.Answer
	for _, result := range results {
		answer := result.Answer
		if answer.MayHaveEffect() {
			_, err := tx.exec(`UPDATE records SET state = ? WHERE id = ?`, clawback.RecordVerifying, recordID)
			return err
		}
		if answer.Passing() {
			wait = &answer
			continue
		}
		outcome, reason := refusal(answer)
		if err := tx.saveVerdict(clawback.CopyVerdict{CopyID: result.Intent.CopyID, Outcome: outcome, Reason: reason}); err != nil {
			return err
		}
	}
	if wait != nil {
		return tx.park(recordID, clawback.RecordChecking, max(wait.RetryAfter, retryAfterNothing), *wait)
	}
	return tx.finishFromCopies(r, recordID)
}

func refusal(answer clawback.Answer) (clawback.Outcome, clawback.Reason) {
	switch {
	case answer.AccessPolicy():
		return clawback.OutcomeDenied, clawback.ReasonAccessPolicy
	case answer.Kind == clawback.AnswerDenied:
		return clawback.OutcomeDenied, clawback.ReasonPermission
	case answer.Kind == clawback.AnswerNoMailbox:
		return clawback.OutcomeUnreachable, clawback.ReasonNoMailbox
	}
	return clawback.OutcomeFailed, clawback.ReasonUnreadable
}

// SaveVerifications keeps what the looks after removals proved, ends mailboxes
// that are proved, and moves the remediation on when none is left.
func (s *Store) SaveVerifications(ctx context.Context, claim clawback.Claim, verifications []clawback.Verification) error {
	return s.inTx(ctx, func(tx *Tx) error {
		r, err := tx.worked(claim.Remediation.ID)
		if err != nil {
			return err
		}
		for _, v := range verifications {
			if err := tx.saveVerification(r, v); err != nil {
				return fmt.Errorf("record %s: %w", v.RecordID, err)
			}
		}
		return tx.settleWorked(r)
	})
}

func (tx *Tx) saveVerification(r clawback.Remediation, v clawback.Verification) error {
	if held, err := tx.holds(v.RecordID, v.Fence); err != nil || !held {
		return err
	}
	for _, verdict := range v.Copies {
		if err := tx.saveVerdict(verdict); err != nil {
			return err
		}
	}
	if _, err := tx.exec(`UPDATE intents SET closed_at = ?, result = 'looked_up' WHERE record_id = ? AND closed_at = 0`, ms(tx.now), v.RecordID); err != nil {
		return err
	}
	switch {
	case v.Park > 0:
		return tx.park(v.RecordID, clawback.RecordVerifying, v.Park, v.Answer)
	case v.Again:
		visible := clawback.Answer{Kind: clawback.AnswerUnknown, Message: "A copy is still visible."}
		return tx.park(v.RecordID, clawback.RecordChecking, time.Second, visible)
	case v.Outcome != clawback.OutcomeNone:
		return tx.finishFromCopies(r, v.RecordID, clawback.Copy{Outcome: v.Outcome, Reason: v.Reason})
	}
	return tx.finishFromCopies(r, v.RecordID)
}

func (tx *Tx) saveVerdict(verdict clawback.CopyVerdict) error {
	_, err := tx.exec(`UPDATE copies SET outcome = ?, reason = ?, verified_at = ? WHERE id = ?`,
		verdict.Outcome, verdict.Reason, ms(tx.now), verdict.CopyID)
	return err
}

// finishFromCopies ends a record with the worst outcome of its copies and of
// what else was seen. A record none of whose copies has one was only looked at,
// and is due to be found anew.
func (tx *Tx) finishFromCopies(r clawback.Remediation, recordID string, seen ...clawback.Copy) error {
	copies, err := tx.copies(recordID)
	if err != nil {
		return err
	}
	copies = append(decided(copies), seen...)
	if !slices.ContainsFunc(copies, func(c clawback.Copy) bool { return c.Outcome != clawback.OutcomeNone }) {
		return tx.park(recordID, clawback.RecordChecking, time.Second, clawback.Answer{Kind: clawback.AnswerUnknown})
	}
	for i := range copies {
		if err := tx.callMissing(&copies[i]); err != nil {
			return err
		}
	}
	return tx.finish(r, recordID, fateOf(copies))
}

// decided leaves out the copies of which the SOC said that they are another
// email, unless there are no others: they have no say in the outcome.
func decided(copies []clawback.Copy) []clawback.Copy {
	others := slices.DeleteFunc(slices.Clone(copies), func(c clawback.Copy) bool { return c.Reason == clawback.ReasonLeft })
	if len(others) == 0 {
		return copies
	}
	return others
}

// callMissing ends a copy that was found once and of which nothing is known: it
// is not where it was, and that is no proof that it is gone.
func (tx *Tx) callMissing(c *clawback.Copy) error {
	if c.Outcome != clawback.OutcomeNone {
		return nil
	}
	c.Outcome, c.Reason = clawback.OutcomeNotFound, clawback.ReasonMoved
	return tx.saveVerdict(clawback.CopyVerdict{CopyID: c.ID, Outcome: c.Outcome, Reason: c.Reason})
}

// fateOf answers the worst outcome of copies, with the reason of that copy.
func fateOf(copies []clawback.Copy) tracedFate {
	var outcomes, left []clawback.Outcome
	for _, c := range copies {
		outcomes = append(outcomes, c.Outcome)
		if c.Outcome != clawback.OutcomeRemoved {
			left = append(left, c.Outcome)
		}
	}
	fate := tracedFate{outcome: clawback.WorstOutcome(outcomes)}
	if fate.outcome == clawback.OutcomeRemoved {
		return fate
	}
	worst := clawback.WorstOutcome(left)
	for _, c := range copies {
		if c.Outcome == worst {
			fate.reason, fate.detail = c.Reason, c.Answer
		}
	}
	return fate
}
