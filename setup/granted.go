package setup

import (
	"slices"
	"strings"

	"clawback"
)

// securityReaderGrant is how granted lists the role.
const securityReaderGrant = "directory role: Security Reader"

// granted lists by name what fresh tokens carry: what counts, whatever the
// directory lists.
func granted(e clawback.SetupEvidence) []string {
	var names []string
	for _, api := range []string{clawback.ExchangeAppID, clawback.GraphAppID} {
		for _, role := range tokenFor(e, api).Roles {
			names = append(names, clawback.Permission{Value: role, API: api}.Grant())
		}
	}
	roles := append(e.Tokens.Exchange.DirectoryRoles(), e.Tokens.Graph.DirectoryRoles()...)
	for _, name := range roleNames(roles) {
		names = append(names, clawback.Permission{Value: name}.Grant())
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// beyondNeed lists what is granted and of no use to Clawback. What is granted on
// other APIs only the directory shows.
func beyondNeed(e clawback.SetupEvidence) []string {
	needed := map[string]bool{}
	for _, p := range clawback.Permissions() {
		needed[p.Grant()] = true
	}
	beyond := slices.DeleteFunc(granted(e), func(name string) bool { return needed[name] })
	for _, g := range e.Directory.Grants.Grants {
		others := !strings.EqualFold(g.ResourceID, e.Directory.ExchangeID.ID) && !strings.EqualFold(g.ResourceID, e.Directory.GraphID.ID)
		if others && e.Directory.GraphID.OK() {
			beyond = append(beyond, "a permission on "+g.Resource)
		}
	}
	return slices.Compact(beyond)
}
