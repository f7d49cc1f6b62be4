package web

import (
	"crypto/rand"
	"net/http"
	"strings"

	"clawback"
	"clawback/views"

	"github.com/labstack/echo/v4"
	"golang.org/x/oauth2"
)

// beginLook sends the browser to Microsoft's sign-in of the device's tenant, which asks for the right to read the
// directory in the person's name. The way back works once, in this browser and session.
func (s *Server) beginLook(c echo.Context) error {
	if err := s.limits.signIn.take(c.RealIP()); err != nil {
		return err
	}
	ctx := c.Request().Context()
	actor, _ := clawback.ActorFrom(ctx) // the route's policy asked for one
	setup, err := s.store.FindDeviceSetup(ctx, actor, c.Param("id"))
	step := clawback.SetupStep(c.Param("step"))
	switch {
	case err != nil:
		return err
	case !step.Checked():
		return clawback.NotFound("check")
	case setup.Device.Disconnected():
		return clawback.Errorf(clawback.KindConflict, "“%s” is disconnected: there is nothing to look at. Connect it again first.", setup.Device.Name)
	case !actor.Can(clawback.RightConfigure, setup.Device.OrganizationID):
		return clawback.Errorf(clawback.KindForbidden, "Only an admin of the organization looks at what is wrong with a step.")
	}
	secret := s.browserSecret(c)
	attempt := clawback.SignInAttempt{
		State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Browser: secret,
		ReturnPath: views.SetupStepPath(setup.Device.ID, step), ExpiresAt: s.cfg.Now().Add(clawback.SignInLife),
		Look: clawback.LookAttempt{DeviceID: setup.Device.ID, Step: step, SessionID: actor.SessionID},
	}
	address, err := s.entra.lookAddress(ctx, attempt, setup.Device.TenantID)
	if err != nil {
		return signInFailure(err)
	}
	if err := s.store.CreateSignInAttempt(ctx, attempt); err != nil {
		return err
	}
	s.setBrowserCookie(c, secret, int(clawback.SignInLife.Seconds()))
	if c.Request().Header.Get("HX-Request") == "true" {
		c.Response().Header().Set("HX-Redirect", address)
		return c.NoContent(http.StatusNoContent)
	}
	return c.Redirect(http.StatusSeeOther, address)
}

// finishLook takes what Microsoft sent back and looks by it, at once. Whoever signed in there stays nobody here: the
// session goes on as it was.
func (s *Server) finishLook(c echo.Context, attempt clawback.SignInAttempt) error {
	ctx := c.Request().Context()
	actor, ok := clawback.ActorFrom(ctx)
	if !ok || actor.SessionID != attempt.Look.SessionID {
		return startAgain()
	}
	if refused := c.QueryParam("error"); refused != "" {
		s.cfg.Log.InfoContext(ctx, "look refused", "error", plainWord(refused), "code", aadsts(c.QueryParam("error_description")), "request_id", requestIDOf(c))
		return s.shell.LookRefused(c, attempt.Look, lookRefusal(refused, c.QueryParam("error_description")))
	}
	setup, err := s.store.FindDeviceSetup(ctx, actor, attempt.Look.DeviceID)
	if err != nil {
		return err
	}
	identity, token, err := s.entra.redeem(ctx, attempt, setup.Device.TenantID, c.QueryParam("code"))
	if err != nil {
		return signInFailure(err)
	}
	if !strings.EqualFold(identity.TenantID, setup.Device.TenantID) {
		return s.shell.LookRefused(c, attempt.Look, "This account is of another organization’s tenant. Look with one of the tenant that the device is.")
	}
	if err := s.looker.Look(ctx, actor, setup.Device.ID, attempt.Look.Step, identity.Name, token); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, returnPath(attempt.ReturnPath))
}

// lookRefusal says who must act on what Microsoft refused.
func lookRefusal(code, description string) string {
	switch aadsts(description) {
	case "65004":
		return "You declined, or cancelled. Nothing was read. You need not give the right: the likeliest mistakes are named on the page of the step."
	case "90094", "90095", "65001":
		return "Your organization lets only administrators give this right. Ask one of them to look, or forward the step to somebody who can do it."
	}
	if code == "temporarily_unavailable" || code == "server_error" {
		return "Microsoft’s sign-in does not answer at the moment. Try again in a minute."
	}
	return "Microsoft did not let this account give the right to look. Try another account of the tenant."
}
