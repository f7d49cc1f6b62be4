package m365sim_test

import (
	"net/url"
	"strings"
	"testing"
)

// TestDelegated asks for a delegated permission at the sign-in, refuses and accepts it, and reads the directory by it.
func TestDelegated(t *testing.T) {
	t.Parallel()
	b := setup(t)
	customer := b.world.Customers[0]
	admin, analyst := customer.People[0], customer.People[1]
	q := b.authorizeQuery()
	const graph = "https://graph.microsoft.com/"
	q.Set("scope", "openid profile "+graph+"Application.Read.All "+graph+"RoleManagement.Read.Directory")
	address := b.authorizeURL(customer.ID, q)
	token := func(scopes url.Values, form url.Values) string {
		back := b.send("POST", b.authorizeURL(customer.ID, scopes), nil, form).want(t, 302)
		u, _ := url.Parse(back.header.Get("Location"))
		got := b.send("POST", b.sim.Addresses().Login+"/"+customer.ID+"/oauth2/v2.0/token", nil, b.codeForm(u.Query().Get("code"))).want(t, 200)
		return text(got.body, "access_token")
	}
	read := func(token, path string) int {
		return b.send("GET", b.sim.Addresses().Graph+"/v1.0"+path, map[string]string{"Authorization": "Bearer " + token}, nil).status
	}
	principal, roles := "/servicePrincipals(appId='"+customer.App.ClientID+"')", "/roleManagement/directory/roleAssignments?$filter="+
		url.QueryEscape("principalId eq '"+customer.App.ServicePrincipalID+"'")

	if got := token(b.authorizeQuery(), url.Values{"person": {admin.ID}}); read(got, principal) != 403 {
		t.Error("the sign-in alone reads the directory")
	}
	refused := b.send("POST", address, nil, url.Values{"person": {analyst.ID}}).want(t, 302)
	if !strings.Contains(refused.header.Get("Location"), "AADSTS90094") {
		t.Errorf("who is no administrator: %s", refused.header.Get("Location"))
	}
	asked := b.send("POST", address, nil, url.Values{"person": {admin.ID}}).want(t, 200)
	for _, words := range []string{"Permissions requested", "Application.Read.All", "RoleManagement.Read.Directory", "Accept"} {
		if !strings.Contains(string(asked.raw), words) {
			t.Errorf("the consent does not say %q", words)
		}
	}
	cancelled := b.send("POST", address, nil, url.Values{"person": {admin.ID}, "cancel": {"1"}}).want(t, 302)
	if !strings.Contains(cancelled.header.Get("Location"), "AADSTS65004") {
		t.Errorf("cancelled: %s", cancelled.header.Get("Location"))
	}
	got := token(q, url.Values{"person": {admin.ID}, "consent": {"accept"}})
	if scopes, _ := b.payload(got)["scp"].(string); !strings.HasSuffix(scopes, "Application.Read.All RoleManagement.Read.Directory") {
		t.Errorf("scp %q", scopes)
	}
	if read(got, principal) != 200 || read(got, roles) != 200 || read(got, "/users") != 403 {
		t.Errorf("by the right: %d, %d, %d", read(got, principal), read(got, roles), read(got, "/users"))
	}
	// The consent is the tenant's: nobody is asked again, and one without a role reads apps, but no roles.
	theirs := token(q, url.Values{"person": {analyst.ID}})
	if read(theirs, principal) != 200 || read(theirs, roles) != 403 {
		t.Errorf("the analyst's: %d, %d", read(theirs, principal), read(theirs, roles))
	}
}
