package purge_test

import (
	"context"
	"strings"
	"testing"
)

// TestAMailboxThatWaitsSaysForWhat parks before anything was sent: there is nothing yet of which a proof could be missing.
func TestAMailboxThatWaitsSaysForWhat(t *testing.T) {
	b := setup(t)
	id := b.traced()
	b.faults(`{` + list + `,"status":503,"count":1}`)
	b.work(id)
	story, err := b.store.ListTimeline(context.Background(), admin, b.records(id)[b.users[0]].ID)
	b.must(err)
	if told := story[len(story)-1].Text; !strings.HasPrefix(told, "Microsoft did not answer. Next try in ") {
		t.Errorf("the record says %q", told)
	}
}
