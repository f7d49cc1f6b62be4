package purge

import (
	"context"
	"sync"
)

// batchesPerTenant is how many batches may be in flight for one tenant: Microsoft
// runs four requests of a batch at a time
// (https://learn.microsoft.com/graph/json-batching), which makes 64 of them.
const batchesPerTenant = 16

// wires hold the places of batches in flight, by tenant.
type wires struct {
	mu     sync.Mutex
	places map[string]chan struct{}
}

// take waits for a place and answers how to give it back.
func (w *wires) take(ctx context.Context, tenantID string) (giveBack func(), err error) {
	places := w.of(tenantID)
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (w *wires) of(tenantID string) chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.places == nil {
		w.places = map[string]chan struct{}{}
	}
	if w.places[tenantID] == nil {
		w.places[tenantID] = make(chan struct{}, batchesPerTenant)
	}
	return w.places[tenantID]
}
