package web

import (
	"sync"
	"time"

	"clawback"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"
)

// Limits bounds how often one address or token may ask. A zero Limit is the default.
type Limits struct {
	SignIn Limit // sign-ins begun and finished, an address
	API    Limit // requests of one API token
	Denied Limit // API requests without a valid token, an address
	Links  Limit // pages behind a link that needs no account, an address
}

// Limit is so many a second, and so many at once.
type Limit struct {
	PerSecond float64
	Burst     int
}

// A whole SOC may sign in from one address, and one service may ask for many organizations.
var (
	defaultSignInLimit = Limit{PerSecond: 2, Burst: 60}
	defaultAPILimit    = Limit{PerSecond: 200, Burst: 400}
	defaultDeniedLimit = Limit{PerSecond: 1, Burst: 30}
	defaultLinksLimit  = Limit{PerSecond: 0.5, Burst: 40}
)

type limits struct{ signIn, api, denied, links *limiter }

func newLimits(l Limits, now func() time.Time) *limits {
	return &limits{
		signIn: newLimiter(l.SignIn, defaultSignInLimit, now),
		api:    newLimiter(l.API, defaultAPILimit, now),
		denied: newLimiter(l.Denied, defaultDeniedLimit, now),
		links:  newLimiter(l.Links, defaultLinksLimit, now),
	}
}

// unhurried bounds how often one address may try links that need no account.
func (s *Server) unhurried(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := s.limits.links.take(c.RealIP()); err != nil {
			return err
		}
		return next(c)
	}
}

// limiter holds one bucket for each address or token that asked lately.
type limiter struct {
	limit Limit
	now   func() time.Time

	mu      sync.Mutex
	buckets map[string]*rate.Limiter
}

// maxBuckets is the number of buckets above which full ones, which bound nobody, are dropped.
const maxBuckets = 10000

func newLimiter(limit, otherwise Limit, now func() time.Time) *limiter {
	if limit == (Limit{}) {
		limit = otherwise
	}
	return &limiter{limit: limit, now: now, buckets: map[string]*rate.Limiter{}}
}

// take returns KindTooMany when the bucket is empty.
func (l *limiter) take(key string) error {
	now := l.now()
	if l.bucket(key, now).AllowN(now, 1) {
		return nil
	}
	return clawback.Errorf(clawback.KindTooMany, "That was too often in a short time. Wait a moment and try again.")
}

func (l *limiter) bucket(key string, now time.Time) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()

	if found, ok := l.buckets[key]; ok {
		return found
	}
	if len(l.buckets) >= maxBuckets {
		l.drop(now)
	}
	made := rate.NewLimiter(rate.Limit(l.limit.PerSecond), l.limit.Burst)
	l.buckets[key] = made
	return made
}

func (l *limiter) drop(now time.Time) {
	for key, bucket := range l.buckets {
		if bucket.TokensAt(now) >= float64(l.limit.Burst) {
			delete(l.buckets, key)
		}
	}
	if len(l.buckets) >= maxBuckets {
		clear(l.buckets) // a flood from many addresses: memory matters more than its counts
	}
}
