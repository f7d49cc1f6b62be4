package clawback

import "time"

// ForwardedStepLife is how long the link to a forwarded step works.
const ForwardedStepLife = 14 * 24 * time.Hour

// ForwardedStepShown is how long its maker can read the link again.
const ForwardedStepShown = 10 * time.Minute

// MaxForwardedSteps is how many links to one step of a device work at a time.
const MaxForwardedSteps = 10

// CheckRest is how long a device's last check is left alone by pages that look
// by themselves, however many of them are open.
const CheckRest = 30 * time.Second

// ForwardedStep is a step of a device's setup as somebody without an account
// here sees it: what to do in Microsoft's admin centers, and nothing that Clawback
// found. Its link works more than once, since it may be read over days.
type ForwardedStep struct {
	ID             string
	OrganizationID string
	DeviceID       string
	Step           SetupStep
	By             string
	CreatedAt      time.Time
	ExpiresAt      time.Time
	OpenedAt       time.Time // first; zero: never
	DoneAt         time.Time // when its bearer said last that it is done; zero: never
	RevokedAt      time.Time
	RevokedBy      string
}

// Works says whether the link is of use.
func (f ForwardedStep) Works(now time.Time) bool {
	return f.RevokedAt.IsZero() && now.Before(f.ExpiresAt)
}

// ForwardedStepStatus is what has become of a link to a forwarded step.
type ForwardedStepStatus string

// The states of a link.
const (
	ForwardedUnopened  ForwardedStepStatus = "not_opened"
	ForwardedOpened    ForwardedStepStatus = "opened"
	ForwardedDone      ForwardedStepStatus = "said_to_be_done" // its bearer's word, which proves nothing
	ForwardedWithdrawn ForwardedStepStatus = "withdrawn"
	ForwardedExpired   ForwardedStepStatus = "expired"
)

// Status answers what has become of the link by now.
func (f ForwardedStep) Status(now time.Time) ForwardedStepStatus {
	switch {
	case !f.RevokedAt.IsZero():
		return ForwardedWithdrawn
	case !f.Works(now):
		return ForwardedExpired
	case !f.DoneAt.IsZero():
		return ForwardedDone
	case !f.OpenedAt.IsZero():
		return ForwardedOpened
	}
	return ForwardedUnopened
}

// ForwardedStepMade is a new one with its token, which its maker alone is told.
type ForwardedStepMade struct {
	ForwardedStep
	Token Secret
}

// ForwardedHelp is all that the bearer of a link is told.
type ForwardedHelp struct {
	ForwardedStep
	Device      Device
	PrincipalID string // of the app's service principal, "" where it is not known
	Credential  PublicCredential
}
