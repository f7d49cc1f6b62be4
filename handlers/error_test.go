package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"clawback"
	"clawback/handlers"
)

func TestErrorPage(t *testing.T) {
	t.Parallel()
	p := newPortal(&fake{}, &analyst)
	w := p.get("/broken")
	wants(t, w, http.StatusInternalServerError, "req-1", "Something went wrong on our side")
	if strings.Contains(w.Body.String(), "sql") {
		t.Error("the page tells the inside")
	}
	wants(t, p.get("/nowhere"), http.StatusNotFound, "does not exist", "req-1")
	wants(t, newPortal(&fake{}, nil).get("/"), http.StatusUnauthorized, "not signed in")

	w = p.get("/broken", "HX-Request", "true", "HX-Request-Type", "partial")
	wants(t, w, http.StatusInternalServerError, "This page keeps trying")
	if w.Header().Get("HX-Retarget") != "#notice" || strings.Contains(w.Body.String(), "<html") {
		t.Error("a failed poll takes the page's place")
	}
}

func TestStatusOf(t *testing.T) {
	t.Parallel()
	for kind, want := range map[clawback.Kind]int{
		clawback.KindInvalid: 422, clawback.KindNotFound: 404, clawback.KindConflict: 409, clawback.KindForbidden: 403, clawback.KindUnauthenticated: 401,
		clawback.KindTooLarge: 413, clawback.KindTooMany: 429, clawback.KindUnavailable: 503, clawback.KindInternal: 500, "else": 500,
	} {
		if got := handlers.StatusOf(kind); got != want {
			t.Errorf("StatusOf(%s) = %d, want %d", kind, got, want)
		}
	}
}
