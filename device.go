package clawback

import "time"

// NewDevice is a Microsoft 365 tenant to be connected, with what signs us in there.
type NewDevice struct {
	OrganizationID string
	Name           string
	TenantID       string
	Connection     ConnectionKind
	ClientID       string
	ClientSecret   Secret
	CertificatePEM string
	PrivateKeyPEM  Secret
	OnboardedOn    time.Time
}

// Credential is the part that signs the app in.
func (n NewDevice) Credential() Credential {
	return Credential{ClientSecret: n.ClientSecret, CertificatePEM: n.CertificatePEM, PrivateKeyPEM: n.PrivateKeyPEM}
}

// Integration is the provider's own multi-tenant registration, with which a
// customer connects by nothing but a consent. The zero value is none.
type Integration struct {
	ClientID string
	Credential
}

// Configured says whether there is one.
func (i Integration) Configured() bool { return i.ClientID != "" }

// Credential is what signs an app in: a client secret, or a certificate with its
// private key, both PEM.
type Credential struct {
	ClientSecret   Secret
	CertificatePEM string
	PrivateKeyPEM  Secret
}

// CredentialKind says what signs an app in.
type CredentialKind string

// The kinds of credentials.
const (
	CredentialCertificate CredentialKind = "certificate"
	CredentialSecret      CredentialKind = "secret"
	CredentialIntegration CredentialKind = "integration" // the provider's own, of which a customer sees nothing
)

// PublicCredential is what may be shown of a device's credential.
type PublicCredential struct {
	Kind           CredentialKind
	CertificatePEM string    // the public part; empty for a secret
	EndsAt         time.Time // zero where it is not known
	Thumbprint     string    // SHA-1, upper case, as Entra shows it
	ClientID       string
	Next           *PublicCredential // that waits to be accepted; nil: none
}

// ConnectRequest is how an admin connects a tenant: with an app of its own, or
// with the integration, which takes the day of onboarding and neither client id
// nor credential.
type ConnectRequest struct {
	OrganizationID string
	Name           string
	Tenant         string // domain or id
	Connection     ConnectionKind
	OnboardedOn    time.Time
	ClientID       string
	Kind           CredentialKind
	ClientSecret   Secret // for CredentialSecret
}

// CredentialRequest is how an admin changes what signs a device in.
type CredentialRequest struct {
	DeviceID     string
	ClientID     string // of another app registration; empty for the present one
	Kind         CredentialKind
	ClientSecret Secret // for CredentialSecret
	Version      int    // of the device that was read
}

// DeviceChange is what an admin may change of a device at any time. Version is of
// the device that was read.
type DeviceChange struct {
	Name        string
	OnboardedOn time.Time
	Version     int
}

// Disconnection is how a device is disconnected: its name is typed once more.
type Disconnection struct {
	Confirm string
	Reason  string
}

// DisconnectFacts is what disconnecting a device stops.
type DisconnectFacts struct {
	Removals    int  // that are running
	Open        int  // mailboxes to which nothing was sent yet
	Unproved    int  // mailboxes whose removal was sent and is not proved yet
	Restores    int  // copies that wait to be put back
	Tests       int  // of the device that are running
	Remediated  bool // the auto remediation works on the device
	LastOne     bool // and on no other
	MoreSelects int  // never-remove inboxes that stay protected
}
