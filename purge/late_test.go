package purge_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"clawback"
)

// TestALateCopyOpensTheActionAgain delivers the email once more to a protected
// mailbox whose action is done, and to one that was cleaned.
func TestALateCopyOpensTheActionAgain(t *testing.T) {
	b := setup(t)
	ctx := context.Background()
	id, address, _ := b.leftAlone()
	action := b.actions()[0]
	_, err := b.store.CompleteAction(ctx, b.customer(clawback.RoleAdmin), action.ID, "deleted by hand")
	b.must(err)
	look := func() {
		b.t.Helper()
		b.clock.Advance(11 * time.Minute)
		b.must(b.engine.Trace(ctx, id))
		b.work(id)
	}
	look()
	if a := b.actions()[0]; a.Status != clawback.ActionCompleted {
		t.Fatalf("without a late copy: %s", a.Status)
	}

	b.deliver(sender, subject, b.users[0], address)
	look()
	found, err := b.store.FindAction(ctx, admin, action.ID)
	b.must(err)
	if found.Status != clawback.ActionOpen || found.MailboxCount != 1 || len(found.Comments) != 1 ||
		!strings.Contains(found.Comments[0].Text, "delivered once more to "+address) || !strings.Contains(found.Comments[0].Text, "deleted by hand") {
		t.Errorf("opened again: %s, %+v", found.Status, found.Comments)
	}
	b.untouched(address)
	b.expect(id, b.users[0], clawback.OutcomeRemoved, clawback.ReasonNone)
	b.lies(b.users[0], clawback.RecoverableItems, clawback.RecoverableItems)
	if r := b.records(id)[b.users[0]]; !r.Late || len(r.Copies) != 2 {
		t.Errorf("the late copy: %v, %d copies", r.Late, len(r.Copies))
	}
	look()
	if n := b.changes(b.users[0]); n != 2 {
		t.Errorf("%d changing requests, want one a copy", n)
	}
}
