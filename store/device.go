package store

import (
	"context"

	"clawback"
)

// NewDevice is a tenant to be connected.
type NewDevice = clawback.NewDevice

func normalizeDevice(n *NewDevice) error {
	var err [3]error
	n.Name, err[0] = required("name", n.Name, maxLine, "Enter a name for the device.")
	n.TenantID, err[1] = guid("tenant_id", n.TenantID, "tenant id of the device")
	n.ClientID, err[2] = guid("client_id", n.ClientID, "client id of the app registration")
	return firstOf(append(err[:], checkCredential(n.Connection, n.Credential()))...)
}

func checkCredential(connection clawback.ConnectionKind, c clawback.Credential) error {
	switch {
	case connection != clawback.ConnectionIntegration && connection != clawback.ConnectionCustomApp:
		return clawback.Invalid("connection", "Choose integration or custom_app.")
	case (c.CertificatePEM == "") != c.PrivateKeyPEM.IsZero():
		return clawback.Invalid("certificate", "A certificate needs its private key, and a private key its certificate.")
	case connection == clawback.ConnectionCustomApp && c.CertificatePEM == "" && c.ClientSecret.IsZero():
		return clawback.Invalid("client_secret", "Enter a client secret, or give a certificate with its private key.")
	}
	return nil
}

// CreateDevice connects a tenant. The first device of an organization is at once
// one that its auto remediation works on; later ones are chosen there. It returns KindNotFound for an organization
// the actor does not see, KindForbidden where the actor may not connect one,
// KindConflict for an app
// that is connected already, and KindInvalid about a field.
func (s *Store) CreateDevice(ctx context.Context, actor clawback.Actor, n NewDevice) (clawback.Device, error) {
	if err := normalizeDevice(&n); err != nil {
		return clawback.Device{}, err
	}
	var created clawback.Device
	err := s.inTx(ctx, func(tx *Tx) error {
		if err := tx.mayConnect(actor, n.OrganizationID, "connect devices"); err != nil {
			return err
		}
		created = clawback.Device{ID: newID(), OrganizationID: n.OrganizationID, Name: n.Name, TenantID: n.TenantID,
			Connection: n.Connection, ClientID: n.ClientID, OnboardedOn: n.OnboardedOn.UTC(), CreatedAt: tx.now, Version: 1}
		if err := tx.onlyDevice(created); err != nil {
			return err
		}
		if err := tx.insertDevice(created, n); err != nil {
			return err
		}
		return tx.audit(actor, auditEvent{OrganizationID: n.OrganizationID, Action: "device.connected", Subject: created.ID, SubjectName: n.Name,
			After: map[string]any{"tenant_id": n.TenantID, "connection": n.Connection, "client_id": n.ClientID}})
	})
	return created, err
}

// onlyDevice refuses the same app in the same tenant twice: two admins may connect
// it at once.
func (tx *Tx) onlyDevice(d clawback.Device) error {
	same, err := all(tx, scanDevice, deviceSQL+` WHERE organization_id = ? AND tenant_id = ? AND client_id = ? AND id <> ? ORDER BY disconnected_at > 0, id LIMIT 1`,
		d.OrganizationID, d.TenantID, d.ClientID, d.ID)
	switch {
	case err != nil || len(same) == 0:
		return err
	case same[0].Disconnected():
		return conflict("client_id", "“"+same[0].Name+"” is this app in this tenant, and was disconnected. Connect it again in the setup: its history is kept.")
	}
	return conflict("client_id", "“"+same[0].Name+"” is this app in this tenant already; perhaps a colleague connected it just now.")
}

// mayConnect lets operators and the organization's admins change its devices.
func (tx *Tx) mayConnect(actor clawback.Actor, organizationID, what string) error {
	if _, err := tx.organization(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), organizationID); err != nil {
		return err
	}
	if isOperator(actor) {
		return nil
	}
	return mayChange(actor, clawback.RightConfigure, organizationID, what)
}

func (tx *Tx) insertDevice(d clawback.Device, n NewDevice) error {
	secret, key, err := tx.sealed(d, n.Credential())
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

func (tx *Tx) sealed(d clawback.Device, c clawback.Credential) (secret, key []byte, err error) {
	if secret, err = tx.store.seal.close(c.ClientSecret, devicePlace("client_secret", d.OrganizationID, d.ID)); err != nil {
		return nil, nil, err
	}
	key, err = tx.store.seal.close(c.PrivateKeyPEM, devicePlace("private_key", d.OrganizationID, d.ID))
	return secret, key, err
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
		list, err = all(tx, scanDevice, deviceSQL+` WHERE organization_id = ? AND `+clause+` ORDER BY name, id`, append([]any{organizationID}, args...)...)
		return err
	})
	return list, err
}

const deviceSQL = `SELECT id, organization_id, name, tenant_id, connection, client_id, onboarded_on, created_at, version, disconnected_at, disconnected_by,
	next_client_id, next_at, next_by, next_problem FROM devices`

// FindDevice answers one. It returns KindNotFound for what the actor may not see.
func (s *Store) FindDevice(ctx context.Context, actor clawback.Actor, id string) (clawback.Device, error) {
	var found clawback.Device
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		found, err = tx.device(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), id)
		return err
	})
	return found, err
}

func (tx *Tx) device(scope clawback.Scope, id string) (clawback.Device, error) {
	clause, args := scopeSQL(scope, "organization_id")
	return one(tx, "device", scanDevice, deviceSQL+` WHERE id = ? AND `+clause, append([]any{id}, args...)...)
}

// FindConnection answers the way to the tenant of one device, with its secret.
// It returns KindNotFound.
func (s *Store) FindConnection(ctx context.Context, deviceID string) (clawback.Connection, error) {
	var c clawback.Connection
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		c, err = tx.connection(deviceID)
		return err
	})
	return c, err
}

func scanDevice(row scanner) (clawback.Device, error) {
	var d clawback.Device
	err := row.Scan(&d.ID, &d.OrganizationID, &d.Name, &d.TenantID, &d.Connection, &d.ClientID, moment{&d.OnboardedOn}, moment{&d.CreatedAt},
		&d.Version, moment{&d.DisconnectedAt}, &d.DisconnectedBy, &d.Next.ClientID, moment{&d.Next.At}, &d.Next.By, &d.Next.Problem)
	return d, err
}

// hasDevice says whether the organization's auto remediation works on a device.
func (tx *Tx) hasDevice(organizationID string) (bool, error) {
	n, err := tx.count(`SELECT COUNT(*) FROM auto_remediation_devices WHERE organization_id = ?`, organizationID)
	return n > 0, err
}
