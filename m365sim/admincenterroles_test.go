package m365sim_test

import (
	"testing"

	"github.com/PuerkitoBio/goquery"
)

func TestAdminCenter_AssignSecurityReader(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.patchApp(`{"roles":[]}`)
	a := b.adminAs("Priya Nair")
	found := a.open("/roles").press("Search", "q", "security r").status(200)
	role := found.follow("Security Reader").sees("Nobody has this role")
	search := role.follow("Add assignments").press("Search", "q", "Brightwater Clinics mail")
	search.sees("Service principal", "User", "svc-mail-removal@brightwater.example", b.first.App.ClientID)
	if n := search.doc.Find(`input[name="member"]`).Length(); n != 2 {
		t.Errorf("the search finds %d", n)
	}
	search.press("Add").status(422).sees("Select at least one member.")
	sp, user := b.first.App.ServicePrincipalID, ""
	search.doc.Find(`input[name="member"]`).Each(func(_ int, s *goquery.Selection) {
		if id := s.AttrOr("value", ""); id != sp {
			user = id
		}
	})
	for _, tc := range []struct {
		name  string
		form  []string
		wid   bool
		shows []string
	}{
		{"the user of the same name", []string{"member", user}, false, []string{"User", "Active"}},
		{"eligible", []string{"member", sp, "type", "eligible"}, false, []string{"Eligible"}},
		{"narrowed to a unit", []string{"member", sp, "scope", unitOf(search)}, false, []string{"Administrative unit: Head office"}},
		{"until a day", []string{"member", sp, "until", "2026-12-01"}, true, []string{"1 Dec 2026 00:00 UTC"}},
	} {
		after := search.press("Add", tc.form...).status(200).sees(append(tc.shows, "Security Reader was assigned to")...)
		if got := has(b.claims(exchangeResource), "wids", securityReaderID); got != tc.wid {
			t.Errorf("%s: Security Reader in the token is %v", tc.name, got)
		}
		if tc.name == "until a day" {
			search.press("Add", tc.form...).status(422).sees("already has this role")
			continue
		}
		after.press(after.doc.Find(`main td button`).First().AttrOr("aria-label", "")).sees("no longer has Security Reader")
	}
	search.press("Add", "member", sp, "until", "2026-11-01").status(422).sees("Enter an end in the future")
	search.press("Add", "member", sp, "scope", "/elsewhere").status(422).sees("Choose a scope")
	search.press("Add", "member", "nobody").status(422).sees("no longer exists")

	b.send("POST", b.sim.Addresses().Control+"/clock", nil, `{"advance_seconds":864000}`).want(t, 200)
	a.open("/roles/security-reader").sees("Ended")
	if has(b.claims(exchangeResource), "wids", securityReaderID) {
		t.Error("an ended assignment is in the token")
	}
	rows := b.graph("GET", "/roleManagement/directory/roleAssignments"+query("$filter",
		"roleDefinitionId eq '62e90394-69f5-4237-9190-012177145e10'"), nil).want(t, 200).list("value")
	if len(rows) != 1 || text(rows[0], "principalId") != b.first.People[0].ID {
		t.Errorf("Graph's role assignments of people: %v", rows)
	}
	last := a.open("/roles/global-administrator")
	last.press(last.doc.Find("main td button").AttrOr("aria-label", "")).status(422).sees("last Global Administrator")
}

func unitOf(v *visit) string {
	return v.doc.Find(`select[name="scope"] option`).Eq(1).AttrOr("value", "")
}
