package store

import (
	"context"
	"fmt"

	"clawback"
)

// ClaimRestores leases up to a batch of copies of one device that are to be put
// back. A job that comes when the lease is over takes up what a worker left.
// Nothing is due when the claim has no copies.
func (s *Store) ClaimRestores(ctx context.Context, remediationID string) (clawback.RestoreClaim, error) {
	var claim clawback.RestoreClaim
	err := s.inTx(ctx, func(tx *Tx) error {
		claim = clawback.RestoreClaim{}
		var err error
		if claim.Remediation, err = tx.worked(remediationID); err != nil {
			return err
		}
		device, err := tx.restoreBatch(&claim)
		if err != nil || len(claim.Copies) == 0 {
			return err
		}
		if claim.Connection, err = tx.connection(device); err != nil {
			return err
		}
		for _, c := range claim.Copies {
			if err := tx.leaseRestore(c); err != nil {
				return err
			}
		}
		return tx.insertJob(clawback.RestoreJob{RemediationID: remediationID}, tx.now.Add(leaseTime))
	})
	return claim, err
}

func (tx *Tx) restoreBatch(claim *clawback.RestoreClaim) (device string, err error) {
	type due struct {
		clawback.RestoreCopy
		device string
	}
	scan := func(row scanner) (due, error) {
		var d due
		err := row.Scan(&d.CopyID, &d.RecordID, &d.MailboxID, &d.ImmutableID, &d.MessageID, &d.FolderID, &d.Attempts, &d.device)
		return d, err
	}
	list, err := all(tx, scan, `SELECT p.id, p.record_id, c.mailbox_id, p.immutable_id, p.message_id, p.folder_id, p.restore_attempts, c.device_id
		FROM copies p JOIN records c ON c.id = p.record_id
		WHERE p.remediation_id = ? AND p.restore_due_at > 0 AND p.restore_due_at <= ? ORDER BY p.restore_due_at, p.id LIMIT ?`,
		claim.Remediation.ID, ms(tx.now), clawback.BatchSize)
	for _, d := range list {
		if d.device == list[0].device {
			device, claim.Copies = d.device, append(claim.Copies, d.RestoreCopy)
		}
	}
	return device, err
}

// leaseRestore closes an intent that an earlier worker left open: whether it
// had its effect is looked up before anything is sent.
func (tx *Tx) leaseRestore(c clawback.RestoreCopy) error {
	if _, err := tx.exec(`UPDATE copies SET restore_due_at = ?, restore_attempts = restore_attempts + 1 WHERE id = ?`, ms(tx.now.Add(leaseTime)), c.CopyID); err != nil {
		return err
	}
	_, err := tx.exec(`UPDATE intents SET closed_at = ?, result = 'looked_up' WHERE copy_id = ? AND kind = 'restore' AND closed_at = 0`, ms(tx.now), c.CopyID)
	return err
}

// CommitRestores announces that copies are put back. It is a named exception of
// the rule that protected mailboxes are never written to: it asks neither for
// protection nor for mode or halt, because it undoes. Only what it answers may
// be sent, within clawback.IntentLifetime.
func (s *Store) CommitRestores(ctx context.Context, claim clawback.RestoreClaim, copies []clawback.RestoreCopy) ([]clawback.Intent, error) {
	var intents []clawback.Intent
	err := s.inTx(ctx, func(tx *Tx) error {
		intents = nil
		for _, c := range copies {
			intent := clawback.Intent{ID: newID(), RecordID: c.RecordID, CopyID: c.CopyID, MailboxID: c.MailboxID, ImmutableID: c.ImmutableID, CommittedAt: tx.now}
			_, err := tx.exec(`INSERT INTO intents (id, copy_id, record_id, remediation_id, organization_id, kind, boot, fence, committed_at)
				SELECT ?, p.id, p.record_id, p.remediation_id, p.organization_id, 'restore', ?, 0, ? FROM copies p WHERE p.id = ?`,
				intent.ID, tx.store.boot, ms(tx.now), c.CopyID)
			if err != nil {
				return err
			}
			if err := tx.tell(c.RecordID, clawback.TimelineIntent, "Putting it back was announced and sent to Microsoft.", ""); err != nil {
				return err
			}
			intents = append(intents, intent)
		}
		event := remediationEvent(claim.Remediation, "restore.announced")
		event.After, event.RowsHash = map[string]any{"copies": len(copies)}, rowsHash(copyIDs(copies))
		return tx.audit(clawback.Bot(claim.Remediation.StartedBy), event)
	})
	return intents, err
}

// SaveRestores keeps what became of copies that were to be put back, and queues
// those that wait.
func (s *Store) SaveRestores(ctx context.Context, claim clawback.RestoreClaim, results []clawback.RestoreResult) error {
	return s.inTx(ctx, func(tx *Tx) error {
		waiting := false
		for _, result := range results {
			if err := tx.saveRestore(result); err != nil {
				return fmt.Errorf("copy %s: %w", result.Copy.CopyID, err)
			}
			if result.Wait > 0 {
				waiting = true
				if err := tx.insertJob(clawback.RestoreJob{RemediationID: claim.Remediation.ID}, tx.now.Add(result.Wait)); err != nil {
					return err
				}
			}
		}
		left, err := tx.count(`SELECT COUNT(*) FROM copies WHERE remediation_id = ? AND restore_due_at > 0`, claim.Remediation.ID)
		if err != nil || waiting || left > 0 {
			return err
		}
		event := remediationEvent(claim.Remediation, "restore.finished")
		restored, err := tx.count(`SELECT COUNT(*) FROM copies WHERE remediation_id = ? AND restored_at > 0`, claim.Remediation.ID)
		if err != nil {
			return err
		}
		event.After = map[string]any{"restored": restored}
		return tx.audit(clawback.Bot(claim.Remediation.StartedBy), event)
	})
}

func (tx *Tx) saveRestore(result clawback.RestoreResult) error {
	c := result.Copy
	kind := result.Answer.Kind
	if kind == "" {
		kind = "looked_up"
	}
	if _, err := tx.exec(`UPDATE intents SET closed_at = ?, result = ?, status = ?, code = ? WHERE copy_id = ? AND kind = 'restore' AND closed_at = 0`,
		ms(tx.now), kind, result.Answer.Status, result.Answer.Code, c.CopyID); err != nil {
		return err
	}
	switch {
	case result.Restored:
		_, err := tx.exec(`UPDATE copies SET restored_at = ?, restore_due_at = 0, restore_problem = '' WHERE id = ? AND restored_at = 0`, ms(tx.now), c.CopyID)
		if err != nil {
			return err
		}
		return tx.tell(c.RecordID, clawback.TimelineRestored, restoredText(result), answerText(result.Answer))
	case result.Wait > 0:
		_, err := tx.exec(`UPDATE copies SET restore_due_at = ? WHERE id = ?`, ms(tx.now.Add(result.Wait)), c.CopyID)
		if err != nil {
			return err
		}
		return tx.tell(c.RecordID, clawback.TimelineParked, "It is not back yet; putting it back is tried again.", answerText(result.Answer))
	}
	if _, err := tx.exec(`UPDATE copies SET restore_due_at = 0, restore_problem = ? WHERE id = ?`, result.Problem, c.CopyID); err != nil {
		return err
	}
	return tx.tell(c.RecordID, clawback.TimelineRestored, "It could not be put back: "+result.Problem, answerText(result.Answer))
}

func restoredText(result clawback.RestoreResult) string {
	if result.Inbox {
		return "Put back into the Inbox, since its own folder is gone; seen there. No sweep removes it again."
	}
	return "Put back where it lay; seen there. No sweep removes it again."
}
