package store

import (
	"context"

	"clawback"
)

// RestoreRemediation asks for every softly removed copy of a remediation to be
// put back, and ends its watch. To ask again is harmless. It returns
// KindNotFound, KindForbidden, KindInvalid about a field, and KindConflict while
// mailboxes are being cleaned or where nothing can be put back.
func (s *Store) RestoreRemediation(ctx context.Context, actor clawback.Actor, id, reason string) (clawback.Remediation, error) {
	return s.askRestore(ctx, actor, id, "", reason)
}

// RestoreRecord is RestoreRemediation for the copies of one mailbox.
func (s *Store) RestoreRecord(ctx context.Context, actor clawback.Actor, recordID, reason string) (clawback.EmailRecord, error) {
	record, err := s.FindRecord(ctx, actor, recordID)
	if err != nil {
		return record, err
	}
	if _, err := s.askRestore(ctx, actor, record.RemediationID, recordID, reason); err != nil {
		return record, err
	}
	return s.FindRecord(ctx, actor, recordID)
}

func (s *Store) askRestore(ctx context.Context, actor clawback.Actor, id, recordID, reason string) (clawback.Remediation, error) {
	reason, err := text("reason", reason, maxText)
	if err != nil {
		return clawback.Remediation{}, err
	}
	return s.steer(ctx, actor, id, clawback.RightRemediate, "put emails back", func(tx *Tx, r clawback.Remediation) error {
		if err := restorable(r); err != nil {
			return err
		}
		asked, err := tx.markRestores(id, recordID)
		if err != nil {
			return err
		}
		if len(asked) == 0 {
			return tx.nothingToRestore(id, recordID)
		}
		if err := tx.endWatch(r); err != nil {
			return err
		}
		told := "Putting it back was asked for by " + actor.Name + "."
		if reason != "" {
			told += " Reason: " + reason
		}
		for _, c := range asked {
			if err := tx.tell(c.RecordID, clawback.TimelineRestored, told, ""); err != nil {
				return err
			}
		}
		event := remediationEvent(r, "restore.asked")
		event.After = map[string]any{"reason": reason, "copies": len(asked), "record": recordID}
		event.RowsHash = rowsHash(copyIDs(asked))
		if err := tx.audit(actor, event); err != nil {
			return err
		}
		return tx.insertJob(clawback.RestoreJob{RemediationID: id}, tx.now)
	})
}

func restorable(r clawback.Remediation) error {
	switch {
	case r.Status == clawback.StatusDraft || r.Status == clawback.StatusAwaitingApproval:
		return clawback.Errorf(clawback.KindConflict, "Nothing was removed yet, so there is nothing to put back.")
	case !r.Ended() && r.Counts.Open > 0:
		return clawback.Errorf(clawback.KindConflict, "Mailboxes are still being cleaned. Stop the removal first, then put back what was removed.")
	case r.Removal == clawback.RemovalHard:
		return clawback.Errorf(clawback.KindConflict, "The email was removed for good; Microsoft 365 can't put it back.")
	}
	return nil
}

const restorableSQL = `p.matched AND p.outcome = 'removed' AND p.restored_at = 0`

func (tx *Tx) markRestores(id, recordID string) ([]clawback.RestoreCopy, error) {
	scan := func(row scanner) (clawback.RestoreCopy, error) {
		var c clawback.RestoreCopy
		err := row.Scan(&c.CopyID, &c.RecordID)
		return c, err
	}
	return all(tx, scan, `UPDATE copies AS p SET restore_asked_at = ?, restore_due_at = ?, restore_attempts = 0, restore_problem = ''
		WHERE p.remediation_id = ? AND (? = '' OR p.record_id = ?) AND p.restore_due_at = 0 AND `+restorableSQL+`
		AND p.record_id IN (SELECT id FROM records WHERE remediation_id = p.remediation_id AND `+connectedOnly+`) RETURNING id, record_id`,
		ms(tx.now), ms(tx.now), id, recordID, recordID)
}

// nothingToRestore is no error where somebody asked before.
func (tx *Tx) nothingToRestore(id, recordID string) error {
	devices, err := all(tx, scanText, `SELECT c.device_id FROM copies p JOIN records c ON c.id = p.record_id
		WHERE p.remediation_id = ? AND (? = '' OR p.record_id = ?) AND p.restore_due_at = 0 AND `+restorableSQL+` LIMIT 1`, id, recordID, recordID)
	if err != nil {
		return err
	}
	if len(devices) > 0 {
		return tx.reachableDevice(devices[0])
	}
	n, err := tx.count(`SELECT COUNT(*) FROM copies WHERE remediation_id = ? AND (? = '' OR record_id = ?) AND restore_asked_at > 0`, id, recordID, recordID)
	if err == nil && n == 0 {
		err = clawback.Errorf(clawback.KindConflict, "Nothing was removed here that could be put back.")
	}
	return err
}

// endWatch ends what runs: a sweep would find what was put back.
func (tx *Tx) endWatch(r clawback.Remediation) error {
	if _, err := tx.exec(`UPDATE records SET due_at = 0 WHERE remediation_id = ? AND state = 'done' AND due_at > 0`, r.ID); err != nil || r.Ended() {
		return err
	}
	_, err := tx.exec(`UPDATE remediations SET status = ?, phase = ?, next_look_at = 0, ended_at = ?, blocked_by = '', blocked_since = 0, blocked_detail = '' WHERE id = ?`,
		clawback.StatusCompleted, clawback.PhaseNone, ms(tx.now), r.ID)
	return err
}

func copyIDs(copies []clawback.RestoreCopy) []string {
	ids := make([]string, len(copies))
	for i, c := range copies {
		ids[i] = c.CopyID
	}
	return ids
}

// CountRestores adds up what was to be put back. It returns KindNotFound for a
// remediation the actor does not see.
func (s *Store) CountRestores(ctx context.Context, actor clawback.Actor, id string) (clawback.RestoreCounts, error) {
	scope := remediationScope(actor)
	var n clawback.RestoreCounts
	err := s.inRead(ctx, func(tx *Tx) error {
		if err := tx.seesRemediation(scope, id); err != nil {
			return err
		}
		return tx.queryRow(`SELECT COALESCE(SUM(p.restore_asked_at = 0 AND p.removed_at > 0 AND `+restorableSQL+`), 0), COALESCE(SUM(p.restore_due_at > 0), 0),
			COALESCE(SUM(p.restored_at > 0), 0), COALESCE(SUM(p.restore_problem <> ''), 0)
			FROM copies p WHERE p.remediation_id = ?`, id).Scan(&n.Possible, &n.Waiting, &n.Restored, &n.Failed)
	})
	return n, err
}
