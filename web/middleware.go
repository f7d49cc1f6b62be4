package web

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"

	"clawback"
	"clawback/handlers"
	"clawback/views"

	"github.com/labstack/echo/v4"
)

// The largest bodies of a form and of one with a file. The latter is well above the largest email: its page reads the
// file as it comes and answers one that is too large with everything that was typed.
const (
	maxForm   = 1 << 20
	maxUpload = 64 << 20
)

// retryAfter is how many seconds a client waits before it asks again.
const retryAfter = "5"

// middleware is everything that happens before a route, in this order.
func (s *Server) middleware() {
	s.echo.Use(s.identifyRequest, s.observe, s.recover, s.secure, s.limitBody, s.refuseForeignWrites, s.sessions.load, s.guardPages)
}

// identifyRequest names the request, in the log, in the audit trail and on every error.
func (s *Server) identifyRequest(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderXRequestID, rand.Text())
		return next(c)
	}
}

func requestIDOf(c echo.Context) string { return c.Response().Header().Get(echo.HeaderXRequestID) }

// observe logs and counts each request by its route. It logs no query: one of them carries an authorization code.
func (s *Server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		begun := s.cfg.Now()
		err := next(c)
		if err != nil {
			c.Error(err) // answers it, so that the status is known here
		}

		took := s.cfg.Now().Sub(begun)
		route, status := s.routeOf(c), c.Response().Status
		s.metrics.count(c.Request().Method, route, status, took)

		level := slog.LevelInfo
		if route == "/static/*" || route == "/healthz" || route == "/readyz" {
			level = slog.LevelDebug
		}
		actor, _ := clawback.ActorFrom(c.Request().Context())
		s.cfg.Log.LogAttrs(c.Request().Context(), level, "request",
			slog.String("method", c.Request().Method), slog.String("path", loggedPath(c)), slog.String("route", route),
			slog.Int("status", status), slog.Int64("bytes", c.Response().Size), slog.Duration("took", took),
			slog.String("request_id", requestIDOf(c)), slog.String("remote_addr", c.RealIP()), slog.String("actor_id", actor.ID))
		return nil
	}
}

// loggedPath answers the path, without the token of an invitation, a consent or a forwarded step: whoever reads the log could use it.
func loggedPath(c echo.Context) string {
	path := c.Request().URL.Path
	for _, secret := range []string{"/invitations/", "/consent/", "/forwarded/"} {
		if strings.HasPrefix(path, secret) && path != views.ConsentReturnPath() {
			return secret + ":token"
		}
	}
	return path
}

// routeOf answers the pattern of the route, of which there are few, never a path, of which there are endlessly many.
func (s *Server) routeOf(c echo.Context) string {
	if _, ok := s.policies[c.Request().Method+" "+c.Path()]; ok {
		return c.Path()
	}
	return "unmatched"
}

// recover turns a panic of a handler into an error like any other.
func (s *Server) recover(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if cause == http.ErrAbortHandler {
				panic(cause) // net/http's own way to drop a connection
			}
			err = &panicError{cause: cause, stack: debug.Stack()}
		}()
		return next(c)
	}
}

type panicError struct {
	cause any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.cause) }

// secure sets the headers that every answer has.
func (s *Server) secure(next echo.HandlerFunc) echo.HandlerFunc {
	policy := strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'", "connect-src 'self'",
		"form-action 'self' " + s.cfg.SignIn.LoginURL, "base-uri 'none'", "frame-ancestors 'none'",
		"require-trusted-types-for 'script'", "trusted-types htmx",
	}, "; ")
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set(echo.HeaderContentSecurityPolicy, policy)
		h.Set(echo.HeaderXContentTypeOptions, "nosniff")
		h.Set(echo.HeaderReferrerPolicy, "same-origin")
		h.Set(echo.HeaderXFrameOptions, "DENY")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		h.Set(echo.HeaderCacheControl, "no-store")
		if s.public.Scheme == "https" {
			h.Set(echo.HeaderStrictTransportSecurity, "max-age=63072000")
		}
		return next(c)
	}
}

// limitBody bounds what a form may hold; the API's operations bound their own bodies.
func (s *Server) limitBody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if isAPI(c) || r.Body == nil || r.Body == http.NoBody {
			return next(c)
		}
		limit := int64(maxForm)
		if c.Path() == "/remediations" && strings.HasPrefix(r.Header.Get(echo.HeaderContentType), echo.MIMEMultipartForm) {
			limit = maxUpload
		}
		if r.ContentLength > limit {
			c.Response().Header().Set(echo.HeaderConnection, "close")
			return clawback.Errorf(clawback.KindTooLarge, "What you sent is too large. An email may have up to 25 MB.")
		}
		r.Body = http.MaxBytesReader(c.Response(), r.Body, limit)
		return next(c)
	}
}

// refuseForeignWrites refuses a change that another site makes a browser ask for. One with neither Sec-Fetch-Site nor
// Origin is refused as well: every browser we support sends one of them. The API takes no cookie, so it needs none.
func (s *Server) refuseForeignWrites(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if isAPI(c) || r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions {
			return next(c)
		}
		silent := r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get(echo.HeaderOrigin) == ""
		if silent || s.csrf.Check(r) != nil {
			return clawback.Errorf(clawback.KindForbidden, "This request came from another site, so it was refused. Open the page here and repeat it.")
		}
		return next(c)
	}
}

// guardPages turns a page's "you are not signed in" into the way to the sign-in. What went wrong on that way itself is told.
func (s *Server) guardPages(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		err := next(c)
		if clawback.KindOf(err) != clawback.KindUnauthenticated || isAPI(c) || c.Path() == callbackPath || c.Response().Committed {
			return err
		}
		return s.signInFirst(c, err)
	}
}

// signInFirst sends somebody without a session to the sign-in, and keeps what was typed: a page is asked for again after
// it, a form comes back with its fields, and a live part of a page becomes a notice.
func (s *Server) signInFirst(c echo.Context, err error) error {
	r := c.Request()
	switch {
	case r.Header.Get("HX-Request-Type") == "partial":
		return s.shell.ErrorPage(c, err)
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		return c.Redirect(http.StatusSeeOther, signInAddress(r.URL.RequestURI()))
	}
	return s.shell.SessionEnded(c)
}

// answerError is the one place where an error becomes an answer, and the only one that logs it.
func (s *Server) answerError(err error, c echo.Context) {
	if c.Response().Committed {
		s.logError(c, "request failed after its answer began", err)
		return
	}
	err = s.known(c, err)
	if kind := clawback.KindOf(err); kind == clawback.KindTooMany || kind == clawback.KindUnavailable {
		c.Response().Header().Set(echo.HeaderRetryAfter, retryAfter)
	}
	var answerErr error
	if isAPI(c) {
		answerErr = handlers.WriteProblem(c, handlers.ProblemOf(err, requestIDOf(c)))
	} else {
		answerErr = s.shell.ErrorPage(c, err)
	}
	if answerErr == nil {
		return
	}
	s.logError(c, "answer error page", answerErr)
	if !c.Response().Committed {
		_ = c.String(http.StatusInternalServerError, "Something went wrong. Request id: "+requestIDOf(c)+"\n") // nothing is left to tell
	}
}

func ofFramework(err error) bool {
	var framework *echo.HTTPError
	return errors.As(err, &framework)
}

// known turns what the router and the standard library say into our words, and logs what is nobody's to read.
func (s *Server) known(c echo.Context, err error) error {
	var ours *clawback.Error
	if errors.As(err, &ours) {
		if ours.Kind == clawback.KindInternal || ours.Err != nil {
			s.logError(c, "request failed", err)
		}
		return err
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return clawback.Errorf(clawback.KindTooLarge, "What you sent is too large. An email may have up to 25 MB.")
	}
	if ofFramework(err) {
		return err // of an unknown address or method, or of a body that can't be read
	}
	s.logError(c, "request failed", err)
	return err
}

func (s *Server) logError(c echo.Context, message string, err error) {
	attrs := []slog.Attr{slog.String("error", err.Error()), slog.String("request_id", requestIDOf(c)), slog.String("route", s.routeOf(c))}
	var panicked *panicError
	if errors.As(err, &panicked) {
		attrs = append(attrs, slog.String("stack", string(panicked.stack)))
	}
	s.cfg.Log.LogAttrs(c.Request().Context(), slog.LevelError, message, attrs...)
}

// ipExtractor believes X-Forwarded-For only where a configured proxy wrote it.
func ipExtractor(proxies []*net.IPNet) echo.IPExtractor {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, proxy := range proxies {
		trust = append(trust, echo.TrustIPRange(proxy))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}
