package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// TestWholeWay is the product for a new customer, with four people: an operator creates the organization and assigns its
// engagement manager; the invited admin sets its Microsoft 365 up from red to green; admin and engagement manager agree
// on an inbox that is never touched; the admin switches enforce on; the SOC removes an email; the admin completes the
// action that is left; and each of them reads what happened.
func TestWholeWay(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(freshDomain)
	operator, manager, admin, analyst := a.NewPage(), a.NewPage(), a.NewPage(), a.NewPage()

	operator.SignIn("Jon Beck")
	invitation := create(t, operator, customer, "Ines Okafor", "Grace Adeyemi")
	operator.look("invitation-first-admin-made")
	admin.redeem(invitation, "Grace Adeyemi")
	admin.look("home-admin-new")
	setUp(t, a, admin, "Grace Adeyemi", customer)

	manager.SignIn("Ines Okafor")
	manager.look("home-manager")
	inbox := aliased(t, a, customer.ID)
	agree(t, admin, manager, inbox)
	switchOn(t, admin)

	sent := deliverInvoice(t, a, customer, inbox)
	analyst.SignIn("Mara Lindt")
	removeByID(t, analyst, customer, sent)
	assertKept(t, a, customer.ID, sent.InternetMessageID, inbox)

	admin.nav("Actions")
	must(t, admin.Locator("#main a[href^='/actions/']").First().Click())
	admin.See(inbox.Address)
	must(t, admin.Locator("textarea[name=comment]").Fill("Deleted by hand."))
	admin.Click("button", "Complete this action")
	admin.See("Completed by")
	admin.nav("Never-remove")
	admin.See("Would have protected 1 email in the last 90 days.")
	for _, reader := range []*page{operator, manager, admin, analyst} {
		readRecord(t, reader, customer, sent, inbox)
	}
}

// switchOn accepts the agreement and goes to enforce, after which the setup is done.
func switchOn(t *testing.T, admin *page) {
	t.Helper()
	admin.nav("Auto remediation")
	admin.Click("link", "Change the mode")
	must(t, admin.GetByLabel("Enforce", playwright.PageGetByLabelOptions{Exact: new(true)}).Check())
	must(t, admin.GetByLabel("I accept this for").Check())
	admin.Click("button", "Save the mode")
	admin.See("Off → Enforce")
	admin.nav("Setup")
	admin.See("8 of 8")
	admin.look("setup-done")
}

const invoiceSubject = "Your <i>parking</i> fine is overdue"

// deliverInvoice puts an email into the inbox that is never touched and into three others.
func deliverInvoice(t *testing.T, a *app, customer tenant, inbox mailbox) delivery {
	t.Helper()
	to := []string{inbox.Address}
	for _, m := range a.Mailboxes(customer.ID) {
		if m.Kind == "user" && m.Address != inbox.Address && len(to) < 4 {
			to = append(to, m.Address)
		}
	}
	email := "From: fines@evil.example\r\nTo: all@" + customer.Domain + "\r\nSubject: " + invoiceSubject +
		"\r\nMessage-ID: <fine.1@evil.example>\r\n\r\nPay now."
	return a.Deliver(customer.ID, []byte(email), to...)
}

// removeByID previews by the Message-ID and starts.
func removeByID(t *testing.T, analyst *page, customer tenant, sent delivery) {
	t.Helper()
	newRemediation(t, analyst)
	chosen := fmt.Sprintf("%s (%s, enforce)", customer.DisplayName, customer.Domain)
	must1(analyst.GetByLabel("Organization", playwright.PageGetByLabelOptions{Exact: new(true)}).
		SelectOption(playwright.SelectOptionValues{Labels: &[]string{chosen}}))(t)
	analyst.Fill("Message-ID", sent.InternetMessageID)
	analyst.Click("button", "Preview: who received it?")
	analyst.See("Start removal from 3 mailboxes")
	analyst.look("preview-by-message-id")
	analyst.Fill("Reason", "Payment fraud")
	analyst.Click("button", "Start removal from 3 mailboxes")
	analyst.See("Gone from 3 of 4 mailboxes")
	analyst.See("Contained")
}

// assertKept holds the simulated Microsoft's word against the protection: nothing that changes was asked of the kept
// mailbox, and the email lies there as it did; from every other it is gone.
func assertKept(t *testing.T, a *app, tenantID, messageID string, kept mailbox) {
	t.Helper()
	for _, c := range a.Copies(tenantID, messageID) {
		protected := strings.EqualFold(c.Address, kept.Address)
		if changed := a.Changed(tenantID, c.Mailbox); changed == protected {
			t.Errorf("%s: changed by a request: %v", c.Address, changed)
		}
		if gone := c.Folder == "recoverableitemsdeletions"; gone == protected {
			t.Errorf("%s: lies in %s", c.Address, c.Folder)
		}
	}
}

// readRecord finds the remediation, then what became of one mailbox that was cleaned and of the one that was kept.
func readRecord(t *testing.T, p *page, customer tenant, sent delivery, kept mailbox) {
	t.Helper()
	p.Open("/")
	must(t, p.GetByRole("searchbox").Fill(sent.InternetMessageID))
	must(t, p.GetByRole("searchbox").Press("Enter"))
	must(t, p.Locator("#main").GetByRole("link", playwright.LocatorGetByRoleOptions{Name: invoiceSubject}).Click())
	p.See("Gone from 3 of 4 mailboxes")
	remediation := p.URL()
	for _, address := range sent.Recipients {
		p.Click("link", strings.ToLower(address))
		if strings.EqualFold(address, kept.Address) {
			p.See("Protected by")
			p.See(hostilePurpose)
		} else {
			p.See("Proved gone")
		}
		p.Open(remediation)
	}
	if text := must1(p.Locator("#main").InnerText())(t); strings.Contains(text, "Brightwater") {
		t.Errorf("%s names another organization than %s", remediation, customer.DisplayName)
	}
}
