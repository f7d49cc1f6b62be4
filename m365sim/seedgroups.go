package m365sim

import (
	"slices"
	"strings"
)

// addGroups adds a group of each kind. The partner is a contact, which is a member of one of them.
func (t *tenant) addGroups(partner *recipient) {
	some := func(from, to int) func() []*recipient {
		return func() []*recipient { users := t.licensed(); return users[min(from, len(users)):min(to, len(users))] }
	}
	t.add(&recipient{
		id: t.ids.uuid(t.domain, "list"), name: "All Staff", kind: kindList, mail: "all-staff@" + t.domain,
		members: t.licensed,
	})
	operations := t.add(&recipient{
		id: t.ids.uuid(t.domain, "group"), name: "Operations Team", kind: kindGroup, mail: "operations@" + t.domain,
		aliases: []string{"operations@" + t.onMicrosoft()}, members: some(0, 5),
	})
	desk := t.add(&recipient{
		id: t.ids.uuid(t.domain, "group", "desk"), name: "Front Desk", kind: kindList, mail: "front-desk@" + t.domain,
		aliases: []string{"desk@" + t.domain}, secures: true, members: some(4, 7),
	})
	night := t.add(&recipient{
		id: t.ids.uuid(t.domain, "group", "night"), name: "Night Shift", kind: kindSecurity, members: some(6, 8),
	})
	first := some(0, 1)
	t.add(&recipient{
		id: t.ids.uuid(t.domain, "group", "leadership"), name: "Leadership", kind: kindList, mail: "leadership@" + t.domain,
		members: func() []*recipient { return append(slices.Clone(first()), operations, desk, night, partner) },
	})
	t.addRuledGroups()
}

// addRuledGroups adds those whose members come by a rule: a group of Entra's, whose members get copies of their own,
// and a list that Exchange alone knows.
func (t *tenant) addRuledGroups() {
	t.add(&recipient{
		id: t.ids.uuid(t.domain, "group", "team-d"), name: "Team D", kind: kindGroup, mail: "team-d@" + t.domain,
		rule: `user.surname -startsWith "D"`, subscribed: true, members: func() []*recipient {
			return slices.DeleteFunc(t.licensed(), func(r *recipient) bool { return !strings.HasPrefix(r.surname, "D") })
		},
	})
	t.add(&recipient{
		id: t.ids.uuid(t.domain, "group", "shared"), name: "Shared Inboxes", kind: kindDynamic,
		mail: "shared-inboxes@" + t.domain, rule: "RecipientTypeDetails -eq 'SharedMailbox'", members: func() []*recipient {
			return slices.DeleteFunc(slices.Clone(t.recipients), func(r *recipient) bool { return r.kind != kindShared })
		},
	})
}
