package handlers

import (
	"context"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// AccountStore is what the person's own page uses.
type AccountStore interface {
	ListOrganizations(ctx context.Context, actor clawback.Actor) ([]clawback.Organization, error)
	ListSessions(ctx context.Context, actor clawback.Actor) ([]clawback.Session, error)
	EndSession(ctx context.Context, actor clawback.Actor, id string) error
}

// Account is the person's own page: what can I do, where am I signed in?
type Account struct {
	shell *Shell
	store AccountStore
}

// NewAccount makes the person's own page.
func NewAccount(shell *Shell, store AccountStore) *Account {
	return &Account{shell: shell, store: store}
}

// Show answers the page.
func (h *Account) Show(c echo.Context) error {
	ctx := c.Request().Context()
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	data := views.AccountData{Actor: actor, Now: h.shell.Now()}
	if data.Organizations, err = h.store.ListOrganizations(ctx, actor); err != nil {
		return err
	}
	if data.Sessions, err = h.store.ListSessions(ctx, actor); err != nil {
		return err
	}
	return h.shell.show(c, http.StatusOK, actor, frame{title: "My account", section: views.SectionAccount}, views.Account(data))
}

// EndSession signs another of the person's own browsers out.
func (h *Account) EndSession(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("id")
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	sessions, err := h.store.ListSessions(ctx, actor)
	if err != nil {
		return err
	}
	// What is not in the list is over already, or somebody else's: an operator ends those elsewhere.
	if slices.ContainsFunc(sessions, func(s clawback.Session) bool { return s.ID == id }) {
		if err := h.store.EndSession(ctx, actor, id); err != nil {
			return err
		}
	}
	return redirect(c, views.AccountPath())
}
