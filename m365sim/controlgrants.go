package m365sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

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

func (a appPatch) grants(p *principal, now time.Time) ([]func(), error) {
	roles, err := rolesOf(a.Roles, p.roles, now)
	permissions, permissionErr := permissionsOf(a.Permissions, p.permissions, now)
	if a.Consent != nil {
		permissions = slices.Clone(permissions)
		for i := range permissions {
			if *a.Consent && !permissions[i].consented {
				permissions[i].since = now
			}
			permissions[i].consented = *a.Consent
		}
	}

	return []func(){func() { p.roles, p.permissions = roles, permissions }}, errors.Join(err, permissionErr)
}

// rolesOf reads the roles of a patch; nil leaves them as they are. What was there before keeps its age.
func rolesOf(in []roleInput, before []roleGrant, now time.Time) ([]roleGrant, error) {
	if in == nil {
		return before, nil
	}
	var out []roleGrant
	for _, one := range in {
		role, err := one.grant()
		if err != nil {
			return nil, err
		}
		role.since = now
		for _, old := range before {
			if old.definition == role.definition && old.state == role.state && old.scope == role.scope {
				role.since = old.since
			}
		}
		out = append(out, role)
	}

	return out, nil
}

// permissionsOf reads the permissions of a patch in the same way.
func permissionsOf(in []permissionInput, before []permission, now time.Time) ([]permission, error) {
	if in == nil {
		return before, nil
	}
	var out []permission
	for _, one := range in {
		asked, err := one.permission()
		if err != nil {
			return nil, err
		}
		asked.since = now
		for _, old := range before {
			if old.same(asked) && old.consented {
				asked.since = old.since
			}
		}
		out = append(out, asked)
	}

	return out, nil
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

func (in permissionInput) permission() (permission, error) {
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
		delegated: in.Delegated, consented: in.Consented == nil || *in.Consented}, nil
}

// others are the directory roles of other holders: an app by its client id, a user by object id or address.
func (a appPatch) others(t *tenant, now time.Time) ([]func(), error) {
	var changes []func()
	for _, name := range sortedKeys(a.RolesOfOthers) {
		app, user := t.principals[name], t.anyRecipient(name)
		switch {
		case app != nil:
			roles, err := rolesOf(a.RolesOfOthers[name], app.roles, now)
			if err != nil {
				return nil, err
			}
			changes = append(changes, func() { app.roles = roles })
		case user != nil && user.isUser():
			roles, err := rolesOf(a.RolesOfOthers[name], t.userRoles[user.id], now)
			if err != nil {
				return nil, err
			}
			changes = append(changes, func() { t.userRoles[user.id] = roles })
		default:
			return nil, fmt.Errorf("no app or user %q", name)
		}
	}

	return changes, nil
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
