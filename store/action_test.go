package store_test

import (
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/store/storetest"
)

func TestActions(t *testing.T) {
	b := setup(t)
	soc, admin, analyst, stranger := storetest.SOCAnalyst(), storetest.Admin(b.org), storetest.Analyst(b.org), storetest.Admin(b.other)
	r := b.running(t, soc, "a@customer.example", "b@customer.example")
	records := b.records(t, soc, r.ID)
	hand := func(record clawback.EmailRecord, outcome clawback.Outcome) {
		t.Helper()
		mustDo(t, b.Hand(ctx, record.ID, r.ID, b.org.ID, outcome))
	}
	list := func(actor clawback.Actor, status clawback.ActionStatus) []clawback.Action {
		t.Helper()
		return must(b.ListActions(ctx, actor, clawback.ActionFilter{Status: status}))(t).Items
	}

	hand(records[0], clawback.OutcomeProtected)
	hand(records[0], clawback.OutcomeProtected)
	hand(records[1], clawback.OutcomeProtected)
	open := list(analyst, clawback.ActionOpen)
	if len(open) != 1 || open[0].MailboxCount != 2 || open[0].Subject != "Invoice overdue" || open[0].Sender != "mallory@evil.example" || open[0].RemediationNumber != r.Number {
		t.Fatalf("open actions %+v, want one of two mailboxes", open)
	}
	id := open[0].ID
	if n := must(b.CountOpenActions(ctx, analyst))(t); n != 1 {
		t.Errorf("%d open, want 1", n)
	}

	t.Run("belong to their organization", func(t *testing.T) {
		_, err := b.FindAction(ctx, stranger, id)
		wantKind(t, "FindAction()", err, clawback.KindNotFound)
		_, err = b.CompleteAction(ctx, stranger, id, "")
		wantKind(t, "CompleteAction()", err, clawback.KindNotFound)
		_, err = b.DismissAction(ctx, stranger, id, "no")
		wantKind(t, "DismissAction()", err, clawback.KindNotFound)
		if got := list(stranger, ""); len(got) != 0 {
			t.Errorf("a stranger sees %+v", got)
		}
		if n := must(b.CountOpenActions(ctx, stranger))(t); n != 0 {
			t.Errorf("a stranger counts %d", n)
		}
	})

	t.Run("name their mailboxes and where the email lies", func(t *testing.T) {
		b.Exec(t, `INSERT INTO copies (id, record_id, remediation_id, organization_id, immutable_id, folder_id, folder_name, message_id, sender, subject, found_at)
			VALUES ('c', ?, ?, ?, 'i', 'f', 'Inbox/Old', 'm', 's', 't', 9)`, records[0].ID, r.ID, b.org.ID)
		a := must(b.FindAction(ctx, admin, id))(t)
		if len(a.Mailboxes) != 2 || a.Mailboxes[0].Address != "a@customer.example" || a.Mailboxes[0].Folder != "Inbox/Old" || a.Mailboxes[1].Folder != "" {
			t.Errorf("mailboxes %+v", a.Mailboxes)
		}
	})

	t.Run("are closed once, by who works on them", func(t *testing.T) {
		_, err := b.CompleteAction(ctx, soc, id, "")
		wantKind(t, "by a SOC analyst", err, clawback.KindForbidden)
		_, err = b.DismissAction(ctx, admin, id, " ")
		wantField(t, "without a reason", err, "reason")
		b.clock.Advance(time.Minute)
		done := must(b.CompleteAction(ctx, analyst, id, "deleted it"))(t)
		if done.Status != clawback.ActionCompleted || done.ClosedBy != analyst.Name || !done.ClosedAt.Equal(b.clock.Now()) || done.Comment != "deleted it" {
			t.Errorf("completed %+v", done)
		}
		_, err = b.DismissAction(ctx, admin, id, "why not")
		wantKind(t, "again", err, clawback.KindConflict)
		if !strings.Contains(clawback.MessageOf(err), analyst.Name) {
			t.Errorf("%q does not say by whom", clawback.MessageOf(err))
		}
		if got := b.audited(t, b.org.ID, "action.completed"); got != "1" {
			t.Errorf("%s audit events, want one", got)
		}
	})

	t.Run("open again for a new mailbox alone", func(t *testing.T) {
		hand(records[1], clawback.OutcomeProtected)
		if got := list(admin, clawback.ActionOpen); len(got) != 0 {
			t.Errorf("a known mailbox opened %+v", got)
		}
		b.Exec(t, `DELETE FROM action_records WHERE record_id = ?`, records[1].ID)
		hand(records[1], clawback.OutcomeProtected)
		if got := list(admin, clawback.ActionOpen); len(got) != 1 || got[0].ID != id || got[0].ClosedBy != "" {
			t.Errorf("a new mailbox gave %+v", got)
		}
	})

	t.Run("page, the newest first", func(t *testing.T) {
		b.clock.Advance(time.Minute)
		hand(records[0], clawback.OutcomeObserved)
		page := must(b.ListActions(ctx, admin, clawback.ActionFilter{PageQuery: clawback.PageQuery{Limit: 1}}))(t)
		if len(page.Items) != 1 || page.Items[0].Outcome != clawback.OutcomeObserved || page.Total != 2 || page.Next == "" {
			t.Fatalf("first page %+v", page)
		}
		page = must(b.ListActions(ctx, admin, clawback.ActionFilter{PageQuery: clawback.PageQuery{Limit: 1, Cursor: page.Next}}))(t)
		if len(page.Items) != 1 || page.Items[0].ID != id || page.Next != "" {
			t.Errorf("second page %+v", page)
		}
	})
}
