package handlers

import (
	"context"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// RecordJudge takes the SOC's word on what bears the email's id and differs from it.
type RecordJudge interface {
	AcceptRecord(ctx context.Context, actor clawback.Actor, recordID, reason string) (clawback.EmailRecord, error)
	LeaveRecord(ctx context.Context, actor clawback.Actor, recordID, reason string) (clawback.EmailRecord, error)
}

// Accept says that what differs is the email too: it is removed.
func (h *Records) Accept(c echo.Context) error { return h.judge(c, h.store.AcceptRecord) }

// Leave says that what differs is another email: it stays.
func (h *Records) Leave(c echo.Context) error { return h.judge(c, h.store.LeaveRecord) }

func (h *Records) judge(c echo.Context, judge func(context.Context, clawback.Actor, string, string) (clawback.EmailRecord, error)) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	_, err = judge(c.Request().Context(), actor, c.Param("id"), formValue(c, "reason"))
	if err == nil {
		return redirect(c, views.RecordPath(c.Param("id")))
	}
	form, ok := formOf(c, "reason", err)
	if !ok {
		return err
	}
	return h.page(c, StatusOf(clawback.KindOf(err)), form)
}
