package e2e

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// A page is a browser page that watches its console: a test fails on every error and warning it did not announce,
// which is how broken links, refused scripts and failing requests come to light.
type page struct {
	playwright.Page
	t       testing.TB
	context playwright.BrowserContext

	mu       sync.Mutex
	messages []message
	expected []expectation
}

// A message is something the browser complained about.
type message struct {
	text string
	path string // of the address it is about, if any
}

// An expectation is an answer that Chromium logs as an error although the journey wants it, such as a 422.
type expectation struct {
	status int
	path   string
}

func (e expectation) meets(m message) bool {
	return m.path == e.path && strings.Contains(m.text, fmt.Sprintf("status of %d ", e.status))
}

// newPage opens a page in a browser context of its own: its own cookies, like another person's computer. base may be
// empty. When the test ends, unannounced messages fail it, and a failed test leaves a picture and a trace.
func newPage(t testing.TB, base string) *page {
	t.Helper()
	p := openPage(t, playwright.BrowserNewContextOptions{BaseURL: &base})
	p.checkAtEnd()
	return p
}

// newPageWith is newPage with options, such as no JavaScript or another color scheme.
func newPageWith(t testing.TB, options playwright.BrowserNewContextOptions) *page {
	t.Helper()
	p := openPage(t, options)
	p.checkAtEnd()
	return p
}

// openPage is a page that nobody checks at the end: for the harness's own tests.
func openPage(t testing.TB, options playwright.BrowserNewContextOptions) *page {
	t.Helper()
	needBrowser(t)
	context, err := suite.browser.NewContext(options)
	must(t, err)
	context.SetDefaultTimeout(10_000)
	must(t, context.Tracing().Start(playwright.TracingStartOptions{Snapshots: new(true)}))

	p := &page{t: t, context: context}
	context.OnConsole(func(m playwright.ConsoleMessage) {
		if m.Type() == "error" || m.Type() == "warning" {
			p.note(m.Text(), m.Location())
		}
	})
	context.OnWebError(func(e playwright.WebError) { p.note("uncaught: "+e.Error().Error(), nil) })
	p.Page, err = context.NewPage()
	must(t, err)
	// Locators take the page's own time-out, not the context's.
	p.SetDefaultTimeout(10_000)
	t.Cleanup(p.close)
	return p
}

func needBrowser(t testing.TB) {
	t.Helper()
	if suite.missing != nil {
		t.Skip(suite.missing)
	}
}

func (p *page) note(text string, location *playwright.ConsoleMessageLocation) {
	m := message{text: text}
	if location != nil {
		if address, err := url.Parse(location.URL); err == nil {
			m.path = address.Path
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.messages = append(p.messages, m)
}

// Expect announces one answer of 400 or above, by its status and path. One that does not come fails the test as well.
func (p *page) Expect(status int, path string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expected = append(p.expected, expectation{status, path})
}

// surprises lists what came without being announced and what was announced and did not come. It forgets both.
func (p *page) surprises() []string {
	// A round trip to the page: what it logged before has arrived after.
	if !p.IsClosed() {
		if _, err := p.Evaluate("0"); err != nil {
			return []string{"the page does not answer: " + err.Error()}
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []string
	open := p.expected
	for _, m := range p.messages {
		i := slices.IndexFunc(open, func(e expectation) bool { return e.meets(m) })
		if i < 0 {
			found = append(found, strings.TrimSpace("console: "+m.text+" "+m.path))
			continue
		}
		open = slices.Delete(open, i, i+1)
	}
	for _, e := range open {
		found = append(found, fmt.Sprintf("announced, but did not come: %d %s", e.status, e.path))
	}
	p.messages, p.expected = nil, nil
	return found
}

func (p *page) checkAtEnd() {
	p.t.Cleanup(func() {
		for _, surprise := range p.surprises() {
			p.t.Error(surprise)
		}
	})
}

// artifacts counts what failed pages left, so that two pages of a test don't overwrite each other's.
var artifacts atomic.Int64

var unsafeInFile = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// close ends the context; a failed test leaves e2e/artifacts/<test>-<n>.png and .zip (for playwright show-trace) behind.
func (p *page) close() {
	if p.t.Failed() && !p.IsClosed() {
		base := filepath.Join("artifacts", fmt.Sprintf("%s-%d", unsafeInFile.ReplaceAllString(p.t.Name(), "-"), artifacts.Add(1)))
		err := os.MkdirAll("artifacts", 0o755)
		if err == nil {
			_, err = p.Screenshot(playwright.PageScreenshotOptions{Path: new(base + ".png"), FullPage: new(true)})
		}
		if err == nil {
			err = p.context.Tracing().Stop(base + ".zip")
		}
		p.t.Logf("at %s; see e2e/%s.png and .zip (%v)", p.URL(), base, err)
	}
	if err := p.context.Close(); err != nil {
		p.t.Log(err)
	}
}

// Open goes to an address, relative to the page's base, and answers the status.
func (p *page) Open(address string) int {
	p.t.Helper()
	response, err := p.Goto(address)
	must(p.t, err)
	if response == nil {
		return 0 // the same document, another fragment
	}
	return response.Status()
}

// Evaluate asks the page that the browser has come to: a question that a navigation cut off is put again to the page
// behind it. Ask only for what may be asked twice.
func (p *page) Evaluate(expression string, arg ...any) (any, error) {
	for {
		answer, err := p.Page.Evaluate(expression, arg...)
		if err == nil || !strings.Contains(err.Error(), "Execution context was destroyed") {
			return answer, err
		}
		if err := p.WaitForLoadState(); err != nil {
			return nil, err
		}
	}
}

// Click presses the button or follows the link of this name.
func (p *page) Click(role playwright.AriaRole, name string) {
	p.t.Helper()
	must(p.t, p.GetByRole(role, playwright.PageGetByRoleOptions{Name: name, Exact: new(true)}).Click())
}

// Submit presses the button of a plain form and waits until the browser shows the answer.
func (p *page) Submit(name string) {
	p.t.Helper()
	p.navigated(func() error {
		return p.GetByRole("button", playwright.PageGetByRoleOptions{Name: name, Exact: new(true)}).Click()
	})
}

// navigated waits until the browser shows where something leads to, with its scripts. A response alone is not enough:
// behind a redirect the old page is still there, and a reload would cut the way to the new one off.
func (p *page) navigated(by func() error) {
	p.t.Helper()
	must1(p.ExpectEvent("framenavigated", by, playwright.PageExpectEventOptions{
		Predicate: func(f playwright.Frame) bool { return f.ParentFrame() == nil },
	}))(p.t)
	must(p.t, p.WaitForLoadState())
}

// Fill types into the field of this label.
func (p *page) Fill(label, text string) {
	p.t.Helper()
	must(p.t, p.GetByLabel(label, playwright.PageGetByLabelOptions{Exact: new(true)}).Fill(text))
}

// See waits until the words are on the page.
func (p *page) See(words string) {
	p.t.Helper()
	err := p.GetByText(words).First().WaitFor()
	if err != nil {
		p.t.Fatalf("%q is not to be seen at %s: %v", words, p.URL(), err)
	}
}

// Is fails the test unless the locator's text becomes the wanted one.
func (p *page) Is(locator playwright.Locator, want string) {
	p.t.Helper()
	must(p.t, playwright.NewPlaywrightAssertions(10_000).Locator(locator).ToHaveText(want))
}

// SignIn goes from the portal's sign-in page through the simulated one and back.
func (p *page) SignIn(person string) {
	p.t.Helper()
	if !strings.HasSuffix(p.URL(), "/signin") {
		p.Open("/")
	}
	must(p.t, p.Locator(`:is(a, button):has-text("Sign in with Microsoft")`).First().Click())
	p.Click("button", "Sign in as "+person)
	must(p.t, p.Locator("main#main").WaitFor())
}

// nav follows an entry of the main navigation; a count may stand behind its words.
func (p *page) nav(label string) {
	p.t.Helper()
	must(p.t, p.GetByLabel("Main").GetByRole("link", playwright.LocatorGetByRoleOptions{Name: label}).Click())
	must(p.t, p.Locator("main h1").WaitFor())
}

// refused presses a button whose form comes back with words.
func (p *page) refused(status int, button, words string) {
	p.t.Helper()
	pressed := p.GetByRole("button", playwright.PageGetByRoleOptions{Name: button, Exact: new(true)})
	action := must1(pressed.Evaluate("b => b.form.action", nil))(p.t)
	address, err := url.Parse(fmt.Sprint(action))
	must(p.t, err)
	p.Expect(status, address.Path)
	must(p.t, pressed.Click())
	p.See(words)
}

// tabTo presses Tab until the focus is on the thing whose name begins with these words, and answers how often.
func (p *page) tabTo(name string) int {
	p.t.Helper()
	// Behind the last thing of the page the body has the focus, whose text begins as the page does.
	const named = `(e => e === document.body ? "" : e.labels?.[0]?.innerText ?? e.textContent)(document.activeElement).replace(/\s+/g, " ").trim()`
	for tabs := range 80 {
		must(p.t, p.Keyboard().Press("Tab"))
		if words := must1(p.Evaluate(named))(p.t); strings.HasPrefix(fmt.Sprint(words), name) {
			return tabs + 1
		}
	}
	p.t.Fatalf("Tab does not lead to %q at %s", name, p.URL())
	return 0
}

// enter tabs to a link or a button, presses Enter and waits for where it leads.
func (p *page) enter(name string) {
	p.t.Helper()
	p.tabTo(name)
	p.navigated(func() error { return p.Keyboard().Press("Enter") })
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func must1[T any](value T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		must(t, err)
		return value
	}
}
