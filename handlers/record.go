package handlers

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// RecordStore is what a record's page looks up.
type RecordStore interface {
	FindRecord(ctx context.Context, actor clawback.Actor, id string) (clawback.EmailRecord, error)
	ListTimeline(ctx context.Context, actor clawback.Actor, recordID string) ([]clawback.TimelineEvent, error)
	FindRemediation(ctx context.Context, actor clawback.Actor, id string) (clawback.Remediation, error)
	FindAutoRemediation(ctx context.Context, actor clawback.Actor, organizationID string) (clawback.AutoRemediation, error)
	RestoreRecord(ctx context.Context, actor clawback.Actor, recordID, reason string) (clawback.EmailRecord, error)
	RecordJudge
	OrderStore
}

// Records is the page of one mailbox of a remediation.
type Records struct {
	shell *Shell
	store RecordStore
}

// NewRecords makes the record's page.
func NewRecords(shell *Shell, store RecordStore) *Records {
	return &Records{shell: shell, store: store}
}

// Show answers the page.
func (h *Records) Show(c echo.Context) error {
	return h.page(c, http.StatusOK, views.Form{})
}

func (h *Records) page(c echo.Context, status int, form views.Form) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	data, err := h.data(c, actor)
	if err != nil {
		return err
	}
	data.Form = form
	f := frame{title: data.Title(), section: views.SectionRemediations, organization: data.Record.OrganizationID}
	return h.shell.show(c, status, actor, f, views.Record(data))
}

func (h *Records) data(c echo.Context, actor clawback.Actor) (data views.RecordData, err error) {
	ctx := c.Request().Context()
	data.Now = h.shell.Now()
	if data.Record, err = h.store.FindRecord(ctx, actor, c.Param("id")); err != nil {
		return data, err
	}
	if data.Remediation, err = h.store.FindRemediation(ctx, actor, data.Record.RemediationID); err != nil {
		return data, err
	}
	if data.Setting, err = h.store.FindAutoRemediation(ctx, actor, data.Record.OrganizationID); err != nil {
		return data, err
	}
	data.Timeline, err = h.store.ListTimeline(ctx, actor, data.Record.ID)
	data.CanRemediate = actor.Can(clawback.RightRemediate, data.Record.OrganizationID)
	data.OwnAdmin = actor.IsAdminOf(data.Record.OrganizationID)
	return data, err
}
