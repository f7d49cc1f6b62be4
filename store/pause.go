package store

import (
	"context"
	"time"
)

// ListPauses answers until when Microsoft wants no more requests, by what is
// throttled together.
func (s *Store) ListPauses(ctx context.Context) (map[string]time.Time, error) {
	type pause struct {
		scope string
		until time.Time
	}
	scan := func(row scanner) (pause, error) {
		var p pause
		err := row.Scan(&p.scope, moment{&p.until})
		return p, err
	}
	until := map[string]time.Time{}
	err := s.inRead(ctx, func(tx *Tx) error {
		pauses, err := all(tx, scan, `SELECT scope, until FROM pauses WHERE until > ?`, ms(tx.now))
		for _, p := range pauses {
			until[p.scope] = p.until
		}
		return err
	})
	return until, err
}

// SavePauses keeps pauses, the longer where there is one already, and forgets
// those that are over.
func (s *Store) SavePauses(ctx context.Context, until map[string]time.Time) error {
	return s.inTx(ctx, func(tx *Tx) error {
		if _, err := tx.exec(`DELETE FROM pauses WHERE until <= ?`, ms(tx.now)); err != nil {
			return err
		}
		for scope, at := range until {
			// The whole milliseconds that are kept must not end before the pause does.
			_, err := tx.exec(`INSERT INTO pauses (scope, until) VALUES (?, ?)
				ON CONFLICT (scope) DO UPDATE SET until = excluded.until WHERE excluded.until > pauses.until`, scope, ms(at.Add(time.Millisecond)))
			if err != nil {
				return err
			}
		}
		return nil
	})
}
