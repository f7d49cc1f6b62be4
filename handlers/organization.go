package handlers

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// OrganizationStore is what the pages of organizations look up.
type OrganizationStore interface {
	OrganizationManager
	ListOrganizationSummaries(ctx context.Context, actor clawback.Actor, filter clawback.OrganizationFilter) (clawback.Page[clawback.OrganizationSummary], error)
	FindOrganization(ctx context.Context, actor clawback.Actor, id string) (clawback.Organization, error)
	FindOrganizationFacts(ctx context.Context, actor clawback.Actor, organizationID string) (clawback.OrganizationFacts, error)
	OrganizationProtection
}

// OrganizationProtection is what an organization's emails are protected by.
type OrganizationProtection interface {
	DeviceHealthStore
	ListContext(ctx context.Context, actor clawback.Actor, organizationID string) ([]clawback.ContextEntry, error)
}

// OrganizationManager is what operators do with organizations.
type OrganizationManager interface {
	CreateOrganization(ctx context.Context, actor clawback.Actor, n clawback.NewOrganization) (clawback.Organization, error)
	ListEngagementManagers(ctx context.Context, actor clawback.Actor) ([]clawback.Person, error)
	AssignEngagementManager(ctx context.Context, actor clawback.Actor, organizationID, before, personID string) error
}

// TenantFinder answers the id of a Microsoft 365 tenant by its id or one of its domains. It returns KindInvalid when
// there is none and KindUnavailable when Microsoft does not say.
type TenantFinder interface {
	TenantOf(ctx context.Context, idOrDomain string) (string, error)
}

// Organizations are the pages of the customers.
type Organizations struct {
	shell   *Shell
	store   OrganizationStore
	tenants TenantFinder
}

// NewOrganizations makes the pages of organizations.
func NewOrganizations(shell *Shell, store OrganizationStore, tenants TenantFinder) *Organizations {
	return &Organizations{shell: shell, store: store, tenants: tenants}
}

// List answers the organizations, those that need somebody first.
func (h *Organizations) List(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	filter := clawback.OrganizationFilter{
		Search: clean(c.QueryParam("filter")), Order: clawback.OrganizationOrder(c.QueryParam("order")), PageQuery: pageQuery(c),
	}
	page, err := h.store.ListOrganizationSummaries(c.Request().Context(), actor, filter)
	if err != nil {
		return err
	}
	data := views.OrganizationsData{
		Page: page, Filter: filter, Staff: actor.IsStaff(), CanCreate: actor.CanAnywhere(clawback.RightManage), Now: h.shell.Now(),
	}
	return h.shell.show(c, http.StatusOK, actor, frame{title: "Organizations", section: views.SectionOrganizations}, views.Organizations(data))
}

// New answers the form of a new organization.
func (h *Organizations) New(c echo.Context) error {
	return h.form(c, http.StatusOK, views.Form{})
}

// Create makes an organization and goes to it.
func (h *Organizations) Create(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	wanted, form := h.bind(c)
	if len(form.Errors) > 0 {
		return h.form(c, StatusOf(form.Kind()), form)
	}
	created, err := h.store.CreateOrganization(c.Request().Context(), actor, wanted)
	if err != nil {
		again, ok := formOf(c, "", err)
		if !ok {
			return err
		}
		return h.form(c, StatusOf(clawback.KindOf(err)), again)
	}
	return redirect(c, views.OrganizationPath(created.ID))
}

// bind reads the form; everything that is wrong with it is told at once.
func (h *Organizations) bind(c echo.Context) (clawback.NewOrganization, views.Form) {
	wanted := clawback.NewOrganization{Name: formValue(c, "name")}
	form := views.Form{Values: map[string]string{"name": wanted.Name, "domain": formValue(c, "domain"), "tenant_id": formValue(c, "tenant_id")}}
	if wanted.Name == "" {
		form.Add(clawback.Invalid("name", "Enter the organization’s name."))
	}
	var err error
	if wanted.Domain, err = clawback.NormalizeDomain(form.Value("domain")); err != nil {
		form.Add(err)
	}
	if wanted.TenantID, err = h.tenants.TenantOf(c.Request().Context(), form.Value("tenant_id")); err != nil {
		form.Add(err)
	}
	return wanted, form
}

func (h *Organizations) form(c echo.Context, status int, form views.Form) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	f := frame{title: "New organization", section: views.SectionOrganizations}
	return h.shell.show(c, status, actor, f, views.NewOrganization(views.NewOrganizationData{Form: form}))
}

// Show answers one organization.
func (h *Organizations) Show(c echo.Context) error { return h.page(c, http.StatusOK, views.Form{}) }

// Assign puts the organization into an engagement manager's portfolio.
func (h *Organizations) Assign(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	id := c.Param("org")
	err = h.store.AssignEngagementManager(c.Request().Context(), actor, id, formValue(c, "before"), formValue(c, "person_id"))
	if err == nil {
		return redirect(c, views.OrganizationPath(id))
	}
	form, ok := formOf(c, "person_id", err)
	if !ok {
		return err
	}
	return h.page(c, StatusOf(clawback.KindOf(err)), form)
}

func (h *Organizations) page(c echo.Context, status int, form views.Form) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	data, err := h.data(c.Request().Context(), actor, c.Param("org"))
	if err != nil {
		return err
	}
	data.Form = form
	f := frame{title: views.Visible(data.Organization.Name), section: views.SectionOrganizations, organization: data.Organization.ID}
	return h.shell.show(c, status, actor, f, views.Organization(data))
}

func (h *Organizations) data(ctx context.Context, actor clawback.Actor, id string) (views.OrganizationData, error) {
	data := views.OrganizationData{
		Staff: actor.IsStaff(), CanAssign: actor.Can(clawback.RightManage, id), CanInvite: actor.Can(clawback.RightInvite, id),
		CanConfigure: actor.Can(clawback.RightConfigure, id), CanAudit: actor.Can(clawback.RightReadAudit, id), Now: h.shell.Now(),
	}
	var err error
	if data.Organization, err = h.store.FindOrganization(ctx, actor, id); err != nil {
		return data, err
	}
	if data.Facts, err = h.store.FindOrganizationFacts(ctx, actor, id); err != nil {
		return data, err
	}
	if data.Devices, err = h.store.ListDeviceHealth(ctx, actor, id); err != nil {
		return data, err
	}
	if data.Context, err = h.store.ListContext(ctx, actor, id); err != nil {
		return data, err
	}
	if data.CanAssign {
		data.Managers, err = h.store.ListEngagementManagers(ctx, actor)
	}
	return data, err
}
