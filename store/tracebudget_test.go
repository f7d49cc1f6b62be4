package store_test

import (
	"testing"
	"time"

	"clawback"
	"clawback/store"
	"clawback/store/storetest"
)

func TestTakeTraceRequest(t *testing.T) {
	clock := storetest.NewClock(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	cfg := storetest.Config(t, storetest.WithClock(clock))
	s, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	take := func(tenant string, want time.Duration) {
		t.Helper()
		if wait, err := s.TakeTraceRequest(t.Context(), tenant); err != nil || wait != want {
			t.Fatalf("wait %v, %v, want %v", wait, err, want)
		}
	}
	take("one", 0)
	clock.Advance(time.Minute)
	for range clawback.TraceBudget - 1 {
		take("one", 0)
	}
	take("one", 4*time.Minute)
	take("other", 0) // Microsoft counts by tenant

	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = store.Open(t.Context(), cfg); err != nil { // a restart forgets nothing
		t.Fatal(err)
	}
	defer s.Close()
	clock.Advance(4*time.Minute - time.Millisecond)
	take("one", time.Millisecond)
	clock.Advance(time.Millisecond)
	take("one", 0) // the first is out of the window, the others are not
	take("one", time.Minute)
}
