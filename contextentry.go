package clawback

import (
	"net/mail"
	"strings"
	"time"
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
	case !e.EndsAt.IsZero() && now.After(e.EndsAt):
		return true, "Selected, so it protects; its end has passed: needs decision."
	case e.MailboxID == "":
		return true, "Selected; protects by its address as typed, because no mailbox was found for it."
	default:
		return true, "Selected in the auto remediation."
	}
}

// NewContextEntry is what a person proposes.
type NewContextEntry struct {
	Address string
	Purpose string
	Note    string
}

// NormalizeAddress answers an email address in lower case without its display
// name. It returns KindInvalid for what is no address.
func NormalizeAddress(input string) (string, error) {
	trimmed := strings.TrimSpace(input)
	if trimmed == "" {
		return "", Invalid("address", "Enter an email address.")
	}
	parsed, err := mail.ParseAddress(trimmed)
	if err != nil || !strings.Contains(parsed.Address, "@") {
		return "", Invalid("address", "“%s” is not an email address. Write it like name@example.com.", trimmed)
	}
	return strings.ToLower(parsed.Address), nil
}
