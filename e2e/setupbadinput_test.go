package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// TestBadInput_twoAdmins has two admins at the same device and the same step: the slower one is told by whom the device
// was changed and to what, loses nothing and saves on; the check that one begins, both see, without a reload.
func TestBadInput_twoAdmins(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(customerDomain)
	first := a.NewPage()
	first.SignIn("Priya Nair")
	makeAdmin(t, first, "Daniel Osei")
	second := newPage(t, a.Portal)
	second.SignIn("Daniel Osei")
	name := customer.DisplayName + " Microsoft 365"
	for _, admin := range []*page{first, second} {
		admin.nav("Setup")
		admin.navigated(func() error {
			return admin.GetByRole("link", playwright.PageGetByRoleOptions{Name: "Edit " + name, Exact: new(true)}).Click()
		})
	}
	edit := second.URL()
	first.Fill("Name", "Mail of the clinics")
	first.Submit("Save")
	first.See("Mail of the clinics")
	second.Fill("Name", "Clinics <b>365</b>")
	second.refused(http.StatusConflict, "Save", "Priya Nair changed “Mail of the clinics” at")
	second.See("What the device is now")
	must(t, playwright.NewPlaywrightAssertions(2000).Locator(second.GetByLabel("Name", playwright.PageGetByLabelOptions{Exact: new(true)})).ToHaveValue("Clinics <b>365</b>"))
	second.look("device-changed-meanwhile")
	second.Submit("Save")
	second.See("Clinics <b>365</b>")

	step := strings.TrimSuffix(edit, "/edit") + "/setup/security-reader"
	a.SetApp(customer.ID, ownApp(t, customer), map[string]any{"roles": []any{}})
	first.Open(step)
	checkNow(first, "Nobody has assigned Security Reader")
	second.Open(step)
	a.SetApp(customer.ID, ownApp(t, customer), map[string]any{"roles": []any{"Security Reader"}})
	checkNow(second, "Security Reader is active over the whole tenant")
	must(t, first.GetByTestId("verdict").GetByText("Security Reader is active over the whole tenant").WaitFor())
	first.nav("Setup")
	first.See("Last worked on by Daniel Osei")
}

// makeAdmin gives a colleague the admin's role.
func makeAdmin(t *testing.T, admin *page, colleague string) {
	t.Helper()
	admin.nav("Organization")
	must(t, admin.Locator("#main").GetByRole("link", playwright.LocatorGetByRoleOptions{Name: "People", Exact: new(true)}).Click())
	admin.Click("link", colleague)
	must(t, admin.GetByLabel("Admin", playwright.PageGetByLabelOptions{Exact: new(true)}).Check())
	admin.Submit("Change role")
}

// TestBadInput_setupSessionEnds signs out in another tab while a device is being connected by a client secret: the form
// comes back with everything but the secret, which is asked for anew, and goes through after the sign-in.
func TestBadInput_setupSessionEnds(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(customerDomain)
	const secret = "typed-and-never-shown"
	for _, script := range []bool{true, false} {
		t.Run(map[bool]string{true: "with JavaScript", false: "without JavaScript"}[script], func(t *testing.T) {
			p := newPageWith(t, playwright.BrowserNewContextOptions{BaseURL: &a.Portal, JavaScriptEnabled: new(script)})
			signIn(t, p, "Priya Nair")
			p.Open("/organizations/" + organizationOf(t, a, customer.ID) + "/devices/new")
			p.Fill("Application (client) id", customer.ID)
			p.Fill("Name (optional)", "Typed <b>for</b> an hour")
			must(t, p.GetByLabel("A client secret", playwright.PageGetByLabelOptions{Exact: new(true)}).Check())
			p.Fill("Client secret", secret)
			other := p.tab()
			signOut(t, other)
			p.refused(http.StatusUnauthorized, "Connect the device", "all but the client secret")
			if content := must1(p.Content())(t); strings.Contains(content, secret) {
				t.Error("the secret stands in the page")
			}
			if script {
				p.look("session-ended-secret")
			}
			other.Open("/sign-in")
			signIn(t, other, "Priya Nair")
			p.Fill("Client secret", secret)
			p.refused(http.StatusUnprocessableEntity, "Send again", "This is the id of the tenant, not of the app")
			want := playwright.NewPlaywrightAssertions(2000)
			must(t, want.Locator(p.GetByLabel("Name (optional)", playwright.PageGetByLabelOptions{Exact: new(true)})).ToHaveValue("Typed <b>for</b> an hour"))
			must(t, want.Locator(p.GetByLabel("Client secret", playwright.PageGetByLabelOptions{Exact: new(true)})).ToHaveValue(""))
			must(t, want.Locator(p.GetByLabel("A client secret", playwright.PageGetByLabelOptions{Exact: new(true)})).ToBeChecked())
			must(t, other.Close())
		})
	}
}
