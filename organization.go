package clawback

import "time"

// Organization is a customer; everything belongs to one.
type Organization struct {
	ID        string
	Name      string
	TenantID  string
	Domain    string
	Mode      Mode
	CreatedAt time.Time
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
}

// ConnectionKind says whose app registration a device uses.
type ConnectionKind string

// The kinds of connections.
const (
	ConnectionIntegration ConnectionKind = "integration"
	ConnectionCustomApp   ConnectionKind = "custom_app"
)

// Connection is what a call to Microsoft needs of a device: either a client
// secret or a certificate with its private key, both PEM.
type Connection struct {
	DeviceID       string
	OrganizationID string
	TenantID       string
	ClientID       string
	ClientSecret   Secret
	CertificatePEM string
	PrivateKeyPEM  Secret
}
