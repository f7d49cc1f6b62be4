package clawback

import (
	"encoding/json"
	"time"
)

// InstallationChain is the audit chain of what belongs to no organization.
const InstallationChain = ""

// AuditEvent is one line of the append-only, hash-chained audit trail. Before
// and After are JSON of what changed; RowsHash stands for the rows of a batch.
type AuditEvent struct {
	ID             string
	OrganizationID string // the chain; empty is the installation's
	Sequence       int64
	At             time.Time
	ActorKind      ActorKind
	ActorID        string
	ActorName      string
	OnBehalfOf     string
	RemoteAddr     string
	RequestID      string
	Action         string // e.g. remediation.started
	Subject        string // id of what it is about
	SubjectName    string
	Before         json.RawMessage
	After          json.RawMessage
	RowsHash       string
	PreviousHash   string
	Hash           string
}

// AuditFilter narrows a list of audit events; empty fields narrow nothing.
type AuditFilter struct {
	OrganizationID string
	Action         string
	Subject        string
	PageQuery
}
