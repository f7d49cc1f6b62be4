package m365sim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"clawback/m365sim"
)

// record is where a run with M365SIM_RECORD=FILE keeps its traffic, a line an exchange, so that an outside checker can
// hold it against Microsoft's own model of Graph.
var record io.Writer

func TestMain(m *testing.M) {
	code := 1
	if path := os.Getenv("M365SIM_RECORD"); path != "" {
		file, err := os.Create(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(code)
		}
		record = &lockedWriter{out: file}
	}
	os.Exit(m.Run())
}

type lockedWriter struct {
	mu  sync.Mutex
	out io.Writer
}

func (w *lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()

	return w.out.Write(p)
}

// clock is a scenario clock that only a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()

	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// bench is one simulator with what tests ask of it.
type bench struct {
	t      testing.TB
	sim    *m365sim.Sim
	clock  *clock
	world  m365sim.World
	first  m365sim.Tenant
	client *http.Client
}

const portal = "http://127.0.0.1:8080"

// setup starts a simulator with 12 mailboxes and pages of two.
func setup(t testing.TB, change ...func(*m365sim.Config)) *bench {
	t.Helper()
	c := &clock{at: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	cfg := m365sim.Config{Seed: 1, Mailboxes: 12, Now: c.now, PortalURL: portal, PageSize: 2, Record: record}
	for _, f := range change {
		f(&cfg)
	}
	sim, err := m365sim.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	// A transport of its own: keep-alive connections to a closed simulator would wait in the shared one.
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	client := &http.Client{Transport: transport, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	world := sim.World()

	return &bench{t: t, sim: sim, clock: c, world: world, first: world.Customers[0], client: client}
}

// unrecorded keeps a bench out of the recording: of a test that asks, on purpose, for what Graph's model does not have,
// or that spoils the answers.
func unrecorded(cfg *m365sim.Config) { cfg.Record = nil }

type reply struct {
	status int
	header http.Header
	raw    []byte
	body   map[string]any
}

// send sends one request; body may be text, url.Values or anything that marshals to JSON.
func (b *bench) send(method, target string, header map[string]string, body any) reply {
	b.t.Helper()
	r, err := b.try(method, target, header, body)
	if err != nil {
		b.t.Fatal(err)
	}

	return r
}

func (b *bench) try(method, target string, header map[string]string, body any) (reply, error) {
	b.t.Helper()
	reader, contentType := encode(b.t, body)
	req, err := http.NewRequestWithContext(b.t.Context(), method, target, reader)
	if err != nil {
		b.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	res, err := b.client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return reply{status: res.StatusCode, header: res.Header}, err
	}
	out := reply{status: res.StatusCode, header: res.Header, raw: raw}
	_ = json.Unmarshal(raw, &out.body)

	return out, nil
}

func encode(t testing.TB, body any) (io.Reader, string) {
	t.Helper()
	switch v := body.(type) {
	case nil:
		return nil, ""
	case string:
		return strings.NewReader(v), ""
	case []byte:
		return bytes.NewReader(v), ""
	case url.Values:
		return strings.NewReader(v.Encode()), "application/x-www-form-urlencoded"
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}

	return bytes.NewReader(text), "application/json"
}

func (r reply) want(t testing.TB, status int) reply {
	t.Helper()
	if r.status != status {
		t.Fatalf("status %d, want %d: %s", r.status, status, r.raw)
	}

	return r
}

// code is the error code of a Graph or Exchange answer.
func (r reply) code() string {
	failure, _ := r.body["error"].(map[string]any)
	code, _ := failure["code"].(string)

	return code
}

func (r reply) list(name string) []map[string]any {
	out := []map[string]any{}
	values, _ := r.body[name].([]any)
	for _, v := range values {
		entry, _ := v.(map[string]any)
		out = append(out, entry)
	}

	return out
}

func text(m map[string]any, name string) string { s, _ := m[name].(string); return s }

// appToken gets an app-only token of the first customer's app.
func (b *bench) appToken(resource string) string {
	b.t.Helper()

	return b.tokenOf(b.first, resource)
}

func (b *bench) tokenOf(tenant m365sim.Tenant, resource string) string {
	b.t.Helper()
	r := b.send("POST", b.tokenURL(tenant.ID), nil, credentials(tenant.App, resource+"/.default")).want(b.t, 200)

	return text(r.body, "access_token")
}

func (b *bench) tokenURL(tenant string) string {
	return b.sim.Addresses().Login + "/" + tenant + "/oauth2/v2.0/token"
}

func credentials(app m365sim.App, scope string) url.Values {
	return url.Values{"grant_type": {"client_credentials"}, "client_id": {app.ClientID}, "client_secret": {app.Secret},
		"scope": {scope}}
}

const (
	graphResource    = "https://graph.microsoft.com"
	exchangeResource = "https://outlook.office365.com"
)

// graph sends a Graph request with a fresh token of the first customer's app; path follows the version.
func (b *bench) graph(method, path string, body any, header ...string) reply {
	b.t.Helper()

	return b.graphAs(b.appToken(graphResource), method, path, body, header...)
}

func (b *bench) graphAs(token, method, path string, body any, header ...string) reply {
	b.t.Helper()
	headers := map[string]string{"Authorization": "Bearer " + token}
	for i := 0; i+1 < len(header); i += 2 {
		headers[header[i]] = header[i+1]
	}
	if !strings.HasPrefix(path, "http") && !strings.HasPrefix(path, "/beta") {
		path = "/v1.0" + path
	}
	if !strings.HasPrefix(path, "http") {
		path = b.sim.Addresses().Graph + path
	}

	return b.send(method, path, headers, body)
}

// query writes an OData query with every value percent-encoded.
func query(pairs ...string) string {
	var out []string
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, pairs[i]+"="+strings.ReplaceAll(url.QueryEscape(pairs[i+1]), "+", "%20"))
	}

	return "?" + strings.Join(out, "&")
}

// control sends a control request; path follows /tenants/{first customer}.
func (b *bench) control(method, path string, body any) reply {
	b.t.Helper()

	return b.send(method, b.sim.Addresses().Control+"/tenants/"+b.first.ID+path, nil, body)
}

const phish = "From: Payroll <payroll@evil.example>\r\nTo: you@brightwater.example\r\nSubject: Your salary\r\n" +
	"Message-ID: <bad-1@evil.example>\r\nDate: Mon, 23 Nov 2026 08:59:00 +0000\r\n\r\nClick here.\r\n"

const phishID = "<bad-1@evil.example>"

// deliver delivers the phish; where is the query, such as to=a@b.
func (b *bench) deliver(where string) reply {
	b.t.Helper()

	return b.control("POST", "/messages?"+where, phish).want(b.t, 200)
}

// patchApp brings the first customer's app into a state.
func (b *bench) patchApp(state string) {
	b.t.Helper()
	b.control("PATCH", "/apps/"+b.first.App.ClientID, state).want(b.t, 200)
}

func (b *bench) faults(list string) {
	b.t.Helper()
	b.control("PUT", "/faults", `{"items":[`+list+`]}`).want(b.t, 200)
}
