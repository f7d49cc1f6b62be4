package store

import (
	"context"
	"slices"

	"clawback"
)

// SaveGrants keeps what a device's app is granted, if it is another than before,
// with what was added and what was taken away. It returns KindNotFound for a
// device the actor does not see.
func (s *Store) SaveGrants(ctx context.Context, actor clawback.Actor, deviceID string, granted []string) error {
	return s.inTx(ctx, func(tx *Tx) error {
		d, err := tx.device(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), deviceID)
		if err != nil {
			return err
		}
		if d.Disconnected() {
			return nil // it was while the check was under way
		}
		if err := tx.proveConsents(d, granted); err != nil {
			return err
		}
		last, err := tx.grantChanges(d, 1)
		same := err == nil && len(last) > 0 && last[0].ClientID == d.ClientID
		if err != nil || same && slices.Equal(last[0].Granted, granted) {
			return err
		}
		change := clawback.GrantChange{ClientID: d.ClientID, Granted: granted, Added: granted}
		if same {
			change.Added, change.Removed = without(granted, last[0].Granted), without(last[0].Granted, granted)
		}
		return tx.insertGrants(actor, d, change)
	})
}

func (tx *Tx) insertGrants(actor clawback.Actor, d clawback.Device, change clawback.GrantChange) error {
	if _, err := tx.exec(`INSERT INTO grant_changes (id, organization_id, device_id, at, checked_by, client_id, granted, added, removed) VALUES (`+marks(9)+`)`,
		newID(), d.OrganizationID, d.ID, ms(tx.now), actor.Name, change.ClientID, jsonOf(change.Granted), jsonOf(change.Added), jsonOf(change.Removed)); err != nil {
		return err
	}
	return tx.audit(actor, auditEvent{OrganizationID: d.OrganizationID, Action: "device.grants_changed", Subject: d.ID, SubjectName: d.Name,
		After: map[string]any{"added": change.Added, "removed": change.Removed}})
}

func (tx *Tx) grantChanges(d clawback.Device, most int) ([]clawback.GrantChange, error) {
	return all(tx, scanGrantChange, `SELECT at, checked_by, client_id, granted, added, removed FROM grant_changes
		WHERE device_id = ? AND organization_id = ? ORDER BY at DESC, id DESC LIMIT ?`, d.ID, d.OrganizationID, most)
}

func scanGrantChange(row scanner) (clawback.GrantChange, error) {
	var g clawback.GrantChange
	err := row.Scan(moment{&g.At}, &g.By, &g.ClientID, jsonText{&g.Granted}, jsonText{&g.Added}, jsonText{&g.Removed})
	return g, err
}
