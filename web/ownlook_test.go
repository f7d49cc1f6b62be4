package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"clawback"
	"clawback/m365sim"
)

// lookable is a device whose app may not read the directory, with a role that is missing.
func lookable(t *testing.T) (*rules, clawback.Device, string) {
	t.Helper()
	t.Parallel()
	r := newRules(t)
	device := r.device(t)
	r.patchApp(t, `{"roles":[],"permissions":["Exchange.ManageAsApp","User.Read.All","Mail.ReadWrite"]}`)
	path := "/devices/" + device.ID + "/setup/security-reader"
	r.admin.post(path+"/check", nil)
	sees(t, "before", r.admin.get(path), 200, "The likeliest first", "Look with your own right")
	return r, device, path
}

// look goes to Microsoft, accepts what it asks and comes back.
func (b *browser) look(path string, person m365sim.Person, accept bool) page {
	b.t.Helper()
	address := b.post(path+"/look", nil).location()
	asked := b.post(address, url.Values{"person": {person.ID}})
	if asked.StatusCode == http.StatusOK && accept {
		asked = b.post(address, url.Values{"person": {person.ID}, "consent": {"accept"}})
	} else if asked.StatusCode == http.StatusOK {
		asked = b.post(address, url.Values{"person": {person.ID}, "cancel": {"1"}})
	}
	if asked.location() == "" {
		return asked
	}
	return b.get(asked.location())
}

func TestOwnLook(t *testing.T) {
	r, device, path := lookable(t)
	priya := r.person(t, 0, "Priya Nair")

	sees(t, "declined", r.admin.look(path, priya, false), http.StatusForbidden, "You declined", "Back to “Security Reader role”")
	back := r.admin.look(path, priya, true)
	if back.StatusCode != http.StatusSeeOther || back.location() != path {
		t.Fatalf("looked: %d to %q: %s", back.StatusCode, back.location(), back.body)
	}
	sees(t, "looked", r.admin.get(path), 200, "What Priya Nair could see: Nobody has assigned Security Reader to this app yet.", "It changes nothing of the check’s result", "Failed")
	sees(t, "an analyst reads it", r.analyst.get(path), 200, "What Priya Nair could see")
	if events := r.audited(t, r.org.ID, "setup.looked"); len(events) != 1 || !strings.Contains(string(events[0].After), "role_missing") {
		t.Errorf("audited %+v", events)
	}
	if again := r.admin.get("/"); again.StatusCode != http.StatusOK {
		t.Errorf("the session did not go on: %d", again.StatusCode)
	}

	// What was mended since is not shown as broken, and a look passes nothing.
	r.patchApp(t, `{"roles":["Security Reader"]}`)
	r.admin.look(path, priya, true)
	setup, err := r.store.FindDeviceSetup(t.Context(), operator, device.ID)
	if err != nil {
		t.Fatal(err)
	}
	if check, _ := setup.Check(clawback.StepSecurityReader); check.Status != clawback.CheckFail {
		t.Errorf("a look made the step %s", check.Status)
	}
}

func TestOwnLook_refused(t *testing.T) {
	r, _, path := lookable(t)
	priya, daniel := r.person(t, 0, "Priya Nair"), r.person(t, 0, "Daniel Osei")
	sees(t, "who is no administrator", r.admin.look(path, daniel, true), http.StatusForbidden, "only administrators give this right")
	if page := r.admin.look(path, r.person(t, 1, "Olivia Grant"), true); page.StatusCode == http.StatusSeeOther || strings.Contains(page.body, "could see") {
		t.Errorf("an account of another tenant: %d %s", page.StatusCode, page.body)
	}
	for who, b := range map[string]*browser{"analyst": r.analyst, "engagement manager": r.manager} {
		if page := b.post(path+"/look", nil); page.StatusCode != http.StatusForbidden {
			t.Errorf("the %s looks: %d", who, page.StatusCode)
		}
	}
	if page := r.admin.post(strings.Replace(path, "security-reader", "never-remove", 1)+"/look", nil); page.StatusCode != 404 {
		t.Errorf("a step that nobody answers for: %d", page.StatusCode)
	}

	// Taken to another browser, used twice, or by another session.
	address := r.admin.post(path+"/look", nil).location()
	callback := r.admin.post(address, url.Values{"person": {priya.ID}, "consent": {"accept"}}).location()
	if page := r.browser(t).get(callback); page.StatusCode != http.StatusUnauthorized {
		t.Errorf("in another browser: %d", page.StatusCode)
	}
	if page := r.analyst.get(callback); page.location() == path {
		t.Errorf("in another session: %d to %s", page.StatusCode, page.location())
	}
	if page := r.admin.get(callback); page.location() != "/" && page.StatusCode != http.StatusUnauthorized && page.location() != path {
		t.Errorf("its own: %d to %s", page.StatusCode, page.location())
	}
	if events := r.audited(t, r.org.ID, "setup.looked"); len(events) > 1 {
		t.Errorf("%d looks", len(events))
	}
}

// TestOwnLook_ofADisconnectedDevice sends nobody to Microsoft.
func TestOwnLook_ofADisconnectedDevice(t *testing.T) {
	r, device, path := lookable(t)
	if gone := r.admin.post("/devices/"+device.ID+"/disconnect", url.Values{"confirm": {device.Name}}); gone.StatusCode != http.StatusSeeOther {
		t.Fatalf("disconnect: %d", gone.StatusCode)
	}
	sees(t, "look", r.admin.post(path+"/look", nil), http.StatusConflict, "is disconnected", "Connect it again first")
}
