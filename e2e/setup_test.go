package e2e

import (
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// TestSetup goes from red to green by the clicks of the guide, on the simulated admin center's pages: the role and the
// permission are gone, each step names it, and after its instructions the check passes without a reload.
func TestSetup(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(customerDomain)
	client := ownApp(t, customer)
	a.SetApp(customer.ID, client, map[string]any{"roles": []any{}, "permissions": []any{"Mail.ReadWrite", "User.Read.All", "GroupMember.Read.All",
		"OrgContact.Read.All", "Organization.Read.All", "Application.Read.All", "RoleManagement.Read.Directory"}})

	admin := a.NewPage()
	admin.SignIn("Priya Nair")
	admin.Click("link", "Setup")
	admin.See("Brightwater Clinics Microsoft 365")
	admin.look("setup")

	admin.Click("link", "Security Reader role")
	checkNow(admin, "Nobody has assigned Security Reader")
	admin.look("setup-step-failed")
	must(t, admin.Locator("details summary:has-text('Evidence')").First().Click())
	must(t, admin.Locator("summary:has-text('PowerShell')").Click())
	admin.look("setup-step-evidence")
	before := admin.URL()

	center := a.NewPage()
	center.Open(linkTo(admin, "/roles/security-reader"))
	center.Click("button", center.signInAs("Priya Nair"))
	center.Click("link", "Add assignments")
	center.Fill("Search for members by name or ID", client)
	center.Click("button", "Search")
	must(t, center.Locator("input[name=member]").First().Check())
	center.Click("button", "Add")
	center.See("Active")
	checkNow(admin, "Security Reader is active over the whole tenant")
	if admin.URL() != before {
		t.Errorf("the check led to %s", admin.URL())
	}
	admin.look("setup-step-passed")

	admin.Click("link", "Exchange.ManageAsApp permission")
	checkNow(admin, "Exchange.ManageAsApp was not added to the app yet")
	center.Open(linkTo(admin, "/permissions"))
	center.Click("link", "Add a permission")
	must(t, center.Locator("a:has-text('Office 365 Exchange Online')").First().Click())
	must(t, center.Locator("a:has-text('Application permissions')").Click())
	must(t, center.Locator("label:has-text('Exchange.ManageAsApp') input").Check())
	center.Click("button", "Add permissions")
	checkNow(admin, "nobody has granted admin consent")
	must(t, center.Locator("a:has-text('Grant admin consent')").First().Click())
	center.Click("button", "Yes")
	checkNow(admin, "Exchange lets the app in")
	admin.Click("link", "All tasks")
	admin.See("8 of 8")
	admin.Look("setup-done")
}

// ownApp answers the client id of the customer's own app registration.
func ownApp(t *testing.T, customer tenant) string {
	t.Helper()
	for _, app := range customer.Apps {
		if strings.HasPrefix(app.Name, customer.DisplayName) {
			return app.ClientID
		}
	}
	t.Fatalf("%s has no app of its own: %v", customer.DisplayName, customer.Apps)
	return ""
}

// checkNow presses the button and waits for the verdict.
func checkNow(p *page, words string) {
	p.t.Helper()
	p.Click("button", "Check now")
	must(p.t, p.GetByTestId("verdict").GetByText(words).WaitFor())
}

func linkTo(p *page, ending string) string {
	p.t.Helper()
	address, err := p.Locator("a[href$='" + ending + "']").First().GetAttribute("href")
	must(p.t, err)
	return address
}

// signInAs answers the whole name of a person's button in the admin center.
func (p *page) signInAs(person string) string {
	p.t.Helper()
	name, err := p.Locator("button:has-text('Sign in as " + person + "')").InnerText()
	must(p.t, err)
	return strings.Join(strings.Fields(name), " ")
}

// TestSetup_connect connects a device by a certificate, with every mistake on the way.
func TestSetup_connect(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(customerDomain)
	p := a.NewPage()
	p.SignIn("Priya Nair")
	p.Click("link", "Setup")
	p.Click("link", "Connect another device")
	p.look("setup-connect")
	p.Expect(422, strings.TrimPrefix(p.URL(), a.Portal))
	p.Fill("Tenant", "northgate.example")
	p.Click("button", "Connect the device")
	p.See("That did not work yet")
	p.look("setup-connect-wrong")
	p.Fill("Tenant", customer.Domain)
	p.Fill("Application (client) id", ownApp(t, customer))
	p.Fill("Name (optional)", "Second <b>device</b>")
	p.Click("button", "Connect the device")
	p.See("Connect the device")
	p.See("Thumbprint")
	checkNow(p, "Failed")
	p.look("setup-connect-step")
	must(t, p.Locator("summary:has-text('Change how the app signs in')").Click())
	must(t, p.GetByLabel("A client secret", playwright.PageGetByLabelOptions{Exact: new(true)}).Check())
	p.look("setup-credential")
}
