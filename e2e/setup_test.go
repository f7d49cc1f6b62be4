package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// setUp connects a tenant in which nothing is set up and goes from red to green by the clicks of the guide, on the
// simulated admin center's pages: each step names what is missing, and after its instructions the check passes without a
// reload. It ends with every required check passed.
func setUp(t *testing.T, a *app, admin *page, person string, customer tenant) {
	t.Helper()
	center := a.NewPage()
	center.Open(a.Login + "/admin/" + customer.Domain + "/apps/new")
	center.Click("button", center.signInAs(person))
	center.Fill("Name", "Clawback of "+customer.DisplayName)
	center.Click("button", "Register")
	center.See("The application was registered.")
	client := must1(center.Locator("main dd code").First().InnerText())(t)

	admin.nav("Setup")
	admin.See("No device is connected")
	admin.look("setup-none")
	admin.Click("link", "Connect a device")
	admin.Fill("Application (client) id", client)
	admin.Click("button", "Connect the device")
	checkNow(admin, "Failed")
	admin.look("setup-connect-failed")
	upload(t, admin, center)
	checkNow(admin, "The app signs in to this tenant with its certificate.")
	enforceRefused(admin)

	admin.nav("Setup")
	admin.look("setup")
	admin.Click("link", "Security Reader role")
	checkNow(admin, "Failed")
	admin.look("setup-step-failed")
	must(t, admin.Locator("details summary:has-text('Evidence')").First().Click())
	must(t, admin.Locator("summary:has-text('PowerShell')").Click())
	admin.look("setup-step-evidence")
	before := admin.URL()
	assignRole(t, center, linkTo(admin, "/roles/security-reader"), client)
	checkNow(admin, "Security Reader is active over the whole tenant")
	if admin.URL() != before {
		t.Errorf("the check led to %s", admin.URL())
	}
	admin.look("setup-step-passed")

	for _, step := range []struct{ name, api, permission, passed string }{
		{"Exchange.ManageAsApp permission", "Office 365 Exchange Online", "Exchange.ManageAsApp", "Exchange lets the app in"},
		{"Message trace", "", "", "The message trace answers by Exchange"},
		{"Resolve recipients", "Microsoft Graph", "User.Read.All", "Addresses lead to their mailboxes"},
		{"Removal permission", "Microsoft Graph", "Mail.ReadWrite", "Mail.ReadWrite is granted"},
	} {
		admin.Click("link", step.name)
		if step.permission != "" {
			checkNow(admin, "Failed")
			grant(t, center, linkTo(admin, "/permissions"), step.api, step.permission)
		}
		checkNow(admin, step.passed)
	}
	admin.Click("link", "All tasks")
	admin.See("6 of 8")
	admin.look("setup-passed")
}

// upload takes the device's certificate from the portal to the app registration.
func upload(t *testing.T, admin, center *page) {
	t.Helper()
	download := must1(admin.ExpectDownload(func() error {
		return admin.GetByRole("link", playwright.PageGetByRoleOptions{Name: "Download the certificate"}).Click()
	}))(t)
	file := filepath.Join(t.TempDir(), download.SuggestedFilename())
	must(t, download.SaveAs(file))
	center.Open(linkTo(admin, "/credentials"))
	must(t, center.GetByLabel("Certificate file").SetInputFiles(file))
	center.Click("button", "Upload certificate")
	center.See(must1(admin.GetByLabel("Copy thumbprint").GetAttribute("data-copy"))(t))
}

// assignRole gives the app Security Reader.
func assignRole(t *testing.T, center *page, address, client string) {
	t.Helper()
	center.Open(address)
	center.Click("link", "Add assignments")
	center.Fill("Search for members by name or ID", client)
	center.Click("button", "Search")
	must(t, center.Locator("input[name=member]").First().Check())
	center.Click("button", "Add")
	center.See("Active")
}

// grant adds an application permission to the app and consents to it.
func grant(t *testing.T, center *page, address, api, permission string) {
	t.Helper()
	center.Open(address)
	center.Click("link", "Add a permission")
	must(t, center.Locator("a:has-text('"+api+"')").First().Click())
	must(t, center.Locator("a:has-text('Application permissions')").Click())
	must(t, center.Locator("label:has-text('"+permission+"') input").First().Check())
	center.Click("button", "Add permissions")
	must(t, center.Locator("a:has-text('Grant admin consent')").First().Click())
	center.Click("button", "Yes")
	center.See("Granted for")
}

// enforceRefused tries to switch on before the checks pass.
func enforceRefused(admin *page) {
	admin.t.Helper()
	admin.nav("Auto remediation")
	admin.look("auto-remediation-new")
	admin.Click("link", "Change the mode")
	must(admin.t, admin.GetByLabel("Enforce", playwright.PageGetByLabelOptions{Exact: new(true)}).Check())
	admin.refused(422, "Save the mode", "Read the agreement and accept it")
	must(admin.t, admin.GetByLabel("I accept this for").Check())
	admin.refused(409, "Save the mode", "Enforce can’t be switched on yet: “Security Reader role” of the device")
	admin.look("auto-remediation-enforce-refused")
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
	p.refused(409, "Connect the device", "is this app in this tenant already")
	p.Fill("Application (client) id", "3f2504e0-4f89-41d3-9a0c-0305e82c3301")
	p.Submit("Connect the device")
	p.See("Thumbprint")
	checkNow(p, "Failed")
	p.look("setup-connect-step")
	must(t, p.Locator("summary:has-text('Change how the app signs in')").Click())
	must(t, p.GetByLabel("A client secret", playwright.PageGetByLabelOptions{Exact: new(true)}).Check())
	p.look("setup-credential")
}
