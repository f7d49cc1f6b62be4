package handlers_test

import (
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"clawback"
)

func TestCheckAction(t *testing.T) {
	t.Parallel()
	store := ready()
	store.kept = []clawback.ActionMailbox{
		{RecordID: "rec1", Address: "kept@contoso.com", Reason: clawback.ReasonNeverRemove, Lookable: true, CheckedAt: started, Checked: "Still there."},
		{RecordID: "rec2", Address: "onprem@contoso.com", Reason: clawback.ReasonNoMailbox},
	}
	wants(t, newPortal(store, &admin).get("/actions/a1"), http.StatusOK, "Check all again", "Check again whether it is gone from kept@contoso.com",
		"Still there.", `href="/records/rec1/remove"`)
	w := newPortal(store, &analyst).get("/actions/a1")
	wants(t, w, http.StatusOK, "Check again whether it is gone from kept@contoso.com")
	if strings.Contains(w.Body.String(), "/records/rec1/remove") || strings.Contains(w.Body.String(), "gone from onprem@contoso.com") {
		t.Error("the SOC is offered the customer's word, or a look where there is no mailbox")
	}

	w = newPortal(store, &admin).post("/actions/a1/check", url.Values{"record": {"rec1"}})
	wants(t, w, http.StatusSeeOther)
	wants(t, newPortal(store, &admin).post("/actions/a1/check", nil), http.StatusSeeOther)
	if !slices.Equal(store.looked, []string{"a1 rec1", "a1 "}) || w.Header().Get("Location") != "/actions/a1#where" {
		t.Errorf("looked %q, then %s", store.looked, w.Header().Get("Location"))
	}
	store.err = clawback.Errorf(clawback.KindConflict, "There is no mailbox here into which we can look.")
	wants(t, newPortal(store, &admin).post("/actions/a1/check", nil), http.StatusConflict, "There is no mailbox here")
}

func TestActions(t *testing.T) {
	t.Parallel()
	store := &fake{}
	p := newPortal(store, &admin)
	for path, want := range map[string]clawback.ActionStatus{"/actions": clawback.ActionOpen, "/actions?status=": "", "/actions?status=any": "", "/actions?status=completed": clawback.ActionCompleted} {
		wants(t, p.get(path), http.StatusOK)
		if store.actions.Status != want {
			t.Errorf("%s lists %q, want %q", path, store.actions.Status, want)
		}
	}
	wants(t, p.post("/actions/a1/complete", url.Values{"comment": {"Deleted it"}}), http.StatusSeeOther)
	wants(t, p.post("/actions/a1/dismiss", nil), http.StatusUnprocessableEntity, `href="#dismiss-reason"`)
	wants(t, p.post("/actions/a1/dismiss", url.Values{"reason": {"Kept on purpose"}}), http.StatusSeeOther)
	if store.completed != "Deleted it" || store.dismissed != "Kept on purpose" {
		t.Errorf("completed %q, dismissed %q", store.completed, store.dismissed)
	}

	admin.ID = "p1"
	wants(t, p.get("/actions?assignee=me"), http.StatusOK, "Nothing is assigned to you")
	if store.actions.Assignee != "p1" {
		t.Errorf("listed those of %q", store.actions.Assignee)
	}
	wants(t, p.get("/actions/a1"), http.StatusOK, "Me: Ada (admin)", "Add comment")
	wants(t, p.post("/actions/a1/assign", url.Values{"assignee": {"p2"}}), http.StatusSeeOther)
	wants(t, p.post("/actions/a1/comments", url.Values{"text": {"one\r\ntwo"}}), http.StatusSeeOther)
	if store.assigned != "p2" || store.commented != "one\ntwo" {
		t.Errorf("assigned %q, commented %q", store.assigned, store.commented)
	}
	store.err = clawback.Invalid("text", "Too long.")
	wants(t, p.post("/actions/a1/comments", url.Values{"text": {hostile}}), http.StatusUnprocessableEntity, `href="#new-comment"`, html.EscapeString(hostile))
	store.err = clawback.Invalid("assignee", "Gone.")
	wants(t, p.post("/actions/a1/assign", url.Values{"assignee": {"p2"}}), http.StatusUnprocessableEntity, `href="#assignee"`, `<option value="p2" selected>`)
	wants(t, newPortal(&fake{}, &analyst).get("/actions/a1"), http.StatusOK, "Everybody of the organization", "Add comment")
}
