package handlers

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// CanaryStore is what the pages of the proofs show.
type CanaryStore interface {
	FindOrganization(ctx context.Context, actor clawback.Actor, id string) (clawback.Organization, error)
	FindDeviceSetup(ctx context.Context, actor clawback.Actor, deviceID string) (clawback.DeviceSetup, error)
	ListCanaries(ctx context.Context, actor clawback.Actor, deviceID string) ([]clawback.Canary, error)
	CanaryEndStore
}

// CanaryEndStore is how an admin ends what is left of a test.
type CanaryEndStore interface {
	CleanUpCanary(ctx context.Context, actor clawback.Actor, id string) (clawback.Canary, error)
	StopCanary(ctx context.Context, actor clawback.Actor, id string) (clawback.Canary, error)
}

// CanaryStarter begins a proof of a device on the mailbox behind an address.
type CanaryStarter interface {
	StartCanary(ctx context.Context, actor clawback.Actor, deviceID string, proof clawback.CanaryProof, address string) (clawback.Canary, error)
}

// CanaryConfig says what the pages of the proofs work with. AdminCenter is the
// address of the simulated admin center, empty for Microsoft's own.
type CanaryConfig struct {
	Store       CanaryStore
	Starter     CanaryStarter
	AdminCenter string
}

// Canaries are the pages on which a device is proved.
type Canaries struct {
	shell *Shell
	CanaryConfig
}

// NewCanaries makes the pages of the proofs.
func NewCanaries(shell *Shell, cfg CanaryConfig) *Canaries {
	return &Canaries{shell: shell, CanaryConfig: cfg}
}

// Show answers what is proved of a device.
func (h *Canaries) Show(c echo.Context) error { return h.page(c, http.StatusOK, views.Form{}) }

// Live answers the part of the page that a test changes.
func (h *Canaries) Live(c echo.Context) error {
	_, data, err := h.data(c)
	if err != nil {
		return err
	}
	if !wantsFragment(c.Request()) {
		return redirect(c, views.ProofPath(data.Setup.Device.ID))
	}
	return render(c, http.StatusOK, views.ProofLive(data))
}

// Start begins a test.
func (h *Canaries) Start(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	proof := clawback.CanaryProof(formValue(c, "proof"))
	if _, err := h.Starter.StartCanary(c.Request().Context(), actor, c.Param("id"), proof, formValue(c, "address")); err != nil {
		form, ok := formOf(c, "address", err)
		if !ok {
			return err
		}
		return h.page(c, StatusOf(clawback.KindOf(err)), form)
	}
	return redirect(c, views.ProofPath(c.Param("id")))
}

// CleanUp has a message that a test left behind taken away.
func (h *Canaries) CleanUp(c echo.Context) error { return h.end(c, h.Store.CleanUpCanary) }

// Stop ends the waiting for an email from outside.
func (h *Canaries) Stop(c echo.Context) error { return h.end(c, h.Store.StopCanary) }

func (h *Canaries) end(c echo.Context, end func(context.Context, clawback.Actor, string) (clawback.Canary, error)) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	canary, err := end(c.Request().Context(), actor, c.Param("id"))
	if err != nil {
		return err
	}
	return redirect(c, views.ProofPath(canary.DeviceID))
}

func (h *Canaries) page(c echo.Context, status int, form views.Form) error {
	actor, data, err := h.data(c)
	if err != nil {
		return err
	}
	data.Form = form
	f := frame{title: data.Title(), section: views.SectionSetup, organization: data.Organization.ID}
	return h.shell.show(c, status, actor, f, views.Proof(data))
}

func (h *Canaries) data(c echo.Context) (clawback.Actor, views.ProofData, error) {
	ctx, id := c.Request().Context(), c.Param("id")
	var data views.ProofData
	actor, err := actorOf(c)
	if err != nil {
		return actor, data, err
	}
	if data.Setup, err = h.Store.FindDeviceSetup(ctx, actor, id); err != nil {
		return actor, data, err
	}
	device := data.Setup.Device
	if data.Organization, err = h.Store.FindOrganization(ctx, actor, device.OrganizationID); err != nil {
		return actor, data, err
	}
	if data.Canaries, err = h.Store.ListCanaries(ctx, actor, id); err != nil {
		return actor, data, err
	}
	data.CanConfigure = actor.Can(clawback.RightConfigure, device.OrganizationID) && !device.Disconnected()
	connected, _ := data.Setup.Check(clawback.StepConnect)
	data.Admin = views.AdminCenterOf(h.AdminCenter, device, connected.PrincipalID)
	return actor, data, nil
}
