package m365sim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Sim is a running simulated Microsoft 365.
type Sim struct {
	cfg       Config
	ids       idSource
	addresses Addresses
	servers   []*http.Server
	serving   sync.WaitGroup

	provider            *tenant
	customers           []*tenant
	signIn, integration *registration
	apps                map[string]*registration // by client id
	appsMu              sync.RWMutex             // guards apps and their credentials; taken after a tenant's lock

	codes    codeStore
	admin    adminSessions
	recorder recorder
	verified tokenCache

	switches  atomic.Pointer[Switches]
	ahead     atomic.Int64 // nanoseconds by which control has moved the clock
	mu        sync.Mutex   // guards portalURL, random and serial
	portalURL string
	random    *rand.Rand
	serial    uint64
}

// Addresses are the base URLs of the four services, without a trailing slash and without Graph's version.
type Addresses struct {
	Login, Graph, Exchange, Control string
}

// Start seeds the world, listens on the four addresses of cfg and serves until Close.
// It fails on a wrong configuration, such as a control address which is not loopback, or a port in use.
func Start(cfg Config) (*Sim, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Sim{
		cfg:       cfg,
		ids:       idSource{seed: cfg.Seed},
		portalURL: strings.TrimSuffix(cfg.PortalURL, "/"),
		random:    rand.New(rand.NewPCG(cfg.Seed, 365)),
	}
	s.recorder.out = cfg.Record
	s.SetSwitches(cfg.Switches)
	s.seedWorld()
	if err := s.listen(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	// The key takes a moment to make: begin before the first sign-in asks for it.
	go signingKey()

	return s, nil
}

func (s *Sim) listen() error {
	services := []struct {
		name, addr string
		base       *string
		handler    http.Handler
	}{
		{"login", s.cfg.LoginAddr, &s.addresses.Login, s.loginHandler()},
		{"graph", s.cfg.GraphAddr, &s.addresses.Graph, s.front(s.graphAnswer)},
		{"exchange", s.cfg.ExchangeAddr, &s.addresses.Exchange, s.front(s.exchangeAnswer)},
		{"control", s.cfg.ControlAddr, &s.addresses.Control, s.controlHandler()},
	}
	listeners := make([]net.Listener, 0, len(services))
	for _, service := range services {
		listener, err := net.Listen("tcp", service.addr)
		if err != nil {
			for _, opened := range listeners {
				_ = opened.Close()
			}
			return fmt.Errorf("m365sim: listen for %s: %w", service.name, err)
		}
		listeners = append(listeners, listener)
		*service.base = "http://" + listener.Addr().String()
	}
	for i, service := range services {
		s.serve(listeners[i], service.handler)
		s.cfg.Log.Info("m365sim: listening", "service", service.name, "address", *service.base)
	}

	return nil
}

func (s *Sim) serve(listener net.Listener, handler http.Handler) {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	s.servers = append(s.servers, server)
	s.serving.Add(1)
	go func() {
		defer s.serving.Done()
		_ = server.Serve(listener) // always ends with http.ErrServerClosed
	}()
}

// Close ends the four services at once; requests under way are cut off. It is safe to call twice.
func (s *Sim) Close() error {
	var all []error
	for _, server := range s.servers {
		all = append(all, server.Close())
	}
	s.serving.Wait()

	return errors.Join(all...)
}

// Addresses answers the base URLs under which the services are reached.
func (s *Sim) Addresses() Addresses { return s.addresses }

// SetPortalURL changes where the sign-in app's redirect URIs point, for servers which start after the simulator.
func (s *Sim) SetPortalURL(u string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.portalURL = strings.TrimSuffix(u, "/")
}

func (s *Sim) portal() string {
	s.mu.Lock()
	defer s.mu.Unlock()

	return s.portalURL
}

// now is the scenario clock, as control has moved it.
func (s *Sim) now() time.Time { return s.cfg.Now().Add(time.Duration(s.ahead.Load())).UTC() }

// chance answers true with the probability p, from the seeded source.
func (s *Sim) chance(p float64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()

	return s.random.Float64() < p
}

// nextID answers an id which is new in this run and the same in every run of the same seed and order of requests.
func (s *Sim) nextID(kind string) string {
	s.mu.Lock()
	s.serial++
	serial := s.serial
	s.mu.Unlock()

	return s.ids.uuid("serial", kind, fmt.Sprint(serial))
}

func (s *Sim) tenants() []*tenant { return append([]*tenant{s.provider}, s.customers...) }

// tenant finds a tenant by its id or domain, nil where there is none.
func (s *Sim) tenant(idOrDomain string) *tenant {
	for _, t := range s.tenants() {
		if strings.EqualFold(t.id, idOrDomain) || strings.EqualFold(t.domain, idOrDomain) {
			return t
		}
	}

	return nil
}
