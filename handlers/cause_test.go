package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"clawback"
)

func TestCauses(t *testing.T) {
	t.Parallel()
	store := ready()
	store.remediation.Status, store.remediation.Phase, store.remediation.StartedAt = clawback.StatusInProgress, clawback.PhaseWatching, started
	store.causes = []clawback.Cause{{Reason: clawback.ReasonAccessPolicy, Mailboxes: 3, HandOverAt: started.Add(4 * time.Hour)}}
	wants(t, newPortal(store, &analyst).get("/remediations/r1"), http.StatusOK, "Access policy: 3 mailboxes", "hand over: they can delete",
		`name="cause" value="access_policy"`, "Try 3 mailboxes again", `href="/remediations/r1?reason=access_policy#mailboxes"`)
	if w := newPortal(store, &admin).get("/remediations/r1"); !strings.Contains(w.Body.String(), "Access policy: 3 mailboxes") || strings.Contains(w.Body.String(), "hand-over") {
		t.Error("the customer's admin does not see the cause alone")
	}

	w := newPortal(store, &analyst).post("/remediations/r1/retry", url.Values{"cause": {"access_policy"}})
	wants(t, w, http.StatusSeeOther)
	if store.choice.Reason != clawback.ReasonAccessPolicy || len(store.choice.Records) != 0 || w.Header().Get("Location") != "/remediations/r1" {
		t.Errorf("retried %+v, then %s", store.choice, w.Header().Get("Location"))
	}
	w = newPortal(store, &analyst).post("/remediations/r1/hand-over", url.Values{"record": {"rec1"}, "note": {"please"}})
	wants(t, w, http.StatusSeeOther)
	if fmt.Sprint(store.choice.Records) != "[rec1]" || store.note != "please" || w.Header().Get("Location") != "/records/rec1" {
		t.Errorf("handed over %+v with %q, then %s", store.choice, store.note, w.Header().Get("Location"))
	}
}
