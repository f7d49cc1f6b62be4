package views_test

import (
	"testing"

	"clawback"
	"clawback/views"
)

// TestNavigation holds the side of every role to seven entries, with the page's own among them.
func TestNavigation(t *testing.T) {
	t.Parallel()
	staff := func(roles ...clawback.Role) clawback.Actor {
		return clawback.Actor{Kind: clawback.ActorPerson, ID: "p1", StaffRoles: roles, Portfolio: []string{"o1"}}
	}
	member := func(role clawback.Role) clawback.Actor {
		return clawback.Actor{Kind: clawback.ActorPerson, ID: "p1", Memberships: []clawback.Membership{{OrganizationID: "o1", Role: role}}}
	}
	for name, tt := range map[string]struct {
		actor clawback.Actor
		audit views.Section // where the audit trail is found, "" where it is not theirs
	}{
		"admin":                      {member(clawback.RoleAdmin), views.SectionOrganizations},
		"analyst":                    {member(clawback.RoleAnalyst), ""},
		"SOC analyst":                {staff(clawback.RoleSOCAnalyst), ""},
		"engagement manager":         {staff(clawback.RoleEngagementManager), ""},
		"operator":                   {staff(clawback.RoleOperator), views.SectionAudit},
		"operator who is an analyst": {staff(clawback.RoleOperator, clawback.RoleSOCAnalyst), views.SectionAudit},
	} {
		layout := views.NewLayout(views.LayoutInput{Section: views.SectionAudit, Organization: "o1", Actor: tt.actor, Organizations: organizations[:1]})
		if len(layout.Nav) > 7 {
			t.Errorf("%s: %d entries", name, len(layout.Nav))
		}
		var current views.Section
		for _, item := range layout.Nav {
			if item.Current {
				current = item.Section
			}
		}
		if tt.audit != "" && current != tt.audit {
			t.Errorf("%s: the audit trail is under %q, want %q", name, current, tt.audit)
		}
	}
}
