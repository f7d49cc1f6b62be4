package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"clawback"
)

// UpdateDevice changes a device's name and day of onboarding. It returns
// KindNotFound, KindForbidden, KindInvalid about a field, and KindConflict when
// somebody changed it since it was read.
func (s *Store) UpdateDevice(ctx context.Context, actor clawback.Actor, id string, change clawback.DeviceChange) (clawback.Device, error) {
	name, err := required("name", change.Name, maxLine, "Enter a name for the device.")
	if err != nil {
		return clawback.Device{}, err
	}
	var after clawback.Device
	err = s.inTx(ctx, func(tx *Tx) error {
		d, err := tx.changeable(actor, id, change.Version)
		if err != nil {
			return err
		}
		if d.Connection == clawback.ConnectionIntegration && change.OnboardedOn.IsZero() {
			return clawback.Invalid("onboarded_on", "Enter the day on which the integration was added to your Microsoft 365.")
		}
		after = d
		after.Name, after.OnboardedOn, after.Version = name, change.OnboardedOn.UTC(), d.Version+1
		if _, err := tx.exec(`UPDATE devices SET name = ?, onboarded_on = ?, version = ? WHERE id = ? AND organization_id = ?`,
			name, ms(after.OnboardedOn), after.Version, d.ID, d.OrganizationID); err != nil {
			return err
		}
		return tx.audit(actor, auditEvent{OrganizationID: d.OrganizationID, Action: "device.changed", Subject: d.ID, SubjectName: name,
			Before: map[string]any{"name": d.Name, "onboarded_on": d.OnboardedOn}, After: map[string]any{"name": name, "onboarded_on": after.OnboardedOn}})
	})
	return after, err
}

// changeable answers a device that the actor may change, as it was read; 0 is any version.
func (tx *Tx) changeable(actor clawback.Actor, id string, version int) (clawback.Device, error) {
	d, err := tx.device(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), id)
	if err != nil {
		return d, err
	}
	if err := tx.mayConnect(actor, d.OrganizationID, "change a device"); err != nil {
		return d, err
	}
	if version != 0 && version != d.Version {
		return d, tx.changedSince(d)
	}
	return d, nil
}

// changedSince tells who was faster, and what they made of the device.
func (tx *Tx) changedSince(d clawback.Device) error {
	by, at := "Somebody", time.Time{}
	err := tx.queryRow(`SELECT actor_name, at FROM audit_events WHERE subject = ? AND organization_id = ? AND action IN ('device.changed',
		'device.credential_changed', 'device.credential_prepared', 'device.credential_discarded', 'device.disconnected', 'device.reconnected')
		ORDER BY sequence DESC LIMIT 1`, d.ID, d.OrganizationID).Scan(&by, moment{&at})
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	when := ""
	if !at.IsZero() {
		when = " at " + clockText(at)
	}
	return clawback.Errorf(clawback.KindConflict, "%s changed “%s”%s, after you opened it. Your change was not saved: look at what the device is now, then send yours again if it still holds.",
		by, d.Name, when)
}

// connectedOnly leaves out the mailboxes of disconnected devices: nobody can look
// into them.
const connectedOnly = `device_id NOT IN (SELECT id FROM devices WHERE disconnected_at > 0)`

// reachableDevice returns KindConflict for a device through which nothing can be
// done now.
func (tx *Tx) reachableDevice(id string) error {
	d, err := one(tx, "device", scanDevice, deviceSQL+` WHERE id = ?`, id)
	if err != nil {
		return err
	}
	if d.Disconnected() {
		return clawback.Errorf(clawback.KindConflict, "The device “%s”, through which this mailbox is reached, is disconnected. An admin of the organization can connect it again in the setup.", d.Name)
	}
	return nil
}

func stillConnected(d clawback.Device) error {
	if d.Disconnected() {
		return clawback.Errorf(clawback.KindConflict, "“%s” is disconnected. Connect it again first.", d.Name)
	}
	return nil
}

// FindDisconnectFacts answers what disconnecting a device would stop now. It
// returns KindNotFound for a device the actor does not see.
func (s *Store) FindDisconnectFacts(ctx context.Context, actor clawback.Actor, id string) (clawback.DisconnectFacts, error) {
	var f clawback.DisconnectFacts
	err := s.inRead(ctx, func(tx *Tx) error {
		d, err := tx.device(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), id)
		if err != nil {
			return err
		}
		f, err = tx.disconnectFacts(d)
		return err
	})
	return f, err
}

func (tx *Tx) disconnectFacts(d clawback.Device) (clawback.DisconnectFacts, error) {
	var f clawback.DisconnectFacts
	remediated, others := 0, 0
	err := tx.queryRow(`SELECT
		(SELECT COUNT(DISTINCT c.remediation_id) FROM records c JOIN remediations r ON r.id = c.remediation_id
			WHERE c.device_id = ?1 AND r.status IN ('in_progress', 'blocked', 'awaiting_approval')),
		(SELECT COUNT(*) FROM records c WHERE c.device_id = ?1 AND `+openRecord+` AND NOT (`+sentRecord+`)),
		(SELECT COUNT(*) FROM records c WHERE c.device_id = ?1 AND `+openRecord+` AND `+sentRecord+`),
		(SELECT COUNT(*) FROM copies p JOIN records c ON c.id = p.record_id WHERE c.device_id = ?1 AND p.restore_due_at > 0),
		(SELECT COUNT(*) FROM canaries WHERE device_id = ?1 AND status = 'running'),
		(SELECT COUNT(*) FROM auto_remediation_devices WHERE organization_id = ?2 AND device_id = ?1),
		(SELECT COUNT(*) FROM auto_remediation_devices WHERE organization_id = ?2 AND device_id <> ?1),
		(SELECT COUNT(*) FROM never_remove WHERE organization_id = ?2)`, d.ID, d.OrganizationID).
		Scan(&f.Removals, &f.Open, &f.Unproved, &f.Restores, &f.Tests, &remediated, &others, &f.MoreSelects)
	f.Remediated, f.LastOne = remediated > 0, remediated > 0 && others == 0
	return f, err
}

// A record that is not done, of a remediation that was started; and one to which a
// removal was sent.
const (
	openRecord = `c.state IN ('new', 'checking', 'removing', 'verifying') AND EXISTS (SELECT 1 FROM remediations m WHERE m.id = c.remediation_id AND m.status <> 'draft')`
	sentRecord = `(c.state = 'verifying' OR EXISTS (SELECT 1 FROM intents i WHERE i.record_id = c.id AND i.closed_at = 0))`
)

// DisconnectDevice ends what runs through a device and forgets what signs it in;
// its history and every never-remove selection stay. What nothing was sent for is
// stopped; what was sent and not proved ends as failed, since nobody can look any
// more. It returns KindNotFound, KindForbidden, KindInvalid about a field, and
// KindConflict for a device that is disconnected already.
func (s *Store) DisconnectDevice(ctx context.Context, actor clawback.Actor, id string, how clawback.Disconnection) (clawback.Device, error) {
	reason, err := text("reason", how.Reason, maxText)
	if err != nil {
		return clawback.Device{}, err
	}
	var d clawback.Device
	err = s.inTx(ctx, func(tx *Tx) error {
		if d, err = tx.changeable(actor, id, 0); err != nil {
			return err
		}
		if d.Disconnected() {
			return clawback.Errorf(clawback.KindConflict, "%s disconnected “%s” already.", d.DisconnectedBy, d.Name)
		}
		if !strings.EqualFold(strings.TrimSpace(how.Confirm), d.Name) {
			return clawback.Invalid("confirm", "Type the device's name, “%s”, to confirm.", d.Name)
		}
		facts, err := tx.disconnectFacts(d)
		if err != nil {
			return err
		}
		if err := tx.disconnect(actor, d, reason); err != nil {
			return err
		}
		d.DisconnectedAt, d.DisconnectedBy, d.Version = tx.now, actor.Name, d.Version+1
		return tx.audit(actor, auditEvent{OrganizationID: d.OrganizationID, Action: "device.disconnected", Subject: d.ID, SubjectName: d.Name,
			Before: map[string]any{"client_id": d.ClientID, "connection": d.Connection, "auto_remediation": facts.Remediated},
			After:  map[string]any{"reason": reason, "stopped_mailboxes": facts.Open, "unproved_mailboxes": facts.Unproved, "restores_given_up": facts.Restores}})
	})
	return d, err
}

func (tx *Tx) disconnect(actor clawback.Actor, d clawback.Device, reason string) error {
	if _, err := tx.exec(`UPDATE devices SET disconnected_at = ?, disconnected_by = ?, version = version + 1, client_secret = NULL, certificate_pem = '', private_key = NULL,
		next_client_id = '', next_client_secret = NULL, next_certificate_pem = '', next_private_key = NULL, next_at = 0, next_by = '', next_problem = ''
		WHERE id = ? AND organization_id = ?`, ms(tx.now), actor.Name, d.ID, d.OrganizationID); err != nil {
		return err
	}
	if err := tx.leaveAutoRemediation(actor, d); err != nil {
		return err
	}
	if err := tx.endDeviceWork(actor, d, reason); err != nil {
		return err
	}
	for _, statement := range []string{
		`UPDATE consents SET revoked_at = ?, revoked_by_name = ?, token_sealed = NULL WHERE device_id = ? AND organization_id = ? AND returned_at = 0 AND revoked_at = 0`,
		`UPDATE forwarded_steps SET revoked_at = ?, revoked_by_name = ?, token_sealed = NULL WHERE device_id = ? AND organization_id = ? AND revoked_at = 0`,
	} {
		if _, err := tx.exec(statement, ms(tx.now), actor.Name, d.ID, d.OrganizationID); err != nil {
			return err
		}
	}
	// What was found last says nothing any more; how it changed stays in the history.
	_, err := tx.exec(`DELETE FROM check_results WHERE device_id = ? AND organization_id = ?`, d.ID, d.OrganizationID)
	return err
}

// leaveAutoRemediation takes the device out of the setting, as a change of it.
func (tx *Tx) leaveAutoRemediation(actor clawback.Actor, d clawback.Device) error {
	before, err := tx.autoRemediation(d.OrganizationID)
	if err != nil {
		return err
	}
	after := before
	after.Devices = without(before.Devices, []string{d.ID})
	if len(after.Devices) == len(before.Devices) {
		return nil
	}
	_, err = tx.changeSetting(actor, before, after)
	return err
}

// endDeviceWork ends every mailbox of the device that is not done, what is to be
// looked at again and what waits to be put back, and the removals that no other
// device goes on with.
func (tx *Tx) endDeviceWork(actor clawback.Actor, d clawback.Device, reason string) error {
	told := "The device was disconnected by " + actor.Name + " before the order was carried out."
	if err := tx.withdrawOrders(told, "c.device_id = ?", d.ID); err != nil {
		return err
	}
	running, err := all(tx, scanText, `SELECT DISTINCT r.id FROM remediations r WHERE r.organization_id = ? AND r.status IN ('in_progress', 'blocked', 'awaiting_approval')`, d.OrganizationID)
	if err != nil {
		return err
	}
	if err := tx.endDeviceRecords(actor, d); err != nil {
		return err
	}
	if err := tx.endDeviceRestores(d); err != nil {
		return err
	}
	if err := tx.endDeviceCanaries(d); err != nil {
		return err
	}
	left, err := tx.hasDevice(d.OrganizationID)
	if err != nil {
		return err
	}
	why := "The device “" + d.Name + "” was disconnected."
	if reason != "" {
		why += " Reason: " + reason
	}
	for _, id := range running {
		r, err := tx.remediation(id)
		if err != nil {
			return err
		}
		if left {
			err = tx.settle(id)
		} else {
			err = tx.endNow(actor, r, ending{reason: clawback.ReasonDisconnected, why: why, event: "remediation.stopped"})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) endDeviceRecords(actor clawback.Actor, d clawback.Device) error {
	type openOne struct {
		id, remediationID string
		sent              bool
	}
	scan := func(row scanner) (openOne, error) {
		var o openOne
		err := row.Scan(&o.id, &o.remediationID, &o.sent)
		return o, err
	}
	list, err := all(tx, scan, `SELECT c.id, c.remediation_id, `+sentRecord+` FROM records c WHERE c.device_id = ? AND `+openRecord+` ORDER BY c.id`, d.ID)
	if err != nil {
		return err
	}
	remediations := map[string]clawback.Remediation{}
	for _, o := range list {
		r, known := remediations[o.remediationID]
		if !known {
			if r, err = tx.worked(o.remediationID); err != nil {
				return err
			}
			remediations[o.remediationID] = r
		}
		if err := tx.endDeviceRecord(actor, r, o.id, o.sent); err != nil {
			return err
		}
	}
	_, err = tx.exec(`UPDATE records SET due_at = 0 WHERE device_id = ? AND organization_id = ? AND state = 'done' AND due_at > 0`, d.ID, d.OrganizationID)
	return err
}

// endDeviceRecord gives the mailbox a new fence: a worker that still holds it
// writes no more than the answer it gets.
func (tx *Tx) endDeviceRecord(actor clawback.Actor, r clawback.Remediation, id string, sent bool) error {
	fate := tracedFate{outcome: clawback.OutcomeStopped, reason: clawback.ReasonDisconnected}
	if sent {
		fate.outcome = clawback.OutcomeFailed
		fate.detail = "A removal was sent to Microsoft; whether it took effect could not be looked up any more."
		if _, err := tx.exec(`UPDATE copies SET outcome = ?, reason = ? WHERE record_id = ? AND matched AND outcome = ''`, fate.outcome, fate.reason, id); err != nil {
			return err
		}
		if _, err := tx.exec(`UPDATE intents SET closed_at = ?, result = 'disconnected' WHERE record_id = ? AND closed_at = 0`, ms(tx.now), id); err != nil {
			return err
		}
	}
	if _, err := tx.exec(`UPDATE records SET fence = fence + 1 WHERE id = ?`, id); err != nil {
		return err
	}
	if err := tx.tell(id, clawback.TimelineOutcome, "The device was disconnected by "+actor.Name+".", fate.detail); err != nil {
		return err
	}
	return tx.finish(r, id, fate)
}

func (tx *Tx) endDeviceRestores(d clawback.Device) error {
	waiting, err := all(tx, scanText, `UPDATE copies SET restore_due_at = 0, restore_problem = 'The device was disconnected before it was put back.'
		WHERE restore_due_at > 0 AND record_id IN (SELECT id FROM records WHERE device_id = ? AND organization_id = ?) RETURNING record_id`, d.ID, d.OrganizationID)
	for _, id := range waiting {
		if err := tx.tell(id, clawback.TimelineRestored, "It could not be put back: the device was disconnected.", ""); err != nil {
			return err
		}
	}
	return err
}

// endDeviceCanaries ends the proof that runs: no worker makes one more call. A message
// of ours that was placed, or is on its way, stays where it is and is recorded as left
// behind, until the device is connected again.
func (tx *Tx) endDeviceCanaries(d clawback.Device) error {
	running, err := all(tx, scanCanary, `SELECT `+canaryColumns+` FROM canaries WHERE device_id = ? AND status = ?`, d.ID, clawback.CanaryRunning)
	if err != nil {
		return err
	}
	for _, c := range running {
		if c.Lines, err = tx.canaryLines(c.ID); err != nil {
			return err
		}
		problem := clawback.CanaryProblem{Cause: clawback.CanaryInterrupted, Who: "An admin of the organization",
			Finding: "The device was disconnected while the test ran.", Advice: "Connect the device again to test it."}
		if _, placed := c.Line(clawback.CanaryPlace); placed {
			problem.Advice = "Delete the test's message in the mailbox by hand, or connect the device again and take it away here."
			if _, err := tx.exec(`UPDATE canaries SET left_behind = ? WHERE id = ?`, true, c.ID); err != nil {
				return err
			}
		}
		if err := tx.endCanary(c, problem); err != nil {
			return err
		}
	}
	return nil
}

// ReconnectDevice connects a device again, with what signs it in from now on. Its
// history is kept; whether removals go through it is chosen anew. It returns
// KindNotFound, KindForbidden, KindInvalid about a field, and KindConflict for a
// device that is connected.
func (s *Store) ReconnectDevice(ctx context.Context, actor clawback.Actor, id string, n NewDevice) (clawback.Device, error) {
	var d clawback.Device
	err := s.inTx(ctx, func(tx *Tx) (err error) {
		if d, err = tx.changeable(actor, id, 0); err != nil {
			return err
		}
		if !d.Disconnected() {
			return clawback.Errorf(clawback.KindConflict, "“%s” is connected already; perhaps a colleague did it just now.", d.Name)
		}
		n.Name, n.TenantID, n.Connection = d.Name, d.TenantID, d.Connection
		if err := normalizeDevice(&n); err != nil {
			return err
		}
		before := d.ClientID
		d.ClientID, d.DisconnectedAt, d.DisconnectedBy, d.Version = n.ClientID, time.Time{}, "", d.Version+1
		if err := tx.onlyDevice(d); err != nil {
			return err
		}
		secret, key, err := tx.sealed(d, n.Credential())
		if err != nil {
			return err
		}
		if _, err := tx.exec(`UPDATE devices SET disconnected_at = 0, disconnected_by = '', version = ?, client_id = ?, client_secret = ?, certificate_pem = ?, private_key = ?
			WHERE id = ? AND organization_id = ?`, d.Version, d.ClientID, secret, n.CertificatePEM, key, d.ID, d.OrganizationID); err != nil {
			return err
		}
		return tx.audit(actor, auditEvent{OrganizationID: d.OrganizationID, Action: "device.reconnected", Subject: d.ID, SubjectName: d.Name,
			Before: map[string]any{"client_id": before}, After: map[string]any{"client_id": d.ClientID, "connection": d.Connection, "certificate": n.CertificatePEM}})
	})
	return d, err
}
