package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"clawback"
	"clawback/graphclient"
	"clawback/purge"
	"clawback/setup"
	"clawback/store"
	"clawback/web"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"
	"golang.org/x/sync/errgroup"
)

// drainTime is how long requests and jobs under way may take to end at a stop.
const drainTime = 20 * time.Second

// portal is the running product: pages, API, workers, on one database.
type portal struct {
	cfg     portalConfig
	store   *store.Store
	engine  *purge.Engine
	setup   *setup.Checker
	log     *slog.Logger
	public  net.Listener
	metrics net.Listener // nil: no metrics
}

type portalConfig struct {
	Listen             string
	MetricsListen      string
	Database           string
	Key                []byte
	KeptEmailRetention time.Duration // 0: clawback.KeptEmailRetention
	Microsoft          graphclient.Config
	Integration        clawback.Integration
	Web                web.Config // PublicURL is that of the listener where empty
	Log                *slog.Logger
}

// openPortal opens the database and the listeners; nothing is served yet.
func openPortal(ctx context.Context, cfg portalConfig) (*portal, error) {
	p := &portal{cfg: cfg, log: cfg.Log}
	var err error
	if p.store, err = store.Open(ctx, store.Config{Path: cfg.Database, Key: cfg.Key, Log: cfg.Log, KeptEmailRetention: cfg.KeptEmailRetention, Integration: cfg.Integration}); err != nil {
		return nil, err
	}
	cfg.Microsoft.TraceBudget, cfg.Microsoft.Pauses = p.store, p.store
	microsoft, err := graphclient.New(cfg.Microsoft)
	if err != nil {
		return nil, errors.Join(err, p.store.Close())
	}
	p.engine = purge.New(purge.Config{Store: p.store, Microsoft: microsoft, Log: cfg.Log})
	p.setup = setup.New(setup.Config{Store: p.store, Microsoft: microsoft, Integration: cfg.Integration.ClientID, Log: cfg.Log})
	if err := p.listen(); err != nil {
		return nil, errors.Join(err, p.store.Close())
	}
	return p, nil
}

func (p *portal) listen() error {
	var err error
	if p.public, err = net.Listen("tcp", p.cfg.Listen); err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	if p.cfg.MetricsListen == "" {
		return nil
	}
	if p.metrics, err = net.Listen("tcp", p.cfg.MetricsListen); err != nil {
		return errors.Join(fmt.Errorf("--metrics-listen: %w", err), p.public.Close())
	}
	return nil
}

// url answers where the portal is reached.
func (p *portal) url() string {
	if p.cfg.Web.PublicURL != "" {
		return p.cfg.Web.PublicURL
	}
	return "http://" + p.public.Addr().String()
}

// run serves until the context ends, then drains. What the last start left
// half done is taken up before the first job; ready is called once requests
// are answered.
func (p *portal) run(ctx context.Context, ready func() error) error {
	defer p.store.Close()
	server, err := p.server()
	if err != nil {
		return err
	}
	if err := p.engine.Recover(ctx); err != nil {
		return fmt.Errorf("recover: %w", err)
	}
	jobs, err := p.jobs()
	if err != nil {
		return err
	}
	// The jobs outlive ctx: they are drained, not cut off.
	if err := jobs.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start jobs: %w", err)
	}

	group, running := errgroup.WithContext(ctx)
	group.Go(func() error { return server.Serve(p.public) })
	group.Go(func() error { return p.engine.Run(running) })
	group.Go(func() error { return p.setup.Run(running) })
	group.Go(func() error { return p.serveMetrics(running, server.MetricsHandler()) })
	group.Go(ready)
	group.Go(func() error {
		<-running.Done()
		return p.drain(server, jobs)
	})
	return group.Wait()
}

func (p *portal) server() (*web.Server, error) {
	cfg := p.cfg.Web
	cfg.PublicURL, cfg.Log, cfg.Version, cfg.Integration = p.url(), p.log, version, p.cfg.Integration.ClientID
	return web.New(cfg, web.Deps{
		Store: p.store, Sessions: p.store.WebSessions(), Answers: answers{p.store}, Resolver: p.engine, Searcher: p.engine, Checker: p.engine, Setup: p.setup, Canaries: p.engine, Readiness: p.setup, Metrics: prometheus.NewRegistry(),
	})
}

// answers gives the portal the remembered answers of idempotent requests in
// plain values.
type answers struct{ *store.Store }

func (a answers) ClaimIdempotencyKey(ctx context.Context, actorID, key, hash string) (status int, body []byte, found bool, err error) {
	saved, err := a.Store.ClaimIdempotencyKey(ctx, actorID, key, hash)
	if err != nil || saved == nil {
		return 0, nil, false, err
	}
	return saved.Status, saved.Body, true, nil
}

// jobClient is River's working client.
type jobClient interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	StopAndCancel(ctx context.Context) error
}

func (p *portal) jobs() (jobClient, error) {
	// River's own lines are about its queue, not about our work: only trouble.
	logger := slog.New(atLeast{Handler: p.log.Handler(), level: slog.LevelError})
	return river.NewClient(p.store.JobDriver(), &river.Config{
		Queues: purge.Queues(), Workers: p.engine.Workers(), Logger: logger,
		PollOnly: true, FetchPollInterval: 100 * time.Millisecond, FetchCooldown: 10 * time.Millisecond,
		JobTimeout: 2 * time.Minute, RescueStuckJobsAfter: 3 * time.Minute,
	})
}

func (p *portal) serveMetrics(ctx context.Context, handler http.Handler) error {
	if p.metrics == nil {
		return nil
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(p.metrics); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// drain takes no more requests and jobs and waits for those under way.
func (p *portal) drain(server *web.Server, jobs jobClient) error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	err := server.Shutdown(ctx)
	if stopErr := jobs.Stop(ctx); stopErr != nil {
		err = errors.Join(err, jobs.StopAndCancel(context.Background()))
	}
	return err
}

// atLeast drops log lines below a level.
type atLeast struct {
	slog.Handler
	level slog.Level
}

func (h atLeast) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= h.level && h.Handler.Enabled(ctx, level)
}
