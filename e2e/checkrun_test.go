package e2e

import (
	"testing"

	"github.com/playwright-community/playwright-go"
)

// TestLiveCheck shows the layers of a check as they come in, and turns green by itself once somebody mends it, with the
// page left open and the focus where it was.
func TestLiveCheck(t *testing.T) {
	a := startDemo(t, "--latency", "1500ms")
	customer := a.Tenant(customerDomain)
	client := ownApp(t, customer)
	a.SetApp(customer.ID, client, map[string]any{"roles": []any{}})
	admin := a.NewPage()
	admin.SignIn("Priya Nair")
	admin.nav("Setup")
	admin.Click("link", "Security Reader role")
	admin.Click("button", "Check now")
	must(t, admin.GetByTestId("run").GetByText("Checking now, for Priya Nair").WaitFor())
	must(t, admin.Locator(".layers li:has-text('What a fresh token carries'):has-text('Failed')").WaitFor())
	if n := must1(admin.Locator(".layers li:has-text('Asking')").Count())(t); n == 0 {
		t.Error("every layer came in at once")
	}
	admin.picture("setup-step-checking")
	must(t, admin.GetByTestId("verdict").GetByText("Nobody has assigned Security Reader").WaitFor())
	must(t, admin.GetByRole("button", playwright.PageGetByRoleOptions{Name: "Check now", Exact: new(true)}).Focus())
	before := admin.URL()
	a.SetApp(customer.ID, client, map[string]any{"roles": []any{"Security Reader"}})
	must(t, admin.GetByTestId("verdict").GetByText("Security Reader is active over the whole tenant").
		WaitFor(playwright.LocatorWaitForOptions{Timeout: new(90_000.0)}))
	if focused := must1(admin.Evaluate(`document.activeElement.textContent.trim()`))(t); focused != "Check now" || admin.URL() != before {
		t.Errorf("the focus is on %q, at %s", focused, admin.URL())
	}
}
