package clawback

import (
	"regexp"
	"strings"
	"time"
)

// Organization is a customer; everything belongs to one.
type Organization struct {
	ID        string
	Name      string
	TenantID  string
	Domain    string
	Mode      Mode
	CreatedAt time.Time
}

// NewOrganization is a customer to come; ID may be left to the store.
type NewOrganization struct {
	ID       string
	Name     string
	TenantID string
	Domain   string
}

// OrganizationSummary is what a list of organizations tells of one, to see which needs somebody.
type OrganizationSummary struct {
	Organization
	EngagementManager string
	Admins            int
	Devices           []DeviceHealth
	OpenActions       int
	Waiting           int // remediations that wait for a person
	LastRemovalAt     time.Time
}

// Broken counts the devices that broke.
func (s OrganizationSummary) Broken() int {
	n := 0
	for _, d := range s.Devices {
		if d.Broken() {
			n++
		}
	}
	return n
}

// Furthest answers the device whose setup is furthest on; false where none is connected.
func (s OrganizationSummary) Furthest() (DeviceHealth, bool) {
	var furthest DeviceHealth
	for i, d := range s.Devices {
		if i == 0 || d.Passing() > furthest.Passing() {
			furthest = d
		}
	}
	return furthest, len(s.Devices) > 0
}

// StuckSince answers since when the setup of one of its devices waits for somebody, the longest; since the
// organization is there where it has none. It is zero where nothing waits.
func (s OrganizationSummary) StuckSince() time.Time {
	if len(s.Devices) == 0 {
		return s.CreatedAt
	}
	var longest time.Time
	for _, d := range s.Devices {
		if since := d.StuckSince(); !since.IsZero() && (longest.IsZero() || since.Before(longest)) {
			longest = since
		}
	}
	return longest
}

// Trouble says how much the organization needs somebody: what broke comes first, since its people rely on it, then what
// nobody can remove from yet, then what does not remove by choice, then what waits for people.
func (s OrganizationSummary) Trouble() int {
	trouble := min(s.OpenActions, 50) + min(s.Waiting, 50)
	if s.Broken() > 0 {
		trouble += 2000
	}
	if furthest, connected := s.Furthest(); !connected {
		trouble += 1000
	} else if !furthest.Ready() {
		trouble += 250
	}
	if s.Admins == 0 {
		trouble += 500
	}
	switch s.Mode {
	case ModeOff:
		trouble += 200
	case ModeObserve:
		trouble += 100
	}
	return trouble
}

// OrganizationOrder is how a list of organizations is sorted.
type OrganizationOrder string

// The orders.
const (
	OrderByNeed  OrganizationOrder = ""      // those that need somebody first
	OrderByStuck OrganizationOrder = "stuck" // those whose setup waits longest first
	OrderByName  OrganizationOrder = "name"
)

// OrganizationFilter narrows a list of organizations; Search is words of a name, a domain or a tenant id.
type OrganizationFilter struct {
	Search string
	Order  OrganizationOrder
	PageQuery
}

// OrganizationFacts is what happened in an organization since a moment, and what waits there now.
type OrganizationFacts struct {
	EngagementManager Person // without an id: nobody
	Members           int
	Admins            int
	Invitations       int // that are open
	OpenActions       int
	Since             time.Time
	Removed           int           // emails
	TimeToGone        time.Duration // the median
	Contained         int           // remediations it is the median of
}

var domainShape = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// NormalizeDomain answers a domain in lower case. It returns KindInvalid for what is none.
func NormalizeDomain(input string) (string, error) {
	domain := strings.TrimSuffix(strings.ToLower(strings.TrimSpace(input)), ".")
	if domain == "" {
		return "", Invalid("domain", "Enter the organization's domain, like example.com.")
	}
	if len(domain) > 253 || !domainShape.MatchString(domain) {
		return "", Invalid("domain", "“%s” is not a domain. Write it like example.com, without @ or https://.", shorten(domain, 100))
	}
	return domain, nil
}

func shorten(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// Device is a Microsoft 365 tenant that an organization connected.
type Device struct {
	ID             string
	OrganizationID string
	Name           string
	TenantID       string
	Connection     ConnectionKind
	ClientID       string
	OnboardedOn    time.Time
	CreatedAt      time.Time
	Version        int // counts the changes
	DisconnectedAt time.Time
	DisconnectedBy string
	Next           NextCredential
}

// NextCredential is a credential that waits beside the present one until Microsoft
// accepts it; At is zero where there is none. Problem is why it was not accepted
// when it was tried last.
type NextCredential struct {
	ClientID string
	At       time.Time
	By       string
	Problem  string
}

// Disconnected says whether the device is only kept for its history.
func (d Device) Disconnected() bool { return !d.DisconnectedAt.IsZero() }

// ConnectionKind says whose app registration a device uses.
type ConnectionKind string

// The kinds of connections.
const (
	ConnectionIntegration ConnectionKind = "integration"
	ConnectionCustomApp   ConnectionKind = "custom_app"
)

// Legacy says whether the device was onboarded with the integration before that
// asked for Exchange.ManageAsApp. It explains what lacks; what is really granted
// decides.
func (d Device) Legacy() bool {
	return d.Connection == ConnectionIntegration && !d.OnboardedOn.IsZero() && d.OnboardedOn.Before(IntegrationComplete())
}

// IntegrationComplete is the day since which the integration asks for
// Exchange.ManageAsApp.
func IntegrationComplete() time.Time { return time.Date(2026, time.March, 12, 0, 0, 0, 0, time.UTC) }

// Connection is what a call to Microsoft needs of a device: either a client
// secret or a certificate with its private key, both PEM.
type Connection struct {
	DeviceID       string
	OrganizationID string
	TenantID       string
	Kind           ConnectionKind
	Disconnected   bool
	ClientID       string
	ClientSecret   Secret
	CertificatePEM string
	PrivateKeyPEM  Secret
}
