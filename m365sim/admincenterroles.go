package m365sim

import (
	"slices"
	"strings"
	"time"
)

const sectionRoles = "Roles and administrators"

// adminRoleKind is a role one can open: Microsoft's, or a custom one somebody has.
type adminRoleKind struct {
	Slug, Name, About string
	Assignments       int
	grant             roleGrant
}

var roleDescriptions = map[string]string{
	securityReader:                     "Can read security information and reports.",
	"Security Administrator":           "Can read security information and reports, and manage their configuration.",
	"Security Operator":                "Creates and manages security events.",
	"Global Reader":                    "Can read everything that a Global Administrator can, but not update anything.",
	"Exchange Administrator":           "Can manage all aspects of Exchange.",
	"Exchange Recipient Administrator": "Can create or update recipients in Exchange.",
	globalAdministrator:                "Can manage all aspects of the tenant.",
	privilegedRoleAdministrator:        "Can manage role assignments.",
	applicationAdministrator:           "Can manage app registrations and enterprise apps.",
	cloudApplicationAdministrator:      "Can manage app registrations and enterprise apps except App Proxy.",
	"Compliance Administrator":         "Can read and manage compliance configuration and reports.",
	"Helpdesk Administrator":           "Can reset passwords for non-administrators.",
}

func slug(name string) string { return strings.ReplaceAll(strings.ToLower(name), " ", "-") }

// roleKinds are all roles by name, with how many have each.
func (t *tenant) roleKinds() []adminRoleKind {
	kinds := map[string]adminRoleKind{}
	for name := range directoryRoleIDs {
		kinds[slug(name)] = adminRoleKind{Slug: slug(name), Name: name, About: roleDescriptions[name], grant: builtInRole(name)}
	}
	for _, row := range t.roleRows(func(roleGrant) bool { return true }) {
		kind, ok := kinds[slug(row.grant.name)]
		if !ok {
			kind = adminRoleKind{Slug: slug(row.grant.name), Name: row.grant.name, About: "Custom role."}
			kind.grant = roleGrant{definition: row.grant.definition, name: row.grant.name}
		}
		kind.Assignments++
		kinds[kind.Slug] = kind
	}
	out := []adminRoleKind{}
	for _, key := range sortedKeys(kinds) {
		out = append(out, kinds[key])
	}

	return out
}

type adminRoleList struct {
	Base, Search string
	Roles        []adminRoleKind
}

func adminRoles(c *adminCall) adminAnswer {
	body := adminRoleList{Base: c.tenant.base(), Search: c.value("q")}
	for _, kind := range c.tenant.roleKinds() {
		if strings.Contains(strings.ToLower(kind.Name), strings.ToLower(body.Search)) {
			body.Roles = append(body.Roles, kind)
		}
	}

	return adminAnswer{view: "roles", title: sectionRoles, section: sectionRoles, body: body}
}

// roleInPath finds the role by its slug or its definition id.
func (c *adminCall) roleInPath() (adminRoleKind, bool) {
	wanted := strings.ToLower(c.request.PathValue("role"))
	for _, kind := range c.tenant.roleKinds() {
		if kind.Slug == wanted || kind.grant.definition == wanted {
			return kind, true
		}
	}

	return adminRoleKind{}, false
}

type adminAssignment struct {
	ID, Name, About, Kind string
	State, Shown          string
	Scope                 string
	Until                 time.Time
	InForce               bool
}

type adminRoleView struct {
	Base        string
	Role        adminRoleKind
	Definition  string
	Assignments []adminAssignment
}

func adminRole(c *adminCall) adminAnswer {
	kind, ok := c.roleInPath()
	if !ok {
		return adminNotFound("There is no such role.")
	}
	body := adminRoleView{Base: c.tenant.base(), Role: kind, Definition: kind.grant.definition}
	rows := c.tenant.roleRows(func(g roleGrant) bool { return g.definition == kind.grant.definition })
	for _, row := range rows {
		body.Assignments = append(body.Assignments, c.assignment(row))
	}

	return adminAnswer{view: "role", title: kind.Name, section: sectionRoles,
		crumbs: []adminLink{{Path: "/roles", Text: sectionRoles}}, body: body}
}

func (c *adminCall) assignment(row roleRow) adminAssignment {
	out := adminAssignment{ID: row.id, Name: row.holder.name, About: row.holder.about, Kind: "Service principal",
		State: row.grant.state, Scope: c.tenant.scopeName(row.grant.scope), Until: row.grant.ends,
		InForce: row.grant.active(c.sim.now())}
	if row.holder.user {
		out.Kind = "User"
	}
	switch {
	case row.grant.state == roleEligible:
		out.Shown = "Eligible"
	case !out.InForce:
		out.Shown = "Ended"
	case row.grant.state == roleByGroup:
		out.Shown = "Active, through a group"
	default:
		out.Shown = "Active"
	}

	return out
}

func (t *tenant) scopeName(scope string) string {
	if scope == "/" {
		return "Directory"
	}
	for _, unit := range t.units {
		if scope == unit.scope() {
			return "Administrative unit: " + unit.name
		}
	}

	return scope
}

func (u adminUnit) scope() string { return "/administrativeUnits/" + u.id }

// adminUnassign takes one assignment away. The last Global Administrator stays, as in Entra.
func adminUnassign(c *adminCall) adminAnswer {
	kind, ok := c.roleInPath()
	if !ok {
		return adminNotFound("There is no such role.")
	}
	for _, row := range c.tenant.roleRows(func(g roleGrant) bool { return g.definition == kind.grant.definition }) {
		if row.id != c.value("assignment") || row.grant.state != c.value("state") {
			continue
		}
		if kind.Name == globalAdministrator && row.holder.user && c.tenant.globalAdministrators(c.sim.now()) < 2 {
			return adminRole(c).refused("The last Global Administrator can't be removed.")
		}
		c.tenant.unassign(row)
		return c.after(row.holder.name+" no longer has "+kind.Name+".", "/roles/", kind.Slug)
	}

	return adminRole(c).refused("This assignment is no longer there.")
}

func (t *tenant) globalAdministrators(now time.Time) int {
	n := 0
	for user := range t.userRoles {
		if slices.Contains(t.activeRoles(user, now), globalAdministrator) {
			n++
		}
	}

	return n
}

func (t *tenant) unassign(row roleRow) {
	gone := func(g roleGrant) bool { return g == row.grant }
	if row.holder.user {
		t.userRoles[row.holder.id] = slices.DeleteFunc(slices.Clone(t.userRoles[row.holder.id]), gone)
		return
	}
	for _, p := range t.principals {
		if p.id == row.holder.id {
			p.roles = slices.DeleteFunc(slices.Clone(p.roles), gone)
		}
	}
}
