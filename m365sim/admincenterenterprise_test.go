package m365sim_test

import (
	"net/url"
	"strings"
	"testing"
)

func TestAdminCenter_EnterpriseApp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.adminAs("Priya Nair")
	app := b.world.Integration
	token := func(resource string) reply {
		return b.send("POST", b.tokenURL(b.first.ID), nil, credentials(app, resource+"/.default"))
	}
	made := a.open("/enterprise-apps/new").press("Run query", "appId", app.ClientID).sees("It has no permission yet")
	made.follow("Permissions").sees("No permission has been granted")
	if claims := b.payload(text(token(exchangeResource).want(t, 200).body, "access_token")); claims["roles"] != nil {
		t.Errorf("before consent the roles are %v", claims["roles"])
	}
	// A customer of before had consented to less than the app asks for today.
	b.control("PATCH", "/apps/"+app.ClientID, `{"permissions":["Mail.ReadWrite"]}`).want(t, 200)
	at := "/enterprise-apps/" + app.ClientID
	prompt := a.open(at + "/permissions").follow("Grant admin consent for Brightwater Clinics")
	prompt.sees("Office 365 Exchange Online: Exchange.ManageAsApp", "granted already").press("Yes").
		follow("Refresh").sees("Exchange.ManageAsApp", "Admin consent")
	if claims := b.payload(text(token(exchangeResource).want(t, 200).body, "access_token")); !has(claims, "roles", "Exchange.ManageAsApp") {
		t.Errorf("after consent the roles are %v", claims["roles"])
	}
	a.open(at + "/permissions").press("Revoke Exchange.ManageAsApp, Application, Office 365 Exchange Online").sees("was revoked")
	if claims := b.payload(text(token(exchangeResource).want(t, 200).body, "access_token")); claims["roles"] != nil {
		t.Errorf("after revoking the roles are %v", claims["roles"])
	}
	a.open(at).press("Save", "enabled", "no").sees("The properties were saved.")
	wantAADSTS(t, token(graphResource), 7000112)
	a.open(at).press("Save", "enabled", "yes")
	token(graphResource).want(t, 200)
	a.open(at).press("Delete").status(422).sees("Confirm")
	a.open(at).press("Delete", "sure", "yes").sees("was deleted from this tenant")
	wantAADSTS(t, token(graphResource), 700016)
}

func TestAdminCenter_AssignmentRequired(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.adminAs("Priya Nair")
	at := "/enterprise-apps/" + b.world.SignIn.ClientID
	daniel := b.first.People[1]
	refused := func() string { return b.signIn(b.first.ID, b.authorizeQuery(), daniel.ID).Get("error_description") }
	if got := refused(); got != "" {
		t.Fatalf("at first: %s", got)
	}
	a.open(at).press("Save", "assignment", "yes")
	if got := refused(); !strings.HasPrefix(got, "AADSTS50105") {
		t.Errorf("not assigned: %q", got)
	}
	principals := b.graph("GET", "/servicePrincipals"+query("$filter", "appId eq '"+b.world.SignIn.ClientID+"'"), nil)
	if list := principals.want(t, 200).list("value"); len(list) != 1 || list[0]["appRoleAssignmentRequired"] != true {
		t.Errorf("Graph says %v", list)
	}
	a.open(at+"/users").press("Assign", "user", daniel.ID).sees("The assignment of Daniel Osei was changed.")
	if got := refused(); got != "" {
		t.Errorf("assigned: %s", got)
	}
	a.open(at + "/users").press("Remove Daniel Osei").sees("Nobody is assigned")
	if got := refused(); !strings.HasPrefix(got, "AADSTS50105") {
		t.Errorf("removed: %q", got)
	}
	a.send("POST", a.url(at+"/users"), map[string]string{"Cookie": a.cookie}, url.Values{"user": {"x"}}).want(t, 422)
}

func TestAdminCenter_MessageTracePrincipal(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.adminAs("Priya Nair")
	const trace = "8bd644d1-64a1-4d4b-ae52-2e0cbf64e373"
	asked := func() int { return b.graph("GET", "/admin/exchange/tracing/messageTraces", nil).status }
	a.open("/enterprise-apps/"+trace).press("Delete", "sure", "yes").sees("The service principal was deleted.")
	if got := asked(); got != 401 {
		t.Errorf("without the service principal Graph's trace answers %d", got)
	}
	a.open("/enterprise-apps/" + trace).status(404)
	create := a.open("").sees("Not provisioned").follow("Create it").sees("POST https://graph.microsoft.com/v1.0/servicePrincipals")
	create.press("Run query", "appId", "none").status(422).sees("does not reference a valid application object")
	create.press("Run query").sees("Message Trace")
	create.press("Run query").status(422).sees("there already")
	if got := asked(); got != 200 {
		t.Errorf("with the service principal Graph's trace answers %d", got)
	}
}
