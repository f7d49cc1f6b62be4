package clawback

import "time"

// ActionStatus is how far the customer's work on an action is.
type ActionStatus string

// The states of an action.
const (
	ActionOpen      ActionStatus = "open"
	ActionCompleted ActionStatus = "completed"
	ActionDismissed ActionStatus = "dismissed"
)

// Action is what a customer must do itself: one per remediation and reason, listing its mailboxes.
type Action struct {
	ID                string
	OrganizationID    string
	OrganizationName  string
	RemediationID     string
	RemediationNumber int64
	Subject           string // of the email
	Sender            string
	Outcome           Outcome // protected, unreachable, denied, failed or observed
	Status            ActionStatus
	Mailboxes         []ActionMailbox
	MailboxCount      int
	Comment           string // given on completing or dismissing
	ClosedBy          string
	Assignee          string // person id; empty: the organization as a whole
	AssigneeName      string
	Comments          []ActionComment // the first said first
	CreatedAt         time.Time
	ClosedAt          time.Time
}

// ActionComment is what somebody said about an action.
type ActionComment struct {
	ID    string
	At    time.Time
	By    string
	Staff bool // said by one of the provider's people
	Text  string
}

// Assignee is a member to whom an action can be given.
type Assignee struct {
	ID   string
	Name string
	Role Role
}

// ActionMailbox is one mailbox of an action.
type ActionMailbox struct {
	RecordID   string
	Address    string
	Name       string
	Reason     Reason
	Purpose    string // of the entry that protects it
	Folder     string // where the email lies, empty when not known
	Detail     string
	RecordedAt time.Time
	Lookable   bool      // there is a mailbox into which we can look
	CheckedAt  time.Time // when somebody last had us look again
	Checked    string    // what was to be said of it, for people
}

// MaxActionLooks is how many mailboxes of an action one request looks into.
const MaxActionLooks = 100

// ActionLook is a look into mailboxes of one device that are in an action.
type ActionLook struct {
	Action      Action
	Remediation Remediation
	Connection  Connection
	Records     []ClaimedRecord
}

// ActionLooked counts what a look showed: from how many mailboxes the email is
// gone, in how many it still lies, and into how many we could not look.
type ActionLooked struct{ Gone, Left, Unknown int }

// ActionFilter narrows a list of actions; empty fields narrow nothing.
type ActionFilter struct {
	OrganizationID string
	Status         ActionStatus
	Assignee       string // person id
	PageQuery
}

// ActionFor answers whether an outcome becomes the customer's action at once.
// Failed and denied ones wait in the SOC's queue first.
func ActionFor(outcome Outcome, reason Reason) bool {
	switch outcome {
	case OutcomeProtected, OutcomeObserved:
		return true
	case OutcomeUnreachable:
		return reason != ReasonExternal && reason != ReasonContact
	}
	return false
}
