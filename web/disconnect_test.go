package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"clawback"
)

func TestDisconnect(t *testing.T) {
	p, admin := setupPortal(t)
	device := p.device(t)
	path := "/devices/" + device.ID
	list := admin.get("/organizations/" + p.org.ID + "/setup")
	for _, href := range []string{path + "/edit", path + "/disconnect"} {
		if !hasLink(list.document(t), "section[data-testid=device]", href) {
			t.Errorf("the setup does not lead to %s", href)
		}
	}
	ask := admin.get(path + "/disconnect")
	sees(t, "what it stops", ask, 200, "Nothing runs through it", "only device of the auto remediation", "What we keep", "Assignments of Security Reader", "never-remove inbox stays")
	refused := admin.post(path+"/disconnect", url.Values{"confirm": {"no"}, "reason": {"because <b>"}})
	if sees(t, "without the name", refused, 422, "Type the device's name"); refused.document(t).Find("#reason").Text() != "because <b>" {
		t.Error("what was typed is lost")
	}
	done := admin.post(path+"/disconnect", url.Values{"confirm": {device.Name}})
	if done.StatusCode != http.StatusSeeOther {
		t.Fatalf("disconnect: %d %s", done.StatusCode, done.body)
	}
	list = admin.get(done.location())
	sees(t, "the setup", list, 200, "Disconnected by", "No device is connected at the moment")
	sees(t, "its first step", admin.get(path+"/setup/connect"), 200, "Disconnected by")
	sees(t, "a check", admin.post(path+"/setup/connect/check", nil), 409, "is disconnected")
	sees(t, "disconnected twice", admin.post(path+"/disconnect", url.Values{"confirm": {device.Name}}), 409, "already")
	sees(t, "a credential for it", admin.post(path+"/credential", url.Values{"kind": {"certificate"}}), 409, "is disconnected")

	form := url.Values{"client_id": {device.ClientID}, "kind": {"secret"}, "client_secret": {p.world.Customers[0].ID}}
	again := admin.post(path+"/reconnect", form)
	if sees(t, "with the secret's id", again, 422, "id, not its value"); again.document(t).Find("#client_secret").AttrOr("value", "") != "" {
		t.Error("the secret comes back")
	}
	form.Set("client_secret", p.world.Customers[0].App.Secret)
	if again := admin.post(path+"/reconnect", form); again.StatusCode != http.StatusSeeOther || again.location() != path+"/setup/connect" {
		t.Fatalf("reconnect: %d %s", again.StatusCode, again.body)
	}
	admin.post(path+"/setup/connect/check", nil)
	sees(t, "connected again", admin.get(path+"/setup/connect"), 200, "Passed")
	sees(t, "its last step", admin.get(path+"/setup/switch-on"), 200, "not among the auto remediation’s devices")
	sees(t, "the trail", admin.get("/audit"), 200, "Device disconnected", "Device connected again")
}

func TestEditDevice(t *testing.T) {
	p, admin := setupPortal(t)
	device := p.device(t)
	path := "/devices/" + device.ID
	sees(t, "the form", admin.get(path+"/edit"), 200, "Onboarded on")
	for name, tt := range map[string]struct {
		form   url.Values
		status int
		words  string
	}{
		"no name":     {url.Values{"name": {" "}, "version": {"1"}}, 422, "Enter a name"},
		"no day":      {url.Values{"name": {"kept"}, "onboarded_on": {"soon"}, "version": {"1"}}, 422, "is not a day"},
		"in a year":   {url.Values{"name": {"kept"}, "onboarded_on": {"2099-01-01"}, "version": {"1"}}, 422, "has not come yet"},
		"a colleague": {url.Values{"name": {"kept"}, "version": {"7"}}, 409, "after you opened it"},
	} {
		answer := admin.post(path, tt.form)
		if sees(t, name, answer, tt.status, tt.words); answer.document(t).Find("#name").AttrOr("value", "") != tt.form.Get("name") {
			t.Errorf("%s: what was typed is lost", name)
		}
	}
	if answer := admin.post(path, url.Values{"name": {"Renamed <b>"}, "onboarded_on": {"2025-11-03"}, "version": {"1"}}); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("edit: %d %s", answer.StatusCode, answer.body)
	}
	sees(t, "the setup", admin.get("/organizations/"+p.org.ID+"/setup"), 200, "Renamed <b>")
}

// TestCredential_waits shows a new certificate beside the present secret, and lets an admin think better of it.
func TestCredential_waits(t *testing.T) {
	p, admin := setupPortal(t)
	device := p.device(t)
	path := "/devices/" + device.ID
	admin.post(path+"/setup/connect/check", nil)
	form := url.Values{"client_id": {device.ClientID}, "kind": {"certificate"}, "version": {"1"}}
	if answer := admin.post(path+"/credential", form); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("renew: %d %s", answer.StatusCode, answer.body)
	}
	sees(t, "a second admin at once", admin.post(path+"/credential", form), 409, "Priya Nair changed “", "after you opened it")
	if err := p.checker(t).RunOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	page := admin.get(path + "/setup/connect")
	sees(t, "the device", page, 200, "Passed", "A new credential waits", "Not yet", "Discard the new one")
	if file := admin.get(path + "/certificate"); !strings.HasPrefix(file.body, "-----BEGIN CERTIFICATE") {
		t.Errorf("the new certificate: %d %s", file.StatusCode, file.body)
	}
	if answer := admin.post(path+"/credential/discard", nil); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("discard: %d", answer.StatusCode)
	}
	sees(t, "discarded twice", admin.post(path+"/credential/discard", nil), 409, "No new credential waits")
	if page := admin.get(path + "/setup/connect"); strings.Contains(page.body, "A new credential waits") {
		t.Error("it still waits")
	}
}

func TestDisconnect_isOneOrganizations(t *testing.T) {
	p, _ := setupPortal(t)
	device := p.device(t)
	path := "/devices/" + device.ID
	stranger, analyst := p.world.Customers[1].People[0], p.world.Customers[0].People[1]
	p.member(t, p.other, stranger, clawback.RoleAdmin)
	p.member(t, p.org, analyst, clawback.RoleAnalyst)
	foreign, reader := p.signedIn(t, stranger), p.signedIn(t, analyst)
	for _, page := range []string{"/edit", "/disconnect", "/reconnect"} {
		if got := foreign.get(path + page); got.StatusCode != http.StatusNotFound {
			t.Errorf("a stranger at %s: %d", page, got.StatusCode)
		}
		if got := reader.get(path + page); got.StatusCode != http.StatusForbidden {
			t.Errorf("an analyst at %s: %d", page, got.StatusCode)
		}
	}
	form := url.Values{"confirm": {device.Name}, "name": {"x"}, "kind": {"certificate"}}
	for _, page := range []string{"", "/disconnect", "/reconnect", "/credential/discard"} {
		if got := foreign.post(path+page, form); got.StatusCode != http.StatusNotFound {
			t.Errorf("a stranger posts to %s: %d", page, got.StatusCode)
		}
		if got := reader.post(path+page, form); got.StatusCode != http.StatusForbidden {
			t.Errorf("an analyst posts to %s: %d", page, got.StatusCode)
		}
	}
}

// TestDisconnect_test ends the test of the device that runs: the page says so beforehand and afterwards, and begins none.
func TestDisconnect_test(t *testing.T) {
	p, admin := setupPortal(t)
	device, own := p.device(t), p.world.Customers[0].People[0].UserPrincipalName
	path, test := "/devices/"+device.ID, url.Values{"proof": {"can_remove"}, "address": {own}}
	if started := admin.post(path+"/canary", test); started.StatusCode != http.StatusSeeOther {
		t.Fatalf("start: %d %s", started.StatusCode, started.body)
	}
	sees(t, "beforehand", admin.get(path+"/disconnect"), 200, "A test of this device is running: it ends")
	if done := admin.post(path+"/disconnect", url.Values{"confirm": {device.Name}}); done.StatusCode != http.StatusSeeOther {
		t.Fatalf("disconnect: %d %s", done.StatusCode, done.body)
	}
	after := admin.get(path + "/canary")
	sees(t, "afterwards", after, 200, "The device was disconnected while the test ran.", "Connect the device again to test it.", "Disconnected by")
	if doc := after.document(t); doc.Find("#proof form, #watch-proof").Length() != 0 {
		t.Error("the page goes on")
	}
	sees(t, "another one", admin.post(path+"/canary", test), http.StatusConflict, "is disconnected. Connect it again first.")
}
