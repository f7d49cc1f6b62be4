package clawback

import (
	"fmt"
	"strings"
	"time"
)

// AnswerKind sorts what came back from Microsoft by what it means for the work.
type AnswerKind string

// The kinds of answers. AnswerUnknown is a call whose effect is not known: the
// connection broke or the answer could not be read.
const (
	AnswerOK           AnswerKind = "ok"
	AnswerNotFound     AnswerKind = "not_found"    // the item is not there (any more)
	AnswerNoMailbox    AnswerKind = "no_mailbox"   // there is no cloud mailbox behind the user
	AnswerDenied       AnswerKind = "denied"       // 403: permission or policy
	AnswerThrottled    AnswerKind = "throttled"    // 429: not executed, wait RetryAfter
	AnswerUnavailable  AnswerKind = "unavailable"  // 5xx
	AnswerUnauthorized AnswerKind = "unauthorized" // no token, or it was refused
	AnswerInvalid      AnswerKind = "invalid"      // 400: ours to mend
	AnswerUnknown      AnswerKind = "unknown"
	AnswerNotSent      AnswerKind = "not_sent" // never left: the intent's time was over
)

// Answer is what Microsoft said to one request, kept with the copy it was about.
type Answer struct {
	Kind       AnswerKind
	Status     int
	Code       string
	Message    string // Microsoft's words, never with a credential
	RetryAfter time.Duration
	RequestID  string
	At         time.Time
}

// AccessPolicy says whether a refusal is an application access policy's: it is
// for this mailbox alone, and lasts.
// https://learn.microsoft.com/graph/auth-limit-mailbox-access
func (a Answer) AccessPolicy() bool {
	return a.Kind == AnswerDenied && strings.Contains(a.Message, "Access to OData is disabled")
}

// MayHaveEffect says whether the request may have done what it asked for, so
// that only a look can tell.
func (a Answer) MayHaveEffect() bool {
	switch a.Kind {
	case AnswerOK, AnswerNotFound, AnswerUnknown, AnswerUnavailable:
		return true
	}
	return false
}

// Passing says whether the same request may be answered otherwise later.
func (a Answer) Passing() bool {
	switch a.Kind {
	case AnswerThrottled, AnswerUnavailable, AnswerUnknown, AnswerNotSent, AnswerUnauthorized:
		return true
	}
	return false
}

// CallToken is the Call of a CallError at the token endpoint: nothing else can
// be asked without it.
const CallToken = "token"

// CallError is a call to Microsoft that failed as a whole.
type CallError struct {
	Answer
	Call string // what was asked, for people: "message trace", "token"
	Err  error
}

// Error answers what was asked and what came back.
func (e *CallError) Error() string {
	return fmt.Sprintf("%s: %s (status %d, code %q): %s", e.Call, e.Kind, e.Status, e.Code, e.Message)
}

// Unwrap answers the cause.
func (e *CallError) Unwrap() error { return e.Err }

// The message trace's limit of one tenant, for trace and detail by both doors
// together: https://learn.microsoft.com/exchange/monitoring/trace-an-email-message/graph-api-message-trace
const (
	TraceQuota       = 100
	TraceQuotaWindow = 5 * time.Minute
	// TraceBudget leaves the customer's own traces a share of the quota.
	TraceBudget = 90
	// TraceHeadroom is what a trace must find of the budget to begin, so that it ends:
	// enough for ten thousand recipients in pages of a thousand.
	TraceHeadroom = 12
)

// TraceQuery asks who received an email: one by its MessageID, or those of a
// Sender of the envelope whose subject contains Subject. The start is at most
// ninety days back.
type TraceQuery struct {
	MessageID string
	Sender    string
	Subject   string
	From, To  time.Time
}

// DeliveryStatus is the message trace's word for what became of a message.
type DeliveryStatus string

// The delivery statuses, in Graph's spelling.
const (
	DeliveryGettingStatus  DeliveryStatus = "gettingStatus"
	DeliveryPending        DeliveryStatus = "pending"
	DeliveryFailed         DeliveryStatus = "failed"
	DeliveryDelivered      DeliveryStatus = "delivered"
	DeliveryExpanded       DeliveryStatus = "expanded"
	DeliveryQuarantined    DeliveryStatus = "quarantined"
	DeliveryFilteredAsSpam DeliveryStatus = "filteredAsSpam"
)

// TraceRow is one recipient of a message, as the message trace names it.
type TraceRow struct {
	TraceID    string // the network message id
	MessageID  string
	Sender     string // of the envelope
	Recipient  string // lower case
	Subject    string
	Status     DeliveryStatus
	ReceivedAt time.Time
}

// TraceResult is the answer of a message trace; Door says which one gave it.
type TraceResult struct {
	Rows []TraceRow
	Door TraceDoor
}

// TraceDoor names one of the two ways to Microsoft's message trace.
type TraceDoor string

// The doors.
const (
	TraceDoorExchange TraceDoor = "exchange"
	TraceDoorGraph    TraceDoor = "graph"
)

// MailboxAnswer is the identity behind one address. Answer tells a look-up that
// failed from an address nobody has: the latter is OK with kind unknown.
type MailboxAnswer struct {
	Address string // as asked
	Mailbox Mailbox
	Answer  Answer
}

// FindRequest asks one mailbox for the items that bear one of the ids: in all
// visible folders, or in the Folder of a well-known name alone.
type FindRequest struct {
	MailboxID  string
	MessageIDs []string
	Folder     string
}

// FoundCopy is one item in a mailbox.
type FoundCopy struct {
	ImmutableID string
	FolderID    string
	MessageID   string
	Sender      string // of the header From, lower case
	Subject     string
	ReceivedAt  time.Time
	Read        bool
}

// FindAnswer is what one mailbox answered; copies only where Answer is OK.
type FindAnswer struct {
	Copies []FoundCopy
	Answer Answer
}

// RecoverableItems is the folder from which a user can still recover, by its
// well-known name.
const RecoverableItems = "recoverableitemsdeletions"

// SentItems is the folder of what the mailbox's owner sent, by its well-known name.
const SentItems = "sentitems"

// MoveRequest moves one item. Source is the well-known name or id of the folder
// it must be addressed in, empty for a visible one; Destination likewise.
// Permanent deletes it for good instead.
type MoveRequest struct {
	MailboxID   string
	ImmutableID string
	Source      string
	Destination string
	Permanent   bool
}

// FolderRequest asks for the name of a folder.
type FolderRequest struct {
	MailboxID string
	FolderID  string
}

// FolderAnswer is its name.
type FolderAnswer struct {
	Name   string
	Answer Answer
}

// BatchSize is how many requests Microsoft takes in one batch.
const BatchSize = 20

// IntentLifetime is how long after its commit an intent may go out.
const IntentLifetime = 2 * time.Second
