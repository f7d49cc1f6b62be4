package handlers

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// AuditStore is what the audit page reads.
type AuditStore interface {
	ListOrganizations(ctx context.Context, actor clawback.Actor) ([]clawback.Organization, error)
	ListAudit(ctx context.Context, actor clawback.Actor, filter clawback.AuditFilter) (clawback.Page[clawback.AuditEvent], error)
	CheckAudit(ctx context.Context, actor clawback.Actor, organizationID string, most int) (clawback.AuditCheck, error)
}

// Audit is the page of who did what.
type Audit struct {
	shell *Shell
	store AuditStore
}

// NewAudit makes the audit page.
func NewAudit(shell *Shell, store AuditStore) *Audit { return &Audit{shell: shell, store: store} }

// The number of events of a page, and how many of a chain are checked: with every page, and when somebody asks for it.
const (
	auditRows     = 50
	auditGlance   = 500
	auditThorough = 100_000
)

// List answers the events of a filter and how their chain stands.
func (h *Audit) List(c echo.Context) error {
	ctx := c.Request().Context()
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	data := views.AuditData{Filter: auditFilter(c), Thorough: c.QueryParam("check") == "all", Now: h.shell.Now()}
	scope := actor.Scope(clawback.RightReadAudit)
	data.Everywhere = scope.Everywhere
	if data.Organizations, err = h.organizations(ctx, actor, scope); err != nil {
		return err
	}
	if data.Page, err = h.store.ListAudit(ctx, actor, data.Filter); err != nil {
		return err
	}
	if chain, one := chainOf(scope, data.Filter); one {
		if data.Check, err = h.check(ctx, actor, chain, data.Thorough); err != nil {
			return err
		}
	}
	f := frame{title: data.Title(), section: views.SectionAudit, organization: data.Filter.OrganizationID}
	return h.shell.show(c, http.StatusOK, actor, f, views.Audit(data))
}

func auditFilter(c echo.Context) clawback.AuditFilter {
	filter := clawback.AuditFilter{
		OrganizationID: clean(c.QueryParam("organization")), Action: clean(c.QueryParam("action")), About: clean(c.QueryParam("about")),
		Person: clean(c.QueryParam("person")), PageQuery: pageQuery(c),
	}
	if filter.OrganizationID == views.Installation {
		filter.OrganizationID, filter.Installation = "", true
	}
	if filter.Limit == 0 {
		filter.Limit = auditRows
	}
	return filter
}

// organizations answers those whose trail the actor may read.
func (h *Audit) organizations(ctx context.Context, actor clawback.Actor, scope clawback.Scope) ([]clawback.Organization, error) {
	all, err := h.store.ListOrganizations(ctx, actor)
	var own []clawback.Organization
	for _, o := range all {
		if scope.Covers(o.ID) {
			own = append(own, o)
		}
	}
	return own, err
}

// chainOf answers the one chain that a list is about; false where it is about several.
func chainOf(scope clawback.Scope, filter clawback.AuditFilter) (string, bool) {
	switch {
	case filter.OrganizationID != "":
		return filter.OrganizationID, scope.Covers(filter.OrganizationID)
	case scope.Everywhere:
		return clawback.InstallationChain, true
	case len(scope.Organizations) == 1:
		return scope.Organizations[0], true
	}
	return "", false
}

func (h *Audit) check(ctx context.Context, actor clawback.Actor, chain string, thorough bool) (*clawback.AuditCheck, error) {
	most := auditGlance
	if thorough {
		most = auditThorough
	}
	check, err := h.store.CheckAudit(ctx, actor, chain, most)
	return &check, err
}
