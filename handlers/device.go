package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// DeviceHealthStore answers the devices that the actor sees, of one organization or with "" of all, with how they are.
type DeviceHealthStore interface {
	ListDeviceHealth(ctx context.Context, actor clawback.Actor, organizationID string) ([]clawback.DeviceHealth, error)
}

// NewDevice answers the form that connects a device, with an app of the customer's
// own or with the integration.
func (h *Setup) NewDevice(c echo.Context) error { return h.connectPage(c, http.StatusOK, views.Form{}) }

// CreateDevice connects a device and goes on to its first step.
func (h *Setup) CreateDevice(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	request := clawback.ConnectRequest{
		OrganizationID: c.Param("org"), Name: formValue(c, "name"), Tenant: formValue(c, "tenant"), ClientID: formValue(c, "client_id"),
		Connection: clawback.ConnectionKind(formValue(c, "connection")),
		Kind:       clawback.CredentialKind(formValue(c, "kind")), ClientSecret: clawback.NewSecret(formValue(c, secretField)),
	}
	var device clawback.Device
	request.OnboardedOn, err = formDay(c, "onboarded_on")
	if err == nil {
		device, err = h.Engine.ConnectDevice(c.Request().Context(), actor, request)
	}
	if err != nil {
		form, ok := secretForm(c, err)
		if !ok {
			return err
		}
		return h.connectPage(c, StatusOf(clawback.KindOf(err)), form)
	}
	return redirect(c, views.SetupStepPath(device.ID, clawback.StepConnect))
}

// formDay answers a day, zero where none was entered. It returns KindInvalid for
// what is none.
func formDay(c echo.Context, name string) (time.Time, error) {
	return dayOf(name, formValue(c, name))
}

func dayOf(name, typed string) (time.Time, error) {
	if typed == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, typed)
	if err != nil || day.Year() < 2010 {
		return time.Time{}, clawback.Invalid(name, "“%s” is not a day. Write it like 2026-03-12.", typed)
	}
	return day, nil
}

// secretField is typed and never sent back.
const secretField = "client_secret"

// secretForm is formOf without the secret: it is never sent back.
func secretForm(c echo.Context, err error) (views.Form, bool) {
	form, ok := formOf(c, "", err)
	delete(form.Values, secretField)
	for i := range form.Errors {
		if form.Errors[i].Field == "tenant_id" {
			form.Errors[i].Field = "tenant"
		}
	}
	return form, ok
}

func (h *Setup) connectPage(c echo.Context, status int, form views.Form) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	organization, err := h.Store.FindOrganization(c.Request().Context(), actor, c.Param("org"))
	if err != nil {
		return err
	}
	if !actor.Can(clawback.RightConfigure, organization.ID) {
		return clawback.Errorf(clawback.KindForbidden, "Only an admin of the organization connects devices.")
	}
	f := frame{title: "Connect a device · " + views.Visible(organization.Name), section: views.SectionSetup, organization: organization.ID}
	data := views.ConnectData{Organization: organization, Form: form, Integration: h.Consents.Microsoft != nil, Today: h.shell.Now()}
	data.ByIntegration = data.Integration && form.ValueOr("connection", c.QueryParam("connection")) == string(clawback.ConnectionIntegration)
	return h.shell.show(c, status, actor, f, views.Connect(data))
}

// ChangeCredential gives a device a new certificate or another secret.
func (h *Setup) ChangeCredential(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	kind, secret := clawback.CredentialKind(formValue(c, "kind")), clawback.NewSecret(formValue(c, secretField))
	device, err := h.Engine.RenewCredential(c.Request().Context(), actor, clawback.CredentialRequest{
		DeviceID: c.Param("id"), ClientID: formValue(c, "client_id"), Kind: kind, ClientSecret: secret, Version: formVersion(c)})
	if err != nil {
		form, ok := secretForm(c, err)
		if !ok {
			return err
		}
		names, values := append(c.ParamNames(), "step"), append(c.ParamValues(), string(clawback.StepConnect))
		c.SetParamNames(names...)
		c.SetParamValues(values...)
		return h.page(c, StatusOf(clawback.KindOf(err)), form)
	}
	return redirect(c, views.SetupStepPath(device.ID, clawback.StepConnect))
}

// Certificate answers the public part of a device's certificate as a file.
func (h *Setup) Certificate(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	shown, err := h.Engine.FindCredential(c.Request().Context(), actor, c.Param("id"))
	if err != nil {
		return err
	}
	return certificateFile(c, shown)
}

func certificateFile(c echo.Context, shown clawback.PublicCredential) error {
	if shown.Next != nil && shown.Next.CertificatePEM != "" {
		shown = *shown.Next // what is to be uploaded
	}
	if shown.CertificatePEM == "" {
		return clawback.NotFound("certificate")
	}
	c.Response().Header().Set("Content-Disposition", `attachment; filename="clawback.cer"`)
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.Blob(http.StatusOK, "application/x-pem-file", []byte(shown.CertificatePEM))
}
