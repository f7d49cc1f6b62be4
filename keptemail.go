package clawback

import "time"

// KeptEmailRetention is how long an email is kept that was deleted for good,
// unless the installation says otherwise.
const KeptEmailRetention = 90 * 24 * time.Hour

// KeptEmail is an email that was kept, encrypted, before it was deleted for good:
// once for each Message-ID of a remediation, from the first mailbox it was found in.
type KeptEmail struct {
	ID             string
	RemediationID  string
	OrganizationID string
	MessageID      string
	Mailbox        string // its primary address
	Size           int    // bytes
	SHA256         string // of the email, in hex
	KeptAt         time.Time
	ExpiresAt      time.Time
	Content        []byte // RFC 5322; only where the email itself was asked for
}
