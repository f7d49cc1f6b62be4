package store

import (
	"context"

	"clawback"
)

// AcceptRecord takes the SOC's word that what differs in a mailbox is the email
// too: the mailbox is taken up again with that variant as a target of its own,
// meant there alone. It returns KindNotFound, KindForbidden, KindInvalid about a
// field, and KindConflict where nothing waits for a word or the removal was stopped.
func (s *Store) AcceptRecord(ctx context.Context, actor clawback.Actor, recordID, reason string) (clawback.EmailRecord, error) {
	return s.judge(ctx, actor, recordID, reason, "accept emails", func(tx *Tx, r clawback.Remediation, record clawback.EmailRecord, reason string) error {
		if err := retriable(r); err != nil {
			return err
		}
		if err := tx.acceptCopies(r, record); err != nil {
			return err
		}
		if err := tx.takeUp(r, record, actor.Name+" says that this is the email too: it is to be removed. Reason: "+reason); err != nil {
			return err
		}
		return tx.auditJudged(actor, r, record, "record.accepted", reason)
	})
}

// LeaveRecord takes the SOC's word that what differs in a mailbox is another
// email, which stays. It returns KindNotFound, KindForbidden, KindInvalid about
// a field, and KindConflict where nothing waits for a word.
func (s *Store) LeaveRecord(ctx context.Context, actor clawback.Actor, recordID, reason string) (clawback.EmailRecord, error) {
	return s.judge(ctx, actor, recordID, reason, "leave emails", func(tx *Tx, r clawback.Remediation, record clawback.EmailRecord, reason string) error {
		_, err := tx.exec(`UPDATE copies SET reason = ? WHERE record_id = ? AND outcome = ? AND reason = ?`,
			clawback.ReasonLeft, record.ID, clawback.OutcomeAmbiguous, clawback.ReasonDifferent)
		if err != nil {
			return err
		}
		if err := tx.tell(record.ID, clawback.TimelineOutcome, actor.Name+" says that this is another email, so it stays. Reason: "+reason, ""); err != nil {
			return err
		}
		if err := tx.auditJudged(actor, r, record, "record.left", reason); err != nil {
			return err
		}
		if err := tx.finishFromCopies(r, record.ID); err != nil {
			return err
		}
		return tx.settle(r.ID)
	})
}

type judgement func(tx *Tx, r clawback.Remediation, record clawback.EmailRecord, reason string) error

func (s *Store) judge(ctx context.Context, actor clawback.Actor, recordID, reason, what string, change judgement) (clawback.EmailRecord, error) {
	reason, err := required("reason", reason, maxText, "Say how you know: it is kept with the mailbox.")
	if err != nil {
		return clawback.EmailRecord{}, err
	}
	record, err := s.FindRecord(ctx, actor, recordID)
	if err != nil {
		return record, err
	}
	_, err = s.steer(ctx, actor, record.RemediationID, clawback.RightRemediate, what, func(tx *Tx, r clawback.Remediation) error {
		record, err := tx.record(remediationScope(actor), recordID)
		if err != nil {
			return err
		}
		if record.State != clawback.RecordDone || len(record.Undecided()) == 0 {
			return clawback.Errorf(clawback.KindConflict, "Nothing in this mailbox waits for your word; somebody may have said it before you.")
		}
		return change(tx, r, record, reason)
	})
	if err != nil {
		return record, err
	}
	return s.FindRecord(ctx, actor, recordID)
}

// acceptCopies makes a target of each variant that waits in the mailbox.
func (tx *Tx) acceptCopies(r clawback.Remediation, record clawback.EmailRecord) error {
	var targets []clawback.Target
	for _, c := range record.Undecided() {
		target := clawback.Target{Source: clawback.SourceAccepted, MessageID: c.MessageID, Sender: c.Sender, Subject: c.Subject,
			Mailbox: record.Mailbox.Address}.Around(c.ReceivedAt)
		if !target.Known() {
			return clawback.Errorf(clawback.KindConflict, "This email names no sender, so it can't be told from others. Ask the customer to delete it by hand.")
		}
		targets = append(targets, target)
	}
	if len(r.Targets)+len(targets) > clawback.MaxPositions {
		return clawback.Errorf(clawback.KindConflict, "This removal has %d emails already. Make a new one for this one.", len(r.Targets))
	}
	if err := tx.addTargets(r.ID, targets); err != nil {
		return err
	}
	_, err := tx.exec(`UPDATE copies SET matched = 1, outcome = '', reason = '' WHERE record_id = ? AND outcome = ? AND reason = ?`,
		record.ID, clawback.OutcomeAmbiguous, clawback.ReasonDifferent)
	return err
}

// takeUp lets a mailbox that was done be worked on again.
func (tx *Tx) takeUp(r clawback.Remediation, record clawback.EmailRecord, told string) error {
	if err := tx.reachableDevice(record.DeviceID); err != nil {
		return err
	}
	_, err := tx.exec(`UPDATE records SET state = ?, outcome = '', reason = '', detail = '', attempts = 0, rechecks = 0,
		due_at = ?, done_at = 0, handed_over_at = 0, lease_boot = '', lease_until = 0, fence = fence + 1 WHERE id = ?`,
		clawback.RecordChecking, ms(tx.now), record.ID)
	if err != nil {
		return err
	}
	if err := tx.tell(record.ID, clawback.TimelineRetry, told, ""); err != nil {
		return err
	}
	return tx.resume(r)
}

func (tx *Tx) auditJudged(actor clawback.Actor, r clawback.Remediation, record clawback.EmailRecord, action, reason string) error {
	event := remediationEvent(r, action)
	event.After = map[string]any{"record": record.ID, "mailbox": record.Mailbox.Address, "reason": reason}
	return tx.audit(actor, event)
}
