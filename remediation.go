package clawback

import "time"

// RemediationStatus is how far a remediation is.
type RemediationStatus string

// The states of a remediation. A draft is a preview; blocked names what is
// missing in BlockedBy.
const (
	StatusDraft            RemediationStatus = "draft"
	StatusInProgress       RemediationStatus = "in_progress"
	StatusAwaitingApproval RemediationStatus = "awaiting_approval"
	StatusBlocked          RemediationStatus = "blocked"
	StatusCompleted        RemediationStatus = "completed"
	StatusStopped          RemediationStatus = "stopped"
)

// Phase is what a draft or a running remediation does now.
type Phase string

// The phases. PhaseNone is a draft whose preview is ready, and what has ended.
// PhaseRetracing removes what the preview found while the trace is asked again.
const (
	PhaseNone      Phase = ""
	PhaseTracing   Phase = "tracing"
	PhaseRetracing Phase = "retracing"
	PhaseRemoving  Phase = "removing"
	PhaseWatching  Phase = "watching"
)

// Traces says whether the trace still has to say who got the email: until then
// nothing is contained.
func (p Phase) Traces() bool { return p == PhaseTracing || p == PhaseRetracing }

// BlockedBy names what a blocked remediation waits for.
type BlockedBy string

// What can block: found by real calls, never by an advisory check.
const (
	BlockedNothing   BlockedBy = ""
	BlockedHalt      BlockedBy = "halt"      // the halt switch
	BlockedToken     BlockedBy = "token"     // Microsoft gives no token for the device
	BlockedTrace     BlockedBy = "trace"     // the message trace does not answer
	BlockedQuota     BlockedBy = "quota"     // the message trace may be asked again later: Microsoft limits how often
	BlockedDirectory BlockedBy = "directory" // recipients can't be resolved
	BlockedDevice    BlockedBy = "device"    // the organization has no connected device
	BlockedPreview   BlockedBy = "preview"   // nothing is missing, but it has lapsed: a person must look and click
)

// ApprovalMargin is the share of mailboxes beyond the approved number that an approval still covers.
const ApprovalMargin = 0.10

// ApprovalLifetime is how long a removal waits for a second person, from the
// moment of asking; then it ends.
const ApprovalLifetime = 72 * time.Hour

// VolumeWindow is the time within which all removals of an organization
// together may clean no more mailboxes without an approval than one alone:
// splitting is no way round the limit.
const VolumeWindow = time.Hour

// WatchSchedule is when a contained remediation is traced again for late
// copies, counted from its containment.
var WatchSchedule = []time.Duration{10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 72 * time.Hour}

// NotFoundSchedule is when a mailbox in which nothing was found is looked at again.
var NotFoundSchedule = []time.Duration{2 * time.Minute, 10 * time.Minute, time.Hour}

// HandOverAfter is how long failed and denied records wait in the SOC's queue
// before they become the customer's action.
const HandOverAfter = 4 * time.Hour

// Remediation is the removal of one email, or of several, from every mailbox they reached.
type Remediation struct {
	ID               string
	Number           int64 // short name for people, counted per installation: R-12
	OrganizationID   string
	OrganizationName string
	Status           RemediationStatus
	Phase            Phase
	BlockedBy        BlockedBy
	BlockedSince     time.Time
	BlockedDetail    string // for people: what Microsoft said and what to do
	Lapsed           string // for people: why a blocked removal no longer goes on by itself; empty while it does
	Mode             Mode   // the organization's mode when it was started; observe never turns into enforce
	Removal          RemovalKind
	Targets          []Target
	IncludeSender    bool      // the copies in the Sent Items of an internal sender are meant, too
	NamedMailboxes   []string  // addresses named by hand, looked into although no trace names them
	Variants         []Variant // senders and subjects the preview saw under the targets' ids
	Similar          int       // emails with a target's sender and subject under other ids, as the preview counted them
	SimilarUnknown   bool      // they could not be counted
	Existing         bool      // it ran before it was asked for again: the answer of a creation only
	Reason           string
	Reference        string
	MaxMailboxes     int // 0: the organization's volume limit alone
	ApprovedUpTo     int // 0: not approved
	ApprovedBy       string
	ApprovalFor      int       // mailboxes for which an approval was asked last
	ApprovalAskedAt  time.Time // it waits for one until ApprovalLifetime later
	ApprovalHour     int       // mailboxes that other removals were let to clean in the hour before; 0: its own number is too high
	CreatedBy        string    // actor id
	CreatedByName    string
	StartedBy        string
	StartedByName    string
	CreatedAt        time.Time
	PreviewedAt      time.Time
	StartedAt        time.Time
	TracedAt         time.Time
	FirstCleanAt     time.Time
	ContainedAt      time.Time
	NextLookAt       time.Time // the next look for late copies
	Looks            int       // looks of the watch that were made
	EndedAt          time.Time
	EndedByName      string    // who stopped it
	EndReason        string    // why it was stopped
	PutBackAt        time.Time // the last copy was put back
	CanaryID         string    // of the setup test that it is; empty for every other
	Counts           Counts
}

// Subject answers the subject of the first target.
func (r Remediation) Subject() string {
	if len(r.Targets) == 0 {
		return ""
	}
	return r.Targets[0].Subject
}

// Ended says whether nothing more will happen by itself.
func (r Remediation) Ended() bool { return r.Status == StatusCompleted || r.Status == StatusStopped }

// Counts adds up the records of a remediation: Mailboxes is the sum of Open and
// of all in Outcomes.
type Counts struct {
	Recipients int // addresses the trace named
	Untraced   int // of Mailboxes: those that no trace named
	Mailboxes  int // records, one a mailbox
	Open       int // without an outcome yet
	PutBack    int // removed, and a copy lies in its place again
	Outcomes   map[Outcome]int
}

// Of answers how many records have the outcome.
func (c Counts) Of(outcome Outcome) int { return c.Outcomes[outcome] }

// Gone counts the mailboxes from which the email is proved gone, and into which it was not put back.
func (c Counts) Gone() int { return c.Of(OutcomeRemoved) + c.Of(OutcomeAlreadyGone) - c.PutBack }

// Variant is one pair of sender and subject seen under a target's id.
type Variant struct {
	Sender   string `json:"sender"`
	Subject  string `json:"subject"`
	Copies   int    `json:"copies"`
	IsTarget bool   `json:"is_target"`
}

// NewRemediation is what the SOC asks for. Start begins at once when the trace
// is in; then MaxMailboxes bounds it.
type NewRemediation struct {
	OrganizationID string
	Targets        []Target
	Mailboxes      []string // to be looked into although no trace names them, by an address
	IncludeSender  bool     // clean the Sent Items of an internal sender, too
	Exercise       bool     // the email is part of an exercise, which is refused
	Reason         string
	Reference      string
	Start          bool
	MaxMailboxes   int
}

// MaxNamedMailboxes is how many mailboxes may be named by hand.
const MaxNamedMailboxes = 50

// Widening is what the SOC adds to a preview, which is then made anew.
type Widening struct {
	Similar       bool     // the emails with the same sender and subject that it counted
	Mailboxes     []string // further mailboxes, by an address
	IncludeSender bool     // the Sent Items of an internal sender
}

// RemediationFilter narrows a list of remediations; empty fields narrow nothing.
type RemediationFilter struct {
	OrganizationID string
	Status         RemediationStatus
	Outcome        Outcome
	Attention      bool      // only what waits for a person: drafts, approvals, blocked, failed or denied mailboxes
	Search         string    // a Message-ID, an address, or words of the subject
	Sender         string    // an address, or a domain behind an @
	Mailbox        string    // any address of a mailbox it reached
	From           time.Time // asked for at this moment or later
	Until          time.Time // asked for before this moment
	PageQuery
}

// SOCApprovalLimit is the number of mailboxes up to which a SOC analyst may
// approve a colleague's remediation; above it an operator must.
const SOCApprovalLimit = 2000
