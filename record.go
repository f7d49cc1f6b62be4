package clawback

import "time"

// RecordState is how far the work on one mailbox is.
type RecordState string

// The states of a record; a record that is done has an outcome.
const (
	RecordNew       RecordState = "new"
	RecordChecking  RecordState = "checking"
	RecordRemoving  RecordState = "removing"
	RecordVerifying RecordState = "verifying"
	RecordDone      RecordState = "done"
)

// Outcome is what became of the email in one mailbox.
type Outcome string

// The outcomes. Every record ends in exactly one of them.
const (
	OutcomeNone          Outcome = ""
	OutcomeRemoved       Outcome = "removed"
	OutcomePartlyRemoved Outcome = "partly_removed"
	OutcomeAlreadyGone   Outcome = "already_gone"
	OutcomeNotFound      Outcome = "not_found"
	OutcomeProtected     Outcome = "protected"
	OutcomeAmbiguous     Outcome = "ambiguous"
	OutcomeNotDelivered  Outcome = "not_delivered"
	OutcomeUnreachable   Outcome = "unreachable"
	OutcomeDenied        Outcome = "denied"
	OutcomeFailed        Outcome = "failed"
	OutcomeObserved      Outcome = "observed"
	OutcomeStopped       Outcome = "stopped"
)

// Outcomes lists every outcome in the order in which they are counted and shown.
func Outcomes() []Outcome {
	return []Outcome{
		OutcomeRemoved, OutcomeAlreadyGone, OutcomeProtected, OutcomeObserved, OutcomePartlyRemoved,
		OutcomeNotFound, OutcomeAmbiguous, OutcomeUnreachable, OutcomeDenied, OutcomeFailed,
		OutcomeNotDelivered, OutcomeStopped,
	}
}

// Valid says whether the outcome is one of the list.
func (o Outcome) Valid() bool {
	for _, known := range Outcomes() {
		if o == known {
			return true
		}
	}
	return false
}

// severity orders outcomes of a record's copies, the worst highest.
var severity = map[Outcome]int{
	OutcomeNone: 0, OutcomeAlreadyGone: 1, OutcomeRemoved: 2, OutcomeNotFound: 3, OutcomeObserved: 4, OutcomeProtected: 5,
	OutcomeStopped: 6, OutcomeAmbiguous: 7, OutcomeUnreachable: 8, OutcomeDenied: 9, OutcomeFailed: 10,
}

// WorstOutcome answers the outcome of a record from those of its copies.
// Where some copies were removed and another was not, it is partly removed.
func WorstOutcome(copies []Outcome) Outcome {
	worst, removed := OutcomeNone, false
	for _, o := range copies {
		removed = removed || o == OutcomeRemoved
		if severity[o] > severity[worst] {
			worst = o
		}
	}
	if removed && severity[worst] > severity[OutcomeRemoved] {
		return OutcomePartlyRemoved
	}
	return worst
}

// Contains says whether the email is out of reach for its reader with this
// outcome, or never was in it: what containment asks of every reachable record.
func (o Outcome) Contains() bool {
	switch o {
	case OutcomeRemoved, OutcomeAlreadyGone, OutcomeProtected, OutcomeNotDelivered, OutcomeUnreachable:
		return true
	}
	return false
}

// Reason is the machine's word for why a record has its outcome.
type Reason string

// The reasons.
const (
	ReasonNone               Reason = ""
	ReasonNeverRemove        Reason = "never_remove"
	ReasonIdentityUnverified Reason = "identity_unverified"
	ReasonGroup              Reason = "group"
	ReasonNoMailbox          Reason = "no_mailbox"
	ReasonContact            Reason = "contact"
	ReasonExternal           Reason = "external"
	ReasonUnknownAddress     Reason = "unknown_address"
	ReasonFailedDelivery     Reason = "failed_delivery"
	ReasonQuarantined        Reason = "quarantined"
	ReasonAccessPolicy       Reason = "access_policy"
	ReasonPermission         Reason = "permission"
	ReasonUnavailable        Reason = "unavailable"
	ReasonThrottled          Reason = "throttled"
	ReasonUnreadable         Reason = "unreadable_answer"
	ReasonStillThere         Reason = "still_there"
	ReasonDifferent          Reason = "different_email"
	ReasonObserveMode        Reason = "observe_mode"
	ReasonModeOff            Reason = "mode_off"
	ReasonStopped            Reason = "stopped"
	ReasonNotApproved        Reason = "not_approved"
	ReasonMoved              Reason = "moved_meanwhile"
	ReasonNotKept            Reason = "not_kept"
	ReasonDisconnected       Reason = "disconnected"
	ReasonLeft               Reason = "left_by_soc" // the SOC said that what differs is another email
)

// Reasons lists every reason.
func Reasons() []Reason {
	return []Reason{
		ReasonNeverRemove, ReasonIdentityUnverified, ReasonGroup, ReasonNoMailbox, ReasonContact, ReasonExternal, ReasonUnknownAddress,
		ReasonFailedDelivery, ReasonQuarantined, ReasonAccessPolicy, ReasonPermission, ReasonUnavailable, ReasonThrottled,
		ReasonUnreadable, ReasonStillThere, ReasonDifferent, ReasonObserveMode, ReasonModeOff, ReasonStopped, ReasonNotApproved,
		ReasonMoved, ReasonNotKept, ReasonDisconnected, ReasonLeft,
	}
}

// EmailRecord is what happened to the email in one mailbox.
type EmailRecord struct {
	ID                string
	RemediationID     string
	OrganizationID    string
	DeviceID          string
	Mailbox           Mailbox
	Recipients        []string // addresses the trace named for this mailbox
	Origin            Origin
	Targets           []int  // positions of the targets that reached it; empty for all
	DeliveryStatus    string // as the trace said it
	DeliveredAt       time.Time
	State             RecordState
	Outcome           Outcome
	Reason            Reason
	Detail            string // for people: what Microsoft said
	ProtectedBy       string // id of the entry
	ProtectedPurpose  string
	Late              bool // came with a look of the watch
	Attempts          int
	DueAt             time.Time // when it is looked at next, where it waits
	CreatedAt         time.Time
	DoneAt            time.Time
	Order             Order     // of the customer's admin, while it is carried out
	HandedOverAt      time.Time // when it became the customer's, by hand or after HandOverAfter
	Copies            []Copy
	RemediationNumber int64
	Subject           string
}

// Undecided answers the copies that bear a target's id and are another email,
// as far as one can see, of which the SOC has not said whether they are one.
func (r EmailRecord) Undecided() []Copy {
	var undecided []Copy
	for _, c := range r.Copies {
		if c.Outcome == OutcomeAmbiguous && c.Reason == ReasonDifferent {
			undecided = append(undecided, c)
		}
	}
	return undecided
}

// Origin says how a mailbox came to a remediation.
type Origin string

// The origins.
const (
	OriginTrace  Origin = ""       // the message trace named it
	OriginNamed  Origin = "named"  // the SOC named it by hand
	OriginSender Origin = "sender" // it is the sender's own
)

// Copy is one item in a mailbox that bears the target's id.
type Copy struct {
	ID          string
	RecordID    string
	ImmutableID string
	FolderID    string // where it lay; what a restore needs
	FolderName  string
	MessageID   string
	Sender      string
	Subject     string
	ReceivedAt  time.Time
	Read        bool
	Matched     bool // rule 8: it is the target
	Outcome     Outcome
	Reason      Reason
	FoundAt     time.Time
	SentAt      time.Time // commit of the intent of the last removal
	RemovedAt   time.Time // Microsoft's answer to it
	VerifiedAt  time.Time
	RestoredAt  time.Time
	AskedBackAt time.Time // when putting it back was asked for
	BackProblem string    // why it can't be put back, for people
	Status      int       // HTTP status of Microsoft's last answer
	Code        string    // its error code
	Answer      string    // its message
}

// TimelineEvent is one line of a record's story.
type TimelineEvent struct {
	At     time.Time
	Kind   TimelineKind
	Text   string // for people
	Detail string // what Microsoft answered, folded
}

// TimelineKind names what happened.
type TimelineKind string

// The kinds of a mailbox's timeline.
const (
	TimelineDelivered TimelineKind = "delivered"
	TimelineTraced    TimelineKind = "traced"
	TimelineResolved  TimelineKind = "resolved"
	TimelineProtected TimelineKind = "protected"
	TimelineFound     TimelineKind = "found"
	TimelineNotFound  TimelineKind = "not_found"
	TimelineIntent    TimelineKind = "intent"
	TimelineAnswer    TimelineKind = "answer"
	TimelineParked    TimelineKind = "parked"
	TimelineVerified  TimelineKind = "verified"
	TimelineOutcome   TimelineKind = "outcome"
	TimelineRecovered TimelineKind = "recovered"
	TimelineRetry     TimelineKind = "retry"
	TimelineRestored  TimelineKind = "restored"
	TimelineHandover  TimelineKind = "handover"
	TimelineOrdered   TimelineKind = "ordered"
)

// RecordFilter narrows a list of records; empty fields narrow nothing.
type RecordFilter struct {
	Outcome Outcome
	Reason  Reason
	Search  string // part of an address
	PageQuery
}

// MailboxFilter asks for what happened in one mailbox, by any address it was ever seen with.
type MailboxFilter struct {
	OrganizationID string
	Address        string
	PageQuery
}
