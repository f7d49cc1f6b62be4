package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/web"
)

// consentBench is a portal with a device that waits for its consent, and the admin who asks for it.
type consentBench struct {
	*portal
	admin  *browser
	device string // its path
}

func newConsentBench(t *testing.T, options ...option) *consentBench {
	t.Helper()
	t.Parallel()
	p := newPortal(t, options...)
	person := p.world.Customers[0].People[0]
	p.member(t, p.org, person, clawback.RoleAdmin)
	b := &consentBench{portal: p, admin: p.signedIn(t, person)}
	form := url.Values{"connection": {"integration"}, "tenant": {p.org.Domain}, "onboarded_on": {"2025-11-03"}}
	made := b.admin.post("/organizations/"+p.org.ID+"/devices/new", form)
	if made.StatusCode != http.StatusSeeOther || !strings.HasSuffix(made.location(), "/setup/connect") {
		t.Fatalf("connect: %d %s", made.StatusCode, made.body)
	}
	b.device = strings.TrimSuffix(made.location(), "/setup/connect")
	return b
}

// link asks for a consent and answers the path of the link to forward.
func (b *consentBench) link(t *testing.T) string {
	t.Helper()
	asked := b.admin.post(b.device+"/consents", nil)
	shown := b.admin.get(asked.location())
	link := shown.document(t).Find(`[data-copy*="/consent/"]`).First().AttrOr("data-copy", "")
	if asked.StatusCode != http.StatusSeeOther || shown.StatusCode != http.StatusOK || !strings.HasPrefix(link, b.url+"/consent/") || !strings.Contains(shown.body, "Hello,") {
		t.Fatalf("link: %d, then %d %q: %s", asked.StatusCode, shown.StatusCode, link, shown.body)
	}
	return strings.TrimPrefix(link, b.url)
}

// microsoft answers the address at Microsoft to which the page behind a link leads.
func (b *consentBench) microsoft(t *testing.T, who *browser, link string) string {
	t.Helper()
	page := who.get(link)
	address := page.document(t).Find("a.primary").AttrOr("href", "")
	if page.StatusCode != http.StatusOK || !strings.HasPrefix(address, b.sim.Addresses().Login+"/"+b.org.TenantID+"/v2.0/adminconsent?") {
		t.Fatalf("the page behind the link: %d, leads to %q", page.StatusCode, address)
	}
	return address
}

func (b *consentBench) accept() string { return `[data-testid="accept-` + b.org.Domain + `"]` }

func (b *consentBench) events(t *testing.T, action string) int {
	t.Helper()
	return len(b.audited(t, b.org.ID, action))
}

func TestConsent_byLink(t *testing.T) {
	b := newConsentBench(t)
	link := b.link(t)
	stranger := b.browser(t)

	sees(t, "the link's page", stranger.get(link), 200, b.org.Domain, "Mail.ReadWrite", "Exchange.ManageAsApp", "need no account")
	for _, secret := range []string{b.org.Name, b.org.ID, "Priya Nair", strings.TrimPrefix(b.device, "/devices/")} {
		if strings.Contains(stranger.get(link).body, secret) {
			t.Errorf("the page tells %q", secret)
		}
	}
	// A mail scanner, too, opens links.
	if page := stranger.get(link); page.StatusCode != http.StatusOK {
		t.Errorf("opened again: %d", page.StatusCode)
	}

	back := stranger.get(stranger.pick(b.microsoft(t, stranger, link), `[data-testid="cancel"]`))
	sees(t, "refused", back, 200, "not granted", "Privileged Role Administrator of "+b.org.Domain, "still works")
	sees(t, "what the admin sees of it", b.admin.get(b.device+"/setup/connect"), 200, "Refused at Microsoft")

	returned := stranger.pick(b.microsoft(t, stranger, link), b.accept())
	back = stranger.get(returned)
	sees(t, "granted", back, 200, "Thank you")
	if n := back.document(t).Find("section a").Length(); n != 0 {
		t.Errorf("the thanks lead somewhere: %s", back.body)
	}
	for what, page := range map[string]page{"the link": stranger.get(link), "what came back": back} {
		if page.Header.Get("X-Robots-Tag") == "" || page.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: its address may be kept elsewhere: %v", what, page.Header)
		}
	}
	sees(t, "returned twice", stranger.get(returned), 410, "used already")
	sees(t, "returned in another browser", b.browser(t).get(returned), 410, "used already")
	sees(t, "the link afterwards", stranger.get(link), 410, "used already")
	again := b.admin.get(returned)
	sees(t, "returned where somebody is signed in", again, 410, "used already")
	if !hasLink(again.document(t), "section", b.device+"/setup/connect") {
		t.Error("the admin is not led back to the device")
	}

	if err := b.checker(t).RunOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	sees(t, "the device", b.admin.get(b.device+"/setup/connect"), 200, "The integration signs in to this tenant", "Granted since", "Mail.ReadWrite on Microsoft Graph")
	sees(t, "the step that a legacy device lacks", b.admin.get(b.device+"/setup/manage-as-app"), 200, "Passed")
	if b.events(t, "consent.asked") != 1 || b.events(t, "consent.returned") != 1 || b.events(t, "consent.refused") != 2 {
		t.Errorf("audited %d asked, %d returned, %d refused", b.events(t, "consent.asked"), b.events(t, "consent.returned"), b.events(t, "consent.refused"))
	}
	if log := b.log.String(); strings.Contains(log, strings.TrimPrefix(link, "/consent/")) {
		t.Error("the log holds the state of the link")
	}
}

// TestConsent_wrongReturns are what Microsoft, or somebody who plays Microsoft, may come back with.
func TestConsent_wrongReturns(t *testing.T) {
	b := newConsentBench(t)
	state := strings.TrimPrefix(b.link(t), "/consent/")
	stranger := b.browser(t)
	for name, tt := range map[string]struct {
		query  url.Values
		status int
		words  string
	}{
		"by the wrong tenant": {url.Values{"state": {state}, "admin_consent": {"True"}, "tenant": {b.other.TenantID}}, 409, "counts for nothing"},
		"no tenant":           {url.Values{"state": {state}, "admin_consent": {"True"}}, 409, "counts for nothing"},
		"Microsoft is down":   {url.Values{"state": {state}, "error": {"temporarily_unavailable"}}, 503, "again in some minutes"},
		"another error":       {url.Values{"state": {state}, "error": {"invalid_resource"}, "error_description": {"<script>x</script>"}}, 200, "did not grant it"},
		"unknown state":       {url.Values{"state": {"invented"}, "admin_consent": {"True"}, "tenant": {b.org.TenantID}}, 404, "did not ask for this consent"},
		"no state":            {url.Values{"admin_consent": {"True"}, "tenant": {b.org.TenantID}}, 404, "did not ask for this consent"},
	} {
		answer := stranger.get("/consent/return?" + tt.query.Encode())
		sees(t, name, answer, tt.status, tt.words)
		if strings.Contains(answer.body, "<script>x") {
			t.Errorf("%s: the page shows the address", name)
		}
	}
	sees(t, "an invented link", stranger.get("/consent/invented"), 404, "whole link")
	if b.events(t, "consent.returned") != 0 {
		t.Error("something was taken for a consent")
	}
	b.clock.Advance(clawback.ConsentLife)
	sees(t, "an expired link", stranger.get("/consent/"+state), 410, "has expired")
	sees(t, "an expired state", stranger.get("/consent/return?"+url.Values{"state": {state}, "admin_consent": {"True"}, "tenant": {b.org.TenantID}}.Encode()), 410, "has expired")
}

// TestConsent_now leads an admin straight to Microsoft and, where Microsoft is down meanwhile, tells what could not be asked.
func TestConsent_now(t *testing.T) {
	b := newConsentBench(t)
	asked := b.admin.post(b.device+"/consents", url.Values{"now": {"yes"}})
	if asked.StatusCode != http.StatusSeeOther || !strings.HasPrefix(asked.location(), b.sim.Addresses().Login) {
		t.Fatalf("consent now: %d %s", asked.StatusCode, asked.location())
	}
	back := b.admin.get(b.admin.pick(asked.location(), b.accept()))
	if sees(t, "granted", back, 200, "Thank you"); !hasLink(back.document(t), "section", b.device+"/setup/connect") {
		t.Error("the admin is not led back to the device")
	}
	b.control(t, http.MethodPut, "/faults", `{"items":[{"route":"login:token","status":503}]}`)
	b.clock.Advance(time.Minute)
	if err := b.checker(t).RunOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	sees(t, "Microsoft is down after the consent", b.admin.get(b.device+"/setup/connect"), 200, "Unknown", "gave no answer")
}

func TestConsent_revoked(t *testing.T) {
	b := newConsentBench(t)
	link := b.link(t)
	page := b.admin.get(b.device + "/setup/connect")
	revoke := page.document(t).Find(`form[action$="/revoke"]`).AttrOr("action", "")
	if answer := b.admin.post(revoke, nil); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("revoke %q: %d", revoke, answer.StatusCode)
	}
	sees(t, "the link", b.browser(t).get(link), 410, "was withdrawn")
	sees(t, "the link to its maker", b.admin.get(strings.TrimSuffix(revoke, "/revoke")), 409, "shown no more")
	sees(t, "the device", b.admin.get(b.device+"/setup/connect"), 200, "Withdrawn by")
}

func TestConsent_isOneOrganizations(t *testing.T) {
	b := newConsentBench(t)
	made := b.admin.post(b.device+"/consents", nil)
	stranger, analyst := b.world.Customers[1].People[0], b.world.Customers[0].People[1]
	b.member(t, b.other, stranger, clawback.RoleAdmin)
	b.member(t, b.org, analyst, clawback.RoleAnalyst)
	foreign, reader := b.signedIn(t, stranger), b.signedIn(t, analyst)
	for _, path := range []string{b.device + "/consents", made.location() + "/revoke"} {
		if page := foreign.post(path, nil); page.StatusCode != http.StatusNotFound {
			t.Errorf("a stranger posts to %s: %d", path, page.StatusCode)
		}
		if page := reader.post(path, nil); page.StatusCode != http.StatusForbidden {
			t.Errorf("an analyst posts to %s: %d", path, page.StatusCode)
		}
	}
	if page := foreign.get(made.location()); page.StatusCode != http.StatusNotFound {
		t.Errorf("a stranger reads the link: %d", page.StatusCode)
	}
	if page := b.browser(t).post(b.device+"/consents", nil); page.StatusCode == http.StatusSeeOther && strings.Contains(page.location(), "/consents") {
		t.Error("nobody may ask for a consent")
	}
}

func TestConsent_isLimited(t *testing.T) {
	b := newConsentBench(t, withLimits(web.Limits{Links: web.Limit{PerSecond: 0.01, Burst: 2}}))
	who := b.browser(t)
	for range 2 {
		who.get("/consent/invented")
	}
	sees(t, "too many links", who.get("/consent/invented"), 429, "too often")
	sees(t, "too many returns", who.get("/consent/return?state=x"), 429, "too often")
}

// TestConnect_withoutIntegration is an installation without one.
func TestConnect_withoutIntegration(t *testing.T) {
	t.Parallel()
	p := newPortal(t, func(c *web.Config) { c.Integration = "" })
	person := p.world.Customers[0].People[0]
	p.member(t, p.org, person, clawback.RoleAdmin)
	admin := p.signedIn(t, person)
	if form := admin.get("/organizations/" + p.org.ID + "/devices/new?connection=integration"); strings.Contains(form.body, "Onboarded on") {
		t.Error("the form offers an integration")
	}
	refused := admin.post("/organizations/"+p.org.ID+"/devices/new", url.Values{"connection": {"integration"}, "tenant": {p.org.Domain}, "onboarded_on": {"2026-05-04"}})
	sees(t, "connected all the same", refused, 422, "has no integration")
}

func TestConnect_onboardedOn(t *testing.T) {
	b := newConsentBench(t)
	for typed, words := range map[string]string{"": "Enter the day", "3.11.2025": "is not a day", "2099-01-01": "has not come yet"} {
		page := b.admin.post("/organizations/"+b.org.ID+"/devices/new", url.Values{"connection": {"integration"}, "tenant": {b.org.Domain}, "onboarded_on": {typed}, "name": {"kept as typed"}})
		sees(t, "the day "+typed, page, 422, words)
		if page.document(t).Find("#name").AttrOr("value", "") != "kept as typed" {
			t.Errorf("the day %q: what was typed is lost", typed)
		}
	}
}

// TestConsent_forwardedStep tells the bearer of a link what somebody without an account can do; the consent itself has a link of its own.
func TestConsent_forwardedStep(t *testing.T) {
	b := newConsentBench(t)
	made := b.admin.post(b.device+"/setup/manage-as-app/forward", nil)
	link := forwardedLink.FindString(b.admin.get(made.location()).body)
	page := b.browser(t).get(strings.TrimPrefix(link, b.url))
	sees(t, "the forwarded step", page, 200, "Grant admin consent", "press “I have done it”")
	for _, ours := range []string{"Check now", "never-remove context"} {
		if strings.Contains(page.body, ours) {
			t.Errorf("the bearer is told of %q, which they have not", ours)
		}
	}
	sees(t, "the consent as a step", b.admin.post(b.device+"/setup/connect/forward", nil), http.StatusConflict, "Make a link to that consent instead")
}
