package store

import (
	"context"

	"clawback"
)

// AssignAction gives an action to one member of its organization or, with the
// empty id, back to the organization as a whole. It returns KindNotFound,
// KindForbidden, KindInvalid for somebody who is no member, and KindConflict,
// naming by whom, when it is closed.
func (s *Store) AssignAction(ctx context.Context, actor clawback.Actor, id, personID string) (clawback.Action, error) {
	var action clawback.Action
	err := s.inTx(ctx, func(tx *Tx) error {
		before, err := tx.action(actionScope(actor), id)
		if err != nil {
			return err
		}
		if err := mayChange(actor, clawback.RightWorkActions, before.OrganizationID, "work on actions"); err != nil {
			return err
		}
		if before.Status != clawback.ActionOpen {
			return closedAlready(before)
		}
		if err := tx.assignable(before.OrganizationID, personID); err != nil {
			return err
		}
		if _, err := tx.exec(`UPDATE actions SET assignee = ? WHERE id = ? AND organization_id = ?`, personID, id, before.OrganizationID); err != nil {
			return err
		}
		if action, err = tx.action(actionScope(actor), id); err != nil || action.Assignee == before.Assignee {
			return err
		}
		return tx.audit(actor, auditEvent{OrganizationID: action.OrganizationID, Action: "action.assigned", Subject: id, SubjectName: action.Subject,
			Before: map[string]any{"assignee": before.AssigneeName}, After: map[string]any{"assignee": action.AssigneeName}})
	})
	return action, err
}

func closedAlready(a clawback.Action) error {
	return clawback.Errorf(clawback.KindConflict, "This action was %s already, by %s.", a.Status, a.ClosedBy)
}

func (tx *Tx) assignable(organizationID, personID string) error {
	if personID == "" {
		return nil
	}
	n, err := tx.count(`SELECT COUNT(*) FROM memberships WHERE person_id = ? AND organization_id = ?`, personID, organizationID)
	if err == nil && n == 0 {
		err = clawback.Invalid("assignee", "This person is no member of the organization any more. Choose somebody else.")
	}
	return err
}

// ListAssignees lists the members to whom the actions of an organization can be
// given, by name; nobody where the actor may not see its actions.
func (s *Store) ListAssignees(ctx context.Context, actor clawback.Actor, organizationID string) ([]clawback.Assignee, error) {
	var w where
	w.add("m.organization_id = ?", organizationID)
	w.scope(actionScope(actor), "m.organization_id")
	scan := func(row scanner) (clawback.Assignee, error) {
		var a clawback.Assignee
		err := row.Scan(&a.ID, &a.Name, &a.Role)
		return a, err
	}
	var list []clawback.Assignee
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		list, err = all(tx, scan, `SELECT p.id, p.name, m.role FROM memberships m JOIN people p ON p.id = m.person_id`+w.String()+` ORDER BY p.name, p.id`, w.args...)
		return err
	})
	return list, err
}

// CommentAction says something about an action, open or closed: who works on
// it may, and the provider's people who see it. It returns KindNotFound,
// KindForbidden, and KindInvalid about a field.
func (s *Store) CommentAction(ctx context.Context, actor clawback.Actor, id, said string) (clawback.Action, error) {
	said, err := required("text", said, maxText, "Write what you want to say.")
	if err != nil {
		return clawback.Action{}, err
	}
	var action clawback.Action
	err = s.inTx(ctx, func(tx *Tx) error {
		var err error
		if action, err = tx.action(actionScope(actor), id); err != nil {
			return err
		}
		if !mayComment(actor, action.OrganizationID) {
			return clawback.Errorf(clawback.KindForbidden, "You may look at this, but your role does not allow you to comment on actions.")
		}
		comment, err := tx.addComment(actor, id, action.OrganizationID, said)
		if err != nil {
			return err
		}
		action.Comments = append(action.Comments, comment)
		return tx.audit(actor, auditEvent{OrganizationID: action.OrganizationID, Action: "action.commented", Subject: id, SubjectName: action.Subject,
			After: map[string]any{"comment": said}})
	})
	return action, err
}

func mayComment(actor clawback.Actor, organizationID string) bool {
	return actor.Can(clawback.RightWorkActions, organizationID) || actor.IsStaff() && actor.Can(clawback.RightReadActions, organizationID)
}

func (tx *Tx) addComment(actor clawback.Actor, actionID, organizationID, said string) (clawback.ActionComment, error) {
	comment := clawback.ActionComment{ID: newID(), At: tx.now, By: actor.Name, Staff: actor.IsStaff(), Text: said}
	_, err := tx.exec(`INSERT INTO action_comments (id, action_id, organization_id, at, author_id, author_name, staff, text) VALUES (`+marks(8)+`)`,
		comment.ID, actionID, organizationID, ms(tx.now), actor.ID, actor.Name, comment.Staff, said)
	return comment, err
}

func (tx *Tx) comments(a clawback.Action) ([]clawback.ActionComment, error) {
	scan := func(row scanner) (clawback.ActionComment, error) {
		var c clawback.ActionComment
		err := row.Scan(&c.ID, moment{&c.At}, &c.By, &c.Staff, &c.Text)
		return c, err
	}
	return all(tx, scan, `SELECT id, at, author_name, staff, text FROM action_comments WHERE action_id = ? AND organization_id = ? ORDER BY at, id`,
		a.ID, a.OrganizationID)
}
