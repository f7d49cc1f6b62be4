package m365sim_test

import "testing"

// Where a role comes through a group, the assignment is the group's: only the transitive route and the schedule
// instances find it by the app that has it.
func TestDirectory_RoleThroughAGroup(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.patchApp(everyPermission)
	b.patchApp(`{"roles":[{"role":"Security Reader","state":"group"}]}`)
	const base = "/roleManagement/directory/"
	ours := "principalId eq '" + b.first.App.ServicePrincipalID + "'"
	direct := base + "roleAssignments"
	if found := b.graph("GET", direct+query("$filter", ours), nil).want(t, 200).list("value"); len(found) != 0 {
		t.Errorf("directly assigned: %v", found)
	}
	transitive := b.graph("GET", "/beta"+base+"transitiveRoleAssignments"+query("$filter", ours, "$count", "true"), nil, eventual...).
		want(t, 200)
	if len(transitive.list("value")) != 1 || transitive.body["@odata.count"] != 1.0 {
		t.Fatalf("through any group: %s", transitive.raw)
	}
	group := text(transitive.list("value")[0], "principalId")
	if group == b.first.App.ServicePrincipalID {
		t.Error("the assignment is the app's own")
	}
	of := b.graph("GET", direct+query("$filter", "principalId eq '"+group+"'"), nil).want(t, 200).list("value")
	if len(of) != 1 || of[0]["principalId"] != group {
		t.Errorf("the group's assignments: %v", of)
	}
	instances := b.graph("GET", base+"roleAssignmentScheduleInstances"+query("$filter", ours), nil).want(t, 200).list("value")
	if len(instances) != 1 || instances[0]["memberType"] != "Group" || instances[0]["assignmentType"] != "Assigned" {
		t.Errorf("instances: %v", instances)
	}
	if r := b.graph("GET", "/groups/"+group, nil).want(t, 200); r.body["isAssignableToRole"] != true {
		t.Errorf("the group: %s", r.raw)
	}
	members := b.graph("GET", "/groups/"+group+"/transitiveMembers"+query("$select", "id"), nil).want(t, 200).list("value")
	if len(members) != 1 || members[0]["id"] != b.first.App.ServicePrincipalID ||
		members[0]["@odata.type"] != "#microsoft.graph.servicePrincipal" {
		t.Errorf("its members: %v", members)
	}
}
