package m365sim_test

import (
	"strings"
	"testing"
	"time"

	"clawback/m365sim"
)

func TestDirectory_GrantsReplicate(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *m365sim.Config) {
		c.Switches.ReplicationSeconds = 600
		c.PageSize = 0
	})
	b.clock.advance(time.Hour)
	b.patchApp(`{"permissions":["Application.Read.All","Directory.Read.All",{"value":"Exchange.ManageAsApp","delegated":true}]}`)
	token := b.appToken(graphResource)
	const directoryReadAll = "7ab1d382-f21e-4acd-a863-ba3e13f7da61"
	shows := func() (granted, delegated bool) {
		principal := "/servicePrincipals/" + b.first.App.ServicePrincipalID
		grants := b.graphAs(token, "GET", principal+"/appRoleAssignments", nil).want(t, 200)
		scopes := b.graphAs(token, "GET", principal+"/oauth2PermissionGrants", nil).want(t, 200)
		return strings.Contains(string(grants.raw), directoryReadAll), len(scopes.list("value")) == 1
	}
	if granted, delegated := shows(); granted || delegated {
		t.Errorf("at once: granted %v, delegated %v", granted, delegated)
	}
	b.clock.advance(10 * time.Minute)
	if granted, delegated := shows(); !granted || !delegated {
		t.Errorf("after the delay: granted %v, delegated %v", granted, delegated)
	}
}
