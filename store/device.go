package store

import (
	"context"
	"time"

	"clawback"
)

// NewDevice is a Microsoft 365 tenant to be connected, with what signs us in there.
type NewDevice struct {
	OrganizationID string
	Name           string
	TenantID       string
	Connection     clawback.ConnectionKind
	ClientID       string
	ClientSecret   clawback.Secret
	CertificatePEM string
	PrivateKeyPEM  clawback.Secret
	OnboardedOn    time.Time
}

func (n *NewDevice) normalize() error {
	var err [3]error
	n.Name, err[0] = required("name", n.Name, maxLine, "Enter a name for the device.")
	n.TenantID, err[1] = guid("tenant_id", n.TenantID, "tenant id of the device")
	n.ClientID, err[2] = guid("client_id", n.ClientID, "client id of the app registration")
	return firstOf(append(err[:], n.checkCredential())...)
}

func (n *NewDevice) checkCredential() error {
	switch {
	case n.Connection != clawback.ConnectionIntegration && n.Connection != clawback.ConnectionCustomApp:
		return clawback.Invalid("connection", "Choose integration or custom_app.")
	case (n.CertificatePEM == "") != n.PrivateKeyPEM.IsZero():
		return clawback.Invalid("certificate", "A certificate needs its private key, and a private key its certificate.")
	case n.Connection == clawback.ConnectionCustomApp && n.CertificatePEM == "" && n.ClientSecret.IsZero():
		return clawback.Invalid("client_secret", "Enter a client secret, or give a certificate with its private key.")
	}
	return nil
}

// CreateDevice connects a tenant. The first device of an organization is at once
// one that its auto remediation works on; later ones are chosen there. It returns KindNotFound for an organization
// the actor does not see, KindForbidden where the actor may not connect one,
// and KindInvalid about a field.
func (s *Store) CreateDevice(ctx context.Context, actor clawback.Actor, n NewDevice) (clawback.Device, error) {
	if err := n.normalize(); err != nil {
		return clawback.Device{}, err
	}
	var created clawback.Device
	err := s.inTx(ctx, func(tx *Tx) error {
		if _, err := tx.organization(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), n.OrganizationID); err != nil {
			return err
		}
		if !isOperator(actor) {
			if err := mayChange(actor, clawback.RightConfigure, n.OrganizationID, "connect devices"); err != nil {
				return err
			}
		}
		created = clawback.Device{ID: newID(), OrganizationID: n.OrganizationID, Name: n.Name, TenantID: n.TenantID,
			Connection: n.Connection, ClientID: n.ClientID, OnboardedOn: n.OnboardedOn.UTC(), CreatedAt: tx.now}
		if err := tx.insertDevice(created, n); err != nil {
			return err
		}
		return tx.audit(actor, auditEvent{OrganizationID: n.OrganizationID, Action: "device.connected", Subject: created.ID, SubjectName: n.Name,
			After: map[string]any{"tenant_id": n.TenantID, "connection": n.Connection, "client_id": n.ClientID}})
	})
	return created, err
}

func (tx *Tx) insertDevice(d clawback.Device, n NewDevice) error {
	secret, err := tx.store.seal.close(n.ClientSecret, devicePlace("client_secret", d.OrganizationID, d.ID))
	if err != nil {
		return err
	}
	key, err := tx.store.seal.close(n.PrivateKeyPEM, devicePlace("private_key", d.OrganizationID, d.ID))
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO devices (id, organization_id, name, tenant_id, connection, client_id, client_secret,
		certificate_pem, private_key, onboarded_on, created_at) VALUES (`+marks(11)+`)`,
		d.ID, d.OrganizationID, d.Name, d.TenantID, d.Connection, d.ClientID, secret, n.CertificatePEM, key, ms(d.OnboardedOn), ms(d.CreatedAt))
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO auto_remediation_devices (organization_id, device_id)
		SELECT organization_id, id FROM devices WHERE organization_id = ? AND (SELECT COUNT(*) FROM devices WHERE organization_id = ?) = 1`,
		d.OrganizationID, d.OrganizationID)
	return err
}

func devicePlace(column, organizationID, id string) place {
	return place{table: "devices", column: column, organizationID: organizationID, rowID: id}
}

// ListDevices lists the devices of an organization, by name. It returns
// KindNotFound for an organization the actor does not see.
func (s *Store) ListDevices(ctx context.Context, actor clawback.Actor, organizationID string) ([]clawback.Device, error) {
	scope := actor.Scope(clawback.RightReadOrganization)
	var list []clawback.Device
	err := s.inRead(ctx, func(tx *Tx) error {
		if _, err := tx.organization(scope, organizationID); err != nil {
			return err
		}
		clause, args := scopeSQL(scope, "organization_id")
		var err error
		list, err = all(tx, scanDevice, `SELECT id, organization_id, name, tenant_id, connection, client_id, onboarded_on, created_at
			FROM devices WHERE organization_id = ? AND `+clause+` ORDER BY name, id`, append([]any{organizationID}, args...)...)
		return err
	})
	return list, err
}

func scanDevice(row scanner) (clawback.Device, error) {
	var d clawback.Device
	err := row.Scan(&d.ID, &d.OrganizationID, &d.Name, &d.TenantID, &d.Connection, &d.ClientID, moment{&d.OnboardedOn}, moment{&d.CreatedAt})
	return d, err
}

// hasDevice says whether the organization's auto remediation works on a device.
func (tx *Tx) hasDevice(organizationID string) (bool, error) {
	n, err := tx.count(`SELECT COUNT(*) FROM auto_remediation_devices WHERE organization_id = ?`, organizationID)
	return n > 0, err
}
