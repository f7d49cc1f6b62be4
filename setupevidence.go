package clawback

import (
	"slices"
	"time"
)

// Ids of Microsoft's own, the same in every tenant:
// https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
const (
	ExchangeAppID         = "00000002-0000-0ff1-ce00-000000000000" // Office 365 Exchange Online
	GraphAppID            = "00000003-0000-0000-c000-000000000000"
	MessageTraceAppID     = "8bd644d1-64a1-4d4b-ae52-2e0cbf64e373"
	SecurityReaderRoleID  = "5d6b6bb7-de71-4623-b4af-96380a352509"
	ManageAsAppRoleID     = "dc50a0fb-09a3-484d-be87-e023b12c6440"
	MailReadWriteRoleID   = "e2a3a72e-5f79-4c64-b1b1-878b674786c9"
	ManageAsAppPermission = "Exchange.ManageAsApp"
	MailReadWrite         = "Mail.ReadWrite"
	// MessageTracePermission opens the message trace by Graph.
	MessageTracePermission = "ExchangeMessageTrace.Read.All"
	// implicitAppRole stands in the wids of every app-only token and names no role.
	implicitAppRole = "0997a1d0-0d1d-4acb-b408-d5ca73121e90"
)

// Probe is one look at Microsoft: what was asked and what came back. A zero
// answer was not asked for.
type Probe struct {
	Asked  string
	Answer Answer
}

// OK says whether the look answered.
func (p Probe) OK() bool { return p.Answer.Kind == AnswerOK }

// Refused says that the app may not look there.
func (p Probe) Refused() bool {
	return p.Answer.Kind == AnswerDenied || p.Answer.Kind == AnswerUnauthorized
}

// Absent says that Microsoft knows no such thing.
func (p Probe) Absent() bool {
	return p.Answer.Kind == AnswerNotFound || p.Answer.Kind == AnswerNoMailbox
}

// TenantEvidence is the tenant behind a domain or id.
type TenantEvidence struct {
	Probe
	TenantID string
}

// TokenEvidence is a fresh app-only token, read as a hint: its format is
// Microsoft's own. It never holds the token.
type TokenEvidence struct {
	Probe
	AppID, ObjectID, TenantID string
	Roles, Wids               []string
}

// Has says whether the token carries one of the application permissions.
func (t TokenEvidence) Has(permissions ...string) bool {
	return slices.ContainsFunc(permissions, func(p string) bool { return slices.Contains(t.Roles, p) })
}

// DirectoryRoles are the ids of the directory roles that the token names.
func (t TokenEvidence) DirectoryRoles() []string {
	return slices.DeleteFunc(slices.Clone(t.Wids), func(id string) bool { return id == implicitAppRole })
}

// TokensEvidence is one token for each API.
type TokensEvidence struct{ Exchange, Graph TokenEvidence }

// PrincipalEvidence is a service principal: the app as a tenant knows it.
type PrincipalEvidence struct {
	Probe
	ID, Name string
	Enabled  bool
}

// AppRoleGrant is an application permission that somebody consented to.
type AppRoleGrant struct {
	ResourceID, Resource string
	RoleID               string
	GrantedAt            time.Time
}

// GrantsEvidence is what was consented to as application permissions.
type GrantsEvidence struct {
	Probe
	Grants []AppRoleGrant
}

// RequestedPermission is one that the app registration lists, consented or not.
type RequestedPermission struct {
	ResourceAppID, ID string
	Delegated         bool
}

// AppSecret is a client secret of an app registration: how its value begins, and when it ends.
type AppSecret struct {
	Hint   string
	EndsAt time.Time
}

// ApplicationEvidence is the app registration, which only its home tenant has.
type ApplicationEvidence struct {
	Probe
	Requested []RequestedPermission
	Secrets   []AppSecret
}

// DelegatedEvidence is what was consented to as delegated permissions: the
// scopes by the resource's service principal.
type DelegatedEvidence struct {
	Probe
	Scopes map[string][]string
}

// RoleAssignment is a directory role of the app. Scope "/" is the whole tenant.
type RoleAssignment struct {
	RoleID, Name, Scope string
	BuiltIn             bool
	EndsAt              time.Time // zero: no end
	StartsAt            time.Time
}

// RolesEvidence is a list of role assignments.
type RolesEvidence struct {
	Probe
	Roles []RoleAssignment
}

// DirectoryEvidence is what Entra says of the app, where the app may read it.
type DirectoryEvidence struct {
	Principal      PrincipalEvidence
	TracePrincipal PrincipalEvidence
	ExchangeID     PrincipalEvidence // Exchange Online's own service principal
	GraphID        PrincipalEvidence
	Grants         GrantsEvidence
	Application    ApplicationEvidence
	Delegated      DelegatedEvidence
	Assigned       RolesEvidence // active, directly
	Active         RolesEvidence // active, through a group too; "active until" where time-bound
	Eligible       RolesEvidence // may be activated, which an app can't do for itself
	Holders        RolesEvidence // who else has Security Reader; only principal ids in Name
}

// AliasEvidence is a mailbox that was found by one of its further addresses.
type AliasEvidence struct {
	Probe
	Address   string
	Mailbox   Mailbox
	WantedID  string
	Addresses int
}

// MailboxEvidence is a look into the inbox of one mailbox.
type MailboxEvidence struct {
	Probe
	Address string
}

// CallsEvidence is what the real calls answered.
type CallsEvidence struct {
	TraceExchange Probe
	TraceGraph    Probe
	Alias         AliasEvidence
	Mailboxes     []MailboxEvidence
}

// SetupEvidence is all that a device's checks are judged by.
type SetupEvidence struct {
	At       time.Time
	TenantID string // of the device
	ClientID string
	Secret   bool // signs in by secret, otherwise by certificate
	SecretID bool // the secret looks like a secret's id
	CertEnds time.Time
	// CertThumbprint is of the certificate, as Entra shows it.
	CertThumbprint string
	// SecretEnds is when the client secret ends; zero where that can't be seen.
	SecretEnds time.Time
	Tenant     TenantEvidence
	Tokens     TokensEvidence
	Directory  DirectoryEvidence
	Calls      CallsEvidence
	Worked     bool // a check before got its tokens
	RoleHeld   bool // a check before saw Security Reader on the app
	// When the role and the secret ended, where it was seen before that they would;
	// zero where it was not, or that is to come.
	RoleEnded, SecretEnded time.Time
	// Of the provider's integration: whether the device uses it, whether there is
	// none here, when somebody came back with a consent, and whether the device is
	// older than what lacks.
	Integration, Unconfigured, Legacy bool
	ConsentedAt                       time.Time
	GrantedAt                         map[SetupStep]time.Time // when each grant was first seen, by earlier checks
}
