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
