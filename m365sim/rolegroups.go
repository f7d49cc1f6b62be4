package m365sim

import "slices"

// roleGroup is the role-assignable group through which a role comes. It is made when the directory first shows it. The
// tenant is locked.
func (t *tenant) roleGroup(grant roleGrant) *recipient {
	id := t.ids.uuid(t.domain, "role group", grant.definition)
	if r := t.byID[id]; r != nil {
		return r
	}

	return t.add(&recipient{
		id: id, name: grant.name + " group", kind: kindSecurity, members: func() []*recipient { return nil },
		principals: func() []*principal {
			var out []*principal
			for _, clientID := range sortedKeys(t.principals) {
				p := t.principals[clientID]
				if p.present && slices.ContainsFunc(p.roles, func(held roleGrant) bool {
					return held.state == roleByGroup && held.definition == grant.definition
				}) {
					out = append(out, p)
				}
			}
			return out
		},
	})
}

// principalMembers are the apps in a group.
func (t *tenant) principalMembers(group *recipient) []entity {
	var out []entity
	for _, p := range group.principals() {
		e := t.appEntity(p)
		e["@odata.type"] = "#microsoft.graph.servicePrincipal"
		out = append(out, e)
	}

	return out
}
