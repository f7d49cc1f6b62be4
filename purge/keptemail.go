package purge

import (
	"context"
	"fmt"
	"slices"

	"clawback"
)

// KeptEmailStore keeps emails before they are deleted for good.
type KeptEmailStore interface {
	HasEmail(ctx context.Context, remediationID, messageID string) (bool, error)
	KeepEmail(ctx context.Context, remediationID, messageID, mailbox string, email []byte) error
	DeleteExpiredEmails(ctx context.Context) (int, error)
}

// keepEmails sees to it that of every email about to be deleted for good one
// copy is kept. A mailbox whose email can't be read waits, and in the end has
// failed: without evidence the store gives no intent.
func (e *Engine) keepEmails(ctx context.Context, claim clawback.Claim, findings []clawback.Finding) error {
	if claim.Remediation.Removal != clawback.RemovalHard || claim.Remediation.Mode != clawback.ModeEnforce {
		return nil
	}
	for i := range findings {
		if findings[i].Outcome != clawback.OutcomeNone || findings[i].Park > 0 {
			continue
		}
		if err := e.keepFound(ctx, claim, &findings[i]); err != nil {
			return err
		}
	}
	return nil
}

// keepFound keeps what one mailbox holds of which nothing is kept yet.
func (e *Engine) keepFound(ctx context.Context, claim clawback.Claim, f *clawback.Finding) error {
	for i, c := range f.Copies {
		if !f.Matched[i] {
			continue
		}
		kept, err := e.store.HasEmail(ctx, claim.Remediation.ID, c.MessageID)
		if err != nil {
			return fmt.Errorf("look for evidence: %w", err)
		}
		if kept {
			continue
		}
		email, err := e.microsoft.ReadEmail(ctx, claim.Connection, f.Mailbox.ID, c.ImmutableID)
		if err != nil {
			notKept(claim, f, answerOf(err))
			return nil
		}
		if err := e.store.KeepEmail(ctx, claim.Remediation.ID, c.MessageID, f.Mailbox.Address, email); err != nil {
			return fmt.Errorf("save evidence: %w", err)
		}
	}
	return nil
}

// notKept leaves a mailbox alone whose email could not be read.
func notKept(claim clawback.Claim, f *clawback.Finding, answer clawback.Answer) {
	i := slices.IndexFunc(claim.Records, func(r clawback.ClaimedRecord) bool { return r.ID == f.RecordID })
	attempts := claim.Records[i].Attempts
	f.Answer, f.Detail = answer, answer.Message
	if answer.Passing() && attempts < maxAttempts || answer.Kind == clawback.AnswerNotFound && attempts < maxAttempts {
		f.Park = pause(answer, attempts)
		return
	}
	f.Outcome, f.Reason = clawback.OutcomeFailed, clawback.ReasonNotKept
}
