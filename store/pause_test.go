package store_test

import (
	"context"
	"testing"
	"time"

	"clawback/store/storetest"
)

func TestPausesAreKeptUntilTheyAreOver(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	s := storetest.Open(t, storetest.WithClock(clock))
	ctx, start := context.Background(), clock.Now()
	save := func(scope string, wait time.Duration) {
		t.Helper()
		if err := s.SavePauses(ctx, map[string]time.Time{scope: start.Add(wait)}); err != nil {
			t.Fatal(err)
		}
	}
	save("t1 trace", time.Minute)
	save("t1 trace", 30*time.Second) // the longer stays
	save("t1 m1", 10*time.Second)
	for _, tt := range []struct {
		later time.Duration
		left  int
	}{{0, 2}, {11 * time.Second, 1}, {48 * time.Second, 1}, {2 * time.Second, 0}} {
		clock.Advance(tt.later)
		until, err := s.ListPauses(ctx)
		if err != nil || len(until) != tt.left {
			t.Errorf("%v later: %v, %v", tt.later, until, err)
		}
		if at, ok := until["t1 trace"]; ok && at.Before(start.Add(time.Minute)) {
			t.Errorf("the trace waits until %v only", at)
		}
	}
}
