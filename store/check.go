package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"clawback"
)

// SaveChecks keeps the results of a device's checks. A result that is another
// than before goes into the history and, all of them as one event, into the audit
// trail. It returns KindNotFound for a device the actor does not see.
func (s *Store) SaveChecks(ctx context.Context, actor clawback.Actor, deviceID string, results []clawback.CheckResult) ([]clawback.CheckResult, error) {
	var saved []clawback.CheckResult
	err := s.inTx(ctx, func(tx *Tx) error {
		d, err := tx.device(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), deviceID)
		if err != nil {
			return err
		}
		if d.Disconnected() {
			return nil // it was while the check was under way
		}
		changed := map[string]any{}
		for _, r := range results {
			r.ID, r.OrganizationID, r.DeviceID, r.CheckedBy = newID(), d.OrganizationID, d.ID, actor.Name
			fresh, err := tx.saveCheck(&r)
			if err != nil {
				return err
			}
			if fresh {
				changed[string(r.Step)] = r.Status
			}
			saved = append(saved, r)
		}
		if len(changed) == 0 {
			return nil
		}
		return tx.audit(actor, auditEvent{OrganizationID: d.OrganizationID, Action: "device.checks_changed", Subject: d.ID, SubjectName: d.Name, After: changed})
	})
	return saved, err
}

// saveCheck says whether the result is another than the one before.
func (tx *Tx) saveCheck(r *clawback.CheckResult) (fresh bool, err error) {
	before, err := scanCheck(tx.queryRow(checkSQL+` WHERE device_id = ? AND step = ?`, r.DeviceID, r.Step))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, err
	}
	fresh = err != nil || before.Status != r.Status || before.Cause != r.Cause
	r.Since = before.Since
	if fresh {
		r.Since = r.CheckedAt
	}
	diagnosis, err := json.Marshal(r.Diagnosis)
	if err != nil {
		return false, err
	}
	_, err = tx.exec(`INSERT INTO check_results (device_id, step, id, organization_id, status, cause, result, checked_at, checked_by, since, granted_at, next_at)
		VALUES (`+marks(12)+`) ON CONFLICT (device_id, step) DO UPDATE SET id = excluded.id, status = excluded.status, cause = excluded.cause,
		result = excluded.result, checked_at = excluded.checked_at, checked_by = excluded.checked_by, since = excluded.since,
		granted_at = excluded.granted_at, next_at = excluded.next_at`,
		r.DeviceID, r.Step, r.ID, r.OrganizationID, r.Status, r.Cause, string(diagnosis), ms(r.CheckedAt), r.CheckedBy, ms(r.Since), ms(r.GrantedAt), ms(r.NextAt))
	if err != nil || !fresh {
		return fresh, err
	}
	_, err = tx.exec(`INSERT INTO check_changes (id, organization_id, device_id, step, status, cause, finding, at, checked_by) VALUES (`+marks(9)+`)`,
		newID(), r.OrganizationID, r.DeviceID, r.Step, r.Status, r.Cause, r.Finding, ms(r.CheckedAt), r.CheckedBy)
	return fresh, err
}

const checkSQL = `SELECT id, organization_id, device_id, step, result, checked_at, checked_by, since, granted_at, next_at FROM check_results`

func scanCheck(row scanner) (clawback.CheckResult, error) {
	var r clawback.CheckResult
	err := row.Scan(&r.ID, &r.OrganizationID, &r.DeviceID, &r.Step, jsonText{&r.Diagnosis}, moment{&r.CheckedAt}, &r.CheckedBy,
		moment{&r.Since}, moment{&r.GrantedAt}, moment{&r.NextAt})
	return r, err
}

// FindDeviceSetup answers a device with all that is known of its setup. It
// returns KindNotFound for a device the actor does not see.
func (s *Store) FindDeviceSetup(ctx context.Context, actor clawback.Actor, deviceID string) (clawback.DeviceSetup, error) {
	var setup clawback.DeviceSetup
	err := s.inRead(ctx, func(tx *Tx) error {
		d, err := tx.device(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), deviceID)
		if err != nil {
			return err
		}
		setup, err = tx.deviceSetup(d)
		return err
	})
	return setup, err
}

// ListDeviceSetups answers every device of an organization with its setup, by
// name. It returns KindNotFound for an organization the actor does not see.
func (s *Store) ListDeviceSetups(ctx context.Context, actor clawback.Actor, organizationID string) ([]clawback.DeviceSetup, error) {
	var setups []clawback.DeviceSetup
	err := s.inRead(ctx, func(tx *Tx) error {
		if _, err := tx.organization(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), organizationID); err != nil {
			return err
		}
		devices, err := all(tx, scanDevice, deviceSQL+` WHERE organization_id = ? ORDER BY name, id`, organizationID)
		if err != nil {
			return err
		}
		for _, d := range devices {
			setup, err := tx.deviceSetup(d)
			if err != nil {
				return err
			}
			setups = append(setups, setup)
		}
		return nil
	})
	return setups, err
}

func (tx *Tx) deviceSetup(d clawback.Device) (clawback.DeviceSetup, error) {
	setup := clawback.DeviceSetup{Device: d, Mode: clawback.ModeOff}
	var err error
	if setup.Checks, err = all(tx, scanCheck, checkSQL+` WHERE device_id = ? AND organization_id = ?`, d.ID, d.OrganizationID); err != nil {
		return setup, err
	}
	if setup.Touches, err = all(tx, scanTouch, `SELECT step, touched_by_name, touched_at FROM setup_touches WHERE device_id = ? AND organization_id = ?`,
		d.ID, d.OrganizationID); err != nil {
		return setup, err
	}
	if setup.Grants, err = tx.grantChanges(d, 10); err != nil {
		return setup, err
	}
	if setup.Consents, err = tx.consents(d); err != nil {
		return setup, err
	}
	if setup.Notices, err = tx.setupNotices(d); err != nil {
		return setup, err
	}
	if setup.Run, err = tx.checkRun(d); err != nil {
		return setup, err
	}
	if setup.Looks, err = tx.ownLooks(d); err != nil {
		return setup, err
	}
	if setup.Decisions, err = tx.setupDecisions(d.OrganizationID); err != nil {
		return setup, err
	}
	if setup.Canaries, err = tx.canaries(d); err != nil {
		return setup, err
	}
	if setup.Proposed, err = tx.count(`SELECT COUNT(*) FROM context_entries WHERE organization_id = ?`, d.OrganizationID); err != nil {
		return setup, err
	}
	if setup.Selected, err = tx.count(`SELECT COUNT(*) FROM never_remove WHERE organization_id = ?`, d.OrganizationID); err != nil {
		return setup, err
	}
	setting, err := tx.autoRemediation(d.OrganizationID)
	setup.Mode, setup.Remediated = setting.Mode, slices.Contains(setting.Devices, d.ID)
	return setup, err
}

func scanTouch(row scanner) (clawback.Touch, error) {
	var t clawback.Touch
	err := row.Scan(&t.Step, &t.By, moment{&t.At})
	return t, err
}

// TouchStep notes that somebody works on a step with Microsoft. It returns KindNotFound, KindForbidden, and KindConflict
// for a disconnected device.
func (s *Store) TouchStep(ctx context.Context, actor clawback.Actor, deviceID string, step clawback.SetupStep) error {
	return s.inTx(ctx, func(tx *Tx) error {
		d, err := tx.device(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), deviceID)
		if err != nil {
			return err
		}
		if err := tx.mayConnect(actor, d.OrganizationID, "check a device"); err != nil {
			return err
		}
		if err := stillConnected(d); err != nil {
			return err
		}
		return tx.touchStep(actor, d, step)
	})
}

func (tx *Tx) touchStep(actor clawback.Actor, d clawback.Device, step clawback.SetupStep) error {
	_, err := tx.exec(`INSERT INTO setup_touches (device_id, step, organization_id, touched_by, touched_by_name, touched_at) VALUES (`+marks(6)+`)
		ON CONFLICT (device_id, step) DO UPDATE SET touched_by = excluded.touched_by, touched_by_name = excluded.touched_by_name, touched_at = excluded.touched_at`,
		d.ID, step, d.OrganizationID, actor.ID, actor.Name, ms(tx.now))
	return err
}

// ListCheckChanges answers the last changes of a step's result, the newest
// first. It returns KindNotFound for a device the actor does not see.
func (s *Store) ListCheckChanges(ctx context.Context, actor clawback.Actor, deviceID string, step clawback.SetupStep) ([]clawback.CheckChange, error) {
	var list []clawback.CheckChange
	err := s.inRead(ctx, func(tx *Tx) error {
		d, err := tx.device(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), deviceID)
		if err != nil {
			return err
		}
		list, err = all(tx, scanCheckChange, `SELECT status, finding, at, checked_by FROM check_changes
			WHERE device_id = ? AND organization_id = ? AND step = ? ORDER BY at DESC, id DESC LIMIT 20`, d.ID, d.OrganizationID, step)
		return err
	})
	return list, err
}

func scanCheckChange(row scanner) (clawback.CheckChange, error) {
	var c clawback.CheckChange
	err := row.Scan(&c.Status, &c.Finding, moment{&c.At}, &c.By)
	return c, err
}

// coveredBy is how long a check speaks for the remediations that are started.
const coveredBy = 15 * time.Minute

// ListDevicesToCheck answers the devices that nobody has checked yet, those with
// a check that is due by itself, and those of an organization in which a
// remediation was started that no check of the quarter of an hour before it
// covers. The remediation does not wait for it.
func (s *Store) ListDevicesToCheck(ctx context.Context, now time.Time) ([]string, error) {
	var list []string
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		list, err = all(tx, scanText, `SELECT d.id FROM devices d WHERE d.disconnected_at = 0 AND (NOT EXISTS (SELECT 1 FROM check_results c WHERE c.device_id = d.id)
			OR EXISTS (SELECT 1 FROM check_results c WHERE c.device_id = d.id AND c.next_at <= ?)
			OR EXISTS (SELECT 1 FROM check_results c JOIN remediations r ON r.organization_id = c.organization_id
				WHERE c.device_id = d.id AND r.status = ? AND r.started_at > c.checked_at + ?)
			) ORDER BY d.created_at, d.id LIMIT 50`, ms(now), clawback.StatusInProgress, coveredBy.Milliseconds())
		return err
	})
	return list, err
}

// ListRemediatedDevices answers the devices that an organization's auto
// remediation works on.
func (s *Store) ListRemediatedDevices(ctx context.Context, organizationID string) ([]string, error) {
	var list []string
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		list, err = all(tx, scanText, `SELECT device_id FROM auto_remediation_devices WHERE organization_id = ? ORDER BY device_id`, organizationID)
		return err
	})
	return list, err
}
