package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"clawback"
)

func TestMailbox(t *testing.T) {
	t.Parallel()
	store := &fake{records: []clawback.EmailRecord{{ID: "c1", RemediationID: "r1", RemediationNumber: 12, Subject: hostile, Outcome: clawback.OutcomeRemoved, State: clawback.RecordDone,
		Mailbox: clawback.Mailbox{Address: "joe@contoso.com", Name: hostile, Addresses: []string{"joe@contoso.com", "j@contoso.com"}}}}}
	p := newPortal(store, &analyst)
	w := p.get("/mailboxes?address=+Joe@contoso.com&organization=o1&cursor=c")
	wants(t, w, http.StatusOK, "Joe@contoso.com · Mailbox", `href="/records/c1"`, `href="/remediations/r1"`, "R-12", "j<wbr>@contoso.com", "cursor=n2", "organization=o1")
	want := clawback.MailboxFilter{OrganizationID: "o1", Address: "Joe@contoso.com", PageQuery: clawback.PageQuery{Limit: 50, Cursor: "c"}}
	if store.mailbox != want {
		t.Errorf("filter %+v, want %+v", store.mailbox, want)
	}
	if strings.Contains(w.Body.String(), "<script>alert") {
		t.Error("a hostile subject is no text")
	}
	store.mailbox = clawback.MailboxFilter{}
	wants(t, p.get("/mailboxes"), http.StatusOK, "Which mailbox?")
	if store.mailbox != (clawback.MailboxFilter{}) {
		t.Errorf("asked for %+v without an address", store.mailbox)
	}
	wants(t, newPortal(&fake{}, &analyst).get("/mailboxes?address=a@b.example"), http.StatusOK, "Nothing happened here")
}

func TestRemediationsFilter(t *testing.T) {
	t.Parallel()
	store := &fake{}
	w := newPortal(store, &analyst).get("/remediations?sender=@evil.example&mailbox=joe@contoso.com&from=2026-11-01&to=2026-11-03&status=completed")
	wants(t, w, http.StatusOK, `<details class="more" open>`, `value="@evil.example"`, `value="2026-11-01"`, `value="2026-11-03"`,
		"from=2026-11-01&amp;mailbox=joe%40contoso.com&amp;sender=%40evil.example&amp;status=completed&amp;to=2026-11-03", `href="/mailboxes?address=joe%40contoso.com"`)
	want := clawback.RemediationFilter{Sender: "@evil.example", Mailbox: "joe@contoso.com", Status: clawback.StatusCompleted,
		From: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Until: time.Date(2026, 11, 4, 0, 0, 0, 0, time.UTC)}
	if store.filter != want {
		t.Errorf("filter %+v, want %+v", store.filter, want)
	}
	store = &fake{}
	wants(t, newPortal(store, &analyst).get("/remediations?from=yesterday&to=%00&sender=a@b.example"), http.StatusUnprocessableEntity,
		`<details class="more" open>`, "“yesterday” is no date.", "“[U+0000]” is no date.", `value="a@b.example"`)
	if store.filter != (clawback.RemediationFilter{}) {
		t.Errorf("asked for %+v with days that are none", store.filter)
	}
}
