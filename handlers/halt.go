package handlers

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// HaltStore is what the halt switch uses.
type HaltStore interface {
	ListOrganizations(ctx context.Context, actor clawback.Actor) ([]clawback.Organization, error)
	ListHalts(ctx context.Context, actor clawback.Actor) ([]clawback.Halt, error)
	SetHalt(ctx context.Context, actor clawback.Actor, organizationID, reason string) error
	LiftHalt(ctx context.Context, actor clawback.Actor, organizationID, reason string) error
}

// Halts is the page of the switch that stops every removal.
type Halts struct {
	shell *Shell
	store HaltStore
}

// NewHalts makes the page of the halt switch.
func NewHalts(shell *Shell, store HaltStore) *Halts { return &Halts{shell: shell, store: store} }

// List answers which halts are set.
func (h *Halts) List(c echo.Context) error { return h.page(c, http.StatusOK, views.Form{}) }

// everywhere is the form's word for all organizations; the store's is the empty id.
const everywhere = "all"

// Set stops every removal of one organization or of all.
func (h *Halts) Set(c echo.Context) error {
	err := h.change(c, h.store.SetHalt)
	if err == nil {
		return redirect(c, views.HaltsPath())
	}
	form, ok := formOf(c, "reason", err)
	if !ok {
		return err
	}
	return h.page(c, StatusOf(clawback.KindOf(err)), form)
}

// Lift lets removals go on. What is wrong stands at that halt: at the fields below somebody would halt once more.
func (h *Halts) Lift(c echo.Context) error {
	err := h.change(c, h.store.LiftHalt)
	if err == nil {
		return redirect(c, views.HaltsPath())
	}
	if _, ok := formOf(c, "reason", err); !ok {
		return err
	}
	field := views.LiftField(formValue(c, "organization_id"))
	form := views.Form{Values: map[string]string{field: formValue(c, "reason")}}
	form.Errors = []views.FieldError{{Field: field, Message: clawback.MessageOf(err), Kind: clawback.KindOf(err)}}
	return h.page(c, StatusOf(clawback.KindOf(err)), form)
}

func (h *Halts) change(c echo.Context, change func(context.Context, clawback.Actor, string, string) error) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	return changeHalt(c.Request().Context(), actor, formValue(c, "organization_id"), formValue(c, "reason"), change)
}

// changeHalt sets or lifts a halt of one organization or of all, which takes a reason.
func changeHalt(ctx context.Context, actor clawback.Actor, organization, reason string,
	change func(context.Context, clawback.Actor, string, string) error,
) error {
	switch {
	case organization == "":
		return clawback.Invalid("organization_id", "Choose what is meant: one organization, or all of them.")
	case reason == "":
		return clawback.Invalid("reason", "Say why. Everybody who waits for a removal reads it.")
	case organization == everywhere:
		organization = ""
	}
	return change(ctx, actor, organization, reason)
}

func (h *Halts) page(c echo.Context, status int, form views.Form) error {
	ctx := c.Request().Context()
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	data := views.HaltsData{Form: form, CanHalt: actor.CanAnywhere(clawback.RightHalt), Now: h.shell.Now()}
	if data.Organizations, err = h.store.ListOrganizations(ctx, actor); err != nil {
		return err
	}
	if data.Halts, err = h.store.ListHalts(ctx, actor); err != nil {
		return err
	}
	return h.shell.show(c, status, actor, frame{title: "Halt switch", section: views.SectionHalts}, views.Halts(data))
}
