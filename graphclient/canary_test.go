package graphclient_test

import (
	"testing"
	"time"

	"clawback"
)

func (b *bundle) place(request clawback.PlaceRequest) (clawback.PlaceAnswer, error) {
	b.t.Helper()
	return b.client.PlaceMessage(b.t.Context(), b.conn, b.clock.now().Add(2*time.Second), request)
}

func TestPlaceMessage_looksReceived(t *testing.T) {
	t.Parallel()
	b := setup(t)
	m := b.mailbox("priya.nair")
	const id = "<placed@tenant.example>"
	placed, err := b.place(clawback.PlaceRequest{MailboxID: m.ID, Address: m.Address, MessageID: id, Subject: subject, Text: "Harmless."})
	if err != nil || placed.Answer.Kind != clawback.AnswerOK || placed.Answer.Status != 201 {
		t.Fatalf("placed %+v, %v", placed, err)
	}
	at := b.copies(id)
	if len(at) != 1 || at[0].Folder != "inbox" || at[0].ID != placed.Copy.ImmutableID {
		t.Fatalf("lies at %+v, want %s", at, placed.Copy.ImmutableID)
	}
	found := b.find(id, m.ID)[0]
	if len(found.Copies) != 1 || found.Copies[0].Subject != subject || found.Copies[0].Sender != m.Address || !found.Copies[0].Read {
		t.Errorf("found %+v", found)
	}
}

func TestPlaceMessage_refuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if _, err := b.place(clawback.PlaceRequest{MessageID: "<x@y.example>"}); err == nil {
		t.Error("a message without a mailbox was placed")
	}
	m := b.mailbox("priya.nair")
	placed, err := b.client.PlaceMessage(t.Context(), b.conn, b.clock.now().Add(-time.Second), clawback.PlaceRequest{MailboxID: m.ID, MessageID: "<late@y.example>"})
	if err != nil || placed.Answer.Kind != clawback.AnswerNotSent || len(b.copies("<late@y.example>")) != 0 {
		t.Errorf("too late: %+v, %v", placed, err)
	}
}
