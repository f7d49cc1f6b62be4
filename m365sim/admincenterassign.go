package m365sim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// adminMember is somebody a role can be given to.
type adminMember struct {
	ID, Name, About, Kind string
	Chosen                bool
}

type adminAssignForm struct {
	Base, Search string
	Role         adminRoleKind
	Members      []adminMember
	More         int // found, but not shown
	Units        []adminScope
	Eligible     bool
	Until        string
}

type adminScope struct {
	Value, Name string
	Chosen      bool
}

// shownMembers is how many a search lists: one has to search in a large tenant, as in Entra.
const shownMembers = 20

func adminAddAssignments(c *adminCall) adminAnswer {
	kind, ok := c.roleInPath()
	if !ok {
		return adminNotFound("There is no such role.")
	}
	body := adminAssignForm{Base: c.tenant.base(), Search: c.value("q"), Role: kind,
		Eligible: c.value("type") == roleEligible, Until: c.value("until")}
	found := c.tenant.findMembers(body.Search)
	body.More = max(0, len(found)-shownMembers)
	for _, holder := range found[:min(len(found), shownMembers)] {
		member := adminMember{ID: holder.id, Name: holder.name, About: holder.about, Kind: "Service principal",
			Chosen: slices.Contains(c.form["member"], holder.id)}
		if holder.user {
			member.Kind = "User"
		}
		body.Members = append(body.Members, member)
	}
	for _, unit := range c.tenant.units {
		body.Units = append(body.Units, adminScope{Value: unit.scope(), Name: unit.name,
			Chosen: c.value("scope") == unit.scope()})
	}

	return adminAnswer{view: "assign", title: "Add assignments: " + kind.Name, section: sectionRoles, body: body,
		crumbs: []adminLink{{Path: "/roles", Text: sectionRoles}, {Path: "/roles/" + kind.Slug, Text: kind.Name}}}
}

// findMembers answers users and service principals whose name, address or id has the text, by name: those of one
// name stand together, and only their kind and id tell them apart.
func (t *tenant) findMembers(text string) []roleHolder {
	text = strings.ToLower(text)
	var out []roleHolder
	add := func(holder roleHolder) {
		if strings.Contains(strings.ToLower(holder.name+"\n"+holder.about+"\n"+holder.id), text) {
			out = append(out, holder)
		}
	}
	for _, p := range t.principals {
		if p.present {
			add(p.holder())
		}
	}
	for _, r := range t.recipients {
		if r.isUser() {
			add(r.holder())
		}
	}
	slices.SortFunc(out, func(a, b roleHolder) int { return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.id, b.id)) })

	return out
}

// adminAssign gives the role to all that are chosen, or to none where something is wrong.
func adminAssign(c *adminCall) adminAnswer {
	kind, ok := c.roleInPath()
	if !ok {
		return adminNotFound("There is no such role.")
	}
	grant, problem := c.newGrant(kind)
	var holders []roleHolder
	for _, id := range c.form["member"] {
		holder, ok := c.tenant.holder(id)
		if !ok {
			return adminAddAssignments(c).refused("A member you chose no longer exists.")
		}
		holders = append(holders, holder)
		if problem == "" && c.tenant.hasGrant(holder, grant) {
			problem = holder.name + " already has this role in this scope."
		}
	}
	if problem == "" && len(holders) == 0 {
		problem = "Select at least one member."
	}
	if problem != "" {
		return adminAddAssignments(c).refused(problem)
	}
	grant.since = c.sim.now()
	for _, holder := range holders {
		c.tenant.assign(holder, grant)
	}

	return c.after(fmt.Sprintf("%s was assigned to %s.", kind.Name, names(holders)), "/roles/", kind.Slug)
}

func names(holders []roleHolder) string {
	var out []string
	for _, holder := range holders {
		out = append(out, holder.name)
	}

	return strings.Join(out, ", ")
}

// newGrant reads the form's assignment, or says what is wrong with it.
func (c *adminCall) newGrant(kind adminRoleKind) (roleGrant, string) {
	grant := kind.grant
	grant.state, grant.scope = roleActive, "/"
	if c.value("type") == roleEligible {
		grant.state = roleEligible
	}
	if scope := c.value("scope"); scope != "" && scope != "/" {
		if !slices.ContainsFunc(c.tenant.units, func(u adminUnit) bool { return u.scope() == scope }) {
			return grant, "Choose a scope from the list."
		}
		grant.scope = scope
	}
	text := c.value("until")
	if text == "" {
		return grant, ""
	}
	ends, err := time.Parse(time.DateOnly, text)
	if err != nil || !ends.After(c.sim.now()) {
		return grant, "Enter an end in the future, such as " + c.sim.now().AddDate(0, 1, 0).Format(time.DateOnly) + "."
	}
	grant.ends = ends

	return grant, ""
}

func (t *tenant) holder(id string) (roleHolder, bool) {
	for _, p := range t.principals {
		if p.id == id && p.present {
			return p.holder(), true
		}
	}
	if r := t.byID[id]; r != nil && r.isUser() {
		return r.holder(), true
	}

	return roleHolder{}, false
}

func (t *tenant) hasGrant(holder roleHolder, grant roleGrant) bool {
	return slices.ContainsFunc(t.roleRows(func(g roleGrant) bool {
		return g.definition == grant.definition && g.scope == grant.scope && g.state == grant.state
	}), func(row roleRow) bool { return row.holder.id == holder.id })
}

func (t *tenant) assign(holder roleHolder, grant roleGrant) {
	if holder.user {
		t.userRoles[holder.id] = append(slices.Clone(t.userRoles[holder.id]), grant)
		return
	}
	for _, p := range t.principals {
		if p.id == holder.id {
			p.roles = append(slices.Clone(p.roles), grant)
		}
	}
}
