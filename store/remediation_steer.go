package store

import (
	"context"
	"slices"

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

// RetryRemediation takes the mailboxes that failed or were denied up again and
// answers how many. It returns KindNotFound, KindForbidden, and KindConflict
// where the removal does not run.
func (s *Store) RetryRemediation(ctx context.Context, actor clawback.Actor, id string) (int, error) {
	var retried int
	_, err := s.steer(ctx, actor, id, clawback.RightRemediate, "retry removals", func(tx *Tx, r clawback.Remediation) error {
		if err := retriable(r); err != nil {
			return err
		}
		ids, err := tx.retryRecords(id, "Tried again by "+actor.Name+".")
		if retried = len(ids); err != nil || retried == 0 {
			return err
		}
		if err := tx.resume(r, retried); err != nil {
			return err
		}
		event := remediationEvent(r, "remediation.retried")
		event.After = map[string]any{"mailboxes": retried}
		event.RowsHash = rowsHash(ids)
		return tx.audit(actor, event)
	})
	return retried, err
}

func retriable(r clawback.Remediation) error {
	if r.Lapsed != "" {
		return clawback.Errorf(clawback.KindConflict, "This removal waits for a person: look at its new preview and let it go on, then try again.")
	}
	switch r.Status {
	case clawback.StatusInProgress, clawback.StatusBlocked, clawback.StatusCompleted:
		return nil
	case clawback.StatusStopped:
		return clawback.Errorf(clawback.KindConflict, "This removal was stopped. Make a new one for the mailboxes that are left.")
	}
	return clawback.Errorf(clawback.KindConflict, "This removal does not run yet, so there is nothing to try again.")
}

func (tx *Tx) retryRecords(remediationID, told string) ([]string, error) {
	ids, err := all(tx, scanText, `UPDATE records SET state = 'checking', outcome = '', reason = '', detail = '', attempts = 0, rechecks = 0,
		due_at = ?, done_at = 0, handed_over_at = 0, lease_boot = '', lease_until = 0, fence = fence + 1
		WHERE remediation_id = ? AND state = 'done' AND `+isUnsolved+` RETURNING id`, ms(tx.now), remediationID)
	if err != nil {
		return nil, err
	}
	slices.Sort(ids)
	for _, id := range ids {
		if err := tx.tell(id, clawback.TimelineRetry, told, ""); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// resume queues a job for every batch; what was completed runs again.
func (tx *Tx) resume(r clawback.Remediation, mailboxes int) error {
	_, err := tx.exec(`UPDATE remediations SET status = CASE status WHEN 'completed' THEN 'in_progress' ELSE status END,
		phase = CASE phase WHEN 'tracing' THEN phase ELSE 'removing' END, ended_at = 0 WHERE id = ?`, r.ID)
	if err != nil {
		return err
	}
	for range (mailboxes + clawback.BatchSize - 1) / clawback.BatchSize {
		if err := tx.insertJob(clawback.RemoveJob{RemediationID: r.ID}, tx.now); err != nil {
			return err
		}
	}
	return nil
}
