package m365sim_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// consentURL is a consent link of the integration app; version is "" or "/v2.0".
func (b *bench) consentURL(tenant, version string, change ...string) string {
	q := url.Values{"client_id": {b.world.Integration.ClientID}, "redirect_uri": {portal + "/consent"}, "state": {"st"}}
	if version != "" {
		q.Set("scope", graphResource+"/.default")
	}
	for i := 0; i+1 < len(change); i += 2 {
		q.Set(change[i], change[i+1])
	}

	return b.sim.Addresses().Login + "/" + tenant + version + "/adminconsent?" + q.Encode()
}

// TestConsent_StaysOnMicrosoftsPage are the answers that never come back to the app.
func TestConsent_StaysOnMicrosoftsPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	second := b.world.Customers[1]
	for name, tc := range map[string]struct {
		page   string
		choice url.Values
		code   int
	}{
		"no scope in v2":       {b.consentURL(b.first.ID, "/v2.0", "scope", ""), nil, 900144},
		"common in v2":         {b.consentURL("common", "/v2.0"), nil, 9001023},
		"no client":            {b.consentURL(b.first.ID, "", "client_id", ""), nil, 900144},
		"unknown client":       {b.consentURL(b.first.ID, "", "client_id", "x"), nil, 700016},
		"unknown tenant":       {b.consentURL("nowhere", ""), nil, 90002},
		"foreign redirect":     {b.consentURL(b.first.ID, "", "redirect_uri", "http://evil.example/"), nil, 50011},
		"app of one tenant":    {b.consentURL("organizations", "", "client_id", b.first.App.ClientID), nil, 50194},
		"app of another":       {b.consentURL(second.ID, "", "client_id", b.first.App.ClientID), nil, 700016},
		"nobody":               {b.consentURL(b.first.ID, ""), url.Values{"person": {"x"}}, 50034},
		"admin of another":     {b.consentURL(b.first.ID, ""), url.Values{"accept": {second.ID}}, 50020},
		"person of another":    {b.consentURL(b.first.ID, "/v2.0"), url.Values{"person": {second.People[0].ID}}, 50020},
		"no administrator":     {b.consentURL(b.first.ID, ""), url.Values{"person": {b.first.People[1].ID}}, 90094},
		"no administrator, v2": {b.consentURL("organizations", "/v2.0"), url.Values{"person": {b.first.People[1].ID}}, 90094},
	} {
		method, body := "GET", any(nil)
		if tc.choice != nil {
			method, body = "POST", tc.choice
		}
		r := b.send(method, tc.page, nil, body)
		if r.status != 400 || !strings.Contains(string(r.raw), fmt.Sprintf("AADSTS%d:", tc.code)) {
			t.Errorf("%s: %d %s, want %d", name, r.status, r.raw, tc.code)
		}
	}
	wantAADSTS(t, b.send("POST", b.tokenURL(b.first.ID), nil, credentials(b.world.Integration, graphResource+"/.default")),
		700016)
	for _, code := range []int{650052, 650054, 650056, 650057} {
		b.patch(b.first.ID, b.world.Integration.ClientID, fmt.Sprintf(`{"refusal":%d}`, code)).want(t, 200)
		r := b.send("POST", b.consentURL(b.first.ID, ""), nil, url.Values{"accept": {b.first.ID}})
		if r.status != 400 || !strings.Contains(string(r.raw), fmt.Sprintf("AADSTS%d:", code)) {
			t.Errorf("%d: %d %s", code, r.status, r.raw)
		}
	}
}

// TestConsent_ComesBack are both versions' answers, given by an administrator who is one of the portal's people, and by
// one who is not.
func TestConsent_ComesBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	back := func(version string, choice url.Values) url.Values {
		t.Helper()
		to := b.send("POST", b.consentURL("organizations", version), nil, choice).want(t, 302).header.Get("Location")
		u, err := url.Parse(to)
		if err != nil || !strings.HasPrefix(to, portal+"/consent?") || u.Query().Get("state") != "st" {
			t.Fatalf("went to %s", to)
		}
		return u.Query()
	}
	for _, choice := range []url.Values{{"person": {b.first.People[0].ID}}, {"accept": {b.first.ID}}} {
		if q := back("", choice); q.Get("tenant") != b.first.ID || q.Get("admin_consent") != "True" || q.Has("scope") {
			t.Errorf("v1: %v", q)
		}
		if q := back("/v2.0", choice); q.Get("tenant") != b.first.ID || q.Get("admin_consent") != "True" ||
			q.Get("scope") != graphResource+"/.default" {
			t.Errorf("v2: %v", q)
		}
	}
	cancel := url.Values{"cancel": {"1"}}
	if q := back("", cancel); q.Get("error") != "permission_denied" || q.Has("admin_consent") || q.Has("tenant") ||
		q.Get("error_description") != "The admin canceled the request" {
		t.Errorf("v1 cancelled: %v", q)
	}
	if q := back("/v2.0", cancel); q.Get("error") != "consent_required" || q.Get("admin_consent") != "True" ||
		!strings.HasPrefix(q.Get("error_description"), "AADSTS65004") {
		t.Errorf("v2 cancelled: %v", q)
	}
	b.switches(`{"consent_cancel_denied":true}`)
	for _, version := range []string{"", "/v2.0"} {
		if q := back(version, cancel); q.Get("error") != "access_denied" {
			t.Errorf("switched, %s: %v", version, q)
		}
	}
}

func TestConsent_SingleScopesBringNoApplicationPermission(t *testing.T) {
	t.Parallel()
	b := setup(t)
	page := b.consentURL(b.first.ID, "/v2.0", "scope", graphResource+"/Mail.ReadWrite")
	b.send("POST", page, nil, url.Values{"accept": {b.first.ID}}).want(t, 302)
	token := b.send("POST", b.tokenURL(b.first.ID), nil, credentials(b.world.Integration, graphResource+"/.default")).want(t, 200)
	if claims := b.payload(text(token.body, "access_token")); claims["roles"] != nil {
		t.Errorf("roles are %v", claims["roles"])
	}
	b.patchApp(everyPermission)
	grants := b.graph("GET", "/oauth2PermissionGrants", nil).want(t, 200).list("value")
	if len(grants) != 1 || grants[0]["scope"] != "Mail.ReadWrite" || grants[0]["consentType"] != "AllPrincipals" {
		t.Errorf("grants: %v", grants)
	}
}
