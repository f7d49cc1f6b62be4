package store

import (
	"context"
	"time"

	"clawback"
)

// TakeTraceRequest takes one of the tenant's requests for message traces, of
// which clawback.TraceBudget go out in clawback.TraceQuotaWindow. Where they are
// used up it takes none and answers how long to wait: a trace that has not begun
// until there are clawback.TraceHeadroom of them, one that was cut short until all
// are free, for it begins anew.
func (s *Store) TakeTraceRequest(ctx context.Context, tenantID string, begun bool) (time.Duration, error) {
	var wait time.Duration
	err := s.inTx(ctx, func(tx *Tx) error {
		begin := tx.now.Add(-clawback.TraceQuotaWindow)
		if _, err := tx.exec(`DELETE FROM trace_requests WHERE tenant_id = ? AND at <= ?`, tenantID, ms(begin)); err != nil {
			return err
		}
		used, err := all(tx, scanMoment, `SELECT at FROM trace_requests WHERE tenant_id = ? ORDER BY at`, tenantID)
		if err != nil {
			return err
		}
		switch enough := clawback.TraceBudget - clawback.TraceHeadroom; {
		case begun && len(used) >= clawback.TraceBudget:
			wait = used[len(used)-1].Sub(begin)
			return nil
		case !begun && len(used) > enough:
			wait = used[len(used)-1-enough].Sub(begin)
			return nil
		}
		_, err = tx.exec(`INSERT INTO trace_requests (tenant_id, at) VALUES (?, ?)`, tenantID, ms(tx.now))
		return err
	})
	return wait, err
}

func scanMoment(row scanner) (time.Time, error) {
	var at time.Time
	err := row.Scan(moment{&at})
	return at, err
}
