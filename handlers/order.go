package handlers

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// OrderStore takes the word of a customer's admin. It is for pages alone: no token is a customer's admin.
type OrderStore interface {
	OrderRemoval(ctx context.Context, actor clawback.Actor, recordID, reason string) (clawback.EmailRecord, error)
}

// AskOrder asks the customer's admin for the explicit word.
func (h *Records) AskOrder(c echo.Context) error { return h.orderPage(c, http.StatusOK, views.Form{}) }

// Order takes it.
func (h *Records) Order(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	err = h.order(c, actor)
	if err == nil {
		return redirect(c, views.RecordPath(c.Param("id")))
	}
	form, ok := formOf(c, "sure", err)
	if !ok {
		return err
	}
	return h.orderPage(c, StatusOf(clawback.KindOf(err)), form)
}

func (h *Records) order(c echo.Context, actor clawback.Actor) error {
	if formValue(c, "sure") != "yes" {
		return clawback.Invalid("sure", "Say by the box that you want it removed from this protected mailbox.")
	}
	_, err := h.store.OrderRemoval(c.Request().Context(), actor, c.Param("id"), formValue(c, "reason"))
	return err
}

func (h *Records) orderPage(c echo.Context, status int, form views.Form) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	data, err := h.data(c, actor)
	if err != nil {
		return err
	}
	if !actor.IsAdminOf(data.Record.OrganizationID) {
		return clawback.Errorf(clawback.KindForbidden, "Only an admin of the organization can have an email removed from a mailbox that it protects.")
	}
	if !data.Orderable() && len(form.Errors) == 0 {
		return redirect(c, views.RecordPath(data.Record.ID)) // somebody was faster, or came back
	}
	data.Form = form
	f := frame{title: "Remove it now? " + data.Title(), section: views.SectionActions, organization: data.Record.OrganizationID}
	return h.shell.show(c, status, actor, f, views.OrderRecord(data))
}
