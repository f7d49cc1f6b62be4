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
	Instructions   string   // what the SOC is asked to do where an email could not be removed
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

// AutoRemediationPatch changes the answers that it names and leaves the others.
// SeenAt is when the setting, as its changer saw it, was last changed.
type AutoRemediationPatch struct {
	Mode         *Mode
	Removal      *RemovalKind
	VolumeLimit  *int
	Devices      *[]string
	Instructions *string
	SeenAt       time.Time
	// NeverRemove is the whole selection. Where SelectionSeenAt says when it was
	// seen, an entry that was selected since is not deselected by it.
	NeverRemove     *[]string
	SelectionSeenAt time.Time
}

// Over answers a setting with what the patch names.
func (p AutoRemediationPatch) Over(a AutoRemediation) AutoRemediation {
	if p.Mode != nil {
		a.Mode = *p.Mode
	}
	if p.Removal != nil {
		a.Removal = *p.Removal
	}
	if p.VolumeLimit != nil {
		a.VolumeLimit = *p.VolumeLimit
	}
	if p.Devices != nil {
		a.Devices = *p.Devices
	}
	if p.Instructions != nil {
		a.Instructions = *p.Instructions
	}
	if p.NeverRemove != nil {
		a.NeverRemove = *p.NeverRemove
	}
	return a
}

// AutoRemediationChange is one change of the setting in its history.
type AutoRemediationChange struct {
	ID            string
	At            time.Time
	By            string
	Before, After AutoRemediation
}

// WireRequest is a removal whose intent was committed before a protection came
// into force and whose answer is not in yet.
type WireRequest struct {
	RecordID      string
	RemediationID string
	Mailbox       string
	SentAt        time.Time
}
