package store

import (
	"context"

	"clawback"
)

// StopRemediation ends a remediation: mailboxes that nothing was sent for are
// stopped at once, those with a request on the wire, which stay open, when its
// result is known. It returns KindNotFound, KindForbidden, KindInvalid about a
// field, and KindConflict when it has ended.
func (s *Store) StopRemediation(ctx context.Context, actor clawback.Actor, id, reason string) (clawback.Remediation, error) {
	reason, err := text("reason", reason, maxText)
	if err != nil {
		return clawback.Remediation{}, err
	}
	return s.steer(ctx, actor, id, clawback.RightRemediate, "stop removals", func(tx *Tx, r clawback.Remediation) error {
		if r.Ended() {
			return clawback.Errorf(clawback.KindConflict, "This removal has ended already; there is nothing to stop.")
		}
		return tx.endNow(actor, r, ending{reason: clawback.ReasonStopped, why: reason, event: "remediation.stopped"})
	})
}

// ending is how a remediation ends before it is done.
type ending struct {
	reason clawback.Reason // of the mailboxes that keep the email
	why    string          // for people
	event  string          // of the audit trail
}

// endNow lets nothing more begin; the audit event tells what was already done.
func (tx *Tx) endNow(actor clawback.Actor, r clawback.Remediation, e ending) error {
	_, err := tx.exec(`UPDATE remediations SET status = ?, phase = ?, ended_at = ?, ended_by_name = ?, end_reason = ?, next_look_at = 0,
		blocked_by = '', blocked_since = 0, blocked_detail = '', lapsed = '' WHERE id = ?`,
		clawback.StatusStopped, clawback.PhaseNone, ms(tx.now), actor.Name, e.why, r.ID)
	if err != nil {
		return err
	}
	if err := tx.withdrawOrders("The removal was stopped before the order was carried out.", "c.remediation_id = ?", r.ID); err != nil {
		return err
	}
	n, err := tx.stopRecords(r.ID, e.reason, "Stopped by "+actor.Name+".", e.why)
	if err != nil {
		return err
	}
	event := remediationEvent(r, e.event)
	event.Before = map[string]any{"status": r.Status}
	event.After = map[string]any{"reason": e.why, "mailboxes": n, "removed": r.Counts.Of(clawback.OutcomeRemoved), "on_the_wire": r.Counts.Open - n}
	return tx.audit(actor, event)
}

// stopRecords ends every record for which nothing was sent. The new fence
// lets a worker that still holds one write nothing.
func (tx *Tx) stopRecords(remediationID string, reason clawback.Reason, told, detail string) (int, error) {
	ids, err := all(tx, scanText, `UPDATE records SET state = 'done', outcome = 'stopped', reason = ?, done_at = ?, due_at = 0,
		lease_boot = '', lease_until = 0, fence = fence + 1
		WHERE remediation_id = ? AND state NOT IN ('done', 'verifying')
		AND NOT EXISTS (SELECT 1 FROM intents i WHERE i.record_id = records.id AND i.closed_at = 0) RETURNING id`, reason, ms(tx.now), remediationID)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		if err := tx.tell(id, clawback.TimelineOutcome, told, detail); err != nil {
			return 0, err
		}
	}
	_, err = tx.exec(`UPDATE records SET due_at = 0 WHERE remediation_id = ? AND state = 'done' AND due_at > 0`, remediationID)
	return len(ids), err
}
