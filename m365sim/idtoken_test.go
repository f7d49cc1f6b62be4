package m365sim_test

import (
	"net/url"
	"strings"
	"testing"
)

// idToken signs the first customer's first person in and answers the claims, and the access token beside them.
func (b *bench) idToken() (map[string]any, string) {
	b.t.Helper()
	back := b.signIn("organizations", b.authorizeQuery(), b.first.People[0].ID)
	r := b.send("POST", b.tokenURL("organizations"), nil, b.codeForm(back.Get("code"))).want(b.t, 200)

	return b.payload(text(r.body, "id_token")), text(r.body, "access_token")
}

func TestIDToken_OptionalClaims(t *testing.T) {
	t.Parallel()
	b := setup(t)
	optional := []string{"auth_time", "groups", "login_hint", "sid", "xms_edov"}
	plain, _ := b.idToken()
	for _, name := range optional {
		if plain[name] != nil {
			t.Errorf("%s is there without being asked for", name)
		}
	}
	b.patch(b.first.ID, b.world.SignIn.ClientID, `{"optional_claims":["`+strings.Join(optional, `","`)+`"]}`).want(t, 200)
	full, _ := b.idToken()
	for _, name := range optional {
		if full[name] == nil {
			t.Errorf("%s is missing", name)
		}
	}
	if groups, _ := full["groups"].([]any); len(groups) != 3 || full["xms_edov"] != true {
		t.Errorf("groups are %v, xms_edov %v", full["groups"], full["xms_edov"])
	}
	if plain["sub"] != full["sub"] || plain["uti"] == full["uti"] {
		t.Error("sub changed between sign-ins, or uti did not")
	}
	b.patch(b.first.ID, b.world.SignIn.ClientID, `{"groups_limit":1}`).want(t, 200)
	over, _ := b.idToken()
	if over["groups"] != nil || over["_claim_names"] == nil ||
		!strings.Contains(claim(over, "_claim_sources"), "/getMemberObjects") {
		t.Errorf("over the limit: %v", over)
	}
	b.patch(b.first.ID, b.world.SignIn.ClientID, `{"optional_claims":["upn2"]}`).want(t, 400)
}

func TestIDToken_SubjectIsPairwise(t *testing.T) {
	t.Parallel()
	b := setup(t)
	claims, access := b.idToken()
	b.patchApp(`{"redirect_uris":["` + portal + `/own"]}`)
	q := b.authorizeQuery()
	q.Set("client_id", b.first.App.ClientID)
	q.Set("redirect_uri", portal+"/own")
	form := b.codeForm(b.signIn(b.first.ID, q, b.first.People[0].ID).Get("code"))
	form.Set("client_id", b.first.App.ClientID)
	form.Set("client_secret", b.first.App.Secret)
	form.Set("redirect_uri", portal+"/own")
	other := b.payload(text(b.send("POST", b.tokenURL(b.first.ID), nil, form).want(t, 200).body, "id_token"))
	if claims["sub"] == other["sub"] || claims["oid"] != other["oid"] || claims["tid"] != other["tid"] {
		t.Errorf("one person is %v and %v", claims, other)
	}
	info := b.sim.Addresses().Graph + "/oidc/userinfo"
	r := b.send("GET", info, map[string]string{"Authorization": "Bearer " + access}, nil).want(t, 200)
	if text(r.body, "sub") != claims["sub"] || text(r.body, "name") != "Priya Nair" {
		t.Errorf("userinfo is %s, the id token's sub %v", r.raw, claims["sub"])
	}
	b.send("GET", info, map[string]string{"Authorization": "Bearer " + b.appToken(graphResource)}, nil).want(t, 403)
	b.send("GET", info, nil, nil).want(t, 401)
}

func TestLogin_Instance(t *testing.T) {
	t.Parallel()
	b := setup(t)
	base := b.sim.Addresses().Login
	ask := base + "/common/discovery/instance?api-version=1.1&authorization_endpoint=" +
		url.QueryEscape(base+"/"+b.first.ID+"/oauth2/v2.0/authorize")
	r := b.send("GET", ask, nil, nil).want(t, 200)
	document := b.send("GET", text(r.body, "tenant_discovery_endpoint"), nil, nil).want(t, 200)
	if text(document.body, "issuer") != base+"/"+b.first.ID+"/v2.0" || len(r.list("metadata")) != 1 || text(r.list("metadata")[0], "preferred_network") != strings.TrimPrefix(base, "http://") {
		t.Errorf("answered %s", r.raw)
	}
	wantAADSTS(t, b.send("GET", base+"/common/discovery/instance?api-version=1.1&authorization_endpoint=https://evil.example/x",
		nil, nil), 50049)
}
