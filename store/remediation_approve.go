package store

import (
	"context"

	"clawback"
)

// ApproveRemediation lets a removal reach more mailboxes than one person may
// ask for. It returns KindNotFound, KindForbidden for the one who asked for it
// or above a role's limit, KindInvalid about a field, and KindConflict when
// nothing waits for an approval (any more).
func (s *Store) ApproveRemediation(ctx context.Context, actor clawback.Actor, id string, upTo int, reason string) (clawback.Remediation, error) {
	reason, err := required("reason", reason, maxText, "Say why you approve it: it is kept with the removal.")
	if err != nil {
		return clawback.Remediation{}, err
	}
	return s.steer(ctx, actor, id, clawback.RightApprove, "approve removals", func(tx *Tx, r clawback.Remediation) error {
		if err := tx.approvable(actor, r, upTo); err != nil {
			return err
		}
		_, err := tx.exec(`UPDATE remediations SET status = ?, phase = ?, approved_up_to = ?, approved_by = ?, approval_asked_at = 0, approval_hour = 0 WHERE id = ?`,
			clawback.StatusInProgress, clawback.PhaseTracing, upTo, actor.Name, id)
		if err != nil {
			return err
		}
		event := remediationEvent(r, "remediation.approved")
		event.After = map[string]any{"up_to": upTo, "reason": reason}
		if err := tx.audit(actor, event); err != nil {
			return err
		}
		return tx.insertJob(clawback.TraceJob{RemediationID: id}, tx.now)
	})
}

func (tx *Tx) approvable(actor clawback.Actor, r clawback.Remediation, upTo int) error {
	switch {
	case r.Status != clawback.StatusAwaitingApproval:
		return clawback.Errorf(clawback.KindConflict, "This removal waits for no approval; somebody may have approved or stopped it before you.")
	case tx.now.Sub(r.ApprovalAskedAt) > clawback.ApprovalLifetime:
		return clawback.Errorf(clawback.KindConflict, "The 72 hours in which this removal could be approved are over. Make a new one for the mailboxes that are left.")
	case actor.ID == r.StartedBy || actor.ID == r.CreatedBy:
		return clawback.Errorf(clawback.KindForbidden, "You asked for this removal, so a second person must approve it.")
	case upTo < 1 || upTo > maxVolumeLimit:
		return clawback.Invalid("up_to", "Enter a number of mailboxes from 1 to 1,000,000.")
	case upTo > clawback.SOCApprovalLimit && !actor.Can(clawback.RightHalt, r.OrganizationID):
		return clawback.Errorf(clawback.KindForbidden, "Your role allows you to approve up to %d mailboxes. Ask an operator to approve more.", clawback.SOCApprovalLimit)
	}
	return nil
}

// endUnapproved ends removals that nobody approved in time: an approval is for
// what the asker saw, and that is old by then.
func (tx *Tx) endUnapproved() error {
	late, err := all(tx, scanText, `SELECT id FROM remediations WHERE status = ? AND approval_asked_at < ?`,
		clawback.StatusAwaitingApproval, ms(tx.now.Add(-clawback.ApprovalLifetime)))
	if err != nil {
		return err
	}
	for _, id := range late {
		r, err := tx.remediation(id)
		if err != nil {
			return err
		}
		bot := clawback.Bot(r.StartedBy)
		if err := tx.endNow(bot, r, ending{reason: clawback.ReasonNotApproved, why: "Nobody approved it within 72 hours of asking.", event: "remediation.not_approved"}); err != nil {
			return err
		}
	}
	return nil
}
