package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"clawback"
)

// TestBadInput_connect sends what can't be connected: each comes back with its own words and everything that was typed,
// but for the secret.
func TestBadInput_connect(t *testing.T) {
	p, admin := setupPortal(t)
	tenant, path := p.world.Customers[0], "/organizations/"+p.org.ID+"/devices/new"
	for name, tt := range map[string]struct {
		change url.Values
		fault  string
		status int
		words  string
	}{
		"unknown tenant":                {url.Values{"tenant": {"nobody.example"}}, "", 422, "Microsoft knows no tenant “nobody.example”"},
		"personal accounts":             {url.Values{"tenant": {"outlook.com"}}, "", 422, "for personal Microsoft accounts"},
		"another organization's tenant": {url.Values{"tenant": {p.other.Domain}}, "", 422, "is another tenant than " + p.org.Name + "'s own"},
		"the tenant's id for the app's": {url.Values{"client_id": {tenant.ID}}, "", 422, "not of the app"},
		"the secret's id":               {url.Values{"client_secret": {tenant.App.ServicePrincipalID}}, "", 422, "id, not its value"},
		"Microsoft is down":             {nil, `{"items":[{"route":"login:discovery","status":503}]}`, 503, "Nothing was saved"},
		"Microsoft throttles":           {nil, `{"items":[{"route":"login:discovery","status":429,"retry_after":40}]}`, 503, "no more questions for 40 seconds"},
	} {
		p.control(t, http.MethodPut, "/faults", `{"items":[]}`)
		if tt.fault != "" {
			p.control(t, http.MethodPut, "/faults", tt.fault)
		}
		form := url.Values{"connection": {"custom_app"}, "name": {"Typed <b>"}, "tenant": {tenant.Domain}, "client_id": {tenant.App.ClientID}, "kind": {"secret"}, "client_secret": {"typed-secret"}}
		for field, value := range tt.change {
			form[field] = value
		}
		page := admin.post(path, form)
		sees(t, name, page, tt.status, tt.words)
		document := page.document(t)
		for field, want := range map[string]string{"name": "Typed <b>", "tenant": form.Get("tenant"), "client_id": form.Get("client_id"), "client_secret": ""} {
			if got := document.Find("#"+field).AttrOr("value", ""); got != want {
				t.Errorf("%s: %s is %q, want %q", name, field, got, want)
			}
		}
		if _, chosen := document.Find("#kind-secret").Attr("checked"); !chosen || strings.Contains(page.body, "typed-secret") {
			t.Errorf("%s: the secret was chosen: %v, or it comes back", name, chosen)
		}
	}
	if devices, err := p.store.ListDevices(t.Context(), operator, p.org.ID); err != nil || len(devices) != 0 {
		t.Errorf("connected %d, %v", len(devices), err)
	}
}

// TestBadInput_setupSessionEnds sends forms of the setup after their session has ended: what was typed is kept, all but a
// secret, which no page shows, and both go through once their person is signed in again.
func TestBadInput_setupSessionEnds(t *testing.T) {
	p, admin := setupPortal(t)
	tenant, path := p.world.Customers[0], "/organizations/"+p.org.ID+"/devices/new"
	form := url.Values{"connection": {"custom_app"}, "name": {"Typed <b>"}, "tenant": {tenant.Domain}, "client_id": {tenant.App.ClientID}, "kind": {"secret"}, "client_secret": {tenant.App.Secret}}
	p.clock.Advance(clawback.SessionIdle + time.Minute)
	ended := admin.post(path, form)
	sees(t, "ended", ended, 401, "Your session has ended", "all but the client secret")
	if strings.Contains(ended.body, tenant.App.Secret) {
		t.Fatal("the secret stands in the page")
	}
	again, kept := url.Values{}, ended.document(t).Find("form[action='"+path+"']")
	for _, field := range kept.Find("input").EachIter() {
		again.Set(field.AttrOr("name", ""), field.AttrOr("value", ""))
	}
	for name := range form {
		if want := form.Get(name); name != "client_secret" && again.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, again.Get(name), want)
		}
	}
	if !again.Has("client_secret") || kept.Find("#client_secret").AttrOr("type", "") != "password" {
		t.Error("the secret can't be entered once more")
	}
	again.Set("client_secret", tenant.App.Secret)
	back := p.signedIn(t, tenant.People[0])
	made := back.post(path, again)
	if made.StatusCode != http.StatusSeeOther {
		t.Fatalf("sent again: %d %s", made.StatusCode, made.body)
	}

	reason := "/devices/" + strings.Split(made.location(), "/")[2] + "/setup/never-remove/skip"
	p.clock.Advance(clawback.SessionIdle + time.Minute)
	ended = back.post(reason, url.Values{"reason": {"typed for an hour"}})
	sees(t, "a reason", ended, 401, "nothing you typed is lost")
	if got := ended.document(t).Find("input[name=reason]").AttrOr("value", ""); got != "typed for an hour" {
		t.Errorf("the reason is %q", got)
	}
}

// TestBadInput_twoAdmins edits one device twice at once: the second is told by whom it was changed and to what, with
// everything typed, and saves it all the same where it still holds.
func TestBadInput_twoAdmins(t *testing.T) {
	t.Parallel()
	r := newRules(t)
	device := r.device(t)
	other := r.person(t, 0, "Daniel Osei")
	r.member(t, r.org, other, clawback.RoleAdmin)
	second, path := r.signedIn(t, other), "/devices/"+device.ID
	version := second.get(path+"/edit").document(t).Find("input[name=version]").AttrOr("value", "")
	if done := r.admin.post(path, url.Values{"name": {"Priya's"}, "onboarded_on": {"2025-11-03"}, "version": {version}}); done.StatusCode != http.StatusSeeOther {
		t.Fatalf("the first: %d", done.StatusCode)
	}
	late := second.post(path, url.Values{"name": {"Daniel's"}, "onboarded_on": {"2026-05-04"}, "version": {version}})
	sees(t, "the second", late, 409, "Priya Nair changed “Priya", "Your change was not saved", "What the device is now")
	document := late.document(t)
	if now := document.Find("[data-testid=now]").Text(); !strings.Contains(now, "Priya's") || !strings.Contains(now, "3 November 2025") {
		t.Errorf("what it is now: %q", now)
	}
	if name, day := document.Find("#name").AttrOr("value", ""), document.Find("#onboarded_on").AttrOr("value", ""); name != "Daniel's" || day != "2026-05-04" {
		t.Errorf("typed were %q and %q", name, day)
	}
	again := document.Find("input[name=version]").AttrOr("value", "")
	if done := second.post(path, url.Values{"name": {"Daniel's"}, "onboarded_on": {"2026-05-04"}, "version": {again}}); done.StatusCode != http.StatusSeeOther {
		t.Errorf("saved again: %d", done.StatusCode)
	}

	// The same task: both ask, both see who was last, and neither undoes the other's.
	step := path + "/setup/security-reader"
	for _, b := range []*browser{r.admin, second} {
		if done := b.post(step+"/check", nil); done.StatusCode != http.StatusSeeOther {
			t.Errorf("check: %d", done.StatusCode)
		}
	}
	sees(t, "the step", r.admin.get(step), 200, "by Daniel Osei;")
	sees(t, "the tasks", r.admin.get("/organizations/"+r.org.ID+"/setup"), 200, "Last worked on by Daniel Osei")
	for _, b := range []*browser{r.admin, second} {
		if done := b.post(path+"/setup/never-remove/skip", nil); done.StatusCode != http.StatusSeeOther {
			t.Errorf("decide: %d", done.StatusCode)
		}
	}
	if events := r.audited(t, r.org.ID, "setup.step_skipped"); len(events) != 1 || events[0].ActorName != "Priya Nair" {
		t.Errorf("decided %+v", events)
	}
}

// TestBadInput_links follows a consent's and a step's link that are of no use any more: each says why, and what becomes
// of what was done by it.
func TestBadInput_links(t *testing.T) {
	b := newConsentBench(t)
	state := func() string { return strings.TrimPrefix(b.link(t), "/consent/") }
	stranger := b.browser(t)
	back := func(state string, change url.Values) page {
		query := url.Values{"state": {state}, "admin_consent": {"True"}, "tenant": {b.org.TenantID}}
		for field, value := range change {
			query[field] = value
		}
		return stranger.get("/consent/return?" + query.Encode())
	}
	withdrawn, refused, expired := state(), state(), state()
	form, _ := b.admin.get(b.device + "/setup/connect").document(t).Find(`form[action$="/revoke"]`).Last().Attr("action")
	if done := b.admin.post(form, nil); done.StatusCode != http.StatusSeeOther {
		t.Fatalf("withdraw: %d", done.StatusCode)
	}
	sees(t, "accepted with a withdrawn link", back(withdrawn, nil), 410, "was withdrawn", "stays granted there", "delete the enterprise application")
	if page := back(withdrawn, url.Values{"error": {"access_denied"}}); strings.Contains(page.body, "stays granted") {
		t.Error("what was declined is said to be granted")
	}
	sees(t, "declined", back(refused, url.Values{"error": {"access_denied"}, "error_description": {"AADSTS65004: x"}}), 200, "declined or cancelled", "still works")
	sees(t, "by an account without the right", back(refused, url.Values{"error": {"access_denied"}, "error_description": {"AADSTS90094: <b>x"}}), 200,
		"Your account may not consent", "Forward the link", "still works")
	sees(t, "for another reason", back(refused, url.Values{"error": {"invalid_client"}, "error_description": {"AADSTS650052<b>: x"}}), 200, "that Microsoft said AADSTS650052;")

	// Who has no right stays on Microsoft's own page, and the link is not used up.
	daniel := b.world.Customers[0].People[1]
	address := b.microsoft(t, stranger, "/consent/"+refused)
	if page := stranger.post(address, url.Values{"person": {daniel.ID}}); page.location() != "" || !strings.Contains(page.body, "90094") {
		t.Errorf("Microsoft lets %s consent: %d %s", daniel.Name, page.StatusCode, page.body)
	}
	sees(t, "the link after it", stranger.get("/consent/"+refused), 200, "Go on to Microsoft")

	b.clock.Advance(clawback.ConsentLife)
	sees(t, "accepted with an expired link", back(expired, nil), 410, "has expired", "granted there all the same")
	if page := back(expired, url.Values{"tenant": {b.other.TenantID}}); strings.Contains(page.body, "all the same") {
		t.Error("what was granted elsewhere is said to count")
	}
}
