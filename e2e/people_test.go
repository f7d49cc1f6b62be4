package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// TestPeople is how people come in and go: an organization's admin invites a colleague, who redeems the link, sees that
// organization alone, and is removed again.
func TestPeople(t *testing.T) {
	a := startDemo(t)
	admin := a.NewPage()
	admin.SignIn("Olivia Grant")
	admin.nav("Organization")
	admin.See("When the SOC says remove")
	admin.look("organization-admin")
	must(t, admin.Locator("#main").GetByRole("link", playwright.LocatorGetByRoleOptions{Name: "People", Exact: new(true)}).Click())
	admin.Click("link", "Invite somebody")
	admin.look("invitation-new")
	admin.Fill("Whom", "Theo Marsh")
	must(t, admin.GetByLabel("Analyst").Check())
	link := makeLink(admin)
	admin.look("invitation-made")

	theo := a.NewPage()
	theo.redeem(link, "Theo Marsh")
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

// create makes the organization of a tenant, gives it to the engagement manager and answers the first admin's invitation.
func create(t *testing.T, operator *page, customer tenant, manager, admin string) (invitation string) {
	t.Helper()
	operator.nav("Organizations")
	operator.See("The ones that need somebody come first.")
	operator.look("organizations")
	operator.Click("link", "New organization")
	operator.Fill("Name", "brightwater clinics")
	operator.Fill("Domain", customer.Domain)
	operator.Fill("Microsoft 365 tenant", customer.Domain)
	operator.refused(http.StatusConflict, "Create organization", "There is an organization of this name already.")
	operator.look("organization-new")
	operator.Fill("Name", customer.DisplayName)
	operator.Click("button", "Create organization")
	operator.See("To get started")
	must1(operator.GetByLabel("Engagement manager").SelectOption(playwright.SelectOptionValues{Labels: &[]string{manager}}))(t)
	operator.Click("button", "Assign")
	operator.See("Done")
	operator.look("organization-new-one")
	operator.Click("link", "Invite the first admin")
	operator.See("Invited as")
	operator.look("invitation-first-admin")
	operator.Fill("Whom", admin)
	return makeLink(operator)
}

// makeLink makes an invitation and answers its link.
func makeLink(p *page) string {
	p.t.Helper()
	p.Click("button", "Make the link")
	p.See("It is shown to you until")
	return must1(p.Locator("[data-copy*='/invitations/']").GetAttribute("data-copy"))(p.t)
}

// redeem opens an invitation and signs in by it.
func (p *page) redeem(link, person string) {
	p.t.Helper()
	p.Open(link)
	p.See("You are invited")
	p.look("invitation")
	p.Click("link", "Sign in with Microsoft")
	p.Click("button", "Sign in as "+person)
	must(p.t, p.Locator("main#main").WaitFor())
}
