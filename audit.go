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
	OnBehalfOfName string // of the person now; no part of the chain
	SubjectNow     string // what the subject is called now, where the event has no name of it
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
	Installation   bool // only what belongs to no organization
	Action         string
	Subject        string // an id
	About          string // an id, a remediation's short name, or the whole name of what it is about
	Person         string // part of the name of who did it or on whose behalf
	PageQuery
}

// AuditCheck answers how one chain of the audit trail stands, by its latest events.
type AuditCheck struct {
	OrganizationID string // the chain; empty is the installation's
	Events         int    // in the chain
	Checked        int    // the latest so many
	BrokenAt       int64  // number of the first event that can't be trusted; 0: none
	Problem        string
	At             time.Time
}
