package handlers

import (
	"context"
	"net/http"
	"slices"
	"strings"

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
	shell    *Shell
	store    RemediationCreator
	searcher EmailSearcher
}

// NewNewRemediation makes the form of a new remediation.
func NewNewRemediation(shell *Shell, store RemediationCreator, searcher EmailSearcher) *NewRemediation {
	return &NewRemediation{shell: shell, store: store, searcher: searcher}
}

// New answers the empty form.
func (h *NewRemediation) New(c echo.Context) error {
	form := views.Form{Values: map[string]string{
		"organization_id": c.QueryParam("organization"), "internet_message_id": c.QueryParam("internet_message_id"),
	}}
	return h.page(c, http.StatusOK, views.NewRemediationData{Form: form})
}

// Create makes a draft, whose preview begins by itself, and goes to it; or to the remediation that is under way for the
// same email.
func (h *NewRemediation) Create(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	data, request := h.bind(c)
	if len(data.Form.Errors) > 0 {
		return h.again(c, StatusOf(data.Form.Kind()), data)
	}
	remediation, err := h.store.CreateRemediation(c.Request().Context(), actor, request)
	if err != nil {
		form, ok := formOf(c, "", err)
		if !ok {
			return err
		}
		data.Form.Errors = form.Errors
		return h.again(c, StatusOf(clawback.KindOf(err)), data)
	}
	if remediation.Existing {
		return redirect(c, views.RemediationMetPath(remediation.ID))
	}
	return redirect(c, views.RemediationPath(remediation.ID))
}

// again answers the form that was sent, with what is wrong.
func (h *NewRemediation) again(c echo.Context, status int, data views.NewRemediationData) error {
	if len(data.Found) > 0 {
		return h.searchPage(c, status, views.EmailSearchData{Form: data.Form, Found: &clawback.FoundEmails{Emails: data.Found}})
	}
	return h.page(c, status, data)
}

// bind reads the form; what is wrong with it is in the data's form.
func (h *NewRemediation) bind(c echo.Context) (views.NewRemediationData, clawback.NewRemediation) {
	sent := readUpload(c.Request())
	data := views.NewRemediationData{Form: views.Form{Values: sent.values, Lists: sent.lists}, CarriedFile: sent.carried}
	data.Found, _ = sent.found() // what can't be read is told with the targets
	request := clawback.NewRemediation{
		OrganizationID: sent.values["organization_id"], Reason: sent.values["reason"], Reference: sent.values["reference"],
		Mailboxes: strings.Fields(sent.values["mailboxes"]), IncludeSender: sent.values["include_sender"] != "", Exercise: sent.values["exercise"] != "",
	}
	if sent.err != nil {
		data.Form.Add(sent.err)
		return data, request
	}
	if request.OrganizationID == "" {
		data.Form.Add(clawback.Invalid("organization_id", "Choose the organization whose mailboxes are meant."))
	}
	var err error
	if request.Targets, err = sent.targets(); err != nil {
		data.Form.Add(err)
	}
	return data, request
}

func (h *NewRemediation) page(c echo.Context, status int, data views.NewRemediationData) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	if data.Organizations, err = h.organizations(c, actor); err != nil {
		return err
	}
	f := frame{title: "New remediation", section: views.SectionNew, organization: data.Form.Value("organization_id")}
	return h.shell.show(c, status, actor, f, views.NewRemediation(data))
}

// organizations answers those in whose mailboxes the actor may remove emails.
func (h *NewRemediation) organizations(c echo.Context, actor clawback.Actor) ([]clawback.Organization, error) {
	if !actor.CanAnywhere(clawback.RightRemediate) {
		return nil, clawback.Errorf(clawback.KindForbidden, "Only the SOC removes emails. Ask it to, with the email attached.")
	}
	organizations, err := h.store.ListOrganizations(c.Request().Context(), actor)
	return slices.DeleteFunc(organizations, func(o clawback.Organization) bool { return !actor.Can(clawback.RightRemediate, o.ID) }), err
}
