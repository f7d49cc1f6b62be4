package purge_test

import (
	"context"
	"errors"
	"time"

	"clawback"
	"clawback/purge"
)

// faulty stands between the engine and the real client to inject what the
// simulator can't: what happens between two of the engine's own steps.
type faulty struct {
	purge.Microsoft
	beforeFind func()
	beforeMove func() error
	afterMove  func() error
	trace      func([]clawback.TraceRow) []clawback.TraceRow
	query      func(clawback.TraceQuery)
}

func (f faulty) TraceMessage(ctx context.Context, conn clawback.Connection, query clawback.TraceQuery) (clawback.TraceResult, error) {
	if f.query != nil {
		f.query(query)
	}
	result, err := f.Microsoft.TraceMessage(ctx, conn, query)
	if f.trace != nil {
		result.Rows = f.trace(result.Rows)
	}
	return result, err
}

func (f faulty) FindCopies(ctx context.Context, conn clawback.Connection, requests []clawback.FindRequest) ([]clawback.FindAnswer, error) {
	if f.beforeFind != nil {
		f.beforeFind()
	}
	return f.Microsoft.FindCopies(ctx, conn, requests)
}

func (f faulty) MoveCopies(ctx context.Context, conn clawback.Connection, sendBy time.Time, requests []clawback.MoveRequest) ([]clawback.Answer, error) {
	if f.beforeMove != nil {
		if err := f.beforeMove(); err != nil {
			return nil, err
		}
	}
	answers, err := f.Microsoft.MoveCopies(ctx, conn, sendBy, requests)
	if f.afterMove != nil {
		err = errors.Join(err, f.afterMove())
	}
	return answers, err
}

// with puts something between the engine and the real client.
func (b *bench) with(m purge.Microsoft) {
	b.engine = purge.New(purge.Config{Store: b.store, Microsoft: m, Now: b.clock.Now, Wait: b.wait})
}

func (b *bench) inject(f faulty) {
	f.Microsoft = b.graph
	b.engine = purge.New(purge.Config{Store: b.store, Microsoft: f, Now: b.clock.Now, Wait: b.wait})
}
