package store

import (
	"context"

	"clawback"
)

// WidenRemediation adds emails and mailboxes to a preview, which is made anew.
// It returns KindNotFound, KindForbidden, KindInvalid about a field, and
// KindConflict for what is no preview any more or would have too many targets.
func (s *Store) WidenRemediation(ctx context.Context, actor clawback.Actor, id string, w clawback.Widening) (clawback.Remediation, error) {
	mailboxes, err := normalizeMailboxes(w.Mailboxes)
	if err != nil {
		return clawback.Remediation{}, err
	}
	return s.steer(ctx, actor, id, clawback.RightRemediate, "widen previews", func(tx *Tx, r clawback.Remediation) error {
		if r.Status != clawback.StatusDraft {
			return clawback.Errorf(clawback.KindConflict, "This removal has begun, so its preview can't be widened any more. Make a new one for what is missing.")
		}
		if len(r.NamedMailboxes)+len(mailboxes) > clawback.MaxNamedMailboxes {
			return clawback.Invalid("mailboxes", "Up to %d mailboxes can be named by hand; this preview has %d.", clawback.MaxNamedMailboxes, len(r.NamedMailboxes))
		}
		included := 0
		if w.Similar {
			var err error
			if included, err = tx.includeSimilar(r); err != nil {
				return err
			}
		}
		if _, err := tx.addMailboxes(id, mailboxes); err != nil {
			return err
		}
		_, err := tx.exec(`UPDATE remediations SET phase = ?, previewed_at = 0, include_sender = include_sender OR ? WHERE id = ?`,
			clawback.PhaseTracing, w.IncludeSender, id)
		if err != nil {
			return err
		}
		event := remediationEvent(r, "remediation.widened")
		event.After = map[string]any{"emails": included, "mailboxes": mailboxes, "include_sender": w.IncludeSender}
		if err := tx.audit(actor, event); err != nil {
			return err
		}
		return tx.insertJob(clawback.TraceJob{RemediationID: id}, tx.now)
	})
}

func (tx *Tx) includeSimilar(r clawback.Remediation) (int, error) {
	targets, err := tx.similar(r.ID)
	if err != nil {
		return 0, err
	}
	if len(targets) == 0 {
		return 0, clawback.Errorf(clawback.KindConflict, "There are no further emails with this sender and subject to include; they may be in already.")
	}
	if room := clawback.MaxTargets - len(r.Targets); len(targets) > room {
		return 0, clawback.Errorf(clawback.KindConflict, "One removal takes up to %d emails. Make another one for the others: search them by sender and subject.", clawback.MaxTargets)
	}
	if err := tx.addTargets(r.ID, targets); err != nil {
		return 0, err
	}
	_, err = tx.exec(`DELETE FROM similar_emails WHERE remediation_id = ?`, r.ID)
	return len(targets), err
}
