package web_test

import (
	"net/url"
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
