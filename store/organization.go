package store

import (
	"context"
	"strings"

	"clawback"
)

// NewOrganization is a customer to come; ID may be left to the store.
type NewOrganization struct {
	ID       string
	Name     string
	TenantID string
	Domain   string
}

func (n *NewOrganization) normalize() error {
	var err [3]error
	n.Name, err[0] = required("name", n.Name, maxLine, "Enter the organization's name.")
	n.TenantID, err[1] = guid("tenant_id", n.TenantID, "tenant id of the organization")
	n.Domain, err[2] = required("domain", strings.ToLower(n.Domain), maxLine, "Enter the organization's domain, like example.com.")
	if n.ID == "" {
		n.ID = newID()
	}
	return firstOf(err[:]...)
}

// CreateOrganization adds a customer. It returns KindForbidden unless the actor
// is an operator, KindInvalid about a field, and KindConflict when the tenant
// has an organization.
func (s *Store) CreateOrganization(ctx context.Context, actor clawback.Actor, n NewOrganization) (clawback.Organization, error) {
	if err := firstOf(operatorOnly(actor, "add organizations"), n.normalize()); err != nil {
		return clawback.Organization{}, err
	}
	var created clawback.Organization
	err := s.inTx(ctx, func(tx *Tx) error {
		created = clawback.Organization{ID: n.ID, Name: n.Name, TenantID: n.TenantID, Domain: n.Domain, Mode: clawback.ModeOff, CreatedAt: tx.now}
		_, err := tx.exec(`INSERT INTO organizations (id, name, tenant_id, domain, created_at) VALUES (?, ?, ?, ?, ?)`,
			n.ID, n.Name, n.TenantID, n.Domain, ms(tx.now))
		if isDuplicate(err) {
			return conflict("tenant_id", "There is an organization for this tenant already.")
		}
		if err != nil {
			return err
		}
		return tx.audit(actor, auditEvent{OrganizationID: n.ID, Action: "organization.created", Subject: n.ID, SubjectName: n.Name,
			After: map[string]any{"name": n.Name, "tenant_id": n.TenantID, "domain": n.Domain}})
	})
	return created, err
}

// ListOrganizations lists what the actor sees, by name.
func (s *Store) ListOrganizations(ctx context.Context, actor clawback.Actor) ([]clawback.Organization, error) {
	clause, args := scopeSQL(actor.Scope(clawback.RightReadOrganization), "o.id")
	var list []clawback.Organization
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		list, err = all(tx, scanOrganization, organizationSQL+` WHERE `+clause+` ORDER BY o.name, o.id`, args...)
		return err
	})
	return list, err
}

// FindOrganization answers one. It returns KindNotFound for what the actor may not see.
func (s *Store) FindOrganization(ctx context.Context, actor clawback.Actor, id string) (clawback.Organization, error) {
	var found clawback.Organization
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		found, err = tx.organization(actor.Scope(clawback.RightReadOrganization), id)
		return err
	})
	return found, err
}

const organizationSQL = `SELECT o.id, o.name, o.tenant_id, o.domain, COALESCE(a.mode, 'off'), o.created_at
	FROM organizations o LEFT JOIN auto_remediations a ON a.organization_id = o.id`

func scanOrganization(row scanner) (clawback.Organization, error) {
	var o clawback.Organization
	err := row.Scan(&o.ID, &o.Name, &o.TenantID, &o.Domain, &o.Mode, moment{&o.CreatedAt})
	return o, err
}

func (tx *Tx) organization(scope clawback.Scope, id string) (clawback.Organization, error) {
	clause, args := scopeSQL(scope, "o.id")
	return one(tx, "organization", scanOrganization, organizationSQL+` WHERE o.id = ? AND `+clause, append([]any{id}, args...)...)
}
