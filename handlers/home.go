package handlers

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// HomeStore is what the home page looks up.
type HomeStore interface {
	ListRemediations(ctx context.Context, actor clawback.Actor, filter clawback.RemediationFilter) (clawback.Page[clawback.Remediation], error)
	ListActions(ctx context.Context, actor clawback.Actor, filter clawback.ActionFilter) (clawback.Page[clawback.Action], error)
}

// Home is the first page: what needs this person now.
type Home struct {
	shell *Shell
	store HomeStore
}

// NewHome makes the home page.
func NewHome(shell *Shell, store HomeStore) *Home { return &Home{shell: shell, store: store} }

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
	if data.Attention, err = h.attention(ctx, actor, data.Organization); err != nil {
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

// attention answers the remediations that wait for one of the SOC.
func (h *Home) attention(ctx context.Context, actor clawback.Actor, organization string) (page clawback.Page[clawback.Remediation], err error) {
	if !actor.CanAnywhere(clawback.RightApprove) {
		return page, nil
	}
	return h.store.ListRemediations(ctx, actor, clawback.RemediationFilter{
		OrganizationID: organization, Attention: true, PageQuery: clawback.PageQuery{Limit: homeWaiting},
	})
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
