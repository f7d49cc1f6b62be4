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
	SourceSearch    TargetSource = "search"   // chosen from a search of the message trace
	SourceSimilar   TargetSource = "similar"  // another id with the sender and subject of a target, included by a click
	SourceAccepted  TargetSource = "accepted" // a copy that differed, of which the SOC said that it is the email too
)

// The most targets of a remediation that are asked for; what the SOC accepts
// later comes on top. A position has three digits.
const (
	MaxTargets   = 900
	MaxPositions = 1000
)

// Target is one email to remove. Sender, subject and time come from the .eml,
// or, for a typed Message-ID and for what a search found, from the copies the
// preview finds.
type Target struct {
	Source       TargetSource `json:"source"`
	MessageID    string       `json:"internet_message_id"`
	Sender       string       `json:"sender"` // of the header From
	Subject      string       `json:"subject"`
	ReceivedFrom time.Time    `json:"received_from"`
	ReceivedTo   time.Time    `json:"received_to"`
	Envelope     string       `json:"envelope"` // the sender as the message trace names it, where known
	Mailbox      string       `json:"mailbox"`  // the one mailbox that is meant, by an address; empty for every one
}

// In says whether the target is meant in a mailbox.
func (t Target) In(mailbox Mailbox) bool { return t.Mailbox == "" || mailbox.Has(t.Mailbox) }

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

// SameEmail says whether two targets mean the same email in the same mailboxes:
// their ids agree, and their senders where both are known.
func (t Target) SameEmail(other Target) bool {
	senders := t.Sender == "" || other.Sender == "" || strings.EqualFold(t.Sender, other.Sender)
	return t.MessageID == other.MessageID && senders && t.Mailbox == other.Mailbox
}

func (t Target) received(at time.Time) bool {
	if t.ReceivedFrom.IsZero() || t.ReceivedTo.IsZero() || at.IsZero() {
		return false
	}
	return !at.Before(t.ReceivedFrom) && !at.After(t.ReceivedTo)
}

func sameSubject(a, b string) bool { return SubjectKey(a) == SubjectKey(b) }

// SubjectKey answers what is equal for subjects that differ in case and folding only.
func SubjectKey(subject string) string {
	return strings.ToLower(strings.Join(strings.Fields(subject), " "))
}

// MessageIDKey answers what is equal for the spellings of one Message-ID in the
// message trace: with or without brackets, in any case.
func MessageIDKey(id string) string {
	return strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(id), "<"), ">"))
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
