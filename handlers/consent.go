package handlers

import (
	"context"
	"net/http"
	"regexp"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// ConsentStore is what the pages of consents look up.
type ConsentStore interface {
	FindConsent(ctx context.Context, token string) (clawback.Consent, error)
	FindConsentLink(ctx context.Context, actor clawback.Actor, deviceID, id string) (clawback.ConsentMade, error)
	ListConsents(ctx context.Context, actor clawback.Actor, deviceID string) ([]clawback.Consent, error)
	RevokeConsent(ctx context.Context, actor clawback.Actor, deviceID, id string) error
}

// ConsentEngine asks for consents, and checks what came of them.
type ConsentEngine interface {
	AskConsent(ctx context.Context, actor clawback.Actor, deviceID string) (clawback.ConsentMade, error)
	ConsentReturned(ctx context.Context, who clawback.Actor, token string, back clawback.ConsentReturn) (clawback.Consent, clawback.ConsentOutcome, error)
}

// ConsentLinks are the addresses that a consent leads to. Microsoft is nil where
// there is no integration to consent to.
type ConsentLinks struct {
	Public    string // the portal's own address
	Microsoft func(c clawback.Consent, state string) string
}

// Consents are the pages with which the integration is consented to.
type Consents struct {
	shell  *Shell
	store  ConsentStore
	engine ConsentEngine
	links  ConsentLinks
}

// NewConsents makes the pages of consents.
func NewConsents(shell *Shell, store ConsentStore, engine ConsentEngine, links ConsentLinks) *Consents {
	return &Consents{shell: shell, store: store, engine: engine, links: links}
}

// Create asks for a consent: it leads straight to Microsoft who may grant it, else
// to the link to forward.
func (h *Consents) Create(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	if h.links.Microsoft == nil {
		return noIntegration()
	}
	made, err := h.engine.AskConsent(c.Request().Context(), actor, c.Param("id"))
	if err != nil {
		return err
	}
	if formValue(c, "now") == "yes" {
		return redirect(c, h.links.Microsoft(made.Consent, made.Token.Reveal()))
	}
	return redirect(c, views.ConsentLinkPath(made.DeviceID, made.ID))
}

func noIntegration() error {
	return clawback.Errorf(clawback.KindConflict, "This installation of Clawback has no integration to consent to. Ask whoever operates it, or connect an app registration of your own.")
}

// Link answers the link to who asked for it, for some minutes.
func (h *Consents) Link(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	made, err := h.store.FindConsentLink(c.Request().Context(), actor, c.Param("id"), c.Param("consent"))
	if err != nil {
		return err
	}
	data := views.ConsentMadeData{Consent: made.Consent, Link: h.links.Public + views.ConsentPath(made.Token.Reveal())}
	f := frame{title: "Consent link", section: views.SectionSetup, organization: made.OrganizationID}
	return h.shell.show(c, http.StatusOK, actor, f, views.ConsentMade(data))
}

// Revoke makes a link worthless.
func (h *Consents) Revoke(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	if err := h.store.RevokeConsent(c.Request().Context(), actor, c.Param("id"), c.Param("consent")); err != nil {
		return err
	}
	return redirect(c, views.SetupStepPath(c.Param("id"), clawback.StepConnect))
}

// Show answers the page behind a link to anybody who has it. It uses nothing up:
// mail scanners open links, too.
func (h *Consents) Show(c echo.Context) error {
	consent, err := h.find(c, c.Param("token"))
	if err != nil {
		return err
	}
	data := views.ConsentData{Consent: consent, Now: h.shell.Now()}
	status := http.StatusGone
	if data.Open() {
		if h.links.Microsoft == nil {
			return noIntegration()
		}
		status, data.Microsoft = http.StatusOK, h.links.Microsoft(consent, c.Param("token"))
	}
	return linked(c, status, views.Solo(h.shell.bare(data.Heading()), views.Consent(data)))
}

func (h *Consents) find(c echo.Context, token string) (clawback.Consent, error) {
	consent, err := h.store.FindConsent(c.Request().Context(), token)
	if clawback.KindOf(err) == clawback.KindNotFound {
		err = unknownConsent()
	}
	return consent, err
}

func unknownConsent() error {
	return clawback.Errorf(clawback.KindNotFound, "There is no such consent link. Check that you have the whole link, as it was sent to you.")
}

// entraCode is all that is taken of what an address says: anybody can write the rest.
var entraCode = regexp.MustCompile(`AADSTS\d{1,8}`)

// Return answers who comes back from Microsoft, with or without a session here.
func (h *Consents) Return(c echo.Context) error {
	who := clawback.Actor{Kind: clawback.ActorPerson, Name: "Somebody with the link", RemoteAddr: c.RealIP(), RequestID: requestID(c)}
	actor, signedIn := clawback.ActorFrom(c.Request().Context())
	if signedIn {
		who = actor
	}
	back := clawback.ConsentReturn{TenantID: c.QueryParam("tenant"), Error: c.QueryParam("error"), Code: entraCode.FindString(c.QueryParam("error_description"))}
	consent, outcome, err := h.engine.ConsentReturned(c.Request().Context(), who, c.QueryParam("state"), back)
	if clawback.KindOf(err) == clawback.KindNotFound {
		err = clawback.Errorf(clawback.KindNotFound, "Clawback did not ask for this consent, or the address was cut. Open the link again as it was sent to you.")
	}
	if err != nil {
		return err
	}
	data := views.ConsentReturnedData{Consent: consent, Outcome: outcome, Back: back, Now: h.shell.Now()}
	if signedIn && actor.Can(clawback.RightReadOrganization, consent.OrganizationID) {
		data.Device = views.SetupStepPath(consent.DeviceID, clawback.StepConnect)
	}
	return linked(c, data.Status(), views.Solo(h.shell.bare(data.Heading()), views.ConsentReturned(data)))
}
