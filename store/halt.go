package store

import (
	"context"

	"clawback"
)

// SetHalt stops every removal of an organization or, where the id is empty, of
// all. It returns KindForbidden, KindInvalid without a reason, KindNotFound for
// an unknown organization, and KindConflict, naming by whom, since when and why,
// for what is halted already: the first reason is never replaced in silence.
func (s *Store) SetHalt(ctx context.Context, actor clawback.Actor, organizationID, reason string) error {
	reason, err := required("reason", reason, maxText, "Say why removals must stop: everybody who waits for one will read it.")
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *Tx) error {
		if err := tx.mayHalt(actor, organizationID); err != nil {
			return err
		}
		earlier, err := all(tx, scanHalt, haltSQL+` WHERE h.organization_id = ?`, organizationID)
		if err != nil {
			return err
		}
		if len(earlier) > 0 {
			return haltedAlready(earlier[0])
		}
		_, err = tx.exec(`INSERT INTO halts (organization_id, halted_by, halted_by_name, reason, since) VALUES (`+marks(5)+`)`,
			organizationID, actor.ID, actor.Name, reason, ms(tx.now))
		if err != nil {
			return err
		}
		return tx.audit(actor, auditEvent{OrganizationID: organizationID, Action: "halt.set", Subject: organizationID,
			After: map[string]any{"reason": reason}})
	})
}

func haltedAlready(h clawback.Halt) error {
	return clawback.Errorf(clawback.KindConflict, "This is halted already, by %s since %s UTC: “%s”. To change the reason, lift that halt first.",
		h.By, h.Since.UTC().Format("2 Jan 2006 15:04:05"), h.Reason)
}

// LiftHalt lets removals go on. It returns KindForbidden, KindNotFound for an
// unknown organization, and KindConflict when nothing is halted.
func (s *Store) LiftHalt(ctx context.Context, actor clawback.Actor, organizationID string, reason string) error {
	reason, err := text("reason", reason, maxText)
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *Tx) error {
		if err := tx.mayHalt(actor, organizationID); err != nil {
			return err
		}
		n, err := tx.exec(`DELETE FROM halts WHERE organization_id = ?`, organizationID)
		if err != nil {
			return err
		}
		if n == 0 {
			return clawback.Errorf(clawback.KindConflict, "Removals are not halted here; somebody may have lifted it before you.")
		}
		return tx.audit(actor, auditEvent{OrganizationID: organizationID, Action: "halt.lifted", Subject: organizationID,
			After: map[string]any{"reason": reason}})
	})
}

func (tx *Tx) mayHalt(actor clawback.Actor, organizationID string) error {
	if organizationID == "" {
		if actor.Scope(clawback.RightHalt).Everywhere {
			return nil
		}
		return clawback.Errorf(clawback.KindForbidden, "Your role does not allow you to halt removals of every organization.")
	}
	if _, err := tx.organization(sees(actor, clawback.RightReadOrganization, clawback.RightHalt), organizationID); err != nil {
		return err
	}
	return mayChange(actor, clawback.RightHalt, organizationID, "halt removals or let them go on")
}

// ListHalts lists what is halted: all organizations first, then those the actor sees.
func (s *Store) ListHalts(ctx context.Context, actor clawback.Actor) ([]clawback.Halt, error) {
	clause, args := scopeSQL(sees(actor, clawback.RightReadRemediations, clawback.RightHalt), "h.organization_id")
	var list []clawback.Halt
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		list, err = all(tx, scanHalt, haltSQL+` WHERE h.organization_id = '' OR `+clause+` ORDER BY h.organization_id`, args...)
		return err
	})
	return list, err
}

const haltSQL = `SELECT h.organization_id, COALESCE(o.name, ''), h.halted_by_name, h.reason, h.since
	FROM halts h LEFT JOIN organizations o ON o.id = h.organization_id`

func scanHalt(row scanner) (clawback.Halt, error) {
	var h clawback.Halt
	err := row.Scan(&h.OrganizationID, &h.Organization, &h.By, &h.Reason, moment{&h.Since})
	return h, err
}

// halted answers the halt that an organization is under, that of all first; nil for none.
func (tx *Tx) halted(organizationID string) (*clawback.Halt, error) {
	list, err := all(tx, scanHalt, haltSQL+` WHERE h.organization_id IN ('', ?) ORDER BY h.organization_id LIMIT 1`, organizationID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}
