package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"clawback"
)

// BeginCheckRun notes that all checks of a device begin. With a rest it answers
// false while a run is under way or the last check is not older: however many
// pages are open, Microsoft is asked no more often. It returns KindNotFound for a
// device the actor does not see.
func (s *Store) BeginCheckRun(ctx context.Context, actor clawback.Actor, deviceID string, rest time.Duration) (clawback.CheckRun, bool, error) {
	run := clawback.CheckRun{ID: newID(), DeviceID: deviceID, StartedBy: actor.Name}
	begun := false
	err := s.inTx(ctx, func(tx *Tx) error {
		d, err := tx.device(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), deviceID)
		if err != nil {
			return err
		}
		run.StartedAt = tx.now
		if rest > 0 {
			rests, err := tx.rests(d, rest)
			if err != nil || rests {
				return err
			}
		}
		begun = true
		_, err = tx.exec(`INSERT INTO check_runs (device_id, id, organization_id, started_by, started_at) VALUES (`+marks(5)+`)
			ON CONFLICT (device_id) DO UPDATE SET id = excluded.id, started_by = excluded.started_by, started_at = excluded.started_at, finished_at = 0, layers = '{}'`,
			d.ID, run.ID, d.OrganizationID, run.StartedBy, ms(run.StartedAt))
		return err
	})
	return run, begun && err == nil, err
}

func (tx *Tx) rests(d clawback.Device, rest time.Duration) (bool, error) {
	last, err := tx.checkRun(d)
	if err != nil || last.Running(tx.now) {
		return true, err
	}
	n, err := tx.count(`SELECT COUNT(*) FROM check_results WHERE device_id = ? AND organization_id = ? AND checked_at > ?`,
		d.ID, d.OrganizationID, ms(tx.now.Add(-rest)))
	return n > 0 || tx.now.Sub(last.StartedAt) < rest, err
}

// SaveCheckLayers keeps what a run has found so far; of one that another has
// followed, nothing.
func (s *Store) SaveCheckLayers(ctx context.Context, run clawback.CheckRun, layers map[clawback.SetupStep][]clawback.LayerResult) error {
	content, err := json.Marshal(layers)
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`UPDATE check_runs SET layers = ? WHERE device_id = ? AND id = ?`, string(content), run.DeviceID, run.ID)
		return err
	})
}

// FinishCheckRun notes that a run is over, however it went.
func (s *Store) FinishCheckRun(ctx context.Context, run clawback.CheckRun) error {
	return s.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`UPDATE check_runs SET finished_at = ?, layers = '{}' WHERE device_id = ? AND id = ?`, ms(tx.now), run.DeviceID, run.ID)
		return err
	})
}

// checkRun answers a device's last run, the zero one where there was none.
func (tx *Tx) checkRun(d clawback.Device) (clawback.CheckRun, error) {
	var r clawback.CheckRun
	err := tx.queryRow(`SELECT id, device_id, started_by, started_at, finished_at, layers FROM check_runs WHERE device_id = ? AND organization_id = ?`,
		d.ID, d.OrganizationID).Scan(&r.ID, &r.DeviceID, &r.StartedBy, moment{&r.StartedAt}, moment{&r.FinishedAt}, jsonText{&r.Layers})
	if errors.Is(err, sql.ErrNoRows) {
		return r, nil
	}
	return r, err
}
