package purge_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"clawback"
	"clawback/purge"
	"clawback/store/storetest"
)

// unwritable is a store whose writes fail from the nth on, until there is space again.
type unwritable struct {
	purge.Store
	left atomic.Int64 // writes that still succeed
}

var errFull = errors.New("database or disk is full")

func (u *unwritable) write() error {
	if u.left.Add(-1) < 0 {
		return errFull
	}
	return nil
}

func (u *unwritable) ClaimRecords(ctx context.Context, id string) (clawback.Claim, error) {
	if err := u.write(); err != nil {
		return clawback.Claim{}, err
	}
	return u.Store.ClaimRecords(ctx, id)
}

func (u *unwritable) CommitIntents(ctx context.Context, claim clawback.Claim, findings []clawback.Finding) ([]clawback.Intent, error) {
	if err := u.write(); err != nil {
		return nil, err
	}
	return u.Store.CommitIntents(ctx, claim, findings)
}

func (u *unwritable) CloseIntents(ctx context.Context, claim clawback.Claim, results []clawback.IntentResult) error {
	if err := u.write(); err != nil {
		return err
	}
	return u.Store.CloseIntents(ctx, claim, results)
}

func (u *unwritable) SaveVerifications(ctx context.Context, claim clawback.Claim, verifications []clawback.Verification) error {
	if err := u.write(); err != nil {
		return err
	}
	return u.Store.SaveVerifications(ctx, claim, verifications)
}

// TestADiskThatIsFullAtAnyMoment lets every write fail from some moment on: nothing is removed of which no intent is recorded,
// and when there is space again each mailbox is cleaned once, without a restart.
func TestADiskThatIsFullAtAnyMoment(t *testing.T) {
	for writes := range 5 {
		t.Run(fmt.Sprint("after ", writes, " writes"), func(t *testing.T) {
			b := setup(t)
			ctx := context.Background()
			b.deliver(sender, subject, b.users[:3]...)
			id := b.start()
			full := &unwritable{Store: b.store}
			full.left.Store(int64(writes))
			b.engine = purge.New(purge.Config{Store: full, Microsoft: b.graph, Now: b.clock.Now})
			if err := b.engine.Remove(ctx, id); err == nil {
				t.Fatal("worked without a database")
			}
			for _, user := range b.users[:3] {
				state := b.records(id)[user].State
				announced := state == clawback.RecordRemoving || state == clawback.RecordVerifying
				if n := b.changes(user); n > 1 || n == 1 && !announced || writes < 2 && n > 0 {
					t.Errorf("%s: %d changing requests, announced: %v", user, n, announced)
				}
			}

			full.left.Store(1 << 20)
			b.clock.Advance(2 * time.Minute) // the leases end
			_, err := b.store.Reconcile(ctx)
			b.must(err)
			b.workFor(id, 5*time.Second, 3)
			b.once(id, b.users[:3]...)
		})
	}
}

// once says that each mailbox is clean and was asked once to change.
func (b *bench) once(id string, users ...string) {
	b.t.Helper()
	for _, user := range users {
		b.expect(id, user, clawback.OutcomeRemoved, clawback.ReasonNone)
		if n := b.changes(user); n != 1 {
			b.t.Errorf("%s: %d changing requests, want 1", user, n)
		}
	}
}

// TestWithoutTheAuditTrailNothingIsRemoved lets the trail refuse its events.
func TestWithoutTheAuditTrailNothingIsRemoved(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[:3]...)
	id := b.start()
	storetest.Exec(t, b.config.Path, `CREATE TRIGGER no_audit BEFORE INSERT ON audit_events BEGIN SELECT RAISE(ABORT, 'the trail is full'); END`)
	if err := b.engine.Remove(context.Background(), id); err == nil {
		t.Error("worked without an audit trail")
	}
	for _, user := range b.users[:3] {
		b.untouched(user)
	}
	storetest.Exec(t, b.config.Path, `DROP TRIGGER no_audit`)
	b.clock.Advance(2 * time.Minute)
	_, err := b.store.Reconcile(context.Background())
	b.must(err)
	b.workFor(id, 5*time.Second, 2)
	b.once(id, b.users[:3]...)
}

// TestTwoWorkersOnOneDatabase lets two engines work on the same mailboxes at once.
func TestTwoWorkersOnOneDatabase(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, append([]string{b.tenant.QuarantineAddress}, b.users[:25]...)...)
	id := b.start()
	other := purge.New(purge.Config{Store: b.store, Microsoft: b.graph, Now: b.clock.Now})
	var both sync.WaitGroup
	for _, engine := range []*purge.Engine{b.engine, other} {
		both.Go(func() {
			if err := engine.Remove(context.Background(), id); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	b.workFor(id, 5*time.Second, 2)
	b.once(id, b.users[:25]...)
	b.untouched(b.tenant.QuarantineAddress)
}

// TestAWorkerThatStoodStill holds a worker between its look and its intent, and between its intent and the wire, for longer
// than its lease: another takes the mailbox over, and the first removes nothing when it goes on.
func TestAWorkerThatStoodStill(t *testing.T) {
	for name, at := range map[string]func(func()) faulty{
		"before its intent": func(still func()) faulty { return faulty{beforeFind: still} },
		"after its intent": func(still func()) faulty {
			return faulty{beforeMove: func() error { still(); return nil }}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			ctx := context.Background()
			b.deliver(sender, subject, b.users[:3]...)
			id := b.start()
			another := purge.New(purge.Config{Store: b.store, Microsoft: b.graph, Now: b.clock.Now})
			b.inject(at(once(func() {
				b.clock.Advance(2 * time.Minute)
				if freed, err := b.store.Reconcile(ctx); err != nil || freed != 3 {
					t.Errorf("freed %d, %v", freed, err)
				}
				b.must(another.Remove(ctx, id))
				b.clock.Advance(2 * time.Second)
				b.must(another.Remove(ctx, id))
			})))
			if err := b.engine.Remove(ctx, id); err != nil {
				t.Errorf("the first: %v", err)
			}
			b.workFor(id, 5*time.Second, 3)
			b.once(id, b.users[:3]...)
		})
	}
}

// TestAClockThatJumps sets the clock forward and back between the trace, the look and the removal.
func TestAClockThatJumps(t *testing.T) {
	for _, jump := range []time.Duration{time.Hour, -time.Hour, 9 * 24 * time.Hour, -10 * time.Minute} {
		for name, at := range map[string]func(func()) faulty{
			"before the look":    func(j func()) faulty { return faulty{beforeFind: j} },
			"before the removal": func(j func()) faulty { return faulty{beforeMove: func() error { j(); return nil }} },
			"after the removal":  func(j func()) faulty { return faulty{afterMove: func() error { j(); return nil }} },
		} {
			t.Run(fmt.Sprint(jump, " ", name), func(t *testing.T) {
				b := setup(t)
				ctx := context.Background()
				b.deliver(sender, subject, b.users[0], b.tenant.QuarantineAddress)
				id := b.start()
				b.inject(at(once(func() { b.clock.Advance(jump) })))
				_ = b.engine.Remove(ctx, id)
				b.inject(faulty{})
				for range 8 {
					_, err := b.store.Reconcile(ctx)
					b.must(err)
					b.work(id)
					b.clock.Advance(15 * time.Minute)
				}
				b.work(id)
				b.once(id, b.users[0])
				b.untouched(b.tenant.QuarantineAddress)
			})
		}
	}
}
