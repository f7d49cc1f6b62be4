package clawback

import (
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ReviewStatus is how far the engagement manager's review of an entry is.
type ReviewStatus string

// The review's states.
const (
	ReviewRequested        ReviewStatus = "review_requested"
	ReviewChangesRequested ReviewStatus = "changes_requested"
	ReviewApproved         ReviewStatus = "approved"
	ReviewDeclined         ReviewStatus = "declined"
)

// Valid says whether the status is one of the four.
func (s ReviewStatus) Valid() bool {
	return s == ReviewRequested || s == ReviewChangesRequested || s == ReviewApproved || s == ReviewDeclined
}

// ContextEntry is an inbox the organization told us about. It protects nothing
// until the auto remediation selects it.
type ContextEntry struct {
	ID             string
	OrganizationID string
	Address        string
	Purpose        string
	Note           string
	Owner          string
	Status         ReviewStatus
	ReviewComment  string
	StartsAt       time.Time // zero: from the beginning
	EndsAt         time.Time // zero: no end
	Selected       bool
	SelectedAt     time.Time
	SelectedBy     string
	MailboxID      string   // object id it resolved to, empty when it did not
	MailboxName    string   //
	Addresses      []string // every address of the resolved mailbox, lower case
	ResolvedAt     time.Time
	ResolveProblem string // why it did not resolve, for people
	CreatedBy      string
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// InForce says whether the entry protects its inbox now, and why or why not,
// in words for people. A selected entry protects whatever its review says.
func (e ContextEntry) InForce(now time.Time) (inForce bool, why string) {
	switch {
	case !e.Selected:
		return false, "Not selected in the auto remediation, so it protects nothing."
	case e.Status == ReviewDeclined:
		return true, "Selected, so it protects; its review was declined: needs decision."
	case e.Ended(now):
		return true, "Selected, so it protects; its end has passed: needs decision."
	case e.MailboxID == "":
		return true, "Selected; protects by its address as typed, because no mailbox was found for it."
	default:
		return true, "Selected in the auto remediation."
	}
}

// NeedsDecision says whether the entry protects although its review or its end
// says otherwise: only the customer's admin can end that.
func (e ContextEntry) NeedsDecision(now time.Time) bool {
	return e.Selected && (e.Status == ReviewDeclined || e.Ended(now))
}

// Ended says whether the entry's last day is over.
func (e ContextEntry) Ended(now time.Time) bool { return !e.EndsAt.IsZero() && now.After(e.EndsAt) }

// NewContextEntry is what a person proposes.
type NewContextEntry struct {
	Address string
	Purpose string
	Note    string
	Owner   string
	EndsAt  time.Time // zero: no end
}

// ContextChange is an entry as it is proposed anew. Comment tells the reviewer
// what changed. SeenAt is when the entry, as its changer saw it, was last
// changed; zero compares nothing.
type ContextChange struct {
	NewContextEntry
	Comment string
	SeenAt  time.Time
}

// ContextDecision is the engagement manager's word on an entry, as it was seen.
type ContextDecision struct {
	Status  ReviewStatus
	Comment string
	SeenAt  time.Time // as in ContextChange
}

// ContextStepKind says what happened to an entry.
type ContextStepKind string

// The kinds of steps; the review's words are steps as well.
const (
	ContextProposed   ContextStepKind = "proposed"
	ContextChanged    ContextStepKind = "changed"
	ContextSelected   ContextStepKind = "selected"
	ContextDeselected ContextStepKind = "deselected"
)

// ContextStep is one thing that happened to an entry, with the words that came
// along.
type ContextStep struct {
	Kind    ContextStepKind
	By      string
	At      time.Time
	Comment string
}

// ImpactWindow is how far back the impact of an entry is counted.
const ImpactWindow = 90 * 24 * time.Hour

// NormalizeAddress answers an email address in lower case without its display
// name. It returns KindInvalid for what is no address, and for one with a
// character that nobody sees: two addresses that look the same are none to review.
func NormalizeAddress(input string) (string, error) {
	trimmed := strings.TrimSpace(input)
	if trimmed == "" {
		return "", Invalid("address", "Enter an email address.")
	}
	if i := strings.IndexFunc(trimmed, unseen); i >= 0 {
		r, _ := utf8.DecodeRuneInString(trimmed[i:])
		return "", Invalid("address", "This address holds an invisible character (U+%04X). Type it by hand instead of pasting it.", r)
	}
	parsed, err := mail.ParseAddress(trimmed)
	if err != nil || !strings.Contains(parsed.Address, "@") {
		return "", Invalid("address", "“%s” is not an email address. Write it like name@example.com.", trimmed)
	}
	return strings.ToLower(parsed.Address), nil
}

func unseen(r rune) bool {
	return r != ' ' && unicode.In(r, unicode.C, unicode.Z, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}
