package m365sim

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
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
}

// roleInput is a directory role: {"role": "Security Reader", "state": "active|eligible|group", "scope": "/",
// "ends": time}, or just the name. A name Entra doesn't have is a custom role.
type roleInput struct {
	Role  string     `json:"role"`
	State string     `json:"state"`
	Scope string     `json:"scope"`
	Ends  *time.Time `json:"ends,omitempty"`
}

// permissionInput is an API permission: {"resource": "Microsoft Graph", "value": "Mail.ReadWrite", "delegated":
// false, "consented": true}, or just the value. The resource may be an app id, and may be the wrong one.
type permissionInput struct {
	Resource  string `json:"resource"`
	Value     string `json:"value"`
	Delegated bool   `json:"delegated"`
	Consented *bool  `json:"consented"`
}

// accessPolicyInput is an application access policy by addresses; "restrict": null means no such policy.
type accessPolicyInput struct {
	Deny     []string `json:"deny"`
	Restrict []string `json:"restrict"`
}

// UnmarshalJSON takes a bare name too.
func (r *roleInput) UnmarshalJSON(data []byte) error {
	type plain roleInput
	if json.Unmarshal(data, &r.Role) == nil {
		return nil
	}

	return json.Unmarshal(data, (*plain)(r))
}

// UnmarshalJSON takes a bare value too.
func (p *permissionInput) UnmarshalJSON(data []byte) error {
	type plain permissionInput
	if json.Unmarshal(data, &p.Value) == nil {
		return nil
	}

	return json.Unmarshal(data, (*plain)(p))
}

func (t *tenant) appView(p *principal) appView {
	view := appView{ClientID: p.registration.clientID, ServicePrincipalID: p.id, Name: p.registration.name,
		MultiTenant: p.registration.multiTenant, Present: p.present, Enabled: p.enabled, TraceSP: t.traceSP,
		Roles: []roleInput{}, Permissions: []permissionView{}}
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
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.principals[r.PathValue("client")]
	if p == nil {
		return nil, errNotFound
	}
	// All that can be wrong is read before anything is changed.
	changes, err := patch.read(t, p, s.now())
	if err != nil {
		return nil, err
	}
	s.appsMu.Lock()
	defer s.appsMu.Unlock()
	for _, change := range changes {
		change()
	}

	return t.appView(p), nil
}

func (a appPatch) read(t *tenant, p *principal, now time.Time) ([]func(), error) {
	credentials, credentialErr := a.credentials(p.registration)
	grants, grantErr := a.grants(p, now)
	reach, reachErr := a.reach(t, p)
	changes := slices.Concat(credentials, grants, reach)
	for value, into := range map[*bool]*bool{a.Enabled: &p.enabled, a.Present: &p.present, a.TraceSP: &t.traceSP} {
		if value != nil {
			changes = append(changes, func() { *into = *value })
		}
	}

	return changes, errors.Join(credentialErr, grantErr, reachErr)
}

func (a appPatch) credentials(r *registration) ([]func(), error) {
	var changes []func()
	if a.Secret != nil {
		changes = append(changes, func() { r.setSecret(*a.Secret) })
	}
	if a.SecretExpires != nil {
		changes = append(changes, func() {
			for i := range r.secrets {
				r.secrets[i].ends = *a.SecretExpires
			}
		})
	}
	if a.Certificates == nil {
		return changes, nil
	}
	var certificates []*x509.Certificate
	for _, text := range a.Certificates {
		block, _ := pem.Decode([]byte(text))
		if block == nil {
			return nil, errors.New("a certificate is no PEM text")
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("read certificate: %w", err)
		}
		certificates = append(certificates, certificate)
	}

	return append(changes, func() { r.certificates = certificates }), nil
}

// setSecret makes value the only secret; empty leaves none.
func (r *registration) setSecret(value string) {
	r.secrets = nil
	if value != "" {
		id := idSource{}.uuid("secret-id", r.clientID, value)
		r.secrets = []clientSecret{{id: id, name: "clawback", value: value}}
	}
}

func (a appPatch) grants(p *principal, now time.Time) ([]func(), error) {
	roles, permissions := p.roles, slices.Clone(p.permissions)
	if a.Roles != nil {
		roles = nil
		for _, in := range a.Roles {
			role, err := in.grant()
			if err != nil {
				return nil, err
			}
			roles = append(roles, role)
		}
	}
	if a.Permissions != nil {
		permissions = nil
		for _, in := range a.Permissions {
			asked, err := in.permission(now)
			if err != nil {
				return nil, err
			}
			permissions = append(permissions, asked)
		}
	}
	if a.Consent != nil {
		for i := range permissions {
			permissions[i].consented = *a.Consent
		}
	}

	return []func(){func() { p.roles, p.permissions = roles, permissions }}, nil
}

func (r roleInput) grant() (roleGrant, error) {
	if r.Role == "" {
		return roleGrant{}, errors.New("a role needs a name")
	}
	out := roleGrant{name: r.Role, state: r.State, scope: r.Scope, definition: directoryRoleIDs[r.Role], builtIn: true}
	for name, id := range directoryRoleIDs {
		if strings.EqualFold(id, r.Role) || strings.EqualFold(name, r.Role) {
			out.name, out.definition = name, id
		}
	}
	if out.definition == "" {
		out.definition, out.builtIn = idSource{}.uuid("custom role", r.Role), false
	}
	if out.state == "" {
		out.state = roleActive
	}
	if !slices.Contains([]string{roleActive, roleEligible, roleByGroup}, out.state) {
		return roleGrant{}, fmt.Errorf("state is %q, not active, eligible or group", out.state)
	}
	if out.scope == "" {
		out.scope = "/"
	}
	if r.Ends != nil {
		out.ends = *r.Ends
	}

	return out, nil
}

func (in permissionInput) permission(now time.Time) (permission, error) {
	resource := in.Resource
	switch {
	case in.Value == "":
		return permission{}, errors.New("a permission needs a value")
	case resource == "" && in.Value == exchangeManageAsApp:
		resource = exchangeAppID
	case resource == "":
		resource = graphAppID
	}
	kind, ok := resourceByAppID(resource)
	if !ok {
		return permission{}, fmt.Errorf("no resource %q", resource)
	}

	return permission{resource: kind.appID, value: in.Value, roleID: appRoleID(kind.appID, in.Value),
		delegated: in.Delegated, consented: in.Consented == nil || *in.Consented, since: now}, nil
}

func (a appPatch) reach(t *tenant, p *principal) ([]func(), error) {
	scope := p.mailScope
	var errs []error
	if a.AccessPolicy != nil {
		scope.denied, errs = t.idsOf(a.AccessPolicy.Deny, errs)
		scope.restricted = nil
		if a.AccessPolicy.Restrict != nil {
			scope.restricted, errs = t.idsOf(a.AccessPolicy.Restrict, errs)
		}
	}
	if a.RBACMailboxes != nil {
		scope.granted, errs = t.idsOf(a.RBACMailboxes, errs)
	}

	return []func(){func() { p.mailScope = scope }}, errors.Join(errs...)
}

func (t *tenant) idsOf(addresses []string, errs []error) (map[string]bool, []error) {
	out := map[string]bool{}
	for _, address := range addresses {
		r := t.anyRecipient(address)
		if r == nil {
			errs = append(errs, fmt.Errorf("no mailbox %q", address))
			continue
		}
		out[r.id] = true
	}

	return out, errs
}
