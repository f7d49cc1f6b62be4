package m365sim_test

import (
	"net/url"
	"testing"
	"time"
)

func TestAdminCenter_Permissions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.patchApp(`{"permissions":[]}`)
	a := b.adminAs("Priya Nair")
	at := "/apps/" + b.first.App.ClientID + "/permissions"
	add := func(api, kind, value string) *visit {
		return a.open(at).follow("Add a permission").follow(api).follow(kind).press("Add permissions", "permission", value)
	}
	const online, exchangeID = "Office 365 Exchange Online 00000002-0000-0ff1-ce00-000000000000", "00000002-0000-0ff1-ce00-000000000000"
	application := "Application permissions The application runs as a background service without a signed-in user."
	delegated := "Delegated permissions The application accesses the API as the signed-in user."

	add("Microsoft Exchange Online Protection 00000007-0000-0ff1-ce00-000000000000", application, "Exchange.ManageAsApp")
	add(online, delegated, "Exchange.ManageAsApp").sees("Delegated", "Not granted for Brightwater Clinics")
	a.open(at).follow("Grant admin consent for Brightwater Clinics").press("Yes").sees("Successfully granted")
	if claims := b.claims(exchangeResource); claims["roles"] != nil {
		t.Errorf("the wrong API and a delegated permission give %v", claims["roles"])
	}

	add(online, application, "Exchange.ManageAsApp").sees("They need admin consent", "Not granted for Brightwater Clinics")
	if claims := b.claims(exchangeResource); claims["roles"] != nil {
		t.Errorf("without consent the roles are %v", claims["roles"])
	}
	b.clock.advance(time.Hour)
	a.open(at + "/consent").sees("Do you want to grant consent").press("No").sees("Nothing was granted")
	a.open(at+"/consent").press("Yes").sees("Granted for Brightwater Clinics", "23 Nov 2026 10:00 UTC")
	if !has(b.claims(exchangeResource), "roles", "Exchange.ManageAsApp") {
		t.Error("consent does not show in the token")
	}
	all := b.control("GET", "/apps/"+b.first.App.ClientID, nil).list("permissions")
	if len(all) != 3 {
		t.Errorf("control shows %v", all)
	}

	a.open(at).press("Remove Exchange.ManageAsApp, Application, Office 365 Exchange Online").sees("was removed")
	if b.claims(exchangeResource)["roles"] != nil {
		t.Error("a removed permission is in the token")
	}
	list := a.open(at + "/add?api=" + exchangeID + "&kind=application")
	list.press("Add permissions").status(422).sees("Select at least one permission.")
	list.press("Add permissions", "permission", "Everything").status(422).sees("has no such permission")
	list.press("Add permissions", "permission", "Exchange.ManageAsApp", "kind", "other").status(422).sees("Choose an API")
	list.press("Search", "q", "none").sees("has no application permission with “none”")
	a.send("POST", a.url(at+"/remove"), map[string]string{"Cookie": a.cookie}, url.Values{"permission": {"x"}}).want(t, 422)
}
