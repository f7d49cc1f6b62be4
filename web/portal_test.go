package web_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"clawback"
	"clawback/graphclient"
	"clawback/handlers"
	"clawback/m365sim"
	"clawback/purge"
	"clawback/setup"
	"clawback/store"
	"clawback/store/storetest"
	"clawback/web"

	"github.com/PuerkitoBio/goquery"
	"github.com/prometheus/client_golang/prometheus"
)

var operator = clawback.Actor{
	Kind: clawback.ActorPerson, ID: "setup", Name: "Setup", StaffRoles: []clawback.Role{clawback.RoleOperator},
}

// portal is the whole portal over a real store and, where a test signs in, a simulated Microsoft.
type portal struct {
	url    string
	cfg    web.Config
	server *web.Server
	store  *store.Store
	hooks  *hookedStore
	sim    *m365sim.Sim
	world  m365sim.World
	clock  *storetest.Clock
	file   string // the database
	log    *logBuffer
	org    clawback.Organization // of the first customer
	other  clawback.Organization // of the second
}

// hookedStore is the real store, in which a test can make one call misbehave.
type hookedStore struct {
	*store.Store
	listOrganizations func() ([]clawback.Organization, error)
	healthy           func() error
}

func (s *hookedStore) ListOrganizations(ctx context.Context, actor clawback.Actor) ([]clawback.Organization, error) {
	if s.listOrganizations != nil {
		return s.listOrganizations()
	}
	return s.Store.ListOrganizations(ctx, actor)
}

func (s *hookedStore) Healthy(ctx context.Context) error {
	if s.healthy != nil {
		return s.healthy()
	}
	return s.Store.Healthy(ctx)
}

// answers gives the store's saved answers the shape that the API asks for.
type answers struct{ *store.Store }

func (a answers) ClaimIdempotencyKey(ctx context.Context, actorID, key, requestHash string) (int, []byte, bool, error) {
	saved, err := a.Store.ClaimIdempotencyKey(ctx, actorID, key, requestHash)
	if err != nil || saved == nil {
		return 0, nil, false, err
	}
	return saved.Status, saved.Body, true, nil
}

type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

type option func(*web.Config)

func withLimits(limits web.Limits) option { return func(c *web.Config) { c.Limits = limits } }
func withLogin(address string) option     { return func(c *web.Config) { c.SignIn.LoginURL = address } }
func withProvider(id string) option       { return func(c *web.Config) { c.ProviderTenantID = id } }
func withPublicURL(address string) option { return func(c *web.Config) { c.PublicURL = address } }

func newPortal(t *testing.T, options ...option) *portal {
	t.Helper()
	// The session manager asks the machine's clock when a cookie ends, so the test's clock begins there.
	p := &portal{clock: storetest.NewClock(time.Now()), log: &logBuffer{}}
	sim, err := m365sim.Start(m365sim.Config{Mailboxes: 10, Now: p.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	p.sim, p.world = sim, sim.World()
	p.file = filepath.Join(t.TempDir(), "clawback.db")
	p.store = storetest.Open(t, storetest.WithPath(p.file), storetest.WithClock(p.clock), storetest.WithIntegration(p.world.Integration.ClientID, p.world.Integration.Secret))
	p.hooks = &hookedStore{Store: p.store}

	listener := httptest.NewUnstartedServer(nil)
	p.url = "http://" + listener.Listener.Addr().String()
	sim.SetPortalURL(p.url)
	cfg := web.Config{
		PublicURL: p.url, Simulated: true, Integration: p.world.Integration.ClientID, ProviderTenantID: p.world.Provider.ID, Version: "test",
		SignIn: web.SignInConfig{
			ClientID: p.world.SignIn.ClientID, ClientSecret: clawback.NewSecret(p.world.SignIn.Secret), LoginURL: sim.Addresses().Login,
		},
		Log: slog.New(slog.NewJSONHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Now: p.clock.Now,
	}
	for _, change := range options {
		change(&cfg)
	}
	p.cfg = cfg
	p.server = p.serve(t, nil)
	listener.Config.Handler = p.server
	listener.Start()
	t.Cleanup(listener.Close)
	p.seed(t)
	return p
}

// stored answers all that stands in the database's files.
func (p *portal) stored(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob(p.file + "*")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(content)
	}
	return all.String()
}

func (p *portal) serve(t *testing.T, resolver handlers.ContextResolver) *web.Server {
	t.Helper()
	server, err := web.New(p.cfg, web.Deps{
		Store: p.hooks, Sessions: p.store.WebSessions(), Answers: answers{p.store}, Resolver: resolver, Setup: p.checker(t), Canaries: p.engine(t), Metrics: prometheus.NewRegistry(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// checker asks the simulated Microsoft about devices.
func (p *portal) checker(t *testing.T) *setup.Checker {
	t.Helper()
	a := p.sim.Addresses()
	microsoft, err := graphclient.New(graphclient.Config{LoginURL: a.Login, GraphURL: a.Graph, ExchangeURL: a.Exchange, Simulated: true, Now: p.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(microsoft.Close)
	return setup.New(setup.Config{Store: p.store, Microsoft: microsoft, Integration: p.cfg.Integration, Now: p.clock.Now})
}

// engine begins proofs of devices, and takes them further when a test says so.
func (p *portal) engine(t *testing.T) *purge.Engine {
	t.Helper()
	a := p.sim.Addresses()
	microsoft, err := graphclient.New(graphclient.Config{LoginURL: a.Login, GraphURL: a.Graph, ExchangeURL: a.Exchange, Simulated: true, Now: p.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(microsoft.Close)
	return purge.New(purge.Config{Store: p.store, Microsoft: microsoft, Now: p.clock.Now})
}

// withResolver answers the address of another portal over the same store.
func (p *portal) withResolver(t *testing.T, resolver handlers.ContextResolver) string {
	t.Helper()
	server := httptest.NewServer(p.serve(t, resolver))
	t.Cleanup(server.Close)
	return server.URL
}

// device connects the first customer's tenant.
func (p *portal) device(t *testing.T) clawback.Device {
	t.Helper()
	return p.deviceOf(t, p.world.Customers[0].App.ClientID)
}

// deviceOf connects it by an app of another id.
func (p *portal) deviceOf(t *testing.T, clientID string) clawback.Device {
	t.Helper()
	tenant := p.world.Customers[0]
	device, err := p.store.CreateDevice(t.Context(), operator, store.NewDevice{
		OrganizationID: p.org.ID, Name: "Microsoft 365", TenantID: tenant.ID, Connection: clawback.ConnectionCustomApp,
		ClientID: clientID, ClientSecret: clawback.NewSecret(tenant.App.Secret), OnboardedOn: p.clock.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return device
}

func (p *portal) seed(t *testing.T) {
	t.Helper()
	for i, target := range []*clawback.Organization{&p.org, &p.other} {
		tenant := p.world.Customers[i]
		created, err := p.store.CreateOrganization(t.Context(), operator, store.NewOrganization{Name: tenant.Name, TenantID: tenant.ID, Domain: tenant.Domain})
		if err != nil {
			t.Fatal(err)
		}
		*target = created
	}
}

func (p *portal) member(t *testing.T, org clawback.Organization, person m365sim.Person, role clawback.Role) {
	t.Helper()
	if err := p.store.SaveMember(t.Context(), operator, org.ID, org.TenantID, person.ID, person.Name, role); err != nil {
		t.Fatal(err)
	}
}

// token makes an API token, of one organization when one is given.
func (p *portal) token(t *testing.T, rights []clawback.Right, organizations ...string) string {
	t.Helper()
	secret, err := p.store.CreateToken(t.Context(), operator, store.NewToken{
		Name: "test", Rights: rights, Everywhere: len(organizations) == 0, Organizations: organizations,
	})
	if err != nil {
		t.Fatal(err)
	}
	return secret.Reveal()
}

// staff answers the provider's person with an app role.
func (p *portal) staff(t *testing.T, role string) m365sim.Person {
	t.Helper()
	for _, person := range p.world.Provider.People {
		for _, has := range person.AppRoles {
			if has == role {
				return person
			}
		}
	}
	t.Fatalf("nobody has the app role %s", role)
	return m365sim.Person{}
}

// browser is a person's browser: it keeps cookies, follows nothing by itself and says where its requests come from.
type browser struct {
	t      *testing.T
	portal *portal
	client *http.Client
}

func (p *portal) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, portal: p, client: &http.Client{
		Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// page is an answer, read to its end.
type page struct {
	*http.Response
	body string
}

func (a page) location() string { return a.Header.Get("Location") }

func (a page) document(t *testing.T) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func (b *browser) do(req *http.Request) page {
	b.t.Helper()
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return page{Response: res, body: string(body)}
}

func (b *browser) request(method, path string, body io.Reader, headers ...string) *http.Request {
	b.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = b.portal.url + path
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return req
}

func (b *browser) get(path string, headers ...string) page {
	b.t.Helper()
	return b.do(b.request(http.MethodGet, path, nil, headers...))
}

// post sends a form as a browser does from a page of the portal.
func (b *browser) post(path string, form url.Values, headers ...string) page {
	b.t.Helper()
	headers = append([]string{"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin"}, headers...)
	return b.do(b.request(http.MethodPost, path, strings.NewReader(form.Encode()), headers...))
}

// toMicrosoft begins a sign-in and answers the address at Microsoft.
func (b *browser) toMicrosoft(returnTo string) string {
	b.t.Helper()
	answer := b.get("/sign-in/microsoft?" + url.Values{"return": {returnTo}}.Encode())
	if answer.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("begin sign-in: %d %s", answer.StatusCode, answer.body)
	}
	return answer.location()
}

// choose picks a person on Microsoft's page and answers the address of the callback.
func (b *browser) choose(address string, person m365sim.Person) string {
	b.t.Helper()
	return b.pick(address, `[data-testid="person-`+person.UserPrincipalName+`"]`)
}

func (b *browser) pick(address, button string) string {
	b.t.Helper()
	choice := b.get(address)
	doc := choice.document(b.t)
	pressed := doc.Find(button)
	if pressed.Length() != 1 {
		b.t.Fatalf("no %s on the sign-in page: %s", button, choice.body)
	}
	name, _ := pressed.Attr("name")
	value, _ := pressed.Attr("value")
	action, _ := doc.Find("form").Attr("action")
	target, err := choice.Request.URL.Parse(action)
	if err != nil {
		b.t.Fatal(err)
	}
	answer := b.post(target.String(), url.Values{name: {value}})
	if answer.location() == "" {
		b.t.Fatalf("sign-in page: %d %s", answer.StatusCode, answer.body)
	}
	return answer.location()
}

// signIn goes the whole way.
func (b *browser) signIn(person m365sim.Person) page {
	b.t.Helper()
	return b.get(b.choose(b.toMicrosoft("/"), person))
}

// signedIn is a browser in which a person has signed in.
func (p *portal) signedIn(t *testing.T, person m365sim.Person) *browser {
	t.Helper()
	b := p.browser(t)
	if answer := b.signIn(person); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("sign-in of %s: %d %s", person.Name, answer.StatusCode, answer.body)
	}
	return b
}
