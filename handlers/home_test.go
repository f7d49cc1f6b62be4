package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"clawback"
)

func TestHome(t *testing.T) {
	t.Parallel()
	member := func(role clawback.Role) clawback.Actor {
		return clawback.Actor{Kind: clawback.ActorPerson, ID: "p5", Memberships: []clawback.Membership{{OrganizationID: "o1", Role: role}}}
	}
	manager := clawback.Actor{Kind: clawback.ActorPerson, StaffRoles: []clawback.Role{clawback.RoleEngagementManager}, Portfolio: []string{"o1", "o2"}}
	blocked := clawback.Remediation{ID: "r1", Number: 1, Status: clawback.StatusBlocked, BlockedBy: clawback.BlockedToken, OrganizationName: hostile,
		Targets: []clawback.Target{{Sender: "a@b.example", Subject: hostile}}}
	for name, test := range map[string]struct {
		actor       clawback.Actor
		query       string
		waiting     []clawback.Remediation
		says, hides []string
	}{
		"a SOC analyst with nothing":  {actor: analyst, says: []string{"Nothing needs you", "All done"}, hides: []string{"Auto remediation of", "Review of"}},
		"a SOC analyst with a block":  {actor: analyst, waiting: []clawback.Remediation{blocked}, says: []string{"One thing needs you", "See what is missing", `href="/remediations/r1"`}},
		"an engagement manager":       {actor: manager, says: []string{"Review of", "Auto remediation of Fabrikam is off"}, hides: []string{"Auto remediation of Contoso", "New remediation"}},
		"a manager, one organization": {actor: manager, query: "?organization=o1", says: []string{"Review of"}, hides: []string{"Auto remediation of Fabrikam"}},
		"an admin":                    {actor: member(clawback.RoleAdmin), says: []string{"kept@contoso.com needs a decision", "its review was declined"}, hides: []string{"fine@contoso.com", "Review of", "Auto remediation of Fabrikam"}},
		"an organization's analyst":   {actor: member(clawback.RoleAnalyst), says: []string{"Nothing needs you"}, hides: []string{"needs a decision", "Auto remediation of"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newPortal(&fake{waiting: test.waiting}, &test.actor).get("/" + test.query)
			wants(t, w, http.StatusOK, test.says...)
			for _, text := range append(test.hides, "<script>alert") {
				if strings.Contains(w.Body.String(), text) {
					t.Errorf("the page says %q", text)
				}
			}
		})
	}
}
