// Package storetest opens stores on files of their own for the tests of others.
package storetest

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"clawback"
	"clawback/store"
)

// Clock is a clock that only its test moves.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock answers a clock that stands at a moment.
func NewClock(now time.Time) *Clock { return &Clock{now: now} }

// Now answers where the clock stands.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock on.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Start is where the clock of Open stands when a test brings none.
var Start = time.Date(2026, 3, 16, 9, 0, 0, 0, time.UTC)

// Option changes what Open opens.
type Option func(*store.Config)

// WithClock makes the store ask the test's clock.
func WithClock(clock *Clock) Option {
	return func(config *store.Config) { config.Now = clock.Now }
}

// WithPath opens a file of the test's choice, e.g. one that was open before.
func WithPath(path string) Option {
	return func(config *store.Config) { config.Path = path }
}

// WithKey opens with a keyset of the test's own.
func WithKey(key []byte) Option {
	return func(config *store.Config) { config.Key = key }
}

// WithRealTime makes the store ask the machine's clock.
func WithRealTime() Option {
	return func(config *store.Config) { config.Now = time.Now }
}

// WithIntegration gives integration devices what signs them in.
func WithIntegration(clientID, secret string) Option {
	return func(config *store.Config) {
		config.Integration = clawback.Integration{ClientID: clientID, Credential: clawback.Credential{ClientSecret: clawback.NewSecret(secret)}}
	}
}

// Key answers a new keyset.
func Key(t testing.TB) []byte {
	t.Helper()
	key, err := store.NewKeyset()
	if err != nil {
		t.Fatalf("new keyset: %v", err)
	}
	return key
}

// Config answers what Open would open, for tests that open a store themselves.
func Config(t testing.TB, options ...Option) store.Config {
	t.Helper()
	config := store.Config{
		Path: filepath.Join(t.TempDir(), "clawback.db"),
		Key:  Key(t),
		Now:  NewClock(Start).Now,
		Log:  slog.New(slog.DiscardHandler),
	}
	for _, option := range options {
		option(&config)
	}
	return config
}

// Open opens a store on a file of its own and closes it after the test.
func Open(t testing.TB, options ...Option) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), Config(t, options...))
	if err != nil {
		t.Fatalf("open store: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	return s
}
