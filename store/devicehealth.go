package store

import (
	"context"
	"time"

	"clawback"
)

// ListDeviceHealth lists the connected devices that the actor sees, of one organization or
// with "" of all, by name, with what their last checks came to.
func (s *Store) ListDeviceHealth(ctx context.Context, actor clawback.Actor, organizationID string) ([]clawback.DeviceHealth, error) {
	var list []clawback.DeviceHealth
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		list, err = tx.deviceHealth(actor.Scope(clawback.RightReadOrganization), organizationID)
		return err
	})
	return list, err
}

func (tx *Tx) deviceHealth(scope clawback.Scope, organizationID string) ([]clawback.DeviceHealth, error) {
	var w where
	w.scope(scope, "d.organization_id")
	w.add("d.disconnected_at = 0")
	if organizationID != "" {
		w.add("d.organization_id = ?", organizationID)
	}
	return all(tx, scanDeviceHealth, healthSQL+w.String()+` ORDER BY d.name, d.id`, w.args...)
}

const healthSQL = `SELECT d.id, d.organization_id, d.name, d.tenant_id, d.connection, d.client_id, d.onboarded_on, d.created_at, d.version,
	COALESCE(a.mode, 'off'),
	EXISTS (SELECT 1 FROM auto_remediation_devices r WHERE r.organization_id = d.organization_id AND r.device_id = d.id),
	(SELECT json_group_array(json_object('step', c.step, 'status', c.status, 'finding', c.result ->> '$.finding', 'since', c.since,
		'passed', json(iif(c.status = 'pass' OR EXISTS (SELECT 1 FROM check_changes h
			WHERE h.device_id = c.device_id AND h.step = c.step AND h.status = 'pass'), 'true', 'false'))))
		FROM check_results c WHERE c.device_id = d.id AND c.organization_id = d.organization_id),
	COALESCE((SELECT json_object('step', t.step, 'by', t.touched_by_name, 'at', t.touched_at) FROM setup_touches t
		WHERE t.device_id = d.id AND t.organization_id = d.organization_id ORDER BY t.touched_at DESC LIMIT 1), '{}')
	FROM devices d LEFT JOIN auto_remediations a ON a.organization_id = d.organization_id`

func scanDeviceHealth(row scanner) (clawback.DeviceHealth, error) {
	var h clawback.DeviceHealth
	var checks []struct {
		Step    clawback.SetupStep
		Status  clawback.CheckStatus
		Finding string
		Since   int64
		Passed  bool
	}
	var touch struct {
		Step clawback.SetupStep
		By   string
		At   int64
	}
	err := row.Scan(&h.ID, &h.OrganizationID, &h.Name, &h.TenantID, &h.Connection, &h.ClientID, moment{&h.OnboardedOn}, moment{&h.CreatedAt}, &h.Version,
		&h.Mode, &h.Remediated, jsonText{&checks}, jsonText{&touch})
	if touch.At > 0 {
		h.Touch = clawback.Touch{Step: touch.Step, By: touch.By, At: time.UnixMilli(touch.At).UTC()}
	}
	for _, c := range checks {
		h.Checks = append(h.Checks, clawback.CheckState{Step: c.Step, Status: c.Status, Finding: c.Finding, Since: time.UnixMilli(c.Since).UTC(), Passed: c.Passed})
	}
	return h, err
}
