package handlers_test

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"clawback"
)

func (f *fake) SearchEmails(_ context.Context, _ clawback.Actor, _ string, search clawback.EmailSearch) (clawback.FoundEmails, error) {
	f.searched = search
	return f.found, f.err
}

func (f *fake) WidenRemediation(_ context.Context, _ clawback.Actor, _ string, w clawback.Widening) (clawback.Remediation, error) {
	f.widened = w
	return f.remediation, f.err
}

func (f *fake) AcceptRecord(_ context.Context, _ clawback.Actor, id, reason string) (clawback.EmailRecord, error) {
	f.judged = []string{"accept", id, reason}
	return clawback.EmailRecord{}, f.err
}

func (f *fake) LeaveRecord(_ context.Context, _ clawback.Actor, id, reason string) (clawback.EmailRecord, error) {
	f.judged = []string{"leave", id, reason}
	return clawback.EmailRecord{}, f.err
}

func campaign(n int) clawback.FoundEmails {
	var found clawback.FoundEmails
	for i := range n {
		found.Emails = append(found.Emails, clawback.FoundEmail{FirstAt: started, Recipients: i + 1, Target: clawback.Target{
			Source: clawback.SourceSearch, MessageID: "<" + string(rune('a'+i)) + "@evil.example>", Envelope: "bad@evil.example", Subject: hostile,
			ReceivedFrom: started.Add(-time.Hour), ReceivedTo: started.Add(time.Hour),
		}})
	}
	return found
}

func TestEmailSearch(t *testing.T) {
	t.Parallel()
	store := &fake{found: campaign(3)}
	p := newPortal(store, &analyst)
	w := p.get("/remediations/search?organization_id=o1&sender=bad@evil.example&subject=Invoice&from=2026-11-20&to=2026-11-22")
	wants(t, w, http.StatusOK, "3 emails", "All 3 emails", "&lt;a@evil.example&gt;", "bad@")
	want := clawback.EmailSearch{Sender: "bad@evil.example", Subject: "Invoice",
		From: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)}
	if store.searched != want {
		t.Errorf("searched %+v", store.searched)
	}
	carried := hiddenValues(w.Body.String(), "email")
	if len(carried) != 3 {
		t.Fatalf("%d emails go along", len(carried))
	}

	chosen := url.Values{"organization_id": {"o1"}, "email": carried, "chosen": {"0", "2"}, "reason": {"kit"}}
	t.Run("the chosen ones become targets", func(t *testing.T) {
		wants(t, p.post("/remediations", chosen), http.StatusSeeOther)
		if got := ids(store.created.Targets); got != "<a@evil.example> <c@evil.example>" || store.created.Targets[1] != store.found.Emails[2].Target {
			t.Errorf("created %+v", store.created.Targets)
		}
	})
	t.Run("all are chosen at once", func(t *testing.T) {
		all := url.Values{"organization_id": {"o1"}, "email": carried, "all": {"1"}}
		wants(t, p.post("/remediations", all), http.StatusSeeOther)
		if len(store.created.Targets) != 3 {
			t.Errorf("created %s", ids(store.created.Targets))
		}
	})
	t.Run("what is wrong is said where they can be chosen", func(t *testing.T) {
		none := url.Values{"organization_id": {"o1"}, "email": carried, "reason": {"typed"}}
		wants(t, p.post("/remediations", none), http.StatusUnprocessableEntity, "Choose the emails", "3 emails", "typed</textarea>")
		refused := newPortal(&fake{err: clawback.Errorf(clawback.KindConflict, "The auto remediation is off.")}, &analyst)
		wants(t, refused.post("/remediations", chosen), http.StatusConflict, "The auto remediation is off.", `value="2" checked`)
	})
	t.Run("a search that fails says why, where it can be made again", func(t *testing.T) {
		failing := newPortal(&fake{err: clawback.Invalid("sender", "This is not an email address.")}, &analyst)
		wants(t, failing.get("/remediations/search?organization_id=o1&sender=x"), http.StatusUnprocessableEntity, "This is not an email address.", `href="#search-sender"`)
		failing = newPortal(&fake{err: clawback.Errorf(clawback.KindUnavailable, "Microsoft did not answer.")}, &analyst)
		wants(t, failing.get("/remediations/search?organization_id=o1&sender=x@y.example"), http.StatusServiceUnavailable, "Microsoft did not answer.")
		wants(t, failing.get("/remediations/search?sender=x@y.example"), http.StatusUnprocessableEntity, "Choose the organization")
	})
	t.Run("nothing found is said", func(t *testing.T) {
		wants(t, newPortal(&fake{}, &analyst).get("/remediations/search?organization_id=o1&sender=x@y.example"), http.StatusOK, "No email was found")
	})
}

func hiddenValues(page, name string) []string {
	var values []string
	for _, found := range regexp.MustCompile(`<input type="hidden" name="`+name+`" value="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		values = append(values, html.UnescapeString(found[1]))
	}
	return values
}

func ids(targets []clawback.Target) string {
	var all []string
	for _, t := range targets {
		all = append(all, t.MessageID)
	}
	return strings.Join(all, " ")
}

func TestNewRemediationTakesSeveralAnswers(t *testing.T) {
	t.Parallel()
	store := &fake{}
	p := newPortal(store, &analyst)
	wants(t, p.post("/remediations", url.Values{"organization_id": {"o1"}, "internet_message_id": {"<a@x>\r\n\r\n b@x "}, "mailbox": {"joe@x.example"},
		"mailboxes": {"ann@x.example\r\nbob@x.example"}, "include_sender": {"1"}, "exercise": {"1"}}), http.StatusSeeOther)
	n := store.created
	if ids(n.Targets) != "<a@x> <b@x>" || n.Targets[1].Mailbox != "joe@x.example" ||
		!slices.Equal(n.Mailboxes, []string{"ann@x.example", "bob@x.example"}) || !n.IncludeSender || !n.Exercise {
		t.Errorf("created %+v", n)
	}
}

func TestTheSameEmailLeadsToItsRemediation(t *testing.T) {
	t.Parallel()
	p := newPortal(&fake{existing: true, remediation: clawback.Remediation{ID: "r9", Status: clawback.StatusInProgress, Phase: clawback.PhaseWatching}}, &analyst)
	w := p.post("/remediations", url.Values{"organization_id": {"o1"}, "internet_message_id": {"<a@x>"}})
	wants(t, w, http.StatusSeeOther)
	at := w.Header().Get("Location")
	wants(t, p.get(at), http.StatusOK, "under way already")
	if plain := p.get("/remediations/r9"); strings.Contains(plain.Body.String(), "under way already") {
		t.Error("it is said to everybody")
	}
}

func TestWidenPreview(t *testing.T) {
	t.Parallel()
	preview := clawback.Remediation{ID: "r9", OrganizationID: "o1", Status: clawback.StatusDraft, PreviewedAt: started, Similar: 37,
		Targets: []clawback.Target{{MessageID: "<a@x>", Sender: "bad@evil.example"}}, Counts: clawback.Counts{Mailboxes: 1, Open: 1}}
	store := &fake{remediation: preview}
	p := newPortal(store, &analyst)
	wants(t, p.get("/remediations/r9"), http.StatusOK, "Include 37 more emails with the same sender and subject")
	wants(t, p.post("/remediations/r9/widen", url.Values{"similar": {"1"}}), http.StatusSeeOther)
	if !store.widened.Similar {
		t.Errorf("widened %+v", store.widened)
	}
	wants(t, p.post("/remediations/r9/widen", url.Values{"mailboxes": {"a@x.example\nb@x.example"}, "include_sender": {"1"}}), http.StatusSeeOther)
	if w := store.widened; w.Similar || len(w.Mailboxes) != 2 || !w.IncludeSender {
		t.Errorf("widened %+v", w)
	}
	store.err = clawback.Invalid("mailboxes", "“nobody” is not an email address.")
	wants(t, p.post("/remediations/r9/widen", url.Values{"mailboxes": {"nobody"}}), http.StatusUnprocessableEntity, "nobody</textarea>", `href="#named-mailboxes"`)
}

func TestJudgeRecord(t *testing.T) {
	t.Parallel()
	store := &fake{copies: []clawback.Copy{{ID: "c1", Sender: "ceo@contoso.com", Subject: hostile, Outcome: clawback.OutcomeAmbiguous, Reason: clawback.ReasonDifferent}}}
	p := newPortal(store, &analyst)
	wants(t, p.get("/records/e1"), http.StatusOK, "Is this the email, too?", "ceo@", "The email, too: remove it", "Another email: leave it")
	for _, word := range []string{"accept", "leave"} {
		wants(t, p.post("/records/e1/"+word, url.Values{"reason": {"same link"}}), http.StatusSeeOther)
		if !slices.Equal(store.judged, []string{word, "e1", "same link"}) {
			t.Errorf("judged %v", store.judged)
		}
	}
	store.err = clawback.Invalid("reason", "Say how you know.")
	wants(t, p.post("/records/e1/accept", url.Values{}), http.StatusUnprocessableEntity, "Say how you know.", `href="#judge-reason"`)
	store.copies[0].Reason = clawback.ReasonLeft
	if w := p.get("/records/e1"); strings.Contains(w.Body.String(), "Is this the email, too?") {
		t.Error("a word is asked for that was said")
	}
}
