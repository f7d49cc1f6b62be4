package handlers_test

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"clawback"
)

func TestRestore(t *testing.T) {
	t.Parallel()
	done := clawback.Remediation{ID: "r1", Number: 1, Status: clawback.StatusCompleted, OrganizationID: "o1", Removal: clawback.RemovalSoft, StartedAt: started,
		Targets: []clawback.Target{{Subject: hostile, Sender: "a@b.example"}}, Counts: clawback.Counts{Mailboxes: 1, Outcomes: map[clawback.Outcome]int{clawback.OutcomeRemoved: 1}}}
	store := &fake{remediation: done, restores: clawback.RestoreCounts{Possible: 1}, copies: []clawback.Copy{{Matched: true, Outcome: clawback.OutcomeRemoved}}}
	p := newPortal(store, &analyst)
	for path, back := range map[string]string{"/remediations/r1": "/remediations/r1", "/records/c1": "/records/c1"} {
		wants(t, p.get(path), http.StatusOK, "Put 1 copy back")
		wants(t, p.post(path+"/restore", nil), http.StatusUnprocessableEntity, `href="#restore-reason"`, "Say why it is put back")
		w := p.post(path+"/restore", url.Values{"restore_reason": {"false alarm"}})
		wants(t, w, http.StatusSeeOther)
		if id := strings.Split(path, "/")[2]; store.restored != id+" false alarm" || w.Header().Get("Location") != back {
			t.Errorf("%s: restored %q, then %q", path, store.restored, w.Header().Get("Location"))
		}
		store.err = clawback.Errorf(clawback.KindConflict, "Mailboxes are still being cleaned.")
		wants(t, p.post(path+"/restore", url.Values{"restore_reason": {hostile}}), http.StatusConflict, "still being cleaned", html.EscapeString(hostile))
		store.err = nil
	}
	for _, path := range []string{"/remediations/r1", "/records/c1"} {
		if w := newPortal(store, &admin).get(path); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "Put 1 copy back") {
			t.Errorf("%s offers a customer to put it back", path)
		}
	}
	for says, counts := range map[string]clawback.RestoreCounts{
		"Putting back 5 copies: 2 done.": {Waiting: 3, Restored: 2},
		"Put back: 2 copies":             {Restored: 2},
		"1 copy can’t be put back":       {Restored: 2, Failed: 1},
		"Nothing could be put back.":     {Failed: 1},
	} {
		store.restores = counts
		wants(t, p.get("/remediations/r1"), http.StatusOK, says)
	}
	store.copies = []clawback.Copy{{Matched: true, Outcome: clawback.OutcomeRemoved, AskedBackAt: started, RestoredAt: started.Add(time.Second)}}
	wants(t, p.get("/records/c1"), http.StatusOK, "Put back into this mailbox")
	store.copies = []clawback.Copy{{Matched: true, Outcome: clawback.OutcomeRemoved, AskedBackAt: started, BackProblem: "Gone. " + hostile}}
	wants(t, p.get("/records/c1"), http.StatusOK, "Could not be put back", "Put 1 copy back")
}
