package purge

import (
	"context"
	"testing"
)

func TestATenantsPlacesAreItsOwnAndLimited(t *testing.T) {
	var w wires
	ctx := context.Background()
	var back []func()
	for range batchesPerTenant {
		giveBack, err := w.take(ctx, "one")
		if err != nil {
			t.Fatal(err)
		}
		back = append(back, giveBack)
	}
	if _, err := w.take(ctx, "other"); err != nil {
		t.Errorf("another tenant waits: %v", err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := w.take(ended, "one"); err == nil {
		t.Error("one batch more is in flight than may be")
	}
	back[0]()
	if _, err := w.take(ctx, "one"); err != nil {
		t.Errorf("a place that was given back is not there: %v", err)
	}
}
