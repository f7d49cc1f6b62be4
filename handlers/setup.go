package handlers

import (
	"context"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// SetupStore is what the pages of the setup show.
type SetupStore interface {
	FindOrganization(ctx context.Context, actor clawback.Actor, id string) (clawback.Organization, error)
	ListDeviceSetups(ctx context.Context, actor clawback.Actor, organizationID string) ([]clawback.DeviceSetup, error)
	FindDeviceSetup(ctx context.Context, actor clawback.Actor, deviceID string) (clawback.DeviceSetup, error)
	ListCheckChanges(ctx context.Context, actor clawback.Actor, deviceID string, step clawback.SetupStep) ([]clawback.CheckChange, error)
	DeviceHealthStore
	DeviceStore
	ForwardStore
	DecisionStore
	ReportStore
}

// DeviceChecker asks Microsoft about a device.
type DeviceChecker interface {
	CheckDevice(ctx context.Context, actor clawback.Actor, deviceID string, step clawback.SetupStep) ([]clawback.CheckResult, error)
	StartCheck(ctx context.Context, actor clawback.Actor, deviceID string, step clawback.SetupStep) error
	WatchDevice(ctx context.Context, actor clawback.Actor, deviceID string) error
	FindCredential(ctx context.Context, actor clawback.Actor, deviceID string) (clawback.PublicCredential, error)
}

// DeviceConnector connects devices.
type DeviceConnector interface {
	ConnectDevice(ctx context.Context, actor clawback.Actor, r clawback.ConnectRequest) (clawback.Device, error)
	RenewCredential(ctx context.Context, actor clawback.Actor, r clawback.CredentialRequest) (clawback.Device, error)
	ReconnectDevice(ctx context.Context, actor clawback.Actor, deviceID string, r clawback.ConnectRequest) (clawback.Device, error)
}

// SetupEngine is all of it.
type SetupEngine interface {
	DeviceChecker
	DeviceConnector
	ForwardReader
	OwnLooker
	ConsentEngine
}

// SetupConfig says what the pages of the setup work with. AdminCenter is the
// address of the simulated admin center, empty for Microsoft's own; Public the portal's.
type SetupConfig struct {
	Store       SetupStore
	Engine      SetupEngine
	AdminCenter string
	Public      string
	Consents    ConsentLinks
}

// Setup are the pages that guide through the setup of a device.
type Setup struct {
	shell *Shell
	SetupConfig
}

// NewSetup makes the pages of the setup.
func NewSetup(shell *Shell, cfg SetupConfig) *Setup { return &Setup{shell: shell, SetupConfig: cfg} }

// List answers the tasks of every device of an organization.
func (h *Setup) List(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	data := views.SetupData{CanConfigure: actor.Can(clawback.RightConfigure, c.Param("org"))}
	if data.Organization, err = h.Store.FindOrganization(ctx, actor, c.Param("org")); err != nil {
		return err
	}
	if data.Devices, err = h.Store.ListDeviceSetups(ctx, actor, data.Organization.ID); err != nil {
		return err
	}
	f := frame{title: "Setup · " + views.Visible(data.Organization.Name), section: views.SectionSetup, organization: data.Organization.ID}
	return h.shell.show(c, http.StatusOK, actor, f, views.Setup(data))
}

// Show answers one step.
func (h *Setup) Show(c echo.Context) error { return h.page(c, http.StatusOK, views.Form{}) }

// Live answers the part of a step's page that a check changes.
func (h *Setup) Live(c echo.Context) error {
	_, data, err := h.data(c)
	if err != nil {
		return err
	}
	if !wantsFragment(c.Request()) {
		return redirect(c, views.SetupStepPath(data.Setup.Device.ID, data.Step))
	}
	return render(c, http.StatusOK, views.SetupLive(data))
}

// Check makes the device's checks now: htmx gets what comes in layer by layer, a
// plain form the page again when everything is in.
func (h *Setup) Check(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	step, err := checkedStep(c)
	if err != nil {
		return err
	}
	if wantsFragment(c.Request()) {
		if err := h.Engine.StartCheck(c.Request().Context(), actor, c.Param("id"), step); err != nil {
			return err
		}
		return h.Live(c)
	}
	if _, err := h.Engine.CheckDevice(c.Request().Context(), actor, c.Param("id"), step); err != nil {
		return err
	}
	return redirect(c, views.SetupStepPath(c.Param("id"), step))
}

// Watch answers the part of a step's page that a check changes, and begins one
// where none was made lately: a page that is open looks by itself.
func (h *Setup) Watch(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	step, err := checkedStep(c)
	if err != nil {
		return err
	}
	if !wantsFragment(c.Request()) {
		return redirect(c, views.SetupStepPath(c.Param("id"), step))
	}
	if err := h.Engine.WatchDevice(c.Request().Context(), actor, c.Param("id")); err != nil {
		return err
	}
	return h.Live(c)
}

func checkedStep(c echo.Context) (clawback.SetupStep, error) {
	step := clawback.SetupStep(c.Param("step"))
	if !step.Checked() {
		return "", clawback.NotFound("check")
	}
	return step, nil
}

func (h *Setup) page(c echo.Context, status int, form views.Form) error {
	actor, data, err := h.data(c)
	if err != nil {
		return err
	}
	data.Form = form
	f := frame{title: data.Title(), section: views.SectionSetup, organization: data.Organization.ID}
	return h.shell.show(c, status, actor, f, views.SetupStep(data))
}

func (h *Setup) data(c echo.Context) (clawback.Actor, views.SetupStepData, error) {
	ctx, id := c.Request().Context(), c.Param("id")
	data := views.SetupStepData{Step: clawback.SetupStep(c.Param("step"))}
	actor, err := actorOf(c)
	if err != nil {
		return actor, data, err
	}
	if !data.Step.Valid() {
		return actor, data, clawback.NotFound("step")
	}
	if data.Setup, err = h.Store.FindDeviceSetup(ctx, actor, id); err != nil {
		return actor, data, err
	}
	device := data.Setup.Device
	if data.Organization, err = h.Store.FindOrganization(ctx, actor, device.OrganizationID); err != nil {
		return actor, data, err
	}
	if data.Credential, err = h.Engine.FindCredential(ctx, actor, id); err != nil {
		return actor, data, err
	}
	if data.Changes, err = h.Store.ListCheckChanges(ctx, actor, id, data.Step); err != nil {
		return actor, data, err
	}
	if data.Step == clawback.StepSwitchOn {
		if data.Others, err = h.notReady(ctx, actor, device); err != nil {
			return actor, data, err
		}
	}
	links, err := h.Store.ListForwardedSteps(ctx, actor, id)
	if err != nil {
		return actor, data, err
	}
	data.Links = slices.DeleteFunc(links, func(f clawback.ForwardedStep) bool { return f.Step != data.Step })
	data.Now, data.CanDecide = h.shell.Now(), actor.IsAdminOf(device.OrganizationID)
	data.CanConfigure = actor.Can(clawback.RightConfigure, device.OrganizationID)
	connected, _ := data.Setup.Check(clawback.StepConnect)
	data.Admin = views.AdminCenterOf(h.AdminCenter, device, connected.PrincipalID)
	return actor, data, nil
}

// notReady answers the other devices of the auto remediation whose checks do not all pass.
func (h *Setup) notReady(ctx context.Context, actor clawback.Actor, but clawback.Device) ([]clawback.DeviceHealth, error) {
	all, err := h.Store.ListDeviceHealth(ctx, actor, but.OrganizationID)
	return slices.DeleteFunc(all, func(d clawback.DeviceHealth) bool { return d.ID == but.ID || !d.Remediated || d.Ready() }), err
}
