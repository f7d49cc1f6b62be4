package web_test

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"clawback"
)

// patchApp brings the first customer's app into a state of the setup.
func (p *portal) patchApp(t *testing.T, patch string) {
	t.Helper()
	p.control(t, http.MethodPatch, "/apps/"+p.world.Customers[0].App.ClientID, patch)
}

// control changes something about the first customer's tenant.
func (p *portal) control(t *testing.T, method, path, patch string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, p.sim.Addresses().Control+"/tenants/"+p.world.Customers[0].ID+path, bytes.NewReader([]byte(patch)))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%s %s %s: %d", method, path, patch, res.StatusCode)
	}
}

func setupPortal(t *testing.T) (*portal, *browser) {
	t.Helper()
	t.Parallel()
	p := newPortal(t)
	person := p.world.Customers[0].People[0]
	p.member(t, p.org, person, clawback.RoleAdmin)
	return p, p.signedIn(t, person)
}

func TestSetup_connectsAndChecks(t *testing.T) {
	p, b := setupPortal(t)
	tenant, base := p.world.Customers[0], "/organizations/"+p.org.ID
	if page := b.get(base + "/setup"); page.StatusCode != http.StatusOK || !strings.Contains(page.body, "No device is connected") {
		t.Fatalf("setup: %d %s", page.StatusCode, page.body)
	}
	if page := b.get(base + "/devices/new"); page.StatusCode != http.StatusOK || !strings.Contains(page.body, tenant.Domain) {
		t.Fatalf("form: %d", page.StatusCode)
	}
	for name, tt := range map[string]struct {
		form  url.Values
		words string
	}{
		"another tenant":  {url.Values{"tenant": {p.world.Customers[1].Domain}, "client_id": {tenant.App.ClientID}, "kind": {"certificate"}}, "another tenant than"},
		"unknown tenant":  {url.Values{"tenant": {"nobody.example"}, "client_id": {"kept-as-typed"}, "kind": {"certificate"}}, "kept-as-typed"},
		"the secret's id": {url.Values{"tenant": {tenant.Domain}, "client_id": {tenant.App.ClientID}, "kind": {"secret"}, "client_secret": {tenant.ID}}, "id, not its value"},
		"no client id":    {url.Values{"tenant": {tenant.Domain}, "kind": {"certificate"}}, "client id of the app registration"},
	} {
		page := b.post(base+"/devices/new", tt.form)
		if page.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(page.body, tt.words) {
			t.Errorf("%s: %d %s", name, page.StatusCode, page.body)
		}
		if tt.form.Get("client_secret") != "" && strings.Contains(page.document(t).Find("#client_secret").AttrOr("value", ""), tenant.ID) {
			t.Errorf("%s: the secret comes back", name)
		}
	}

	created := b.post(base+"/devices/new", url.Values{"tenant": {tenant.Domain}, "client_id": {tenant.App.ClientID}, "kind": {"secret"}, "client_secret": {tenant.App.Secret}})
	if created.StatusCode != http.StatusSeeOther || !strings.HasSuffix(created.location(), "/setup/connect") {
		t.Fatalf("connect: %d %s", created.StatusCode, created.body)
	}
	step := func(name string) string { return strings.TrimSuffix(created.location(), "connect") + name }
	if page := b.get(step("connect")); !strings.Contains(page.body, "Not checked yet") || strings.Contains(page.body, tenant.App.Secret) {
		t.Errorf("before the check: %s", page.body)
	}

	p.patchApp(t, `{"roles":[]}`)
	if page := b.post(step("security-reader")+"/check", nil); page.StatusCode != http.StatusSeeOther {
		t.Fatalf("check: %d %s", page.StatusCode, page.body)
	}
	red := b.get(step("security-reader"))
	for _, words := range []string{"Failed", "Nobody has assigned Security Reader", "Who can mend it", "/admin/" + tenant.ID + "/roles/security-reader",
		"New-MgRoleManagementDirectoryRoleAssignment", "Evidence", tenant.App.ClientID} {
		if !strings.Contains(red.body, words) {
			t.Errorf("the failed step does not say %q", words)
		}
	}
	p.patchApp(t, `{"roles":["Security Reader"]}`)
	green := b.post(step("security-reader")+"/check", nil, "HX-Request", "true", "HX-Request-Type", "partial")
	for until := time.Now().Add(10 * time.Second); strings.Contains(green.body, "watch-run") && time.Now().Before(until); {
		green = b.get(step("security-reader")+"/live", "HX-Request", "true", "HX-Request-Type", "partial")
	}
	if green.StatusCode != http.StatusOK || strings.Contains(green.body, "<html") || !strings.Contains(green.body, "Passed") {
		t.Errorf("live: %d %s", green.StatusCode, green.body)
	}
	if page := b.get(base + "/setup"); !strings.Contains(page.body, "Cannot start yet") && !strings.Contains(page.body, "6 of 8") {
		t.Errorf("tasks: %s", page.body)
	}
	for _, name := range []string{"connect", "manage-as-app", "message-trace", "recipients", "removal", "never-remove", "switch-on"} {
		if page := b.get(step(name)); page.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", name, page.StatusCode)
		}
	}
	if page := b.get(step("nonsense")); page.StatusCode != http.StatusNotFound {
		t.Errorf("nonsense: %d", page.StatusCode)
	}
	if page := b.post(step("never-remove")+"/check", nil); page.StatusCode != http.StatusNotFound {
		t.Errorf("a check of what is not checked: %d", page.StatusCode)
	}
}

func TestSetup_certificate(t *testing.T) {
	p, b := setupPortal(t)
	tenant := p.world.Customers[0]
	created := b.post("/organizations/"+p.org.ID+"/devices/new", url.Values{"tenant": {tenant.ID}, "client_id": {tenant.App.ClientID}, "kind": {"certificate"}})
	device := strings.TrimSuffix(created.location(), "/setup/connect")
	file := b.get(device + "/certificate")
	if !strings.HasPrefix(file.body, "-----BEGIN CERTIFICATE") || strings.Contains(file.body, "PRIVATE") || !strings.Contains(file.Header.Get("Content-Disposition"), "clawback.cer") {
		t.Fatalf("certificate: %d %s", file.StatusCode, file.body)
	}
	refused := b.post(device+"/credential", url.Values{"kind": {"secret"}, "client_secret": {tenant.ID}})
	if refused.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(refused.body, "id, not its value") {
		t.Errorf("credential: %d %s", refused.StatusCode, refused.body)
	}
	if changed := b.post(device+"/credential", url.Values{"kind": {"certificate"}}); changed.StatusCode != http.StatusSeeOther {
		t.Errorf("credential: %d %s", changed.StatusCode, changed.body)
	}
	if anew := b.get(device + "/certificate"); anew.body == file.body {
		t.Error("the certificate is the old one")
	}
}

func TestSetup_isOneOrganizations(t *testing.T) {
	p, _ := setupPortal(t)
	device := p.device(t)
	stranger, analyst := p.world.Customers[1].People[0], p.world.Customers[0].People[1]
	p.member(t, p.other, stranger, clawback.RoleAdmin)
	p.member(t, p.org, analyst, clawback.RoleAnalyst)
	foreign, reader := p.signedIn(t, stranger), p.signedIn(t, analyst)
	for _, path := range []string{"/organizations/" + p.org.ID + "/setup", "/organizations/" + p.org.ID + "/devices/new", "/devices/" + device.ID + "/certificate",
		"/devices/" + device.ID + "/setup/connect", "/devices/" + device.ID + "/setup/connect/live"} {
		if page := foreign.get(path); page.StatusCode != http.StatusNotFound {
			t.Errorf("a stranger at %s: %d", path, page.StatusCode)
		}
	}
	for _, path := range []string{"/organizations/" + p.org.ID + "/devices/new", "/devices/" + device.ID + "/setup/connect/check", "/devices/" + device.ID + "/credential"} {
		form := url.Values{"kind": {"certificate"}, "tenant": {p.org.TenantID}, "client_id": {device.ClientID}}
		if page := foreign.post(path, form); page.StatusCode != http.StatusNotFound {
			t.Errorf("a stranger posts to %s: %d", path, page.StatusCode)
		}
		if page := reader.post(path, form); page.StatusCode != http.StatusForbidden {
			t.Errorf("an analyst posts to %s: %d", path, page.StatusCode)
		}
	}
	if page := reader.get("/devices/" + device.ID + "/setup/connect"); page.StatusCode != http.StatusOK || strings.Contains(page.body, "Check now</button>") {
		t.Errorf("an analyst reads: %d", page.StatusCode)
	}
}

func TestChecks_api(t *testing.T) {
	p, _ := setupPortal(t)
	device := p.device(t)
	b := p.browser(t)
	call := func(method, token string) page {
		return b.do(b.request(method, "/api/v1/devices/"+device.ID+"/checks", nil, "Authorization", "Bearer "+token))
	}
	all := p.token(t, clawback.AllRights(), p.org.ID)
	if got := call(http.MethodGet, all); got.StatusCode != http.StatusOK || !strings.Contains(got.body, `"items":[]`) {
		t.Errorf("before: %d %s", got.StatusCode, got.body)
	}
	got := call(http.MethodPost, p.token(t, []clawback.Right{clawback.RightReadOrganization}, p.org.ID))
	if got.StatusCode != http.StatusForbidden {
		t.Errorf("without the right: %d", got.StatusCode)
	}
	if got := call(http.MethodPost, all); got.StatusCode != http.StatusOK || strings.Count(got.body, `"status":"pass"`) < 6 {
		t.Errorf("run: %d %s", got.StatusCode, got.body)
	}
	if got := call(http.MethodGet, all); strings.Count(got.body, `"step":`) != 6 || !strings.Contains(got.body, `"evidence"`) {
		t.Errorf("after: %s", got.body)
	}
	if got := call(http.MethodGet, p.token(t, clawback.AllRights(), p.other.ID)); got.StatusCode != http.StatusNotFound {
		t.Errorf("another's token: %d", got.StatusCode)
	}
}

// TestSetup_watch looks by itself for who may check, and only shows to who may not; it keeps no session alive.
func TestSetup_watch(t *testing.T) {
	t.Parallel()
	r := newRules(t)
	device := r.device(t)
	path := "/devices/" + device.ID + "/setup/removal"
	partial := []string{"HX-Request", "true", "HX-Request-Type", "partial"}
	if page := r.admin.get(path); !strings.Contains(page.body, `hx-post="`+path+`/watch"`) {
		t.Error("an admin's page does not look by itself")
	}
	if page := r.analyst.get(path); strings.Contains(page.body, "/watch") || !strings.Contains(page.body, `hx-get="`+path+`/live"`) {
		t.Error("an analyst's page does not wait for others")
	}
	if page := r.analyst.post(path+"/watch", nil, partial...); page.StatusCode != http.StatusForbidden {
		t.Errorf("an analyst looks: %d", page.StatusCode)
	}
	answer := r.admin.post(path+"/watch", nil, partial...)
	for until := time.Now().Add(10 * time.Second); strings.Contains(answer.body, "watch-run") && time.Now().Before(until); {
		answer = r.admin.get(path+"/live", partial...)
	}
	if !strings.Contains(answer.body, "Passed") || strings.Contains(answer.body, "hx-trigger") {
		t.Errorf("at the end: %s", answer.body)
	}
	if page := r.admin.post("/devices/"+device.ID+"/setup/never-remove/watch", nil, partial...); page.StatusCode != 404 {
		t.Errorf("a step that nobody answers for: %d", page.StatusCode)
	}
	r.clock.Advance(clawback.SessionIdle - time.Minute)
	r.admin.post(path+"/watch", nil, partial...)
	r.clock.Advance(2 * time.Minute)
	if page := r.admin.get("/"); page.StatusCode == http.StatusOK {
		t.Error("an open page keeps its session alive")
	}
}
