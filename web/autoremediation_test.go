package web_test

import (
	"net/url"
	"strings"
	"testing"

	"clawback"
)

// TestAutoRemediation_saysWhatEnforceWaitsFor leads from a refusal to the failing step.
func TestAutoRemediation_saysWhatEnforceWaitsFor(t *testing.T) {
	t.Parallel()
	r := newRules(t)
	rules := "/organizations/" + r.org.ID + "/auto-remediation"
	waits := func(what, want string) {
		t.Helper()
		if doc := r.admin.get(rules + "/mode").document(t); !hasLink(doc, "[data-testid=enforce-waits]", want) {
			t.Errorf("%s: the form does not lead to %s", what, want)
		}
	}
	waits("without a device", "/organizations/"+r.org.ID+"/devices/new")
	device := r.device(t)
	waits("never checked", "/devices/"+device.ID+"/setup/connect")
	r.check(t, device, clawback.CheckPass, "Fine.")
	if n := r.admin.get(rules + "/mode").document(t).Find("[data-testid=enforce-waits]").Length(); n != 0 {
		t.Errorf("enforce waits for %d things though all is ready", n)
	}
	r.admin.post(rules+"/devices", url.Values{"devices": nil})
	waits("without a chosen device", rules+"/devices")
}

// TestAutoRemediation_noteForTheSOC keeps the note in the setting and its history, and gives back one that is too long.
func TestAutoRemediation_noteForTheSOC(t *testing.T) {
	t.Parallel()
	r := newRules(t)
	rules := "/organizations/" + r.org.ID + "/auto-remediation"
	note := "Call <b>Noor</b>,\nthen wait."
	if saved := r.admin.post(rules+"/instructions", url.Values{"instructions": {note}}); saved.location() != rules {
		t.Fatalf("saved: %d %s", saved.StatusCode, saved.body)
	}
	shown := r.admin.get(rules).document(t)
	if text := shown.Find(".answers .lines").Text(); text != note {
		t.Errorf("the setting says %q", text)
	}
	if history := shown.Find("section[aria-labelledby=history] tbody").Text(); !strings.Contains(history, "Note for the SOC:") || !strings.Contains(history, "Call <b>Noor</b>") {
		t.Errorf("the history says %q", history)
	}
	long := strings.Repeat("é", 2001)
	again := r.admin.post(rules+"/instructions", url.Values{"instructions": {long}})
	if typed := again.document(t).Find("textarea#instructions[aria-invalid=true]").Text(); again.StatusCode != 422 || typed != long {
		t.Errorf("too long: %d, %d characters came back", again.StatusCode, len(typed))
	}
}
