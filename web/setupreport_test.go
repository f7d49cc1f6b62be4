package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"clawback"
)

// TestSetupReport holds everything an auditor asks for, for who may see the device.
func TestSetupReport(t *testing.T) {
	t.Parallel()
	r := newRules(t)
	device := r.device(t)
	path := "/devices/" + device.ID + "/report"
	sees(t, "before anything was checked", r.admin.get(path), 200, "It was not checked yet", "Not known yet", "Device connected")
	if _, err := r.checker(t).CheckDevice(t.Context(), operator, device.ID, clawback.StepConnect); err != nil {
		t.Fatal(err)
	}
	r.forward(t, device, "removal")
	r.admin.post("/devices/"+device.ID+"/setup/never-remove/skip", url.Values{"reason": {"None <i>here</i>."}})
	sees(t, "an admin's", r.admin.get(path), 200, "Security Reader is active over the whole tenant", "roles: Exchange.ManageAsApp",
		"Mail.ReadWrite", "Required", "Granted", "None <i>here</i>.", "forwarded “Removal permission”", "Who did what", "Step of the setup forwarded", device.TenantID)
	sees(t, "an analyst's", r.analyst.get(path), 200, "Security Reader is active", "The audit trail is shown to admins")
	sees(t, "an engagement manager's", r.manager.get(path), 200, "Security Reader is active")
	foreign := r.person(t, 1, "Olivia Grant")
	r.member(t, r.other, foreign, clawback.RoleAdmin)
	if page := r.signedIn(t, foreign).get(path); page.StatusCode != http.StatusNotFound {
		t.Errorf("another organization's admin: %d", page.StatusCode)
	}
	if page := r.admin.get(path); strings.Contains(page.body, r.world.Customers[0].App.Secret) {
		t.Error("it holds the secret")
	}
}

// TestOrganizations_order puts those whose setup waits longest first, with where, since when and for whom.
func TestOrganizations_order(t *testing.T) {
	t.Parallel()
	r := newRules(t)
	device := r.device(t)
	r.clock.Advance(time.Hour)
	r.check(t, device, clawback.CheckFail, "Not yet.")
	b := r.signedIn(t, r.staff(t, "Operator"))
	order := func(query string) []string {
		var names []string
		for _, name := range b.get("/organizations" + query).document(t).Find("td.lead > a").EachIter() {
			names = append(names, strings.TrimSpace(name.Text()))
		}
		return names
	}
	if got := order("?order=stuck"); len(got) < 2 || got[0] != r.other.Name {
		t.Errorf("%v: the one without a device waits longest", got)
	}
	r.deviceOf(t, "11111111-2222-4333-8444-555555555555") // a second device of the first organization
	if got := order("?order=name"); len(got) < 2 || !(got[0] < got[1]) {
		t.Errorf("by name: %v", got)
	}
	sees(t, "the portfolio", r.manager.get("/organizations?order=stuck"), 200, "Stuck at Connect the device since", "Nobody worked on it yet", "longest come first")
	sees(t, "an order that is none", b.get("/organizations?order=nonsense"), 200, "need somebody come first")
}
