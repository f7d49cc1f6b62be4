package purge_test

import (
	"bytes"
	"context"
	"os"
	"testing"
	"time"

	"clawback"
)

// hard lets the organization delete for good.
func (b *bench) hard() {
	b.t.Helper()
	b.setting.Removal = clawback.RemovalHard
	b.setting = b.save().AutoRemediation
}

func (b *bench) kept(id string) []clawback.KeptEmail {
	b.t.Helper()
	kept, err := b.store.ListKeptEmails(context.Background(), admin, id)
	b.must(err)
	return kept
}

func TestAHardRemovalKeepsTheEmailOnce(t *testing.T) {
	b := setup(t)
	b.hard()
	b.deliver(sender, subject, append([]string{b.tenant.QuarantineAddress}, b.users[:25]...)...)
	id := b.start()
	b.work(id)
	for _, user := range b.users[:25] {
		b.expect(id, user, clawback.OutcomeRemoved, clawback.ReasonNone)
		if left := b.folders(user); len(left) != 0 && left[0] == "inbox" {
			t.Errorf("%s: still in %v", user, left)
		}
	}
	b.untouched(b.tenant.QuarantineAddress)
	if r := b.remediation(id); r.ContainedAt.IsZero() {
		t.Error("not contained")
	}
	kept := b.kept(id)
	if len(kept) != 1 || kept[0].MessageID != messageID || !kept[0].ExpiresAt.Equal(kept[0].KeptAt.Add(clawback.KeptEmailRetention)) {
		t.Fatalf("kept %+v", kept)
	}
	email, err := b.store.ReadKeptEmail(context.Background(), admin, kept[0].ID)
	b.must(err)
	if !bytes.Contains(email.Content, []byte(messageID)) || len(email.Content) != kept[0].Size {
		t.Errorf("read %q", email.Content)
	}
	_, err = b.store.RestoreRemediation(context.Background(), admin, id, "")
	if clawback.KindOf(err) != clawback.KindConflict {
		t.Errorf("put back: %v", err)
	}
}

func TestAKeptEmailIsEncryptedAndExpires(t *testing.T) {
	b := setup(t)
	b.hard()
	b.deliver(sender, subject, b.users[0])
	id := b.start()
	b.work(id)
	kept := b.kept(id)
	email, err := b.store.ReadKeptEmail(context.Background(), admin, kept[0].ID)
	b.must(err)
	b.must(b.store.Close())
	file, err := os.ReadFile(b.config.Path)
	b.must(err)
	if body := email.Content[len(email.Content)-40:]; bytes.Contains(file, body) {
		t.Errorf("the database holds %q in clear", body)
	}
	b.open()
	for _, tt := range []struct {
		later time.Duration
		left  int
	}{{clawback.KeptEmailRetention - time.Minute, 1}, {time.Minute, 0}} {
		b.clock.Advance(tt.later)
		if _, err := b.store.DeleteExpiredEmails(context.Background()); err != nil || len(b.kept(id)) != tt.left {
			t.Errorf("after %v: %d left, %v", tt.later, len(b.kept(id)), err)
		}
	}
}

// TestWithoutEvidenceNothingIsDeletedForGood lets no email be read.
func TestWithoutEvidenceNothingIsDeletedForGood(t *testing.T) {
	b := setup(t)
	b.hard()
	b.deliver(sender, subject, b.users[0])
	id := b.start()
	const read = `"route":"GET /users/{user}/messages/{message}/$value"`
	b.faults(`{` + read + `,"status":503}`)
	b.workFor(id, 3*time.Minute, 8)
	b.untouched(b.users[0])
	b.expect(id, b.users[0], clawback.OutcomeFailed, clawback.ReasonNotKept)
	if len(b.kept(id)) != 0 {
		t.Error("something was kept")
	}

	b.faults("")
	_, err := b.store.RetryRemediation(context.Background(), admin, id, clawback.CauseChoice{})
	b.must(err)
	b.work(id)
	b.expect(id, b.users[0], clawback.OutcomeRemoved, clawback.ReasonNone)
}

// TestTheStoreGivesNoIntentWithoutEvidence loses the email between its reading
// and the intent.
func TestTheStoreGivesNoIntentWithoutEvidence(t *testing.T) {
	b := setup(t)
	b.hard()
	b.deliver(sender, subject, b.users[0])
	id := b.start()
	claim, err := b.store.ClaimRecords(context.Background(), id)
	b.must(err)
	answers, err := b.graph.FindCopies(context.Background(), claim.Connection, []clawback.FindRequest{{
		MailboxID: claim.Records[0].Mailbox.ID, MessageIDs: []string{messageID},
	}})
	b.must(err)
	intents, err := b.store.CommitIntents(context.Background(), claim, []clawback.Finding{{
		RecordID: claim.Records[0].ID, Fence: claim.Records[0].Fence, Mailbox: claim.Records[0].Mailbox,
		Copies: answers[0].Copies, Matched: []bool{true},
	}})
	if err != nil || len(intents) != 0 {
		t.Errorf("%d intents, %v", len(intents), err)
	}
}
