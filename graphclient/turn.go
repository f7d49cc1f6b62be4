package graphclient

import (
	"context"
	"sync"
)

// turns lets one trace of a tenant ask at a time. Several at once would use the
// tenant's budget up between them, each before its last page, and none would end.
type turns struct {
	mu       sync.Mutex
	ofTenant map[string]chan struct{}
}

// take waits for the tenant's turn; giveBack ends it. It returns the context's error.
func (t *turns) take(ctx context.Context, tenantID string) (giveBack func(), err error) {
	t.mu.Lock()
	if t.ofTenant == nil {
		t.ofTenant = map[string]chan struct{}{}
	}
	turn, ok := t.ofTenant[tenantID]
	if !ok {
		turn = make(chan struct{}, 1)
		t.ofTenant[tenantID] = turn
	}
	t.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
