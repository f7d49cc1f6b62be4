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
		if wait, err := s.TakeTraceRequest(t.Context(), tenant, false); err != nil || wait != want {
			t.Fatalf("wait %v, %v, want %v", wait, err, want)
		}
	}
	goOn := func(want time.Duration) {
		t.Helper()
		if wait, err := s.TakeTraceRequest(t.Context(), "one", true); err != nil || wait != want {
			t.Fatalf("a trace that has begun: wait %v, %v, want %v", wait, err, want)
		}
	}
	take("one", 0)
	clock.Advance(time.Minute)
	for range clawback.TraceBudget - clawback.TraceHeadroom {
		take("one", 0)
	}
	take("one", 4*time.Minute) // a new trace would not come to its end
	for range clawback.TraceHeadroom - 1 {
		goOn(0)
	}
	goOn(5 * time.Minute) // one that was cut short begins anew, with all of it
	take("other", 0)      // Microsoft counts by tenant

	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = store.Open(t.Context(), cfg); err != nil { // a restart forgets nothing
		t.Fatal(err)
	}
	defer s.Close()
	clock.Advance(5*time.Minute - time.Millisecond)
	take("one", time.Millisecond)
	goOn(0) // the very first is out of the window
	clock.Advance(time.Millisecond)
	take("one", 0)
}
