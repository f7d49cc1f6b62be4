package web_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	fakeTenant = "11111111-2222-3333-4444-555555555555"
	fakeObject = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
	kid        = "key-1"
)

// fakeIssuer is a sign-in service that lies in one way at a time.
type fakeIssuer struct {
	url       string
	key       *rsa.PrivateKey
	claims    map[string]any // over the right ones
	keyIssuer string         // of the published key, the template when empty
	alg       jose.SignatureAlgorithm
	signer    any    // signs instead of the published key
	kid       string // names another key
	document  map[string]any
	isDown    atomic.Bool
	keysAsked atomic.Int64
	challenge string
	nonce     string
	clientID  string
}

func newFakeIssuer(t *testing.T) *fakeIssuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeIssuer{key: key, alg: jose.RS256, kid: kid}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

func (f *fakeIssuer) down(down bool) { f.isDown.Store(down) }

func (f *fakeIssuer) template() string { return f.url + "/{tenantid}/v2.0" }

func (f *fakeIssuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.isDown.Load() {
		http.Error(w, "down", http.StatusBadGateway)
		return
	}
	var body any
	switch {
	case strings.HasSuffix(r.URL.Path, "/.well-known/openid-configuration"):
		document := map[string]any{
			"issuer": f.template(), "authorization_endpoint": f.url + "/authorize", "token_endpoint": f.url + "/token",
			"jwks_uri": f.url + "/keys", "end_session_endpoint": f.url + "/logout", "id_token_signing_alg_values_supported": []string{"RS256"},
		}
		maps.Copy(document, f.document)
		body = document
	case r.URL.Path == "/keys":
		f.keysAsked.Add(1)
		body = f.publishedKeys()
	case r.URL.Path == "/token":
		body = map[string]any{"access_token": "x", "token_type": "Bearer", "expires_in": 3600, "id_token": f.token()}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}

func (f *fakeIssuer) publishedKeys() any {
	raw, err := json.Marshal(jose.JSONWebKey{Key: &f.key.PublicKey, KeyID: kid, Use: "sig"})
	if err != nil {
		panic(err)
	}
	var key map[string]any
	if err := json.Unmarshal(raw, &key); err != nil {
		panic(err)
	}
	key["issuer"] = f.template()
	if f.keyIssuer != "" {
		key["issuer"] = f.keyIssuer
	}
	return map[string]any{"keys": []any{key}}
}

func (f *fakeIssuer) token() string {
	now := time.Now()
	claims := map[string]any{
		"aud": f.clientID, "tid": fakeTenant, "oid": fakeObject, "sub": "s", "name": "Fay Fake", "nonce": f.nonce,
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	maps.Copy(claims, f.claims)
	if claims["iss"] == nil {
		claims["iss"] = strings.ReplaceAll(f.template(), "{tenantid}", fmt.Sprint(claims["tid"]))
	}
	var key any = f.key
	if f.signer != nil {
		key = f.signer
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: f.alg, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", f.kid))
	if err != nil {
		panic(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		panic(err)
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return compact
}

// signIn goes to the fake page and back at once.
func (f *fakeIssuer) signIn(b *browser) page {
	b.t.Helper()
	address, err := url.Parse(b.toMicrosoft("/"))
	if err != nil {
		b.t.Fatal(err)
	}
	query := address.Query()
	f.nonce, f.clientID, f.challenge = query.Get("nonce"), query.Get("client_id"), query.Get("code_challenge")
	return b.get("/sign-in/callback?" + url.Values{"state": {query.Get("state")}, "code": {"code"}}.Encode())
}

func TestIDToken(t *testing.T) {
	t.Parallel()
	otherKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	const personal = "9188040d-6c67-4c5b-b112-36a304b66dad"
	past := time.Now().Add(-time.Hour).Unix()

	for _, tt := range []struct {
		name  string
		lie   func(*fakeIssuer)
		known bool // whether the person may sign in when the token is believed
		want  int
	}{
		{"of a member is believed", func(*fakeIssuer) {}, true, http.StatusSeeOther},
		{"with another nonce", func(f *fakeIssuer) { f.claims = map[string]any{"nonce": "another"} }, true, http.StatusUnauthorized},
		{"without a nonce", func(f *fakeIssuer) { f.claims = map[string]any{"nonce": ""} }, true, http.StatusUnauthorized},
		{"of another issuer", func(f *fakeIssuer) { f.claims = map[string]any{"iss": "https://evil.example/v2.0"} }, true, http.StatusUnauthorized},
		{"of another tenant's issuer", func(f *fakeIssuer) { f.claims = map[string]any{"iss": f.url + "/" + personal + "/v2.0"} }, true, http.StatusUnauthorized},
		{"of the template as issuer", func(f *fakeIssuer) { f.claims = map[string]any{"iss": f.template()} }, true, http.StatusUnauthorized},
		{"whose tenant is no GUID", func(f *fakeIssuer) { f.claims = map[string]any{"tid": "organizations"} }, true, http.StatusUnauthorized},
		{"without a tenant", func(f *fakeIssuer) { f.claims = map[string]any{"tid": ""} }, true, http.StatusUnauthorized},
		{"of a personal account", func(f *fakeIssuer) { f.claims = map[string]any{"tid": personal} }, true, http.StatusUnauthorized},
		{"for another application", func(f *fakeIssuer) { f.claims = map[string]any{"aud": "another"} }, true, http.StatusUnauthorized},
		{"that has expired", func(f *fakeIssuer) { f.claims = map[string]any{"exp": past} }, true, http.StatusUnauthorized},
		{"without an object id", func(f *fakeIssuer) { f.claims = map[string]any{"oid": ""} }, true, http.StatusUnauthorized},
		{"signed by a key for another tenant", func(f *fakeIssuer) { f.keyIssuer = f.url + "/" + personal + "/v2.0" }, true, http.StatusUnauthorized},
		{"signed by a key for this very tenant", func(f *fakeIssuer) { f.keyIssuer = f.url + "/" + fakeTenant + "/v2.0" }, true, http.StatusSeeOther},
		{"signed by an unpublished key of the same name", func(f *fakeIssuer) { f.signer = otherKey }, true, http.StatusUnauthorized},
		{"signed by an unknown key", func(f *fakeIssuer) { f.kid = "key-2" }, true, http.StatusUnauthorized},
		{"signed with the public key as a secret", func(f *fakeIssuer) { f.alg, f.signer = jose.HS256, []byte("0123456789abcdef0123456789abcdef") }, true, http.StatusUnauthorized},
		{"of a stranger is believed, and has no access", func(*fakeIssuer) {}, false, http.StatusForbidden},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			issuer := newFakeIssuer(t)
			p := newPortal(t, withLogin(issuer.url), withProvider(fakeTenant))
			issuer.claims = map[string]any{}
			tt.lie(issuer)
			if tt.known {
				issuer.claims["roles"] = []string{"SOCAnalyst"}
			}
			b := p.browser(t)
			answer := issuer.signIn(b)
			if answer.StatusCode != tt.want {
				t.Fatalf("callback: %d %s, want %d", answer.StatusCode, answer.body, tt.want)
			}
			wantHome := http.StatusSeeOther
			if tt.want == http.StatusSeeOther {
				wantHome = http.StatusOK
			}
			if home := b.get("/"); home.StatusCode != wantHome {
				t.Errorf("home: %d, want %d", home.StatusCode, wantHome)
			}
		})
	}
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	for name, lie := range map[string]map[string]any{
		"of another issuer":                 {"issuer": "https://evil.example/{tenantid}/v2.0"},
		"with keys elsewhere":               {"jwks_uri": "https://evil.example/keys"},
		"with a token endpoint elsewhere":   {"token_endpoint": "https://evil.example/token"},
		"with a sign-in page elsewhere":     {"authorization_endpoint": "https://evil.example/authorize"},
		"with a sign-in page that looks so": {"authorization_endpoint": "http://127.0.0.1.evil.example/authorize"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := newFakeIssuer(t)
			issuer.document = lie
			p := newPortal(t, withLogin(issuer.url))
			if answer := p.browser(t).get("/sign-in/microsoft"); answer.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("begin sign-in: %d to %q, want 503", answer.StatusCode, answer.location())
			}
		})
	}
}

func TestUnknownKeysAreAskedForSeldom(t *testing.T) {
	t.Parallel()
	issuer := newFakeIssuer(t)
	p := newPortal(t, withLogin(issuer.url), withProvider(fakeTenant))
	issuer.claims = map[string]any{"roles": []string{"SOCAnalyst"}}
	issuer.kid = "invented"
	for range 5 {
		issuer.signIn(p.browser(t))
	}
	if asked := issuer.keysAsked.Load(); asked != 1 {
		t.Errorf("keys were asked for %d times, want once", asked)
	}
	p.clock.Advance(time.Minute)
	issuer.kid = kid
	if answer := issuer.signIn(p.browser(t)); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("sign-in with a known key: %d %s", answer.StatusCode, answer.body)
	}
}
