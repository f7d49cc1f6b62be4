package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"clawback"
)

// NewOrganization is a customer to come.
type NewOrganization = clawback.NewOrganization

func normalizeOrganization(n *NewOrganization) error {
	var err [3]error
	n.Name, err[0] = required("name", n.Name, maxLine, "Enter the organization's name.")
	n.TenantID, err[1] = guid("tenant_id", n.TenantID, "tenant id of the organization")
	n.Domain, err[2] = clawback.NormalizeDomain(n.Domain)
	if clawback.PersonalTenant(n.TenantID) {
		err[1] = clawback.Invalid("tenant_id", "This is the tenant of personal Microsoft accounts. An organization is a company's Microsoft 365.")
	}
	if n.ID == "" {
		n.ID = newID()
	}
	return firstOf(err[:]...)
}

// CreateOrganization adds a customer. It returns KindForbidden unless the actor
// may, KindInvalid about a field, and KindConflict when the name, the tenant or
// the domain has an organization.
func (s *Store) CreateOrganization(ctx context.Context, actor clawback.Actor, n NewOrganization) (clawback.Organization, error) {
	if err := firstOf(mayManage(actor, "add organizations"), normalizeOrganization(&n)); err != nil {
		return clawback.Organization{}, err
	}
	var created clawback.Organization
	err := s.inTx(ctx, func(tx *Tx) error {
		if err := tx.checkUnique(n); err != nil {
			return err
		}
		created = clawback.Organization{ID: n.ID, Name: n.Name, TenantID: n.TenantID, Domain: n.Domain, Mode: clawback.ModeOff, CreatedAt: tx.now}
		_, err := tx.exec(`INSERT INTO organizations (id, name, tenant_id, domain, created_at) VALUES (?, ?, ?, ?, ?)`,
			n.ID, n.Name, n.TenantID, n.Domain, ms(tx.now))
		if err != nil {
			return err
		}
		return tx.audit(actor, auditEvent{OrganizationID: n.ID, Action: "organization.created", Subject: n.ID, SubjectName: n.Name,
			After: map[string]any{"name": n.Name, "tenant_id": n.TenantID, "domain": n.Domain}})
	})
	return created, err
}

// checkUnique returns KindConflict about what another organization has: two of
// one name would sooner or later be taken for each other.
func (tx *Tx) checkUnique(n NewOrganization) error {
	for _, taken := range []struct{ field, value, message string }{
		{"name", n.Name, "There is an organization of this name already. Add something that tells them apart."},
		{"tenant_id", n.TenantID, "This tenant is “%s” already. Open that organization; a tenant belongs to one alone."},
		{"domain", n.Domain, "This domain is of “%s” already. Open that organization, or enter the other one's own domain."},
	} {
		var name string
		err := tx.queryRow(`SELECT name FROM organizations WHERE lower(`+taken.field+`) = lower(?)`, taken.value).Scan(&name)
		switch {
		case err == nil:
			return conflict(taken.field, strings.ReplaceAll(taken.message, "%s", name))
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
	}
	return nil
}

// mayManage returns KindForbidden unless the actor manages every organization.
func mayManage(actor clawback.Actor, what string) error {
	if actor.Scope(clawback.RightManage).Everywhere {
		return nil
	}
	return clawback.Errorf(clawback.KindForbidden, "Only an operator may %s.", what)
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
