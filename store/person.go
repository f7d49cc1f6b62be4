package store

import (
	"context"

	"clawback"
)

// SaveMember gives a person a role in an organization, or another one. It
// returns KindNotFound for an organization the actor does not see,
// KindForbidden where the actor may not invite, and KindInvalid for a person of
// another tenant or for a role that is none of a customer's.
func (s *Store) SaveMember(ctx context.Context, actor clawback.Actor, organizationID, tenantID, objectID, name string, role clawback.Role) error {
	person, err := newPerson(tenantID, objectID, name)
	if err := firstOf(err, checkCustomerRole(role)); err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *Tx) error {
		organization, err := tx.organization(actor.Scope(clawback.RightReadOrganization), organizationID)
		if err != nil {
			return err
		}
		if err := mayChange(actor, clawback.RightInvite, organizationID, "invite people"); err != nil {
			return err
		}
		if person.tenantID != organization.TenantID {
			return clawback.Invalid("tenant_id", "This person belongs to another Microsoft 365 tenant. Only people of %s's own tenant can be members.", organization.Name)
		}
		return tx.saveMember(actor, organizationID, person, role)
	})
}

func (tx *Tx) saveMember(actor clawback.Actor, organizationID string, person person, role clawback.Role) error {
	id, err := tx.savePerson(person)
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO memberships (person_id, organization_id, role, created_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (person_id, organization_id) DO UPDATE SET role = excluded.role`, id, organizationID, role, ms(tx.now))
	if err != nil {
		return err
	}
	return tx.audit(actor, auditEvent{OrganizationID: organizationID, Action: "member.saved", Subject: id, SubjectName: person.name,
		After: map[string]any{"object_id": person.objectID, "role": role}})
}

// SavePortfolio puts an organization into an engagement manager's portfolio; the
// person need not have signed in yet. It returns KindForbidden unless the actor is an operator and KindNotFound for an
// unknown organization.
func (s *Store) SavePortfolio(ctx context.Context, actor clawback.Actor, tenantID, objectID, name, organizationID string) error {
	person, err := newPerson(tenantID, objectID, name)
	if err := firstOf(mayManage(actor, "assign engagement managers"), err); err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *Tx) error {
		if _, err := tx.organization(actor.Scope(clawback.RightReadOrganization), organizationID); err != nil {
			return err
		}
		id, err := tx.savePerson(person)
		if err != nil {
			return err
		}
		if _, err := tx.exec(`UPDATE people SET staff_roles = ? WHERE id = ? AND staff_roles = '[]'`,
			jsonOf([]clawback.Role{clawback.RoleEngagementManager}), id); err != nil {
			return err
		}
		if err := tx.savePortfolio(id, organizationID); err != nil {
			return err
		}
		return tx.audit(actor, auditEvent{OrganizationID: organizationID, Action: "portfolio.saved", Subject: id, SubjectName: person.name})
	})
}

func (tx *Tx) savePortfolio(personID, organizationID string) error {
	_, err := tx.exec(`INSERT INTO portfolios (person_id, organization_id, created_at) VALUES (?, ?, ?)
		ON CONFLICT (person_id, organization_id) DO NOTHING`, personID, organizationID, ms(tx.now))
	return err
}

// person is who signs in: the pair of tenant and object id.
type person struct{ id, tenantID, objectID, name string }

func newPerson(tenantID, objectID, name string) (person, error) {
	var p person
	var err [3]error
	p.tenantID, err[0] = guid("tenant_id", tenantID, "tenant id of the person")
	p.objectID, err[1] = guid("object_id", objectID, "object id of the person")
	p.name, err[2] = required("name", name, maxLine, "Enter the person's name.")
	return p, firstOf(err[:]...)
}

// savePerson answers the id of a person, new or known; the name is the newest.
func (tx *Tx) savePerson(p person) (string, error) {
	return scanText(tx.queryRow(`INSERT INTO people (id, tenant_id, object_id, name, created_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (tenant_id, object_id) DO UPDATE SET name = excluded.name
		RETURNING id`, newID(), p.tenantID, p.objectID, p.name, ms(tx.now)))
}

func (tx *Tx) memberships(personID string) ([]clawback.Membership, error) {
	return all(tx, scanMembership, `SELECT organization_id, role FROM memberships WHERE person_id = ? ORDER BY organization_id`, personID)
}

func scanMembership(row scanner) (clawback.Membership, error) {
	var m clawback.Membership
	err := row.Scan(&m.OrganizationID, &m.Role)
	return m, err
}

func (tx *Tx) portfolio(personID string) ([]string, error) {
	return all(tx, scanText, `SELECT organization_id FROM portfolios WHERE person_id = ? ORDER BY organization_id`, personID)
}
