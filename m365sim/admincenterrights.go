package m365sim

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Which directory roles may do what, by Microsoft's table of built-in roles. The portal lets everybody register an
// app by default; here that setting is off.
var (
	manageRoles  = []string{globalAdministrator, privilegedRoleAdministrator}
	manageApps   = []string{globalAdministrator, applicationAdministrator, cloudApplicationAdministrator}
	grantConsent = []string{globalAdministrator, privilegedRoleAdministrator, applicationAdministrator,
		cloudApplicationAdministrator}
	// grantGraph may consent to application permissions on Graph too, which application administrators may not.
	grantGraph = []string{globalAdministrator, privilegedRoleAdministrator}
)

// activeRoles are the names of a user's directory roles over the whole tenant. The tenant is locked.
func (t *tenant) activeRoles(user string, now time.Time) []string {
	var out []string
	for _, role := range t.userRoles[user] {
		if role.active(now) && role.scope == "/" {
			out = append(out, role.name)
		}
	}

	return out
}

// may says whether the person has any one of the roles; no role is needed where none is named.
func (c *adminCall) may(rights []string) bool {
	return len(rights) == 0 || slices.ContainsFunc(c.roles, func(role string) bool { return slices.Contains(rights, role) })
}

func adminNoAccess(person Person, rights []string) adminAnswer {
	return adminProblem(http.StatusForbidden, "You don't have access", "You are signed in as "+person.Name+
		", who does not have permission to do this. It takes one of these roles: "+strings.Join(rights, ", ")+
		". Nothing was changed.")
}
