package purge_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/purge"
)

// counting counts what the engine asks for.
type counting struct {
	purge.Microsoft
	traces  int
	asked   map[string][]string // the ids that each mailbox was asked for
	hide    string              // a recipient that the trace does not name
	refused bool                // searches are refused, ids are not
}

func (c *counting) TraceMessage(ctx context.Context, conn clawback.Connection, query clawback.TraceQuery) (clawback.TraceResult, error) {
	c.traces++
	if c.refused && query.MessageID == "" {
		return clawback.TraceResult{}, &clawback.CallError{Call: "message trace", Answer: clawback.Answer{Kind: clawback.AnswerThrottled, Message: "Too many."}}
	}
	result, err := c.Microsoft.TraceMessage(ctx, conn, query)
	result.Rows = slices.DeleteFunc(result.Rows, func(row clawback.TraceRow) bool { return row.Recipient == c.hide })
	return result, err
}

func (c *counting) FindCopies(ctx context.Context, conn clawback.Connection, requests []clawback.FindRequest) ([]clawback.FindAnswer, error) {
	for _, r := range requests {
		c.asked[r.MailboxID] = append(c.asked[r.MailboxID], r.MessageIDs...)
	}
	return c.Microsoft.FindCopies(ctx, conn, requests)
}

func (b *bench) count() *counting {
	c := &counting{Microsoft: b.graph, asked: map[string][]string{}}
	b.engine = purge.New(purge.Config{Store: b.store, Microsoft: c, Now: b.clock.Now})
	return c
}

// post delivers an email under an id of its own; options are the control's.
func (b *bench) post(id, from, about, options string, to ...string) {
	b.t.Helper()
	mail := "From: " + from + "\r\nTo: x@y.example\r\nSubject: " + about + "\r\nMessage-ID: " + id + "\r\n\r\nPay.\r\n"
	b.control(http.MethodPost, "/messages?to="+url.QueryEscape(strings.Join(to, ","))+options, mail, nil)
}

// lies answers in which folders of a mailbox an email lies.
func (b *bench) liesAs(id, address string) string {
	b.t.Helper()
	var list struct {
		Items []struct{ Address, Folder string }
	}
	b.control(http.MethodGet, "/messages?internet_message_id="+url.QueryEscape(id), "", &list)
	var folders []string
	for _, c := range list.Items {
		if strings.EqualFold(c.Address, address) {
			folders = append(folders, c.Folder)
		}
	}
	slices.Sort(folders)
	return strings.Join(folders, " ")
}

// create makes a remediation, changed by the test, and traces it.
func (b *bench) create(change func(*clawback.NewRemediation)) string {
	b.t.Helper()
	n := clawback.NewRemediation{OrganizationID: b.organization.ID, Targets: []clawback.Target{target()}, Reason: "phishing"}
	change(&n)
	r, err := b.store.CreateRemediation(context.Background(), admin, n)
	b.must(err)
	b.must(b.engine.Trace(context.Background(), r.ID))
	return r.ID
}

func (b *bench) widen(id string, w clawback.Widening) {
	b.t.Helper()
	_, err := b.store.WidenRemediation(context.Background(), admin, id, w)
	b.must(err)
	b.must(b.engine.Trace(context.Background(), id))
}

func campaignID(i int) string { return fmt.Sprintf("<c.%d@mx.bad.example>", i) }

// TestACampaignOfOneIDARecipient includes what a preview counts beside its
// target, with few requests and one id a mailbox.
func TestACampaignOfOneIDARecipient(t *testing.T) {
	b := setup(t)
	n := len(b.users)
	for i, user := range b.users {
		b.post(campaignID(i), sender, subject, "", user)
	}
	b.post("<other@mx.bad.example>", sender, subject+" now", "", b.users[0]) // contains the subject and is another
	ms := b.count()
	id := b.create(func(n *clawback.NewRemediation) { n.Targets[0].MessageID = campaignID(0) })
	if r := b.remediation(id); r.Similar != n-1 || r.Counts.Mailboxes != 1 || r.SimilarUnknown {
		t.Fatalf("similar %d of %d, counts %+v", r.Similar, n-1, r.Counts)
	}

	ms.traces = 0
	b.widen(id, clawback.Widening{Similar: true})
	r := b.remediation(id)
	if len(r.Targets) != n || r.Similar != 0 || r.Counts.Mailboxes != n || r.Counts.Recipients != n || r.PreviewedAt.IsZero() {
		t.Fatalf("%d targets, similar %d, counts %+v", len(r.Targets), r.Similar, r.Counts)
	}
	if ms.traces != 3 { // the id, the campaign, and whether there are more
		t.Errorf("%d trace queries for %d ids", ms.traces, n)
	}
	b.startDraft(id)
	clear(ms.asked)
	b.must(b.engine.Trace(context.Background(), id))
	b.work(id)
	for i, user := range b.users {
		b.expect(id, user, clawback.OutcomeRemoved, clawback.ReasonNone)
		if at := b.liesAs(campaignID(i), user); at != "recoverableitemsdeletions" {
			t.Errorf("%s: %s", user, at)
		}
	}
	for mailbox, asked := range ms.asked {
		slices.Sort(asked)
		if own := slices.Compact(asked); len(own) != 1 {
			t.Errorf("%s was asked for %v", mailbox, own)
		}
	}
	if b.liesAs("<other@mx.bad.example>", b.users[0]) != "inbox" {
		t.Error("an email with another subject was removed")
	}
	if r := b.remediation(id); r.ContainedAt.IsZero() {
		t.Errorf("counts %+v", r.Counts)
	}
}

func TestAPreviewSaysThatItCouldNotCount(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0])
	ms := b.count()
	ms.refused = true
	id := b.create(func(*clawback.NewRemediation) {})
	if r := b.remediation(id); !r.SimilarUnknown || r.PreviewedAt.IsZero() || r.Counts.Open != 1 {
		t.Errorf("unknown %v, counts %+v", r.SimilarUnknown, r.Counts)
	}
	ms.refused = false
	b.must(b.engine.Trace(context.Background(), id))
	if r := b.remediation(id); r.SimilarUnknown {
		t.Error("still unknown")
	}
}

func TestSearchedEmailsAreRemoved(t *testing.T) {
	b := setup(t)
	b.post("<a@bad.example>", sender, "Invoice 7", "", b.users[0], b.users[1])
	b.post("<b@bad.example>", sender, "Invoice 8", "", b.users[1])
	b.post("<c@bad.example>", sender, "Invoice 9", "", b.users[2])
	b.post("<d@bad.example>", "friend@good.example", "Invoice 7", "", b.users[3])
	ctx := context.Background()
	found, err := b.engine.SearchEmails(ctx, admin, b.organization.ID, clawback.EmailSearch{Sender: " " + strings.ToUpper(sender), Subject: "invoice"})
	b.must(err)
	if len(found.Emails) != 3 || found.Emails[0].MessageID != "<a@bad.example>" || found.Emails[0].Recipients != 2 || found.More {
		t.Fatalf("found %+v", found)
	}
	var chosen []clawback.Target
	for _, email := range found.Emails {
		chosen = append(chosen, email.Target)
	}
	ms := b.count()
	id := b.create(func(n *clawback.NewRemediation) { n.Targets = chosen })
	for _, target := range b.remediation(id).Targets {
		if target.Sender != sender {
			t.Errorf("%s is not known: %+v", target.MessageID, target)
		}
	}
	if ms.traces > 4 { // the sender, and three pairs of sender and subject
		t.Errorf("%d trace queries", ms.traces)
	}
	b.startDraft(id)
	b.must(b.engine.Trace(ctx, id))
	b.work(id)
	for _, user := range b.users[:3] {
		b.expect(id, user, clawback.OutcomeRemoved, clawback.ReasonNone)
	}
	if copies := b.records(id)[b.users[1]].Copies; len(copies) != 2 {
		t.Errorf("%d copies in a mailbox that got two", len(copies))
	}
	b.untouched(b.users[3])

	for what, search := range map[string]clawback.EmailSearch{
		"sender": {}, "received_from": {Sender: sender, From: b.clock.Now().Add(-100 * 24 * time.Hour)},
		"received_to": {Subject: "x", From: b.clock.Now().Add(-time.Hour), To: b.clock.Now().Add(-2 * time.Hour)},
	} {
		if _, err := b.engine.SearchEmails(ctx, admin, b.organization.ID, search); clawback.FieldOf(err) != what {
			t.Errorf("%+v: %v, want one about %s", search, err, what)
		}
	}
	stranger := clawback.Actor{Kind: clawback.ActorPerson, ID: "stranger"}
	if _, err := b.engine.SearchEmails(ctx, stranger, b.organization.ID, clawback.EmailSearch{Sender: sender}); clawback.KindOf(err) != clawback.KindNotFound {
		t.Errorf("by a stranger: %v", err)
	}
	b.faults(`{"route":"exchange:*","status":503}`)
	if _, err := b.engine.SearchEmails(ctx, admin, b.organization.ID, clawback.EmailSearch{Sender: sender}); clawback.KindOf(err) != clawback.KindUnavailable {
		t.Errorf("while the trace is down: %v", err)
	}
}

func TestOneEmailInOneMailbox(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0], b.users[1])
	id := b.create(func(n *clawback.NewRemediation) {
		n.Targets = []clawback.Target{{Source: clawback.SourceMessageID, MessageID: messageID, Mailbox: strings.ToUpper(b.users[0])}}
	})
	if r := b.remediation(id); r.Counts.Mailboxes != 1 || r.Targets[0].Sender != sender {
		t.Fatalf("counts %+v, target %+v", r.Counts, r.Targets[0])
	}
	b.startDraft(id)
	b.must(b.engine.Trace(context.Background(), id))
	b.work(id)
	b.expect(id, b.users[0], clawback.OutcomeRemoved, clawback.ReasonNone)
	b.untouched(b.users[1])
}

// TestAMailboxNamedByHand holds a copy that the trace does not name.
func TestAMailboxNamedByHand(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0], b.users[1])
	b.count().hide = b.users[1]
	id := b.create(func(*clawback.NewRemediation) {})
	b.widen(id, clawback.Widening{Mailboxes: []string{b.users[1], b.tenant.QuarantineAddress, "nobody@" + b.tenant.Domain}})
	r := b.remediation(id)
	if r.Counts.Mailboxes != 4 || r.Counts.Untraced != 3 || r.Counts.Recipients != 1 || len(r.NamedMailboxes) != 3 {
		t.Fatalf("counts %+v, named %v", r.Counts, r.NamedMailboxes)
	}
	b.startDraft(id)
	b.must(b.engine.Trace(context.Background(), id))
	b.work(id)
	b.expect(id, b.users[0], clawback.OutcomeRemoved, clawback.ReasonNone)
	b.expect(id, b.users[1], clawback.OutcomeRemoved, clawback.ReasonNone)
	b.expect(id, b.tenant.QuarantineAddress, clawback.OutcomeProtected, clawback.ReasonNeverRemove)
	b.expect(id, "nobody@"+b.tenant.Domain, clawback.OutcomeUnreachable, clawback.ReasonUnknownAddress)
	if got := b.records(id)[b.users[1]].Origin; got != clawback.OriginNamed {
		t.Errorf("origin %q", got)
	}
}

// TestSentItemsOfTheSender stay unless they were asked for, also where the sender got the email.
func TestSentItemsOfTheSender(t *testing.T) {
	const own = "<own@x.example>"
	prepare := func(t *testing.T) (*bench, *counting) {
		b := setup(t)
		b.post(own, b.users[2], subject, "&folder=sentitems", b.users[2])
		b.post(own, b.users[2], subject, "", b.users[0])
		return b, b.count()
	}
	about := func(b *bench, include bool) func(*clawback.NewRemediation) {
		return func(n *clawback.NewRemediation) {
			n.Targets = []clawback.Target{{Source: clawback.SourceMessageID, MessageID: own, Sender: b.users[2], Subject: subject}}
			n.Start, n.MaxMailboxes, n.IncludeSender = true, 10, include
		}
	}
	t.Run("left alone", func(t *testing.T) {
		b, _ := prepare(t)
		b.post(own, b.users[2], subject, "", b.users[2])
		id := b.create(about(b, false))
		b.work(id)
		b.expect(id, b.users[0], clawback.OutcomeRemoved, clawback.ReasonNone)
		b.expect(id, b.users[2], clawback.OutcomeRemoved, clawback.ReasonNone)
		if at := b.liesAs(own, b.users[2]); at != "recoverableitemsdeletions sentitems" {
			t.Errorf("the sender's copies lie in %s", at)
		}
		if b.remediation(id).ContainedAt.IsZero() {
			t.Error("not contained")
		}
	})
	t.Run("not where they can't be told from others", func(t *testing.T) {
		b, _ := prepare(t)
		b.post(own, b.users[2], subject, "", b.users[2])
		b.faults(`{"route":"GET /users/{id}/mailFolders/sentitems/messages","status":403,"code":"ErrorAccessDenied"}`)
		id := b.create(about(b, false))
		b.work(id)
		b.expect(id, b.users[0], clawback.OutcomeRemoved, clawback.ReasonNone)
		b.expect(id, b.users[2], clawback.OutcomeDenied, clawback.ReasonPermission)
		b.untouched(b.users[2])
	})
	t.Run("cleaned when asked for", func(t *testing.T) {
		b, ms := prepare(t)
		ms.hide = b.users[2]
		id := b.create(about(b, true))
		if r := b.remediation(id); r.Counts.Mailboxes != 2 || r.Counts.Untraced != 1 || r.Counts.Recipients != 1 {
			t.Errorf("counts %+v", r.Counts)
		}
		b.work(id)
		b.expect(id, b.users[2], clawback.OutcomeRemoved, clawback.ReasonNone)
		if at := b.liesAs(own, b.users[2]); at != "recoverableitemsdeletions" {
			t.Errorf("the sender's copy lies in %s", at)
		}
	})
}

// TestWhatDiffersWaitsForAWord is rule 8 with the SOC's word after it.
func TestWhatDiffersWaitsForAWord(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0], b.users[3])
	b.clock.Advance(5 * 24 * time.Hour)
	b.deliver("invoices@bad.example", "Payroll", b.users[1], b.users[2], b.users[3])
	id := b.start()
	b.work(id)
	b.expect(id, b.users[0], clawback.OutcomeRemoved, clawback.ReasonNone)
	for _, user := range b.users[1:3] {
		b.expect(id, user, clawback.OutcomeAmbiguous, clawback.ReasonDifferent)
	}
	b.expect(id, b.users[3], clawback.OutcomePartlyRemoved, clawback.ReasonDifferent)

	ctx := context.Background()
	_, err := b.store.AcceptRecord(ctx, admin, b.records(id)[b.users[1]].ID, "same link in it")
	b.must(err)
	b.work(id)
	b.expect(id, b.users[1], clawback.OutcomeRemoved, clawback.ReasonNone)
	b.expect(id, b.users[2], clawback.OutcomeAmbiguous, clawback.ReasonDifferent)
	if b.changes(b.users[2]) > 0 {
		t.Error("a word about one mailbox was taken for another")
	}
	if r := b.remediation(id); !r.ContainedAt.IsZero() {
		t.Error("contained while a word is waited for")
	}

	for _, user := range b.users[2:4] {
		_, err := b.store.LeaveRecord(ctx, admin, b.records(id)[user].ID, "our own payroll")
		b.must(err)
	}
	b.expect(id, b.users[2], clawback.OutcomeAmbiguous, clawback.ReasonLeft)
	b.expect(id, b.users[3], clawback.OutcomeRemoved, clawback.ReasonNone)
	if r := b.remediation(id); r.ContainedAt.IsZero() {
		t.Errorf("not contained: %+v", r.Counts)
	}
	b.clock.Advance(20 * time.Minute)
	b.must(b.engine.Trace(ctx, id))
	b.work(id)
	b.expect(id, b.users[2], clawback.OutcomeAmbiguous, clawback.ReasonLeft)
	if b.changes(b.users[2]) > 0 {
		t.Error("what was left was touched")
	}
}

// TestAskingAgainFindsWhatCameSince delivers the email a second time into a clean mailbox and into another.
func TestAskingAgainFindsWhatCameSince(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0])
	id := b.start()
	b.work(id)
	b.clock.Advance(2 * time.Minute)
	b.deliver(sender, subject, b.users[0], b.users[1])
	if again := b.start(); again != id {
		t.Fatalf("asked again, it is %s beside %s", again, id)
	}
	b.work(id)
	b.expect(id, b.users[0], clawback.OutcomeRemoved, clawback.ReasonNone)
	b.expect(id, b.users[1], clawback.OutcomeRemoved, clawback.ReasonNone)
	for _, user := range b.users[:2] {
		if at := b.folders(user); slices.Contains(at, "inbox") {
			t.Errorf("%s still has it: %v", user, at)
		}
		if !b.records(id)[user].Late {
			t.Errorf("%s: the copy is not marked as late", user)
		}
	}
	if n := len(b.records(id)[b.users[0]].Copies); n != 2 {
		t.Errorf("%d copies, want both", n)
	}
}
