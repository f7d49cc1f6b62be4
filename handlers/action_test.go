package handlers_test

import (
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
