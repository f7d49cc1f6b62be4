package handlers

import (
	"context"
	"log/slog"
	"slices"
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
	DeviceHealthStore
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

// layout answers what surrounds a page for the actor. It returns KindNotFound for an organization the actor does not see.
func (s *Shell) layout(c echo.Context, actor clawback.Actor, f frame) (views.Layout, error) {
	ctx := c.Request().Context()
	in := views.LayoutInput{
		Title: f.title, Section: f.section, Organization: f.organization, Actor: actor,
		Asset: s.Asset, Simulated: s.Simulated, Now: s.Now(), Search: c.QueryParam("q"),
	}
	var err error
	if in.Organizations, err = s.Store.ListOrganizations(ctx, actor); err != nil {
		return views.Layout{}, err
	}
	if !among(in.Organizations, f.organization) {
		return views.Layout{}, clawback.NotFound("organization")
	}
	for _, o := range in.Organizations {
		if f.named && o.ID == f.organization {
			in.Title += " · " + views.Visible(o.Name)
		}
	}
	if in.Halts, err = s.Store.ListHalts(ctx, actor); err != nil {
		return views.Layout{}, err
	}
	if actor.CanAnywhere(clawback.RightWorkActions) {
		if in.OpenActions, err = s.Store.CountOpenActions(ctx, actor); err != nil {
			return views.Layout{}, err
		}
	}
	if actor.CanAnywhere(clawback.RightReviewContext) {
		if in.Reviews, err = s.Store.CountReviews(ctx, actor); err != nil {
			return views.Layout{}, err
		}
	}
	if in.Chosen() != "" {
		if in.Devices, err = s.Store.ListDeviceHealth(ctx, actor, in.Chosen()); err != nil {
			return views.Layout{}, err
		}
	}
	return views.NewLayout(in), nil
}

// among says whether an organization is one of the list; "" stands for all of them.
func among(organizations []clawback.Organization, id string) bool {
	return id == "" || slices.ContainsFunc(organizations, func(o clawback.Organization) bool { return o.ID == id })
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
