package m365sim

import (
	"net/http"
	"slices"
	"strings"
)

var roleList = listRules{
	options: []string{"$select", "$filter", "$expand", "$top", "$count"},
	properties: []string{"id", "principalId", "directoryScopeId", "appScopeId", "roleDefinitionId", "roleDefinition",
		"assignmentType", "memberType", "startDateTime", "endDateTime", "roleAssignmentOriginId",
		"roleAssignmentScheduleId", "roleEligibilityScheduleId", "resourceScope"},
	filters:  fieldRules{"principalId": {"eq"}, "roleDefinitionId": {"eq"}, "directoryScopeId": {"eq"}},
	pageSize: 100, maxTop: 500, unfiltered: "Request_UnsupportedQuery",
}

// roleRow is one role of one service principal or user with the ids its answers share.
type roleRow struct {
	holder roleHolder
	grant  roleGrant
	id     string
	group  string // the group it comes through, for transitive ones
}

// roleHolder is who can have a directory role: a service principal or a user.
type roleHolder struct {
	id, name, about string
	user            bool
}

// roleRows answers the roles in a state, each with a stable id.
func (t *tenant) roleRows(wanted func(roleGrant) bool) []roleRow {
	var out []roleRow
	add := func(holder roleHolder, grants []roleGrant) {
		for _, grant := range grants {
			if !wanted(grant) {
				continue
			}
			row := roleRow{holder: holder, grant: grant,
				id: t.ids.token("role", holder.id, grant.definition, grant.scope)[:32] + "-1"}
			if grant.state == roleByGroup {
				row.group = t.roleGroup(grant).id
			}
			out = append(out, row)
		}
	}
	for _, id := range sortedKeys(t.principals) {
		if p := t.principals[id]; p.present {
			add(p.holder(), p.roles)
		}
	}
	for _, id := range sortedKeys(t.userRoles) {
		add(t.byID[id].holder(), t.userRoles[id])
	}

	return out
}

func (p *principal) holder() roleHolder {
	return roleHolder{id: p.id, name: p.registration.name, about: p.registration.clientID}
}

func (r *recipient) holder() roleHolder {
	return roleHolder{id: r.id, name: r.name, about: r.upn, user: true}
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for key := range m {
		out = append(out, key)
	}
	slices.Sort(out)

	return out
}

func (row roleRow) definition() entity {
	return entity{"id": row.grant.definition, "displayName": row.grant.name, "isBuiltIn": row.grant.builtIn,
		"isEnabled": true, "templateId": row.grant.definition, "description": row.grant.name,
		"resourceScopes": []string{"/"}}
}

func (row roleRow) assignment() entity {
	return entity{"id": row.id, "principalId": row.holder.id, "directoryScopeId": row.grant.scope,
		"roleDefinitionId": row.grant.definition}
}

// listRoleAssignments answers active assignments as they were made; one through a group is the group's.
func listRoleAssignments(c *graphCall) answer {
	now := c.sim.now()

	return c.listRoles("roleManagement/directory/roleAssignments",
		func(g roleGrant) bool { return g.active(now) }, func(row roleRow) entity {
			e := row.assignment()
			if row.grant.state == roleByGroup {
				e["principalId"] = row.group
			}
			return e
		})
}

// listTransitiveRoleAssignments answers direct ones and those through a group, with the group as principal. It
// is a beta route which wants ConsistencyLevel: eventual and says 404 without it.
func listTransitiveRoleAssignments(c *graphCall) answer {
	if !c.eventual() {
		return c.notFound("transitiveRoleAssignments")
	}
	now := c.sim.now()

	return c.listRoles("roleManagement/directory/transitiveRoleAssignments",
		func(g roleGrant) bool { return g.active(now) }, roleRow.assignment)
}

func listActiveRoles(c *graphCall) answer {
	now := c.sim.now()

	return c.listRoles("roleManagement/directory/roleAssignmentScheduleInstances",
		func(g roleGrant) bool { return g.active(now) }, func(row roleRow) entity {
			e := row.instance()
			e["assignmentType"], e["roleAssignmentOriginId"], e["roleAssignmentScheduleId"] = "Assigned", row.id, row.id
			return e
		})
}

// listEligibleRoles answers roles one may activate, which is a feature of Entra P2.
func listEligibleRoles(c *graphCall) answer {
	if c.sim.Switches().NoPremiumLicense {
		return c.failure(http.StatusBadRequest, "AadPremiumLicenseRequired", "The tenant needs to have Microsoft Entra ID "+
			"P2 or Microsoft Entra ID Governance license.")
	}

	return c.listRoles("roleManagement/directory/roleEligibilityScheduleInstances",
		func(g roleGrant) bool { return g.state == roleEligible }, func(row roleRow) entity {
			e := row.instance()
			e["roleEligibilityScheduleId"] = row.id
			return e
		})
}

func (row roleRow) instance() entity {
	e := row.assignment()
	e["appScopeId"], e["startDateTime"], e["endDateTime"], e["memberType"] = nil, nil, nil, "Direct"
	if row.grant.state == roleByGroup {
		e["memberType"] = "Group"
	}
	if !row.grant.ends.IsZero() {
		e["endDateTime"] = instant(row.grant.ends)
	}

	return e
}

func (c *graphCall) listRoles(what string, wanted func(roleGrant) bool, show func(roleRow) entity) answer {
	o, refusal := roleList.read(c)
	if refusal == nil && o.expand != "" && o.expand != "roleDefinition" {
		refusal = refuse(c, "BadRequest", "Could not expand '"+o.expand+"'.")
	}
	if refusal != nil {
		return *refusal
	}
	value := []entity{}
	for _, row := range c.tenant.roleRows(wanted) {
		e := show(row)
		// The filter asks for our service principal; the answer through a group names the group instead.
		if o.filter != nil && !o.filter.matches(e) {
			continue
		}
		if row.grant.state == roleByGroup && c.version == "beta" {
			e["principalId"] = row.group
		}
		if o.expand != "" {
			e["roleDefinition"] = row.definition()
		}
		value = append(value, pick(e, o.selected, roleList.properties))
	}

	return c.list(what, o, len(value), value, "")
}

func getRoleDefinition(c *graphCall) answer {
	id := c.params["definition"]
	for name, known := range directoryRoleIDs {
		if strings.EqualFold(known, id) {
			row := roleRow{grant: roleGrant{definition: known, name: name, builtIn: true}}
			return c.one(http.StatusOK, "roleManagement/directory/roleDefinitions", row.definition())
		}
	}
	for _, row := range c.tenant.roleRows(func(g roleGrant) bool { return g.definition == id }) {
		return c.one(http.StatusOK, "roleManagement/directory/roleDefinitions", row.definition())
	}

	return c.notFound(id)
}
