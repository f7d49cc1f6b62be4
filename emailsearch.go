package clawback

import (
	"strings"
	"time"
)

// EmailSearch asks the message trace for emails. The sender is the envelope's;
// a subject contains the words as they stand.
type EmailSearch struct {
	Sender  string
	Subject string
	From    time.Time // the default is two days ago
	To      time.Time // the default is now
}

// defaultSearchSpan is how far back a search goes that says nothing of time.
const defaultSearchSpan = 48 * time.Hour

// Normalize answers the search as it is asked, with its defaults. It returns
// KindInvalid about a field.
func (s EmailSearch) Normalize(now time.Time) (EmailSearch, error) {
	s.Sender, s.Subject = strings.ToLower(strings.TrimSpace(s.Sender)), strings.TrimSpace(s.Subject)
	if s.Sender == "" && s.Subject == "" {
		return s, Invalid("sender", "Enter the sender, or words of the subject: a search by time alone would find every email.")
	}
	if s.Sender != "" {
		if _, err := NormalizeAddress(s.Sender); err != nil {
			return s, Invalid("sender", "This is not an email address. Write it like name@example.com.")
		}
	}
	if len(s.Subject) > 500 {
		return s, Invalid("subject", "Enter a shorter part of the subject.")
	}
	if s.To.IsZero() || s.To.After(now) {
		s.To = now
	}
	if s.From.IsZero() {
		s.From = s.To.Add(-defaultSearchSpan)
	}
	if s.From.Before(now.Add(-MaxTraceAge)) {
		return s, Invalid("received_from", "Microsoft’s message trace goes back 90 days. Choose a later time.")
	}
	if !s.From.Before(s.To) {
		return s, Invalid("received_to", "The end of the time lies before its beginning.")
	}
	return s, nil
}

// FoundEmail is one email that a search found: all rows of the trace with its id.
type FoundEmail struct {
	Target
	FirstAt    time.Time `json:"first_at"` // of its deliveries
	Recipients int       `json:"recipients"`
}

// FoundEmails is what a search found, those with the most recipients first.
// There are More where it found more emails than a remediation may have targets.
type FoundEmails struct {
	Emails []FoundEmail
	More   bool
}
