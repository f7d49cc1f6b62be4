package handlers

import (
	"context"
	"net/http"
	"time"

	"clawback"
)

// HaltAnswer is a halt of every removal, in the API.
type HaltAnswer struct {
	OrganizationID string     `json:"organization_id" doc:"Empty for a halt of all organizations."`
	Organization   string     `json:"organization"`
	By             string     `json:"by"`
	Reason         string     `json:"reason"`
	Since          *time.Time `json:"since"`
}

// HaltInput says what is to be halted or let go on, and why.
type HaltInput struct {
	OrganizationID string `json:"organization_id" minLength:"1" maxLength:"100" doc:"The id of an organization, or all."`
	Reason         string `json:"reason" maxLength:"2000" doc:"Everybody who waits for a removal reads it."`
}

// Halts adds the operations on the halt switch. Halting is at once: it is read in the transaction of every removal.
func (a *API) Halts(store HaltStore) {
	h := haltAPI{store}
	register(a, operation{
		ID: "list-halts", Method: http.MethodGet, Path: "/halts", Right: clawback.RightReadRemediations,
		Tag: "Halts", Summary: "List what is halted, that of all organizations first",
	}, h.list)
	register(a, operation{
		ID: "set-halt", Method: http.MethodPost, Path: "/halts", Right: clawback.RightHalt,
		Tag: "Halts", Summary: "Stop every removal of one organization or of all",
	}, h.set)
	register(a, operation{
		ID: "lift-halt", Method: http.MethodPost, Path: "/halts/lift", Right: clawback.RightHalt,
		Tag: "Halts", Summary: "Let removals go on",
	}, h.lift)
}

type haltAPI struct{ store HaltStore }

func (h haltAPI) list(ctx context.Context, actor clawback.Actor, in *ListQuery) (*answer[list[HaltAnswer]], error) {
	halts, err := h.store.ListHalts(ctx, actor)
	if err != nil {
		return nil, err
	}
	return windowOf(halts, *in, func(halt clawback.Halt) string { return haltOf(halt.OrganizationID) }, haltAnswer)
}

// haltOf is the word for what a halt is of.
func haltOf(organizationID string) string {
	if organizationID == "" {
		return everywhere
	}
	return organizationID
}

type haltRequest struct{ Body HaltInput }

func (h haltAPI) set(ctx context.Context, actor clawback.Actor, in *haltRequest) (*answer[list[HaltAnswer]], error) {
	return h.change(ctx, actor, in, h.store.SetHalt)
}

func (h haltAPI) lift(ctx context.Context, actor clawback.Actor, in *haltRequest) (*answer[list[HaltAnswer]], error) {
	return h.change(ctx, actor, in, h.store.LiftHalt)
}

// change answers what is halted afterwards.
func (h haltAPI) change(ctx context.Context, actor clawback.Actor, in *haltRequest,
	change func(context.Context, clawback.Actor, string, string) error,
) (*answer[list[HaltAnswer]], error) {
	if err := changeHalt(ctx, actor, in.Body.OrganizationID, in.Body.Reason, change); err != nil {
		return nil, err
	}
	return h.list(ctx, actor, &ListQuery{})
}

func haltAnswer(h clawback.Halt) HaltAnswer {
	return HaltAnswer{OrganizationID: h.OrganizationID, Organization: h.Organization, By: h.By, Reason: h.Reason, Since: moment(h.Since)}
}
