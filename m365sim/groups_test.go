package m365sim_test

import (
	"strings"
	"testing"
)

func TestDirectory_GroupsAndDefinitions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.patchApp(everyPermission)
	lists := b.graph("GET", "/groups"+query("$filter", "mail eq 'all-staff@brightwater.example'"), nil).want(t, 200).list("value")
	if len(lists) != 1 {
		t.Fatalf("lists: %v", lists)
	}
	group := "/groups/" + text(lists[0], "id")
	b.graph("GET", group+query("$select", "id,groupTypes"), nil).want(t, 200)
	members := b.graph("GET", group+"/transitiveMembers"+query("$top", "50"), nil).want(t, 200).list("value")
	if len(members) != 12 || members[0]["@odata.type"] != "#microsoft.graph.user" {
		t.Errorf("%d members: %v", len(members), members[0])
	}
	b.graph("GET", "/groups/"+b.first.People[0].ID, nil).want(t, 404)
	b.graph("GET", "/groups/x/members", nil).want(t, 404)

	definitions := "/roleManagement/directory/roleDefinitions/"
	reader := b.graph("GET", definitions+"5d6b6bb7-de71-4623-b4af-96380a352509", nil).want(t, 200)
	if reader.body["displayName"] != "Security Reader" || reader.body["isBuiltIn"] != true {
		t.Errorf("definition: %s", reader.raw)
	}
	b.patchApp(`{"roles":["Mail Robots"]}`)
	assigned := b.graph("GET", "/roleManagement/directory/roleAssignments", nil).want(t, 200).list("value")
	custom := b.graph("GET", definitions+text(assigned[0], "roleDefinitionId"), nil).want(t, 200)
	if custom.body["isBuiltIn"] != false {
		t.Errorf("custom definition: %s", custom.raw)
	}
	b.graph("GET", definitions+"x", nil).want(t, 404)
}

func TestDirectory_ReadBasicShowsLess(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.patchApp(`{"permissions":["User.ReadBasic.All"]}`)
	b.graph("GET", "/users/"+b.first.People[0].ID, nil).want(t, 200)
	b.graph("GET", "/users/"+b.first.People[0].ID+query("$select", "id,proxyAddresses"), nil).want(t, 403)
	b.graph("GET", "/users"+query("$filter", "proxyAddresses/any(p:p eq 'smtp:x@y.example')"), nil).want(t, 403)
}

func TestDirectory_Sorts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	users := b.graph("GET", "/users"+query("$orderby", "displayName desc", "$top", "50", "$select", "displayName"), nil).
		want(t, 200).list("value")
	for i := 1; i < len(users); i++ {
		if strings.ToLower(text(users[i-1], "displayName")) < strings.ToLower(text(users[i], "displayName")) {
			t.Errorf("%v before %v", users[i-1], users[i])
		}
	}
	b.deliver("to=priya.nair@brightwater.example")
	messages := b.graph("GET", "/users/"+b.first.People[0].ID+"/messages"+query("$orderby", "receivedDateTime asc", "$top", "50"), nil).
		want(t, 200).list("value")
	for i := 1; i < len(messages); i++ {
		if text(messages[i-1], "receivedDateTime") > text(messages[i], "receivedDateTime") {
			t.Errorf("%v before %v", messages[i-1]["receivedDateTime"], messages[i]["receivedDateTime"])
		}
	}
}

func TestMail_HostileHeadersAreDelivered(t *testing.T) {
	t.Parallel()
	b := setup(t)
	raw := "From: \"<script>\" <bad address@evil>\r\nSubject: =?utf-8?q?Gehalt_=C3=A4ndern?= <img src=x>\r\n" +
		"Message-ID: <it's'odd+id&#@evil.example>\r\n\r\nx"
	b.control("POST", "/messages?to=priya.nair@brightwater.example", raw).want(t, 200)
	found := b.graph("GET", "/users/"+b.first.People[0].ID+"/messages"+byMessageID("<it's'odd+id&#@evil.example>"), nil).
		want(t, 200).list("value")
	if len(found) != 1 || found[0]["subject"] != "Gehalt ändern <img src=x>" {
		t.Fatalf("found %v", found)
	}
	if r := b.control("POST", "/messages?to=priya.nair@brightwater.example", "no header at all"); r.status != 400 {
		t.Errorf("no message: %d", r.status)
	}
}
