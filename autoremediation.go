package clawback

import "time"

// Mode says how far Clawback goes in an organization.
type Mode string

// The modes: nothing, everything but the removal, everything.
const (
	ModeOff     Mode = "off"
	ModeObserve Mode = "observe"
	ModeEnforce Mode = "enforce"
)

// Valid says whether the mode is one of the three.
func (m Mode) Valid() bool { return m == ModeOff || m == ModeObserve || m == ModeEnforce }

// RemovalKind says where a removed email goes.
type RemovalKind string

// A soft removal moves to Recoverable Items and can be undone, a hard one can't.
const (
	RemovalSoft RemovalKind = "soft"
	RemovalHard RemovalKind = "hard"
)

// DefaultVolumeLimit is the number of mailboxes one remediation may clean
// without a second person's approval, until the organization sets its own.
const DefaultVolumeLimit = 500

// AutoRemediation is an organization's setting for removing malicious email.
type AutoRemediation struct {
	OrganizationID string
	Mode           Mode
	Removal        RemovalKind
	VolumeLimit    int
	NeverRemove    []string // ids of the selected context entries
	Devices        []string // ids of the devices it works on
	AgreedAt       time.Time
	AgreedBy       string
	ChangedAt      time.Time
	ChangedBy      string
}

// AutoRemediationSaved answers a change of the setting: since when it is in
// force, and which requests for mailboxes that it newly protects were already
// on the wire.
type AutoRemediationSaved struct {
	AutoRemediation
	InForceSince time.Time
	OnTheWire    []WireRequest
}

// WireRequest is a removal whose intent was committed before a protection came
// into force and whose answer is not in yet.
type WireRequest struct {
	RecordID      string
	RemediationID string
	Mailbox       string
	SentAt        time.Time
}
