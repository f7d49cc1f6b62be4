package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// TestPeople is how people come in and go: an operator creates an organization and invites its first admin; another
// organization's admin invites a colleague, who redeems the link, sees that organization alone, and is removed again.
func TestPeople(t *testing.T) {
	a := startDemo(t)
	operatorCreates(t, a)

	admin := a.NewPage()
	admin.SignIn("Olivia Grant")
	navigate(t, admin, "Organization")
	admin.See("When the SOC says remove")
	admin.look("organization-admin")
	must(t, admin.Locator("#main").GetByRole("link", playwright.LocatorGetByRoleOptions{Name: "People", Exact: new(true)}).Click())
	admin.Click("link", "Invite somebody")
	admin.look("invitation-new")
	admin.Fill("Whom", "Theo Marsh")
	must(t, admin.GetByLabel("Analyst").Check())
	admin.Click("button", "Make the link")
	admin.See("It is shown this once")
	admin.look("invitation-made")
	link, err := admin.Locator("[data-copy*='/invitations/']").GetAttribute("data-copy")
	must(t, err)

	theo := a.NewPage()
	theo.Open(link)
	theo.See("You are invited")
	theo.look("invitation")
	must(t, theo.GetByRole("link", playwright.PageGetByRoleOptions{Name: "Sign in with Microsoft"}).Click())
	theo.Click("button", "Sign in as Theo Marsh")
	theo.See("Lumen Freight")
	if text, err := theo.Locator("body").InnerText(); err != nil || strings.Contains(text, "Brightwater") {
		t.Errorf("Theo sees another organization, %v", err)
	}
	theo.Open("/account")
	theo.See("This browser")
	theo.look("account")
	must(t, theo.GetByLabel("Dark").Check())
	must(t, playwright.NewPlaywrightAssertions().Locator(theo.Locator("html")).ToHaveAttribute("data-bs-theme", "dark"))

	late := a.NewPage()
	late.Expect(http.StatusGone, strings.TrimPrefix(link, a.Portal))
	late.Open(link)
	late.See("This invitation was used already")
	late.look("invitation-used")

	admin.Click("link", "Back to people")
	admin.See("Theo Marsh")
	admin.look("people")
	admin.Click("link", "Theo Marsh")
	admin.look("person")
	must(t, admin.GetByLabel("Remove from Lumen Freight").Check())
	admin.Click("button", "Remove Theo Marsh")
	admin.See("1 person")
	theo.Open("/")
	theo.See("Who this is for")
}

func operatorCreates(t *testing.T, a *app) {
	t.Helper()
	operator := a.NewPage()
	operator.SignIn("Jon Beck")
	navigate(t, operator, "Organizations")
	operator.See("The ones that need somebody come first.")
	operator.look("organizations")
	operator.Click("link", "New organization")
	operator.Expect(http.StatusConflict, "/organizations")
	operator.Fill("Name", "brightwater clinics")
	operator.Fill("Domain", "halden.example")
	operator.Fill("Microsoft 365 tenant", "haldensec.example")
	operator.Click("button", "Create organization")
	operator.See("There is an organization of this name already.")
	operator.look("organization-new")
	operator.Fill("Name", "Halden Security")
	operator.Click("button", "Create organization")
	operator.See("To get started")
	_, err := operator.GetByLabel("Engagement manager").SelectOption(playwright.SelectOptionValues{Labels: &[]string{"Ines Okafor"}})
	must(t, err)
	operator.Click("button", "Assign")
	operator.See("Done")
	operator.look("organization-new-one")
	operator.Click("link", "Invite the first admin")
	operator.See("Invited as")
}

func navigate(t *testing.T, p *page, name string) {
	t.Helper()
	must(t, p.GetByLabel("Main").GetByRole("link", playwright.LocatorGetByRoleOptions{Name: name, Exact: new(true)}).Click())
}
