package e2e

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// TestHistory is what comes after a removal: the customer's admin takes the action, talks about it and completes it; the
// operator reads the audit trail of it; the SOC finds what happened in a mailbox and puts the email back.
func TestHistory(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(customerDomain)
	removed := removedByAPI(t, a, organizationOf(t, a, customer.ID))
	cleaned := firstCleaned(t, a, customer.ID)

	admin := a.NewPage()
	admin.SignIn("Priya Nair")
	admin.See("One thing needs you")
	admin.look("history-home-admin")
	admin.Click("link", "A malicious email lies in 1 protected mailbox")
	assignee := admin.GetByLabel("Assigned to", playwright.PageGetByLabelOptions{Exact: new(true)})
	_, err := assignee.SelectOption(playwright.SelectOptionValues{Labels: &[]string{"Me: Priya Nair (admin)"}})
	must(t, err)
	admin.Click("button", "Assign")
	refused := admin.path() + "/comments"
	admin.Fill("Your comment", "Asked the owner of the inbox.\n<b>They answer today.</b>")
	admin.Click("button", "Add comment")
	admin.See("<b>They answer today.</b>")
	admin.Click("button", "Add comment")
	admin.Expect(422, refused)
	admin.See("Write what you want to say.")
	admin.look("history-action")
	must(t, admin.Locator("textarea[name=comment]").Fill("Deleted by hand."))
	admin.Click("button", "Complete this action")
	admin.See("Completed by")

	admin.Open("/actions?status=any&assignee=me")
	admin.See("Priya Nair")
	admin.look("history-actions")
	must(t, admin.GetByLabel("Main").GetByRole("link", playwright.LocatorGetByRoleOptions{Name: "Organization"}).Click())
	admin.Click("link", "Audit trail")
	admin.See("from the first to the last")
	admin.Axe()

	operator := a.NewPage()
	operator.SignIn("Jon Beck")
	operator.look("history-home-operator")
	must(t, operator.GetByLabel("Main").GetByRole("link", playwright.LocatorGetByRoleOptions{Name: "Audit trail"}).Click())
	operator.See("The chain of this installation")
	operator.Fill("Person", "priya")
	operator.Click("button", "Filter")
	for _, words := range []string{"Action completed", "Action commented on", "Action assigned"} {
		must(t, operator.GetByRole("cell").Filter(playwright.LocatorFilterOptions{HasText: words}).First().WaitFor())
	}
	must(t, operator.GetByText("Before and after").First().Click())
	operator.look("history-audit")

	analyst := a.NewPage()
	analyst.SignIn("Mara Lindt")
	must(t, analyst.GetByRole("searchbox").Fill(cleaned))
	must(t, analyst.GetByRole("searchbox").Press("Enter"))
	analyst.See("Everything that happened in the mailbox")
	must(t, analyst.GetByText("More filters").Click())
	analyst.Fill("Sender", "@paypa1-support.example")
	analyst.Click("button", "Filter")
	must(t, analyst.GetByRole("cell").Filter(playwright.LocatorFilterOptions{HasText: "Gone from 24 of 25"}).First().WaitFor())
	analyst.look("history-remediations")
	analyst.Open("/mailboxes?address=" + cleaned)
	analyst.See("1 email")
	analyst.look("history-mailbox")
	analyst.Click("link", "“"+phishingTitle+"”")
	analyst.See("Everything that happened in this mailbox")
	analyst.print(t, "history-record-print")
	analyst.Open("/remediations/" + removed)
	analyst.See("Gone from 24 of 25 mailboxes")
	analyst.print(t, "history-remediation-print")

	analyst.Click("link", "Put back…")
	must(t, analyst.Locator("#restore-reason").Fill("It was a phishing exercise of the customer"))
	analyst.Click("button", "Put 24 copies back")
	analyst.See("Put back: 24 copies")
	analyst.look("history-restored")
	for _, c := range a.Copies(customer.ID, phishingID) {
		if c.Folder == "recoverableitemsdeletions" {
			t.Errorf("%s: it was not put back", c.Address)
		}
	}
	analyst.Click("link", cleaned)
	analyst.See("Put back into this mailbox")
	analyst.look("history-record-restored")
}

// removedByAPI removes the demo's email and answers the remediation's id.
func removedByAPI(t *testing.T, a *app, organization string) string {
	t.Helper()
	id := startedByAPI(t, a, organization)
	awaitContained(t, a, id)
	return id
}

// phishingEML answers the demo's waiting email.
func phishingEML(t *testing.T, a *app) []byte {
	t.Helper()
	eml, err := os.ReadFile(filepath.Join(a.dir, "data", "phishing.eml"))
	must(t, err)
	return eml
}

// path answers the path of the page's address.
func (p *page) path() string {
	p.t.Helper()
	address, err := url.Parse(p.URL())
	must(p.t, err)
	return address.Path
}

// print takes a picture of the sheet that would leave the printer.
func (p *page) print(t *testing.T, name string) {
	t.Helper()
	folder := os.Getenv("CLAWBACK_SCREENSHOTS")
	if folder == "" {
		return
	}
	must(t, p.EmulateMedia(playwright.PageEmulateMediaOptions{Media: playwright.MediaPrint}))
	_, err := p.Screenshot(playwright.PageScreenshotOptions{Path: new(filepath.Join(folder, name+".png")), FullPage: new(true)})
	must(t, err)
	must(t, p.EmulateMedia(playwright.PageEmulateMediaOptions{Media: playwright.MediaScreen}))
}
