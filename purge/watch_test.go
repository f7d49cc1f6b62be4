package purge_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"clawback"
)

// watch lets the next look of the watch come, and works on what it finds.
func (b *bench) watch(id string) {
	b.t.Helper()
	b.clock.Advance(b.remediation(id).NextLookAt.Sub(b.clock.Now()))
	b.must(b.engine.Trace(context.Background(), id))
	b.work(id)
}

// TestTheWatchLooksIntoCleanMailboxesAgain lets the email come back where it was removed: once more from its sender, and
// recovered by its reader, which no trace tells.
func TestTheWatchLooksIntoCleanMailboxesAgain(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[:3]...)
	id := b.start()
	b.work(id)
	b.deliver(sender, subject, b.users[0])
	record := b.records(id)[b.users[1]]
	claim, err := b.store.FindWork(context.Background(), id)
	b.must(err)
	_, err = b.graph.MoveCopies(context.Background(), claim.Connections[0], b.clock.Now().Add(time.Second), []clawback.MoveRequest{{
		MailboxID: record.Mailbox.ID, ImmutableID: record.Copies[0].ImmutableID, Source: clawback.RecoverableItems, Destination: clawback.InboxFolder,
	}})
	b.must(err)

	b.watch(id)
	for i, user := range b.users[:3] {
		b.expect(id, user, clawback.OutcomeRemoved, clawback.ReasonNone)
		if folders := b.folders(user); slices.ContainsFunc(folders, func(f string) bool { return f != clawback.RecoverableItems }) {
			t.Errorf("%s: copies lie in %v", user, folders)
		}
		if late := b.records(id)[user].Late; late != (i < 2) {
			t.Errorf("%s: late %v", user, late)
		}
	}
}

// TestAWatchThatCanNotLookTakesNothingBack lets a clean mailbox give no list.
func TestAWatchThatCanNotLookTakesNothingBack(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0])
	id := b.start()
	b.work(id)
	for _, fault := range []string{`"status":503`, `"status":403`} {
		b.faults(`{"route":"GET /users/{user}/messages",` + fault + `}`)
		b.watch(id)
		b.expect(id, b.users[0], clawback.OutcomeRemoved, clawback.ReasonNone)
		if r := b.remediation(id); r.Counts.Open != 0 {
			t.Errorf("%s: open %d", fault, r.Counts.Open)
		}
		b.faults("")
		b.workFor(id, time.Minute, 3)
	}
}
