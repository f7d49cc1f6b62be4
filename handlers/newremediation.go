package handlers

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// RemediationCreator is what the form of a new remediation uses.
type RemediationCreator interface {
	ListOrganizations(ctx context.Context, actor clawback.Actor) ([]clawback.Organization, error)
	CreateRemediation(ctx context.Context, actor clawback.Actor, request clawback.NewRemediation) (clawback.Remediation, error)
}

// NewRemediation is the form that begins a remediation: which email, of which organization.
type NewRemediation struct {
	shell *Shell
	store RemediationCreator
}

// NewNewRemediation makes the form of a new remediation.
func NewNewRemediation(shell *Shell, store RemediationCreator) *NewRemediation {
	return &NewRemediation{shell: shell, store: store}
}

// New answers the empty form.
func (h *NewRemediation) New(c echo.Context) error {
	form := views.Form{Values: map[string]string{
		"organization_id": c.QueryParam("organization"), "internet_message_id": c.QueryParam("internet_message_id"),
	}}
	return h.page(c, http.StatusOK, views.NewRemediationData{Form: form})
}

// Create makes a draft, whose preview begins by itself, and goes to it.
func (h *NewRemediation) Create(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	data, request := h.bind(c)
	if len(data.Form.Errors) > 0 {
		return h.page(c, StatusOf(data.Form.Kind()), data)
	}
	remediation, err := h.store.CreateRemediation(c.Request().Context(), actor, request)
	if err != nil {
		form, ok := formOf(c, "", err)
		if !ok {
			return err
		}
		data.Form.Errors = form.Errors
		return h.page(c, StatusOf(clawback.KindOf(err)), data)
	}
	return redirect(c, views.RemediationPath(remediation.ID))
}

// bind reads the form; what is wrong with it is in the data's form.
func (h *NewRemediation) bind(c echo.Context) (views.NewRemediationData, clawback.NewRemediation) {
	sent := readUpload(c.Request())
	data := views.NewRemediationData{Form: views.Form{Values: sent.values}, CarriedFile: sent.carried}
	request := clawback.NewRemediation{
		OrganizationID: sent.values["organization_id"], Reason: sent.values["reason"], Reference: sent.values["reference"],
	}
	if sent.err != nil {
		data.Form.Add(sent.err)
		return data, request
	}
	if request.OrganizationID == "" {
		data.Form.Add(clawback.Invalid("organization_id", "Choose the organization whose mailboxes are meant."))
	}
	var err error
	if request.Target, err = sent.chosen(); err != nil {
		data.Form.Add(err)
	}
	return data, request
}

func (h *NewRemediation) page(c echo.Context, status int, data views.NewRemediationData) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	if !actor.CanAnywhere(clawback.RightRemediate) {
		return clawback.Errorf(clawback.KindForbidden, "Only the SOC removes emails. Ask it to, with the email attached.")
	}
	organizations, err := h.store.ListOrganizations(c.Request().Context(), actor)
	if err != nil {
		return err
	}
	for _, o := range organizations {
		if actor.Can(clawback.RightRemediate, o.ID) {
			data.Organizations = append(data.Organizations, o)
		}
	}
	f := frame{title: "New remediation", section: views.SectionNew, organization: data.Form.Value("organization_id")}
	return h.shell.show(c, status, actor, f, views.NewRemediation(data))
}
