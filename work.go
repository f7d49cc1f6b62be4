package clawback

import "time"

// Work is what the engine knows of a remediation when it begins a step: the
// remediation, the devices it works on, and what the organization protects.
type Work struct {
	Remediation Remediation
	Connections []Connection
	NeverRemove []ContextEntry
}

// TracedMailbox is one mailbox that the trace and the directory named. Outcome
// is set where they already say that there is nothing to remove.
type TracedMailbox struct {
	DeviceID    string
	Mailbox     Mailbox
	Recipients  []string
	Origin      Origin
	Targets     []int // positions of the targets that the trace named it for; empty for all
	Delivery    DeliveryStatus
	DeliveredAt time.Time
	Outcome     Outcome
	Reason      Reason
	Detail      string
}

// TraceFinding is the whole answer to "who received it".
type TraceFinding struct {
	Targets        []Target // completed from what was found
	Variants       []Variant
	Similar        []FoundEmail // of a preview: further emails with a target's sender and subject
	SimilarUnknown bool
	Recipients     int
	Mailboxes      []TracedMailbox
}

// Claim is a batch of mailboxes of one device, leased to one worker. A write
// with a fence that is no longer the record's changes nothing.
type Claim struct {
	Remediation Remediation
	Connection  Connection
	Records     []ClaimedRecord
}

// ClaimedRecord is one leased mailbox. LookOnly says that a removal was
// announced and its result is not known, so nothing may be sent before a look.
type ClaimedRecord struct {
	EmailRecord
	Fence    int64
	Rechecks int
	LookOnly bool
}

// Finding is what a look into one mailbox before a removal showed.
type Finding struct {
	RecordID string
	Fence    int64
	Mailbox  Mailbox // as looked up, when it was looked up again
	Copies   []FoundCopy
	Matched  []bool // for each copy: it is the target
	Outcome  Outcome
	Reason   Reason
	Detail   string
	Answer   Answer
	Park     time.Duration // above zero: look again after so long
}

// Looked says whether the mailbox could be looked into.
func (f Finding) Looked() bool {
	switch f.Outcome {
	case OutcomeNone, OutcomeNotFound, OutcomeAlreadyGone:
		return f.Park == 0
	}
	return false
}

// Intent is one removal that is committed and may go out until SendBy.
type Intent struct {
	ID          string
	RecordID    string
	CopyID      string
	Fence       int64
	MailboxID   string
	ImmutableID string
	Permanent   bool
	Order       Order // that excepted a protected mailbox; zero for any other removal
	CommittedAt time.Time
}

// IntentResult closes an intent with what Microsoft answered.
type IntentResult struct {
	Intent Intent
	Answer Answer
}

// Verification is what a look after the removal showed of one mailbox.
type Verification struct {
	RecordID string
	Fence    int64
	Copies   []CopyVerdict
	Again    bool          // look and remove again: something is still visible
	Park     time.Duration // above zero: could not be looked at, or proof is missing; look again after so long
	Answer   Answer        // of the look that could not be made
	Outcome  Outcome       // of what is visible and that nothing was sent for
	Reason   Reason
}

// CopyVerdict is the proof for one copy.
type CopyVerdict struct {
	CopyID  string
	Outcome Outcome
	Reason  Reason
}

// UnnamedFolder is a folder of which only the id is known.
type UnnamedFolder struct {
	DeviceID  string
	MailboxID string
	FolderID  string
}
