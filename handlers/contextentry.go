package handlers

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// ContextReader is what the pages of context look up.
type ContextReader interface {
	ListContext(ctx context.Context, actor clawback.Actor, organizationID string) ([]clawback.ContextEntry, error)
	FindContext(ctx context.Context, actor clawback.Actor, id string) (clawback.ContextEntry, error)
	ListContextSteps(ctx context.Context, actor clawback.Actor, id string) ([]clawback.ContextStep, error)
	CountContextImpact(ctx context.Context, actor clawback.Actor, entries []clawback.ContextEntry) (map[string]int, error)
}

// ContextProposer takes proposals and the words on them.
type ContextProposer interface {
	CreateContext(ctx context.Context, actor clawback.Actor, organizationID string, input clawback.NewContextEntry) (clawback.ContextEntry, error)
	UpdateContext(ctx context.Context, actor clawback.Actor, id string, change clawback.ContextChange) (clawback.ContextEntry, error)
	DecideContext(ctx context.Context, actor clawback.Actor, id string, decision clawback.ContextDecision) (clawback.ContextEntry, error)
}

// ContextSelector begins and ends an entry's protection.
type ContextSelector interface {
	SelectContext(ctx context.Context, actor clawback.Actor, id string) (clawback.AutoRemediationSaved, error)
	DeselectContext(ctx context.Context, actor clawback.Actor, id string) (clawback.AutoRemediationSaved, error)
	ListWireOfContext(ctx context.Context, actor clawback.Actor, id string) ([]clawback.WireRequest, error)
}

// ContextStore is what the pages of context use.
type ContextStore interface {
	FindOrganization(ctx context.Context, actor clawback.Actor, id string) (clawback.Organization, error)
	ContextReader
	ContextProposer
	ContextSelector
}

// ContextEntries are the pages of the inboxes that an organization told us about.
type ContextEntries struct {
	shell    *Shell
	store    ContextStore
	resolver ContextResolver
}

// NewContextEntries makes the pages of context. A nil resolver leaves new addresses to the next look-up.
func NewContextEntries(shell *Shell, store ContextStore, resolver ContextResolver) *ContextEntries {
	return &ContextEntries{shell: shell, store: store, resolver: resolver}
}

// List answers an organization's entries.
func (h *ContextEntries) List(c echo.Context) error {
	ctx := c.Request().Context()
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	data := views.ContextEntriesData{Now: h.shell.Now()}
	if data.Organization, err = h.store.FindOrganization(ctx, actor, c.Param("org")); err != nil {
		return err
	}
	if data.Entries, err = h.store.ListContext(ctx, actor, data.Organization.ID); err != nil {
		return err
	}
	if data.Impact, err = h.store.CountContextImpact(ctx, actor, data.Entries); err != nil {
		return err
	}
	data.CanPropose = actor.Can(clawback.RightProposeContext, data.Organization.ID)
	data.CanSelect = actor.Can(clawback.RightConfigure, data.Organization.ID)
	f := frame{title: "Never-remove · " + views.Visible(data.Organization.Name), section: views.SectionContext, organization: data.Organization.ID}
	return h.shell.show(c, http.StatusOK, actor, f, views.ContextEntries(data))
}

// New answers the empty form of a proposal.
func (h *ContextEntries) New(c echo.Context) error { return h.newForm(c, http.StatusOK, views.Form{}) }

// Create proposes an inbox, looks it up, and goes to the entry, which says what was found.
func (h *ContextEntries) Create(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	input, err := proposal(c)
	if err != nil {
		return h.newAgain(c, err)
	}
	entry, err := h.store.CreateContext(c.Request().Context(), actor, c.Param("org"), input)
	if err != nil {
		return h.newAgain(c, err)
	}
	h.lookUp(c, actor, entry.ID)
	return redirect(c, views.ContextPath(entry.ID))
}

func (h *ContextEntries) newAgain(c echo.Context, err error) error {
	form, ok := formOf(c, "", err)
	if !ok {
		return err
	}
	return h.newForm(c, StatusOf(clawback.KindOf(err)), form)
}

func (h *ContextEntries) newForm(c echo.Context, status int, form views.Form) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	organization, err := h.store.FindOrganization(c.Request().Context(), actor, c.Param("org"))
	if err != nil {
		return err
	}
	if err := mayPropose(actor, organization.ID); err != nil {
		return err
	}
	f := frame{title: "Propose an inbox · " + views.Visible(organization.Name), section: views.SectionContext, organization: organization.ID}
	return h.shell.show(c, status, actor, f, views.NewContext(views.NewContextData{Organization: organization, Form: form}))
}

// mayPropose says who proposes, before somebody types in vain.
func mayPropose(actor clawback.Actor, organizationID string) error {
	if actor.Can(clawback.RightProposeContext, organizationID) {
		return nil
	}
	return clawback.Errorf(clawback.KindForbidden, "Inboxes are proposed by an admin of the organization or its engagement manager.")
}

// proposal reads the fields of an entry. It returns KindInvalid about a field.
func proposal(c echo.Context) (clawback.NewContextEntry, error) {
	input := clawback.NewContextEntry{
		Address: formValue(c, "address"), Purpose: formValue(c, "purpose"), Note: formValue(c, "note"), Owner: formValue(c, "owner"),
	}
	if _, err := clawback.NormalizeAddress(input.Address); err != nil {
		return input, err
	}
	if input.Purpose == "" {
		return input, clawback.Invalid("purpose", "Say what the inbox is for, so that the reviewer can judge it.")
	}
	ends := formValue(c, "ends_at")
	if ends == "" {
		return input, nil
	}
	day, err := time.Parse(time.DateOnly, ends)
	if err != nil {
		return input, clawback.Invalid("ends_at", "This is no date. Write it like 2027-01-31, or leave it empty.")
	}
	input.EndsAt = day.AddDate(0, 0, 1).Add(-time.Second) // the day itself still counts
	return input, nil
}

// lookUp never fails a proposal: an entry that did not resolve protects by its address as typed.
func (h *ContextEntries) lookUp(c echo.Context, actor clawback.Actor, id string) {
	if err := h.ask(c, actor, id); err != nil {
		h.shell.Log.WarnContext(c.Request().Context(), "resolve context", "entry_id", id, "request_id", actor.RequestID, "error", err)
	}
}

func (h *ContextEntries) ask(c echo.Context, actor clawback.Actor, id string) error {
	if h.resolver == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), resolveTime)
	defer cancel()
	_, err := h.resolver.ResolveContext(ctx, actor, id)
	return err
}

// Resolve looks an entry's address up again.
func (h *ContextEntries) Resolve(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	entry, err := h.store.FindContext(c.Request().Context(), actor, c.Param("id"))
	if err != nil {
		return err
	}
	if err := mayPropose(actor, entry.OrganizationID); err != nil {
		return err
	}
	if err := h.ask(c, actor, entry.ID); err != nil {
		return h.again(c, &clawback.Error{Kind: clawback.KindUnavailable, Err: err,
			Message: "Microsoft did not answer in time. The entry is as it was; try again in a moment."})
	}
	return redirect(c, views.ContextPath(entry.ID))
}

// Show answers one entry.
func (h *ContextEntries) Show(c echo.Context) error { return h.page(c, http.StatusOK, views.Form{}) }

// again answers the entry with what was typed and what is wrong with it.
func (h *ContextEntries) again(c echo.Context, err error) error {
	form, ok := formOf(c, "", err)
	if !ok {
		return err
	}
	return h.page(c, StatusOf(clawback.KindOf(err)), form)
}

func (h *ContextEntries) page(c echo.Context, status int, form views.Form) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	data, err := h.entry(c, actor)
	if err != nil {
		return err
	}
	data.Form = form
	f := frame{title: views.Visible(data.Entry.Address) + " · Never-remove", section: views.SectionContext, organization: data.Organization.ID}
	return h.shell.show(c, status, actor, f, views.ContextEntry(data))
}

// entry gathers what the page of an entry shows.
func (h *ContextEntries) entry(c echo.Context, actor clawback.Actor) (views.ContextEntryData, error) {
	ctx, data := c.Request().Context(), views.ContextEntryData{Now: h.shell.Now()}
	var err error
	if data.Entry, err = h.store.FindContext(ctx, actor, c.Param("id")); err != nil {
		return data, err
	}
	if data.Organization, err = h.store.FindOrganization(ctx, actor, data.Entry.OrganizationID); err != nil {
		return data, err
	}
	if data.Steps, err = h.store.ListContextSteps(ctx, actor, data.Entry.ID); err != nil {
		return data, err
	}
	if data.Wire, err = h.store.ListWireOfContext(ctx, actor, data.Entry.ID); err != nil {
		return data, err
	}
	impact, err := h.store.CountContextImpact(ctx, actor, []clawback.ContextEntry{data.Entry})
	if err != nil {
		return data, err
	}
	entries, err := h.store.ListContext(ctx, actor, data.Organization.ID)
	data.Impact, data.Twins = impact[data.Entry.ID], twins(data.Entry, entries)
	data.CanPropose = actor.Can(clawback.RightProposeContext, data.Organization.ID)
	data.CanReview = actor.Can(clawback.RightReviewContext, data.Organization.ID)
	data.CanSelect = actor.Can(clawback.RightConfigure, data.Organization.ID)
	return data, err
}

// twins answers the other entries of the same mailbox.
func twins(entry clawback.ContextEntry, entries []clawback.ContextEntry) []clawback.ContextEntry {
	var others []clawback.ContextEntry
	for _, e := range entries {
		if e.ID != entry.ID && e.MailboxID != "" && e.MailboxID == entry.MailboxID {
			others = append(others, e)
		}
	}
	return others
}

// Edit answers the form that changes an entry.
func (h *ContextEntries) Edit(c echo.Context) error {
	return h.editForm(c, http.StatusOK, views.Form{})
}

// Update changes an entry, asks for its review again and looks it up.
func (h *ContextEntries) Update(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	input, err := proposal(c)
	if err != nil {
		return h.editAgain(c, err)
	}
	entry, err := h.store.UpdateContext(c.Request().Context(), actor, c.Param("id"), clawback.ContextChange{
		NewContextEntry: input, Comment: formValue(c, "comment"), SeenAt: seenAt(c),
	})
	if err != nil {
		return h.editAgain(c, err)
	}
	h.lookUp(c, actor, entry.ID)
	return redirect(c, views.ContextPath(entry.ID))
}

func (h *ContextEntries) editAgain(c echo.Context, err error) error {
	form, ok := formOf(c, "", err)
	if !ok {
		return err
	}
	return h.editForm(c, StatusOf(clawback.KindOf(err)), form)
}

func (h *ContextEntries) editForm(c echo.Context, status int, form views.Form) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	data, err := h.entry(c, actor)
	if err != nil {
		return err
	}
	if err := mayPropose(actor, data.Organization.ID); err != nil {
		return err
	}
	data.Form = form
	f := frame{title: "Change " + views.Visible(data.Entry.Address), section: views.SectionContext, organization: data.Organization.ID}
	return h.shell.show(c, status, actor, f, views.EditContext(data))
}

// seenAt answers when the thing that the form's page showed was last changed; zero when the form does not say.
func seenAt(c echo.Context) time.Time {
	ms, err := strconv.ParseInt(formValue(c, "seen"), 10, 64)
	if err != nil || ms <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

// Select lets an entry protect its inbox from now on; its page says since when and what was under way. What was not
// found yet is looked up then, so that the protection knows the mailbox's other addresses.
func (h *ContextEntries) Select(c echo.Context) error {
	return h.change(c, func(ctx context.Context, actor clawback.Actor, id string) (clawback.AutoRemediationSaved, error) {
		saved, err := h.store.SelectContext(ctx, actor, id)
		if err != nil {
			return saved, err
		}
		if entry, err := h.store.FindContext(ctx, actor, id); err == nil && entry.MailboxID == "" {
			h.lookUp(c, actor, id)
		}
		return saved, nil
	})
}

// AskDeselect asks whether the protection shall really end.
func (h *ContextEntries) AskDeselect(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	data, err := h.entry(c, actor)
	if err != nil {
		return err
	}
	if !data.CanSelect {
		return clawback.Errorf(clawback.KindForbidden, "Only an admin of the organization ends a protection.")
	}
	if !data.Entry.Selected {
		return redirect(c, views.ContextPath(data.Entry.ID)) // somebody was faster, or came back
	}
	f := frame{title: "End the protection of " + views.Visible(data.Entry.Address) + "?", section: views.SectionContext, organization: data.Organization.ID}
	return h.shell.show(c, http.StatusOK, actor, f, views.DeselectContext(data))
}

// Deselect ends an entry's protection.
func (h *ContextEntries) Deselect(c echo.Context) error {
	return h.change(c, h.store.DeselectContext)
}

func (h *ContextEntries) change(c echo.Context, change func(context.Context, clawback.Actor, string) (clawback.AutoRemediationSaved, error)) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	if _, err := change(c.Request().Context(), actor, c.Param("id")); err != nil {
		return h.again(c, err)
	}
	return redirect(c, views.ContextPath(c.Param("id")))
}
