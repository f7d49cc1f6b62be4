package web_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestEveryPageSaysItIsSimulated asks for every page there is, also those with an error in their place: nobody shall take
// a simulation for the real thing. Parts of pages, and what is no page, say nothing.
func TestEveryPageSaysItIsSimulated(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	theirs := p.seedStrangers(t)
	b := p.signedIn(t, p.staff(t, "Operator"))
	pages, found := 0, 0
	for _, route := range p.server.Routes() {
		if route.Method != http.MethodGet || strings.HasPrefix(route.Path, "/api/") || strings.HasSuffix(route.Path, "*") {
			continue
		}
		id := map[string]string{"remediations": theirs.remediation, "records": theirs.record, "actions": theirs.action,
			"organizations": p.org.ID}[strings.Split(route.Path, "/")[1]]
		path := strings.NewReplacer(":id", id, ":org", p.org.ID).Replace(route.Path)
		answer := b.get(path)
		if !strings.HasPrefix(strings.ToLower(answer.body), "<!doctype html>") {
			continue
		}
		pages++
		if answer.StatusCode == http.StatusOK {
			found++
		}
		if text := answer.document(t).Find(".banner.simulated").Text(); !strings.Contains(text, "Simulated Microsoft 365.") {
			t.Errorf("GET %s (%d) does not say that it is simulated", path, answer.StatusCode)
		}
	}
	if pages < 25 || found < 15 {
		t.Errorf("%d pages, %d of them found, which are too few to be all", pages, found)
	}
	stranger := p.browser(t)
	if text := stranger.get("/sign-in").document(t).Find(".banner.simulated").Text(); text == "" {
		t.Error("the sign-in page does not say that it is simulated")
	}
}
