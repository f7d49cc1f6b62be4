package e2e

import (
	"net/http"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// TestOwnRight lets an admin look with the own right where the app may not read the directory: declined once, then given.
func TestOwnRight(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(customerDomain)
	client := ownApp(t, customer)
	a.SetApp(customer.ID, client, map[string]any{"roles": []any{}, "permissions": []any{"Exchange.ManageAsApp", "User.Read.All", "Mail.ReadWrite"}})
	admin := a.NewPage()
	admin.SignIn("Priya Nair")
	admin.nav("Setup")
	admin.Click("link", "Security Reader role")
	checkNow(admin, "The app does not have the role Security Reader")
	step := admin.URL()
	admin.look("setup-look")

	admin.Submit("Look with your own right")
	admin.Click("button", "Sign in as Priya Nair")
	admin.See("Permissions requested")
	admin.Expect(http.StatusForbidden, "/sign-in/callback")
	admin.Click("button", "Cancel")
	admin.See("You declined")
	admin.look("setup-look-refused")
	admin.enter("Back to “Security Reader role”")

	admin.Submit("Look with your own right")
	admin.Click("button", "Sign in as Priya Nair")
	admin.Click("button", "Accept")
	must(t, admin.GetByTestId("look").GetByText("Nobody has assigned Security Reader").WaitFor())
	if admin.URL() != step {
		t.Errorf("the look led to %s", admin.URL())
	}
	admin.look("setup-looked")

	// The consent is the tenant's, so that the second look asks nothing; it needs no JavaScript.
	plain := newPageWith(t, playwright.BrowserNewContextOptions{BaseURL: &a.Portal, JavaScriptEnabled: new(false)})
	signIn(t, plain, "Priya Nair")
	plain.Open(step)
	must(t, plain.Locator("button:has-text('Look again')").Click())
	plain.Click("button", "Sign in as Priya Nair")
	must(t, plain.GetByTestId("look").GetByText("Nobody has assigned Security Reader").WaitFor())

	admin.nav("Setup")
	must(t, admin.Locator("a:has-text('Report')").First().Click())
	admin.See("Who did what")
	admin.look("setup-report")
}
