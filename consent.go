package clawback

import "time"

// ConsentLife is how long the link of a consent can be used.
const ConsentLife = 7 * 24 * time.Hour

// ConsentStatus is what has become of a consent that was asked for.
type ConsentStatus string

// The states of a consent.
const (
	ConsentOpen     ConsentStatus = "open"
	ConsentReturned ConsentStatus = "returned" // Microsoft sent somebody back with it; only a token proves it
	ConsentRevoked  ConsentStatus = "revoked"
	ConsentExpired  ConsentStatus = "expired"
)

// Consent is one request to an administrator of a tenant, who need not have an
// account here, to grant the integration what it asks for. Its link works once.
type Consent struct {
	ID             string
	OrganizationID string
	Domain         string // of the organization
	DeviceID       string
	DeviceName     string
	TenantID       string // in which alone it counts
	ClientID       string // of the integration
	AskedBy        string
	CreatedAt      time.Time
	ExpiresAt      time.Time
	RefusedAt      time.Time // when it was refused last; it may still be given
	ReturnedAt     time.Time
	RevokedAt      time.Time
	RevokedBy      string
	ProvedAt       time.Time // when the first token was had after it
	Before         []string  // what was granted before it
	After          []string  // what the tokens of the hour after it carried
}

// Status answers what has become of the consent by now.
func (c Consent) Status(now time.Time) ConsentStatus {
	switch {
	case !c.ReturnedAt.IsZero():
		return ConsentReturned
	case !c.RevokedAt.IsZero():
		return ConsentRevoked
	case !now.Before(c.ExpiresAt):
		return ConsentExpired
	}
	return ConsentOpen
}

// Added answers what is granted since the consent and was not before.
func (c Consent) Added() []string { return beyond(c.After, c.Before) }

// Removed answers what the consent took away: a new one replaces what an earlier
// one granted.
func (c Consent) Removed() []string { return beyond(c.Before, c.After) }

// beyond answers what is in a and not in b.
func beyond(a, b []string) []string {
	has := map[string]bool{}
	for _, name := range b {
		has[name] = true
	}
	var more []string
	for _, name := range a {
		if !has[name] {
			more = append(more, name)
		}
	}
	return more
}

// ConsentMade is a new consent with the state of its link, which its maker alone
// is told.
type ConsentMade struct {
	Consent
	Token Secret
}

// ConsentOutcome is what came back from Microsoft's page.
type ConsentOutcome string

// The outcomes. What was said with a link that is of no use any more is over.
const (
	ConsentGiven       ConsentOutcome = "given"
	ConsentRefused     ConsentOutcome = "refused"
	ConsentNotAllowed  ConsentOutcome = "not_allowed" // by an account that may not consent
	ConsentUnavailable ConsentOutcome = "unavailable" // Microsoft could not do it now
	ConsentFailed      ConsentOutcome = "failed"      // Microsoft refused it for a reason of its own
	ConsentElsewhere   ConsentOutcome = "elsewhere"   // given, but in another tenant
	ConsentOver        ConsentOutcome = "over"
)

// ConsentReturn is what Microsoft sends an administrator back with. Anybody can
// write it: it proves nothing.
// https://learn.microsoft.com/entra/identity-platform/v2-admin-consent
type ConsentReturn struct {
	TenantID string
	Error    string
	Code     string // of Entra, like AADSTS65004; may be empty
}

// Outcome reads the answer for a tenant.
func (r ConsentReturn) Outcome(tenantID string) ConsentOutcome {
	switch r.Code {
	case "AADSTS90094", "AADSTS90095": // an administrator has to do it
		return ConsentNotAllowed
	}
	switch r.Error {
	case "":
	case "consent_required", "access_denied", "permission_denied":
		return ConsentRefused
	case "server_error", "temporarily_unavailable":
		return ConsentUnavailable
	default:
		return ConsentFailed
	}
	if r.TenantID != tenantID {
		return ConsentElsewhere
	}
	return ConsentGiven
}
