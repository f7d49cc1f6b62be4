package e2e

import (
	"net/http"
	"net/url"
	"path/filepath"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// TestBadInput_sessionEnds signs out in another tab while a form is being filled in: it comes back with everything, and
// goes through once its person is signed in again.
func TestBadInput_sessionEnds(t *testing.T) {
	a := startDemo(t)
	bothBrowsers(t, a, func(t *testing.T, p *page, script bool) {
		p.Open("/remediations/new")
		fillNew(t, p, "", filepath.Join(a.dir, "data", "phishing.eml"))
		other := p.tab()
		signOut(t, other)

		p.Expect(401, "/remediations")
		p.Click("button", "Preview: who received it?")
		p.See("Your session has ended")
		p.See("phishing.eml")
		if script {
			p.look("session-ended")
		}
		p.Expect(401, "/remediations") // again, while still signed out
		p.Click("button", "Send again")
		p.See("phishing.eml")

		other.Open("/sign-in")
		signIn(t, other, "Mara Lindt")
		p.Click("button", "Send again")
		refresh := func() {
			if !script {
				refreshUntil(t, p, "Start removal from 24 mailboxes")
			}
		}
		refresh()
		p.See("Start removal from 24 mailboxes")
		must(t, playwright.NewPlaywrightAssertions(2000).Locator(p.Locator("#reason")).ToHaveValue("typed <b>for</b> an hour\nand a line"))
		must(t, playwright.NewPlaywrightAssertions(2000).Locator(p.Locator("#reference")).ToHaveValue("INC-7"))

		// The same where the form is the start itself; nothing is removed before it is sent again.
		p.Fill("Reason", "typed anew")
		signOut(t, other)
		address, err := url.Parse(p.URL())
		must(t, err)
		p.Expect(401, address.Path+"/start")
		p.Click("button", "Start removal from 24 mailboxes")
		p.See("Your session has ended")
		other.Open("/sign-in")
		signIn(t, other, "Mara Lindt")
		other.Open(address.Path)
		other.See("Start removal from 24 mailboxes")
		other.Click("button", "Discard this preview")
		// Meanwhile it was discarded: the late start is told so, and starts nothing.
		p.Expect(409, address.Path+"/start")
		p.Click("button", "Send again")
		p.See("Preview discarded")
		must(t, other.Close())
	})
	if changed := changedMailboxes(a, a.Tenant(customerDomain).ID); len(changed) != 0 {
		t.Errorf("changed: %v", changed)
	}
}

func signOut(t *testing.T, p *page) {
	t.Helper()
	p.Open("/")
	p.Click("button", "Sign out")
	p.See("Sign in with Microsoft")
}

// TestBadInput_sessionEndsLive signs out while a page follows a removal: a notice says so, what was typed stays, and the
// page goes on by itself once its person is signed in again.
func TestBadInput_sessionEndsLive(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(customerDomain)
	a.SetFaults(customer.ID, map[string]any{"route": "GET /users/{id}/messages", "status": 429, "retry_after": 120})
	created := startRemoval(t, a, customer.ID, phishingID)

	p := a.NewPage()
	p.SignIn("Mara Lindt")
	path := "/remediations/" + created.ID
	p.Open(path)
	p.See("Removing: gone from")
	p.Fill("Reason", "half a sentence")
	p.OnResponse(func(r playwright.Response) {
		if r.Status() == http.StatusUnauthorized {
			p.Expect(401, path+"/live") // as often as the page asks
		}
	})
	other := p.tab()
	signOut(t, other)
	notice := p.Locator("#notice")
	must(t, playwright.NewPlaywrightAssertions(10_000).Locator(notice).ToContainText("Your session has ended"))
	assertStopReason(t, p, "half a sentence")
	p.look("session-ended-live")

	other.Open("/sign-in")
	signIn(t, other, "Mara Lindt")
	must(t, playwright.NewPlaywrightAssertions(10_000).Locator(notice).ToBeEmpty())
	assertStopReason(t, p, "half a sentence")
	p.Click("button", "Stop the removal")
	p.See("Stopped before anything was removed")
	if changed := changedMailboxes(a, customer.ID); len(changed) != 0 {
		t.Errorf("changed: %v", changed)
	}
}

func assertStopReason(t *testing.T, p *page, want string) {
	t.Helper()
	must(t, playwright.NewPlaywrightAssertions(2000).Locator(p.Locator("#stop-reason")).ToHaveValue(want))
	if focused, err := p.Evaluate(`document.activeElement.id`); err != nil || focused != "stop-reason" {
		t.Errorf("the focus is on %v, %v", focused, err)
	}
}
