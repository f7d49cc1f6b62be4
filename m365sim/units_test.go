package m365sim_test

import (
	"strings"
	"testing"
	"time"
)

func TestUnits_PriceList(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.patchApp(everyPermission)
	token := b.appToken(graphResource)
	list := b.graphAs(token, "GET", "/groups"+query("$filter", "mail eq 'all-staff@brightwater.example'"), nil).want(t, 200).list("value")[0]
	group, user := "/groups/"+text(list, "id"), "/users/"+b.first.People[0].ID
	for path, want := range map[string]string{
		"/users": "2", "/users" + query("$select", "id"): "1", "/users" + query("$top", "50"): "2",
		"/users" + query("$top", "19"): "1", user: "1", user + query("$select", "id"): "1",
		group + "/members": "3", group + "/transitiveMembers": "5",
		group + "/transitiveMembers" + query("$select", "id", "$top", "5"): "3",
		"/applications": "2", "/oauth2PermissionGrants": "2", "/servicePrincipals": "1",
		"/servicePrincipals/" + b.first.App.ServicePrincipalID + "/appRoleAssignments":   "2",
		"/roleManagement/directory/roleAssignments" + query("$expand", "roleDefinition"): "2",
	} {
		r := b.graphAs(token, "GET", path, nil).want(t, 200)
		if got := r.header.Get("X-Ms-Resource-Unit"); got != want {
			t.Errorf("%s costs %q, want %s", path, got, want)
		}
		if r.header.Get("X-Ms-Throttle-Limit-Percentage") != "" {
			t.Errorf("%s warns of the limit: %v", path, r.header)
		}
	}
	if r := b.graphAs(token, "GET", user+"/messages", nil).want(t, 200); r.header.Get("X-Ms-Resource-Unit") != "" {
		t.Error("mail costs resource units of the directory")
	}
}

func TestUnits_RunOutForOneApp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.patchApp(everyPermission)
	token := b.appToken(graphResource)
	list := b.graphAs(token, "GET", "/groups"+query("$filter", "mail eq 'all-staff@brightwater.example'"), nil).want(t, 200).list("value")[0]
	members := "/groups/" + text(list, "id") + "/transitiveMembers"
	warned, refused := 0, reply{}
	for range 3500/5 + 1 {
		r := b.graphAs(token, "GET", members, nil)
		if r.status == 429 {
			refused = r
			break
		}
		if share := r.want(t, 200).header.Get("X-Ms-Throttle-Limit-Percentage"); share != "" {
			if share != "0.8" && share != "0.9" && share != "1.0" {
				t.Errorf("share is %s", share)
			}
			warned++
		}
	}
	if refused.code() != "TooManyRequests" || refused.header.Get("Retry-After") != "1" ||
		refused.header.Get("X-Ms-Throttle-Scope") != "Tenant_Application/ReadWrite/"+b.first.App.ClientID+"/"+b.first.ID ||
		refused.header.Get("X-Ms-Throttle-Information") != "ResourceUnitLimitExceeded" ||
		refused.header.Get("X-Ms-Throttle-Limit-Percentage") != "1.0" || refused.header.Get("X-Ms-Resource-Unit") != "5" {
		t.Errorf("the refusal: %d %v", refused.status, refused.header)
	}
	if warned < 130 || warned > 145 {
		t.Errorf("%d answers warned, want those of the last fifth", warned)
	}
	batch := b.graphAs(token, "POST", "/$batch", `{"requests":[{"id":"1","method":"GET","url":"/users"}]}`).want(t, 200)
	if inner := batch.list("responses")[0]; inner["status"] != 429.0 || !strings.Contains(string(batch.raw), "Retry-After") {
		t.Errorf("inside a batch: %s", batch.raw)
	}
	b.graphAs(b.integrationToken(), "GET", "/users", nil).want(t, 200)
	b.clock.advance(time.Second)
	b.graphAs(token, "GET", members, nil).want(t, 200)
}

// integrationToken is a token of another app than the tenant's own, with everything it may be granted.
func (b *bench) integrationToken() string {
	b.t.Helper()
	b.control("PATCH", "/apps/"+b.world.Integration.ClientID, `{"present":true,"consent":true}`).want(b.t, 200)
	r := b.send("POST", b.tokenURL(b.first.ID), nil, credentials(b.world.Integration, graphResource+"/.default")).want(b.t, 200)

	return text(r.body, "access_token")
}
