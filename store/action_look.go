package store

import (
	"context"
	"slices"

	"clawback"
)

// FindActionLooks answers into which mailboxes of an action can be looked, all
// or the named ones, at most clawback.MaxActionLooks, those that nobody had
// looked into for longest first. It returns KindNotFound, KindForbidden, and
// KindConflict for an action that is closed or has no such mailbox.
func (s *Store) FindActionLooks(ctx context.Context, actor clawback.Actor, actionID string, records []string) ([]clawback.ActionLook, error) {
	var looks []clawback.ActionLook
	err := s.inRead(ctx, func(tx *Tx) error {
		action, err := tx.lookableAction(actor, actionID)
		if err != nil {
			return err
		}
		r, err := tx.worked(action.RemediationID)
		if err != nil {
			return err
		}
		w := new(where)
		w.add("id IN (SELECT record_id FROM action_records WHERE action_id = ?) AND state = ? AND mailbox_id <> ''", actionID, clawback.RecordDone)
		if len(records) > 0 {
			ids := make([]any, len(records))
			for i, id := range records {
				ids[i] = id
			}
			w.add("id IN ("+marks(len(ids))+")", ids...)
		}
		list, err := all(tx, scanClaimed, `SELECT `+claimColumns+` FROM records`+w.String()+` ORDER BY checked_at, device_id, id LIMIT ?`, w.with(clawback.MaxActionLooks)...)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return clawback.Errorf(clawback.KindConflict, "There is no mailbox here into which we can look. Look there yourself, then complete the action.")
		}
		looks, err = tx.looksByDevice(action, r, list)
		return err
	})
	return looks, err
}

func (tx *Tx) lookableAction(actor clawback.Actor, id string) (clawback.Action, error) {
	action, err := tx.action(actionScope(actor), id)
	if err != nil {
		return action, err
	}
	if !actor.Can(clawback.RightWorkActions, action.OrganizationID) && !actor.Can(clawback.RightRemediate, action.OrganizationID) {
		return action, clawback.Errorf(clawback.KindForbidden, "You may look at this, but your role does not allow you to have the mailboxes checked.")
	}
	if action.Status != clawback.ActionOpen {
		return action, closedAlready(action)
	}
	return action, nil
}

func (tx *Tx) looksByDevice(action clawback.Action, r clawback.Remediation, records []clawback.ClaimedRecord) ([]clawback.ActionLook, error) {
	var looks []clawback.ActionLook
	at := map[string]int{}
	for _, record := range records {
		i, seen := at[record.DeviceID]
		if !seen {
			connection, err := tx.connection(record.DeviceID)
			if err != nil {
				return nil, err
			}
			i = len(looks)
			at[record.DeviceID], looks = i, append(looks, clawback.ActionLook{Action: action, Remediation: r, Connection: connection})
		}
		looks[i].Records = append(looks[i].Records, record)
	}
	return looks, nil
}

// SaveActionLooks keeps what a look showed: a mailbox from which the email is
// gone leaves the action, and the last one completes it. A mailbox that was
// taken up meanwhile stays as it is.
func (s *Store) SaveActionLooks(ctx context.Context, actor clawback.Actor, look clawback.ActionLook, findings []clawback.Finding) (clawback.ActionLooked, error) {
	var looked clawback.ActionLooked
	err := s.inTx(ctx, func(tx *Tx) error {
		looked = clawback.ActionLooked{}
		r, err := tx.worked(look.Remediation.ID)
		if err != nil {
			return err
		}
		for _, f := range findings {
			if err := tx.saveActionLook(actor, r, f, &looked); err != nil {
				return err
			}
		}
		err = tx.audit(actor, auditEvent{OrganizationID: r.OrganizationID, Action: "action.checked", Subject: look.Action.ID, SubjectName: r.Subject(),
			After: map[string]any{"gone": looked.Gone, "still_there": looked.Left, "unknown": looked.Unknown}})
		if err != nil {
			return err
		}
		if err := tx.insertJob(clawback.FoldersJob{RemediationID: r.ID}, tx.now); err != nil {
			return err
		}
		return tx.settle(r.ID)
	})
	return looked, err
}

func (tx *Tx) saveActionLook(actor clawback.Actor, r clawback.Remediation, f clawback.Finding, looked *clawback.ActionLooked) error {
	current, err := all(tx, scanClaimed, `SELECT `+claimColumns+` FROM records WHERE id = ? AND fence = ? AND state = ?`, f.RecordID, f.Fence, clawback.RecordDone)
	if err != nil || len(current) == 0 {
		looked.Unknown++
		return err
	}
	gone := f.Park == 0 && (f.Outcome == clawback.OutcomeNotFound || f.Outcome == clawback.OutcomeAlreadyGone)
	there := f.Park == 0 && f.Outcome == clawback.OutcomeNone && slices.Contains(f.Matched, true)
	said := "Could not look: " + answerWords(f.Answer)
	switch {
	case gone:
		looked.Gone++
		said = "No longer there."
	case there:
		looked.Left++
		said = "Still there."
	case f.Park == 0 && f.Outcome == clawback.OutcomeNone:
		looked.Unknown++
		said = "Another email with the same Message-ID lies there."
	default:
		looked.Unknown++
	}
	if err := tx.noteLook(actor, f, said); err != nil {
		return err
	}
	if !gone && !there {
		return nil
	}
	copies, err := tx.saveCopies(r, f)
	if err != nil {
		return err
	}
	if gone {
		return tx.finishFound(r, f, copies)
	}
	return tx.stillThere(f.RecordID, copies)
}

func (tx *Tx) noteLook(actor clawback.Actor, f clawback.Finding, said string) error {
	if _, err := tx.exec(`UPDATE records SET checked_at = ?, checked_text = ? WHERE id = ?`, ms(tx.now), said, f.RecordID); err != nil {
		return err
	}
	return tx.tell(f.RecordID, clawback.TimelineFound, "Checked again for "+actor.Name+": "+said, answerText(f.Answer))
}

// answerWords says for people why a look was not possible.
func answerWords(answer clawback.Answer) string {
	switch {
	case answer.Kind == clawback.AnswerDenied:
		return "Microsoft denies us this mailbox."
	case answer.Kind == clawback.AnswerNoMailbox, answer.Kind == clawback.AnswerNotFound:
		return "Microsoft has no cloud mailbox here."
	}
	return waitingText(answer)
}

// stillThere gives copies that are visible the outcome of their mailbox again.
func (tx *Tx) stillThere(recordID string, copies []clawback.Copy) error {
	for _, c := range copies {
		if !c.Matched || c.Outcome != clawback.OutcomeNone {
			continue
		}
		_, err := tx.exec(`UPDATE copies SET outcome = CASE r.outcome WHEN 'partly_removed' THEN 'failed' ELSE r.outcome END, reason = r.reason
			FROM records r WHERE copies.id = ? AND r.id = ?`, c.ID, recordID)
		if err != nil {
			return err
		}
	}
	return nil
}
