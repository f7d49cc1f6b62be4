package store

import (
	"context"
	"encoding/json"

	"clawback"
)

// SaveOwnLooks keeps what an actor saw of a device's steps with the own right. It
// returns KindNotFound for a device the actor does not see, and KindForbidden.
func (s *Store) SaveOwnLooks(ctx context.Context, actor clawback.Actor, deviceID string, looks []clawback.OwnLook) error {
	return s.inTx(ctx, func(tx *Tx) error {
		d, err := tx.device(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), deviceID)
		if err != nil {
			return err
		}
		if err := tx.mayConnect(actor, d.OrganizationID, "look with the own right"); err != nil {
			return err
		}
		account, seen := "", map[string]any{}
		for _, look := range looks {
			diagnosis, err := json.Marshal(look.Diagnosis)
			if err != nil {
				return err
			}
			account, seen[string(look.Step)] = look.Account, look.Cause
			if _, err := tx.exec(`INSERT INTO own_looks (device_id, step, organization_id, looked_by_name, account, looked_at, result) VALUES (`+marks(7)+`)
				ON CONFLICT (device_id, step) DO UPDATE SET looked_by_name = excluded.looked_by_name, account = excluded.account,
				looked_at = excluded.looked_at, result = excluded.result`,
				d.ID, look.Step, d.OrganizationID, actor.Name, look.Account, ms(look.At), string(diagnosis)); err != nil {
				return err
			}
		}
		return tx.audit(actor, auditEvent{OrganizationID: d.OrganizationID, Action: "setup.looked", Subject: d.ID, SubjectName: d.Name,
			After: map[string]any{"account": account, "seen": seen}})
	})
}

func (tx *Tx) ownLooks(d clawback.Device) ([]clawback.OwnLook, error) {
	return all(tx, func(row scanner) (clawback.OwnLook, error) {
		var l clawback.OwnLook
		err := row.Scan(&l.Step, &l.By, &l.Account, moment{&l.At}, jsonText{&l.Diagnosis})
		return l, err
	}, `SELECT step, looked_by_name, account, looked_at, result FROM own_looks WHERE device_id = ? AND organization_id = ?`, d.ID, d.OrganizationID)
}
