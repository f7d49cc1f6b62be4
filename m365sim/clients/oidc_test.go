package clients_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// signIn goes the whole way of one sign-in with a provider: the page, the code and its redemption.
func (b *bench) signIn(ctx context.Context, provider *oidc.Provider) (*oauth2.Config, *oauth2.Token) {
	b.t.Helper()
	app := b.sim.World().SignIn
	config := &oauth2.Config{ClientID: app.ClientID, ClientSecret: app.Secret, Endpoint: provider.Endpoint(),
		RedirectURL: portal + "/sign-in/callback", Scopes: []string{oidc.ScopeOpenID, "profile", "email"}}
	verifier := oauth2.GenerateVerifier()
	page := config.AuthCodeURL("st", oidc.Nonce("no"), oauth2.S256ChallengeOption(verifier))
	form := url.Values{"person": {b.first.People[0].ID}}
	req, err := http.NewRequestWithContext(ctx, "POST", page, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	res, err := b.http.Transport.RoundTrip(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	back, err := res.Location()
	if err != nil || back.Query().Get("state") != "st" {
		b.t.Fatalf("the sign-in answered %d, %v", res.StatusCode, err)
	}
	token, err := config.Exchange(ctx, back.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		b.t.Fatal(err)
	}

	return config, token
}

func TestOIDC_OneTenant(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := oidc.ClientContext(t.Context(), b.http)
	provider, err := oidc.NewProvider(ctx, b.at.Login+"/"+b.first.ID+"/v2.0")
	if err != nil {
		t.Fatal(err)
	}
	config, token := b.signIn(ctx, provider)
	raw, _ := token.Extra("id_token").(string)
	id, err := provider.Verifier(&oidc.Config{ClientID: config.ClientID}).Verify(ctx, raw)
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		ObjectID string `json:"oid"`
		TenantID string `json:"tid"`
		Version  string `json:"ver"`
	}
	if err := id.Claims(&claims); err != nil || id.Nonce != "no" || claims.ObjectID != b.first.People[0].ID ||
		claims.TenantID != b.first.ID || claims.Version != "2.0" {
		t.Errorf("claims %+v, nonce %q, %v", claims, id.Nonce, err)
	}
	info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil || info.Subject != id.Subject || info.Email != b.first.People[0].UserPrincipalName {
		t.Errorf("user info %+v, %v; the token's subject is %s", info, err, id.Subject)
	}
	if _, err := provider.Verifier(&oidc.Config{ClientID: "another"}).Verify(ctx, raw); err == nil {
		t.Error("the token is for any client")
	}
}

// TestOIDC_Organizations shows what makes Entra's multi-tenant metadata awkward: its issuer is a template.
func TestOIDC_Organizations(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := oidc.ClientContext(t.Context(), b.http)
	address := b.at.Login + "/organizations/v2.0"
	if _, err := oidc.NewProvider(ctx, address); err == nil || !strings.Contains(err.Error(), "{tenantid}") {
		t.Errorf("discovery with the address as issuer: %v", err)
	}
	provider, err := oidc.NewProvider(oidc.InsecureIssuerURLContext(ctx, b.at.Login+"/{tenantid}/v2.0"), address)
	if err != nil {
		t.Fatal(err)
	}
	config, token := b.signIn(ctx, provider)
	raw, _ := token.Extra("id_token").(string)
	if _, err := provider.Verifier(&oidc.Config{ClientID: config.ClientID}).Verify(ctx, raw); err == nil {
		t.Error("the template was taken for the token's issuer")
	}
	id, err := provider.Verifier(&oidc.Config{ClientID: config.ClientID, SkipIssuerCheck: true}).Verify(ctx, raw)
	if err != nil || id.Issuer != b.at.Login+"/"+b.first.ID+"/v2.0" {
		t.Errorf("issuer %v, %v", id, err)
	}
}
