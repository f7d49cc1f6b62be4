package web_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/web"
	"clawback/web/static"
)

func TestEveryRouteHasAPolicy(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	public := map[string]bool{
		"GET /healthz": true, "GET /readyz": true, "GET /static/*": true, "GET /favicon.ico": true, "GET /sign-in": true,
		"GET /sign-in/microsoft": true, "GET /sign-in/callback": true, "POST /sign-out": true, "GET /api/v1/openapi.json": true,
		"GET /invitations/:token": true,
		"GET /forwarded/:token":   true, "GET /forwarded/:token/certificate": true, "GET /forwarded/:token/done": true, "POST /forwarded/:token/done": true,
		"GET /consent/:token": true, "GET /consent/return": true,
	}
	routes := p.server.Routes()
	if len(routes) < 40 {
		t.Errorf("%d routes, which are too few to be all", len(routes))
	}
	for _, route := range routes {
		name := route.Method + " " + route.Path
		if !route.Policy.Declared() {
			t.Errorf("%s has no policy", name)
		}
		asGet := strings.Replace(name, http.MethodHead, http.MethodGet, 1)
		if isPublic := route.Policy == web.Public(); isPublic != public[asGet] {
			t.Errorf("%s is public: %v", name, isPublic)
		}
	}

	b := p.browser(t)
	for _, route := range routes {
		if route.Policy == web.Public() {
			continue
		}
		path := strings.NewReplacer(":id", "x", ":org", "x").Replace(route.Path)
		p.clock.Advance(time.Minute) // strangers are slowed down
		answer := b.do(b.request(route.Method, path, nil, "Sec-Fetch-Site", "same-origin"))
		want := http.StatusUnauthorized
		if (route.Method == http.MethodGet || route.Method == http.MethodHead) && !strings.HasPrefix(path, "/api/") {
			want = http.StatusSeeOther
		}
		if answer.StatusCode != want {
			t.Errorf("%s %s without a session: %d, want %d", route.Method, path, answer.StatusCode, want)
		}
	}
}

func TestHead(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(t, p.staff(t, "SOCAnalyst"))
	for path, want := range map[string]int{"/": 200, "/remediations": 200, "/remediations/none": 404, "/healthz": 200, static.Path("app.css"): 200} {
		answer := b.do(b.request(http.MethodHead, path, nil))
		if answer.StatusCode != want || answer.body != "" || answer.Header.Get("Content-Type") == "" {
			t.Errorf("HEAD %s: %d, %d bytes, of type %q", path, answer.StatusCode, len(answer.body), answer.Header.Get("Content-Type"))
		}
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(t, p.staff(t, "SOCAnalyst"))
	for _, path := range []string{"/", "/sign-in", "/nowhere", "/halts", "/api/v1/organizations", static.Path("app.css")} {
		answer := b.get(path)
		for header, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
				"form-action 'self' " + p.sim.Addresses().Login + "; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types htmx",
			"X-Content-Type-Options":     "nosniff",
			"Referrer-Policy":            "same-origin",
			"Cross-Origin-Opener-Policy": "same-origin",
			"Strict-Transport-Security":  "",
		} {
			if got := answer.Header.Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", path, header, got, want)
			}
		}
		if answer.Header.Get("X-Request-Id") == "" {
			t.Errorf("%s has no request id", path)
		}
		if !strings.HasPrefix(path, "/static/") && answer.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: Cache-Control is %q, want no-store", path, answer.Header.Get("Cache-Control"))
		}
	}
}

func TestHTTPSCookies(t *testing.T) {
	t.Parallel()
	p := newPortal(t, withPublicURL("https://portal.example"))
	answer := p.browser(t).get("/sign-in/microsoft")
	if got := answer.Header.Get("Strict-Transport-Security"); !strings.HasPrefix(got, "max-age=") {
		t.Errorf("Strict-Transport-Security is %q", got)
	}
	cookies := answer.Cookies()
	if len(cookies) != 1 {
		t.Fatalf("%d cookies, want the browser's own", len(cookies))
	}
	c := cookies[0]
	if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("cookie %s", c)
	}
	if redirect := queryOf(t, answer.location()).Get("redirect_uri"); redirect != "https://portal.example/sign-in/callback" {
		t.Errorf("redirect_uri is %q", redirect)
	}
}

func queryOf(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

func TestForeignWrites(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(t, p.staff(t, "Operator"))
	for _, tt := range []struct {
		name    string
		headers []string
		refused bool
	}{
		{"from a page of the portal", []string{"Sec-Fetch-Site", "same-origin"}, false},
		{"with the portal's origin alone", []string{"Origin", p.url}, false},
		{"from another site", []string{"Sec-Fetch-Site", "cross-site"}, true},
		{"from a sibling site", []string{"Sec-Fetch-Site", "same-site"}, true},
		{"with a foreign origin", []string{"Origin", "https://evil.example"}, true},
		{"with a null origin", []string{"Origin", "null"}, true},
		{"that says nothing of where it comes from", nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			headers := append([]string{"Content-Type", "application/x-www-form-urlencoded"}, tt.headers...)
			answer := b.do(b.request(http.MethodPost, "/actions/none/complete", strings.NewReader("comment=x"), headers...))
			// Without a foreign origin the request gets as far as its own refusal: an operator works on no action.
			foreign := strings.Contains(answer.body, "another site")
			if foreign != tt.refused || answer.StatusCode != http.StatusForbidden {
				t.Errorf("%d, refused as foreign: %v, want %v", answer.StatusCode, foreign, tt.refused)
			}
		})
	}
}

func TestBodyLimits(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(t, p.staff(t, "SOCAnalyst"))

	large := b.post("/remediations/x/stop", url.Values{"reason": {strings.Repeat("x", 2<<20)}})
	if large.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("form of 2 MB: %d, want 413", large.StatusCode)
	}

	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("eml", "large.eml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(make([]byte, 30<<20)); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	// A reader of unknown length is found too large while it is read.
	upload := b.request(http.MethodPost, "/remediations", io.MultiReader(&body), "Content-Type", form.FormDataContentType(), "Sec-Fetch-Site", "same-origin")
	recorder := httptest.NewRecorder()
	for _, cookie := range b.client.Jar.Cookies(upload.URL) {
		upload.AddCookie(cookie)
	}
	p.server.ServeHTTP(recorder, upload)
	if recorder.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("upload of 30 MB: %d %s, want 413", recorder.Code, recorder.Body)
	}
}

func TestPanic(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(t, p.staff(t, "SOCAnalyst"))
	token := p.token(t, clawback.AllRights())
	p.hooks.listOrganizations = func() ([]clawback.Organization, error) { panic("the secret cause") }

	answer := b.get("/api/v1/organizations", "Authorization", "Bearer "+token)
	if answer.StatusCode != http.StatusInternalServerError || strings.Contains(answer.body, "secret cause") {
		t.Errorf("%d %s", answer.StatusCode, answer.body)
	}
	if !strings.Contains(answer.body, answer.Header.Get("X-Request-Id")) {
		t.Errorf("the problem %s does not name the request", answer.body)
	}
	home := b.get("/")
	if home.StatusCode != http.StatusInternalServerError || strings.Contains(home.body, "secret cause") || !strings.Contains(home.body, home.Header.Get("X-Request-Id")) {
		t.Errorf("home: %d %s", home.StatusCode, home.body)
	}
	logged := 0
	for line := range strings.Lines(p.log.String()) {
		if strings.Contains(line, "the secret cause") {
			logged++
		}
	}
	if logged != 2 {
		t.Errorf("two panics were logged %d times", logged)
	}

	p.hooks.listOrganizations = func() ([]clawback.Organization, error) { return nil, errors.New("the inner text") }
	answer = b.get("/api/v1/organizations", "Authorization", "Bearer "+token)
	if answer.StatusCode != http.StatusInternalServerError || strings.Contains(answer.body, "inner text") {
		t.Errorf("%d %s", answer.StatusCode, answer.body)
	}
	p.hooks.listOrganizations = nil
	if answer := b.get("/"); answer.StatusCode != http.StatusOK {
		t.Errorf("home after a panic: %d", answer.StatusCode)
	}
}

func TestUnknownAddress(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.browser(t)
	if answer := b.get("/nowhere"); answer.StatusCode != http.StatusNotFound || !strings.Contains(answer.Header.Get("Content-Type"), "text/html") {
		t.Errorf("%d %s", answer.StatusCode, answer.Header.Get("Content-Type"))
	}
	answer := b.get("/api/v1/nowhere")
	if answer.StatusCode != http.StatusNotFound || answer.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s", answer.StatusCode, answer.Header.Get("Content-Type"))
	}
}

func TestStatic(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.browser(t)
	versioned := b.get(static.Path("app.css"))
	if versioned.StatusCode != http.StatusOK || !strings.Contains(versioned.Header.Get("Cache-Control"), "immutable") || !strings.HasPrefix(versioned.Header.Get("Content-Type"), "text/css") {
		t.Errorf("%d %v", versioned.StatusCode, versioned.Header)
	}
	plain := b.get("/static/app.css")
	if plain.StatusCode != http.StatusOK || strings.Contains(plain.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("without a version: %d %q", plain.StatusCode, plain.Header.Get("Cache-Control"))
	}
	if again := b.get("/static/app.css", "If-None-Match", plain.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("again: %d, want 304", again.StatusCode)
	}
	if icon := b.get("/favicon.ico"); icon.StatusCode != http.StatusOK {
		t.Errorf("favicon: %d", icon.StatusCode)
	}
	for _, path := range []string{"/static/", "/static/vendor", "/static/../static.go", "/static/%2e%2e/server.go", "/static/none.css"} {
		if answer := b.get(path); answer.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, answer.StatusCode)
		}
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.browser(t)
	if answer := b.get("/readyz"); answer.StatusCode != http.StatusOK {
		t.Errorf("readyz: %d", answer.StatusCode)
	}
	p.hooks.healthy = func() error { return errors.New("disk full") }
	if answer := b.get("/readyz"); answer.StatusCode != http.StatusServiceUnavailable || strings.Contains(answer.body, "disk") {
		t.Errorf("readyz of a broken store: %d %s", answer.StatusCode, answer.body)
	}
	if answer := b.get("/healthz"); answer.StatusCode != http.StatusOK {
		t.Errorf("healthz: %d", answer.StatusCode)
	}
}

func TestMetricsAndLogHoldNoSecret(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.browser(t)
	callback := b.choose(b.toMicrosoft("/"), p.staff(t, "SOCAnalyst"))
	b.get(callback)
	token := p.token(t, clawback.AllRights())
	b.get("/api/v1/organizations", "Authorization", "Bearer "+token)
	b.get("/remediations/some-id")
	b.get("/nowhere/at/all")

	recorder := httptest.NewRecorder()
	p.server.MetricsHandler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/", nil))
	metrics := recorder.Body.String()
	for _, want := range []string{
		`clawback_http_requests_total{method="GET",route="/remediations/:id",status="404"} 1`,
		`clawback_http_requests_total{method="GET",route="/api/v1/organizations",status="200"} 1`,
		`clawback_http_requests_total{method="GET",route="unmatched",status="404"} 1`,
		"clawback_http_request_duration_seconds_bucket",
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	log := p.log.String()
	for _, secret := range []string{queryOf(t, callback).Get("code"), queryOf(t, callback).Get("state"), token, p.world.SignIn.Secret} {
		if secret == "" || strings.Contains(log, secret) || strings.Contains(metrics, secret) {
			t.Errorf("a secret is empty or was written down")
		}
	}
	for line := range strings.Lines(log) {
		if !json.Valid([]byte(line)) {
			t.Errorf("log line %q", line)
		}
	}
}

func TestForwardedAddress(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.browser(t)
	b.get("/healthz", "X-Forwarded-For", "203.0.113.9")
	if strings.Contains(p.log.String(), "203.0.113.9") {
		t.Error("an address was believed that nobody vouches for")
	}

	_, loopback, err := net.ParseCIDR("127.0.0.0/8")
	if err != nil {
		t.Fatal(err)
	}
	behind := newPortal(t, func(c *web.Config) { c.TrustedProxies = []*net.IPNet{loopback} })
	behind.browser(t).get("/healthz", "X-Forwarded-For", "198.51.100.7, 203.0.113.9")
	if log := behind.log.String(); !strings.Contains(log, "203.0.113.9") || strings.Contains(log, "198.51.100.7") {
		t.Error("the address that the proxy vouches for was not taken")
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	good := web.Config{
		PublicURL: "https://portal.example", ProviderTenantID: "11111111-2222-3333-4444-555555555555", SignIn: web.SignInConfig{ClientID: "client"},
	}
	for field, change := range map[string]func(*web.Config){
		"public-url":         func(c *web.Config) { c.PublicURL = "portal.example" },
		"login-url":          func(c *web.Config) { c.SignIn.LoginURL = "http://login.example" },
		"provider-tenant-id": func(c *web.Config) { c.ProviderTenantID = "contoso" },
		"sign-in-client-id":  func(c *web.Config) { c.SignIn.ClientID = "" },
	} {
		cfg := good
		change(&cfg)
		if _, err := web.New(cfg, web.Deps{}); clawback.FieldOf(err) != field {
			t.Errorf("wrong %s: %v", field, err)
		}
	}
}

func TestServeAndShutdown(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- p.server.Serve(listener) }()
	if answer := p.browser(t).get("http://" + listener.Addr().String() + "/healthz"); answer.StatusCode != http.StatusOK {
		t.Errorf("healthz: %d", answer.StatusCode)
	}
	if err := p.server.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("Serve ended with %v", err)
	}
}
