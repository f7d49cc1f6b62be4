package m365sim_test

import (
	"strings"
	"testing"
	"time"
)

// reads are one request of each route an app-only token can read, with the error code of a missing permission.
func (b *bench) reads() map[string]string {
	user := "/users/" + b.first.People[0].ID
	principal := "/servicePrincipals/" + b.first.App.ServicePrincipalID

	return map[string]string{
		"/users": "Authorization_RequestDenied", user: "Authorization_RequestDenied",
		"/groups": "Authorization_RequestDenied", "/contacts": "Authorization_RequestDenied",
		"/organization":    "Authorization_RequestDenied",
		user + "/messages": "ErrorAccessDenied", user + "/mailFolders": "ErrorAccessDenied",
		user + "/mailFolders/inbox": "ErrorAccessDenied", user + "/mailFolders/inbox/messages": "ErrorAccessDenied",
		"/admin/exchange/tracing/messageTraces": "Authorization_RequestDenied",
		"/servicePrincipals":                    "Authorization_RequestDenied",
		principal:                               "Authorization_RequestDenied",
		"/servicePrincipals(appId='" + b.first.App.ClientID + "')": "Authorization_RequestDenied",
		principal + "/appRoleAssignments":                          "Authorization_RequestDenied",
		principal + "/oauth2PermissionGrants":                      "Authorization_RequestDenied",
		"/oauth2PermissionGrants":                                  "Authorization_RequestDenied",
		"/applications":                                            "Authorization_RequestDenied",
		"/applications(appId='" + b.first.App.ClientID + "')":      "Authorization_RequestDenied",
		"/roleManagement/directory/roleAssignments" + query("$filter", "principalId eq '"+b.first.App.ServicePrincipalID+"'",
			"$expand", "roleDefinition"): "Authorization_RequestDenied",
		"/roleManagement/directory/roleAssignmentScheduleInstances":  "Authorization_RequestDenied",
		"/roleManagement/directory/roleEligibilityScheduleInstances": "Authorization_RequestDenied",
	}
}

const everyPermission = `{"permissions":["Exchange.ManageAsApp","Mail.ReadWrite","Directory.Read.All","User.Read.All",` +
	`"Application.Read.All","RoleManagement.Read.Directory","ExchangeMessageTrace.Read.All"]}`

func TestPermissions_EveryRoute(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.patchApp(everyPermission)
	token := b.appToken(graphResource)
	for path := range b.reads() {
		b.graphAs(token, "GET", path, nil).want(t, 200)
	}
	b.patchApp(`{"consent":false}`)
	bare, exchange := b.appToken(graphResource), b.appToken(exchangeResource)
	other := b.tokenOf(b.world.Customers[1], graphResource)
	for path, code := range b.reads() {
		if r := b.graphAs(bare, "GET", path, nil).want(t, 403); r.code() != code {
			t.Errorf("%s without permission: %s, want %s", path, r.code(), code)
		}
		if r := b.graphAs(exchange, "GET", path, nil).want(t, 401); r.code() != "InvalidAuthenticationToken" {
			t.Errorf("%s with Exchange's token: %s", path, r.code())
		}
		if strings.HasPrefix(path, "/users/") {
			b.graphAs(other, "GET", path, nil).want(t, 404)
		}
	}
}

func TestPermissions_WritesNeedReadWrite(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.deliver("to=priya.nair@brightwater.example")
	user := "/users/" + b.first.People[0].ID
	id := text(b.graph("GET", user+"/messages"+byMessageID(phishID), nil).want(t, 200).list("value")[0], "id")
	b.patchApp(`{"permissions":["Mail.Read"]}`)
	for _, base := range []string{user + "/messages", user + "/mailFolders/inbox/messages"} {
		b.graph("POST", base+"/"+id+"/move", `{"destinationId":"deleteditems"}`).want(t, 403)
		b.graph("POST", base+"/"+id+"/permanentDelete", nil).want(t, 403)
		b.graph("PATCH", base+"/"+id, `{"isRead":true}`).want(t, 403)
		b.graph("DELETE", base+"/"+id, nil).want(t, 403)
		b.graph("POST", base, `{}`).want(t, 403)
		b.graph("GET", base+"/"+id, nil).want(t, 200)
	}
	b.patchApp(`{"permissions":["Mail.ReadBasic.All"]}`)
	basic := b.graph("GET", user+"/messages/"+id, nil).want(t, 200)
	if basic.body["body"] != nil || basic.body["bodyPreview"] != nil {
		t.Errorf("Mail.ReadBasic.All shows a body: %s", basic.raw)
	}
	b.graph("GET", user+"/messages/"+id+"/$value", nil).want(t, 403)
	for _, row := range b.control("GET", "/requests", nil).list("items") {
		if row["changes"] == true {
			t.Errorf("a refused request changed something: %v", row)
		}
	}
}

func TestPermissions_TokenExpiresAndKeepsItsRoles(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.appToken(graphResource)
	b.patchApp(`{"consent":false}`)
	b.graphAs(token, "GET", "/users", nil).want(t, 200)
	b.clock.advance(2 * time.Hour)
	b.graphAs(token, "GET", "/users", nil).want(t, 401)
	b.graphAs("nonsense", "GET", "/users", nil).want(t, 401)
	forged := token[:len(token)-4] + "AAAA"
	b.graphAs(forged, "GET", "/users", nil).want(t, 401)
}

func TestPermissions_Scoping(t *testing.T) {
	t.Parallel()
	b := setup(t)
	priya, daniel := "/users/"+b.first.People[0].ID+"/messages", "/users/"+b.first.People[1].ID+"/messages"
	b.patchApp(`{"access_policy":{"deny":["priya.nair@brightwater.example"]}}`)
	if r := b.graph("GET", priya, nil).want(t, 403); !strings.Contains(string(r.raw), "Access to OData is disabled.") {
		t.Errorf("denied by policy: %s", r.raw)
	}
	b.graph("GET", daniel, nil).want(t, 200)
	b.patchApp(`{"access_policy":{"restrict":["priya.nair@brightwater.example"]}}`)
	b.graph("GET", priya, nil).want(t, 200)
	b.graph("GET", daniel, nil).want(t, 403)
	b.patchApp(`{"access_policy":{},"permissions":[],"rbac_mailboxes":["priya.nair@brightwater.example"]}`)
	b.graph("GET", priya, nil).want(t, 200)
	b.graph("GET", daniel, nil).want(t, 403)
}

func TestDirectory_Lookups(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.patchApp(everyPermission)
	find := func(set, filter string) []map[string]any {
		return b.graph("GET", set+query("$filter", filter, "$select", "id,displayName,mail,proxyAddresses"), nil).
			want(t, 200).list("value")
	}
	for _, filter := range []string{
		"proxyAddresses/any(p:p eq 'smtp:h.voss@brightwater.example')",
		"proxyAddresses/any(p:p eq 'SMTP:H.Voss@brightwater.example' or p eq 'smtp:nobody@x.example')",
		"userPrincipalName eq 'helena.voss@brightwater.example'", "mail in ('helena.voss@brightwater.example','x@y.example')",
		"proxyAddresses/any(p:p eq 'smtp:office@brightwater.example') or proxyAddresses/any(p:p eq 'smtp:none@x.example')",
	} {
		if found := find("/users", filter); len(found) != 1 || found[0]["displayName"] != "Helena Voss" {
			t.Errorf("%s found %v", filter, found)
		}
	}
	if found := find("/users", "proxyAddresses/any(p:p eq 'smtp:sean.o''brien@brightwater.example')"); len(found) != 1 {
		t.Errorf("the apostrophe found %v", found)
	}
	if found := find("/users", "mail eq 'all-staff@brightwater.example'"); len(found) != 0 {
		t.Errorf("a list is a user: %v", found)
	}
	if found := find("/groups", "proxyAddresses/any(p:p eq 'smtp:all-staff@brightwater.example')"); len(found) != 1 {
		t.Errorf("groups: %v", found)
	}
	if found := find("/contacts", "proxyAddresses/any(p:p eq 'smtp:desk@courier.example')"); len(found) != 1 {
		t.Errorf("contacts: %v", found)
	}
	b.graph("GET", "/users/rcalder@brightwater.example", nil).want(t, 200)
	b.graph("GET", "/users/ruth.calder@brightwater.example", nil).want(t, 200)
	b.graph("GET", "/users/ruth.maiden@brightwater.example", nil).want(t, 404)
	b.graph("GET", "/users", nil, "Client-Request-Id", "c-1").want(t, 200)
	seen := 0
	for r := b.graph("GET", "/users"+query("$top", "5"), nil); ; r = b.graph("GET", text(r.body, "@odata.nextLink"), nil) {
		seen += len(r.want(t, 200).list("value"))
		if text(r.body, "@odata.nextLink") == "" {
			break
		}
	}
	if seen != 12+3+4 {
		t.Errorf("paging saw %d users", seen)
	}
}

func TestDirectory_SetupEvidence(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.patchApp(everyPermission)
	principal := "/servicePrincipals/" + b.first.App.ServicePrincipalID
	roles := "/roleManagement/directory/roleAssignments" + query("$filter", "principalId eq '"+b.first.App.ServicePrincipalID+
		"'", "$expand", "roleDefinition")
	assigned := b.graph("GET", roles, nil).want(t, 200).list("value")
	if len(assigned) != 1 || assigned[0]["directoryScopeId"] != "/" || assigned[0]["roleDefinition"] == nil {
		t.Errorf("assignments: %v", assigned)
	}
	grants := b.graph("GET", principal+"/appRoleAssignments"+query("$top", "50"), nil).want(t, 200).list("value")
	if len(grants) != 7 {
		t.Errorf("%d grants", len(grants))
	}
	b.patchApp(`{"roles":[{"role":"Security Reader","state":"eligible"},{"role":"Mail Robots","scope":"/administrativeUnits/x"}],
		"permissions":[{"value":"Exchange.ManageAsApp","delegated":true},{"value":"Directory.Read.All"},
		{"value":"Mail.ReadWrite","consented":false},{"resource":"Office 365 SharePoint Online","value":"Exchange.ManageAsApp"}]}`)
	assigned = b.graph("GET", roles, nil).want(t, 200).list("value")
	if len(assigned) != 1 || assigned[0]["directoryScopeId"] != "/administrativeUnits/x" {
		t.Errorf("scoped assignment: %v", assigned)
	}
	b.patchApp(`{"permissions":["Directory.Read.All","RoleManagement.Read.Directory","Application.Read.All",
		{"value":"Exchange.ManageAsApp","delegated":true}]}`)
	eligible := b.graph("GET", "/roleManagement/directory/roleEligibilityScheduleInstances", nil).want(t, 200).list("value")
	if len(eligible) != 1 {
		t.Errorf("eligible: %v", eligible)
	}
	if delegated := b.graph("GET", principal+"/oauth2PermissionGrants", nil).want(t, 200).list("value"); len(delegated) != 1 {
		t.Errorf("delegated grants: %v", delegated)
	}
	transitive := "/beta/roleManagement/directory/transitiveRoleAssignments"
	b.graph("GET", transitive, nil).want(t, 404)
	b.graph("GET", transitive, nil, "ConsistencyLevel", "eventual").want(t, 200)
	b.graph("GET", "/servicePrincipals(appId='00000002-0000-0ff1-ce00-000000000000')"+query("$select", "id,appRoles"), nil).want(t, 200)
	b.graph("GET", "/applications(appId='"+b.world.SignIn.ClientID+"')", nil).want(t, 404)
	b.patchApp(`{"message_trace_service_principal":false}`)
	b.graph("GET", "/servicePrincipals(appId='8bd644d1-64a1-4d4b-ae52-2e0cbf64e373')", nil).want(t, 404)
}
