package store

import (
	"context"
	"strings"
	"time"

	"clawback"
)

// maxOpenConsents is how many links of a device may wait at once.
const maxOpenConsents = 10

// CreateConsent makes a link with which an administrator of the device's tenant
// grants the integration what it asks for, once. It returns KindNotFound for a
// device the actor does not see, KindForbidden, and KindConflict for a device
// that uses no integration, is disconnected or has too many open links.
func (s *Store) CreateConsent(ctx context.Context, actor clawback.Actor, deviceID string) (clawback.ConsentMade, error) {
	made := clawback.ConsentMade{Token: clawback.NewSecret(randomText())}
	err := s.inTx(ctx, func(tx *Tx) error {
		d, err := tx.consentDevice(actor, deviceID)
		if err != nil {
			return err
		}
		o, err := tx.organization(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), d.OrganizationID)
		if err != nil {
			return err
		}
		made.Consent = clawback.Consent{ID: newID(), OrganizationID: d.OrganizationID, Domain: o.Domain, DeviceID: d.ID, DeviceName: d.Name,
			TenantID: d.TenantID, ClientID: d.ClientID, AskedBy: actor.Name, CreatedAt: tx.now, ExpiresAt: tx.now.Add(clawback.ConsentLife)}
		return tx.insertConsent(actor, made)
	})
	if err != nil {
		return clawback.ConsentMade{}, err
	}
	return made, nil
}

// consentDevice answers a device for which the actor may ask for a consent.
func (tx *Tx) consentDevice(actor clawback.Actor, deviceID string) (clawback.Device, error) {
	d, err := tx.device(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), deviceID)
	if err != nil {
		return d, err
	}
	if err := tx.mayConnect(actor, d.OrganizationID, "ask for a consent"); err != nil {
		return d, err
	}
	if d.Connection != clawback.ConnectionIntegration {
		return d, clawback.Errorf(clawback.KindConflict, "“%s” signs in by an app registration of the tenant's own. Its consent is granted on the app's API permissions.", d.Name)
	}
	return d, stillConnected(d)
}

func (tx *Tx) insertConsent(actor clawback.Actor, made clawback.ConsentMade) error {
	open, err := tx.count(`SELECT COUNT(*) FROM consents WHERE device_id = ? AND returned_at = 0 AND revoked_at = 0 AND expires_at > ?`, made.DeviceID, ms(tx.now))
	if err != nil {
		return err
	}
	if open >= maxOpenConsents {
		return clawback.Errorf(clawback.KindConflict, "There are %d open links for this device already. Withdraw one that is not needed any more.", open)
	}
	sealed, err := tx.store.seal.close(made.Token, consentPlace(made.Consent))
	if err != nil {
		return err
	}
	if _, err := tx.exec(`INSERT INTO consents (id, organization_id, device_id, token_hash, token_sealed, created_by, created_by_name, created_at, expires_at)
		VALUES (`+marks(9)+`)`, made.ID, made.OrganizationID, made.DeviceID, hashOf(made.Token.Reveal()), sealed, actor.ID, actor.Name,
		ms(made.CreatedAt), ms(made.ExpiresAt)); err != nil {
		return err
	}
	// What nobody can read any more is forgotten.
	if _, err := tx.exec(`UPDATE consents SET token_sealed = NULL WHERE token_sealed IS NOT NULL AND (created_at <= ? OR returned_at > 0 OR revoked_at > 0)`,
		ms(tx.now.Add(-clawback.InvitationShown))); err != nil {
		return err
	}
	return tx.audit(actor, auditEvent{OrganizationID: made.OrganizationID, Action: "consent.asked", Subject: made.DeviceID, SubjectName: made.DeviceName,
		After: map[string]any{"consent": made.ID, "tenant_id": made.TenantID, "client_id": made.ClientID, "expires_at": made.ExpiresAt}})
}

func consentPlace(c clawback.Consent) place {
	return place{table: "consents", column: "token_sealed", organizationID: c.OrganizationID, rowID: c.ID}
}

const consentSQL = `SELECT c.id, c.organization_id, o.domain, c.device_id, d.name, d.tenant_id, d.client_id, c.created_by_name, c.created_at, c.expires_at,
	c.refused_at, c.returned_at, c.revoked_at, c.revoked_by_name, c.proved_at, c.granted_before, c.granted_after
	FROM consents c JOIN devices d ON d.id = c.device_id AND d.organization_id = c.organization_id JOIN organizations o ON o.id = c.organization_id`

func scanConsent(row scanner) (clawback.Consent, error) {
	var c clawback.Consent
	err := row.Scan(&c.ID, &c.OrganizationID, &c.Domain, &c.DeviceID, &c.DeviceName, &c.TenantID, &c.ClientID, &c.AskedBy, moment{&c.CreatedAt}, moment{&c.ExpiresAt},
		moment{&c.RefusedAt}, moment{&c.ReturnedAt}, moment{&c.RevokedAt}, &c.RevokedBy, moment{&c.ProvedAt}, jsonText{&c.Before}, jsonText{&c.After})
	return c, err
}

// FindConsent answers the consent behind a link, to anybody who has it. It
// returns KindNotFound for a link that was never made.
func (s *Store) FindConsent(ctx context.Context, token string) (clawback.Consent, error) {
	var found clawback.Consent
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		found, err = tx.consentByToken(token)
		return err
	})
	return found, err
}

func (tx *Tx) consentByToken(token string) (clawback.Consent, error) {
	return one(tx, "consent", scanConsent, consentSQL+` WHERE c.token_hash = ?`, hashOf(strings.TrimSpace(token)))
}

// FindConsentLink answers a consent with the state of its link to who asked for
// it, for clawback.InvitationShown. It returns KindNotFound for what the actor
// may not see or did not ask for, and KindConflict when the time is over or the
// link is of no use any more.
func (s *Store) FindConsentLink(ctx context.Context, actor clawback.Actor, deviceID, id string) (clawback.ConsentMade, error) {
	var made clawback.ConsentMade
	err := s.inRead(ctx, func(tx *Tx) error {
		d, err := tx.device(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), deviceID)
		if err != nil {
			return err
		}
		if made.Consent, err = tx.consent(d, id); err != nil {
			return err
		}
		var by string
		var sealed []byte
		if err := tx.queryRow(`SELECT created_by, token_sealed FROM consents WHERE id = ?`, id).Scan(&by, &sealed); err != nil {
			return err
		}
		switch {
		case by != actor.ID:
			return clawback.NotFound("link")
		case len(sealed) == 0, !made.CreatedAt.After(tx.now.Add(-clawback.InvitationShown)), made.Status(tx.now) != clawback.ConsentOpen:
			return clawback.Errorf(clawback.KindConflict, "This link is shown no more. If it did not arrive, withdraw it in the setup and make a new one.")
		}
		made.Token, err = tx.store.seal.open(sealed, consentPlace(made.Consent))
		return err
	})
	if err != nil {
		return clawback.ConsentMade{}, err
	}
	return made, nil
}

func (tx *Tx) consent(d clawback.Device, id string) (clawback.Consent, error) {
	return one(tx, "consent", scanConsent, consentSQL+` WHERE c.id = ? AND c.device_id = ? AND c.organization_id = ?`, id, d.ID, d.OrganizationID)
}

// ListConsents answers the last consents of a device, the newest first. It
// returns KindNotFound for a device the actor does not see.
func (s *Store) ListConsents(ctx context.Context, actor clawback.Actor, deviceID string) ([]clawback.Consent, error) {
	var list []clawback.Consent
	err := s.inRead(ctx, func(tx *Tx) error {
		d, err := tx.device(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), deviceID)
		if err != nil {
			return err
		}
		list, err = tx.consents(d)
		return err
	})
	return list, err
}

func (tx *Tx) consents(d clawback.Device) ([]clawback.Consent, error) {
	return all(tx, scanConsent, consentSQL+` WHERE c.device_id = ? AND c.organization_id = ? ORDER BY c.created_at DESC, c.id DESC LIMIT 20`, d.ID, d.OrganizationID)
}

// RevokeConsent makes a link worthless. It returns KindNotFound for what the
// actor may not see, KindForbidden, and KindConflict for one that came back
// already; revoking twice, or one that expired, is no error.
func (s *Store) RevokeConsent(ctx context.Context, actor clawback.Actor, deviceID, id string) error {
	return s.inTx(ctx, func(tx *Tx) error {
		d, err := tx.device(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), deviceID)
		if err != nil {
			return err
		}
		if err := tx.mayConnect(actor, d.OrganizationID, "withdraw a link"); err != nil {
			return err
		}
		consent, err := tx.consent(d, id)
		if err != nil || !consent.RevokedAt.IsZero() {
			return err
		}
		if !consent.ReturnedAt.IsZero() {
			return clawback.Errorf(clawback.KindConflict, "The link was used before you could withdraw it. To take the consent itself back, delete the enterprise application in Entra.")
		}
		if _, err := tx.exec(`UPDATE consents SET revoked_at = ?, revoked_by_name = ?, token_sealed = NULL WHERE id = ? AND organization_id = ?`,
			ms(tx.now), actor.Name, id, d.OrganizationID); err != nil {
			return err
		}
		return tx.audit(actor, auditEvent{OrganizationID: d.OrganizationID, Action: "consent.revoked", Subject: d.ID, SubjectName: d.Name,
			After: map[string]any{"consent": id}})
	})
}

// ReturnConsent keeps what an administrator came back with from Microsoft's page,
// and has the device checked soon: what came back proves nothing. A link works
// once; what is refused may still be given by somebody else. It returns
// KindNotFound for a link that was never made.
func (s *Store) ReturnConsent(ctx context.Context, who clawback.Actor, token string, back clawback.ConsentReturn) (clawback.Consent, clawback.ConsentOutcome, error) {
	var consent clawback.Consent
	var outcome clawback.ConsentOutcome
	err := s.inTx(ctx, func(tx *Tx) error {
		var err error
		if consent, err = tx.consentByToken(token); err != nil {
			return err
		}
		if consent.Status(tx.now) != clawback.ConsentOpen {
			outcome = clawback.ConsentOver
			return tx.auditReturn(who, consent, outcome)
		}
		switch outcome = back.Outcome(consent.TenantID); outcome {
		case clawback.ConsentGiven:
			return tx.consentGiven(who, &consent)
		case clawback.ConsentRefused, clawback.ConsentNotAllowed:
			if _, err := tx.exec(`UPDATE consents SET refused_at = ? WHERE id = ?`, ms(tx.now), consent.ID); err != nil {
				return err
			}
		}
		return tx.auditReturn(who, consent, outcome)
	})
	return consent, outcome, err
}

func (tx *Tx) consentGiven(who clawback.Actor, c *clawback.Consent) error {
	c.ReturnedAt = tx.now
	last, err := tx.grantChanges(clawback.Device{ID: c.DeviceID, OrganizationID: c.OrganizationID}, 1)
	if err != nil {
		return err
	}
	if len(last) > 0 && last[0].ClientID == c.ClientID {
		c.Before = last[0].Granted
	}
	if _, err := tx.exec(`UPDATE consents SET returned_at = ?, token_sealed = NULL, granted_before = ? WHERE id = ? AND returned_at = 0`,
		ms(tx.now), jsonOf(c.Before), c.ID); err != nil {
		return err
	}
	if _, err := tx.exec(`UPDATE check_results SET next_at = ? WHERE device_id = ? AND organization_id = ?`, ms(tx.now), c.DeviceID, c.OrganizationID); err != nil {
		return err
	}
	return tx.audit(who, auditEvent{OrganizationID: c.OrganizationID, Action: "consent.returned", Subject: c.DeviceID, SubjectName: c.DeviceName,
		After: map[string]any{"consent": c.ID, "asked_by": c.AskedBy}})
}

// auditReturn tells of what came back to no effect, once an hour, address and
// outcome.
func (tx *Tx) auditReturn(who clawback.Actor, c clawback.Consent, outcome clawback.ConsentOutcome) error {
	noted, err := tx.count(`SELECT COUNT(*) FROM audit_events WHERE subject = ? AND action = 'consent.refused' AND remote_addr = ? AND at > ?
		AND after_json LIKE ?`, c.DeviceID, who.RemoteAddr, ms(tx.now.Add(-time.Hour)), `%"outcome":"`+string(outcome)+`"%`)
	if err != nil || noted > 0 {
		return err
	}
	return tx.audit(who, auditEvent{OrganizationID: c.OrganizationID, Action: "consent.refused", Subject: c.DeviceID, SubjectName: c.DeviceName,
		After: map[string]any{"consent": c.ID, "outcome": outcome, "status": c.Status(tx.now)}})
}

// proveConsents notes what a device's tokens carry in the hour after a consent:
// the first ones may be older than it is known everywhere.
func (tx *Tx) proveConsents(d clawback.Device, granted []string) error {
	_, err := tx.exec(`UPDATE consents SET granted_after = ?, proved_at = CASE proved_at WHEN 0 THEN ? ELSE proved_at END
		WHERE device_id = ? AND organization_id = ? AND returned_at > 0 AND (proved_at = 0 OR returned_at > ?)`,
		jsonOf(granted), ms(tx.now), d.ID, d.OrganizationID, ms(tx.now.Add(-clawback.Propagation)))
	return err
}
