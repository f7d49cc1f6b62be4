package m365sim

import (
	"slices"
	"strings"
)

var memberList = listRules{
	options:    []string{"$select", "$filter", "$top", "$skiptoken", "$count"},
	properties: slices.Concat(userList.properties, groupDefaults, contactList.properties),
	filters:    fieldRules{"displayName": textOps, "mail": textOps, "userPrincipalName": textOps},
	pageSize:   100, maxTop: 999, unfiltered: "Request_UnsupportedQuery", directory: true,
}

// transitiveMembers are the members, the members of groups among them, and so on; each once, groups too.
func (r *recipient) transitiveMembers() []*recipient {
	var out []*recipient
	seen := map[*recipient]bool{r: true}
	var walk func(*recipient)
	walk = func(group *recipient) {
		for _, member := range group.members() {
			if seen[member] {
				continue
			}
			seen[member] = true
			out = append(out, member)
			if member.members != nil {
				walk(member)
			}
		}
	}
	walk(r)

	return out
}

// listMembers answers a group's own members: users, contacts and groups, not whom these bring.
func listMembers(c *graphCall) answer {
	return c.membersOf(func(r *recipient) []*recipient { return r.members() })
}

// listTransitiveMembers answers all who are members through any group. Narrowing it to a type, as in
// transitiveMembers/microsoft.graph.user, is an advanced query.
func listTransitiveMembers(c *graphCall) answer {
	if c.params["type"] != "" && !c.advanced() {
		return *c.needsAdvanced("cast")
	}

	return c.membersOf((*recipient).transitiveMembers)
}

func (c *graphCall) membersOf(of func(*recipient) []*recipient) answer {
	o, refusal := memberList.read(c)
	if refusal != nil {
		return *refusal
	}
	r := c.group()
	if r == nil {
		return c.notFound(c.params["group"])
	}
	if r.principals != nil {
		return c.listEntities("directoryObjects", principalList, c.tenant.principalMembers(r))
	}
	wanted := "#" + c.params["type"]
	if c.params["type"] != "" && !oneOf(memberTypes, wanted) {
		return *refuse(c, "BadRequest", "Resource not found for the segment '"+c.params["type"]+"'.")
	}
	members := slices.DeleteFunc(slices.Clone(of(r)), func(member *recipient) bool {
		if c.params["type"] != "" && !strings.EqualFold(memberType(member), wanted) {
			return true
		}
		return o.filter != nil && !o.filter.matches(c.tenant.memberEntity(member))
	})
	from, to, next := memberList.page(c, o, len(members), "$skiptoken")
	value := []entity{}
	for _, member := range members[from:to] {
		value = append(value, pick(c.tenant.memberEntity(member), o.selected, memberDefaults[memberType(member)]))
	}

	return c.list("directoryObjects", o, len(members), value, next)
}

const (
	userType    = "#microsoft.graph.user"
	groupType   = "#microsoft.graph.group"
	contactType = "#microsoft.graph.orgContact"
)

var memberTypes = []string{userType, groupType, contactType}

// memberDefaults are the properties of a member where none are chosen.
var memberDefaults = map[string][]string{userType: userDefaults, groupType: groupDefaults,
	contactType: contactList.properties}

func memberType(r *recipient) string {
	switch {
	case isGroup(r):
		return groupType
	case isContact(r):
		return contactType
	}

	return userType
}

func (t *tenant) memberEntity(r *recipient) entity {
	e := map[string]func(*recipient) entity{userType: t.userEntity, groupType: t.groupEntity,
		contactType: contactEntity}[memberType(r)](r)
	e["@odata.type"] = memberType(r)

	return e
}
