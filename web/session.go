package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"clawback"

	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"
)

// SessionStore keeps people's sessions. FindSession returns KindUnauthenticated for one that has ended or expired.
type SessionStore interface {
	FindSession(ctx context.Context, id string) (clawback.Session, clawback.Actor, error)
	TouchSession(ctx context.Context, id string) error
	EndSession(ctx context.Context, actor clawback.Actor, id string) error
}

// sessionKey is the only thing that the browser's session holds: the id of our own row, which can be ended from elsewhere.
const sessionKey = "session_id"

// sessions ties a browser to a session row. The cookie holds a token whose hash is in the store.
type sessions struct {
	manager *scs.SessionManager
	store   SessionStore
	now     func() time.Time
}

func newSessions(cfg Config, public *url.URL, deps Deps) *sessions {
	manager := scs.New()
	manager.Store = deps.Sessions
	manager.HashTokenInStore = true
	manager.IdleTimeout = 0 // above 0 every request and poll writes; the session row knows when it was used last
	manager.Lifetime = clawback.SessionLife
	manager.Cookie.Name = cookieName(cfg, public, "session")
	manager.Cookie.HttpOnly = true
	manager.Cookie.SameSite = http.SameSiteLaxMode
	manager.Cookie.Secure = public.Scheme == "https"
	manager.Cookie.Persist = false
	return &sessions{manager: manager, store: deps.Store, now: cfg.Now}
}

// cookieName has the prefix that makes browsers refuse the cookie from a subdomain or without HTTPS.
func cookieName(cfg Config, public *url.URL, name string) string {
	if public.Scheme == "https" {
		return "__Host-" + cfg.CookiePrefix + "-" + name
	}
	return cfg.CookiePrefix + "-" + name
}

// load puts the actor of the browser's session into the request.
func (s *sessions) load(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if withoutSession(c.Request().URL.Path) {
			return next(c)
		}
		token := ""
		if cookie, err := c.Cookie(s.manager.Cookie.Name); err == nil {
			token = cookie.Value
		}
		ctx, err := s.manager.Load(c.Request().Context(), token)
		if err != nil {
			return &clawback.Error{Kind: clawback.KindUnavailable, Message: "Your session can't be read at the moment. Try again.", Err: err}
		}
		c.SetRequest(c.Request().WithContext(ctx))
		c.Response().Header().Add(echo.HeaderVary, echo.HeaderCookie)
		if id := s.manager.GetString(ctx, sessionKey); id != "" {
			if ctx, err = s.identify(ctx, c, id); err != nil {
				return err
			}
		}
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}

func withoutSession(path string) bool {
	return strings.HasPrefix(path, "/static/") || strings.HasPrefix(path, "/api/") ||
		path == "/healthz" || path == "/readyz" || path == "/favicon.ico"
}

// identify answers the context with the session's actor, or without one where the session has ended.
func (s *sessions) identify(ctx context.Context, c echo.Context, id string) (context.Context, error) {
	session, actor, err := s.store.FindSession(ctx, id)
	if hasEnded(err) {
		return ctx, nil
	}
	if err != nil {
		return ctx, err
	}
	if !isPoll(c.Request()) {
		if err := s.store.TouchSession(ctx, session.ID); err != nil {
			return ctx, err
		}
	}
	return clawback.WithActor(ctx, marked(c, actor, session.ID)), nil
}

func hasEnded(err error) bool {
	if err == nil {
		return false
	}
	kind := clawback.KindOf(err)
	return kind == clawback.KindUnauthenticated || kind == clawback.KindNotFound || kind == clawback.KindForbidden
}

// marked answers the actor with what the audit trail wants to know of the request.
func marked(c echo.Context, actor clawback.Actor, sessionID string) clawback.Actor {
	actor.SessionID = sessionID
	actor.RequestID = requestIDOf(c)
	actor.RemoteAddr = c.RealIP()
	return actor
}

// isPoll says whether the page asks by itself: that keeps no session alive.
func isPoll(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/live") || r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/watch")
}

// begin ties the browser to a session, under a new token: one that was there before the sign-in is worth nothing after it.
func (s *sessions) begin(c echo.Context, session clawback.Session) error {
	ctx := c.Request().Context()
	if err := s.manager.RenewToken(ctx); err != nil {
		return err
	}
	s.manager.Put(ctx, sessionKey, session.ID)
	token, expiry, err := s.manager.Commit(ctx)
	if err != nil {
		return err
	}
	s.manager.WriteSessionCookie(ctx, c.Response(), token, expiry)
	return nil
}

// end ends the session row and forgets the browser.
func (s *sessions) end(c echo.Context) error {
	ctx := c.Request().Context()
	if actor, ok := clawback.ActorFrom(ctx); ok {
		if err := s.store.EndSession(ctx, actor, actor.SessionID); err != nil {
			return err
		}
	}
	if err := s.manager.Destroy(ctx); err != nil {
		return err
	}
	s.manager.WriteSessionCookie(ctx, c.Response(), "", time.Time{})
	return nil
}
