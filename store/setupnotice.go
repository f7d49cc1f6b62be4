package store

import (
	"context"
	"time"

	"clawback"
)

// noticesShown is how long a notice is told of.
const noticesShown = 31 * 24 * time.Hour

// SaveNotices keeps notices about a device; of one cause the first of a day (UTC)
// stays. It returns KindNotFound for a device the actor does not see.
func (s *Store) SaveNotices(ctx context.Context, actor clawback.Actor, deviceID string, notices []clawback.SetupNotice) error {
	return s.inTx(ctx, func(tx *Tx) error {
		d, err := tx.device(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), deviceID)
		if err != nil {
			return err
		}
		if d.Disconnected() {
			return nil // it was while the check was under way
		}
		for _, n := range notices {
			if _, err := tx.exec(`INSERT INTO setup_notices (id, organization_id, device_id, cause, day, step, text, ends_at, at) VALUES (`+marks(9)+`)
				ON CONFLICT (device_id, cause, day) DO NOTHING`,
				newID(), d.OrganizationID, d.ID, n.Cause, n.At.UTC().Format(time.DateOnly), n.Step, n.Text, ms(n.EndsAt), ms(n.At)); err != nil {
				return err
			}
		}
		return nil
	})
}

// ListPassedSteps answers the steps of a device that passed at least once since it
// was connected, or connected again. It returns KindNotFound for a device the actor
// does not see.
func (s *Store) ListPassedSteps(ctx context.Context, actor clawback.Actor, deviceID string) ([]clawback.SetupStep, error) {
	var steps []clawback.SetupStep
	err := s.inRead(ctx, func(tx *Tx) error {
		d, err := tx.device(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), deviceID)
		if err != nil {
			return err
		}
		steps, err = all(tx, func(row scanner) (clawback.SetupStep, error) {
			var step clawback.SetupStep
			return step, row.Scan(&step)
		}, `SELECT DISTINCT step FROM check_changes WHERE device_id = ?1 AND organization_id = ?2 AND status = ?3 AND at >= COALESCE((SELECT MAX(at) FROM audit_events
			WHERE subject = ?1 AND organization_id = ?2 AND action = 'device.reconnected'), 0)`, d.ID, d.OrganizationID, clawback.CheckPass)
		return err
	})
	return steps, err
}

func (tx *Tx) setupNotices(d clawback.Device) ([]clawback.SetupNotice, error) {
	return all(tx, scanSetupNotice, `SELECT id, organization_id, device_id, cause, step, text, ends_at, at FROM setup_notices
		WHERE device_id = ? AND organization_id = ? AND at > ? ORDER BY at DESC, id DESC`, d.ID, d.OrganizationID, ms(tx.now.Add(-noticesShown)))
}

func scanSetupNotice(row scanner) (clawback.SetupNotice, error) {
	var n clawback.SetupNotice
	err := row.Scan(&n.ID, &n.OrganizationID, &n.DeviceID, &n.Cause, &n.Step, &n.Text, moment{&n.EndsAt}, moment{&n.At})
	return n, err
}
