package store

import (
	"context"
	"fmt"

	"clawback"
)

// UpdateDeviceCredential replaces what signs a device in; the old one, and one
// that waits, are forgotten. It returns KindNotFound for a device the actor does
// not see, KindForbidden, KindInvalid without a credential, and KindConflict when
// somebody changed the device since it was read, or it is disconnected.
func (s *Store) UpdateDeviceCredential(ctx context.Context, actor clawback.Actor, id, clientID string, c clawback.Credential, version int) (clawback.Device, error) {
	var d clawback.Device
	err := s.inTx(ctx, func(tx *Tx) (err error) {
		if d, err = tx.credentialDevice(actor, id, &clientID, c, version); err != nil {
			return err
		}
		before := d.ClientID
		d.ClientID, d.Version, d.Next = clientID, d.Version+1, clawback.NextCredential{}
		if err := tx.putCredential(d, c); err != nil {
			return err
		}
		return tx.audit(actor, auditEvent{OrganizationID: d.OrganizationID, Action: "device.credential_changed", Subject: d.ID, SubjectName: d.Name,
			Before: map[string]any{"client_id": before}, After: map[string]any{"client_id": clientID, "certificate": c.CertificatePEM}})
	})
	return d, err
}

// credentialDevice answers a device that gets a credential.
func (tx *Tx) credentialDevice(actor clawback.Actor, id string, clientID *string, c clawback.Credential, version int) (clawback.Device, error) {
	d, err := tx.changeable(actor, id, version)
	if err != nil {
		return d, err
	}
	if *clientID, err = guid("client_id", *clientID, "client id of the app registration"); err != nil {
		return d, err
	}
	other := d
	other.ClientID = *clientID
	return d, firstOf(stillConnected(d), checkCredential(d.Connection, c), tx.onlyDevice(other))
}

// putCredential makes a credential the device's, and forgets one that waits.
func (tx *Tx) putCredential(d clawback.Device, c clawback.Credential) error {
	secret, key, err := tx.sealed(d, c)
	if err != nil {
		return err
	}
	_, err = tx.exec(`UPDATE devices SET client_id = ?, client_secret = ?, certificate_pem = ?, private_key = ?, version = ?,
		next_client_id = '', next_client_secret = NULL, next_certificate_pem = '', next_private_key = NULL, next_at = 0, next_by = '', next_problem = ''
		WHERE id = ? AND organization_id = ?`, d.ClientID, secret, c.CertificatePEM, key, d.Version, d.ID, d.OrganizationID)
	return err
}

// SaveNextCredential keeps a credential beside the present one, until it is
// accepted; one that waits already is forgotten. It returns the errors of
// UpdateDeviceCredential.
func (s *Store) SaveNextCredential(ctx context.Context, actor clawback.Actor, id, clientID string, c clawback.Credential, version int) (clawback.Device, error) {
	var d clawback.Device
	err := s.inTx(ctx, func(tx *Tx) (err error) {
		if d, err = tx.credentialDevice(actor, id, &clientID, c, version); err != nil {
			return err
		}
		d.Version, d.Next = d.Version+1, clawback.NextCredential{ClientID: clientID, At: tx.now, By: actor.Name}
		secret, err := tx.store.seal.close(c.ClientSecret, devicePlace("next_client_secret", d.OrganizationID, d.ID))
		if err != nil {
			return err
		}
		key, err := tx.store.seal.close(c.PrivateKeyPEM, devicePlace("next_private_key", d.OrganizationID, d.ID))
		if err != nil {
			return err
		}
		if _, err := tx.exec(`UPDATE devices SET next_client_id = ?, next_client_secret = ?, next_certificate_pem = ?, next_private_key = ?, next_at = ?, next_by = ?,
			next_problem = '', version = ? WHERE id = ? AND organization_id = ?`,
			clientID, secret, c.CertificatePEM, key, ms(tx.now), actor.Name, d.Version, d.ID, d.OrganizationID); err != nil {
			return err
		}
		if _, err := tx.exec(`UPDATE check_results SET next_at = ? WHERE device_id = ? AND organization_id = ?`, ms(tx.now), d.ID, d.OrganizationID); err != nil {
			return err
		}
		return tx.audit(actor, auditEvent{OrganizationID: d.OrganizationID, Action: "device.credential_prepared", Subject: d.ID, SubjectName: d.Name,
			After: map[string]any{"client_id": clientID, "certificate": c.CertificatePEM}})
	})
	return d, err
}

// FindNextConnection answers the way to the tenant by the credential that waits,
// with its secret. It returns KindNotFound where none does.
func (s *Store) FindNextConnection(ctx context.Context, deviceID string) (clawback.Connection, error) {
	var c clawback.Connection
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		c, err = tx.nextConnection(deviceID)
		return err
	})
	return c, err
}

func (tx *Tx) nextConnection(deviceID string) (clawback.Connection, error) {
	var secret, key []byte
	c, err := one(tx, "credential", func(row scanner) (clawback.Connection, error) {
		var c clawback.Connection
		return c, row.Scan(&c.DeviceID, &c.OrganizationID, &c.TenantID, &c.Kind, &c.ClientID, &secret, &c.CertificatePEM, &key)
	}, `SELECT id, organization_id, tenant_id, connection, next_client_id, next_client_secret, next_certificate_pem, next_private_key
		FROM devices WHERE id = ? AND next_at > 0`, deviceID)
	if err != nil {
		return c, err
	}
	if c.ClientSecret, err = tx.store.seal.open(secret, devicePlace("next_client_secret", c.OrganizationID, c.DeviceID)); err != nil {
		return c, fmt.Errorf("next credential of device %s: %w", c.DeviceID, err)
	}
	if c.PrivateKeyPEM, err = tx.store.seal.open(key, devicePlace("next_private_key", c.OrganizationID, c.DeviceID)); err != nil {
		return c, fmt.Errorf("next private key of device %s: %w", c.DeviceID, err)
	}
	return c, nil
}

// SettleNextCredential makes the credential that waits the device's own where it
// has no problem, and keeps the problem where it has one. Of one that was replaced
// since it was tried nothing is kept. It returns KindNotFound.
func (s *Store) SettleNextCredential(ctx context.Context, actor clawback.Actor, deviceID string, next clawback.NextCredential) error {
	return s.inTx(ctx, func(tx *Tx) error {
		d, err := tx.device(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), deviceID)
		if err != nil || !d.Next.At.Equal(next.At) {
			return err
		}
		if next.Problem != "" {
			_, err := tx.exec(`UPDATE devices SET next_problem = ? WHERE id = ? AND organization_id = ?`, next.Problem, d.ID, d.OrganizationID)
			return err
		}
		conn, err := tx.nextConnection(d.ID)
		if err != nil {
			return err
		}
		before := d.ClientID
		d.ClientID, d.Version = conn.ClientID, d.Version+1
		if err := tx.putCredential(d, clawback.Credential{ClientSecret: conn.ClientSecret, CertificatePEM: conn.CertificatePEM, PrivateKeyPEM: conn.PrivateKeyPEM}); err != nil {
			return err
		}
		return tx.audit(actor, auditEvent{OrganizationID: d.OrganizationID, Action: "device.credential_changed", Subject: d.ID, SubjectName: d.Name,
			Before: map[string]any{"client_id": before}, After: map[string]any{"client_id": d.ClientID, "certificate": conn.CertificatePEM, "prepared_by": d.Next.By}})
	})
}

// DropNextCredential forgets a credential that waits. It returns KindNotFound,
// KindForbidden, and KindConflict where none does any more.
func (s *Store) DropNextCredential(ctx context.Context, actor clawback.Actor, id string) error {
	return s.inTx(ctx, func(tx *Tx) error {
		d, err := tx.changeable(actor, id, 0)
		if err != nil {
			return err
		}
		if d.Next.At.IsZero() {
			return clawback.Errorf(clawback.KindConflict, "No new credential waits any more: Microsoft accepted it, or somebody discarded it.")
		}
		if _, err := tx.exec(`UPDATE devices SET next_client_id = '', next_client_secret = NULL, next_certificate_pem = '', next_private_key = NULL, next_at = 0, next_by = '',
			next_problem = '', version = version + 1 WHERE id = ? AND organization_id = ?`, d.ID, d.OrganizationID); err != nil {
			return err
		}
		return tx.audit(actor, auditEvent{OrganizationID: d.OrganizationID, Action: "device.credential_discarded", Subject: d.ID, SubjectName: d.Name})
	})
}
