package handlers

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// ForwardStore keeps the links to single steps of a setup.
type ForwardStore interface {
	ForwardStep(ctx context.Context, actor clawback.Actor, deviceID string, step clawback.SetupStep) (clawback.ForwardedStepMade, error)
	ListForwardedSteps(ctx context.Context, actor clawback.Actor, deviceID string) ([]clawback.ForwardedStep, error)
	FindForwardedStepLink(ctx context.Context, actor clawback.Actor, deviceID, id string) (clawback.ForwardedStepMade, error)
	RevokeForwardedStep(ctx context.Context, actor clawback.Actor, deviceID, id string) (clawback.ForwardedStep, error)
}

// ForwardReader answers the bearer of a link, who has no account here.
type ForwardReader interface {
	OpenForwardedStep(ctx context.Context, who clawback.Actor, token string) (clawback.ForwardedHelp, error)
	ReportForwardedStep(ctx context.Context, who clawback.Actor, token string) (clawback.ForwardedHelp, error)
}

// Forward makes a link to a step for somebody without an account, and leads to it.
func (h *Setup) Forward(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	step, err := checkedStep(c)
	if err != nil {
		return err
	}
	made, err := h.Store.ForwardStep(c.Request().Context(), actor, c.Param("id"), step)
	if err != nil {
		return h.refused(c, err)
	}
	return redirect(c, views.ForwardedStepPath(made.DeviceID, made.Step, made.ID))
}

// refused answers the page of the step with what went wrong with one of its forms.
func (h *Setup) refused(c echo.Context, err error) error {
	form, ok := formOf(c, "", err)
	if !ok {
		return err
	}
	return h.page(c, StatusOf(clawback.KindOf(err)), form)
}

// ForwardedLink answers a link to who made it, for some minutes.
func (h *Setup) ForwardedLink(c echo.Context) error {
	actor, data, err := h.data(c)
	if err != nil {
		return err
	}
	made, err := h.Store.FindForwardedStepLink(c.Request().Context(), actor, data.Setup.Device.ID, c.Param("link"))
	if err != nil {
		return err
	}
	if made.Step != data.Step {
		return clawback.NotFound("link")
	}
	f := frame{title: "Forward · " + data.Title(), section: views.SectionSetup, organization: data.Organization.ID}
	return h.shell.show(c, http.StatusOK, actor, f, views.ForwardedMade(views.ForwardedMadeData{
		Step: data, Made: made.ForwardedStep, Link: h.forwardedLink(made),
	}))
}

func (c SetupConfig) forwardedLink(made clawback.ForwardedStepMade) string {
	return c.Public + views.ForwardedPath(made.Token.Reveal())
}

// Withdraw makes a link worthless.
func (h *Setup) Withdraw(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	f, err := h.Store.RevokeForwardedStep(c.Request().Context(), actor, c.Param("id"), c.Param("link"))
	if err != nil {
		return err
	}
	return redirect(c, views.SetupStepPath(f.DeviceID, f.Step))
}

// bearer is whoever has a link: nobody knows who.
func bearer(c echo.Context) clawback.Actor {
	return clawback.Actor{Kind: clawback.ActorPerson, Name: "Somebody with the forwarded link", RemoteAddr: c.RealIP(), RequestID: requestID(c)}
}

// Forwarded answers the page behind a link to anybody who has it.
func (h *Setup) Forwarded(c echo.Context) error {
	help, err := h.Engine.OpenForwardedStep(c.Request().Context(), bearer(c), c.Param("token"))
	if err != nil {
		return h.notForwarded(c, err)
	}
	data := views.ForwardedData{Link: help.ForwardedStep, Step: views.SetupStepData{
		Step: help.Step, Credential: help.Credential, Forwarded: c.Param("token"), Setup: clawback.DeviceSetup{Device: help.Device},
		Admin: views.AdminCenterOf(h.AdminCenter, help.Device, help.PrincipalID),
	}}
	return h.solo(c, http.StatusOK, help.Step.Name(), views.Forwarded(data))
}

// ForwardedCertificate answers the public part of the device's certificate to the bearer of a link to its step.
func (h *Setup) ForwardedCertificate(c echo.Context) error {
	help, err := h.Engine.OpenForwardedStep(c.Request().Context(), bearer(c), c.Param("token"))
	if err != nil {
		return h.notForwarded(c, err)
	}
	if help.Step != clawback.StepConnect {
		return clawback.NotFound("certificate")
	}
	return certificateFile(c, help.Credential)
}

// ReportForwarded takes the word of a link's bearer that the step is done.
func (h *Setup) ReportForwarded(c echo.Context) error {
	if _, err := h.Engine.ReportForwardedStep(c.Request().Context(), bearer(c), c.Param("token")); err != nil {
		return h.notForwarded(c, err)
	}
	return redirect(c, views.ForwardedDonePath(c.Param("token")))
}

// ForwardedThanks answers the page after that.
func (h *Setup) ForwardedThanks(c echo.Context) error {
	if _, err := h.Engine.OpenForwardedStep(c.Request().Context(), bearer(c), c.Param("token")); err != nil {
		return h.notForwarded(c, err)
	}
	return h.solo(c, http.StatusOK, "Thank you", views.ForwardedThanks(c.Param("token")))
}

// notForwarded says that a link works no more, or that there is none; never of what.
func (h *Setup) notForwarded(c echo.Context, err error) error {
	switch clawback.KindOf(err) {
	case clawback.KindNotFound:
		return clawback.Errorf(clawback.KindNotFound, "There is no such page. Check that you have the whole link, as it was sent to you.")
	case clawback.KindConflict:
		return h.solo(c, http.StatusGone, "This link works no more", views.ForwardedOver(clawback.MessageOf(err)))
	}
	return err
}

func (h *Setup) solo(c echo.Context, status int, title string, content views.Content) error {
	layout := h.shell.bare(title)
	layout.Broad = true
	return linked(c, status, views.Solo(layout, content))
}

// linked answers a page for people without an account. No search engine shall keep it, and no other page learn its
// address: whoever has that may read it.
func linked(c echo.Context, status int, page views.Content) error {
	c.Response().Header().Set("X-Robots-Tag", "noindex, nofollow, noarchive")
	c.Response().Header().Set(echo.HeaderReferrerPolicy, "no-referrer")
	return render(c, status, page)
}
