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
	device := func(organization, name string, status clawback.CheckStatus) clawback.DeviceHealth {
		d := clawback.DeviceHealth{Device: clawback.Device{ID: "d-" + organization, OrganizationID: organization, Name: name}}
		for _, step := range clawback.CheckedSteps() {
			d.Checks = append(d.Checks, clawback.CheckState{Step: step, Status: status, Finding: "Microsoft says " + hostile, Since: started, Passed: status != ""})
		}
		return d
	}
	ready, broken, fresh := device("o1", "Ready 365", clawback.CheckPass), device("o1", hostile, clawback.CheckFail), device("o1", "Fresh 365", "")
	action := func(id string, number int64, count int) clawback.Action {
		return clawback.Action{ID: id, RemediationNumber: number, MailboxCount: count, Subject: hostile, Outcome: clawback.OutcomeObserved}
	}
	for name, test := range map[string]struct {
		actor       clawback.Actor
		query       string
		waiting     []clawback.Remediation
		devices     []clawback.DeviceHealth
		open        []clawback.Action
		says, hides []string
	}{
		"a SOC analyst with nothing":  {actor: analyst, says: []string{"Nothing needs you", "All done"}, hides: []string{"Auto remediation of", "Review of"}},
		"a SOC analyst with a block":  {actor: analyst, waiting: []clawback.Remediation{blocked}, says: []string{"One thing needs you", "See what is missing", `href="/remediations/r1"`}},
		"an engagement manager":       {actor: manager, says: []string{"Review of", `href="/context/e1"`, "Review<", "Auto remediation of Fabrikam is off", `href="/organizations/o2/auto-remediation"`, "See the rules"}, hides: []string{"Auto remediation of Contoso", "New remediation"}},
		"a manager, one organization": {actor: manager, query: "?organization=o1", says: []string{"Review of"}, hides: []string{"Auto remediation of Fabrikam"}},
		"an admin":                    {actor: member(clawback.RoleAdmin), devices: []clawback.DeviceHealth{ready}, says: []string{"kept@contoso.com needs your decision", "its review was declined", `href="/context/e2"`, "Decide<"}, hides: []string{"fine@contoso.com", "Review of", "Auto remediation of Fabrikam", "Connect Microsoft 365", "needs attention"}},
		"an admin without a device":   {actor: member(clawback.RoleAdmin), says: []string{"Connect Microsoft 365 of Contoso", `href="/organizations/o1/devices/new"`, "Connect a device"}},
		"an admin in the setup":       {actor: member(clawback.RoleAdmin), devices: []clawback.DeviceHealth{fresh}, says: []string{"Go on with the setup of Fresh 365", `href="/devices/d-o1/setup/connect"`, "0 of 6 checks pass"}, hides: []string{"needs attention"}},
		"an admin whose device broke": {actor: member(clawback.RoleAdmin), devices: []clawback.DeviceHealth{broken}, says: []string{"needs attention", "See what to do", `href="/devices/d-o1/setup/connect"`, "does not pass: Microsoft says"}, hides: []string{"Go on with the setup"}},
		"a manager's device broke":    {actor: manager, devices: []clawback.DeviceHealth{broken}, says: []string{"needs attention", `href="/devices/d-o1/setup/connect"`}, hides: []string{"Connect Microsoft 365"}},
		"two actions for one email":   {actor: member(clawback.RoleAnalyst), open: []clawback.Action{action("a1", 4, 1), action("a2", 12, 3)}, says: []string{"R-4 · 1 mailbox ·", "R-12 · 3 mailboxes ·", "2 things need you"}},
		"an organization's analyst":   {actor: member(clawback.RoleAnalyst), says: []string{"Nothing needs you"}, hides: []string{"needs a decision", "Auto remediation of"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newPortal(&fake{waiting: test.waiting, devices: test.devices, open: test.open}, &test.actor).get("/" + test.query)
			wants(t, w, http.StatusOK, test.says...)
			for _, text := range append(test.hides, "<script>alert") {
				if strings.Contains(w.Body.String(), text) {
					t.Errorf("the page says %q", text)
				}
			}
		})
	}
}
