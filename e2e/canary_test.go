package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"
)

// ownMailbox answers the address of a person's mailbox in the simulated tenant.
func ownMailbox(t *testing.T, a *app, tenantID string) mailbox {
	t.Helper()
	for _, m := range a.Mailboxes(tenantID) {
		if m.Kind == "user" {
			return m
		}
	}
	t.Fatal("the tenant has no person's mailbox")
	return mailbox{}
}

// TestCanary_keyboard proves a device with the keyboard alone; the result comes without a reload, and stays after one.
func TestCanary_keyboard(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(customerDomain)
	own := ownMailbox(t, a, customer.ID)
	admin := a.NewPage()
	admin.SignIn("Priya Nair")
	admin.enter("Setup")
	admin.enter("Removal permission")
	admin.look("setup-removal-granted")
	admin.tabTo("Mailbox for the test")
	must(t, admin.Keyboard().Type(own.Address))
	admin.enter("Test with a message of our own")
	admin.See("Clawback can remove")
	admin.See("Proved in 1 mailbox; the others are not known")
	admin.look("canary-proved")
	must1(admin.Reload())(t)
	admin.See("Clawback can remove")
	must(t, admin.Locator("summary:has-text('Evidence')").First().Click())
	admin.See("Make the message")
	admin.look("canary-evidence")
	admin.enter("Setup")
	admin.See("shown in a mailbox that it can remove")
	for _, c := range a.Asked(customer.ID, own.Address) {
		if c.Changes && c.Status >= 400 {
			t.Errorf("a refused change: %+v", c)
		}
	}
}

// TestCanary_noJavaScript proves a device by plain forms and reloads, and is refused on a never-remove inbox.
func TestCanary_noJavaScript(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(customerDomain)
	p := newPageWith(t, playwright.BrowserNewContextOptions{BaseURL: &a.Portal, JavaScriptEnabled: new(false)})
	p.SignIn("Priya Nair")
	p.nav("Setup")
	p.Click("link", "Removal permission")
	p.Click("link", "The tests of this device")
	p.See("Prove that it can remove")
	p.Fill("Mailbox for the test", "quarantine@"+customer.Domain)
	p.Expect(422, p.path())
	p.Submit("Test with a message of our own")
	p.See("is on the never-remove list")
	p.Fill("Mailbox for the test", ownMailbox(t, a, customer.ID).Address)
	p.Submit("Test with a message of our own")
	waitFor(t, "the proof", 20*time.Second, func() bool {
		must1(p.Reload())(t)
		text := must1(p.Locator("main").InnerText())(t)
		return strings.Contains(text, "Clawback can remove")
	})
}

// TestCanary_endToEnd sends an email from the simulated outside; the message trace finds it, and a removal like any
// other takes it away, marked as what it is.
func TestCanary_endToEnd(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(customerDomain)
	admin, analyst := a.NewPage(), a.NewPage()
	admin.SignIn("Priya Nair")
	admin.nav("Setup")
	admin.Click("link", "Removal permission")
	admin.Fill("Mailbox for the test", ownMailbox(t, a, customer.ID).Address)
	admin.Submit("Test with an email from outside")
	admin.See("Send this email now")
	admin.look("canary-waiting")
	outside := &page{t: t, context: admin.context, Page: must1(admin.context.ExpectPage(func() error {
		return admin.GetByRole("link", playwright.PageGetByRoleOptions{Name: "Send it from the simulated outside"}).Click()
	}))(t)}
	outside.Click("button", outside.signInAs("Priya Nair"))
	outside.See("stands in for somebody at another mail provider")
	outside.Axe()
	outside.Look("admin-center-outside")
	outside.Submit("Send from outside")
	outside.See("was sent")
	must(t, outside.Close())
	must(t, admin.GetByText("Ready end to end: an email from outside was traced").First().WaitFor(playwright.LocatorWaitForOptions{Timeout: new(90_000.0)}))
	admin.See("removed it")
	admin.look("canary-end-to-end")
	admin.Click("link", "The removal")
	admin.See("Setup test, no incident.")
	admin.look("remediation-setup-test")

	analyst.SignIn("Mara Lindt")
	analyst.nav("Remediations")
	analyst.See("setup test")
}

// TestCanary_failed is told why, by name, and leaves nothing in the mailbox.
func TestCanary_failed(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(customerDomain)
	own := ownMailbox(t, a, customer.ID)
	a.SetApp(customer.ID, ownApp(t, customer), map[string]any{"access_policy": map[string]any{"deny": []string{own.Address}}})
	admin := a.NewPage()
	admin.SignIn("Priya Nair")
	admin.nav("Setup")
	admin.Click("link", "Removal permission")
	admin.Fill("Mailbox for the test", own.Address)
	admin.Submit("Test with a message of our own")
	admin.See("An application access policy of Exchange keeps the app out of this mailbox.")
	admin.See("Get-ApplicationAccessPolicy")
	admin.look("canary-failed")
	if a.Changed(customer.ID, own.Address) {
		t.Error("the mailbox was changed")
	}
}
