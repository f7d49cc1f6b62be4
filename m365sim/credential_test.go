package m365sim_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"math/big"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

func TestLogin_AppToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	exchange := b.payload(b.appToken(exchangeResource))
	for name, want := range map[string]any{"aud": exchangeResource, "idtyp": "app", "appid": b.first.App.ClientID,
		"oid": b.first.App.ServicePrincipalID, "tid": b.first.ID, "appidacr": "1", "ver": "1.0"} {
		if exchange[name] != want {
			t.Errorf("%s is %v, want %v", name, exchange[name], want)
		}
	}
	wids, _ := exchange["wids"].([]any)
	if len(wids) != 2 || wids[0] != "5d6b6bb7-de71-4623-b4af-96380a352509" {
		t.Errorf("wids are %v", wids)
	}
	b.patchApp(`{"consent":false,"roles":[{"role":"Security Reader","state":"eligible"}]}`)
	bare := b.payload(b.appToken(exchangeResource))
	if _, has := bare["roles"]; has {
		t.Error("a token without consent has a roles claim")
	}
	if wids, _ := bare["wids"].([]any); len(wids) != 1 {
		t.Errorf("eligible role gives wids %v", wids)
	}
}

// TestLogin_ScopesOfOpenIDAlong sends what MSAL sends.
func TestLogin_ScopesOfOpenIDAlong(t *testing.T) {
	t.Parallel()
	b := setup(t)
	form := credentials(b.first.App, graphResource+"/.default openid offline_access profile")
	b.send("POST", b.tokenURL(b.first.ID), nil, form).want(t, 200)
}

func TestLogin_ClientCredentialsRefusals(t *testing.T) {
	t.Parallel()
	past := `"2026-01-01T00:00:00Z"`
	for _, tc := range []struct {
		name, state, tenant string
		change              func(url.Values)
		code                float64
	}{
		{"unknown tenant", "", "nowhere", nil, 90002},
		{"common", "", "common", nil, 9001023},
		{"unknown client", "", "", func(f url.Values) { f.Set("client_id", "x") }, 700016},
		{"not installed", `{"present":false}`, "", nil, 700016},
		{"disabled", `{"enabled":false}`, "", nil, 7000112},
		{"wrong secret", "", "", func(f url.Values) { f.Set("client_secret", "x") }, 7000215},
		{"expired secret", `{"secret_expires":` + past + `}`, "", nil, 7000222},
		{"changed secret", `{"secret":"other"}`, "", nil, 7000215},
		{"no credential", "", "", func(f url.Values) { f.Del("client_secret") }, 7000218},
		{"no scope", "", "", func(f url.Values) { f.Del("scope") }, 900144},
		{"not default", "", "", func(f url.Values) { f.Set("scope", graphResource+"/Mail.Read") }, 70011},
		{"two resources", "", "", func(f url.Values) {
			f.Set("scope", graphResource+"/.default "+exchangeResource+"/.default")
		}, 700022},
		{"scopes of OpenID alone", "", "", func(f url.Values) { f.Set("scope", "openid profile") }, 900144},
		{"unknown resource", "", "", func(f url.Values) { f.Set("scope", "https://x.example/.default") }, 500011},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			if tc.state != "" {
				b.patchApp(tc.state)
			}
			form := credentials(b.first.App, graphResource+"/.default")
			if tc.change != nil {
				tc.change(form)
			}
			tenant := b.first.ID
			if tc.tenant != "" {
				tenant = tc.tenant
			}
			wantAADSTS(t, b.send("POST", b.tokenURL(tenant), nil, form), tc.code)
		})
	}
}

var clientKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func certificate(t *testing.T, from time.Time) []byte {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "clawback"},
		NotBefore: from.Add(-time.Hour), NotAfter: from.Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &clientKey().PublicKey, clientKey())
	if err != nil {
		t.Fatal(err)
	}

	return der
}

func TestLogin_CertificateAssertion(t *testing.T) {
	t.Parallel()
	b := setup(t)
	der := certificate(t, b.clock.now())
	b.useCertificate(der)
	sum := sha256.Sum256(der)
	send := func(thumbprint string, change map[string]any) reply {
		return b.assert(jose.PS256, "x5t#S256", thumbprint, change)
	}
	named := base64.RawURLEncoding.EncodeToString(sum[:])
	r := send(named, nil).want(t, 200)
	if claims := b.payload(text(r.body, "access_token")); claims["appidacr"] != "2" {
		t.Errorf("appidacr is %v", claims["appidacr"])
	}
	wantAADSTS(t, send("other", nil), 700027)
	wantAADSTS(t, send(named, map[string]any{"aud": "https://x.example"}), 700023)
	wantAADSTS(t, send(named, map[string]any{"sub": "x"}), 700021)
	wantAADSTS(t, send(named, map[string]any{"exp": b.clock.now().Add(-time.Hour).Unix()}), 700024)
}

func TestLogin_AdminConsent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.patchApp(`{"present":false,"consent":false}`)
	page := b.sim.Addresses().Login + "/" + b.first.ID + "/adminconsent?" + url.Values{"client_id": {b.first.App.ClientID},
		"redirect_uri": {portal + "/consent"}, "state": {"st"}}.Encode()
	b.send("GET", page, nil, nil).want(t, 200)
	refused := b.send("POST", page, nil, url.Values{"cancel": {"1"}}).want(t, 302)
	if !strings.Contains(refused.header.Get("Location"), "error=permission_denied") {
		t.Errorf("refusal went to %s", refused.header.Get("Location"))
	}
	accepted := b.send("POST", page, nil, url.Values{"accept": {b.first.ID}}).want(t, 302)
	u, _ := url.Parse(accepted.header.Get("Location"))
	if q := u.Query(); q.Get("tenant") != b.first.ID || q.Get("admin_consent") != "True" || q.Get("state") != "st" {
		t.Errorf("acceptance went to %s", u)
	}
	if roles, _ := b.payload(b.appToken(graphResource))["roles"].([]any); len(roles) != 8 {
		t.Errorf("after consent the roles are %v", roles)
	}
}

func TestLogin_IntegrationConsent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	app := b.world.Integration
	wantAADSTS(t, b.send("POST", b.tokenURL(b.first.ID), nil, credentials(app, graphResource+"/.default")), 700016)
	page := b.sim.Addresses().Login + "/organizations/v2.0/adminconsent?" + url.Values{"client_id": {app.ClientID},
		"redirect_uri": {portal + "/consent"}, "scope": {graphResource + "/.default"}, "state": {"st"}}.Encode()
	back := b.send("POST", page, nil, url.Values{"accept": {b.first.ID}}).want(t, 302).header.Get("Location")
	if !strings.Contains(back, "scope=") || !strings.Contains(back, "tenant="+b.first.ID) {
		t.Errorf("consent went to %s", back)
	}
	r := b.send("POST", b.tokenURL(b.first.ID), nil, credentials(app, exchangeResource+"/.default")).want(t, 200)
	claims := b.payload(text(r.body, "access_token"))
	if roles, _ := claims["roles"].([]any); len(roles) != 1 || roles[0] != "Exchange.ManageAsApp" {
		t.Errorf("roles are %v", roles)
	}
	if wids, _ := claims["wids"].([]any); len(wids) != 1 {
		t.Errorf("consent gave a directory role: %v", wids)
	}
	elsewhere := strings.Replace(page, url.QueryEscape(portal+"/"), url.QueryEscape("http://evil.example/"), 1)
	b.send("GET", elsewhere, nil, nil).want(t, 400)
}

// assert signs an assertion for the first customer's app, its certificate named by one header, and answers the token
// endpoint's word on it.
func (b *bench) assert(alg jose.SignatureAlgorithm, header, thumbprint string, change map[string]any) reply {
	b.t.Helper()
	claims := map[string]any{"aud": b.tokenURL(b.first.ID), "iss": b.first.App.ClientID, "sub": b.first.App.ClientID,
		"jti": "1", "nbf": b.clock.now().Unix(), "exp": b.clock.now().Add(5 * time.Minute).Unix()}
	maps.Copy(claims, change)
	options := (&jose.SignerOptions{}).WithHeader(jose.HeaderKey(header), thumbprint).WithType("JWT")
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: clientKey()}, options)
	if err != nil {
		b.t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		b.t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		b.t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		b.t.Fatal(err)
	}

	return b.send("POST", b.tokenURL(b.first.ID), nil, url.Values{"grant_type": {"client_credentials"},
		"client_id": {b.first.App.ClientID}, "scope": {graphResource + "/.default"}, "client_assertion": {token},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}})
}

// useCertificate makes a certificate the first customer's app's only credential.
func (b *bench) useCertificate(der []byte) {
	b.t.Helper()
	patch, err := json.Marshal(map[string]any{"secret": "", "certificates": []string{string(pem.EncodeToMemory(
		&pem.Block{Type: "CERTIFICATE", Bytes: der}))}})
	if err != nil {
		b.t.Fatal(err)
	}
	b.patchApp(string(patch))
}

func TestLogin_CertificateThumbprints(t *testing.T) {
	t.Parallel()
	b := setup(t)
	der := certificate(t, b.clock.now())
	b.useCertificate(der)
	long, short := sha256.Sum256(der), sha1.Sum(der)
	for _, alg := range []jose.SignatureAlgorithm{jose.PS256, jose.RS256} {
		for _, alphabet := range []*base64.Encoding{base64.RawURLEncoding, base64.StdEncoding} {
			b.assert(alg, "x5t#S256", alphabet.EncodeToString(long[:]), nil).want(t, 200)
			b.assert(alg, "x5t", alphabet.EncodeToString(short[:]), nil).want(t, 200)
		}
	}
	named := base64.RawURLEncoding.EncodeToString(long[:])
	wantAADSTS(t, b.assert(jose.PS384, "x5t#S256", named, nil), 50027)
	wantAADSTS(t, b.assert(jose.PS256, "x5t", named, nil), 700027)
	wantAADSTS(t, b.assert(jose.PS256, "x5t#S256", named, map[string]any{"iss": "https://issuer.example"}), 700211)
	b.clock.advance(2 * time.Hour)
	wantAADSTS(t, b.assert(jose.PS256, "x5t#S256", named, nil), 700027) // the certificate has ended
}
