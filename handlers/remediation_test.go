package handlers_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"clawback"
)

func TestPreviewStart(t *testing.T) {
	t.Parallel()
	t.Run("offers what it does", func(t *testing.T) {
		t.Parallel()
		wants(t, newPortal(ready(), &analyst).get("/remediations/r1"), http.StatusOK,
			"Start removal from 24 mailboxes", `name="max_mailboxes" value="26"`, "up to 26 are cleaned", "<title>“&lt;script&gt;", "R-12 · Clawback</title>")
	})
	t.Run("starts", func(t *testing.T) {
		t.Parallel()
		store := ready()
		form := url.Values{"max_mailboxes": {"24"}, "reason": {" Phishing\r\nkit "}, "reference": {"INC-1"}}
		w := newPortal(store, &analyst).post("/remediations/r1/start", form)
		wants(t, w, http.StatusSeeOther)
		if got := w.Header().Get("Location"); got != "/remediations/r1" {
			t.Errorf("Location = %q", got)
		}
		if got := fmt.Sprintf("%q", store.started); got != `["r1" "24" "Phishing\nkit" "INC-1"]` {
			t.Errorf("started with %s", got)
		}
	})
	t.Run("sends htmx on by header", func(t *testing.T) {
		t.Parallel()
		w := newPortal(ready(), &analyst).post("/remediations/r1/start", url.Values{"max_mailboxes": {"24"}, "reason": {"x"}}, "HX-Request", "true")
		if w.Code != http.StatusNoContent || w.Header().Get("HX-Redirect") != "/remediations/r1" {
			t.Errorf("status %d, HX-Redirect %q", w.Code, w.Header().Get("HX-Redirect"))
		}
	})
	t.Run("keeps what was typed", func(t *testing.T) {
		t.Parallel()
		store := ready()
		w := newPortal(store, &analyst).post("/remediations/r1/start", url.Values{"max_mailboxes": {"24"}, "reason": {" "}, "reference": {hostile}})
		wants(t, w, http.StatusUnprocessableEntity, `class="error-summary" tabindex="-1"`, `href="#reason"`, `id="reason-error"`,
			`aria-invalid="true"`, `value="`+html.EscapeString(hostile)+`"`)
		if store.started != nil {
			t.Error("it was started all the same")
		}
	})
	t.Run("says what changed meanwhile", func(t *testing.T) {
		t.Parallel()
		store := ready()
		store.err = clawback.Errorf(clawback.KindConflict, "Ben started it a second before you.")
		w := newPortal(store, &analyst).post("/remediations/r1/start", url.Values{"max_mailboxes": {"24"}, "reason": {"kit"}})
		wants(t, w, http.StatusConflict, "Ben started it a second before you.", "kit</textarea>")
	})
	t.Run("asks for the number", func(t *testing.T) {
		t.Parallel()
		for _, most := range []string{"", "0", "-1", "many", "99999999999999999999"} {
			wants(t, newPortal(ready(), &analyst).post("/remediations/r1/start", url.Values{"max_mailboxes": {most}, "reason": {"x"}}), http.StatusUnprocessableEntity)
		}
	})
	t.Run("is not for customers", func(t *testing.T) {
		t.Parallel()
		w := newPortal(ready(), &admin).get("/remediations/r1")
		wants(t, w, http.StatusOK)
		if strings.Contains(w.Body.String(), "/start") {
			t.Error("a customer is offered the start")
		}
	})
}

func TestStopApproveRetry(t *testing.T) {
	t.Parallel()
	running := func() *fake {
		store := ready()
		store.remediation.Status, store.remediation.Phase, store.remediation.StartedAt = clawback.StatusInProgress, clawback.PhaseRemoving, started
		return store
	}
	store := running()
	wants(t, newPortal(store, &analyst).post("/remediations/r1/stop", url.Values{"stop_reason": {"Wrong email"}}), http.StatusSeeOther)
	if store.stopped != "Wrong email" {
		t.Errorf("stopped for %q", store.stopped)
	}
	wants(t, newPortal(running(), &analyst).post("/remediations/r1/stop", nil), http.StatusUnprocessableEntity, `href="#stop-reason"`, `id="stop-reason-error"`)

	store = running()
	store.err = clawback.Invalid("reason", "Too long.")
	wants(t, newPortal(store, &analyst).post("/remediations/r1/stop", url.Values{"stop_reason": {"typed"}}), http.StatusUnprocessableEntity, `href="#stop-reason"`, `value="typed"`)

	store = running()
	wants(t, newPortal(store, &analyst).post("/remediations/r1/approve", url.Values{"up_to": {"638"}, "reason": {"seen"}}), http.StatusSeeOther)
	if store.approved != 638 {
		t.Errorf("approved up to %d", store.approved)
	}
	wants(t, newPortal(running(), &analyst).post("/remediations/r1/approve", url.Values{"up_to": {"638"}}), http.StatusUnprocessableEntity, "Say why you approve it")
	wants(t, newPortal(running(), &analyst).post("/remediations/r1/retry", nil), http.StatusSeeOther)
}

func TestLive(t *testing.T) {
	t.Parallel()
	store := ready()
	store.remediation.Status, store.remediation.Phase, store.remediation.StartedAt = clawback.StatusInProgress, clawback.PhaseRemoving, started
	w := newPortal(store, &analyst).get("/remediations/r1/live?outcome=removed", "HX-Request", "true", "HX-Request-Type", "partial")
	wants(t, w, http.StatusOK, `hx-get="/remediations/r1/live?outcome=removed"`, `hx-trigger="every 1s"`, `data-announce`, `hx-swap-oob`)
	if strings.Contains(w.Body.String(), "<html") {
		t.Error("a poll answers a page")
	}

	store.remediation.Status, store.remediation.EndedAt = clawback.StatusStopped, started
	w = newPortal(store, &analyst).get("/remediations/r1/live")
	wants(t, w, http.StatusOK, `hx-trigger="every 1s"`, "had left before") // what was on the wire is still looked up

	store.remediation.Counts.Open = 0
	w = newPortal(store, &analyst).get("/remediations/r1/live")
	wants(t, w, http.StatusOK)
	if strings.Contains(w.Body.String(), "hx-get") {
		t.Error("what has ended is polled on")
	}
}
