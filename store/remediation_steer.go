package store

import (
	"context"

	"clawback"
)

// steer runs a change of a remediation that needs a right, and answers how it is
// after. It returns KindNotFound and KindForbidden.
func (s *Store) steer(ctx context.Context, actor clawback.Actor, id string, right clawback.Right, what string, change func(*Tx, clawback.Remediation) error) (clawback.Remediation, error) {
	var after clawback.Remediation
	err := s.inTx(ctx, func(tx *Tx) error {
		r, err := tx.seenRemediation(remediationScope(actor), id)
		if err != nil {
			return err
		}
		if err := mayChange(actor, right, r.OrganizationID, what); err != nil {
			return err
		}
		if err := change(tx, r); err != nil {
			return err
		}
		after, err = tx.remediation(id)
		return err
	})
	return after, err
}

// StartRemediation begins the removal that a preview showed, in the mode and
// with the removal of now, or lets a blocked one go on that has lapsed. It returns KindNotFound, KindForbidden, KindInvalid
// about a field, and KindConflict when it is no draft, its preview is not
// ready, or the organization's auto remediation is off or works on no device.
func (s *Store) StartRemediation(ctx context.Context, actor clawback.Actor, id string, maxMailboxes int, reason, reference string) (clawback.Remediation, error) {
	var err [2]error
	reason, err[0] = text("reason", reason, maxText)
	reference, err[1] = text("reference", reference, maxLine)
	if err := firstOf(err[:]...); err != nil {
		return clawback.Remediation{}, err
	}
	return s.steer(ctx, actor, id, clawback.RightRemediate, "start removals", func(tx *Tx, r clawback.Remediation) error {
		if reason == "" {
			reason = r.Reason
		}
		if reference == "" {
			reference = r.Reference
		}
		if err := firstOf(startable(r), checkStart(reason, maxMailboxes)); err != nil {
			return err
		}
		setting, err := tx.readySetting(r.OrganizationID)
		if err != nil {
			return err
		}
		if r.Mode == clawback.ModeObserve && r.Lapsed != "" {
			setting.Mode = clawback.ModeObserve // what began to observe never starts to remove
		}
		r.Reason, r.Reference, r.MaxMailboxes, r.Mode, r.Removal = reason, reference, maxMailboxes, setting.Mode, setting.Removal
		return tx.start(actor, r)
	})
}

func startable(r clawback.Remediation) error {
	lapsed := r.Status == clawback.StatusBlocked && r.Lapsed != ""
	switch {
	case r.Status != clawback.StatusDraft && !lapsed && r.StartedByName != "":
		return clawback.Errorf(clawback.KindConflict, "This removal was started already, by %s.", r.StartedByName)
	case r.Status != clawback.StatusDraft && !lapsed:
		return clawback.Errorf(clawback.KindConflict, "This preview was discarded. Make a new one.")
	case r.PreviewedAt.IsZero():
		return clawback.Errorf(clawback.KindConflict, "The preview is not ready yet. Wait until it shows who would lose the email, then start.")
	}
	return nil
}

func (tx *Tx) start(actor clawback.Actor, r clawback.Remediation) error {
	_, err := tx.exec(`UPDATE remediations SET status = ?, phase = ?, mode = ?, removal = ?, reason = ?, reference = ?, max_mailboxes = ?,
		started_by = ?, started_by_name = ?, started_at = CASE started_at WHEN 0 THEN ? ELSE started_at END,
		blocked_by = '', blocked_since = 0, blocked_detail = '', blocked_rules = '', lapsed = '' WHERE id = ?`,
		clawback.StatusInProgress, clawback.PhaseTracing, r.Mode, r.Removal, r.Reason, r.Reference, r.MaxMailboxes,
		actor.ID, actor.Name, ms(tx.now), r.ID)
	if err != nil {
		return err
	}
	if r.Lapsed != "" {
		event := remediationEvent(r, "remediation.resumed")
		event.After = map[string]any{"lapsed": r.Lapsed, "mode": r.Mode, "removal": r.Removal, "max_mailboxes": r.MaxMailboxes}
		err = tx.audit(actor, event)
	} else {
		err = tx.auditStarted(actor, r)
	}
	if err != nil {
		return err
	}
	return tx.insertJob(clawback.TraceJob{RemediationID: r.ID}, tx.now)
}
