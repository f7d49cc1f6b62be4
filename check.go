package clawback

import (
	"slices"
	"time"
)

// SetupStep is one step of a device's setup, in the words of its address.
type SetupStep string

// The steps. The last two ask nothing of Microsoft.
const (
	StepConnect        SetupStep = "connect"
	StepSecurityReader SetupStep = "security-reader"
	StepManageAsApp    SetupStep = "manage-as-app"
	StepMessageTrace   SetupStep = "message-trace"
	StepRecipients     SetupStep = "recipients"
	StepRemoval        SetupStep = "removal"
	StepNeverRemove    SetupStep = "never-remove"
	StepSwitchOn       SetupStep = "switch-on"
)

// SetupSteps lists the steps in the order in which they are done.
func SetupSteps() []SetupStep {
	return append(CheckedSteps(), StepNeverRemove, StepSwitchOn)
}

// CheckedSteps lists the steps that Microsoft answers for. Every one is required
// for removing.
func CheckedSteps() []SetupStep {
	return []SetupStep{StepConnect, StepSecurityReader, StepManageAsApp, StepMessageTrace, StepRecipients, StepRemoval}
}

// Valid says whether there is such a step.
func (s SetupStep) Valid() bool { return slices.Contains(SetupSteps(), s) }

// Checked says whether Microsoft answers for the step.
func (s SetupStep) Checked() bool { return slices.Contains(CheckedSteps(), s) }

// CheckStatus is what a check came to. What could not be asked is unknown, never
// passed.
type CheckStatus string

// The statuses.
const (
	CheckPass          CheckStatus = "pass"
	CheckFail          CheckStatus = "fail"
	CheckPropagating   CheckStatus = "propagating" // granted, but Microsoft does not honour it everywhere yet
	CheckUnknown       CheckStatus = "unknown"
	CheckNotApplicable CheckStatus = "not_applicable"
)

// CheckLayer is one of the places that a check looks at, in this order.
type CheckLayer string

// The layers.
const (
	LayerCredential CheckLayer = "credential" // tenant and credential
	LayerClaims     CheckLayer = "claims"     // what a fresh token carries
	LayerDirectory  CheckLayer = "directory"  // what Entra says, where the app may read it
	LayerCall       CheckLayer = "call"       // the real thing
)

// Evidence is one question that was put to Microsoft, with what came back.
type Evidence struct {
	Asked     string    `json:"asked"`
	Found     string    `json:"found"`
	Expected  string    `json:"expected"`
	At        time.Time `json:"at"`
	RequestID string    `json:"request_id,omitempty"`
}

// LayerResult is what one layer of a check came to. Not applicable is what was
// not asked, or need not be.
type LayerResult struct {
	Layer    CheckLayer  `json:"layer"`
	Status   CheckStatus `json:"status"`
	Sentence string      `json:"sentence"`
	Evidence []Evidence  `json:"evidence,omitempty"`
}

// CheckCause names what a check found, one for every state of the setup.
type CheckCause string

// The causes.
const (
	CauseNone               CheckCause = ""
	CauseTenantUnknown      CheckCause = "tenant_unknown"
	CausePersonalTenant     CheckCause = "personal_tenant"
	CauseAppMissing         CheckCause = "app_missing"
	CausePrincipalDisabled  CheckCause = "principal_disabled"
	CauseSecretWrong        CheckCause = "secret_wrong"
	CauseSecretIDPasted     CheckCause = "secret_id_pasted"
	CauseSecretExpired      CheckCause = "secret_expired"
	CauseCertificateUnknown CheckCause = "certificate_unknown"
	CauseCertificateExpired CheckCause = "certificate_expired"
	CauseConditionalAccess  CheckCause = "conditional_access"
	CauseCredentialRefused  CheckCause = "credential_refused"
	CauseNoExchange         CheckCause = "no_exchange"
	CauseWrongApp           CheckCause = "wrong_app"
	CauseNotConnected       CheckCause = "not_connected" // an earlier layer explains it: the app can't sign in
	CauseNoConsent          CheckCause = "no_consent"
	CauseDelegated          CheckCause = "delegated"
	CauseWrongAPI           CheckCause = "wrong_api"
	CauseNotRequested       CheckCause = "not_requested"
	CausePermissionMissing  CheckCause = "permission_missing" // which mistake it is can't be seen
	CauseEligibleOnly       CheckCause = "eligible_only"
	CauseScopedRole         CheckCause = "scoped_role"
	CauseOtherRole          CheckCause = "other_role" // a custom role, or one that Exchange does not take
	CauseRoleElsewhere      CheckCause = "role_elsewhere"
	CauseRoleExpired        CheckCause = "role_expired"
	CauseRoleMissing        CheckCause = "role_missing" // which mistake it is can't be seen
	CauseTracePrincipal     CheckCause = "trace_principal"
	CauseTraceClosed        CheckCause = "trace_closed" // neither door is open
	CauseAliasNotFound      CheckCause = "alias_not_found"
	CauseAccessPolicy       CheckCause = "access_policy"
	CauseNoMailbox          CheckCause = "no_mailbox"  // none is known to look into, for want of a right
	CauseSecretEnds         CheckCause = "secret_ends" // these three are ahead, and only told
	CauseCertificateEnds    CheckCause = "certificate_ends"
	CauseRoleEnds           CheckCause = "role_ends"
	CauseScopedAccess       CheckCause = "scoped_access" // given in Exchange, for some mailboxes
	CauseCallRefused        CheckCause = "call_refused"
	CauseNoConsentYet       CheckCause = "no_consent_yet"   // to the integration, in this tenant
	CauseConsentAgain       CheckCause = "consent_again"    // the integration's consent grants less than it asks for by now
	CauseIntegrationAbsent  CheckCause = "no_integration"   // this installation has no integration, or another
	CauseIntegrationRefused CheckCause = "provider_refused" // the provider's own credential is refused
	CausePropagating        CheckCause = "propagating"
	CauseUnavailable        CheckCause = "unavailable" // Microsoft did not answer
)

// AdminPlace is a page of Microsoft's admin centers on which something is mended.
type AdminPlace string

// The places.
const (
	PlaceNone              AdminPlace = ""
	PlaceRole              AdminPlace = "role"        // the role's assignments
	PlacePermissions       AdminPlace = "permissions" // the app's API permissions
	PlaceCredentials       AdminPlace = "credentials" // its certificates and secrets
	PlaceEnterpriseApp     AdminPlace = "enterprise_app"
	PlaceConditionalAccess AdminPlace = "conditional_access"
	PlaceTenant            AdminPlace = "tenant"
	PlaceConnection        AdminPlace = "connection" // our own page of the device's credential
	PlaceConsent           AdminPlace = "consent"    // our own page of the integration's consent
)

// Diagnosis is what a check makes of its evidence: one sentence what is wrong,
// one what to do, by whom and where. Candidates are the likeliest mistakes, the
// first first, where the very one can't be seen; Look is how it could be.
// PrincipalID is the object id of the app's service principal, as this token or
// an earlier one named it.
type Diagnosis struct {
	Status     CheckStatus   `json:"status"`
	Cause      CheckCause    `json:"cause,omitempty"`
	Finding    string        `json:"finding"`
	Advice     string        `json:"advice,omitempty"`
	Who        string        `json:"who,omitempty"`
	Place      AdminPlace    `json:"place,omitempty"`
	Candidates []string      `json:"candidates,omitempty"`
	Look       string        `json:"look,omitempty"`
	Notes      []string      `json:"notes,omitempty"` // worth knowing, and nothing that fails
	Layers     []LayerResult `json:"layers"`

	// Unseen says that the directory, which the app may not read, could say otherwise than the token.
	Unseen bool `json:"unseen,omitempty"`

	PrincipalID string `json:"principal_id,omitempty"`
}

// LookHelps says whether a person's own right to read the directory may name what
// is wrong.
func (d Diagnosis) LookHelps() bool { return len(d.Candidates) > 0 || d.Unseen }

// CheckResult is the last check of one step of a device.
type CheckResult struct {
	Diagnosis
	ID             string
	OrganizationID string
	DeviceID       string
	Step           SetupStep
	CheckedAt      time.Time
	CheckedBy      string
	Since          time.Time // since when the status and cause are these
	GrantedAt      time.Time // when what it asks for was granted, or first seen to be
	NextAt         time.Time // when it is looked at again without anybody's asking
}

// Propagation is how long Microsoft may take to honour a grant before it counts
// as failed.
const Propagation = time.Hour

// Recheck is how long after a check the next one is due by itself.
func (r CheckResult) Recheck() time.Duration {
	switch r.Status {
	case CheckPropagating:
		return 30 * time.Second
	case CheckUnknown:
		return 5 * time.Minute
	case CheckFail:
		return time.Hour // somebody may have mended it at Microsoft's
	}
	return 24 * time.Hour
}

// CheckChange is one change of a step's result.
type CheckChange struct {
	Status  CheckStatus
	Finding string
	At      time.Time
	By      string
}
