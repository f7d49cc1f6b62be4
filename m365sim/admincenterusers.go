package m365sim

import (
	"cmp"
	"slices"
)

type adminUsersView struct {
	At           string
	AssignedOnly bool
	Assigned     []adminMember
	Others       []adminMember
}

// adminAppUsers lists who is assigned to the app. Only the people one can sign in as can be chosen.
func adminAppUsers(c *adminCall) adminAnswer {
	p, ok := c.enterpriseApp()
	if !ok {
		return adminNoPrincipal()
	}
	body := adminUsersView{At: c.tenant.base() + "/enterprise-apps/" + p.registration.clientID + "/users",
		AssignedOnly: p.assignedOnly}
	for _, person := range c.tenant.people {
		member := adminMember{ID: person.ID, Name: person.Name, About: person.UserPrincipalName}
		switch {
		case p.assigned[person.ID]:
			body.Assigned = append(body.Assigned, member)
		default:
			body.Others = append(body.Others, member)
		}
	}
	slices.SortFunc(body.Assigned, func(a, b adminMember) int { return cmp.Compare(a.Name, b.Name) })

	return c.enterprisePage(p, tabUsers, adminAnswer{view: "users", body: body})
}

func adminAssignUser(c *adminCall) adminAnswer { return c.setAssigned(true) }

func adminUnassignUser(c *adminCall) adminAnswer { return c.setAssigned(false) }

func (c *adminCall) setAssigned(on bool) adminAnswer {
	p, ok := c.enterpriseApp()
	if !ok {
		return adminNoPrincipal()
	}
	home, person := c.sim.person(c.value("user"))
	if home != c.tenant {
		return adminAppUsers(c).refused("Choose a user.")
	}
	if p.assigned == nil {
		p.assigned = map[string]bool{}
	}
	p.assigned[person.ID] = on

	return c.after("The assignment of "+person.Name+" was changed.", "/enterprise-apps/", p.registration.clientID, "/users")
}
