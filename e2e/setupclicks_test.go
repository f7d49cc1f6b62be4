package e2e

import (
	"os"
	"regexp"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"
)

// coverage is the page that names the numbers which TestSetup_clicks counts.
const coverage = "../docs/setup-coverage.md"

// documented answers a number of the page, by the words before it.
func documented(t *testing.T, words string) int {
	t.Helper()
	text := must1(os.ReadFile(coverage))(t)
	match := regexp.MustCompile(regexp.QuoteMeta(words) + `:? \*\*(\d+)\*\*`).FindSubmatch(text)
	if match == nil {
		t.Fatalf("%s does not say %q with a number", coverage, words)
	}
	return must1(strconv.Atoi(string(match[1])))(t)
}

// countClicks counts every click in the browser of a page from now on, in each of its tabs: what the browser itself saw.
func countClicks(t *testing.T, p *page) *atomic.Int64 {
	t.Helper()
	clicks := new(atomic.Int64)
	must(t, p.context.ExposeFunction("countClick", func(...any) any { clicks.Add(1); return nil }))
	must(t, p.context.AddInitScript(playwright.Script{Content: new(`addEventListener("click", e => { if (e.isTrusted) countClick() }, true)`)}))
	must1(p.Reload())(t)
	return clicks
}

// TestSetup_clicks goes from a tenant in which nothing is set up to a proved removal: connected, consented, the role
// assigned, every check passed, a test message removed and restored. It counts the clicks, the admin center's among
// them, and holds them against the guide's, which ends before anything is checked or proved.
func TestSetup_clicks(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(freshDomain)
	operator, admin := a.NewPage(), a.NewPage()
	operator.SignIn("Jon Beck")
	admin.redeem(create(t, operator, customer, "Ines Okafor", "Grace Adeyemi"), "Grace Adeyemi")
	clicks, began := countClicks(t, admin), time.Now()

	admin.nav("Setup")
	admin.Click("link", "Connect a device")
	admin.Click("link", "The integration")
	admin.Submit("Connect the device")
	admin.Submit("Grant consent at Microsoft")
	admin.Submit("Accept as administrator of " + customer.DisplayName)
	admin.Click("link", "Back to the device")
	must(t, admin.GetByTestId("verdict").GetByText("The integration signs in to this tenant").WaitFor(playwright.LocatorWaitForOptions{Timeout: new(30_000.0)}))
	admin.nav("Setup")
	admin.Click("link", "Security Reader role")
	center := &page{t: t, context: admin.context, Page: must1(admin.context.ExpectPage(func() error {
		return admin.Locator("#main a[href$='/roles/security-reader']").First().Click()
	}))(t)}
	center.Click("button", center.signInAs("Grace Adeyemi"))
	center.Click("link", "Add assignments")
	center.Fill("Search for members by name or ID", "Clawback mail removal")
	center.Submit("Search")
	must(t, center.Locator("input[name=member]").First().Check())
	center.Submit("Add")
	must(t, center.Close())
	must(t, admin.GetByTestId("verdict").GetByText("Security Reader is active over the whole tenant").WaitFor(playwright.LocatorWaitForOptions{Timeout: new(60_000.0)}))
	admin.nav("Setup")
	admin.See("6 of 8")
	admin.Click("link", "Removal permission")
	admin.Fill("Mailbox for the test", ownMailbox(t, a, customer.ID).Address)
	admin.Submit("Test with a message of our own")
	admin.See("Clawback can remove")

	took, counted := time.Since(began), int(clicks.Load())
	t.Logf("%d clicks in %s", counted, took.Round(time.Second))
	if want := documented(t, "Clicks from nothing to a proved removal"); counted != want {
		t.Errorf("%d clicks, %s says %d", counted, coverage, want)
	}
	if guide := documented(t, "Clicks of the guide's steps 1 and 2"); counted >= guide {
		t.Errorf("%d clicks are no fewer than the guide's %d", counted, guide)
	}
	if took > 3*time.Minute {
		t.Errorf("it took %s, want at most 3 minutes", took)
	}
}
