package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// ReportStore is what the report of a device's setup shows beside its steps.
type ReportStore interface {
	ListAudit(ctx context.Context, actor clawback.Actor, filter clawback.AuditFilter) (clawback.Page[clawback.AuditEvent], error)
}

// mostReported is how many events of the audit trail a report prints.
const mostReported = 500

// Report answers the report of a device's setup, to be printed.
func (h *Setup) Report(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	data, err := h.report(c.Request().Context(), actor, c.Param("id"), h.shell.Now())
	if err != nil {
		return err
	}
	f := frame{title: data.Title(), section: views.SectionSetup, organization: data.Organization.ID}
	return h.shell.show(c, http.StatusOK, actor, f, views.SetupReport(data))
}

// report gathers the facts, for the page and the API alike.
func (c SetupConfig) report(ctx context.Context, actor clawback.Actor, id string, now time.Time) (views.SetupReportData, error) {
	data := views.SetupReportData{Now: now, By: actor.Name, Changes: map[clawback.SetupStep][]clawback.CheckChange{}}
	var err error
	if data.Setup, err = c.Store.FindDeviceSetup(ctx, actor, id); err != nil {
		return data, err
	}
	organization := data.Setup.Device.OrganizationID
	if data.Organization, err = c.Store.FindOrganization(ctx, actor, organization); err != nil {
		return data, err
	}
	if data.Credential, err = c.Engine.FindCredential(ctx, actor, id); err != nil {
		return data, err
	}
	if data.Links, err = c.Store.ListForwardedSteps(ctx, actor, id); err != nil {
		return data, err
	}
	for _, step := range clawback.CheckedSteps() {
		if data.Changes[step], err = c.Store.ListCheckChanges(ctx, actor, id, step); err != nil {
			return data, err
		}
	}
	if data.CanAudit = actor.Can(clawback.RightReadAudit, organization); !data.CanAudit {
		return data, nil
	}
	events, err := c.Store.ListAudit(ctx, actor, clawback.AuditFilter{OrganizationID: organization, Subject: id, PageQuery: clawback.PageQuery{Limit: mostReported}})
	data.Events, data.More = events.Items, events.Next != ""
	return data, err
}
