package store

import (
	"context"
	"fmt"

	"clawback"
)

// FindWork answers what the engine needs to begin a step of a remediation. It
// returns KindNotFound when there is no such remediation.
func (s *Store) FindWork(ctx context.Context, remediationID string) (clawback.Work, error) {
	var work clawback.Work
	err := s.inRead(ctx, func(tx *Tx) error {
		var err error
		if work.Remediation, err = tx.worked(remediationID); err != nil {
			return err
		}
		if work.Remediation.NamedMailboxes, err = tx.namedMailboxes(remediationID); err != nil {
			return err
		}
		if work.Connections, err = tx.connections(work.Remediation.OrganizationID); err != nil {
			return err
		}
		work.NeverRemove, err = tx.neverRemove(work.Remediation.OrganizationID)
		return err
	})
	return work, err
}

// FindOrganizationOf answers whose remediation it is. It returns KindNotFound
// when there is no such remediation.
func (s *Store) FindOrganizationOf(ctx context.Context, remediationID string) (organizationID string, err error) {
	err = s.inRead(ctx, func(tx *Tx) error {
		organizationID, err = one(tx, "remediation", scanText, `SELECT organization_id FROM remediations WHERE id = ?`, remediationID)
		return err
	})
	return organizationID, err
}

// ListConnections answers the ways to the tenants of an organization's auto remediation.
func (s *Store) ListConnections(ctx context.Context, organizationID string) ([]clawback.Connection, error) {
	var connections []clawback.Connection
	err := s.inRead(ctx, func(tx *Tx) error {
		var err error
		connections, err = tx.connections(organizationID)
		return err
	})
	return connections, err
}

// worked answers a remediation with its targets but without counts: adding them
// up at every step would make the work on many mailboxes slow.
func (tx *Tx) worked(id string) (clawback.Remediation, error) {
	r, err := one(tx, "remediation", scanRemediation, `SELECT `+remediationColumns+remediationTables+` WHERE r.id = ?`, id)
	if err != nil {
		return r, err
	}
	err = tx.fillTargets(map[string]*clawback.Remediation{id: &r}, []any{id})
	return r, err
}

// connections answers the organization's devices that its auto remediation
// works on, with their credentials.
func (tx *Tx) connections(organizationID string) ([]clawback.Connection, error) {
	return all(tx, tx.scanConnection, `
		SELECT d.id, d.organization_id, d.tenant_id, d.connection, d.disconnected_at > 0, d.client_id, d.client_secret, d.certificate_pem, d.private_key
		FROM devices d JOIN auto_remediation_devices a ON a.device_id = d.id AND a.organization_id = d.organization_id
		WHERE d.organization_id = ? ORDER BY d.created_at, d.id`, organizationID)
}

func (tx *Tx) connection(deviceID string) (clawback.Connection, error) {
	return one(tx, "device", tx.scanConnection, `
		SELECT id, organization_id, tenant_id, connection, disconnected_at > 0, client_id, client_secret, certificate_pem, private_key
		FROM devices WHERE id = ?`, deviceID)
}

func (tx *Tx) scanConnection(row scanner) (clawback.Connection, error) {
	var c clawback.Connection
	var secret, key []byte
	err := row.Scan(&c.DeviceID, &c.OrganizationID, &c.TenantID, &c.Kind, &c.Disconnected, &c.ClientID, &secret, &c.CertificatePEM, &key)
	if err != nil {
		return c, err
	}
	where := place{table: "devices", column: "client_secret", organizationID: c.OrganizationID, rowID: c.DeviceID}
	if c.ClientSecret, err = tx.store.seal.open(secret, where); err != nil {
		return c, fmt.Errorf("credential of device %s: %w", c.DeviceID, err)
	}
	where.column = "private_key"
	if c.PrivateKeyPEM, err = tx.store.seal.open(key, where); err != nil {
		return c, fmt.Errorf("private key of device %s: %w", c.DeviceID, err)
	}
	if c.Kind == clawback.ConnectionIntegration && !c.Disconnected && c.ClientID == tx.store.integration.ClientID {
		provider := tx.store.integration.Credential
		c.ClientSecret, c.CertificatePEM, c.PrivateKeyPEM = provider.ClientSecret, provider.CertificatePEM, provider.PrivateKeyPEM
	}
	return c, nil
}

// neverRemove answers the selected context entries of an organization: what
// every intent is held against.
func (tx *Tx) neverRemove(organizationID string) ([]clawback.ContextEntry, error) {
	scan := func(row scanner) (clawback.ContextEntry, error) {
		e := clawback.ContextEntry{Selected: true}
		err := row.Scan(&e.ID, &e.OrganizationID, &e.Address, &e.Purpose, &e.Status, &e.MailboxID, jsonText{&e.Addresses}, moment{&e.SelectedAt})
		return e, err
	}
	return all(tx, scan, `
		SELECT e.id, e.organization_id, e.address, e.purpose, e.status, e.mailbox_id, e.addresses, n.selected_at
		FROM never_remove n JOIN context_entries e ON e.id = n.entry_id AND e.organization_id = n.organization_id
		WHERE n.organization_id = ? ORDER BY e.id`, organizationID)
}

// tell adds a line to the timeline of a record.
func (tx *Tx) tell(recordID string, kind clawback.TimelineKind, text, detail string) error {
	_, err := tx.exec(`INSERT INTO timeline (id, record_id, at, kind, text, detail) VALUES (?, ?, ?, ?, ?, ?)`,
		newID(), recordID, ms(tx.now), kind, text, detail)
	return err
}
