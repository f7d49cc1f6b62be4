package m365sim

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// appView is an app in a tenant as control shows it; its credentials are never shown.
type appView struct {
	ClientID           string           `json:"client_id"`
	ServicePrincipalID string           `json:"service_principal_id"`
	Name               string           `json:"name"`
	MultiTenant        bool             `json:"multi_tenant"`
	Present            bool             `json:"present"`
	Enabled            bool             `json:"enabled"`
	Roles              []roleInput      `json:"roles"`
	Permissions        []permissionView `json:"permissions"`
	TraceSP            bool             `json:"message_trace_service_principal"`
	SecretIDs          []string         `json:"secret_ids"` // of the secrets, which the values are not to be confused with
	Refusal            int              `json:"refusal"`
	TokenSeconds       int              `json:"token_seconds"`
	Propagation        paceInput        `json:"propagation"`
	AssignedOnly       bool             `json:"assignment_required"`
	OptionalClaims     []string         `json:"optional_claims"`
	RedirectURIs       []string         `json:"redirect_uris"`
}

type permissionView struct {
	Resource  string `json:"resource"`
	Value     string `json:"value"`
	Delegated bool   `json:"delegated"`
	Consented bool   `json:"consented"`
}

// appPatch is the body of PATCH /tenants/{tid}/apps/{clientId}. What is left out stays as it is; lists replace.
type appPatch struct {
	Enabled *bool `json:"enabled"` // false: 7000112
	Present *bool `json:"present"` // false: not in this tenant, 700016
	Consent *bool `json:"consent"` // consents to, or revokes, all requested permissions

	Secret        *string    `json:"secret"`         // empty: none
	SecretExpires *time.Time `json:"secret_expires"` // in the past: 7000222
	Certificates  []string   `json:"certificates"`   // PEM

	Roles       []roleInput       `json:"roles"`
	Permissions []permissionInput `json:"permissions"`

	TraceSP       *bool              `json:"message_trace_service_principal"`
	AccessPolicy  *accessPolicyInput `json:"access_policy"`
	RBACMailboxes []string           `json:"rbac_mailboxes"` // Application Mail.ReadWrite by RBAC, on these only

	RolesOfOthers map[string][]roleInput `json:"roles_of_others"` // by client id, user's object id or address

	Refusal      *int       `json:"refusal"`       // an AADSTS code of tenantRefusals, such as 53003; 0 is none
	TokenSeconds *int       `json:"token_seconds"` // life of the app's access tokens; 0 is the simulator's
	Propagation  *paceInput `json:"propagation"`   // until what is granted counts, in place of the simulator's

	AssignedOnly   *bool    `json:"assignment_required"` // 50105 for who has neither an app role nor an assignment
	OptionalClaims []string `json:"optional_claims"`     // of the app's id tokens: see optionalClaims
	GroupsLimit    *int     `json:"groups_limit"`        // ids in a groups claim before it names a source instead; 0 is 200
	RedirectURIs   []string `json:"redirect_uris"`       // besides the portal's of the sign-in app
}

// paceInput is a Propagation in seconds.
type paceInput struct {
	Tokens   int `json:"tokens_seconds"`
	Exchange int `json:"exchange_seconds"`
	Trace    int `json:"trace_seconds"`
}

func (in paceInput) propagation() *Propagation {
	return &Propagation{Tokens: time.Duration(in.Tokens) * time.Second,
		Exchange: time.Duration(in.Exchange) * time.Second, Trace: time.Duration(in.Trace) * time.Second}
}

func paceView(p Propagation) paceInput {
	return paceInput{Tokens: int(p.Tokens.Seconds()), Exchange: int(p.Exchange.Seconds()), Trace: int(p.Trace.Seconds())}
}

// appView shows an app. The tenant and the apps are locked.
func (s *Sim) appView(t *tenant, p *principal) appView {
	r := p.registration
	view := appView{ClientID: r.clientID, ServicePrincipalID: p.id, Name: r.name, MultiTenant: r.multiTenant,
		Present: p.present, Enabled: p.enabled, TraceSP: t.traceSP, Roles: []roleInput{}, Permissions: []permissionView{},
		SecretIDs: []string{}, Refusal: p.refusal, TokenSeconds: int(s.lifeOf(p).Seconds()),
		Propagation: paceView(s.pace(p)), AssignedOnly: p.assignedOnly,
		OptionalClaims: append([]string{}, r.optionalClaims...), RedirectURIs: append([]string{}, r.redirectURIs...)}
	for _, secret := range r.secrets {
		view.SecretIDs = append(view.SecretIDs, secret.id)
	}
	for _, role := range p.roles {
		shown := roleInput{Role: role.name, State: role.state, Scope: role.scope}
		if !role.ends.IsZero() {
			shown.Ends = &role.ends
		}
		view.Roles = append(view.Roles, shown)
	}
	for _, granted := range p.permissions {
		kind, _ := resourceByAppID(granted.resource)
		view.Permissions = append(view.Permissions, permissionView{Resource: kind.name, Value: granted.value,
			Delegated: granted.delegated, Consented: granted.consented})
	}

	return view
}

// controlApp shows an app, and with PATCH first brings it into any state of the setup.
func (s *Sim) controlApp(r *http.Request, t *tenant) (any, error) {
	var patch appPatch
	if r.Method == http.MethodPatch {
		if err := decodeBody(r, &patch); err != nil {
			return nil, err
		}
	}

	return s.changeApp(t, r.PathValue("client"), patch)
}

// changeApp applies patches one after another and shows the app.
func (s *Sim) changeApp(t *tenant, clientID string, patches ...appPatch) (any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.appsMu.Lock()
	defer s.appsMu.Unlock()
	p := t.principals[clientID]
	if p == nil {
		return nil, errNotFound
	}
	for _, patch := range patches {
		// All that can be wrong is read before anything is changed.
		changes, err := patch.read(t, p, s.now())
		if err != nil {
			return nil, err
		}
		for _, change := range changes {
			change()
		}
	}

	return s.appView(t, p), nil
}

func (a appPatch) read(t *tenant, p *principal, now time.Time) ([]func(), error) {
	var changes []func()
	var errs []error
	for _, read := range []func() ([]func(), error){
		func() ([]func(), error) { return a.credentials(p.registration) },
		func() ([]func(), error) { return a.grants(p, now) },
		func() ([]func(), error) { return a.others(t, now) },
		func() ([]func(), error) { return a.reach(t, p) },
		func() ([]func(), error) { return a.tokens(p) },
		func() ([]func(), error) { return a.signIn(p) },
	} {
		more, err := read()
		changes, errs = append(changes, more...), append(errs, err)
	}
	for value, into := range map[*bool]*bool{a.Enabled: &p.enabled, a.Present: &p.present, a.TraceSP: &t.traceSP,
		a.AssignedOnly: &p.assignedOnly} {
		if value != nil {
			changes = append(changes, func() { *into = *value })
		}
	}
	if a.TraceSP != nil && *a.TraceSP && !t.traceSP {
		changes = append(changes, func() { t.traceSince = now })
	}

	return changes, errors.Join(errs...)
}

// tokens are what the token endpoint refuses, and what it issues.
func (a appPatch) tokens(p *principal) ([]func(), error) {
	var changes []func()
	if a.Refusal != nil {
		if _, known := tenantRefusals[*a.Refusal]; !known && *a.Refusal != 0 {
			return nil, fmt.Errorf("refusal is %d, not one of %v", *a.Refusal, refusalCodes())
		}
		changes = append(changes, func() { p.refusal = *a.Refusal })
	}
	if a.TokenSeconds != nil {
		if *a.TokenSeconds < 0 {
			return nil, errors.New("token_seconds is negative")
		}
		changes = append(changes, func() { p.tokenLife = time.Duration(*a.TokenSeconds) * time.Second })
	}
	if a.Propagation != nil {
		if a.Propagation.Tokens < 0 || a.Propagation.Exchange < 0 || a.Propagation.Trace < 0 {
			return nil, errors.New("propagation is negative")
		}
		changes = append(changes, func() { p.propagation = a.Propagation.propagation() })
	}

	return changes, nil
}

// signIn is how the app's registration is set for people's sign-in, in every tenant.
func (a appPatch) signIn(p *principal) ([]func(), error) {
	r := p.registration
	var changes []func()
	if a.OptionalClaims != nil {
		for _, name := range a.OptionalClaims {
			if !slices.Contains(optionalClaims, name) {
				return nil, fmt.Errorf("optional claim is %q, not one of %v", name, optionalClaims)
			}
		}
		changes = append(changes, func() { r.optionalClaims = a.OptionalClaims })
	}
	if a.GroupsLimit != nil {
		changes = append(changes, func() { r.groupsLimit = *a.GroupsLimit })
	}
	if a.RedirectURIs != nil {
		changes = append(changes, func() { r.redirectURIs = a.RedirectURIs })
	}

	return changes, nil
}
