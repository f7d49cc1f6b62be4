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
	t       *testing.T
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
func newPage(t *testing.T, base string) *page {
	t.Helper()
	p := openPage(t, playwright.BrowserNewContextOptions{BaseURL: &base})
	p.checkAtEnd()
	return p
}

// newPageWith is newPage with options, such as no JavaScript or another color scheme.
func newPageWith(t *testing.T, options playwright.BrowserNewContextOptions) *page {
	t.Helper()
	p := openPage(t, options)
	p.checkAtEnd()
	return p
}

// openPage is a page that nobody checks at the end: for the harness's own tests.
func openPage(t *testing.T, options playwright.BrowserNewContextOptions) *page {
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

func needBrowser(t *testing.T) {
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

// Click presses the button or follows the link of this name.
func (p *page) Click(role playwright.AriaRole, name string) {
	p.t.Helper()
	must(p.t, p.GetByRole(role, playwright.PageGetByRoleOptions{Name: name, Exact: new(true)}).Click())
}

// Submit presses the button of a plain form and waits until the browser shows the answer. A response alone is not
// enough: behind a redirect the old page is still there, and a reload would cut the way to the new one off.
func (p *page) Submit(name string) {
	p.t.Helper()
	_, err := p.ExpectEvent("framenavigated", func() error {
		return p.GetByRole("button", playwright.PageGetByRoleOptions{Name: name, Exact: new(true)}).Click()
	}, playwright.PageExpectEventOptions{Predicate: func(f playwright.Frame) bool { return f.ParentFrame() == nil }})
	must(p.t, err)
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

// Axe fails the test on every accessibility violation of the page as it is, in both color schemes.
func (p *page) Axe() {
	p.t.Helper()
	for _, scheme := range []*playwright.ColorScheme{playwright.ColorSchemeLight, playwright.ColorSchemeDark} {
		must(p.t, p.EmulateMedia(playwright.PageEmulateMediaOptions{ColorScheme: scheme}))
		for _, violation := range p.violations() {
			p.t.Errorf("axe, %s, %s: %s", p.URL(), *scheme, violation)
		}
	}
	must(p.t, p.EmulateMedia(playwright.PageEmulateMediaOptions{ColorScheme: playwright.ColorSchemeNoOverride}))
}

// violations runs axe by Evaluate: a script element would be refused by the content policy, which has to stay on.
func (p *page) violations() []string {
	p.t.Helper()
	_, err := p.Evaluate(suite.axe + "\n;0")
	must(p.t, err)
	result, err := p.Evaluate(`axe.run({preload: false}).then(r => r.violations.flatMap(v =>
		v.nodes.map(n => v.id + " (" + v.help + ") " + n.target.join(" ") + ": " + n.html.slice(0, 200))))`)
	must(p.t, err)
	var found []string
	for _, violation := range result.([]any) {
		found = append(found, violation.(string))
	}
	return found
}

// widths are those at which a page has to look right: a phone, a tablet, a laptop, a desk.
var widths = []int{320, 768, 1280, 1920}

// Look fails the test where the page scrolls sideways, and takes pictures in both color schemes when
// CLAWBACK_SCREENSHOTS names a folder for them.
func (p *page) Look(name string) {
	p.t.Helper()
	folder := os.Getenv("CLAWBACK_SCREENSHOTS")
	if folder != "" {
		must(p.t, os.MkdirAll(folder, 0o755))
	}
	before := p.ViewportSize()
	for _, width := range widths {
		must(p.t, p.SetViewportSize(width, 900))
		tooWide, err := p.Evaluate(`document.documentElement.scrollWidth > document.documentElement.clientWidth`)
		must(p.t, err)
		if tooWide == true {
			p.t.Errorf("%s scrolls sideways at %d pixels", p.URL(), width)
		}
		if folder == "" {
			continue
		}
		for _, scheme := range []*playwright.ColorScheme{playwright.ColorSchemeLight, playwright.ColorSchemeDark} {
			must(p.t, p.EmulateMedia(playwright.PageEmulateMediaOptions{ColorScheme: scheme}))
			path := filepath.Join(folder, fmt.Sprintf("%s-%s-%d.png", name, *scheme, width))
			_, err := p.Screenshot(playwright.PageScreenshotOptions{Path: &path, FullPage: new(true)})
			must(p.t, err)
		}
	}
	must(p.t, p.EmulateMedia(playwright.PageEmulateMediaOptions{ColorScheme: playwright.ColorSchemeNoOverride}))
	must(p.t, p.SetViewportSize(before.Width, before.Height))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
