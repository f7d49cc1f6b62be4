package store

import "clawback"

// leaveActions takes a record whose outcome has changed out of the open actions
// that it is no longer in for: there is nothing left to do in its mailbox. What
// the customer has closed keeps it. An action without a mailbox is done.
func (tx *Tx) leaveActions(r clawback.Remediation, recordID string, outcome clawback.Outcome) error {
	// Next to no record is in one, and a join takes its time even over nothing.
	listed, err := tx.count(`SELECT EXISTS (SELECT 1 FROM action_records WHERE record_id = ?)`, recordID)
	if err != nil || listed == 0 {
		return err
	}
	left, err := all(tx, scanText, `SELECT a.id FROM actions a JOIN action_records x ON x.action_id = a.id AND x.record_id = ?
		WHERE a.remediation_id = ? AND a.status = ? AND a.outcome <> ?`, recordID, r.ID, clawback.ActionOpen, outcome)
	if err != nil {
		return err
	}
	for _, id := range left {
		if _, err := tx.exec(`DELETE FROM action_records WHERE action_id = ? AND record_id = ?`, id, recordID); err != nil {
			return err
		}
		if err := tx.tell(recordID, clawback.TimelineHandover, "Nothing is left for the customer to do here.", ""); err != nil {
			return err
		}
		if err := tx.closeEmptyAction(r, id); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) closeEmptyAction(r clawback.Remediation, id string) error {
	const comment = "Nothing is left to do: what was listed here was solved meanwhile."
	bot := clawback.Bot(r.StartedBy)
	n, err := tx.exec(`UPDATE actions SET status = ?, comment = ?, closed_by = ?, closed_at = ?
		WHERE id = ? AND NOT EXISTS (SELECT 1 FROM action_records WHERE action_id = actions.id)`,
		clawback.ActionCompleted, comment, bot.Name, ms(tx.now), id)
	if err != nil || n == 0 {
		return err
	}
	return tx.audit(bot, auditEvent{OrganizationID: r.OrganizationID, Action: "action.completed", Subject: id, SubjectName: r.Subject(),
		After: map[string]any{"comment": comment}})
}
