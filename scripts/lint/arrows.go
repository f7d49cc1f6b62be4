package main

import (
	"fmt"
	"slices"
	"strings"
)

// arrows says which packages of the project a package may import beside itself: cmd → web → handlers → views → root,
// and cmd → everything. A folder that is not named here has no place in the layout. "." is the root package; "static"
// is web/static, the files a browser loads, which stand below everything else; "clients" is m365sim/clients, the tests
// that point clients of others at the simulator.
var arrows = map[string][]string{
	".":           {},
	"cmd":         {".", "web", "static", "handlers", "views", "setup", "purge", "graphclient", "store", "m365sim"},
	"web":         {".", "static", "handlers", "views"},
	"static":      {},
	"handlers":    {".", "views"},
	"views":       {".", "static"},
	"setup":       {"."},
	"purge":       {"."},
	"graphclient": {"."},
	"store":       {"."},
	"m365sim":     {},
	"clients":     {"m365sim"},
	"e2e":         {".", "static"},
	"scripts":     {},
}

// testArrows come on top for external tests (package x_test), where the real neighbours replace fakes.
var testArrows = map[string][]string{
	"setup":       {"graphclient", "m365sim", "store"},
	"purge":       {"graphclient", "m365sim", "store"},
	"web":         {"graphclient", "m365sim", "store", "setup", "purge"},
	"handlers":    {"graphclient", "m365sim", "store"},
	"graphclient": {"m365sim"},
}

// standardOnly are the packages without a single foreign module.
var standardOnly = []string{".", "static", "scripts"}

// A confinement keeps a technology in the packages that own it, so that it can be replaced there alone.
type confinement struct {
	prefix string
	in     []string
	why    string
}

var confinements = []confinement{
	{"github.com/microsoftgraph/", []string{"graphclient", "clients"}, "only graphclient talks to Microsoft; the SDK takes minutes to compile"},
	{"github.com/microsoft/kiota", []string{"graphclient", "clients"}, "only graphclient talks to Microsoft; the SDK takes minutes to compile"},
	{"github.com/Azure/", []string{"clients"}, "graphclient asks for its tokens itself; only tests of the simulator use Microsoft's way"},
	{"github.com/riverqueue/river", []string{"store", "purge", "cmd"}, "store inserts jobs, purge works them, cmd builds the client"},
	{"database/sql", []string{"store"}, "SQL stays in store"},
	{"github.com/mattn/go-sqlite3", []string{"store"}, "SQL stays in store"},
	{"github.com/pressly/goose", []string{"store"}, "SQL stays in store"},
	{"github.com/tink-crypto/", []string{"store"}, "encryption at rest stays in store"},
	{"github.com/alexedwards/scs", []string{"web", "store"}, "sessions are web's, their rows store's"},
	{"github.com/labstack/echo", []string{"web", "handlers"}, "HTTP routing stays in web and handlers"},
	{"github.com/danielgtaylor/huma", []string{"web", "handlers"}, "HTTP routing stays in web and handlers"},
	{"github.com/a-h/templ", []string{"views", "handlers", "web"}, "pages are made in views and rendered by handlers and web"},
	{"github.com/alecthomas/kong", []string{"cmd"}, "configuration is read in cmd"},
	{"github.com/playwright-community/", []string{"e2e"}, "browsers are driven in e2e"},
}

// testOnly must not reach the product. A package ending in "test" is a helper for tests by its name.
var testOnly = []string{
	"testing", "net/http/httptest", module + "/store/storetest", "pgregory.net/rapid", "go.uber.org/goleak",
	"github.com/google/go-cmp", "github.com/PuerkitoBio/goquery", "github.com/playwright-community/playwright-go",
}

// importer is what the rules need to know of the file that imports.
type importer struct {
	file     string // from the module's root, with slashes
	unit     string // key in arrows
	test     bool   // a _test.go file
	external bool   // of package x_test
	helper   bool   // in a package made for tests, such as store/storetest
}

// unitOf gives the key in arrows for a folder.
func unitOf(dir string) string {
	switch {
	case dir == "web/static" || strings.HasPrefix(dir, "web/static/"):
		return "static"
	case dir == "m365sim/clients":
		return "clients"
	}
	first, _, _ := strings.Cut(dir, "/")
	return first
}

// checkImport answers what is wrong with one import, or the empty string.
func checkImport(from importer, imported string) string {
	allowed, known := arrows[from.unit]
	if !known {
		return fmt.Sprintf("the folder %q is not part of the layout (see docs/adr/0001)", from.unit)
	}
	if !from.test && !from.helper && isTestOnly(imported) {
		return fmt.Sprintf("imports %s: testing packages and fakes stay out of the product", imported)
	}
	if imported == module || strings.HasPrefix(imported, module+"/") {
		return checkArrow(from, allowed, imported)
	}
	for _, c := range confinements {
		if strings.HasPrefix(imported, c.prefix) && !slices.Contains(c.in, from.unit) {
			return fmt.Sprintf("imports %s, allowed in %s alone: %s", imported, strings.Join(c.in, ", "), c.why)
		}
	}
	if slices.Contains(standardOnly, from.unit) && isForeign(imported) && !from.test {
		return fmt.Sprintf("imports %s: this package uses the standard library alone", imported)
	}
	return ""
}

func checkArrow(from importer, allowed []string, imported string) string {
	dir := strings.TrimPrefix(strings.TrimPrefix(imported, module), "/")
	if dir == "" {
		dir = "."
	}
	to := unitOf(dir)
	if to == from.unit {
		return ""
	}
	if from.external && slices.Contains(testArrows[from.unit], to) {
		return ""
	}
	if !slices.Contains(allowed, to) {
		return fmt.Sprintf("imports %s: there is no arrow from %s to %s; it may import %s", imported, from.unit, to, orNothing(allowed))
	}
	if from.unit == "cmd" && to == "m365sim" && !from.test && !isSimulation(from.file) {
		return fmt.Sprintf("imports %s: only cmd's demo and simulate files may, serve has no way to it", imported)
	}
	return ""
}

func isSimulation(file string) bool {
	base := file[strings.LastIndex(file, "/")+1:]
	return strings.Contains(base, "demo") || strings.Contains(base, "simulate")
}

func isTestOnly(imported string) bool {
	for _, name := range testOnly {
		if imported == name || strings.HasPrefix(imported, name+"/") {
			return true
		}
	}
	return false
}

// isForeign tells a module's import path from the standard library's: only the former has a dot in its first part.
func isForeign(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return strings.Contains(first, ".")
}

func orNothing(units []string) string {
	if len(units) == 0 {
		return "none of the project's packages"
	}
	return strings.Join(units, ", ")
}
