package web

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"clawback"
	"clawback/views"

	"github.com/labstack/echo/v4"
	"golang.org/x/oauth2"
)

// The addresses of the sign-in.
const (
	signInPath   = "/sign-in/microsoft"
	callbackPath = "/sign-in/callback"
)

// SignInStore keeps the ways through Microsoft's sign-in page. TakeSignInAttempt returns KindNotFound, KindInvalid or
// KindConflict for a state that is unknown, used, expired or another browser's; SignIn KindForbidden for somebody whom
// no organization and no staff role lets in.
type SignInStore interface {
	CreateSignInAttempt(ctx context.Context, attempt clawback.SignInAttempt) error
	TakeSignInAttempt(ctx context.Context, state, browser string) (clawback.SignInAttempt, error)
	SignIn(ctx context.Context, identity clawback.Identity) (clawback.Session, error)
	InvitedStore
}

// InvitedStore lets people in by an invitation. RedeemInvitation returns KindForbidden and KindConflict, with words for
// the person, for an invitation that this one can't use.
type InvitedStore interface {
	FindInvitation(ctx context.Context, token string) (clawback.Invitation, error)
	FindInvitationByID(ctx context.Context, id string) (clawback.Invitation, error)
	RedeemInvitation(ctx context.Context, id string, identity clawback.Identity) (clawback.Invitation, error)
}

// beginSignIn sends the browser to Microsoft, and remembers which browser it was.
func (s *Server) beginSignIn(c echo.Context) error {
	if err := s.limits.signIn.take(c.RealIP()); err != nil {
		return err
	}
	if s.otherName(c.Request().Host) {
		again := url.Values{"return": {returnPath(c.QueryParam("return"))}}
		if token := c.QueryParam("invitation"); token != "" {
			again.Set("invitation", token)
		}
		return c.Redirect(http.StatusSeeOther, s.public.String()+signInPath+"?"+again.Encode())
	}
	ctx := c.Request().Context()
	secret := s.browserSecret(c)
	attempt := clawback.SignInAttempt{
		State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Browser: secret,
		ReturnPath: returnPath(c.QueryParam("return")), ExpiresAt: s.cfg.Now().Add(clawback.SignInLife),
	}
	usable, err := s.invitedBy(ctx, &attempt, c.QueryParam("invitation"))
	if err != nil {
		return err
	}
	if !usable {
		return c.Redirect(http.StatusSeeOther, views.InvitationPath(c.QueryParam("invitation")))
	}
	address, err := s.entra.address(ctx, attempt)
	if err != nil {
		return signInFailure(err)
	}
	if err := s.store.CreateSignInAttempt(ctx, attempt); err != nil {
		return err
	}
	s.setBrowserCookie(c, secret, int(clawback.SignInLife.Seconds()))
	return c.Redirect(http.StatusSeeOther, address)
}

// otherName says whether the browser knows this machine's portal as localhost where Microsoft sends it back to 127.0.0.1,
// or the other way round: the cookies of one name are not sent to the other.
func (s *Server) otherName(host string) bool {
	name, port, err := net.SplitHostPort(host)
	return err == nil && port == s.public.Port() && name != s.public.Hostname() && isLoopback(name) && isLoopback(s.public.Hostname())
}

func isLoopback(name string) bool {
	ip := net.ParseIP(name)
	return name == "localhost" || ip != nil && ip.IsLoopback()
}

// finishSignIn takes the attempt, which works once and in the browser that began it, and makes a session of the code.
func (s *Server) finishSignIn(c echo.Context) error {
	if err := s.limits.signIn.take(c.RealIP()); err != nil {
		return err
	}
	if c.QueryParam("admin_consent") != "" {
		return s.shell.SignInAllowed(c, c.QueryParam("error") == "")
	}
	ctx := c.Request().Context()
	attempt, err := s.takeAttempt(c)
	if _, signedIn := clawback.ActorFrom(ctx); signedIn && clawback.KindOf(err) == clawback.KindUnauthenticated {
		return c.Redirect(http.StatusSeeOther, "/") // the back button or a reload, after a sign-in that went well
	}
	if err != nil {
		return err
	}
	if attempt.Look.DeviceID != "" {
		return s.finishLook(c, attempt)
	}
	if refused := c.QueryParam("error"); refused != "" {
		s.cfg.Log.InfoContext(ctx, "sign-in refused", "error", plainWord(refused), "code", aadsts(c.QueryParam("error_description")), "request_id", requestIDOf(c))
		return s.refusedByMicrosoft(c, attempt, refused, c.QueryParam("error_description"))
	}
	identity, err := s.entra.identify(ctx, attempt, c.QueryParam("code"))
	if err != nil {
		return signInFailure(err)
	}
	identity.RemoteAddr, identity.RequestID, identity.UserAgent = c.RealIP(), requestIDOf(c), shortened(c.Request().UserAgent())
	if err := s.redeem(ctx, attempt, identity); err != nil {
		return s.refusedInvitation(c, err)
	}
	session, err := s.store.SignIn(ctx, identity)
	if clawback.KindOf(err) == clawback.KindForbidden && err != nil {
		return noAccess()
	}
	if err != nil {
		return err
	}
	if err := s.endFormer(ctx); err != nil {
		return err
	}
	if err := s.sessions.begin(c, session); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, returnPath(attempt.ReturnPath))
}

func (s *Server) takeAttempt(c echo.Context) (clawback.SignInAttempt, error) {
	state := c.QueryParam("state")
	cookie, err := c.Cookie(s.browserCookie())
	if err != nil || cookie.Value == "" || state == "" {
		return clawback.SignInAttempt{}, startAgain()
	}
	attempt, err := s.store.TakeSignInAttempt(c.Request().Context(), state, cookie.Value)
	if err != nil && clawback.KindOf(err) != clawback.KindInternal && clawback.KindOf(err) != clawback.KindUnavailable {
		return attempt, startAgain()
	}
	return attempt, err
}

// endFormer ends the session that the browser had before: nobody means to keep two.
func (s *Server) endFormer(ctx context.Context) error {
	actor, ok := clawback.ActorFrom(ctx)
	if !ok {
		return nil
	}
	return s.store.EndSession(ctx, actor, actor.SessionID)
}

// signOut ends the session here and then at Microsoft.
func (s *Server) signOut(c echo.Context) error {
	if err := s.sessions.end(c); err != nil {
		return err
	}
	address := s.entra.endSession(s.public.String() + "/")
	if address == "" {
		address = "/sign-in"
	}
	return c.Redirect(http.StatusSeeOther, address)
}

// browserSecret answers what ties an attempt to this browser: two tabs that sign in share it.
func (s *Server) browserSecret(c echo.Context) string {
	if cookie, err := c.Cookie(s.browserCookie()); err == nil && secretShape.MatchString(cookie.Value) {
		return cookie.Value
	}
	return rand.Text()
}

var secretShape = regexp.MustCompile(`^[A-Z2-7]{26}$`)

func (s *Server) browserCookie() string { return cookieName(s.cfg, s.public, "sign-in") }

func (s *Server) setBrowserCookie(c echo.Context, value string, seconds int) {
	c.SetCookie(&http.Cookie{
		Name: s.browserCookie(), Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: s.public.Scheme == "https", SameSite: http.SameSiteLaxMode,
	})
}

func shortened(agent string) string {
	const most = 300
	if len(agent) > most {
		return strings.ToValidUTF8(agent[:most], "")
	}
	return strings.ToValidUTF8(agent, "")
}

// returnPath answers where to go after the sign-in: a path of this portal, never another site, never the sign-in again.
func returnPath(asked string) string {
	const home = "/"
	if len(asked) > 2000 || !strings.HasPrefix(asked, "/") || strings.HasPrefix(asked, "//") {
		return home
	}
	for _, r := range asked {
		// Browsers read a backslash as a slash and drop control characters.
		if r < ' ' || r == '\\' || r == 0x7f {
			return home
		}
	}
	u, err := url.Parse(asked)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || strings.HasPrefix(u.Path, "//") || strings.ContainsAny(u.Path, "\\\r\n\t") {
		return home
	}
	for _, prefix := range []string{"/sign-in", "/sign-out", "/api/", "/static/"} {
		if strings.HasPrefix(u.Path, prefix) {
			return home
		}
	}
	if strings.HasSuffix(u.Path, "/live") {
		return home
	}
	return asked
}

// signInAddress answers the sign-in page that comes back to a path.
func signInAddress(path string) string {
	path = returnPath(path)
	if path == "/" {
		return "/sign-in"
	}
	return "/sign-in?" + url.Values{"return": {path}}.Encode()
}

func startAgain() error {
	return clawback.Errorf(clawback.KindUnauthenticated,
		"This sign-in was used before, took too long, or began in another browser. Please start again.")
}

// noAccess tells a stranger nothing about who has access.
func noAccess() error {
	return clawback.Errorf(clawback.KindForbidden,
		"You signed in with Microsoft, but this account has no access here. If you should have it, ask whoever told you about this portal.")
}

// signInFailure tells apart what another try may mend from a token that can't be trusted.
func signInFailure(err error) error {
	var unavailable *unavailableError
	if errors.As(err, &unavailable) || errors.Is(err, context.DeadlineExceeded) {
		return &clawback.Error{Kind: clawback.KindUnavailable, Message: "Microsoft's sign-in does not answer at the moment. Try again in a minute.", Err: err}
	}
	return &clawback.Error{Kind: clawback.KindUnauthenticated, Message: "Microsoft's answer could not be verified. Please start again.", Err: err}
}

var aadstsCode = regexp.MustCompile(`^AADSTS(\d{4,7})`)

// aadsts answers the number of Microsoft's error, "" for none. It chooses help, it never decides.
func aadsts(description string) string {
	if found := aadstsCode.FindStringSubmatch(description); found != nil {
		return found[1]
	}
	return ""
}

// entraRefusal says who must act on what Microsoft refused.
func entraRefusal(code, description string) error {
	const kind = clawback.KindUnauthenticated
	switch aadsts(description) {
	case "65001", "90094":
		return clawback.Errorf(kind, "Your organization has not allowed this portal yet. An administrator of your Microsoft 365 has to approve it once.")
	case "90095":
		return clawback.Errorf(kind, "Your request was sent to your organization's Microsoft 365 administrators. Sign in again when they have approved it.")
	case "50105":
		return clawback.Errorf(kind, "Your organization assigns this portal to chosen people, and you are not one of them. Ask an administrator of your Microsoft 365 to assign you to it.")
	case "65004":
		return clawback.Errorf(kind, "The sign-in was cancelled, or you declined what the portal asks for: to know your name and that it is you. Sign in again and accept it.")
	}
	switch code {
	case "consent_required", "interaction_required":
		return clawback.Errorf(kind, "Your organization has not allowed this portal yet. An administrator of your Microsoft 365 has to approve it once.")
	case "access_denied":
		return clawback.Errorf(kind, "The sign-in was cancelled, or your organization does not allow it. Start again, or ask an administrator of your Microsoft 365.")
	case "temporarily_unavailable", "server_error":
		return clawback.Errorf(clawback.KindUnavailable, "Microsoft's sign-in does not answer at the moment. Try again in a minute.")
	}
	return clawback.Errorf(kind, "Microsoft did not sign you in. Start again; if it stays, tell your contact the request id.")
}
