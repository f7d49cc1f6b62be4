package handlers

import (
	"context"
	"net/http"

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
	data, err := h.report(c.Request().Context(), actor, c.Param("id"))
	if err != nil {
		return err
	}
	f := frame{title: data.Title(), section: views.SectionSetup, organization: data.Organization.ID}
	return h.shell.show(c, http.StatusOK, actor, f, views.SetupReport(data))
}

func (h *Setup) report(ctx context.Context, actor clawback.Actor, id string) (views.SetupReportData, error) {
	data := views.SetupReportData{Now: h.shell.Now(), By: actor.Name, Changes: map[clawback.SetupStep][]clawback.CheckChange{}}
	var err error
	if data.Setup, err = h.Store.FindDeviceSetup(ctx, actor, id); err != nil {
		return data, err
	}
	organization := data.Setup.Device.OrganizationID
	if data.Organization, err = h.Store.FindOrganization(ctx, actor, organization); err != nil {
		return data, err
	}
	if data.Credential, err = h.Engine.FindCredential(ctx, actor, id); err != nil {
		return data, err
	}
	if data.Links, err = h.Store.ListForwardedSteps(ctx, actor, id); err != nil {
		return data, err
	}
	for _, step := range clawback.CheckedSteps() {
		if data.Changes[step], err = h.Store.ListCheckChanges(ctx, actor, id, step); err != nil {
			return data, err
		}
	}
	if data.CanAudit = actor.Can(clawback.RightReadAudit, organization); !data.CanAudit {
		return data, nil
	}
	events, err := h.Store.ListAudit(ctx, actor, clawback.AuditFilter{OrganizationID: organization, Subject: id, PageQuery: clawback.PageQuery{Limit: mostReported}})
	data.Events, data.More = events.Items, events.Next != ""
	return data, err
}
