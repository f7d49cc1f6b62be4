package e2e

import (
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// TestDisconnect disconnects the device of an organization that removes: the page says what that stops and what to take
// back, wants the name typed, and afterwards the same device is connected again with its history.
func TestDisconnect(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(customerDomain)
	name := customer.DisplayName + " Microsoft 365"
	admin := a.NewPage()
	admin.SignIn("Priya Nair")
	admin.nav("Setup")
	admin.navigated(func() error {
		return admin.GetByRole("link", playwright.PageGetByRoleOptions{Name: "Disconnect " + name}).Click()
	})
	admin.See("What it stops")
	admin.See("only device of the auto remediation")
	admin.look("disconnect")
	admin.refused(422, "Disconnect the device", "to confirm")
	admin.look("disconnect-unconfirmed")
	admin.Fill("Type the device’s name to confirm", strings.ToLower(name))
	admin.Fill("Reason (optional)", "We move to another app")
	admin.Submit("Disconnect the device")
	admin.See("Disconnected by")
	admin.look("disconnected")
	admin.nav("Never-remove")
	admin.See("quarantine@" + customerDomain)

	admin.nav("Setup")
	admin.navigated(func() error {
		return admin.GetByRole("link", playwright.PageGetByRoleOptions{Name: "Connect again", Exact: new(true)}).Click()
	})
	admin.look("reconnect")
	admin.Submit("Connect again")
	admin.See("Thumbprint")
	must(t, admin.GetByTestId("verdict").GetByText("does not know the device").WaitFor(playwright.LocatorWaitForOptions{Timeout: new(30_000.0)}))
	admin.look("reconnected")
}
