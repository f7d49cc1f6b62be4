package store_test

import (
	"testing"
	"time"

	"clawback"
	"clawback/store/storetest"
)

// TestAnOlderLookUpReplacesNoNewerOne saves a trace that took longer than a
// worker's own look-up.
func TestAnOlderLookUpReplacesNoNewerOne(t *testing.T) {
	b := setup(t)
	soc := storetest.SOCAnalyst()
	r := b.running(t, soc, "joe@customer.example")
	late := b.known(t, soc, r.ID)
	b.clock.Advance(time.Minute)
	claim := must(b.ClaimRecords(ctx, r.ID))(t)
	mailbox := claim.Records[0].Mailbox
	mailbox.Addresses, mailbox.LookedUpAt = append(mailbox.Addresses, "phish@customer.example"), b.clock.Now()
	must(b.CommitIntents(ctx, claim, []clawback.Finding{{RecordID: claim.Records[0].ID, Fence: claim.Records[0].Fence, Mailbox: mailbox, Park: time.Second}}))(t)

	mustDo(t, b.SaveTrace(ctx, r.ID, clawback.TraceFinding{Targets: r.Targets, Recipients: 1, Mailboxes: late}))
	if got := b.records(t, soc, r.ID)[0].Mailbox; !got.Has("phish@customer.example") || !got.LookedUpAt.Equal(b.clock.Now()) {
		t.Errorf("mailbox %+v", got)
	}
}

// TestAnAddressThatTheDirectoryLearnsKeepsItsRecord traces an address before and
// after it has a mailbox.
func TestAnAddressThatTheDirectoryLearnsKeepsItsRecord(t *testing.T) {
	b := setup(t)
	soc := storetest.SOCAnalyst()
	r := b.running(t, soc)
	unknown := b.traced("new@customer.example")
	known := unknown
	unknown.Mailbox = clawback.Mailbox{Address: "new@customer.example", Kind: clawback.MailboxUnknown}
	unknown.Outcome, unknown.Reason = clawback.OutcomeUnreachable, clawback.ReasonUnknownAddress
	for _, m := range []clawback.TracedMailbox{unknown, known} {
		mustDo(t, b.SaveTrace(ctx, r.ID, clawback.TraceFinding{Targets: r.Targets, Recipients: 1, Mailboxes: []clawback.TracedMailbox{m}}))
	}
	records := b.records(t, soc, r.ID)
	if len(records) != 1 || records[0].Mailbox.ID != known.Mailbox.ID || records[0].State != clawback.RecordNew || records[0].DueAt.IsZero() {
		t.Errorf("records %+v", records)
	}
	if claim := must(b.ClaimRecords(ctx, r.ID))(t); len(claim.Records) != 1 {
		t.Errorf("claimed %d", len(claim.Records))
	}
}

// TestALookIsCountedOnce lets the queue run the job of a look twice.
func TestALookIsCountedOnce(t *testing.T) {
	b := setup(t)
	soc := storetest.SOCAnalyst()
	r := b.running(t, soc, "joe@customer.example")
	b.Exec(t, `UPDATE records SET state = 'done', outcome = 'not_found'`)
	b.Exec(t, `UPDATE remediations SET phase = 'watching', next_look_at = 5`)
	for range 2 {
		mustDo(t, b.SaveTrace(ctx, r.ID, clawback.TraceFinding{Targets: r.Targets, Recipients: 1, Mailboxes: b.known(t, soc, r.ID)}))
	}
	if got := must(b.FindRemediation(ctx, soc, r.ID))(t); got.Looks != 1 {
		t.Errorf("%d looks", got.Looks)
	}
}

// TestALateAnswerChangesNothing closes an intent that was looked up meanwhile.
func TestALateAnswerChangesNothing(t *testing.T) {
	b := setup(t)
	soc := storetest.SOCAnalyst()
	r := b.running(t, soc, "joe@customer.example")
	claim := must(b.ClaimRecords(ctx, r.ID))(t)
	record := claim.Records[0]
	intents := must(b.CommitIntents(ctx, claim, []clawback.Finding{{RecordID: record.ID, Fence: record.Fence, Matched: []bool{true},
		Copies: []clawback.FoundCopy{{ImmutableID: "i", MessageID: "m", Sender: "s"}}, Answer: clawback.Answer{Kind: clawback.AnswerOK}}}))(t)
	b.clock.Advance(5 * time.Minute)
	second := must(b.ClaimRecords(ctx, r.ID))(t)
	mustDo(t, b.SaveVerifications(ctx, second, []clawback.Verification{{RecordID: record.ID, Fence: second.Records[0].Fence,
		Copies: []clawback.CopyVerdict{{CopyID: intents[0].CopyID, Outcome: clawback.OutcomeRemoved}}}}))
	mustDo(t, b.CloseIntents(ctx, claim, []clawback.IntentResult{{Intent: intents[0], Answer: clawback.Answer{Kind: clawback.AnswerThrottled, Status: 429}}}))
	got := b.records(t, soc, r.ID)[0]
	if got.Outcome != clawback.OutcomeRemoved || got.Copies[0].SentAt.IsZero() || got.Copies[0].Status != 0 {
		t.Errorf("record %+v", got)
	}
}

// TestARestartTracesAnewWhatWaitsForATrace restarts while known mailboxes are
// cleaned without one.
func TestARestartTracesAnewWhatWaitsForATrace(t *testing.T) {
	b := setup(t)
	soc := storetest.SOCAnalyst()
	r := b.draft(t, soc, "joe@customer.example")
	must(b.StartRemediation(ctx, soc, r.ID, 0, "phish", ""))(t)
	mustDo(t, b.BlockRemediation(ctx, r.ID, clawback.BlockedTrace, "down"))
	if got := must(b.FindRemediation(ctx, soc, r.ID))(t); got.Status != clawback.StatusBlocked || got.Phase != clawback.PhaseRemoving {
		t.Fatalf("status %s, phase %s", got.Status, got.Phase)
	}
	b.Exec(t, `DELETE FROM river_job`)
	must(b.Recover(ctx))(t)
	if got := b.jobs(t, "trace"); got != "1" {
		t.Errorf("%s trace jobs, want one", got)
	}
}
