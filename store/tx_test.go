package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"clawback"
)

func TestTransaction(t *testing.T) {
	b := setup(t)

	t.Run("an error leaves neither the row nor the job", func(t *testing.T) {
		boom := errors.New("boom")
		if err := b.BumpThen(ctx, func() error { return boom }); !errors.Is(err, boom) {
			t.Errorf("error = %v, want boom", err)
		}
		if got := b.Text(t, `SELECT checked_at FROM installation`); got != "0" {
			t.Errorf("checked_at = %s, want 0", got)
		}
		if got := b.jobs(t, "test"); got != "0" {
			t.Errorf("%s jobs, want none", got)
		}
	})

	t.Run("a panic rolls back and frees the writer", func(t *testing.T) {
		func() {
			defer func() { _ = recover() }()
			_ = b.BumpThen(ctx, func() error { panic("boom") })
		}()
		mustDo(t, b.Healthy(ctx))
		if got := b.jobs(t, "test"); got != "0" {
			t.Errorf("%s jobs, want none", got)
		}
	})

	t.Run("a commit keeps both", func(t *testing.T) {
		mustDo(t, b.BumpThen(ctx, func() error { return nil }))
		if got := b.jobs(t, "test"); got != "1" {
			t.Errorf("%s jobs, want one", got)
		}
	})

	t.Run("the reading handle writes nothing", func(t *testing.T) {
		if err := b.WriteOnReader(ctx); err == nil {
			t.Error("a write on the reading handle went through")
		}
	})

	t.Run("reads that fail give their connection back", func(t *testing.T) {
		waiting, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		for range 20 {
			_, err := b.FindOrganization(waiting, clawback.Bot(""), "none")
			wantKind(t, "FindOrganization()", err, clawback.KindNotFound)
		}
	})

	t.Run("a writer that waits in vain is told so", func(t *testing.T) {
		err := b.BumpThen(ctx, func() error {
			waiting, cancel := context.WithTimeout(ctx, 1)
			defer cancel()
			return b.Bump(waiting)
		})
		wantKind(t, "Bump()", err, clawback.KindUnavailable)
	})
}

func TestConcurrentWriters(t *testing.T) {
	b := setup(t)
	const workers, each = 8, 25
	b.Exec(t, `UPDATE installation SET checked_at = 0`)

	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for range each {
				if err := b.Bump(ctx); err != nil {
					t.Errorf("Bump() = %v", err)
				}
				if _, err := b.FindOrganization(ctx, clawback.Bot(""), b.org.ID); err != nil {
					t.Errorf("FindOrganization() = %v", err)
				}
			}
		})
	}
	group.Wait()
	if got := b.Text(t, `SELECT checked_at FROM installation`); got != "200" {
		t.Errorf("%s increments, want 200: some were lost", got)
	}
}
