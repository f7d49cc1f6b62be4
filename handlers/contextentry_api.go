package handlers

import (
	"context"
	"net/http"
	"time"

	"clawback"
)

// ContextAPIStore keeps the inboxes an organization told us about.
type ContextAPIStore interface {
	ListContext(ctx context.Context, actor clawback.Actor, organizationID string) ([]clawback.ContextEntry, error)
	CreateContext(ctx context.Context, actor clawback.Actor, organizationID string, input clawback.NewContextEntry) (clawback.ContextEntry, error)
	ReviewContext(ctx context.Context, actor clawback.Actor, id string, status clawback.ReviewStatus, comment string) (clawback.ContextEntry, error)
}

// ContextResolver asks Microsoft which mailbox an entry's address is.
type ContextResolver interface {
	ResolveContext(ctx context.Context, actor clawback.Actor, entryID string) (clawback.ContextEntry, error)
}

// resolveTime is how long a creation waits for the directory: what is not known by then is looked up at the next start.
const resolveTime = 10 * time.Second

// ContextAnswer is a context entry in the API.
type ContextAnswer struct {
	ID             string                `json:"id"`
	OrganizationID string                `json:"organization_id"`
	Address        string                `json:"address"`
	Purpose        string                `json:"purpose"`
	Note           string                `json:"note"`
	Owner          string                `json:"owner"`
	Status         clawback.ReviewStatus `json:"status" enum:"review_requested,changes_requested,approved,declined"`
	ReviewComment  string                `json:"review_comment"`
	InForce        bool                  `json:"in_force" doc:"Whether it protects its inbox now."`
	Why            string                `json:"why" doc:"Why it is or is not in force, for people."`
	Selected       bool                  `json:"selected"`
	MailboxID      string                `json:"mailbox_id" doc:"The mailbox its address was resolved to, empty when it was not."`
	MailboxName    string                `json:"mailbox_name"`
	Addresses      []string              `json:"addresses" doc:"Every address of that mailbox."`
	ResolveProblem string                `json:"resolve_problem"`
	ResolvedAt     *time.Time            `json:"resolved_at"`
	StartsAt       *time.Time            `json:"starts_at"`
	EndsAt         *time.Time            `json:"ends_at"`
	CreatedAt      *time.Time            `json:"created_at"`
	UpdatedAt      *time.Time            `json:"updated_at"`
}

// ContextInput proposes an inbox.
type ContextInput struct {
	Address string `json:"address" maxLength:"320" example:"quarantine@example.com"`
	Purpose string `json:"purpose" maxLength:"200" example:"Quarantine"`
	Note    string `json:"note,omitempty" maxLength:"2000"`
}

// ReviewInput is a review of an entry.
type ReviewInput struct {
	Status  string `json:"status" enum:"review_requested,changes_requested,approved,declined"`
	Comment string `json:"comment,omitempty" maxLength:"2000"`
}

// Context adds the operations on context. A nil resolver leaves new addresses to the next look-up.
func (a *API) Context(store ContextAPIStore, resolver ContextResolver) {
	h := contextAPI{API: a, store: store, resolver: resolver}
	register(a, operation{
		ID: "list-context", Method: http.MethodGet, Path: "/organizations/{org}/context", Right: clawback.RightReadContext,
		Tag: "Context", Summary: "List the inboxes an organization told us about",
	}, h.list)
	register(a, operation{
		ID: "create-context", Method: http.MethodPost, Path: "/organizations/{org}/context", Right: clawback.RightProposeContext,
		Tag: "Context", Summary: "Propose an inbox; it protects nothing until the auto remediation selects it", Status: http.StatusCreated,
	}, h.create)
	register(a, operation{
		ID: "review-context", Method: http.MethodPost, Path: "/context/{id}/review", Right: clawback.RightReviewContext,
		Tag: "Context", Summary: "Review an inbox",
	}, h.review)
}

type contextAPI struct {
	*API
	store    ContextAPIStore
	resolver ContextResolver
}

func (h contextAPI) list(ctx context.Context, actor clawback.Actor, in *struct {
	OrganizationPath
	ListQuery
}) (*answer[list[ContextAnswer]], error) {
	entries, err := h.store.ListContext(ctx, actor, in.Organization)
	if err != nil {
		return nil, err
	}
	return windowOf(entries, in.ListQuery, func(e clawback.ContextEntry) string { return e.ID }, h.answer)
}

func (h contextAPI) create(ctx context.Context, actor clawback.Actor, in *struct {
	OrganizationPath
	Body ContextInput
}) (*answer[ContextAnswer], error) {
	entry, err := h.store.CreateContext(ctx, actor, in.Organization, clawback.NewContextEntry{
		Address: in.Body.Address, Purpose: in.Body.Purpose, Note: in.Body.Note,
	})
	if err != nil {
		return nil, err
	}
	return answerOf(h.answer(h.resolve(ctx, actor, entry))), nil
}

// resolve never fails a creation: an entry that did not resolve protects by its address as typed.
func (h contextAPI) resolve(ctx context.Context, actor clawback.Actor, entry clawback.ContextEntry) clawback.ContextEntry {
	if h.resolver == nil {
		return entry
	}
	ctx, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()

	resolved, err := h.resolver.ResolveContext(ctx, actor, entry.ID)
	if err != nil {
		h.log.WarnContext(ctx, "resolve context", "entry_id", entry.ID, "request_id", actor.RequestID, "error", err)
		return entry
	}
	return resolved
}

func (h contextAPI) review(ctx context.Context, actor clawback.Actor, in *struct {
	IDPath
	Body ReviewInput
}) (*answer[ContextAnswer], error) {
	entry, err := h.store.ReviewContext(ctx, actor, in.ID, clawback.ReviewStatus(in.Body.Status), in.Body.Comment)
	if err != nil {
		return nil, err
	}
	return answerOf(h.answer(entry)), nil
}

func (h contextAPI) answer(e clawback.ContextEntry) ContextAnswer {
	inForce, why := e.InForce(h.now())
	return ContextAnswer{
		ID: e.ID, OrganizationID: e.OrganizationID, Address: e.Address, Purpose: e.Purpose, Note: e.Note, Owner: e.Owner,
		Status: e.Status, ReviewComment: e.ReviewComment, InForce: inForce, Why: why, Selected: e.Selected,
		MailboxID: e.MailboxID, MailboxName: e.MailboxName, Addresses: orEmpty(e.Addresses), ResolveProblem: e.ResolveProblem,
		ResolvedAt: moment(e.ResolvedAt), StartsAt: moment(e.StartsAt), EndsAt: moment(e.EndsAt),
		CreatedAt: moment(e.CreatedAt), UpdatedAt: moment(e.UpdatedAt),
	}
}
