package e2e

import (
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"
)

// TestNotCleaned is what remains after a removal: the SOC hands a denied mailbox over with a note, the customer's admin
// has it checked again, and removes the email from the protected mailbox on the explicit word.
func TestNotCleaned(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(customerDomain)
	denied := firstCleaned(t, a, customer.ID)
	for _, app := range customer.Apps {
		a.SetApp(customer.ID, app.ClientID, map[string]any{"access_policy": map[string]any{"deny": []string{denied}}})
	}
	organization := organizationOf(t, a, customer.ID)
	a.API("PUT", "/organizations/"+organization+"/auto-remediation", map[string]any{"instructions": "Call the service desk, then\nopen a ticket."}, nil)
	id := startedByAPI(t, a, organization)
	waitFor(t, "the denied mailbox", 30*time.Second, func() bool {
		var r remediation
		a.API("GET", "/remediations/"+id, nil, &r)
		return r.Counts["denied"] == 1 && r.Counts["removed"] == 23
	})

	analyst := a.NewPage()
	analyst.SignIn("Mara Lindt")
	analyst.Open("/remediations/" + id)
	analyst.See("Access policy: 1 mailbox")
	analyst.See("Call the service desk, then")
	must(t, analyst.GetByText("Hand over to the customer").Click())
	analyst.Axe()
	analyst.Look("not-cleaned")
	analyst.Fill("Note for the customer (optional)", "Please let our app into this mailbox, or delete it there.")
	analyst.Click("button", "Hand over now")
	analyst.See("Handed over: the customer’s action by now.")
	analyst.Click("link", denied)
	analyst.See("Handed over to the customer by Mara Lindt.")
	analyst.Axe()
	analyst.Look("record-denied")

	admin := a.NewPage()
	admin.SignIn("Priya Nair")
	admin.Click("link", "Microsoft refuses us 1 mailbox with a malicious email")
	admin.See("Please let our app into this mailbox")
	admin.Click("button", "Check again whether it is gone from "+denied)
	admin.See("Could not look: Microsoft denies us this mailbox.")
	admin.Axe()
	admin.Look("action-denied")

	admin.Open("/actions")
	admin.Click("link", "A malicious email lies in 1 protected mailbox")
	admin.Click("button", "Check again whether it is gone from quarantine@"+customerDomain)
	admin.See("Still there.")
	admin.Look("action-protected")
	admin.Click("link", "Remove it now from quarantine@"+customerDomain)
	admin.See("Remove the email from this protected mailbox?")
	admin.Axe()
	admin.Look("order")
	asked := admin.path()
	admin.Click("button", "Remove it now")
	admin.Expect(422, asked)
	admin.See("Say by the box that you want it removed")
	admin.Axe()
	must(t, admin.GetByLabel("Remove it from this mailbox, although it is protected").Check())
	admin.Click("button", "Remove it now")
	admin.See("Removed from this mailbox, and proved gone.")
	admin.See("Priya Nair, admin of the organization, ordered")
	admin.Axe()
	admin.Look("record-ordered")
	for _, c := range a.Copies(customer.ID, phishingID) {
		if protected := c.Address == "quarantine@"+customerDomain; protected && c.Folder != "recoverableitemsdeletions" {
			t.Errorf("%s: it lies in %s", c.Address, c.Folder)
		}
	}
}

// TestSecondPerson is a removal above the limit that a halt blocks: a colleague approves it with a reason; the limit
// changes while it is blocked, so that a person must let it go on.
func TestSecondPerson(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(customerDomain)
	organization := organizationOf(t, a, customer.ID)
	limit := func(mailboxes int) {
		if status := a.API("PUT", "/organizations/"+organization+"/auto-remediation", map[string]any{"volume_limit": mailboxes}, nil); status != 200 {
			t.Fatalf("the limit was answered with %d", status)
		}
	}
	limit(10)
	id := startedByAPI(t, a, organization)

	analyst, operator := a.NewPage(), a.NewPage()
	analyst.SignIn("Mara Lindt")
	analyst.Open("/remediations/" + id)
	analyst.See("A second person must approve the removal from 24 mailboxes.")
	approve := analyst.path() + "/approve"
	analyst.Click("button", "Approve removal from 24 mailboxes")
	analyst.Expect(422, approve)
	analyst.See("Say why you approve it")
	analyst.Axe()
	analyst.Look("approval")

	operator.SignIn("Jon Beck")
	operator.Open("/halts")
	_, err := operator.GetByLabel("Whose removals").SelectOption(playwright.SelectOptionValues{Labels: &[]string{"Brightwater Clinics"}})
	must(t, err)
	operator.Fill("Reason", "Looking into it")
	operator.Click("button", "Halt removals")
	operator.See("Looking into it")

	must(t, analyst.GetByLabel("Reason", playwright.PageGetByLabelOptions{Exact: new(true)}).First().Fill("Two customers more have it"))
	analyst.Click("button", "Approve removal from 24 mailboxes")
	analyst.See("Blocked: removals are halted.")
	analyst.See("It goes on by itself when the halt is lifted until")
	analyst.Look("blocked")
	limit(20)
	operator.Open("/halts")
	lift := operator.Locator("form[action='/halts/lift']")
	must(t, lift.GetByRole("textbox").Fill("Seen"))
	must(t, lift.GetByRole("button").Click())
	operator.See("Nothing is halted")

	analyst.See("Blocked: a person must look at it again.")
	analyst.See("The rules changed while it was blocked: the volume limit.")
	analyst.Axe()
	analyst.Look("lapsed")
	if asked := changedMailboxes(a, customer.ID); len(asked) != 0 {
		t.Errorf("changed before the click: %v", asked)
	}
	analyst.Click("button", "Go on: remove it from 24 mailboxes")
	analyst.See("Gone from 24 of 25 mailboxes")
	assertClean(t, a, customer.ID)
}

// startedByAPI starts the removal of the demo's email and answers its id.
func startedByAPI(t *testing.T, a *app, organization string) string {
	t.Helper()
	var created remediation
	a.API("POST", "/organizations/"+organization+"/remediations",
		map[string]any{"eml": phishingEML(t, a), "reason": "phishing", "start": true, "max_mailboxes": 100}, &created)
	return created.ID
}
