// Package web serves the portal: the one table of routes, the middleware before every route, sessions, the sign-in with
// Microsoft, and the static files.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"clawback"
	"clawback/handlers"

	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
)

// Config says how the portal is reached and who signs in.
type Config struct {
	PublicURL        string // where browsers reach the portal, without a trailing slash
	Simulated        bool   // Microsoft 365 is the simulated one: plain HTTP is allowed and every page says so
	ProviderTenantID string // the tenant whose app roles make staff
	SignIn           SignInConfig
	Integration      string // client id of the provider's integration, empty where there is none
	CookiePrefix     string // begins the cookies' names, "clawback" when empty
	TrustedProxies   []*net.IPNet
	Limits           Limits
	Log              *slog.Logger     // slog.Default when nil
	Now              func() time.Time // time.Now when nil
	Version          string
}

// SignInConfig is the registration of the sign-in app.
type SignInConfig struct {
	ClientID     string
	ClientSecret clawback.Secret
	LoginURL     string // https://login.microsoftonline.com when empty
}

// defaultLoginURL is Microsoft's public cloud.
const defaultLoginURL = "https://login.microsoftonline.com"

// Store is what the portal keeps: everything that pages and API use, and people's sessions.
type Store interface {
	handlers.ShellStore
	handlers.HomeStore
	handlers.HomeCustomerStore
	handlers.HaltStore
	handlers.RecordStore
	handlers.KeptEmailStore
	handlers.MailboxStore
	handlers.ActionAPIStore
	handlers.ActionWorkStore
	handlers.RemediationAPIStore
	handlers.OrganizationAPIStore
	handlers.ContextAPIStore
	handlers.AutoRemediationAPIStore
	handlers.ReviewStore
	handlers.ContextStore
	handlers.AutoRemediationStore
	handlers.AuditAPIStore
	handlers.AuditStore
	handlers.SetupStore
	handlers.CanaryStore
	handlers.CanaryAPIStore
	handlers.OrganizationStore
	handlers.PersonStore
	handlers.InvitationStore
	handlers.AccountStore
	handlers.ConsentStore
	handlers.DeviceAPIStore
	SessionStore
	SignInStore
	TokenStore
	Healthy(ctx context.Context) error
}

// Deps is what the portal works with.
type Deps struct {
	Store     Store
	Sessions  scs.Store                 // the store's WebSessions
	Answers   AnswerStore               // of POSTs with an Idempotency-Key
	Resolver  handlers.ContextResolver  // nil: new context is resolved by the next look-up
	Searcher  handlers.EmailSearcher    // asks Microsoft's message trace for emails; nil: there is no search
	Checker   handlers.ActionChecker    // looks into the mailboxes of actions
	Readiness handlers.ReadinessChecker // nil: no check holds anybody back from enforce
	Setup     handlers.SetupEngine      // asks Microsoft about devices
	Canaries  handlers.CanaryStarter    // begins proofs of devices
	Metrics   *prometheus.Registry      // nil: one of its own
}

// Server is the portal as an HTTP handler.
type Server struct {
	cfg      Config
	public   *url.URL
	store    Store
	answers  AnswerStore
	looker   handlers.OwnLooker
	echo     *echo.Echo
	http     *http.Server
	shell    *handlers.Shell
	api      *handlers.API
	sessions *sessions
	entra    *entra
	limits   *limits
	metrics  *metrics
	csrf     *http.CrossOriginProtection
	policies map[string]Policy // by method and path
}

// New makes the portal. It returns KindInvalid, naming the key, for a wrong configuration.
func New(cfg Config, deps Deps) (*Server, error) {
	public, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	s := &Server{
		cfg: cfg, public: public, store: deps.Store, answers: deps.Answers, looker: deps.Setup, echo: echo.New(), policies: map[string]Policy{},
		entra: newEntra(cfg, public), limits: newLimits(cfg.Limits, cfg.Now), csrf: http.NewCrossOriginProtection(),
	}
	if err := s.csrf.AddTrustedOrigin(public.Scheme + "://" + public.Host); err != nil {
		return nil, clawback.Invalid("public-url", "The public URL has no valid origin.")
	}
	if s.metrics, err = newMetrics(deps.Metrics); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	s.sessions = newSessions(cfg, public, deps)
	s.shell = handlers.NewShell(handlers.ShellConfig{
		Store: deps.Store, Asset: asset, Simulated: cfg.Simulated, Now: cfg.Now, Log: cfg.Log,
	})

	s.echo.HideBanner, s.echo.HidePort = true, true
	s.echo.Logger.SetOutput(discard{})
	s.echo.IPExtractor = ipExtractor(cfg.TrustedProxies)
	s.echo.HTTPErrorHandler = s.answerError
	s.middleware()
	s.routes(deps)
	s.http = &http.Server{
		Handler: s.echo, ErrorLog: slog.NewLogLogger(cfg.Log.Handler(), slog.LevelWarn),
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 3 * time.Minute, WriteTimeout: 3 * time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
	return s, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// Serve answers the requests of a listener until Shutdown, with timeouts for slow clients.
func (s *Server) Serve(listener net.Listener) error {
	err := s.http.Serve(listener)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Shutdown takes no more requests and waits for those under way until the context ends.
func (s *Server) Shutdown(ctx context.Context) error { return s.http.Shutdown(ctx) }

// MetricsHandler answers the metrics, for a listener of its own.
func (s *Server) MetricsHandler() http.Handler { return s.metrics.handler() }

// complete fills in what is left out and refuses what can't work.
func (c *Config) complete() (*url.URL, error) {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.CookiePrefix == "" {
		c.CookiePrefix = "clawback"
	}
	if c.SignIn.LoginURL == "" {
		c.SignIn.LoginURL = defaultLoginURL
	}
	login, err := baseURL("login-url", c.SignIn.LoginURL)
	if err != nil {
		return nil, err
	}
	if login.Scheme != "https" && !c.Simulated {
		return nil, clawback.Invalid("login-url", "The address of Microsoft's sign-in must begin with https://, unless Microsoft 365 is simulated.")
	}
	c.SignIn.LoginURL = login.String()
	if c.SignIn.ClientID == "" {
		return nil, clawback.Invalid("sign-in-client-id", "The client id of the sign-in app is missing.")
	}
	if c.Integration != "" && !isGUID(c.Integration) {
		return nil, clawback.Invalid("integration-client-id", "The client id of the integration is no GUID.")
	}
	if !isGUID(c.ProviderTenantID) {
		return nil, clawback.Invalid("provider-tenant-id", "The provider's tenant id is missing or is no GUID.")
	}
	return baseURL("public-url", c.PublicURL)
}

func baseURL(key, address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil ||
		u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		return nil, clawback.Invalid(key, "The address must look like https://clawback.example.com, without a path.")
	}
	u.Path = ""
	return u, nil
}

// discard takes what echo would print by itself; everything worth a line is logged here.
type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
