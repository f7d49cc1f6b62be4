package m365sim_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// patch changes an app of a tenant through control.
func (b *bench) patch(tenant, clientID, state string) reply {
	b.t.Helper()

	return b.send("PATCH", b.sim.Addresses().Control+"/tenants/"+tenant+"/apps/"+clientID, nil, state)
}

func TestRefusals_ClientCredentials(t *testing.T) {
	t.Parallel()
	b := setup(t)
	form := credentials(b.first.App, graphResource+"/.default")
	for code, want := range map[int]struct {
		status int
		name   string
	}{
		53003: {400, "access_denied"}, 530032: {400, "access_denied"}, 530035: {400, "access_denied"},
		70021: {401, "invalid_client"}, 700212: {401, "invalid_client"}, 700213: {401, "invalid_client"},
		700030: {401, "invalid_client"}, 90013: {400, "invalid_request"}, 90014: {400, "invalid_request"},
		90024: {503, "temporarily_unavailable"}, 90033: {503, "temporarily_unavailable"},
		90055: {429, "temporarily_unavailable"}, 50196: {400, "invalid_grant"}, 28002: {400, "invalid_scope"},
		65001: {400, "invalid_grant"}, 50074: {400, "interaction_required"},
		50076: {400, "interaction_required"}, 50079: {400, "interaction_required"}, 700211: {401, "invalid_client"},
		90124: {400, "invalid_resource"},
		90130: {400, "invalid_request"},
	} {
		b.patchApp(fmt.Sprintf(`{"refusal":%d}`, code))
		r := b.send("POST", b.tokenURL(b.first.ID), nil, form).want(t, want.status)
		wantAADSTS(t, r, float64(code))
		if text(r.body, "error") != want.name {
			t.Errorf("%d is %s, want %s", code, text(r.body, "error"), want.name)
		}
	}
	// The credential comes first: a wrong one learns nothing of the tenant's policies.
	form.Set("client_secret", "x")
	wantAADSTS(t, b.send("POST", b.tokenURL(b.first.ID), nil, form), 7000215)
	b.patchApp(`{"refusal":0}`)
	b.appToken(graphResource)
	if r := b.patch(b.first.ID, b.first.App.ClientID, `{"refusal":1}`).want(t, 400); !strings.Contains(string(r.raw), "53003") {
		t.Errorf("an unknown refusal: %s", r.raw)
	}
}

func TestRefusals_SignIn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	person := b.world.Provider.People[0].ID
	choose := func() reply {
		return b.send("POST", b.authorizeURL("organizations", b.authorizeQuery()), nil, url.Values{"person": {person}})
	}
	for _, code := range []int{16000, 50034, 50053, 50057, 50126, 90094, 90095} {
		b.patch(b.world.Provider.ID, b.world.SignIn.ClientID, fmt.Sprintf(`{"refusal":%d}`, code)).want(t, 200)
		if r := choose().want(t, 400); !strings.Contains(string(r.raw), fmt.Sprintf("AADSTS%d:", code)) {
			t.Errorf("%d shows as %s", code, r.raw)
		}
	}
	for code, name := range map[int]string{50074: "interaction_required", 50076: "interaction_required",
		50079: "interaction_required", 53000: "interaction_required", 53001: "interaction_required", 53002: "access_denied",
		53003: "access_denied", 53004: "interaction_required", 530032: "access_denied", 530035: "access_denied"} {
		b.patch(b.world.Provider.ID, b.world.SignIn.ClientID, fmt.Sprintf(`{"refusal":%d}`, code)).want(t, 200)
		back, _ := url.Parse(choose().want(t, 302).header.Get("Location"))
		if q := back.Query(); q.Get("error") != name || q.Get("state") != "st" ||
			!strings.HasPrefix(q.Get("error_description"), fmt.Sprintf("AADSTS%d:", code)) {
			t.Errorf("%d went back as %s", code, back)
		}
	}
	b.patch(b.world.Provider.ID, b.world.SignIn.ClientID, `{"refusal":0,"assignment_required":true}`).want(t, 200)
	person = b.world.Provider.People[4].ID // who has no app role
	if to := choose().want(t, 302).header.Get("Location"); !strings.Contains(to, "AADSTS50105") {
		t.Errorf("who is not assigned went to %s", to)
	}
}

// TestRefusals_CodeLaterRefused shows a policy that comes between the sign-in and the redemption of its code.
func TestRefusals_CodeLaterRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	code := b.signIn("organizations", b.authorizeQuery(), b.world.Provider.People[0].ID).Get("code")
	b.patch(b.world.Provider.ID, b.world.SignIn.ClientID, `{"refusal":53003}`).want(t, 200)
	wantAADSTS(t, b.send("POST", b.tokenURL("organizations"), nil, b.codeForm(code)), 53003)
}

func TestLogin_ScopeWithoutConsent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	redeem := func() reply {
		form := b.codeForm(b.signIn("organizations", b.authorizeQuery(), b.world.Provider.People[0].ID).Get("code"))
		form.Set("scope", "openid "+graphResource+"/Mail.Read")
		return b.send("POST", b.tokenURL("organizations"), nil, form)
	}
	r := redeem()
	if wantAADSTS(t, r, 65001); text(r.body, "error") != "invalid_grant" {
		t.Errorf("without consent: %s", r.raw)
	}
	consent := b.sim.Addresses().Login + "/" + b.world.Provider.ID + "/v2.0/adminconsent?" + url.Values{
		"client_id": {b.world.SignIn.ClientID}, "redirect_uri": {portal + "/consent"}, "scope": {"openid Mail.Read"}}.Encode()
	b.send("POST", consent, nil, url.Values{"accept": {b.world.Provider.ID}}).want(t, 302)
	redeem().want(t, 200)
}

func TestLogin_SingleTenantAppAtCommon(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.patchApp(`{"redirect_uris":["http://127.0.0.1:9/own"]}`)
	q := b.authorizeQuery()
	q.Set("client_id", b.first.App.ClientID)
	q.Set("redirect_uri", "http://127.0.0.1:9/own")
	for _, tenant := range []string{"common", "organizations"} {
		if r := b.send("GET", b.authorizeURL(tenant, q), nil, nil).want(t, 400); !strings.Contains(string(r.raw), "AADSTS50194") {
			t.Errorf("%s: %s", tenant, r.raw)
		}
	}
	// In its own tenant it signs people in, also without PKCE: it has a credential.
	q.Del("code_challenge")
	q.Del("code_challenge_method")
	back := b.signIn(b.first.ID, q, b.first.People[0].ID)
	form := url.Values{"grant_type": {"authorization_code"}, "client_id": {b.first.App.ClientID},
		"client_secret": {b.first.App.Secret}, "code": {back.Get("code")}, "redirect_uri": {"http://127.0.0.1:9/own"}}
	r := b.send("POST", b.tokenURL(b.first.ID), nil, form).want(t, 200)
	if aud := b.payload(text(r.body, "id_token"))["aud"]; aud != b.first.App.ClientID {
		t.Errorf("aud is %v", aud)
	}
}
