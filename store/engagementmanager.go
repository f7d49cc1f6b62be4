package store

import (
	"context"
	"slices"

	"clawback"
)

// ListEngagementManagers lists who can be an organization's engagement manager:
// people who had that role when they last signed in. It returns KindForbidden
// for who assigns none.
func (s *Store) ListEngagementManagers(ctx context.Context, actor clawback.Actor) ([]clawback.Person, error) {
	if err := mayManage(actor, "assign engagement managers"); err != nil {
		return nil, err
	}
	var list []clawback.Person
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		list, err = tx.engagementManagers()
		return err
	})
	return list, err
}

func (tx *Tx) engagementManagers() ([]clawback.Person, error) {
	return all(tx, scanPerson, `SELECT id, name FROM people WHERE staff_roles LIKE ? ORDER BY name, id`,
		`%"`+string(clawback.RoleEngagementManager)+`"%`)
}

func scanPerson(row scanner) (clawback.Person, error) {
	var p clawback.Person
	err := row.Scan(&p.ID, &p.Name)
	return p, err
}

// engagementManager answers who has the organization in the portfolio; nobody where it is in none.
func (tx *Tx) engagementManager(organizationID string) (clawback.Person, error) {
	list, err := all(tx, scanPerson, `SELECT p.id, p.name FROM portfolios f JOIN people p ON p.id = f.person_id
		WHERE f.organization_id = ? ORDER BY p.name, p.id LIMIT 1`, organizationID)
	if err != nil || len(list) == 0 {
		return clawback.Person{}, err
	}
	return list[0], nil
}

// AssignEngagementManager moves an organization into one person's portfolio and
// out of everybody else's; no person: into nobody's. before is who the actor
// saw there. It returns KindForbidden, KindNotFound for an unknown
// organization, KindInvalid for somebody without that role, and KindConflict
// when somebody else assigned it meanwhile.
func (s *Store) AssignEngagementManager(ctx context.Context, actor clawback.Actor, organizationID, before, personID string) error {
	if err := mayManage(actor, "assign engagement managers"); err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *Tx) error {
		if _, err := tx.organization(actor.Scope(clawback.RightReadOrganization), organizationID); err != nil {
			return err
		}
		was, err := tx.engagementManager(organizationID)
		if err != nil || was.ID == personID {
			return err
		}
		if was.ID != before {
			return conflict("person_id", "Somebody assigned another engagement manager meanwhile. Look again, then choose.")
		}
		chosen, err := tx.chosenManager(personID)
		if err != nil {
			return err
		}
		return tx.assignManager(actor, organizationID, was, chosen)
	})
}

func (tx *Tx) chosenManager(personID string) (clawback.Person, error) {
	if personID == "" {
		return clawback.Person{}, nil
	}
	list, err := tx.engagementManagers()
	if err != nil {
		return clawback.Person{}, err
	}
	i := slices.IndexFunc(list, func(p clawback.Person) bool { return p.ID == personID })
	if i < 0 {
		return clawback.Person{}, clawback.Invalid("person_id", "Choose one of the engagement managers.")
	}
	return list[i], nil
}

func (tx *Tx) assignManager(actor clawback.Actor, organizationID string, was, chosen clawback.Person) error {
	if _, err := tx.exec(`DELETE FROM portfolios WHERE organization_id = ?`, organizationID); err != nil {
		return err
	}
	if chosen.ID != "" {
		if err := tx.savePortfolio(chosen.ID, organizationID); err != nil {
			return err
		}
	}
	return tx.audit(actor, auditEvent{OrganizationID: organizationID, Action: "engagement_manager.assigned", Subject: chosen.ID, SubjectName: chosen.Name,
		Before: map[string]any{"id": was.ID, "name": was.Name}, After: map[string]any{"id": chosen.ID, "name": chosen.Name}})
}
