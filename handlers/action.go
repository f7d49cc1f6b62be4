package handlers

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// ActionStore is what the pages of actions use.
type ActionStore interface {
	ListActions(ctx context.Context, actor clawback.Actor, filter clawback.ActionFilter) (clawback.Page[clawback.Action], error)
	FindAction(ctx context.Context, actor clawback.Actor, id string) (clawback.Action, error)
	CompleteAction(ctx context.Context, actor clawback.Actor, id, comment string) (clawback.Action, error)
	DismissAction(ctx context.Context, actor clawback.Actor, id, reason string) (clawback.Action, error)
}

// ActionWorkStore is how actions are worked on before they are closed.
type ActionWorkStore interface {
	ListAssignees(ctx context.Context, actor clawback.Actor, organizationID string) ([]clawback.Assignee, error)
	AssignAction(ctx context.Context, actor clawback.Actor, id, personID string) (clawback.Action, error)
	CommentAction(ctx context.Context, actor clawback.Actor, id, said string) (clawback.Action, error)
}

// ActionPageStore is everything that the pages of actions use.
type ActionPageStore interface {
	ActionStore
	ActionWorkStore
}

// ActionChecker looks whether the email is gone from mailboxes of an action: all, or the named records.
type ActionChecker interface {
	CheckAction(ctx context.Context, actor clawback.Actor, actionID string, records []string) (clawback.ActionLooked, error)
}

// lookTime is how long a look into the mailboxes of an action may take.
const lookTime = 30 * time.Second

// checkAction is one look, on a page's or the API's request.
func checkAction(ctx context.Context, checker ActionChecker, actor clawback.Actor, id string, records []string) (clawback.ActionLooked, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	return checker.CheckAction(ctx, actor, id, records)
}

// Actions are the pages of what a customer must do itself.
type Actions struct {
	shell   *Shell
	store   ActionPageStore
	checker ActionChecker
}

// NewActions makes the pages of actions.
func NewActions(shell *Shell, store ActionPageStore, checker ActionChecker) *Actions {
	return &Actions{shell: shell, store: store, checker: checker}
}

// List answers the actions, the open ones unless another status is asked for.
func (h *Actions) List(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	filter := clawback.ActionFilter{
		OrganizationID: c.QueryParam("organization"), Status: clawback.ActionStatus(c.QueryParam("status")), PageQuery: pageQuery(c),
	}
	switch {
	case !c.QueryParams().Has("status"):
		filter.Status = clawback.ActionOpen
	case filter.Status == views.AnyStatus:
		filter.Status = ""
	}
	if c.QueryParam("assignee") == views.Me {
		filter.Assignee = actor.ID
	}
	page, err := h.store.ListActions(c.Request().Context(), actor, filter)
	if err != nil {
		return err
	}
	data := views.ActionsData{Page: page, Filter: filter, Staff: actor.IsStaff(), CanWork: actor.CanAnywhere(clawback.RightWorkActions), Now: h.shell.Now()}
	f := frame{title: data.Title(), named: true, section: views.SectionActions, organization: filter.OrganizationID}
	return h.shell.show(c, http.StatusOK, actor, f, views.Actions(data))
}

// Show answers one action.
func (h *Actions) Show(c echo.Context) error {
	return h.page(c, http.StatusOK, views.Form{})
}

// Complete says that the work is done; the comment may be empty.
func (h *Actions) Complete(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	action, err := h.store.CompleteAction(c.Request().Context(), actor, c.Param("id"), formValue(c, "comment"))
	if err != nil {
		return h.again(c, "comment", err)
	}
	return redirect(c, views.ActionPath(action.ID))
}

// Dismiss says that nothing will be done, and why.
func (h *Actions) Dismiss(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	reason := formValue(c, "reason")
	if reason == "" {
		return h.again(c, "reason", clawback.Invalid("reason", "Say why nothing will be done, so that the SOC can understand it later."))
	}
	action, err := h.store.DismissAction(c.Request().Context(), actor, c.Param("id"), reason)
	if err != nil {
		return h.again(c, "reason", err)
	}
	return redirect(c, views.ActionPath(action.ID))
}

// Assign gives the action to one member or to the organization as a whole.
func (h *Actions) Assign(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	action, err := h.store.AssignAction(c.Request().Context(), actor, c.Param("id"), formValue(c, "assignee"))
	if err != nil {
		return h.again(c, "assignee", err)
	}
	return redirect(c, views.ActionPath(action.ID))
}

// Comment says something about the action; staff may, too.
func (h *Actions) Comment(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	action, err := h.store.CommentAction(c.Request().Context(), actor, c.Param("id"), formValue(c, "text"))
	if err != nil {
		return h.again(c, "text", err)
	}
	return redirect(c, views.ActionCommentPath(action))
}

// Check looks whether the email is gone, from all mailboxes of the action or from one.
func (h *Actions) Check(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	var records []string
	if record := formValue(c, "record"); record != "" {
		records = []string{record}
	}
	if _, err := checkAction(c.Request().Context(), h.checker, actor, c.Param("id"), records); err != nil {
		return h.again(c, "", err)
	}
	return redirect(c, views.ActionPath(c.Param("id"))+"#where")
}

// again answers the page with what was typed and what is wrong with it.
func (h *Actions) again(c echo.Context, field string, err error) error {
	form, ok := formOf(c, field, err)
	if !ok {
		return err
	}
	return h.page(c, StatusOf(clawback.KindOf(err)), form)
}

func (h *Actions) page(c echo.Context, status int, form views.Form) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	action, err := h.store.FindAction(c.Request().Context(), actor, c.Param("id"))
	if err != nil {
		return err
	}
	data := views.ActionData{
		Action: action, Form: form, Now: h.shell.Now(), ActorID: actor.ID, CanWork: actor.Can(clawback.RightWorkActions, action.OrganizationID),
	}
	data.CanCheck = data.CanWork || actor.Can(clawback.RightRemediate, action.OrganizationID)
	data.OwnAdmin = actor.IsAdminOf(action.OrganizationID)
	data.CanComment = data.CanWork || actor.IsStaff()
	if data.Assignees, err = h.store.ListAssignees(c.Request().Context(), actor, action.OrganizationID); err != nil {
		return err
	}
	f := frame{title: data.Title(), section: views.SectionActions, organization: action.OrganizationID}
	return h.shell.show(c, status, actor, f, views.Action(data))
}

// formOf answers the form to show again; false for an error that is not about what was typed or the state it met.
func formOf(c echo.Context, field string, err error) (views.Form, bool) {
	var known *clawback.Error
	if !errors.As(err, &known) {
		return views.Form{}, false
	}
	switch known.Kind {
	case clawback.KindInvalid, clawback.KindConflict, clawback.KindTooLarge, clawback.KindTooMany, clawback.KindUnavailable:
	default:
		return views.Form{}, false
	}
	form := views.Form{Values: map[string]string{}}
	for name := range c.Request().PostForm {
		form.Values[name] = c.Request().PostForm.Get(name)
	}
	if known.Field != "" {
		field = known.Field
	} else if known.Kind != clawback.KindInvalid {
		field = "" // about the state, not about what was typed
	}
	form.Errors = append(form.Errors, views.FieldError{Field: field, Message: known.Message, Kind: known.Kind})
	return form, true
}
