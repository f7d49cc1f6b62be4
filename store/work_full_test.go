package store_test

import (
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/store/storetest"
)

// TestAFullDiskLeavesNothingHalf lets SQLITE_FULL come at an intent, and at the answer to it.
func TestAFullDiskLeavesNothingHalf(t *testing.T) {
	b := setup(t)
	r := b.running(t, storetest.SOCAnalyst(), "joe@customer.example")
	claim := must(b.ClaimRecords(ctx, r.ID))(t)
	record, long := claim.Records[0], strings.Repeat("a long answer ", 20_000)
	finding := clawback.Finding{RecordID: record.ID, Fence: record.Fence, Mailbox: record.Mailbox, Matched: []bool{true},
		Answer: clawback.Answer{Kind: clawback.AnswerOK}, Copies: []clawback.FoundCopy{{ImmutableID: "i1", MessageID: r.Targets[0].MessageID, Subject: long}}}
	full := func() { b.Exec(t, "PRAGMA max_page_count = "+b.Text(t, "PRAGMA page_count")) }
	space := func() { b.Exec(t, "PRAGMA max_page_count = 1000000") }

	full()
	intents, err := b.CommitIntents(ctx, claim, []clawback.Finding{finding})
	wantKind(t, "an intent on a full disk", err, clawback.KindUnavailable)
	if n := b.Text(t, "SELECT COUNT(*) FROM intents"); len(intents) != 0 || n != "0" || !strings.Contains(clawback.MessageOf(err), "Make space") {
		t.Fatalf("%d intents, %s recorded, %v", len(intents), n, err)
	}
	space()
	intents = must(b.CommitIntents(ctx, claim, []clawback.Finding{finding}))(t)
	if len(intents) != 1 {
		t.Fatalf("%d intents with space", len(intents))
	}

	full()
	results := []clawback.IntentResult{{Intent: intents[0], Answer: clawback.Answer{Kind: clawback.AnswerOK, Status: 201, Message: long, At: b.clock.Now()}}}
	wantKind(t, "a result on a full disk", b.CloseIntents(ctx, claim, results), clawback.KindUnavailable)
	if n := b.Text(t, "SELECT COUNT(*) FROM intents WHERE closed_at = 0"); n != "1" {
		t.Errorf("%s open intents, want the one whose result could not be kept", n)
	}
	space()
	b.clock.Advance(2 * time.Minute)
	if freed := must(b.Reconcile(ctx))(t); freed != 1 {
		t.Errorf("freed %d", freed)
	}
	again := must(b.ClaimRecords(ctx, r.ID))(t)
	if len(again.Records) != 1 || !again.Records[0].LookOnly {
		t.Errorf("taken up as %+v, want it to be looked at only", again.Records)
	}
}
