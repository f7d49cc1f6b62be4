package web_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"clawback"
)

// TestCanary_pages begin a test, show it while it runs and when it has ended, and refuse in words.
func TestCanary_pages(t *testing.T) {
	p, b := setupPortal(t)
	device, tenant := p.device(t), p.world.Customers[0]
	page, own := "/devices/"+device.ID+"/canary", tenant.People[0].UserPrincipalName
	if got := b.get(page); got.StatusCode != http.StatusOK || !strings.Contains(got.body, "not shown yet") || !strings.Contains(got.body, "Proved in no mailbox yet") {
		t.Fatalf("before: %d %s", got.StatusCode, got.body)
	}
	for name, tt := range map[string]struct {
		form  url.Values
		words string
	}{
		"no address": {url.Values{"proof": {"can_remove"}}, "Enter an email address"},
		"unknown":    {url.Values{"proof": {"can_remove"}, "address": {"nobody@" + tenant.Domain}}, "No mailbox has this address"},
		"no proof":   {url.Values{"proof": {"magic"}, "address": {own}}, "Choose can_remove or end_to_end"},
	} {
		got := b.post(page, tt.form)
		if got.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(got.body, tt.words) {
			t.Errorf("%s: %d %s", name, got.StatusCode, got.body)
		}
		if typed := tt.form.Get("address"); typed != got.document(t).Find("#address").AttrOr("value", "") {
			t.Errorf("%s: %q is lost", name, typed)
		}
	}

	started := b.post(page, url.Values{"proof": {"can_remove"}, "address": {own}})
	if started.StatusCode != http.StatusSeeOther || started.location() != page {
		t.Fatalf("start: %d %s", started.StatusCode, started.body)
	}
	running := b.get(page)
	if doc := running.document(t); doc.Find("#watch-proof").Length() != 1 || doc.Find("form[aria-label='Start a test']").Length() != 0 {
		t.Errorf("while it runs: %s", running.body)
	}
	if got := b.post(page, url.Values{"proof": {"can_remove"}, "address": {own}}); got.StatusCode != http.StatusConflict || !strings.Contains(got.body, tenant.People[0].Name+" started a test of this device already") {
		t.Errorf("a second: %d %s", got.StatusCode, got.body)
	}
	canaries, err := p.store.ListCanaries(t.Context(), operator, device.ID)
	if err != nil || len(canaries) != 1 {
		t.Fatalf("tests: %v %v", canaries, err)
	}
	if err := p.engine(t).Canary(t.Context(), canaries[0].ID); err != nil {
		t.Fatal(err)
	}
	live := b.get(page+"/live", "HX-Request", "true", "HX-Request-Type", "partial")
	for _, words := range []string{"Clawback can remove", "Verify that nothing is left", "Proved in 1 mailbox; the others are not known", "Evidence"} {
		if !strings.Contains(live.body, words) {
			t.Errorf("the ended test does not say %q", words)
		}
	}
	if strings.Contains(live.body, "watch-proof") || strings.Contains(live.body, "<html") {
		t.Error("an ended test is asked for again")
	}
	if got := b.get(page + "/live"); got.StatusCode != http.StatusSeeOther {
		t.Errorf("live as a page: %d", got.StatusCode)
	}
	if got := b.post("/canaries/"+canaries[0].ID+"/clean-up", nil); got.StatusCode != http.StatusConflict {
		t.Errorf("nothing to clean up: %d", got.StatusCode)
	}
	if got := b.post("/devices/"+device.ID+"/setup/removal/check", nil); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("check: %d", got.StatusCode)
	}
	step := b.get("/devices/" + device.ID + "/setup/removal").document(t)
	if got := strings.Join(strings.Fields(step.Find("[data-testid=levels] .chip").Text()), " "); got != "Passed Proved Not shown yet" {
		t.Errorf("the levels of the step: %q", got)
	}
	if got := step.Find("[data-testid=levels]").Text(); !strings.Contains(got, "inboxes open") {
		t.Errorf("the step says %q", got)
	}
	if got := b.get("/organizations/" + p.org.ID + "/setup"); !strings.Contains(got.body, "shown in a mailbox that it can remove") {
		t.Errorf("the tasks: %s", got.body)
	}
}

// TestCanary_isOneOrganizations: a stranger does not see it, and an analyst does not begin one.
func TestCanary_isOneOrganizations(t *testing.T) {
	p, _ := setupPortal(t)
	device, own := p.device(t), p.world.Customers[0].People[0].UserPrincipalName
	stranger, analyst := p.world.Customers[1].People[0], p.world.Customers[0].People[1]
	p.member(t, p.other, stranger, clawback.RoleAdmin)
	p.member(t, p.org, analyst, clawback.RoleAnalyst)
	foreign, reader := p.signedIn(t, stranger), p.signedIn(t, analyst)
	page, form := "/devices/"+device.ID+"/canary", url.Values{"proof": {"can_remove"}, "address": {own}}
	for _, path := range []string{page, page + "/live"} {
		if got := foreign.get(path); got.StatusCode != http.StatusNotFound {
			t.Errorf("a stranger at %s: %d", path, got.StatusCode)
		}
	}
	if got := foreign.post(page, form); got.StatusCode != http.StatusNotFound {
		t.Errorf("a stranger starts: %d", got.StatusCode)
	}
	if got := reader.post(page, form); got.StatusCode != http.StatusForbidden {
		t.Errorf("an analyst starts: %d", got.StatusCode)
	}
	if got := reader.get(page); got.StatusCode != http.StatusOK || strings.Contains(got.body, "Start a test") {
		t.Errorf("an analyst reads: %d", got.StatusCode)
	}
}

func TestCanary_api(t *testing.T) {
	p, _ := setupPortal(t)
	device, own, b := p.device(t), p.world.Customers[0].People[0].UserPrincipalName, p.browser(t)
	call := func(method, path, token, body string) page {
		return b.do(b.request(method, "/api/v1"+path, bytes.NewReader([]byte(body)), "Authorization", "Bearer "+token, "Content-Type", "application/json"))
	}
	all, path := p.token(t, clawback.AllRights(), p.org.ID), "/devices/"+device.ID+"/canaries"
	if got := call(http.MethodPost, path, p.token(t, []clawback.Right{clawback.RightReadOrganization}, p.org.ID), `{"proof":"can_remove","address":"`+own+`"}`); got.StatusCode != http.StatusForbidden {
		t.Errorf("without the right: %d", got.StatusCode)
	}
	if got := call(http.MethodPost, path, all, `{"proof":"can_remove","address":"nobody@elsewhere.example"}`); got.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("elsewhere: %d %s", got.StatusCode, got.body)
	}
	created := call(http.MethodPost, path, all, `{"proof":"can_remove","address":"`+own+`"}`)
	var canary struct{ ID, Status string }
	if err := json.Unmarshal([]byte(created.body), &canary); err != nil || created.StatusCode != http.StatusCreated || canary.Status != "running" {
		t.Fatalf("create: %d %s", created.StatusCode, created.body)
	}
	if err := p.engine(t).Canary(t.Context(), canary.ID); err != nil {
		t.Fatal(err)
	}
	if got := call(http.MethodGet, "/canaries/"+canary.ID, all, ""); !strings.Contains(got.body, `"status":"proved"`) || strings.Count(got.body, `"step":`) != 8 {
		t.Errorf("read: %d %s", got.StatusCode, got.body)
	}
	if got := call(http.MethodGet, path, all, ""); strings.Count(got.body, `"internet_message_id":`) != 1 {
		t.Errorf("list: %d %s", got.StatusCode, got.body)
	}
	for _, path := range []string{path, "/canaries/" + canary.ID} {
		if got := call(http.MethodGet, path, p.token(t, clawback.AllRights(), p.other.ID), ""); got.StatusCode != http.StatusNotFound {
			t.Errorf("another's token at %s: %d", path, got.StatusCode)
		}
	}
	for _, end := range []string{"/stop", "/clean-up"} {
		c := p.client(t, all)
		c.want(http.StatusConflict, http.MethodPost, "/canaries/"+canary.ID+end, nil) // it has ended, and left nothing
		p.refusesStrangers(t, http.MethodPost, "/canaries/"+canary.ID+end, nil)
	}
}

// TestCanary_waiting tells what to send, is offered in enforce mode alone, and can be stopped.
func TestCanary_waiting(t *testing.T) {
	t.Parallel()
	r := newRules(t)
	device, own := r.device(t), r.world.Customers[0].People[0].UserPrincipalName
	page := "/devices/" + device.ID + "/canary"
	if got := r.admin.get(page).document(t); got.Find("button[value=end_to_end]").Length() != 0 || !hasLink(got, "form", "/organizations/"+r.org.ID+"/auto-remediation") {
		t.Error("the test with an email from outside is offered before anything is removed")
	}
	form := url.Values{"proof": {"end_to_end"}, "address": {own}}
	sees(t, "before enforce", r.admin.post(page, form), http.StatusConflict, "switch enforce on")
	r.check(t, device, clawback.CheckPass, "Fine.")
	if got := r.admin.post("/organizations/"+r.org.ID+"/auto-remediation/mode", url.Values{"mode": {"enforce"}, "agree": {"yes"}}); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("enforce: %d", got.StatusCode)
	}
	if got := r.admin.post(page, form); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("start: %d %s", got.StatusCode, got.body)
	}
	sees(t, "while it waits", r.admin.get(page), 200, "Send this email now", "Clawback test ", own, "Stop waiting")
	canaries, err := r.store.ListCanaries(t.Context(), operator, device.ID)
	if err != nil || len(canaries) != 1 {
		t.Fatalf("tests: %v %v", canaries, err)
	}
	stop := "/canaries/" + canaries[0].ID + "/stop"
	sees(t, "an analyst stops", r.analyst.post(stop, nil), http.StatusForbidden)
	if waiting := r.client(t, r.token(t, clawback.AllRights())).want(http.StatusOK, http.MethodPost, stop, nil); waiting["status"] != "failed" || waiting["cause"] != "stopped" {
		t.Errorf("stopped by the API: %v", waiting)
	}
	if got := r.admin.post(page, form); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("start again: %d %s", got.StatusCode, got.body)
	}
	if canaries, err = r.store.ListCanaries(t.Context(), operator, device.ID); err != nil || len(canaries) != 2 {
		t.Fatalf("tests: %v %v", canaries, err)
	}
	stop = "/canaries/" + canaries[0].ID + "/stop"
	if got := r.admin.post(stop, nil); got.StatusCode != http.StatusSeeOther || got.location() != page {
		t.Errorf("stop: %d", got.StatusCode)
	}
	sees(t, "stopped", r.admin.get(page), 200, "stopped waiting for the email")
	sees(t, "once more", r.admin.post(stop, nil), http.StatusConflict)
}
