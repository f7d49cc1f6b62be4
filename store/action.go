package store

import (
	"context"
	"fmt"

	"clawback"
)

func actionScope(actor clawback.Actor) clawback.Scope {
	return sees(actor, clawback.RightReadActions, clawback.RightWorkActions)
}

// ListActions lists what customers must do themselves, the newest first,
// without mailboxes. It returns KindInvalid for a cursor that is none.
func (s *Store) ListActions(ctx context.Context, actor clawback.Actor, filter clawback.ActionFilter) (clawback.Page[clawback.Action], error) {
	w := new(where)
	w.scope(actionScope(actor), "a.organization_id")
	if filter.OrganizationID != "" {
		w.add("a.organization_id = ?", filter.OrganizationID)
	}
	if filter.Status != "" {
		w.add("a.status = ?", filter.Status)
	}
	if filter.Assignee != "" {
		w.add("a.assignee = ?", filter.Assignee)
	}
	var page clawback.Page[clawback.Action]
	err := s.inRead(ctx, func(tx *Tx) error {
		total, err := tx.count(`SELECT COUNT(*) FROM actions a`+w.String(), w.args...)
		if err != nil {
			return err
		}
		var created int64
		var id string
		if later, err := readCursor(filter.Cursor, &created, &id); err != nil {
			return err
		} else if later {
			w.add("a.created_at < ? OR (a.created_at = ? AND a.id < ?)", created, created, id)
		}
		rows, err := all(tx, scanAction, actionSQL+w.String()+` ORDER BY a.created_at DESC, a.id DESC LIMIT ?`, w.with(filter.Rows()+1)...)
		page = pageOf(rows, filter.PageQuery, total, func(a clawback.Action) string { return cursorOf(ms(a.CreatedAt), a.ID) })
		return err
	})
	return page, err
}

// CountOpenActions counts the open actions that the actor sees.
func (s *Store) CountOpenActions(ctx context.Context, actor clawback.Actor) (int, error) {
	var w where
	w.add("a.status = ?", clawback.ActionOpen)
	w.scope(actionScope(actor), "a.organization_id")
	var n int
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		n, err = tx.count(`SELECT COUNT(*) FROM actions a`+w.String(), w.args...)
		return err
	})
	return n, err
}

// FindAction answers an action with its mailboxes. It returns KindNotFound for
// what the actor may not see.
func (s *Store) FindAction(ctx context.Context, actor clawback.Actor, id string) (clawback.Action, error) {
	var action clawback.Action
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		action, err = tx.action(actionScope(actor), id)
		return err
	})
	return action, err
}

// CompleteAction says that the customer has done its part. It returns
// KindNotFound, KindForbidden, KindInvalid about a field, and KindConflict,
// naming by whom, when it is closed.
func (s *Store) CompleteAction(ctx context.Context, actor clawback.Actor, id, comment string) (clawback.Action, error) {
	comment, err := text("comment", comment, maxText)
	if err != nil {
		return clawback.Action{}, err
	}
	return s.closeAction(ctx, actor, id, clawback.ActionCompleted, comment)
}

// DismissAction says that nothing will be done, and why. It returns
// KindNotFound, KindForbidden, KindInvalid about a field, and KindConflict,
// naming by whom, when it is closed.
func (s *Store) DismissAction(ctx context.Context, actor clawback.Actor, id, reason string) (clawback.Action, error) {
	reason, err := required("reason", reason, maxText, "Say why nothing needs to be done.")
	if err != nil {
		return clawback.Action{}, err
	}
	return s.closeAction(ctx, actor, id, clawback.ActionDismissed, reason)
}

func (s *Store) closeAction(ctx context.Context, actor clawback.Actor, id string, status clawback.ActionStatus, comment string) (clawback.Action, error) {
	var action clawback.Action
	err := s.inTx(ctx, func(tx *Tx) error {
		var err error
		if action, err = tx.action(actionScope(actor), id); err != nil {
			return err
		}
		if err := mayChange(actor, clawback.RightWorkActions, action.OrganizationID, "work on actions"); err != nil {
			return err
		}
		if action.Status != clawback.ActionOpen {
			return closedAlready(action)
		}
		action.Status, action.Comment, action.ClosedBy, action.ClosedAt = status, comment, actor.Name, tx.now
		_, err = tx.exec(`UPDATE actions SET status = ?, comment = ?, closed_by = ?, closed_at = ? WHERE id = ? AND organization_id = ?`,
			status, comment, actor.Name, ms(tx.now), id, action.OrganizationID)
		if err != nil {
			return err
		}
		return tx.audit(actor, auditEvent{OrganizationID: action.OrganizationID, Action: "action." + string(status), Subject: id, SubjectName: action.Subject,
			After: map[string]any{"comment": comment, "outcome": action.Outcome, "mailboxes": action.MailboxCount}})
	})
	return action, err
}

// recordRef names a record and what it belongs to.
type recordRef struct{ ID, RemediationID, OrganizationID string }

// addToAction puts a record into the one action of its remediation and outcome,
// and answers its id; a closed action opens again for a record that is new in
// it, and says so.
func (tx *Tx) addToAction(rec recordRef, outcome clawback.Outcome) (string, error) {
	action, err := scanText(tx.queryRow(`INSERT INTO actions (id, organization_id, remediation_id, outcome, status, created_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (remediation_id, outcome) DO UPDATE SET outcome = excluded.outcome RETURNING id`,
		newID(), rec.OrganizationID, rec.RemediationID, outcome, clawback.ActionOpen, ms(tx.now)))
	if err != nil {
		return action, err
	}
	added, err := tx.exec(`INSERT INTO action_records (action_id, record_id) VALUES (?, ?) ON CONFLICT (action_id, record_id) DO NOTHING`, action, rec.ID)
	if err != nil || added == 0 {
		return action, err
	}
	return action, tx.reopenAction(rec, action, "the email reached one more mailbox")
}

// reopenAction opens a closed action again, and says why. What was said on closing it stays as a comment.
func (tx *Tx) reopenAction(rec recordRef, id, why string) error {
	scan := func(row scanner) (clawback.Action, error) {
		var a clawback.Action
		err := row.Scan(&a.Status, &a.ClosedBy, &a.Comment)
		return a, err
	}
	closed, err := all(tx, scan, `SELECT status, closed_by, comment FROM actions WHERE id = ? AND organization_id = ? AND status <> ?`,
		id, rec.OrganizationID, clawback.ActionOpen)
	if err != nil || len(closed) == 0 {
		return err
	}
	_, err = tx.exec(`UPDATE actions SET status = ?, comment = '', closed_by = '', closed_at = 0 WHERE id = ? AND organization_id = ?`,
		clawback.ActionOpen, id, rec.OrganizationID)
	if err != nil {
		return err
	}
	said := fmt.Sprintf("Opened again: %s after %s by %s.", why, closedWord[closed[0].Status], closed[0].ClosedBy)
	if closed[0].Comment != "" {
		said += " Said then: " + closed[0].Comment
	}
	bot := clawback.Bot("")
	if _, err := tx.addComment(bot, id, rec.OrganizationID, said); err != nil {
		return err
	}
	return tx.audit(bot, auditEvent{OrganizationID: rec.OrganizationID, Action: "action.reopened", Subject: id,
		Before: map[string]any{"status": closed[0].Status}, After: map[string]any{"record": rec.ID}})
}

var closedWord = map[clawback.ActionStatus]string{
	clawback.ActionCompleted: "this was completed",
	clawback.ActionDismissed: "this was dismissed",
}

// The assignee is one who is still a member: the work of who has left is everybody's.
const actionSQL = `SELECT a.id, a.organization_id, o.name, a.remediation_id, r.number, COALESCE(t.subject, ''), COALESCE(t.sender, ''),
	a.outcome, a.status, (SELECT COUNT(*) FROM action_records x WHERE x.action_id = a.id), a.comment, a.closed_by, a.created_at, a.closed_at,
	COALESCE(m.person_id, ''), COALESCE(p.name, '')
	FROM actions a
	JOIN organizations o ON o.id = a.organization_id
	JOIN remediations r ON r.id = a.remediation_id
	LEFT JOIN remediation_targets t ON t.remediation_id = a.remediation_id AND t.position = 0
	LEFT JOIN memberships m ON m.person_id = a.assignee AND m.organization_id = a.organization_id
	LEFT JOIN people p ON p.id = m.person_id`

func scanAction(row scanner) (clawback.Action, error) {
	var a clawback.Action
	err := row.Scan(&a.ID, &a.OrganizationID, &a.OrganizationName, &a.RemediationID, &a.RemediationNumber, &a.Subject, &a.Sender,
		&a.Outcome, &a.Status, &a.MailboxCount, &a.Comment, &a.ClosedBy, moment{&a.CreatedAt}, moment{&a.ClosedAt},
		&a.Assignee, &a.AssigneeName)
	return a, err
}

func (tx *Tx) action(scope clawback.Scope, id string) (clawback.Action, error) {
	var w where
	w.add("a.id = ?", id)
	w.scope(scope, "a.organization_id")
	action, err := one(tx, "action", scanAction, actionSQL+w.String(), w.args...)
	if err != nil {
		return action, err
	}
	// The folder is that of the copy which still lies there.
	action.Mailboxes, err = all(tx, scanActionMailbox, `SELECT c.id, c.address, c.name, c.reason, c.protected_purpose, c.detail, c.done_at,
		c.mailbox_id <> '' AND c.state = 'done', c.checked_at, c.checked_text,
		COALESCE((SELECT p.folder_name FROM copies p WHERE p.record_id = c.id AND p.removed_at = 0 AND p.folder_name <> '' ORDER BY p.matched DESC, p.found_at LIMIT 1), '')
		FROM action_records x JOIN records c ON c.id = x.record_id
		WHERE x.action_id = ? AND c.organization_id = ? ORDER BY c.address, c.id`, id, action.OrganizationID)
	if err != nil {
		return action, err
	}
	action.Comments, err = tx.comments(action)
	return action, err
}

func scanActionMailbox(row scanner) (clawback.ActionMailbox, error) {
	var m clawback.ActionMailbox
	err := row.Scan(&m.RecordID, &m.Address, &m.Name, &m.Reason, &m.Purpose, &m.Detail, moment{&m.RecordedAt},
		&m.Lookable, moment{&m.CheckedAt}, &m.Checked, &m.Folder)
	return m, err
}
