package m365sim_test

import (
	"slices"
	"strings"
	"testing"

	"clawback/m365sim"

	"github.com/google/go-cmp/cmp"
)

// group answers the path of a group by its name.
func (b *bench) group(name string) string {
	b.t.Helper()
	found := b.graph("GET", "/groups"+query("$filter", "displayName eq '"+name+"'"), nil).want(b.t, 200).list("value")
	if len(found) != 1 {
		b.t.Fatalf("%d groups are named %s", len(found), name)
	}

	return "/groups/" + text(found[0], "id")
}

func names(entities []map[string]any) []string {
	out := []string{}
	for _, e := range entities {
		out = append(out, text(e, "displayName"))
	}
	slices.Sort(out)

	return out
}

func TestDirectory_NestedGroups(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *m365sim.Config) { c.PageSize = 0 })
	b.patchApp(everyPermission)
	leadership := b.group("Leadership")
	direct := b.graph("GET", leadership+"/members", nil).want(t, 200).list("value")
	want := []string{"Courier Desk", "Front Desk", "Night Shift", "Operations Team", "Priya Nair"}
	if diff := cmp.Diff(want, names(direct)); diff != "" {
		t.Error(diff)
	}
	types := map[string]int{}
	all := b.graph("GET", leadership+"/transitiveMembers", nil).want(t, 200).list("value")
	for _, member := range all {
		types[text(member, "@odata.type")]++
	}
	// Eight users: five of the one group, three of the next, two of the last, whom they share two by two.
	if diff := cmp.Diff(map[string]int{"#microsoft.graph.user": 8, "#microsoft.graph.group": 3,
		"#microsoft.graph.orgContact": 1}, types); diff != "" {
		t.Error(diff)
	}
	users := leadership + "/transitiveMembers/microsoft.graph.user" + query("$count", "true", "$select", "id,displayName")
	r := b.graph("GET", users, nil, eventual...).want(t, 200)
	if len(r.list("value")) != 8 || r.body["@odata.count"] != 8.0 {
		t.Errorf("users: %s", r.raw)
	}
	b.graph("GET", users, nil).want(t, 400)
	if groups := b.graph("GET", leadership+"/members/microsoft.graph.group", nil).want(t, 200).list("value"); len(groups) != 3 {
		t.Errorf("groups: %v", groups)
	}
	if r := b.graph("GET", leadership+"/transitiveMembers/$count", nil, eventual...).want(t, 200); string(r.raw) != "12" {
		t.Errorf("count: %s", r.raw)
	}
	filtered := b.graph("GET", leadership+"/members"+query("$filter", "startswith(displayName,'Night')"), nil).want(t, 200)
	if diff := cmp.Diff([]string{"Night Shift"}, names(filtered.list("value"))); diff != "" {
		t.Error(diff)
	}
	b.graph("GET", leadership+"/members/microsoft.graph.device", nil).want(t, 400)
}

func TestDirectory_KindsOfGroups(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *m365sim.Config) { c.PageSize = 0 })
	b.patchApp(everyPermission)
	for name, want := range map[string]map[string]any{
		"All Staff":       {"groupTypes": []any{}, "mailEnabled": true, "securityEnabled": false, "membershipRule": nil},
		"Front Desk":      {"groupTypes": []any{}, "mailEnabled": true, "securityEnabled": true, "membershipRule": nil},
		"Night Shift":     {"groupTypes": []any{}, "mailEnabled": false, "securityEnabled": true, "membershipRule": nil},
		"Operations Team": {"groupTypes": []any{"Unified"}, "mailEnabled": true, "securityEnabled": false, "membershipRule": nil},
		"Team D": {"groupTypes": []any{"Unified", "DynamicMembership"}, "mailEnabled": true, "securityEnabled": false,
			"membershipRule": `user.surname -startsWith "D"`},
	} {
		r := b.graph("GET", b.group(name)+query("$select", "groupTypes,mailEnabled,securityEnabled,membershipRule"), nil).want(t, 200)
		delete(r.body, "@odata.context")
		if diff := cmp.Diff(want, r.body); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	unified := b.graph("GET", "/groups"+query("$filter", "groupTypes/any(g:g eq 'Unified')"), nil).want(t, 200).list("value")
	if diff := cmp.Diff([]string{"Operations Team", "Team D"}, names(unified)); diff != "" {
		t.Error(diff)
	}
	// A dynamic distribution list is Exchange's own: Entra does not know it.
	if found := b.graph("GET", "/groups"+query("$filter", "mail eq 'shared-inboxes@brightwater.example'"), nil).
		want(t, 200).list("value"); len(found) != 0 {
		t.Errorf("Graph shows %v", found)
	}
}

func TestTrace_GroupsOfEachKind(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *m365sim.Config) { c.PageSize = 0 })
	b.patchApp(everyPermission)
	for address, want := range map[string]map[string]int{
		// Two lists; the group's own row, the contact, and five users of the lists and the security group.
		"leadership":     {"expanded": 2, "delivered": 7},
		"shared-inboxes": {"expanded": 1, "delivered": 2},
		"operations":     {"delivered": 1},
	} {
		id := "<" + address + "@evil.example>"
		b.control("POST", "/messages?to="+address+"@brightwater.example", strings.ReplaceAll(phish, phishID, id)).want(t, 200)
		got := map[string]int{}
		for _, row := range b.invoke("Get-MessageTraceV2", map[string]any{"MessageId": id}).want(t, 200).list("value") {
			got[strings.ToLower(text(row, "Status"))]++
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", address, diff)
		}
	}
	team := names(b.graph("GET", b.group("Team D")+"/members", nil).want(t, 200).list("value"))
	b.deliver("to=team-d@brightwater.example")
	rows := b.invoke("Get-MessageTraceV2", map[string]any{"MessageId": phishID}).want(t, 200).list("value")
	copies := b.control("GET", "/messages?internet_message_id=%3Cbad-1@evil.example%3E", nil).want(t, 200).list("items")
	if len(team) == 0 || len(rows) != 1+len(team) || len(copies) != len(team) {
		t.Errorf("%d rows and %d copies for %d subscribed members", len(rows), len(copies), len(team))
	}
}
