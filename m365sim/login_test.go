package m365sim_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/go-jose/go-jose/v4"
)

const verifier = "a-code-verifier-that-is-long-enough-for-anybody-0123"

func challenge() string {
	sum := sha256.Sum256([]byte(verifier))

	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func (b *bench) authorizeQuery() url.Values {
	return url.Values{"client_id": {b.world.SignIn.ClientID}, "redirect_uri": {portal + "/sign-in/callback"},
		"response_type": {"code"}, "scope": {"openid profile"}, "state": {"st"}, "nonce": {"no"},
		"code_challenge": {challenge()}, "code_challenge_method": {"S256"}}
}

func (b *bench) authorizeURL(tenant string, q url.Values) string {
	return b.sim.Addresses().Login + "/" + tenant + "/oauth2/v2.0/authorize?" + q.Encode()
}

// signIn chooses a person on the page and answers the redirect's parameters.
func (b *bench) signIn(tenant string, q url.Values, person string) url.Values {
	b.t.Helper()
	r := b.send("POST", b.authorizeURL(tenant, q), nil, url.Values{"person": {person}}).want(b.t, 302)
	u, err := url.Parse(r.header.Get("Location"))
	if err != nil {
		b.t.Fatal(err)
	}

	return u.Query()
}

func (b *bench) codeForm(code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "client_id": {b.world.SignIn.ClientID},
		"client_secret": {b.world.SignIn.Secret}, "code": {code}, "code_verifier": {verifier},
		"redirect_uri": {portal + "/sign-in/callback"}}
}

// payload reads a token's claims with the published key.
func (b *bench) payload(token string) map[string]any {
	b.t.Helper()
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		b.t.Fatal(err)
	}
	keys := b.send("GET", b.sim.Addresses().Login+"/common/discovery/v2.0/keys", nil, nil).want(b.t, 200)
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(keys.raw, &set); err != nil {
		b.t.Fatal(err)
	}
	raw, err := signed.Verify(set.Key(signed.Signatures[0].Header.KeyID)[0])
	if err != nil {
		b.t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(raw, &claims); err != nil {
		b.t.Fatal(err)
	}

	return claims
}

func TestLogin_Discovery(t *testing.T) {
	t.Parallel()
	b := setup(t)
	base := b.sim.Addresses().Login
	for tenant, issuer := range map[string]string{
		"organizations": "{tenantid}", "common": "{tenantid}", b.first.ID: b.first.ID, b.first.Domain: b.first.ID,
		"consumers": "9188040d-6c67-4c5b-b112-36a304b66dad", "outlook.com": "84df9e7f-e9f6-40af-b435-aaaaaaaaaaaa",
	} {
		d := b.send("GET", base+"/"+tenant+"/v2.0/.well-known/openid-configuration", nil, nil).want(t, 200)
		if got := text(d.body, "issuer"); got != base+"/"+issuer+"/v2.0" {
			t.Errorf("issuer of %s is %s", tenant, got)
		}
		for _, field := range []string{"authorization_endpoint", "token_endpoint", "device_authorization_endpoint",
			"end_session_endpoint", "userinfo_endpoint", "kerberos_endpoint", "cloud_instance_name", "cloud_graph_host_name",
			"msgraph_host", "rbac_url"} {
			if text(d.body, field) == "" {
				t.Errorf("%s has no %s", tenant, field)
			}
		}
		for field, n := range map[string]int{"claims_supported": 19, "scopes_supported": 4, "response_types_supported": 4,
			"response_modes_supported": 3, "token_endpoint_auth_methods_supported": 3} {
			if list, _ := d.body[field].([]any); len(list) != n {
				t.Errorf("%s of %s is %v", field, tenant, d.body[field])
			}
		}
		if (d.body["tenant_region_scope"] == nil) != (issuer != b.first.ID) {
			t.Errorf("region of %s is %v", tenant, d.body["tenant_region_scope"])
		}
		if tenant == "consumers" || tenant == "outlook.com" {
			continue // nobody signs in there
		}
		keys := b.send("GET", text(d.body, "jwks_uri"), nil, nil).want(t, 200).list("keys")
		if len(keys) != 1 || text(keys[0], "issuer") != base+"/"+issuer+"/v2.0" {
			t.Errorf("keys of %s: %v", tenant, keys)
		}
	}
	r := b.send("GET", base+"/nowhere.example/v2.0/.well-known/openid-configuration", nil, nil).want(t, 400)
	if codes, _ := r.body["error_codes"].([]any); len(codes) != 1 || codes[0] != 90002.0 {
		t.Errorf("unknown tenant: %s", r.raw)
	}
}

func TestLogin_SignInPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.send("GET", b.authorizeURL("organizations", b.authorizeQuery()), nil, nil).want(t, 200)
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(string(r.raw)))
	if err != nil {
		t.Fatal(err)
	}
	button := doc.Find(`[data-testid="person-mara.lindt@haldensec.example"]`)
	if name, _ := button.Attr("aria-label"); name != "Sign in as Mara Lindt" {
		t.Errorf("the button's name is %q", name)
	}
	if !strings.Contains(doc.Text(), "Simulated Microsoft sign-in") || doc.Find("script").Length() != 0 {
		t.Error("the page does not say what it is, or runs a script")
	}
	if policy := r.header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' "+portal) {
		t.Errorf("policy is %q", policy)
	}
	one := b.send("GET", b.authorizeURL(b.first.ID, b.authorizeQuery()), nil, nil).want(t, 200)
	if strings.Contains(string(one.raw), "Mara Lindt") || !strings.Contains(string(one.raw), "Priya Nair") {
		t.Error("a tenant's page lists another tenant's people")
	}
}

func TestLogin_CodeWithPKCE(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mara := b.world.Provider.People[0]
	back := b.signIn("organizations", b.authorizeQuery(), mara.ID)
	if back.Get("state") != "st" {
		t.Errorf("state is %q", back.Get("state"))
	}
	r := b.send("POST", b.tokenURL("organizations"), nil, b.codeForm(back.Get("code"))).want(t, 200)
	claims := b.payload(text(r.body, "id_token"))
	want := map[string]any{"oid": mara.ID, "tid": b.world.Provider.ID, "nonce": "no", "name": "Mara Lindt", "ver": "2.0",
		"preferred_username": mara.UserPrincipalName, "aud": b.world.SignIn.ClientID,
		"iss": b.sim.Addresses().Login + "/" + b.world.Provider.ID + "/v2.0"}
	for name, value := range want {
		if claims[name] != value {
			t.Errorf("%s is %v, want %v", name, claims[name], value)
		}
	}
	if claims["sub"] == claims["oid"] || claims["sub"] == "" {
		t.Error("sub is not pairwise")
	}
	if roles, _ := claims["roles"].([]any); len(roles) != 1 || roles[0] != "SOCAnalyst" {
		t.Errorf("roles are %v", claims["roles"])
	}
}

func TestLogin_CodeRefusals(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(*bench, url.Values)
		code   float64
	}{
		{"used", func(b *bench, f url.Values) { b.send("POST", b.tokenURL("organizations"), nil, f).want(t, 200) }, 54005},
		{"expired", func(b *bench, _ url.Values) { b.clock.advance(11 * time.Minute) }, 70008},
		{"wrong verifier", func(_ *bench, f url.Values) { f.Set("code_verifier", "other") }, 501481},
		{"unknown code", func(_ *bench, f url.Values) { f.Set("code", "x") }, 9002313},
		{"wrong secret", func(_ *bench, f url.Values) { f.Set("client_secret", "x") }, 7000215},
		{"no secret", func(_ *bench, f url.Values) { f.Del("client_secret") }, 7000218},
		{"other redirect", func(_ *bench, f url.Values) { f.Set("redirect_uri", portal) }, 500112},
		{"unknown client", func(_ *bench, f url.Values) { f.Set("client_id", "x") }, 700016},
		{"no grant type", func(_ *bench, f url.Values) { f.Del("grant_type") }, 900144},
		{"other grant type", func(_ *bench, f url.Values) { f.Set("grant_type", "password") }, 70003},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			form := b.codeForm(b.signIn("organizations", b.authorizeQuery(), b.world.Provider.People[0].ID).Get("code"))
			tc.change(b, form)
			wantAADSTS(t, b.send("POST", b.tokenURL("organizations"), nil, form), tc.code)
		})
	}
	b := setup(t)
	form := b.codeForm(b.signIn("organizations", b.authorizeQuery(), b.world.Provider.People[0].ID).Get("code"))
	wantAADSTS(t, b.send("POST", b.tokenURL(b.first.ID), nil, form), 700005)
}

func wantAADSTS(t *testing.T, r reply, code float64) {
	t.Helper()
	codes, _ := r.body["error_codes"].([]any)
	if r.status < 400 || len(codes) != 1 || codes[0] != code || text(r.body, "error") == "" ||
		!strings.HasPrefix(text(r.body, "error_description"), "AADSTS") || text(r.body, "correlation_id") == "" {
		t.Errorf("answered %d %s, want AADSTS%.0f", r.status, r.raw, code)
	}
}

func TestLogin_AuthorizeRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	shown := func(name, value string) reply {
		q := b.authorizeQuery()
		q.Set(name, value)
		return b.send("GET", b.authorizeURL("organizations", q), nil, nil)
	}
	for name, code := range map[string]string{"redirect_uri": "AADSTS50011", "client_id": "AADSTS700016"} {
		if r := shown(name, "http://elsewhere.example/"); r.status != 400 || !strings.Contains(string(r.raw), code) {
			t.Errorf("wrong %s: %d %s", name, r.status, r.raw)
		}
	}
	for name, want := range map[string]string{"response_type": "unsupported_response_type", "scope": "invalid_request",
		"code_challenge_method": "invalid_request"} {
		r := shown(name, "x").want(t, 302)
		u, _ := url.Parse(r.header.Get("Location"))
		if u.Query().Get("error") != want || u.Query().Get("state") != "st" {
			t.Errorf("wrong %s: %s", name, u)
		}
	}
	cancel := b.send("POST", b.authorizeURL("organizations", b.authorizeQuery()), nil, url.Values{"cancel": {"1"}}).want(t, 302)
	if !strings.Contains(cancel.header.Get("Location"), "error=access_denied") {
		t.Errorf("cancel went to %s", cancel.header.Get("Location"))
	}
	stranger := b.send("POST", b.authorizeURL(b.first.ID, b.authorizeQuery()), nil,
		url.Values{"person": {b.world.Provider.People[0].ID}})
	if stranger.status != 400 || !strings.Contains(string(stranger.raw), "AADSTS50020") {
		t.Errorf("another tenant's person: %d", stranger.status)
	}
}

func TestLogin_Logout(t *testing.T) {
	t.Parallel()
	b := setup(t)
	out := b.sim.Addresses().Login + "/organizations/oauth2/v2.0/logout?post_logout_redirect_uri="
	if r := b.send("GET", out+url.QueryEscape(portal+"/"), nil, nil).want(t, 302); r.header.Get("Location") != portal+"/" {
		t.Errorf("logout went to %s", r.header.Get("Location"))
	}
	for _, stranger := range []string{"http://evil.example/", portal + "/elsewhere", portal + ".evil.example/", "::"} {
		b.send("GET", out+url.QueryEscape(stranger), nil, nil).want(t, 200)
	}
	r := b.send("POST", strings.TrimSuffix(out, "?post_logout_redirect_uri="), nil,
		url.Values{"post_logout_redirect_uri": {portal + "/"}, "state": {"st"}}).want(t, 302)
	if r.header.Get("Location") != portal+"/?state=st" {
		t.Errorf("logout by form went to %s", r.header.Get("Location"))
	}
	b.patch(b.first.ID, b.first.App.ClientID, `{"redirect_uris":["http://own.example/bye"]}`).want(t, 200)
	b.send("GET", out+url.QueryEscape("http://own.example/bye"), nil, nil).want(t, 302)
	b.sim.SetPortalURL("http://127.0.0.1:9999/")
	b.send("GET", out+url.QueryEscape("http://127.0.0.1:9999/"), nil, nil).want(t, 302)
}
