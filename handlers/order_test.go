package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"clawback"
)

func TestOrder(t *testing.T) {
	t.Parallel()
	protected := func() *fake {
		store := ready()
		store.remediation.Status, store.remediation.Phase, store.remediation.Mode = clawback.StatusInProgress, clawback.PhaseWatching, clawback.ModeEnforce
		store.record = clawback.EmailRecord{ID: "kept", OrganizationID: "o1", State: clawback.RecordDone, Outcome: clawback.OutcomeProtected,
			Reason: clawback.ReasonNeverRemove, ProtectedPurpose: hostile, Mailbox: clawback.Mailbox{Address: "kept@contoso.com"}}
		return store
	}
	store := protected()
	wants(t, newPortal(store, &admin).get("/records/kept"), http.StatusOK, `href="/records/kept/remove"`)
	if w := newPortal(store, &analyst).get("/records/kept"); strings.Contains(w.Body.String(), "/records/kept/remove") {
		t.Error("the SOC is offered the customer's word")
	}
	wants(t, newPortal(store, &admin).get("/records/kept/remove"), http.StatusOK, "Remove the email from this protected mailbox?", "kept", "It is kept with your name.", "usually for 14 days")
	wants(t, newPortal(store, &analyst).get("/records/kept/remove"), http.StatusForbidden)

	wants(t, newPortal(store, &admin).post("/records/kept/remove", url.Values{"reason": {"seen"}}), http.StatusUnprocessableEntity, `href="#sure"`, `id="sure-error"`, `value="seen"`)
	if store.ordered != "" {
		t.Errorf("ordered %q without the box", store.ordered)
	}
	w := newPortal(store, &admin).post("/records/kept/remove", url.Values{"sure": {"yes"}, "reason": {"seen"}})
	wants(t, w, http.StatusSeeOther)
	if store.ordered != "kept seen" || w.Header().Get("Location") != "/records/kept" {
		t.Errorf("ordered %q, then %s", store.ordered, w.Header().Get("Location"))
	}

	store.err = clawback.Errorf(clawback.KindConflict, "Ada ordered it already; it is under way.")
	wants(t, newPortal(store, &admin).post("/records/kept/remove", url.Values{"sure": {"yes"}}), http.StatusConflict, "ordered it already")

	store = protected()
	store.record.Outcome, store.record.State = clawback.OutcomeNone, clawback.RecordChecking
	wants(t, newPortal(store, &admin).get("/records/kept/remove"), http.StatusSeeOther)
	wants(t, newPortal(store, &admin).get("/records/kept"), http.StatusOK, `hx-get="/records/kept" hx-trigger="every 2s"`)
}
