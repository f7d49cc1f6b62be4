package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"
)

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
