package store

import "clawback"

// redelivered takes note of a delivery to a mailbox that is newer than the one
// its record knows: the mailbox is looked at again, and an action in which it is
// opens again where it was closed. Nothing happens the first time, in a preview.
func (tx *Tx) redelivered(r clawback.Remediation, recordID string, m clawback.TracedMailbox) error {
	n, err := tx.exec(`UPDATE records SET delivered_at = ? WHERE id = ? AND delivered_at < ?`, ms(m.DeliveredAt), recordID, ms(m.DeliveredAt))
	if err != nil || n == 0 || r.Status == clawback.StatusDraft {
		return err
	}
	due, err := tx.exec(`UPDATE records SET due_at = ?, late = 1, attempts = 0 WHERE id = ? AND state = ? AND mailbox_id <> '' AND outcome NOT IN (?, ?, ?)`,
		ms(tx.now), recordID, clawback.RecordDone, clawback.OutcomeProtected, clawback.OutcomeNotDelivered, clawback.OutcomeUnreachable)
	if err != nil {
		return err
	}
	told := "Late: delivered once more."
	if due > 0 {
		told += " The mailbox is looked at again."
	}
	if err := tx.tell(recordID, clawback.TimelineTraced, told, ""); err != nil {
		return err
	}
	actions, err := all(tx, scanText, `SELECT x.action_id FROM action_records x JOIN records c ON c.id = x.record_id
		JOIN actions a ON a.id = x.action_id AND a.outcome = c.outcome WHERE x.record_id = ?`, recordID)
	if err != nil {
		return err
	}
	for _, id := range actions {
		rec := recordRef{ID: recordID, RemediationID: r.ID, OrganizationID: r.OrganizationID}
		if err := tx.reopenAction(rec, id, "the email was delivered once more to "+m.Mailbox.Address); err != nil {
			return err
		}
	}
	return nil
}
