package handlers

import (
	"context"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// HomeStore is what the home page looks up.
type HomeStore interface {
	ListWaiting(ctx context.Context, actor clawback.Actor, organizationID string, limit int) (clawback.Page[clawback.Remediation], error)
	ListRemediations(ctx context.Context, actor clawback.Actor, filter clawback.RemediationFilter) (clawback.Page[clawback.Remediation], error)
	ListActions(ctx context.Context, actor clawback.Actor, filter clawback.ActionFilter) (clawback.Page[clawback.Action], error)
}

// HomeCustomerStore is what the home page looks up of organizations.
type HomeCustomerStore interface {
	ListOrganizations(ctx context.Context, actor clawback.Actor) ([]clawback.Organization, error)
	ListHalts(ctx context.Context, actor clawback.Actor) ([]clawback.Halt, error)
	ListReviews(ctx context.Context, actor clawback.Actor) ([]clawback.ContextEntry, error)
	ListContext(ctx context.Context, actor clawback.Actor, organizationID string) ([]clawback.ContextEntry, error)
}

// HomePageStore is everything that the home page looks up.
type HomePageStore interface {
	HomeStore
	HomeCustomerStore
	DeviceHealthStore
}

// Home is the first page: what needs this person now.
type Home struct {
	shell *Shell
	store HomePageStore
}

// NewHome makes the home page.
func NewHome(shell *Shell, store HomePageStore) *Home { return &Home{shell: shell, store: store} }

// The number of rows of each block of the home page.
const (
	homeWaiting = 10
	homeLately  = 8
)

// Show answers the page.
func (h *Home) Show(c echo.Context) error {
	ctx := c.Request().Context()
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	data := views.HomeData{Actor: actor, Organization: c.QueryParam("organization"), Now: h.shell.Now()}
	if data.Attention, err = h.store.ListWaiting(ctx, actor, data.Organization, homeWaiting); err != nil {
		return err
	}
	if err = h.customers(ctx, actor, &data); err != nil {
		return err
	}
	if data.Actions, err = h.actions(ctx, actor, data.Organization); err != nil {
		return err
	}
	lately := clawback.RemediationFilter{OrganizationID: data.Organization, PageQuery: clawback.PageQuery{Limit: homeLately}}
	if data.Lately, err = h.store.ListRemediations(ctx, actor, lately); err != nil {
		return err
	}
	return h.shell.show(c, http.StatusOK, actor, frame{title: "Home", section: views.SectionHome, organization: data.Organization}, views.Home(data))
}

// actions answers the open actions of who may work on them.
func (h *Home) actions(ctx context.Context, actor clawback.Actor, organization string) (page clawback.Page[clawback.Action], err error) {
	if !actor.CanAnywhere(clawback.RightWorkActions) {
		return page, nil
	}
	return h.store.ListActions(ctx, actor, clawback.ActionFilter{
		OrganizationID: organization, Status: clawback.ActionOpen, PageQuery: clawback.PageQuery{Limit: homeWaiting},
	})
}

// customers adds what waits in organizations for those who look after them.
func (h *Home) customers(ctx context.Context, actor clawback.Actor, data *views.HomeData) error {
	organizations, err := h.store.ListOrganizations(ctx, actor)
	if err != nil {
		return err
	}
	data.Organizations = chosen(organizations, data.Organization)
	if actor.CanAnywhere(clawback.RightHalt) {
		if data.Halts, err = h.store.ListHalts(ctx, actor); err != nil {
			return err
		}
	}
	if actor.CanAnywhere(clawback.RightReviewContext) {
		if data.Reviews, err = h.store.ListReviews(ctx, actor); err != nil {
			return err
		}
	}
	if actor.CanAnywhere(clawback.RightConfigure) || actor.CanAnywhere(clawback.RightReviewContext) {
		if data.Devices, err = h.store.ListDeviceHealth(ctx, actor, data.Organization); err != nil {
			return err
		}
	}
	return h.decisions(ctx, actor, data)
}

// decisions adds the entries that go on protecting until an admin decides.
func (h *Home) decisions(ctx context.Context, actor clawback.Actor, data *views.HomeData) error {
	for _, o := range data.Organizations {
		if !actor.Can(clawback.RightConfigure, o.ID) {
			continue
		}
		entries, err := h.store.ListContext(ctx, actor, o.ID)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if e.NeedsDecision(data.Now) {
				data.Decisions = append(data.Decisions, e)
			}
		}
	}
	return nil
}

func chosen(organizations []clawback.Organization, id string) []clawback.Organization {
	if id == "" {
		return organizations
	}
	return slices.DeleteFunc(slices.Clone(organizations), func(o clawback.Organization) bool { return o.ID != id })
}
