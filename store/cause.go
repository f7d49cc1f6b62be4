package store

import (
	"context"

	"clawback"
)

// needsSomebody is what the index of records that wait for a person holds;
// isUnsolved are those of them that a new try or the customer can solve: one
// that could not be cleaned, or not wholly.
const (
	needsSomebody = `outcome IN ('failed', 'denied', 'partly_removed', 'ambiguous') AND handed_over_at = 0`
	isUnsolved    = `(outcome IN ('failed', 'denied') OR outcome = 'partly_removed'
		AND reason IN ('permission', 'access_policy', 'unavailable', 'throttled', 'unreadable_answer', 'still_there'))`
)

// ListCauses adds up the mailboxes of a remediation that were not cleaned, by
// cause, the largest first. It returns KindNotFound for a remediation the actor
// does not see.
func (s *Store) ListCauses(ctx context.Context, actor clawback.Actor, remediationID string) ([]clawback.Cause, error) {
	scan := func(row scanner) (clawback.Cause, error) {
		var c clawback.Cause
		err := row.Scan(&c.Reason, &c.Mailboxes, &c.HandedOver, moment{&c.HandOverAt})
		if !c.HandOverAt.IsZero() {
			c.HandOverAt = c.HandOverAt.Add(clawback.HandOverAfter)
		}
		return c, err
	}
	var list []clawback.Cause
	err := s.inRead(ctx, func(tx *Tx) error {
		if err := tx.seesRemediation(remediationScope(actor), remediationID); err != nil {
			return err
		}
		w := unsolvedWhere(remediationID, clawback.CauseChoice{})
		var err error
		list, err = all(tx, scan, `SELECT reason, COUNT(*), SUM(handed_over_at > 0), COALESCE(MIN(CASE handed_over_at WHEN 0 THEN done_at END), 0)
			FROM records`+w.String()+` GROUP BY reason ORDER BY COUNT(*) DESC, reason`, w.args...)
		return err
	})
	return list, err
}

// unsolvedWhere finds the chosen records that a new try or the customer can solve.
func unsolvedWhere(remediationID string, choice clawback.CauseChoice) *where {
	w := new(where)
	w.add("remediation_id = ?", remediationID)
	w.add("state = 'done' AND " + isUnsolved)
	if choice.Reason != clawback.ReasonNone {
		w.add("reason = ?", choice.Reason)
	}
	if len(choice.Records) > 0 {
		ids := make([]any, len(choice.Records))
		for i, id := range choice.Records {
			ids[i] = id
		}
		w.add("id IN ("+marks(len(ids))+")", ids...)
	}
	return w
}

// noneChosen is for who named a cause or mailboxes of which none is left to solve.
func noneChosen(choice clawback.CauseChoice) error {
	if choice.All() {
		return nil
	}
	return clawback.Errorf(clawback.KindConflict, "None of these mailboxes waits to be solved any more; somebody may have been faster. Look at the list as it is now.")
}
