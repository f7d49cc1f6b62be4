package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"clawback"
	"clawback/store/storetest"
)

// TestSetupDecision leaves the step of never-remove context out, on record, and takes it up again.
func TestSetupDecision(t *testing.T) {
	t.Parallel()
	r := newRules(t)
	device := r.device(t)
	second := storetest.Device(t, r.store, r.org)
	path := "/devices/" + device.ID + "/setup/never-remove"

	for who, b := range map[string]*browser{"analyst": r.analyst, "engagement manager": r.manager, "operator": r.signedIn(t, r.staff(t, "Operator"))} {
		if page := b.post(path+"/skip", nil); page.StatusCode != http.StatusForbidden {
			t.Errorf("the %s decides: %d", who, page.StatusCode)
		}
		if page := b.get(path); strings.Contains(page.body, "/skip") {
			t.Errorf("the %s is asked", who)
		}
	}
	sees(t, "what is needed", r.admin.post("/devices/"+device.ID+"/setup/removal/skip", nil), 404)
	long := r.admin.post(path+"/skip", url.Values{"reason": {strings.Repeat("why ", 1000)}})
	if long.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(long.body, "why why why") {
		t.Errorf("a reason without end: %d", long.StatusCode)
	}

	for range 2 {
		if done := r.admin.post(path+"/skip", url.Values{"reason": {"We keep <b>none</b>."}}); done.StatusCode != http.StatusSeeOther {
			t.Fatalf("decide: %d %s", done.StatusCode, done.body)
		}
	}
	for _, d := range []clawback.Device{device, second} {
		sees(t, "each device", r.analyst.get("/devices/"+d.ID+"/setup/never-remove"), 200, "Done", "Priya Nair decided that there is no inbox to protect", "We keep <b>none</b>.")
	}
	if events := r.audited(t, r.org.ID, "setup.step_skipped"); len(events) != 1 {
		t.Errorf("%d decisions in the trail", len(events))
	}

	if back := r.admin.post(path+"/unskip", nil); back.StatusCode != http.StatusSeeOther {
		t.Fatalf("take back: %d", back.StatusCode)
	}
	sees(t, "taken back", r.admin.get(path), 200, "Not started", "We have no inbox to protect")
	if events := r.audited(t, r.org.ID, "setup.skip_taken_back"); len(events) != 1 {
		t.Errorf("%d in the trail", len(events))
	}

	entry := r.proposed(t, "quarantine@"+r.world.Customers[0].Domain)
	r.admin.post(entry+"/select", nil)
	sees(t, "somebody selected one meanwhile", r.admin.post(path+"/skip", nil), http.StatusConflict, "there is one to protect")
}
