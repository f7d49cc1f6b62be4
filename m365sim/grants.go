package m365sim

import (
	"strings"
	"time"
)

var assignmentList = listRules{
	options: []string{"$select", "$top", "$skiptoken", "$count"},
	properties: []string{"id", "createdDateTime", "appRoleId", "principalDisplayName", "principalId", "principalType",
		"resourceDisplayName", "resourceId"},
	pageSize: 100, maxTop: 999, directory: true,
}

// listAppRoleAssignments answers the application permissions somebody has consented to.
func listAppRoleAssignments(c *graphCall) answer {
	p, ok := c.principalInPath()
	if !ok {
		return c.notFound(c.params["principal"])
	}
	var all []entity
	for _, granted := range p.permissions {
		if granted.delegated || !c.sim.replicated(granted) {
			continue
		}
		kind, _ := resourceByAppID(granted.resource)
		all = append(all, entity{"id": c.tenant.ids.token("grant", p.id, granted.resource, granted.value),
			"createdDateTime": granted.since.UTC().Format(time.RFC3339Nano), "appRoleId": granted.roleID,
			"principalDisplayName": p.registration.name, "principalId": p.id, "principalType": "ServicePrincipal",
			"resourceDisplayName": kind.name, "resourceId": c.tenant.resourceID(granted.resource)})
	}

	return c.listEntities("appRoleAssignments", assignmentList, all)
}

var grantList = listRules{
	options:    []string{"$select", "$filter", "$top", "$skiptoken", "$count"},
	properties: []string{"id", "clientId", "consentType", "principalId", "resourceId", "scope"},
	filters:    fieldRules{"clientId": {"eq"}, "resourceId": {"eq"}, "consentType": {"eq"}},
	pageSize:   100, maxTop: 999, unfiltered: "Request_UnsupportedQuery", directory: true,
}

// listGrants answers the delegated permissions consented to, of the app in the path or of all.
func listGrants(c *graphCall) answer {
	wanted := ""
	if c.params["principal"] != "" {
		p, ok := c.principalInPath()
		if !ok {
			return c.notFound(c.params["principal"])
		}
		wanted = p.id
	}
	var all []entity
	for _, clientID := range sortedKeys(c.tenant.principals) {
		if p := c.tenant.principals[clientID]; p.present && (wanted == "" || p.id == wanted) {
			all = append(all, c.delegatedGrants(p)...)
		}
	}

	return c.listEntities("oauth2PermissionGrants", grantList, all)
}

// replicated says whether a permission is granted and old enough for the directory to show it.
func (s *Sim) replicated(granted permission) bool {
	age := time.Duration(s.Switches().ReplicationSeconds) * time.Second

	return granted.consented && !s.now().Before(granted.since.Add(age))
}

func (c *graphCall) delegatedGrants(p *principal) []entity {
	t, scopes := c.tenant, map[string][]string{}
	for _, granted := range p.permissions {
		if granted.delegated && c.sim.replicated(granted) {
			scopes[granted.resource] = append(scopes[granted.resource], granted.value)
		}
	}
	var out []entity
	for _, resource := range sortedKeys(scopes) {
		out = append(out, entity{"id": t.ids.token("delegated", p.id, resource), "clientId": p.id,
			"consentType": "AllPrincipals", "principalId": nil, "resourceId": t.resourceID(resource),
			"scope": strings.Join(scopes[resource], " ")})
	}

	return out
}
