package graphclient_test

import (
	"testing"

	"clawback"
)

func TestFolderNames(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const id = "<folder@evil.example>"
	m := b.mailbox("priya.nair")
	b.deliver(id, to(m.Address)+"&folder=junkemail")
	found := b.find(id, m.ID)[0].Copies[0]

	answers, err := b.client.FolderNames(t.Context(), b.conn, []clawback.FolderRequest{
		{MailboxID: m.ID, FolderID: found.FolderID}, {MailboxID: m.ID, FolderID: "inbox"},
		{MailboxID: m.ID, FolderID: "AAMkAFnosuchfolderatallAAA="}, {MailboxID: m.ID},
	})
	if err != nil {
		t.Fatal(err)
	}
	if answers[0].Name != "Junk Email" || answers[1].Name != "Inbox" {
		t.Errorf("got %+v", answers)
	}
	if answers[2].Answer.Kind != clawback.AnswerNotFound || answers[3].Answer.Kind != clawback.AnswerInvalid {
		t.Errorf("got %+v", answers[2:])
	}
}

func TestFolderNames_nonsense(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{}`, `null`, `{"displayName":7}`, `"x"`} {
		s := stubbedBatch(t, func(innerRequest) (int, map[string]any, string) { return 200, nil, body })
		answers, err := s.client.FolderNames(t.Context(), s.conn, []clawback.FolderRequest{{MailboxID: "m", FolderID: "f"}})
		if err != nil || answers[0].Answer.Kind != clawback.AnswerUnknown {
			t.Errorf("%s: got %+v, %v", body, answers, err)
		}
	}
}
