package e2e

import (
	"flag"
	"fmt"
	"html/template"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/playwright-community/playwright-go"
)

// pictures are what the journeys leave in docs/pictures when CLAWBACK_PICTURES names that folder: each page in each
// state, in light and dark, as wide as a laptop.
var pictures gallery

// A gallery is the pictures of one run, by their names.
type gallery struct {
	mu    sync.Mutex
	shots map[string]shot
}

// A shot is what a picture shows.
type shot struct {
	address string // of the page, without what differs between pages of one kind
	title   string
}

// tallest is where a picture is cut off: what long lists show beyond it tells nothing new.
const tallest = 1500

// picture takes the page in both color schemes, if pictures are wanted.
func (p *page) picture(name string) {
	p.t.Helper()
	folder := os.Getenv("CLAWBACK_PICTURES")
	if folder == "" {
		return
	}
	address := pageKind(p.path())
	if strings.HasPrefix(name, "walk-") && pictures.show(address) {
		return // a walk comes by every page as each kind of person: it adds what no journey before it showed
	}
	// From the top: where a click has scrolled to, what sticks to the window would lie in the middle of the picture.
	height := must1(p.Evaluate(`(scrollTo(0, 0), document.documentElement.scrollHeight)`))(p.t).(int)
	for _, scheme := range schemes {
		p.emulate(scheme)
		p.shoot(playwright.PageScreenshotOptions{
			Path: new(pictureFile(folder, name, string(*scheme))), Type: playwright.ScreenshotTypeJpeg, Quality: new(55),
			FullPage: new(true), Animations: playwright.ScreenshotAnimationsDisabled,
			Clip: &playwright.Rect{Width: laptop, Height: float64(min(height, tallest))},
		})
	}
	pictures.add(name, shot{address: address, title: strings.TrimSuffix(must1(p.Title())(p.t), " · Clawback")})
}

func (g *gallery) add(name string, taken shot) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shots == nil {
		g.shots = map[string]shot{}
	}
	g.shots[name] = taken
}

// show says whether a picture of this kind of page was taken.
func (g *gallery) show(address string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, taken := range g.shots {
		if taken.address == address {
			return true
		}
	}
	return false
}

func pictureFile(folder, name, scheme string) string {
	return filepath.Join(folder, "pages", name+"-"+scheme+".jpg")
}

var secretPart = regexp.MustCompile(`^/(invitations|consent)/[^/]{20,}`)

// pageKind is an address in the way of the table of routes.
func pageKind(path string) string {
	path = secretPart.ReplaceAllString(path, "/$1/{token}")
	return strings.NewReplacer("/id", "/{id}").Replace(kindOf(path))
}

// clearPictures empties the folder before a run of all journeys, so that nothing stale stays.
func clearPictures() error {
	folder := os.Getenv("CLAWBACK_PICTURES")
	if folder == "" || !allJourneys() {
		return nil
	}
	return os.RemoveAll(filepath.Join(folder, "pages"))
}

// writeIndex shows all pictures on one page, after a run of all journeys.
func (g *gallery) writeIndex() error {
	folder := os.Getenv("CLAWBACK_PICTURES")
	if folder == "" || !allJourneys() {
		return nil
	}
	return os.WriteFile(filepath.Join(folder, "README.md"), []byte(g.index()), 0o644)
}

func allJourneys() bool { return flag.Lookup("test.run").Value.String() == "" }

func (g *gallery) index() string {
	byAddress := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(g.shots)) {
		byAddress[g.shots[name].address] = append(byAddress[g.shots[name].address], name)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "# Every page in every state\n\nTaken by `make pictures` on the journeys of `e2e`, in the demo. %d pictures, each in light and dark.\n",
		len(g.shots))
	for _, address := range slices.Sorted(maps.Keys(byAddress)) {
		fmt.Fprintf(&text, "\n## `%s`\n", address)
		for _, name := range byAddress[address] {
			fmt.Fprintf(&text, "\n**%s**: %s\n\n<img src=%q width=\"49%%\" alt=\"%s, light\"> <img src=%q width=\"49%%\" alt=\"%s, dark\">\n",
				name, template.HTMLEscapeString(g.shots[name].title), pictureFile("", name, "light"), name, pictureFile("", name, "dark"), name)
		}
	}
	return text.String()
}
