package clients_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"clawback/m365sim"
)

var graphScope = policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}}

// options point azidentity at the simulator, as its documentation says for a cloud of one's own.
func (b *bench) options() azcore.ClientOptions {
	return azcore.ClientOptions{Transport: b.http,
		Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: b.at.Login + "/"}}
}

func (b *bench) secretCredential(secret string) *azidentity.ClientSecretCredential {
	b.t.Helper()
	credential, err := azidentity.NewClientSecretCredential(b.first.ID, b.first.App.ClientID, secret,
		&azidentity.ClientSecretCredentialOptions{ClientOptions: b.options(), DisableInstanceDiscovery: true})
	if err != nil {
		b.t.Fatal(err)
	}

	return credential
}

func TestAzidentity_ClientSecret(t *testing.T) {
	t.Parallel()
	b := setup(t)
	credential := b.secretCredential(b.first.App.Secret)
	token, err := credential.GetToken(t.Context(), graphScope)
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(token.ExpiresOn); left < 59*time.Minute || left > time.Hour {
		t.Errorf("the token lasts %s", left)
	}
	if status := b.graph(t.Context(), token.Token, "/v1.0/users"); status != http.StatusOK {
		t.Errorf("Graph answers %d", status)
	}
	again, err := credential.GetToken(t.Context(), graphScope)
	if err != nil || again.Token != token.Token {
		t.Errorf("the second token is not the cached one: %v", err)
	}
}

func TestAzidentity_Refusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for state, want := range map[string]string{
		"disabled": "AADSTS7000112", "missing": "AADSTS700016", "secret_wrong": "AADSTS7000215",
		"secret_expired": "AADSTS7000222", "conditional_access": "AADSTS53003",
	} {
		b.putState(state)
		_, err := b.secretCredential(b.first.App.Secret).GetToken(t.Context(), graphScope)
		var failed *azidentity.AuthenticationFailedError
		if !errors.As(err, &failed) || failed.RawResponse == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", state, err, want)
		}
	}
	b.putState("correct")
	if _, err := b.secretCredential(b.first.App.Secret).GetToken(t.Context(), graphScope); err != nil {
		t.Error(err)
	}
}

// TestAzidentity_ShortTokens shows that a token about to end is not served from the cache.
func TestAzidentity_ShortTokens(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *m365sim.Config) { c.TokenLife = 30 * time.Second })
	credential := b.secretCredential(b.first.App.Secret)
	var tokens []string
	for range 2 {
		token, err := credential.GetToken(t.Context(), graphScope)
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, token.Token)
	}
	if tokens[0] == tokens[1] {
		t.Error("a token of 30 seconds came from the cache")
	}
}

func TestAzidentity_ClientCertificate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "clawback"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	get := func(chain bool) (azcore.AccessToken, error) {
		credential, err := azidentity.NewClientCertificateCredential(b.first.ID, b.first.App.ClientID,
			[]*x509.Certificate{certificate}, key, &azidentity.ClientCertificateCredentialOptions{
				ClientOptions: b.options(), DisableInstanceDiscovery: true, SendCertificateChain: chain})
		if err != nil {
			t.Fatal(err)
		}
		return credential.GetToken(t.Context(), graphScope)
	}
	if _, err := get(false); err == nil || !strings.Contains(err.Error(), "AADSTS700027") {
		t.Errorf("a certificate nobody registered: %v", err)
	}
	patch, err := json.Marshal(map[string]any{"certificates": []string{string(pem.EncodeToMemory(
		&pem.Block{Type: "CERTIFICATE", Bytes: der}))}})
	if err != nil {
		t.Fatal(err)
	}
	b.control("PATCH", "/apps/"+b.first.App.ClientID, string(patch))
	for _, chain := range []bool{false, true} {
		token, err := get(chain)
		if err != nil {
			t.Fatal(err)
		}
		if status := b.graph(t.Context(), token.Token, "/v1.0/users"); status != http.StatusOK {
			t.Errorf("Graph answers %d", status)
		}
	}
}

// relay sends what is meant for Microsoft's sign-in to the simulator's.
type relay struct {
	to   http.RoundTripper
	host string
	seen atomic.Int32
}

func (r *relay) Do(req *http.Request) (*http.Response, error) {
	if req.URL.Host == "login.microsoftonline.com" {
		r.seen.Add(1)
		req = req.Clone(req.Context())
		req.URL.Host, req.Host = r.host, ""
	}

	return r.to.RoundTrip(req)
}

// TestAzidentity_InstanceDiscovery leaves instance discovery on: MSAL asks Microsoft's own host whether it may trust the
// authority.
func TestAzidentity_InstanceDiscovery(t *testing.T) {
	t.Parallel()
	b := setup(t)
	relayed := &relay{to: b.http.Transport, host: strings.TrimPrefix(b.at.Login, "https://")}
	options := b.options()
	options.Transport = relayed
	credential, err := azidentity.NewClientSecretCredential(b.first.ID, b.first.App.ClientID, b.first.App.Secret,
		&azidentity.ClientSecretCredentialOptions{ClientOptions: options})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := credential.GetToken(t.Context(), graphScope); err != nil {
		t.Error(err)
	}
	if relayed.seen.Load() == 0 {
		t.Error("the instance was never asked for")
	}
}
