package web_test

import (
	"net/http"
	"net/url"
	"testing"

	"clawback"
	"clawback/store/storetest"
)

// TestSetup_lastSteps lead to where they are done, and say of each device whether removals go through it.
func TestSetup_lastSteps(t *testing.T) {
	t.Parallel()
	r := newRules(t)
	first := r.device(t)
	rules := "/organizations/" + r.org.ID + "/auto-remediation"
	step := func(d clawback.Device, name string) string { return "/devices/" + d.ID + "/setup/" + name }
	leads := func(what string, who *browser, path, want string) {
		t.Helper()
		if doc := who.get(path).document(t); !hasLink(doc, ".verdict", want) {
			t.Errorf("%s does not lead to %s", what, want)
		}
	}

	leads("never-remove", r.admin, step(first, "never-remove"), "/organizations/"+r.org.ID+"/context")
	leads("a device that is not ready", r.admin, step(first, "switch-on"), step(first, "connect"))
	r.check(t, first, clawback.CheckPass, "Fine.")
	leads("a ready device", r.admin, step(first, "switch-on"), rules+"/mode")
	leads("what an analyst reads", r.analyst, step(first, "switch-on"), rules)
	if answer := r.admin.post(rules+"/mode", url.Values{"mode": {"enforce"}, "agree": {"yes"}}); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("enforce: %d %s", answer.StatusCode, answer.body)
	}
	sees(t, "the first device", r.admin.get(step(first, "switch-on")), 200, "Done")

	second := storetest.Device(t, r.store, r.org)
	r.check(t, second, clawback.CheckPass, "Fine.")
	sees(t, "a device that nothing is removed through", r.admin.get(step(second, "switch-on")), 200, "not among the auto remediation’s devices")
	leads("it", r.admin, step(second, "switch-on"), rules+"/devices")

	r.admin.post(rules+"/devices", url.Values{"devices": {first.ID, second.ID}})
	sees(t, "both", r.admin.get(step(second, "switch-on")), 200, "Done")
	r.check(t, second, clawback.CheckFail, "The secret has expired.")
	sees(t, "the first beside a broken one", r.admin.get(step(first, "switch-on")), 200, "Other devices of this auto remediation", "The secret has expired.")
	if doc := r.admin.get(step(first, "switch-on")).document(t); !hasLink(doc, "section[aria-labelledby=others]", step(second, "connect")) {
		t.Error("it does not lead to the broken one's step")
	}
}

// TestSetup_checkNow stands in the verdict, whether there is one yet or not.
func TestSetup_checkNow(t *testing.T) {
	t.Parallel()
	r := newRules(t)
	device := r.device(t)
	path := "/devices/" + device.ID + "/setup/connect"
	for _, status := range []clawback.CheckStatus{"", clawback.CheckFail, clawback.CheckPass} {
		if status != "" {
			r.check(t, device, status, "A finding.")
		}
		for where, page := range map[string]string{"the page": path, "the live part": path + "/live"} {
			var headers []string
			if page != path {
				headers = []string{"HX-Request", "true", "HX-Request-Type", "partial"}
			}
			if n := r.admin.get(page, headers...).document(t).Find(`.verdict form[action="` + path + `/check"] button`).Length(); n != 1 {
				t.Errorf("%d buttons in the verdict of %s with the check %q", n, where, status)
			}
			if n := r.analyst.get(page, headers...).document(t).Find(`form[action$="/check"]`).Length(); n != 0 {
				t.Errorf("an analyst is offered to check in %s", where)
			}
		}
	}
}
