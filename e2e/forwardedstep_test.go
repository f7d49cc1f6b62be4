package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// forward makes a link to the step that the page shows, and answers it.
func (p *page) forward() string {
	p.t.Helper()
	p.Submit("Make a link to forward")
	p.See("Message to forward")
	link, err := p.GetByLabel("Copy the link").GetAttribute("data-copy")
	must(p.t, err)
	return link
}

// TestForwardedStep lets somebody without an account do a step: by the mouse, by the keyboard alone, and without
// JavaScript. The admin sees what came of it.
func TestForwardedStep(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(customerDomain)
	client := ownApp(t, customer)
	a.SetApp(customer.ID, client, map[string]any{"roles": []any{}})
	admin := a.NewPage()
	admin.SignIn("Priya Nair")
	admin.nav("Setup")
	admin.Click("link", "Security Reader role")
	checkNow(admin, "Nobody has assigned Security Reader")
	step := admin.URL()
	link := admin.forward()
	admin.look("setup-forward")

	stranger := newPage(t, a.Portal)
	stranger.Open(link)
	stranger.See("Privileged Role Administrator")
	must(t, stranger.Locator("summary:has-text('PowerShell')").Click())
	stranger.look("forwarded-step")
	a.SetApp(customer.ID, client, map[string]any{"roles": []any{"Security Reader"}})
	stranger.Submit("I have done it")
	stranger.See("Thank you")
	stranger.look("forwarded-thanks")

	admin.Open(step)
	admin.See("Said to be done")
	checkNow(admin, "Security Reader is active over the whole tenant")
	admin.look("setup-step-forwarded")

	keyboard := newPage(t, a.Portal)
	keyboard.Open(link)
	keyboard.enter("I have done it")
	keyboard.See("Thank you")
	keyboard.enter("Back to the instructions")
	keyboard.See("What to do")

	plain := newPageWith(t, playwright.BrowserNewContextOptions{BaseURL: new(a.Portal), JavaScriptEnabled: new(false)})
	plain.Open(link)
	must(t, plain.Locator("button:has-text('I have done it')").Click())
	must(t, plain.Locator("h1:has-text('Thank you')").WaitFor())

	admin.tabTo("Withdraw")
	must(t, admin.Keyboard().Press("Enter"))
	admin.See("Withdrawn by Priya Nair")
	stranger.Expect(http.StatusGone, strings.TrimPrefix(link, a.Portal))
	stranger.Open(link)
	stranger.See("This link works no more")
	stranger.look("forwarded-over")
}

// TestSetupDecision leaves never-remove context out by the keyboard, and takes it up again.
func TestSetupDecision(t *testing.T) {
	a := startDemo(t)
	settings := "/organizations/" + organizationOf(t, a, a.Tenant("lumenfreight.example").ID) + "/auto-remediation"
	var setting map[string]any
	a.API("GET", settings, nil, &setting)
	setting["never_remove"] = []string{}
	if status := a.API("PUT", settings, setting, nil); status != http.StatusOK {
		t.Fatalf("nothing selected: %d", status)
	}
	admin := a.NewPage()
	admin.SignIn("Olivia Grant")
	admin.nav("Setup")
	admin.Click("link", "Never-remove context")
	admin.See("none is selected")
	admin.look("setup-never-remove")
	admin.tabTo("Reason (optional)")
	must(t, admin.Keyboard().Type("We report phishing elsewhere."))
	admin.enter("We have no inbox to protect")
	admin.See("decided that there is no inbox to protect")
	admin.look("setup-never-remove-decided")
	admin.Submit("Take the decision back")
	admin.See("none is selected")
	admin.Click("link", "Switch on")
	admin.See("Auto remediations of this device")
	admin.look("setup-switch-on")
}
