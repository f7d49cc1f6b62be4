package handlers

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"clawback"
)

// AuditAPIStore lists the audit trail of the organizations that the actor may see.
type AuditAPIStore interface {
	ListAudit(ctx context.Context, actor clawback.Actor, filter clawback.AuditFilter) (clawback.Page[clawback.AuditEvent], error)
}

// AuditAnswer is one line of the audit trail, in the API.
type AuditAnswer struct {
	ID             string             `json:"id"`
	OrganizationID string             `json:"organization_id" doc:"The chain; empty is the installation's."`
	Sequence       int64              `json:"sequence"`
	At             *time.Time         `json:"at"`
	ActorKind      clawback.ActorKind `json:"actor_kind"`
	ActorID        string             `json:"actor_id"`
	ActorName      string             `json:"actor_name"`
	OnBehalfOf     string             `json:"on_behalf_of"`
	RemoteAddr     string             `json:"remote_addr"`
	RequestID      string             `json:"request_id"`
	Action         string             `json:"action" example:"remediation.started"`
	Subject        string             `json:"subject"`
	SubjectName    string             `json:"subject_name"`
	Before         any                `json:"before" doc:"What changed, as it was."`
	After          any                `json:"after" doc:"What changed, as it is now."`
	RowsHash       string             `json:"rows_hash"`
	PreviousHash   string             `json:"previous_hash"`
	Hash           string             `json:"hash"`
}

// Audit adds the operation on the audit trail.
func (a *API) Audit(store AuditAPIStore) {
	register(a, operation{
		ID: "list-audit", Method: http.MethodGet, Path: "/audit", Right: clawback.RightReadAudit,
		Tag: "Audit", Summary: "List who did what, the latest first",
	}, func(ctx context.Context, actor clawback.Actor, in *struct {
		ListQuery
		Organization string `query:"organization" maxLength:"100"`
		Action       string `query:"action" maxLength:"100"`
		Subject      string `query:"subject" maxLength:"100" doc:"The id of what it is about."`
	}) (*answer[list[AuditAnswer]], error) {
		page, err := store.ListAudit(ctx, actor, clawback.AuditFilter{
			OrganizationID: in.Organization, Action: in.Action, Subject: in.Subject, PageQuery: in.page(),
		})
		if err != nil {
			return nil, err
		}
		return listOf(page, auditAnswer), nil
	})
}

func auditAnswer(e clawback.AuditEvent) AuditAnswer {
	return AuditAnswer{
		ID: e.ID, OrganizationID: e.OrganizationID, Sequence: e.Sequence, At: moment(e.At),
		ActorKind: e.ActorKind, ActorID: e.ActorID, ActorName: e.ActorName, OnBehalfOf: e.OnBehalfOf,
		RemoteAddr: e.RemoteAddr, RequestID: e.RequestID, Action: e.Action, Subject: e.Subject, SubjectName: e.SubjectName,
		Before: rawJSON(e.Before), After: rawJSON(e.After),
		RowsHash: e.RowsHash, PreviousHash: e.PreviousHash, Hash: e.Hash,
	}
}

// rawJSON answers JSON as it is, and null where there is none.
func rawJSON(raw json.RawMessage) any {
	if len(raw) == 0 || !json.Valid(raw) {
		return nil
	}
	return raw
}
