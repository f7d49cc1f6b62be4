package e2e

import (
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

const hostilePurpose = `Reports <b>kept</b> as "evidence"`

// TestContext is the way of one protection: an admin proposes an inbox, the engagement manager sends it back, the admin
// changes it, the manager approves, the admin selects; a removal then leaves that inbox alone.
func TestContext(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(customerDomain)
	inbox := aliased(t, a, customer.ID)
	admin, manager := a.NewPage(), a.NewPage()
	admin.SignIn("Priya Nair")
	manager.SignIn("Ines Okafor")

	admin.nav("Never-remove")
	admin.look("context")
	admin.Click("link", "Propose an inbox")
	admin.look("context-new")
	admin.refused(422, "Propose this inbox", "Enter an email address.")
	admin.Fill("Email address", "quarantine@"+customerDomain)
	admin.Fill("Purpose", hostilePurpose)
	admin.refused(409, "Propose this inbox", "There is an entry for quarantine@"+customerDomain+" already.")
	admin.look("context-new-refused")
	admin.Fill("Email address", strings.ToUpper(inbox.Aliases[0]))
	admin.Fill("Owner (optional)", "Security team")
	admin.Click("button", "Propose this inbox")
	admin.See(hostilePurpose)
	admin.See("Protects nothing yet")
	admin.See(inbox.Address)
	admin.look("context-entry-proposed")

	manager.nav("Review queue")
	manager.See(hostilePurpose)
	manager.look("reviews")
	ask := "Ask back about " + inbox.Aliases[0]
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
	manager.Click("link", inbox.Aliases[0])
	manager.See("The security team, daily.")
	manager.look("context-entry-review")
	manager.Fill("Comment", "Good.")
	manager.Click("button", "Approve "+inbox.Aliases[0])
	manager.See("The review is done. An admin of")

	must1(admin.Reload())(t)
	admin.See("Approved")
	admin.Click("button", "Select "+inbox.Aliases[0])
	admin.See("No removal from it was under way at that moment.")
	admin.look("context-entry-in-force")
	assertProtected(t, a, customer.ID, inbox)

	admin.Click("link", "Deselect "+inbox.Aliases[0])
	admin.See("Would have protected 1 email in the last 90 days.")
	admin.look("context-deselect")
	admin.Click("link", "Keep it protected")
	admin.See("In force")
	admin.Click("link", "Deselect "+inbox.Aliases[0])
	admin.Click("button", "Deselect and end the protection")
	admin.See("Protects nothing yet")
	admin.nav("Never-remove")
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

// assertProtected removes an email by the API and holds the simulated Microsoft's word against the protection.
func assertProtected(t *testing.T, a *app, tenantID string, inbox mailbox) {
	t.Helper()
	to := []string{inbox.Address}
	for _, m := range a.Mailboxes(tenantID) {
		if m.Kind == "user" && m.Address != inbox.Address && len(to) < 4 {
			to = append(to, m.Address)
		}
	}
	email := "From: mallory@evil.example\r\nTo: all@" + customerDomain + "\r\nSubject: Wire it\r\nMessage-ID: <kept.1@evil.example>\r\n\r\nNow."
	sent := a.Deliver(tenantID, []byte(email), to...)
	var created remediation
	a.API("POST", "/organizations/"+organizationOf(t, a, tenantID)+"/remediations", map[string]any{
		"internet_message_id": sent.InternetMessageID, "reason": "phishing", "start": true, "max_mailboxes": 10,
	}, &created)
	done := awaitContained(t, a, created.ID)
	if done.Counts["protected"] != 1 || done.Counts["removed"] != 3 {
		t.Errorf("counts %v, want 1 protected and 3 removed", done.Counts)
	}
	for _, c := range a.Copies(tenantID, sent.InternetMessageID) {
		kept := c.Address == inbox.Address
		if changed := a.Changed(tenantID, c.Mailbox); changed == kept {
			t.Errorf("%s: changed by a request: %v", c.Address, changed)
		}
	}
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
	manager.See("2 entries wait for you, the oldest first.")
	manager.tabTo("Comment")
	must(t, manager.Keyboard().Type("Agreed by phone."))
	manager.tabTo("Approve soc-archive@" + customerDomain)
	must(t, manager.Keyboard().Press("Enter"))
	manager.See("One entry waits for you.")
	manager.look("reviews-decided")
	manager.tabTo("Decline soc-archive@")
	path := must1(manager.Locator(`form:has(textarea)`).GetAttribute("action"))(t)
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
	admin.Fill("Mailboxes that one remediation may clean without approval", "many")
	admin.refused(422, "Save the limit", "Enter a number of mailboxes from 1 to 1,000,000.")
	admin.look("auto-remediation-limit-refused")
	admin.Fill("Mailboxes that one remediation may clean without approval", "1,200")
	admin.Click("button", "Save the limit")
	admin.See("1,200 mailboxes without a second person’s approval")

	admin.Click("link", "Change the kind of removal")
	admin.See("does not keep the email as evidence")
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
