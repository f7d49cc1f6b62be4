package clawback

import (
	"slices"
	"time"
)

// CanaryProof is what a canary shows of a device.
type CanaryProof string

// The proofs. The first places a message of our own and takes it away again; the
// second waits for an email from outside, which the ordinary engine removes.
const (
	ProofCanRemove CanaryProof = "can_remove"
	ProofEndToEnd  CanaryProof = "end_to_end"
)

// Valid says whether there is such a proof.
func (p CanaryProof) Valid() bool { return p == ProofCanRemove || p == ProofEndToEnd }

// CanaryStatus is how far a canary is.
type CanaryStatus string

// The statuses. A running canary of an email from outside waits for it, or for
// the engine.
const (
	CanaryRunning CanaryStatus = "running"
	CanaryProved  CanaryStatus = "proved"
	CanaryFailed  CanaryStatus = "failed"
)

// CanaryStep is one step of a canary.
type CanaryStep string

// The steps of both proofs. CanaryCleanUp takes our own message away after a run
// that did not come to its end.
const (
	CanaryPlace          CanaryStep = "place"
	CanaryFind           CanaryStep = "find"
	CanaryRemove         CanaryStep = "remove"
	CanaryVerifyRemoved  CanaryStep = "verify_removed"
	CanaryRestore        CanaryStep = "restore"
	CanaryVerifyRestored CanaryStep = "verify_restored"
	CanaryDelete         CanaryStep = "delete"
	CanaryVerifyDeleted  CanaryStep = "verify_deleted"
	CanaryCleanUp        CanaryStep = "clean_up"

	CanaryArrive  CanaryStep = "arrive"
	CanaryEngine  CanaryStep = "engine"
	CanaryCleared CanaryStep = "cleared"
)

// Steps lists what a canary of this kind goes through.
func (p CanaryProof) Steps() []CanaryStep {
	if p == ProofEndToEnd {
		return []CanaryStep{CanaryArrive, CanaryEngine, CanaryCleared}
	}
	return []CanaryStep{CanaryPlace, CanaryFind, CanaryRemove, CanaryVerifyRemoved, CanaryRestore, CanaryVerifyRestored, CanaryDelete, CanaryVerifyDeleted}
}

// Changes says whether the step changes a mailbox, so that it needs an intent.
func (s CanaryStep) Changes() bool {
	return slices.Contains([]CanaryStep{CanaryPlace, CanaryRemove, CanaryRestore, CanaryDelete, CanaryCleanUp}, s)
}

// CanaryLine is one step that was begun: the intent before the call, the result
// after it. Without EndedAt its result is not known.
type CanaryLine struct {
	ID        string
	Step      CanaryStep
	Asked     string
	Found     string
	OK        bool
	Status    int    // HTTP, 0 where there was none
	Code      string // Microsoft's
	RequestID string
	StartedAt time.Time
	EndedAt   time.Time
}

// Open says whether the result is not known.
func (l CanaryLine) Open() bool { return l.EndedAt.IsZero() }

// Took is how long the step took; zero while it is open.
func (l CanaryLine) Took() time.Duration {
	if l.Open() {
		return 0
	}
	return l.EndedAt.Sub(l.StartedAt)
}

// CanaryCause names why a canary failed.
type CanaryCause string

// The causes.
const (
	CanaryNoProblem         CanaryCause = ""
	CanaryAccessPolicy      CanaryCause = "access_policy"
	CanaryPermissionMissing CanaryCause = "permission_missing"
	CanaryScopedAccess      CanaryCause = "scoped_access" // RBAC for Applications leaves the mailbox out
	CanaryNoMailbox         CanaryCause = "no_mailbox"
	CanaryNoRoom            CanaryCause = "no_room" // Recoverable Items is full, which a hold does
	CanaryNotConnected      CanaryCause = "not_connected"
	CanaryUnavailable       CanaryCause = "unavailable"
	CanaryNotThere          CanaryCause = "not_there" // a look did not show what the step before it did
	CanaryProtected         CanaryCause = "protected" // the never-remove list took the mailbox in meanwhile
	CanaryHalted            CanaryCause = "halted"
	CanaryInterrupted       CanaryCause = "interrupted"
	CanaryNotArrived        CanaryCause = "not_arrived"
	CanaryTraceClosed       CanaryCause = "trace_closed"
	CanaryNotInMailbox      CanaryCause = "not_in_mailbox" // it arrived, but the mailbox was not among those it reached
	CanaryEngineFailed      CanaryCause = "engine_failed"
	CanaryNotEnforced       CanaryCause = "not_enforced" // the ordinary engine removes nothing through this device
	CanaryStopped           CanaryCause = "stopped"
)

// CanaryProblem is why a canary failed, with what to do next and by whom. The
// zero problem is none.
type CanaryProblem struct {
	Cause   CanaryCause
	Finding string
	Advice  string
	Who     string
	Place   AdminPlace
}

// Canary is one proof of a device on a mailbox that an admin named.
type Canary struct {
	ID             string
	OrganizationID string
	DeviceID       string
	Proof          CanaryProof
	Status         CanaryStatus
	Mailbox        Mailbox
	Subject        string
	MessageID      string // of our own message, or of the email that arrived
	ImmutableID    string // of our own message, since it was placed
	Problem        CanaryProblem
	LeftBehind     bool // our own message could not be taken away
	RemediationID  string
	StartedBy      string
	StartedByName  string
	StartedAt      time.Time
	EndedAt        time.Time
	NextAt         time.Time // of an email from outside: the next look
	GivesUpAt      time.Time // of an email from outside: until when it is waited for
	Lines          []CanaryLine
}

// Line answers the last line of a step; false where it was not begun.
func (c Canary) Line(step CanaryStep) (CanaryLine, bool) {
	for _, line := range slices.Backward(c.Lines) {
		if line.Step == step {
			return line, true
		}
	}
	return CanaryLine{}, false
}

// Ended says whether nothing more happens by itself.
func (c Canary) Ended() bool { return c.Status != CanaryRunning }

// Waiting says whether an email from outside is waited for, and none has come.
func (c Canary) Waiting() bool {
	return c.Status == CanaryRunning && c.Proof == ProofEndToEnd && c.RemediationID == ""
}

// NewCanary is what an admin asks for: the mailbox as the directory answers it now.
type NewCanary struct {
	DeviceID string
	Proof    CanaryProof
	Mailbox  Mailbox
}

// CanaryWork is a canary that a worker took. CleanUp says that an earlier run of
// it did not end: nothing but our own message's removal is left to do.
type CanaryWork struct {
	Canary     Canary
	Connection Connection
	CleanUp    bool
}

// CanaryWait is how long an email from outside is waited for, CanaryLook how
// often the message trace is asked meanwhile.
const (
	CanaryWait = time.Hour
	CanaryLook = 15 * time.Second
)

// ProofLevel is how much of a device's removal is shown.
type ProofLevel int

// The levels: nothing, the permission is granted, it removed a message of our
// own, it removed an email from outside by trace and engine.
const (
	LevelNone ProofLevel = iota
	LevelGranted
	LevelCanRemove
	LevelEndToEnd
)

// Proved answers the last canary of a device that came to its end; false for none.
func (s DeviceSetup) Proved(proof CanaryProof) (Canary, bool) {
	for _, c := range s.Canaries {
		if c.Proof == proof && c.Status == CanaryProved {
			return c, true
		}
	}
	return Canary{}, false
}

// Level answers how much of the device's removal is shown. What a check that
// fails contradicts counts no longer; one that opens some mailboxes only does not
// contradict what was done in one of them.
func (s DeviceSetup) Level() ProofLevel {
	check, made := s.Check(StepRemoval)
	if made && check.Status == CheckFail {
		return LevelNone
	}
	if _, ok := s.Proved(ProofEndToEnd); ok {
		return LevelEndToEnd
	}
	if _, ok := s.Proved(ProofCanRemove); ok {
		return LevelCanRemove
	}
	if made && check.Status == CheckPass {
		return LevelGranted
	}
	return LevelNone
}

// PlaceRequest asks for a message in the Inbox of a mailbox, as if it had been
// received.
type PlaceRequest struct {
	MailboxID string
	Address   string // of the mailbox, as sender and recipient
	MessageID string
	Subject   string
	Text      string
}

// PlaceAnswer is the message that was made; only where Answer is OK.
type PlaceAnswer struct {
	Copy   FoundCopy
	Answer Answer
}
