package clawback

import (
	"strings"
	"time"
)

// The window around an email's date in which a copy's arrival agrees with it.
const (
	arrivesBefore = time.Hour // clocks differ
	arrivesAfter  = 48 * time.Hour
)

// MaxTraceAge is how far back Microsoft's message trace answers.
const MaxTraceAge = 90 * 24 * time.Hour

// TargetSource says what the SOC gave us of the email.
type TargetSource string

// The sources of a target.
const (
	SourceMessageID TargetSource = "message_id"
	SourceEML       TargetSource = "eml"
)

// Target is the email to remove. Sender, subject and time come from the .eml,
// or, for a typed Message-ID, from the copies the preview finds.
type Target struct {
	Source       TargetSource `json:"source"`
	MessageID    string       `json:"internet_message_id"`
	Sender       string       `json:"sender"`
	Subject      string       `json:"subject"`
	ReceivedFrom time.Time    `json:"received_from"`
	ReceivedTo   time.Time    `json:"received_to"`
}

// Known says whether there is enough to tell the email from another with its id.
func (t Target) Known() bool { return t.Sender != "" }

// Around sets the window of arrival from the email's own date.
func (t Target) Around(date time.Time) Target {
	if date.IsZero() {
		return t
	}
	t.ReceivedFrom = date.Add(-arrivesBefore).UTC()
	t.ReceivedTo = date.Add(arrivesAfter).UTC()
	return t
}

// Matches says whether a copy is the target: its id and sender are the
// target's and its subject or its time agrees. An id alone is not the email.
func (t Target) Matches(c FoundCopy) bool {
	if c.MessageID != t.MessageID || !t.Known() {
		return false
	}
	if !strings.EqualFold(strings.TrimSpace(c.Sender), t.Sender) {
		return false
	}
	return sameSubject(t.Subject, c.Subject) || t.received(c.ReceivedAt)
}

func (t Target) received(at time.Time) bool {
	if t.ReceivedFrom.IsZero() || t.ReceivedTo.IsZero() || at.IsZero() {
		return false
	}
	return !at.Before(t.ReceivedFrom) && !at.After(t.ReceivedTo)
}

func sameSubject(a, b string) bool {
	return strings.EqualFold(strings.Join(strings.Fields(a), " "), strings.Join(strings.Fields(b), " "))
}

// NormalizeMessageID answers a Message-ID in angle brackets. It returns
// KindInvalid for what can't be one.
func NormalizeMessageID(input string) (string, error) {
	id := strings.TrimSpace(input)
	if id == "" {
		return "", Invalid("internet_message_id", "Enter a Message-ID, or choose the email as an .eml file.")
	}
	id = strings.TrimSuffix(strings.TrimPrefix(id, "<"), ">")
	if id == "" || len(id) > 990 || strings.ContainsAny(id, "<> \t\r\n\x00") {
		return "", Invalid("internet_message_id", "This is not a Message-ID. It looks like <abc@example.com>, without spaces inside.")
	}
	return "<" + id + ">", nil
}
