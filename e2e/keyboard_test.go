package e2e

import (
	"sync/atomic"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// keyboardPage opens a page that fails the test when a pointer is used, in any of its tabs: what is done there is done
// with the keyboard alone.
func keyboardPage(t *testing.T, a *app) *page {
	t.Helper()
	p := newPage(t, a.Portal)
	pointed := new(atomic.Int64)
	must(t, p.context.ExposeFunction("pointed", func(...any) any { pointed.Add(1); return nil }))
	must(t, p.context.AddInitScript(playwright.Script{Content: new(`addEventListener("pointerdown", () => pointed(), true)`)}))
	t.Cleanup(func() {
		if n := pointed.Load(); n > 0 {
			t.Errorf("a pointer was used %d times", n)
		}
	})
	return p
}

func (p *page) press(key string) {
	p.t.Helper()
	must(p.t, p.Keyboard().Press(key))
}

// write tabs to a field and types; what was in it is selected by that, and gone.
func (p *page) write(label, text string) {
	p.t.Helper()
	p.tabTo(label)
	must(p.t, p.Keyboard().Type(text))
}

// choose tabs to a box and ticks it.
func (p *page) choose(label string) {
	p.t.Helper()
	p.tabTo(label)
	p.press("Space")
}

// enterTab tabs to a link that opens a tab of its own, and follows it.
func (p *page) enterTab(name string) *page {
	p.t.Helper()
	p.tabTo(name)
	opened := must1(p.context.ExpectPage(func() error { return p.Keyboard().Press("Enter") }))(p.t)
	tab := &page{t: p.t, context: p.context, Page: opened}
	tab.SetDefaultTimeout(10_000)
	must(p.t, tab.WaitForLoadState())
	return tab
}

// signInBy goes through the simulated sign-in.
func (p *page) signInBy(person string) {
	p.t.Helper()
	p.enter("Sign in with Microsoft")
	p.enter("Sign in as " + person)
	must(p.t, p.Locator("main#main").WaitFor())
}

// recheck presses “Check now” and waits for the verdict.
func (p *page) recheck(words string) {
	p.t.Helper()
	p.tabTo("Check now")
	p.press("Enter")
	p.verdict(words)
}

// verdict waits for what the step's check came to, by itself too.
func (p *page) verdict(words string) {
	p.t.Helper()
	if err := p.GetByTestId("verdict").GetByText(words).WaitFor(playwright.LocatorWaitForOptions{Timeout: new(60_000.0)}); err != nil {
		p.t.Fatalf("the verdict at %s does not become %q: %v", p.URL(), words, err)
	}
}

// assign gives an app Security Reader in the admin center.
func (p *page) assign(person, app string) {
	p.t.Helper()
	center := p.enterTab("Assignments of Security Reader")
	center.signedInAs(person)
	center.enter("Add assignments")
	center.write("Search for members by name or ID", app)
	center.navigated(func() error { return center.Keyboard().Press("Enter") })
	center.choose(app)
	center.enter("Add")
	center.See("Active")
	must(p.t, center.Close())
}

// signedInAs signs in to the admin center where it asks for it.
func (p *page) signedInAs(person string) {
	p.t.Helper()
	if must1(p.GetByText("Choose who you are at").Count())(p.t) > 0 {
		p.enter("Sign in as " + person)
	}
}

// permit adds an application permission to the app in the admin center, and consents to it.
func (p *page) permit(api, permission string) {
	p.t.Helper()
	center := p.enterTab("API permissions of the app")
	center.enter("Add a permission")
	center.enter(api)
	center.enter("Application permissions")
	center.write("Search application permissions", permission)
	center.navigated(func() error { return center.Keyboard().Press("Enter") })
	center.choose(permission)
	center.enter("Add permissions")
	center.enter("Grant admin consent")
	center.enter("Yes")
	center.See("Granted for")
	must(p.t, center.Close())
}

// prove shows with a message of our own that the device can remove.
func (p *page) prove(address string) {
	p.t.Helper()
	p.write("Mailbox for the test", address)
	p.enter("Test with a message of our own")
	p.See("Clawback can remove")
	p.See("Proved in 1 mailbox; the others are not known")
}
