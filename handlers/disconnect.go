package handlers

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// DeviceStore changes devices.
type DeviceStore interface {
	UpdateDevice(ctx context.Context, actor clawback.Actor, id string, change clawback.DeviceChange) (clawback.Device, error)
	DropNextCredential(ctx context.Context, actor clawback.Actor, id string) error
	FindDisconnectFacts(ctx context.Context, actor clawback.Actor, id string) (clawback.DisconnectFacts, error)
	DisconnectDevice(ctx context.Context, actor clawback.Actor, id string, how clawback.Disconnection) (clawback.Device, error)
}

// EditDevice answers the form of a device's name and day of onboarding.
func (h *Setup) EditDevice(c echo.Context) error {
	return h.devicePage(c, http.StatusOK, views.Form{}, views.EditDevice, "Edit")
}

// UpdateDevice changes them.
func (h *Setup) UpdateDevice(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	change := clawback.DeviceChange{Name: formValue(c, "name"), Version: formVersion(c)}
	if change.OnboardedOn, err = formDay(c, "onboarded_on"); err == nil {
		err = notYet(change.OnboardedOn, h.shell.Now())
	}
	var device clawback.Device
	if err == nil {
		device, err = h.Store.UpdateDevice(c.Request().Context(), actor, c.Param("id"), change)
	}
	if err != nil {
		return h.deviceRefused(c, err, views.EditDevice, "Edit")
	}
	return redirect(c, views.SetupPath(device.OrganizationID))
}

// notYet refuses a day that has not come; it may be tomorrow already where the admin is.
func notYet(day, now time.Time) error {
	if day.After(now.Add(24 * time.Hour)) {
		return clawback.Invalid("onboarded_on", "This day has not come yet.")
	}
	return nil
}

// formVersion answers the version of what the form was made from, 0 where it says none.
func formVersion(c echo.Context) int {
	version, _ := strconv.Atoi(formValue(c, "version"))
	return version
}

// DiscardCredential forgets a credential that waits to be accepted.
func (h *Setup) DiscardCredential(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	if err := h.Store.DropNextCredential(c.Request().Context(), actor, c.Param("id")); err != nil {
		return err
	}
	return redirect(c, views.SetupStepPath(c.Param("id"), clawback.StepConnect))
}

// AskDisconnect answers what disconnecting stops, and asks.
func (h *Setup) AskDisconnect(c echo.Context) error {
	return h.devicePage(c, http.StatusOK, views.Form{}, views.Disconnect, "Disconnect")
}

// Disconnect ends what runs through a device, and forgets what signs it in.
func (h *Setup) Disconnect(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	device, err := h.Store.DisconnectDevice(c.Request().Context(), actor, c.Param("id"), clawback.Disconnection{Confirm: formValue(c, "confirm"), Reason: formValue(c, "reason")})
	if err != nil {
		return h.deviceRefused(c, err, views.Disconnect, "Disconnect")
	}
	return redirect(c, views.SetupPath(device.OrganizationID))
}

// AskReconnect answers the form that connects a device again.
func (h *Setup) AskReconnect(c echo.Context) error {
	return h.devicePage(c, http.StatusOK, views.Form{}, views.Reconnect, "Connect again")
}

// Reconnect connects a device again, with its history.
func (h *Setup) Reconnect(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	device, err := h.Engine.ReconnectDevice(c.Request().Context(), actor, c.Param("id"), clawback.ConnectRequest{ClientID: formValue(c, "client_id"),
		Kind: clawback.CredentialKind(formValue(c, "kind")), ClientSecret: clawback.NewSecret(formValue(c, secretField))})
	if err != nil {
		return h.deviceRefused(c, err, views.Reconnect, "Connect again")
	}
	return redirect(c, views.SetupStepPath(device.ID, clawback.StepConnect))
}

// deviceRefused answers the form again with what is wrong, but not the secret.
func (h *Setup) deviceRefused(c echo.Context, err error, view func(views.DeviceData) views.Content, title string) error {
	form, ok := secretForm(c, err)
	if !ok {
		return err
	}
	return h.devicePage(c, StatusOf(clawback.KindOf(err)), form, view, title)
}

func (h *Setup) devicePage(c echo.Context, status int, form views.Form, view func(views.DeviceData) views.Content, title string) error {
	ctx := c.Request().Context()
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	setup, err := h.Store.FindDeviceSetup(ctx, actor, c.Param("id"))
	if err != nil {
		return err
	}
	data := views.DeviceData{Device: setup.Device, Form: form, Mode: setup.Mode}
	if data.Organization, err = h.Store.FindOrganization(ctx, actor, data.Device.OrganizationID); err != nil {
		return err
	}
	if !actor.Can(clawback.RightConfigure, data.Organization.ID) {
		return clawback.Errorf(clawback.KindForbidden, "Only an admin of the organization changes its devices.")
	}
	if data.Facts, err = h.Store.FindDisconnectFacts(ctx, actor, data.Device.ID); err != nil {
		return err
	}
	connected, _ := setup.Check(clawback.StepConnect)
	data.Admin = views.AdminCenterOf(h.AdminCenter, data.Device, connected.PrincipalID)
	f := frame{title: title + " · " + views.Visible(data.Device.Name), section: views.SectionSetup, organization: data.Organization.ID}
	return h.shell.show(c, status, actor, f, view(data))
}
