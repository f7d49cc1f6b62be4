package store

import (
	"context"
	"slices"

	"clawback"
)

// RetryRemediation takes mailboxes that failed or were denied up again, all or
// the chosen ones, and answers how many. It returns KindNotFound, KindForbidden,
// and KindConflict where the removal does not run or none of the chosen is left.
func (s *Store) RetryRemediation(ctx context.Context, actor clawback.Actor, id string, choice clawback.CauseChoice) (int, error) {
	var retried int
	_, err := s.steer(ctx, actor, id, clawback.RightRemediate, "retry removals", func(tx *Tx, r clawback.Remediation) error {
		if err := retriable(r); err != nil {
			return err
		}
		chosen := unsolvedWhere(id, choice)
		chosen.add(connectedOnly)
		ids, err := tx.retryRecords(chosen, "Tried again by "+actor.Name+".")
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			if err := tx.unreachable(unsolvedWhere(id, choice)); err != nil {
				return err
			}
		}
		if retried = len(ids); retried == 0 {
			return noneChosen(choice)
		}
		if err := tx.resume(r); err != nil {
			return err
		}
		event := remediationEvent(r, "remediation.retried")
		event.After = map[string]any{"mailboxes": retried, "cause": choice.Reason}
		event.RowsHash = rowsHash(ids)
		return tx.audit(actor, event)
	})
	return retried, err
}

// unreachable returns KindConflict where all that was chosen is reached through a
// disconnected device.
func (tx *Tx) unreachable(chosen *where) error {
	devices, err := all(tx, scanText, `SELECT device_id FROM records`+chosen.String()+` LIMIT 1`, chosen.args...)
	if err != nil || len(devices) == 0 {
		return err
	}
	return tx.reachableDevice(devices[0])
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

func (tx *Tx) retryRecords(w *where, told string) ([]string, error) {
	args := append([]any{ms(tx.now)}, w.args...)
	ids, err := all(tx, scanText, `UPDATE records SET state = 'checking', outcome = '', reason = '', detail = '', attempts = 0, rechecks = 0,
		due_at = ?, done_at = 0, handed_over_at = 0, lease_boot = '', lease_until = 0, fence = fence + 1`+w.String()+` RETURNING id`, args...)
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

// resume queues the work; what was completed runs again.
func (tx *Tx) resume(r clawback.Remediation) error {
	_, err := tx.exec(`UPDATE remediations SET status = CASE status WHEN 'completed' THEN 'in_progress' ELSE status END,
		phase = CASE phase WHEN 'tracing' THEN phase ELSE 'removing' END, ended_at = 0 WHERE id = ?`, r.ID)
	if err != nil {
		return err
	}
	return tx.insertJob(clawback.RemoveJob{RemediationID: r.ID}, tx.now)
}
