package handlers

import (
	"context"
	"log/slog"
	"time"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// ShellStore is what the frame around every page shows.
type ShellStore interface {
	ListOrganizations(ctx context.Context, actor clawback.Actor) ([]clawback.Organization, error)
	ListHalts(ctx context.Context, actor clawback.Actor) ([]clawback.Halt, error)
	CountOpenActions(ctx context.Context, actor clawback.Actor) (int, error)
	CountReviews(ctx context.Context, actor clawback.Actor) (int, error)
}

// ShellConfig says how pages are framed. Asset answers the address of a static file by its name.
type ShellConfig struct {
	Store     ShellStore
	Asset     func(name string) string
	Simulated bool             // Microsoft 365 is the simulated one: every page says so
	Now       func() time.Time // time.Now when nil
	Log       *slog.Logger     // slog.Default() when nil
}

// Shell is the frame around every page: navigation, banners, organization, and the pages for what went wrong.
type Shell struct {
	ShellConfig
}

// NewShell makes the frame.
func NewShell(config ShellConfig) *Shell {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Log == nil {
		config.Log = slog.Default()
	}
	if config.Asset == nil {
		config.Asset = func(name string) string { return "/static/" + name }
	}
	return &Shell{ShellConfig: config}
}

// frame says which page is framed.
type frame struct {
	title        string
	named        bool // the title goes on with the name of the organization: a list's does
	section      views.Section
	organization string // id, empty for all
}

// layout answers what surrounds a page for the actor.
func (s *Shell) layout(c echo.Context, actor clawback.Actor, f frame) (views.Layout, error) {
	ctx := c.Request().Context()
	organizations, err := s.Store.ListOrganizations(ctx, actor)
	if err != nil {
		return views.Layout{}, err
	}
	halts, err := s.Store.ListHalts(ctx, actor)
	if err != nil {
		return views.Layout{}, err
	}
	open := 0
	if actor.CanAnywhere(clawback.RightWorkActions) {
		if open, err = s.Store.CountOpenActions(ctx, actor); err != nil {
			return views.Layout{}, err
		}
	}
	reviews := 0
	if actor.CanAnywhere(clawback.RightReviewContext) {
		if reviews, err = s.Store.CountReviews(ctx, actor); err != nil {
			return views.Layout{}, err
		}
	}
	title := f.title
	for _, o := range organizations {
		if f.named && o.ID == f.organization {
			title += " · " + views.Visible(o.Name)
		}
	}
	return views.NewLayout(views.LayoutInput{
		Title: title, Section: f.section, Organization: f.organization, Actor: actor,
		Organizations: organizations, Halts: halts, OpenActions: open, Reviews: reviews,
		Asset: s.Asset, Simulated: s.Simulated, Now: s.Now(), Search: c.QueryParam("q"),
	}), nil
}

// bare answers the layout of a page without navigation: it asks nothing of the store.
func (s *Shell) bare(title string) views.Layout {
	return views.Layout{Title: title, Asset: s.Asset, Simulated: s.Simulated, Now: s.Now()}
}

// show renders a page within the frame.
func (s *Shell) show(c echo.Context, status int, actor clawback.Actor, f frame, content views.Content) error {
	if wantsFragment(c.Request()) {
		return renderPage(c, status, views.Layout{}, content)
	}
	layout, err := s.layout(c, actor, f)
	if err != nil {
		return err
	}
	return renderPage(c, status, layout, content)
}
