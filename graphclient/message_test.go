package graphclient_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"clawback"
)

func (b *bundle) move(sendBy time.Duration, requests ...clawback.MoveRequest) []clawback.Answer {
	b.t.Helper()
	answers, err := b.client.MoveCopies(b.t.Context(), b.conn, b.clock.now().Add(sendBy), requests)
	if err != nil {
		b.t.Fatalf("move: %v", err)
	}
	return answers
}

func soft(c simCopy) clawback.MoveRequest {
	return clawback.MoveRequest{MailboxID: c.Mailbox, ImmutableID: c.ID, Destination: clawback.RecoverableItems}
}

func TestFindCopies_findsTheCopyAndNothingElse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const id = "<find@evil.example>"
	m, other := b.mailbox("priya.nair"), b.mailbox("daniel.osei")
	b.deliver(id, to(m.Address))
	b.deliver("<another@evil.example>", to(m.Address))

	answers := b.find(id, m.ID, other.ID)
	if len(answers[0].Copies) != 1 || len(answers[1].Copies) != 0 || answers[1].Answer.Kind != clawback.AnswerOK {
		t.Fatalf("got %+v", answers)
	}
	got, at := answers[0].Copies[0], b.copies(id)[0]
	if got.ImmutableID != at.ID || got.MessageID != id || got.Sender != "billing@evil.example" || got.Subject != subject {
		t.Errorf("got %+v, want %+v", got, at)
	}
	if got.FolderID == "" || got.Read || time.Since(got.ReceivedAt).Abs() > time.Hour {
		t.Errorf("got %+v", got)
	}
}

func TestFindCopies_encodesTheID(t *testing.T) {
	t.Parallel()
	b := setup(t)
	m := b.mailbox("priya.nair")
	for i, id := range []string{
		"<a+b@evil.example>", "<a&b=c@evil.example>", "<a#b@evil.example>", "<100%25@evil.example>", "<o'brien''s@evil.example>",
		`<"quoted"@evil.example>`, "<a/b?c@evil.example>", "<ä-€@evil.example>", "<or 1 eq 1>", "<$%24-.~@evil.example>",
	} {
		if strings.Contains(id, " ") {
			continue // no Message-ID holds a space
		}
		b.deliver(id, to(m.Address))
		got := b.find(id, m.ID)[0]
		if got.Answer.Kind != clawback.AnswerOK || len(got.Copies) != 1 || got.Copies[0].MessageID != id {
			t.Errorf("%d %s: got %+v", i, id, got)
		}
	}
}

func TestFindCopies_severalIDsOfOneMailbox(t *testing.T) {
	t.Parallel()
	b := setup(t)
	m := b.mailbox("priya.nair")
	all := ids(13, "<variant-%d@evil.example>")
	for _, id := range all {
		b.deliver(id, to(m.Address))
	}
	answers, err := b.client.FindCopies(t.Context(), b.conn, []clawback.FindRequest{{MailboxID: m.ID, MessageIDs: all[:12]}})
	if err != nil || len(answers[0].Copies) != 12 {
		t.Errorf("got %d copies of 12: %+v, %v", len(answers[0].Copies), answers, err)
	}
}

func TestFindCopies_followsPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const id = "<pages@evil.example>"
	m := b.mailbox("priya.nair")
	for range 55 {
		b.deliver(id, to(m.Address))
	}
	if got := b.find(id, m.ID)[0]; len(got.Copies) != 55 || got.Answer.Kind != clawback.AnswerOK {
		t.Errorf("got %d copies of 55, %+v", len(got.Copies), got.Answer)
	}
	if n := b.spy.count("/$batch"); n != 2 {
		t.Errorf("%d batches, want 2", n)
	}
}

func TestFindCopies_neverFollowsALinkElsewhere(t *testing.T) {
	t.Parallel()
	s := stubbedBatch(t, func(innerRequest) (int, map[string]any, string) {
		return 200, nil, `{"value":[],"@odata.nextLink":"https://evil.example/v1.0/users/x/messages"}`
	})
	answers, err := s.client.FindCopies(t.Context(), s.conn, finds(1))
	if err != nil || answers[0].Answer.Kind != clawback.AnswerUnknown || len(s.batches) != 1 {
		t.Errorf("got %+v, %v after %d batches", answers, err, len(s.batches))
	}
}

func TestFindCopies_endsWherePagesDoNot(t *testing.T) {
	t.Parallel()
	var s *stub
	s = stubbedBatch(t, func(innerRequest) (int, map[string]any, string) {
		return 200, nil, fmt.Sprintf(`{"value":[],"@odata.nextLink":"%s/v1.0/users/x/messages?$skip=1"}`, s.URL)
	})
	answers, err := s.client.FindCopies(t.Context(), s.conn, finds(1))
	if err != nil || answers[0].Answer.Kind != clawback.AnswerUnknown {
		t.Errorf("got %+v, %v", answers, err)
	}
}

func TestFindCopies_keepsOnlyWhatBearsTheID(t *testing.T) {
	t.Parallel()
	s := stubbedBatch(t, func(r innerRequest) (int, map[string]any, string) {
		if r.Headers["Prefer"]+r.Headers["prefer"] != `IdType="ImmutableId"` {
			t.Errorf("headers %v", r.Headers)
		}
		return 200, nil, `{"value":[{"id":"1","internetMessageId":"<a@b>","isRead":true,"sender":{"emailAddress":{"address":"S@x"}}},
			{"id":"2","internetMessageId":"<A@B>"},{"id":"3"},{"id":"1","internetMessageId":"<a@b>"}]}`
	})
	answers, err := s.client.FindCopies(t.Context(), s.conn, finds(1))
	if err != nil || len(answers[0].Copies) != 1 {
		t.Fatalf("got %+v, %v", answers, err)
	}
	if got := answers[0].Copies[0]; got.ImmutableID != "1" || got.Sender != "s@x" || !got.Read {
		t.Errorf("got %+v", got)
	}
}

func TestFindCopies_saysWhichMailboxFailed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const id = "<some@evil.example>"
	fine, denied, slow := b.mailbox("priya.nair"), b.mailbox("quarantine"), b.mailbox("daniel.osei")
	onPremises := b.lookUp("old.plant@" + b.tenant.Domain)[0].Mailbox
	b.deliver(id, to(fine.Address))
	b.patchApp(map[string]any{"access_policy": map[string]any{"deny": []string{denied.Address}}})
	b.faults(fault{"route": "GET /users/{user}/messages", "mailbox": slow.ID, "status": 429, "code": "ApplicationThrottled", "retry_after": 11})

	answers := b.find(id, fine.ID, denied.ID, slow.ID, onPremises.ID, "", "00000000-0000-4000-8000-000000000000")
	for i, want := range []clawback.AnswerKind{
		clawback.AnswerOK, clawback.AnswerDenied, clawback.AnswerThrottled, clawback.AnswerNoMailbox, clawback.AnswerInvalid, clawback.AnswerNoMailbox,
	} {
		if got := answers[i].Answer; got.Kind != want || want != clawback.AnswerOK && got.Message == "" {
			t.Errorf("%d: got %+v, want %s", i, got, want)
		}
	}
	if answers[2].Answer.RetryAfter != 11*time.Second || len(answers[0].Copies) != 1 {
		t.Errorf("got %+v", answers)
	}
}

func TestMoveCopies_removesRestoresAndDeletes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const id = "<there-and-back@evil.example>"
	m := b.mailbox("priya.nair")
	b.deliver(id, to(m.Address))
	original := b.find(id, m.ID)[0].Copies[0]
	remove := soft(b.copies(id)[0])

	if got := b.move(time.Second, remove)[0]; got.Kind != clawback.AnswerOK || got.Status != 201 {
		t.Fatalf("remove: got %+v", got)
	}
	if got := b.find(id, m.ID)[0]; len(got.Copies) != 0 {
		t.Errorf("after the removal: got %+v", got)
	}
	hidden, err := b.client.FindCopies(t.Context(), b.conn, []clawback.FindRequest{{MailboxID: m.ID, MessageIDs: []string{id}, Folder: clawback.RecoverableItems}})
	if err != nil || len(hidden[0].Copies) != 1 || hidden[0].Copies[0].ImmutableID != original.ImmutableID {
		t.Fatalf("in Recoverable Items: got %+v, %v", hidden, err)
	}

	restore := clawback.MoveRequest{MailboxID: m.ID, ImmutableID: remove.ImmutableID, Source: clawback.RecoverableItems, Destination: original.FolderID}
	if got := b.move(time.Second, restore)[0]; got.Kind != clawback.AnswerOK {
		t.Fatalf("restore: got %+v", got)
	}
	if got := b.find(id, m.ID)[0]; len(got.Copies) != 1 || got.Copies[0].FolderID != original.FolderID {
		t.Errorf("after the restore: got %+v", got)
	}

	deletion := clawback.MoveRequest{MailboxID: m.ID, ImmutableID: remove.ImmutableID, Permanent: true}
	if got := b.move(time.Second, deletion)[0]; got.Kind != clawback.AnswerOK || got.Status != 204 {
		t.Fatalf("delete: got %+v", got)
	}
	if left := b.copies(id); len(left) != 0 {
		t.Errorf("after the deletion: got %+v", left)
	}
	if got := b.move(time.Second, deletion)[0]; got.Kind != clawback.AnswerNotFound {
		t.Errorf("again: got %+v", got)
	}
}

func TestMoveCopies_refusesWhatItCanNotSend(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.client.MoveCopies(t.Context(), b.conn, b.clock.now().Add(time.Minute), moves(21))
	failure(t, err, clawback.AnswerInvalid)
	_, err = b.client.MoveCopies(t.Context(), b.conn, time.Time{}, moves(1))
	failure(t, err, clawback.AnswerInvalid)

	for i, got := range b.move(time.Second,
		clawback.MoveRequest{ImmutableID: "i", Destination: "inbox"},
		clawback.MoveRequest{MailboxID: "m", Destination: "inbox"},
		clawback.MoveRequest{MailboxID: "m", ImmutableID: "i"},
		clawback.MoveRequest{MailboxID: "m", ImmutableID: "i", Destination: "inbox", Permanent: true},
	) {
		if got.Kind != clawback.AnswerInvalid {
			t.Errorf("%d: got %+v", i, got)
		}
	}
	if n := b.spy.count("/$batch"); n != 0 {
		t.Errorf("%d batches left", n)
	}
}

func TestMoveCopies_addressesEveryPartEncoded(t *testing.T) {
	t.Parallel()
	var got innerRequest
	s := stubbedBatch(t, func(r innerRequest) (int, map[string]any, string) { got = r; return 201, nil, `{"id":"x"}` })
	s.move(t, clawback.MoveRequest{MailboxID: "o'b/x?", ImmutableID: "AA+/=%#&", Source: "a b", Destination: "in/box"})
	path, err := url.PathUnescape(got.URL)
	if err != nil || strings.Count(got.URL, "/") != 7 || path != "/users/o'b/x?/mailFolders/a b/messages/AA+/=%#&/move" {
		t.Errorf("got %s", got.URL)
	}
	if got.Method != "POST" || string(got.Body) != `{"DestinationId":"in/box"}` {
		t.Errorf("got %s %s", got.Method, got.Body)
	}
}

func TestMoveCopies_doesNotSendLate(t *testing.T) {
	t.Parallel()
	const id = "<late@evil.example>"
	for name, delay := range map[string]func(*bundle){
		"before the call": func(b *bundle) { b.clock.advance(time.Hour) },
		"while a token is fetched": func(b *bundle) {
			b.spy.before = func(req *http.Request) {
				if strings.HasSuffix(req.URL.Path, tokenPath) {
					b.clock.advance(time.Hour)
				}
			}
		},
		"while a connection is made": func(b *bundle) {
			graph := strings.TrimPrefix(b.sim.Addresses().Graph, "http://")
			b.spy.base.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				if address == graph {
					b.clock.advance(time.Hour)
				}
				return new(net.Dialer).DialContext(ctx, network, address)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			m := b.mailbox("priya.nair")
			b.deliver(id, to(m.Address))
			sendBy := b.clock.now().Add(time.Minute)
			delay(b)
			request := soft(b.copies(id)[0])
			answers, err := b.client.MoveCopies(t.Context(), b.conn, sendBy, []clawback.MoveRequest{request, request})
			if err != nil {
				t.Fatal(err)
			}
			for i, got := range answers {
				if got.Kind != clawback.AnswerNotSent {
					t.Errorf("%d: got %+v", i, got)
				}
			}
			if left := b.spy.count("/$batch"); left != 0 && name != "while a connection is made" {
				t.Errorf("%d batches left", left)
			}
			if b.changes(m.ID) != 0 || b.copies(id)[0].Folder != "inbox" {
				t.Errorf("it was sent: %d changes, %+v", b.changes(m.ID), b.copies(id))
			}
		})
	}
}

func TestMoveCopies_doesNotRepeatLateAfterARefusedToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const id = "<refused@evil.example>"
	m := b.mailbox("priya.nair")
	b.deliver(id, to(m.Address))
	request := soft(b.copies(id)[0])

	b.faults(fault{"route": "POST /$batch", "status": 401, "code": "InvalidAuthenticationToken", "count": 1})
	if got := b.move(time.Minute, request)[0]; got.Kind != clawback.AnswerOK {
		t.Errorf("in time: got %+v", got)
	}
	b.faults(fault{"route": "POST /$batch", "status": 401, "code": "InvalidAuthenticationToken", "count": 1})
	b.spy.before = func(req *http.Request) {
		if strings.HasSuffix(req.URL.Path, tokenPath) {
			b.clock.advance(time.Hour)
		}
	}
	before := b.changes(m.ID)
	if got := b.move(time.Minute, request)[0]; got.Kind != clawback.AnswerNotSent || b.changes(m.ID) != before {
		t.Errorf("late: got %+v", got)
	}
}

func TestMoveCopies_aLostAnswerIsUnknown(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault fault
		moved bool
	}{
		"after the effect":         {fault{"route": "POST /$batch", "drop": "after"}, true},
		"before the effect":        {fault{"route": "POST /$batch", "drop": "before"}, false},
		"inner, after the effect":  {fault{"route": "POST /users/{user}/messages/{message}/move", "drop": "after"}, true},
		"inner, before the effect": {fault{"route": "POST /users/{user}/messages/{message}/move", "drop": "before"}, false},
		"html":                     {fault{"route": "POST /$batch", "garbage": "html"}, true},
		"text":                     {fault{"route": "POST /$batch", "garbage": "text"}, true},
		"half":                     {fault{"route": "POST /$batch", "garbage": "json"}, true},
		"empty":                    {fault{"route": "POST /$batch", "garbage": "empty"}, true},
		"missing":                  {fault{"route": "POST /$batch", "garbage": "batch_missing_id"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			const id = "<lost@evil.example>"
			b.deliver(id, to(b.mailbox("priya.nair").Address))
			request := soft(b.copies(id)[0])
			b.faults(tc.fault)
			if got := b.move(time.Minute, request)[0]; got.Kind != clawback.AnswerUnknown || got.Message == "" {
				t.Errorf("got %+v", got)
			}
			if moved := b.copies(id)[0].Folder != "inbox"; moved != tc.moved {
				t.Errorf("moved: %v, want %v", moved, tc.moved)
			}
			if n := b.spy.count("/$batch"); n != 1 {
				t.Errorf("sent %d times", n)
			}
		})
	}
}

func TestMoveCopies_anInnerOutageIsNoEffect(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]clawback.AnswerKind{
		503: clawback.AnswerUnavailable, 500: clawback.AnswerUnknown, 504: clawback.AnswerUnknown, 409: clawback.AnswerUnavailable,
	} {
		s := stubbedBatch(t, func(innerRequest) (int, map[string]any, string) { return status, nil, `{"error":{"code":"X"}}` })
		if got := s.move(t, moves(1)...)[0]; got.Kind != want {
			t.Errorf("%d: got %+v, want %s", status, got, want)
		}
	}
}
