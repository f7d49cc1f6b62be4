package purge

import (
	"context"

	"clawback"
)

// RemoveBatch makes a single pass, so that a test may act between two. It answers
// whether anything was due.
func (e *Engine) RemoveBatch(ctx context.Context, remediationID string) (bool, error) {
	return e.batch(ctx, turn{clawback.RemoveJob{}.Kind(), remediationID})
}

// RestoreBatch is RemoveBatch for what is put back.
func (e *Engine) RestoreBatch(ctx context.Context, remediationID string) (bool, error) {
	return e.batch(ctx, turn{clawback.RestoreJob{}.Kind(), remediationID})
}

func (e *Engine) batch(ctx context.Context, t turn) (bool, error) {
	work, err := e.claim(ctx, t)
	if err != nil || work == nil {
		return false, err
	}
	return true, work(ctx)
}
