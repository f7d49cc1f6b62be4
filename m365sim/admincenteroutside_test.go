package m365sim_test

import "testing"

func TestAdminCenter_Outside(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.adminAs("Priya Nair")
	to := b.first.People[0].UserPrincipalName
	page := a.open("/outside?to=" + to + "&subject=Clawback+test+1")
	page.sees("no part of any admin center")
	if got := page.doc.Find("#to").AttrOr("value", "") + " " + page.doc.Find("#subject").AttrOr("value", ""); got != to+" Clawback test 1" {
		t.Errorf("filled in: %q", got)
	}
	for field, tt := range map[string]struct{ value, words string }{
		"from":    {"me@" + b.first.Domain, "From must be an address outside of"},
		"to":      {"you@elsewhere.example", "To must be an address of"},
		"subject": {" ", "Enter a subject."},
	} {
		page.press("Send from outside", field, tt.value).status(422).sees(tt.words)
	}
	page.press("Send from outside", "from", "not one").status(422).sees("From must be an email address.")
	page.press("Send from outside").sees("was sent")
	b.patchApp(everyPermission)
	found := b.graph("GET", "/users/"+b.first.People[0].ID+"/messages"+query("$filter", "subject eq 'Clawback test 1'"), nil).want(t, 200).list("value")
	if len(found) != 1 || found[0]["isDraft"] != false {
		t.Fatalf("found %v among %s", found, b.graph("GET", "/users/"+b.first.People[0].ID+"/messages"+query("$select", "subject", "$top", "50"), nil).raw)
	}
	rows := b.graph("GET", "/admin/exchange/tracing/messageTraces", nil).want(t, 200).list("value")
	if len(rows) != 1 || rows[0]["senderAddress"] != "someone@mail.example" || rows[0]["status"] != "delivered" {
		t.Errorf("the trace shows %v", rows)
	}
}
