package e2e

import (
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

const hostilePurpose = `Reports <b>kept</b> as "evidence"`

// TestContext proposes with every mistake, and deselects the inbox that is in force: that is asked about first.
func TestContext(t *testing.T) {
	a := startDemo(t)
	admin := a.NewPage()
	admin.SignIn("Priya Nair")
	admin.nav("Never-remove")
	admin.look("context")
	admin.Click("link", "Propose an inbox")
	admin.refused(422, "Propose this inbox", "Enter an email address.")
	admin.Fill("Email address", "quarantine@"+customerDomain)
	admin.Fill("Purpose", hostilePurpose)
	admin.refused(409, "Propose this inbox", "There is an entry for quarantine@"+customerDomain+" already.")
	admin.look("context-new-refused")

	admin.nav("Never-remove")
	admin.Click("link", "Deselect quarantine@"+customerDomain)
	admin.See("End the protection of this inbox?")
	admin.look("context-deselect")
	admin.Click("link", "Keep it protected")
	admin.See("In force")
	admin.Click("link", "Deselect quarantine@"+customerDomain)
	admin.Click("button", "Deselect and end the protection")
	admin.See("Protects nothing yet")
}

// agree is the way of one protection: an admin proposes an inbox, the engagement manager sends it back, the admin changes
// it, the manager approves, the admin selects.
func agree(t *testing.T, admin, manager *page, inbox mailbox) {
	t.Helper()
	address := inbox.Aliases[0]
	admin.nav("Never-remove")
	admin.look("context-none")
	admin.Click("link", "Propose an inbox")
	admin.look("context-new")
	admin.Fill("Email address", strings.ToUpper(address))
	admin.Fill("Purpose", hostilePurpose)
	admin.Fill("Owner (optional)", "Security team")
	admin.Click("button", "Propose this inbox")
	admin.See(hostilePurpose)
	admin.See("Protects nothing yet")
	admin.See(inbox.Address)
	admin.look("context-entry-proposed")

	manager.nav("Review queue")
	manager.See(hostilePurpose)
	manager.look("reviews")
	ask := "Ask back about " + address
	manager.refused(422, ask, "Say what should change: the customer reads it.")
	manager.look("context-entry-review-refused")
	manager.Fill("Comment", "Who reads this inbox?")
	manager.Click("button", ask)
	manager.See("Sent back")

	must1(admin.Reload())(t)
	admin.See("Who reads this inbox?")
	admin.look("context-entry-sent-back")
	admin.Click("link", "Change and ask again")
	admin.look("context-edit")
	admin.Fill("Your answer (optional)", "The security team, daily.")
	admin.Fill("Last day (optional)", "2099-12-31")
	admin.Click("button", "Save and ask for review")
	admin.See("Until 31 Dec 2099")

	manager.nav("Review queue")
	manager.Click("link", address)
	manager.See("The security team, daily.")
	manager.look("context-entry-review")
	manager.Fill("Comment", "Good.")
	manager.Click("button", "Approve "+address)
	manager.See("The review is done. An admin of")

	must1(admin.Reload())(t)
	admin.See("Approved")
	admin.Click("button", "Select "+address)
	admin.See("No removal from it was under way at that moment.")
	admin.look("context-entry-in-force")
	admin.nav("Never-remove")
	admin.See("1 of 1 entry in force.")
	admin.look("context-list")
}

// aliased answers a user's mailbox with a second address.
func aliased(t *testing.T, a *app, tenantID string) mailbox {
	t.Helper()
	for _, m := range a.Mailboxes(tenantID) {
		if m.Kind == "user" && len(m.Aliases) > 0 {
			return m
		}
	}
	t.Fatal("no mailbox has an alias")
	return mailbox{}
}

// TestContext_unresolved proposes addresses behind which no mailbox is found: each says so, and none is lost.
func TestContext_unresolved(t *testing.T) {
	a := startDemo(t)
	admin := a.NewPage()
	admin.SignIn("Priya Nair")
	for name, tt := range map[string]struct{ address, words string }{
		"unknown":  {"nobody-here@" + customerDomain, "The directory has no user with this address"},
		"external": {"someone@elsewhere.example", "The address is outside this organization"},
	} {
		admin.nav("Never-remove")
		admin.Click("link", "Propose an inbox")
		admin.Fill("Email address", tt.address)
		admin.Fill("Purpose", "Legal hold")
		admin.Click("button", "Propose this inbox")
		admin.See(tt.words)
		admin.See("The entry protects by its address as typed once selected.")
		admin.look("context-entry-" + name)
		admin.Click("button", "Look up again")
		admin.See(tt.words)
	}
}

// TestReview_keyboard approves the oldest entry of the queue with the keyboard alone.
func TestReview_keyboard(t *testing.T) {
	a := startDemo(t)
	manager := a.NewPage()
	manager.SignIn("Ines Okafor")
	manager.tabTo("Review queue")
	must(t, manager.Keyboard().Press("Enter"))
	manager.See("3 entries wait for you, the oldest first.")
	manager.tabTo("Comment")
	must(t, manager.Keyboard().Type("Agreed by phone."))
	manager.tabTo("Approve soc-archive@" + customerDomain)
	must(t, manager.Keyboard().Press("Enter"))
	manager.See("2 entries wait for you, the oldest first.")
	manager.look("reviews-decided")
	manager.tabTo("Decline soc-archive@")
	path := must1(manager.Locator(`form:has(textarea)`).First().GetAttribute("action"))(t)
	manager.Expect(422, path)
	must(t, manager.Keyboard().Press("Enter"))
	manager.See("Say why it is declined: the customer reads it.")
	focused := must1(manager.Evaluate(`document.activeElement.id`))(t)
	if focused != "errors" {
		t.Errorf("the focus is on %v, want the summary of errors", focused)
	}
	manager.tabTo("Comment")
	must(t, manager.Keyboard().Type("Nobody reads it."))
	manager.tabTo("Decline soc-archive@")
	must(t, manager.Keyboard().Press("Enter"))
	manager.See("Change the decision")
	manager.look("context-entry-declined")
	manager.nav("Review queue")
	manager.See("One entry waits for you.")
	manager.tabTo("Approve soc-archive@")
	must(t, manager.Keyboard().Press("Enter"))
	manager.See("Nothing waits for you.")
	manager.look("reviews-empty")
}

// TestAutoRemediation changes every answer and finds each change in the history.
func TestAutoRemediation(t *testing.T) {
	a := startDemo(t)
	admin := a.NewPage()
	admin.SignIn("Priya Nair")
	admin.nav("Auto remediation")
	admin.See("Accepted by")
	admin.look("auto-remediation")

	admin.Click("link", "Change the mode")
	admin.look("auto-remediation-mode")
	must(t, admin.GetByLabel("Observe", playwright.PageGetByLabelOptions{Exact: new(true)}).Check())
	admin.Click("button", "Save the mode")
	admin.See("Observe mode.")

	admin.Click("link", "Change the volume limit")
	admin.Fill("Mailboxes that one removal, or all within an hour, may clean without approval", "many")
	admin.refused(422, "Save the limit", "Enter a number of mailboxes from 1 to 1,000,000.")
	admin.look("auto-remediation-limit-refused")
	admin.Fill("Mailboxes that one removal, or all within an hour, may clean without approval", "1,200")
	admin.Click("button", "Save the limit")
	admin.See("1,200 mailboxes without a second person’s approval")

	admin.Click("link", "Change the kind of removal")
	admin.See("One copy is kept before, encrypted, as evidence")
	admin.look("auto-remediation-removal")
	admin.Click("link", "Cancel")
	admin.Click("link", "Change the devices")
	admin.look("auto-remediation-devices")
	must(t, admin.GetByRole("checkbox").Uncheck())
	admin.Click("button", "Save the devices")
	admin.Click("button", "Select soc-archive@"+customerDomain)
	admin.See("In force")
	admin.nav("Auto remediation")
	for _, words := range []string{"Enforce → Observe", "500 mailboxes → 1,200 mailboxes", "→ no device", "soc-archive@" + customerDomain} {
		admin.See(words)
	}
	admin.look("auto-remediation-changed")
}

// TestAutoRemediation_analyst reads the rules and finds nothing to change.
func TestAutoRemediation_analyst(t *testing.T) {
	a := startDemo(t)
	analyst := a.NewPage()
	analyst.SignIn("Daniel Osei")
	analyst.nav("Auto remediation")
	analyst.See("Accepted by")
	analyst.look("auto-remediation-analyst")
	analyst.nav("Never-remove")
	analyst.look("context-analyst")
	for _, name := range []string{"Propose an inbox", "Change"} {
		if n := must1(analyst.GetByRole("link", playwright.PageGetByRoleOptions{Name: name}).Count())(t); n != 0 {
			t.Errorf("an analyst is offered %q", name)
		}
	}
}
