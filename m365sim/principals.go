package m365sim

import (
	"crypto/x509"
	"net/http"
	"slices"
	"strings"
	"time"
)

var principalDefaults = []string{"id", "appId", "displayName", "accountEnabled", "appDisplayName",
	"appOwnerOrganizationId", "appRoles", "oauth2PermissionScopes", "servicePrincipalType", "servicePrincipalNames",
	"tags", "appRoleAssignmentRequired", "signInAudience"}

var principalList = listRules{
	options: []string{"$select", "$filter", "$top", "$skiptoken", "$count"}, properties: principalDefaults,
	filters:  fieldRules{"appId": {"eq", "in"}, "id": {"eq", "in"}, "displayName": textOps},
	pageSize: 100, maxTop: 999, unfiltered: "Request_UnsupportedQuery", directory: true,
}

// principalEntities are the tenant's service principals: Microsoft's resources and the installed apps.
func (t *tenant) principalEntities() []entity {
	var out []entity
	for _, kind := range resourceKinds {
		if kind.appID != messageTraceAppID || t.traceSP {
			out = append(out, t.resourceEntity(kind))
		}
	}
	for _, clientID := range sortedKeys(t.principals) {
		if p := t.principals[clientID]; p.present {
			out = append(out, t.appEntity(p))
		}
	}

	return out
}

func (t *tenant) resourceID(appID string) string { return t.ids.uuid(t.domain, "resource", appID) }

func (t *tenant) resourceEntity(kind resourceKind) entity {
	roles := []entity{}
	for _, value := range sortedKeys(kind.roles) {
		roles = append(roles, entity{"id": kind.roles[value], "value": value, "displayName": value, "isEnabled": true,
			"allowedMemberTypes": []string{"Application"}, "description": value, "origin": "Application"})
	}

	return entity{"id": t.resourceID(kind.appID), "appId": kind.appID, "displayName": kind.name,
		"appDisplayName": kind.name, "accountEnabled": true, "appOwnerOrganizationId": microsoftTenantID,
		"appRoles": roles, "oauth2PermissionScopes": []entity{}, "servicePrincipalType": "Application",
		"servicePrincipalNames": kind.audiences, "tags": []string{}, "appRoleAssignmentRequired": false,
		"signInAudience": "AzureADMultipleOrgs"}
}

func (t *tenant) appEntity(p *principal) entity {
	audience, owner := "AzureADMyOrg", t.id
	if p.registration.multiTenant {
		audience, owner = "AzureADMultipleOrgs", t.ids.uuid("publisher")
	}

	return entity{"id": p.id, "appId": p.registration.clientID, "displayName": p.registration.name,
		"appDisplayName": p.registration.name, "accountEnabled": p.enabled, "appOwnerOrganizationId": owner,
		"appRoles": []entity{}, "oauth2PermissionScopes": []entity{}, "servicePrincipalType": "Application",
		"servicePrincipalNames": []string{p.registration.clientID}, "tags": []string{"WindowsAzureActiveDirectoryIntegratedApp"},
		"appRoleAssignmentRequired": p.assignedOnly, "signInAudience": audience}
}

func listPrincipals(c *graphCall) answer {
	return c.listEntities("servicePrincipals", principalList, c.tenant.principalEntities())
}

// listEntities answers a filtered and paged list of ready entities.
func (c *graphCall) listEntities(what string, rules listRules, all []entity) answer {
	o, refusal := rules.read(c)
	if refusal != nil {
		return *refusal
	}
	all = slices.DeleteFunc(all, func(e entity) bool { return o.filter != nil && !o.filter.matches(e) })
	from, to, next := rules.page(c, o, len(all), "$skiptoken")
	value := []entity{}
	for _, e := range all[from:to] {
		value = append(value, pick(e, o.selected, rules.properties))
	}

	return c.list(what, o, len(all), value, next)
}

// keyed finds an entity by the path's key: its id, or appId='…'.
func keyed(all []entity, key string) entity {
	field := "id"
	if appID, ok := strings.CutPrefix(key, "appId="); ok {
		field = "appId"
		key, _ = unquote(appID)
	}
	for _, e := range all {
		if id, ok := e[field].(string); ok && strings.EqualFold(id, key) {
			return e
		}
	}

	return nil
}

func getPrincipal(c *graphCall) answer {
	o, refusal := principalList.read(c)
	if refusal != nil {
		return *refusal
	}
	e := keyed(c.tenant.principalEntities(), c.params["principal"])
	if e == nil {
		return c.notFound(c.params["principal"])
	}

	return c.one(http.StatusOK, "servicePrincipals", pick(e, o.selected, principalDefaults))
}

// principalInPath is the installed app in the path; a resource has no grants of its own.
func (c *graphCall) principalInPath() (*principal, bool) {
	e := keyed(c.tenant.principalEntities(), c.params["principal"])
	if e == nil {
		return nil, false
	}
	for _, p := range c.tenant.principals {
		if p.id == e["id"] {
			return p, true
		}
	}

	return &principal{}, true
}

var applicationList = listRules{
	options: []string{"$select", "$filter", "$top", "$skiptoken", "$count"},
	properties: []string{"id", "appId", "displayName", "signInAudience", "requiredResourceAccess",
		"passwordCredentials", "keyCredentials", "createdDateTime"},
	filters:  fieldRules{"appId": {"eq", "in"}, "id": {"eq", "in"}, "displayName": textOps},
	pageSize: 100, maxTop: 999, unfiltered: "Request_UnsupportedQuery", directory: true,
}

// applicationEntities are the registrations whose home this tenant is; others answer 404.
func (c *graphCall) applicationEntities() []entity {
	c.sim.appsMu.RLock()
	defer c.sim.appsMu.RUnlock()
	var out []entity
	for _, clientID := range sortedKeys(c.tenant.principals) {
		if p := c.tenant.principals[clientID]; p.registration.home == c.tenant {
			out = append(out, c.tenant.applicationEntity(p))
		}
	}

	return out
}

func (t *tenant) applicationEntity(p *principal) entity {
	r := p.registration
	passwords, keys := []entity{}, []entity{}
	for _, secret := range r.secrets {
		starts, ends := t.secretLife(secret)
		passwords = append(passwords, entity{"keyId": secret.id, "displayName": secret.name, "hint": secret.hint(),
			"startDateTime": instant(starts), "endDateTime": instant(ends), "secretText": nil, "customKeyIdentifier": nil})
	}
	for _, cert := range r.certificates {
		keys = append(keys, entity{"keyId": t.keyID(cert), "type": "AsymmetricX509Cert",
			"usage": "Verify", "displayName": cert.Subject.String(), "startDateTime": instant(cert.NotBefore),
			"endDateTime": instant(cert.NotAfter), "key": nil})
	}

	return entity{"id": t.applicationID(r), "appId": r.clientID, "displayName": r.name,
		"signInAudience": "AzureADMyOrg", "requiredResourceAccess": requiredAccess(p), "passwordCredentials": passwords,
		"keyCredentials": keys, "createdDateTime": instant(t.created)}
}

func (t *tenant) keyID(cert *x509.Certificate) string { return t.ids.uuid("key", string(cert.Raw)) }

func (t *tenant) secretLife(secret clientSecret) (starts, ends time.Time) {
	starts, ends = secret.starts, secret.ends
	if starts.IsZero() {
		starts = t.created
	}
	if ends.IsZero() {
		ends = t.created.AddDate(30, 0, 0)
	}

	return starts, ends
}

// hint is what Entra goes on showing of a secret's value.
func (c clientSecret) hint() string { return c.value[:min(3, len(c.value))] }

// requiredAccess is what the app asks for, consented or not.
func requiredAccess(p *principal) []entity {
	access := map[string][]entity{}
	for _, asked := range p.permissions {
		kind := "Role"
		if asked.delegated {
			kind = "Scope"
		}
		access[asked.resource] = append(access[asked.resource], entity{"id": asked.roleID, "type": kind})
	}
	out := []entity{}
	for _, resource := range sortedKeys(access) {
		out = append(out, entity{"resourceAppId": resource, "resourceAccess": access[resource]})
	}

	return out
}

func (t *tenant) applicationID(r *registration) string {
	return t.ids.uuid(t.domain, "application", r.clientID)
}

func listApplications(c *graphCall) answer {
	return c.listEntities("applications", applicationList, c.applicationEntities())
}

func getApplication(c *graphCall) answer {
	o, refusal := applicationList.read(c)
	if refusal != nil {
		return *refusal
	}
	e := keyed(c.applicationEntities(), c.params["application"])
	if e == nil {
		return c.notFound(c.params["application"])
	}

	return c.one(http.StatusOK, "applications", pick(e, o.selected, applicationList.properties))
}
