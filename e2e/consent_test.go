package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"
)

// integrationApp answers the client id of the provider's integration.
func integrationApp(t *testing.T, customer tenant) string {
	t.Helper()
	for _, app := range customer.Apps {
		if app.Name == "Clawback mail removal" {
			return app.ClientID
		}
	}
	t.Fatalf("%s knows no integration: %v", customer.DisplayName, customer.Apps)
	return ""
}

// connectIntegration connects a device with the integration and ends on its first step.
func connectIntegration(t *testing.T, admin *page, day string) {
	t.Helper()
	admin.nav("Setup")
	admin.Click("link", "Connect another device")
	admin.navigated(func() error {
		return admin.GetByRole("link", playwright.PageGetByRoleOptions{Name: "The integration", Exact: new(true)}).Click()
	})
	admin.look("consent-connect")
	admin.Fill("Onboarded on", "")
	admin.refused(422, "Connect the device", "Enter the day on which")
	admin.Fill("Onboarded on", day)
	admin.Fill("Name (optional)", "By the integration")
	admin.Submit("Connect the device")
	must(t, admin.GetByTestId("verdict").GetByText("Nobody has consented").WaitFor())
}

// forward asks for a link and answers its address.
func forward(t *testing.T, admin *page) string {
	t.Helper()
	admin.Submit("Make a link to forward")
	admin.See("Send this link to an administrator")
	return must1(admin.GetByLabel("Copy the consent link").GetAttribute("data-copy"))(t)
}

// TestConsent has the integration consented to by somebody who has no account here, in another browser: refused first,
// then granted, then brought back a second time. The admin sees what came of it without a reload.
func TestConsent(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(customerDomain)
	admin := a.NewPage()
	admin.SignIn("Priya Nair")
	connectIntegration(t, admin, time.Now().Format(time.DateOnly))
	admin.look("consent-missing")
	link := forward(t, admin)
	admin.look("consent-link")
	admin.Click("link", "Back to the device")

	entra := newPage(t, a.Portal)
	entra.Open(link)
	entra.See("What is asked for")
	entra.look("consent-page")
	entra.navigated(func() error {
		return entra.GetByRole("link", playwright.PageGetByRoleOptions{Name: "Go on to Microsoft", Exact: new(true)}).Click()
	})
	entra.Submit("Cancel")
	entra.See("The consent was not granted")
	entra.look("consent-refused")

	entra.Open(link)
	entra.navigated(func() error {
		return entra.GetByRole("link", playwright.PageGetByRoleOptions{Name: "Go on to Microsoft", Exact: new(true)}).Click()
	})
	entra.Submit("Accept as administrator of " + customer.DisplayName)
	entra.See("Thank you")
	entra.look("consent-thanks")
	returned := entra.URL()

	must(t, admin.GetByTestId("verdict").GetByText("The integration signs in to this tenant").WaitFor(playwright.LocatorWaitForOptions{Timeout: new(20_000.0)}))
	must1(admin.Reload())(t)
	admin.See("Granted since")
	admin.look("consent-given")

	again := newPage(t, a.Portal)
	again.Expect(http.StatusGone, strings.TrimPrefix(strings.Split(returned, "?")[0], a.Portal))
	again.Open(returned)
	again.See("This link was used already")
	again.look("consent-twice")
}

// TestLegacyPath goes the guide's way of who onboarded the integration before 12 March 2026: what is granted lacks
// Exchange.ManageAsApp, consent is granted again on the enterprise application's page, and the next step is the third.
func TestLegacyPath(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(customerDomain)
	a.SetApp(customer.ID, integrationApp(t, customer), map[string]any{"present": true, "roles": []any{"Security Reader"},
		"permissions": []any{"Mail.ReadWrite", "User.Read.All", "Application.Read.All", "RoleManagement.Read.Directory"}})
	admin := a.NewPage()
	admin.SignIn("Priya Nair")
	admin.nav("Setup")
	admin.Click("link", "Connect another device")
	admin.Click("link", "The integration")
	admin.Fill("Onboarded on", "2025-11-03")
	admin.Fill("Name (optional)", "Onboarded long ago")
	admin.Submit("Connect the device")
	must(t, admin.GetByTestId("verdict").GetByText("The integration signs in to this tenant").WaitFor())

	admin.nav("Setup")
	admin.navigated(func() error {
		return admin.GetByTestId("device").Filter(playwright.LocatorFilterOptions{HasText: "Onboarded long ago"}).
			GetByRole("link", playwright.LocatorGetByRoleOptions{Name: "Exchange.ManageAsApp permission"}).Click()
	})
	must(t, admin.GetByTestId("verdict").GetByText("since 12 March 2026").WaitFor())
	admin.look("legacy-lacking")

	center := a.NewPage()
	center.Open(linkTo(admin, "/permissions"))
	center.Submit(center.signInAs("Priya Nair"))
	must(t, center.Locator("a:has-text('Grant admin consent')").First().Click())
	center.Submit("Yes")
	center.See("Exchange.ManageAsApp")

	checkNow(admin, "Exchange lets the app in")
	must1(admin.Reload())(t)
	admin.look("legacy-granted")
	admin.navigated(func() error {
		return admin.GetByLabel("Steps").GetByRole("link", playwright.LocatorGetByRoleOptions{Name: "Never-remove context"}).Click()
	})
	admin.See("Inboxes that must keep their email")
}
