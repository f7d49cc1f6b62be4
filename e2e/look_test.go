package e2e

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/playwright-community/playwright-go"
)

// widths are those at which a page has to look right: a phone, a tablet, a laptop, a desk.
var widths = []int{320, 768, laptop, 1920}

// laptop is the width of the pictures.
const laptop = 1280

var schemes = []*playwright.ColorScheme{playwright.ColorSchemeLight, playwright.ColorSchemeDark}

// look is Axe and Look.
func (p *page) look(name string) {
	p.t.Helper()
	p.Axe()
	p.Look(name)
}

// Axe fails the test on every accessibility violation of the page as it is: on a phone, a tablet and a laptop, and there
// in the dark too, since what a width changes is the same in both color schemes.
func (p *page) Axe() {
	p.t.Helper()
	p.atWidths([]int{320, 768, laptop}, func(width int) {
		p.emulate(playwright.ColorSchemeLight)
		p.accessible(fmt.Sprintf("light, %d pixels", width))
		if width == laptop {
			p.emulate(playwright.ColorSchemeDark)
			p.accessible(fmt.Sprintf("dark, %d pixels", width))
		}
	})
}

func (p *page) accessible(shown string) {
	p.t.Helper()
	for _, violation := range p.violations() {
		p.t.Errorf("axe, %s, %s: %s", p.URL(), shown, violation)
	}
}

// violations runs axe by Evaluate: a script element would be refused by the content policy, which has to stay on.
func (p *page) violations() []string {
	p.t.Helper()
	if there := must1(p.Evaluate(`typeof axe`))(p.t); there != "object" {
		must1(p.Evaluate(suite.axe + "\n;0"))(p.t)
	}
	result := must1(p.Evaluate(`axe.run({preload: false}).then(r => r.violations.flatMap(v =>
		v.nodes.map(n => v.id + " (" + v.help + ") " + n.target.join(" ") + ": " + n.html.slice(0, 200))))`))(p.t)
	var found []string
	for _, violation := range result.([]any) {
		found = append(found, violation.(string))
	}
	return found
}

// Look fails the test where the page scrolls sideways. It takes a picture at every width when CLAWBACK_SCREENSHOTS
// names a folder for them, and the one of the documentation when CLAWBACK_PICTURES does.
func (p *page) Look(name string) {
	p.t.Helper()
	folder := os.Getenv("CLAWBACK_SCREENSHOTS")
	p.atWidths(widths, func(width int) {
		tooWide := must1(p.Evaluate(`document.documentElement.scrollWidth > document.documentElement.clientWidth`))(p.t)
		if tooWide == true {
			p.t.Errorf("%s scrolls sideways at %d pixels", p.URL(), width)
		}
		if width == laptop {
			p.picture(name)
		}
		if folder == "" {
			return
		}
		for _, scheme := range schemes {
			p.emulate(scheme)
			p.shoot(playwright.PageScreenshotOptions{
				Path: new(filepath.Join(folder, fmt.Sprintf("%s-%s-%d.png", name, *scheme, width))), FullPage: new(true),
			})
		}
	})
}

// atWidths does something at each width, and leaves the window and the color scheme as they were.
func (p *page) atWidths(widths []int, do func(width int)) {
	p.t.Helper()
	before := *p.ViewportSize() // what it points to changes with the window
	for _, width := range widths {
		must(p.t, p.SetViewportSize(width, 900))
		do(width)
	}
	p.emulate(playwright.ColorSchemeNoOverride)
	must(p.t, p.SetViewportSize(before.Width, before.Height))
}

func (p *page) emulate(scheme *playwright.ColorScheme) {
	p.t.Helper()
	must(p.t, p.EmulateMedia(playwright.PageEmulateMediaOptions{ColorScheme: scheme}))
}

func (p *page) shoot(options playwright.PageScreenshotOptions) {
	p.t.Helper()
	must(p.t, os.MkdirAll(filepath.Dir(*options.Path), 0o755))
	must1(p.Screenshot(options))(p.t)
}
