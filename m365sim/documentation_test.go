package m365sim_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"clawback/m365sim"
)

const page = "docs/simulated-microsoft-365.md"

var (
	testName     = regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[A-Z]\\w*)`")
	testFunction = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)[A-Z]\w*)\(`)
	routeHandled = regexp.MustCompile(`HandleFunc\("([A-Z]+ /[^"]*)"`)
	routeName    = regexp.MustCompile("`((?:GET|POST|PUT|PATCH|DELETE) /[^`?]*)`")
)

// matches are the first groups of all matches, once each.
func matches(pattern *regexp.Regexp, text string) []string {
	var found []string
	for _, m := range pattern.FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	slices.Sort(found)

	return slices.Compact(found)
}

// section answers the part of the page under a heading.
func section(t *testing.T, text, heading string) string {
	t.Helper()
	_, after, found := strings.Cut(text, "\n## "+heading+"\n")
	if !found {
		t.Fatalf("%s has no section %q", page, heading)
	}
	part, _, _ := strings.Cut(after, "\n## ")

	return part
}

func readFile(t *testing.T, tree fs.FS, name string) string {
	t.Helper()
	text, err := fs.ReadFile(tree, name)
	if err != nil {
		t.Fatal(err)
	}

	return string(text)
}

// testsOf are all test functions of the repository.
func testsOf(t *testing.T, tree fs.FS) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && name != "." && strings.HasPrefix(entry.Name(), ".") {
			return fs.SkipDir
		}
		if err == nil && strings.HasSuffix(name, "_test.go") {
			names = append(names, matches(testFunction, readFile(t, tree, name))...)
		}

		return err
	})
	if err != nil {
		t.Fatal(err)
	}

	return names
}

// TestDocumentation holds the page against what there is: the tests it names, and the control's routes, the switches
// and the states of the setup, of which each has its row.
func TestDocumentation(t *testing.T) {
	t.Parallel()
	tree := os.DirFS("..")
	text := readFile(t, tree, page)

	there := testsOf(t, tree)
	for _, name := range matches(testName, text) {
		if !slices.Contains(there, name) {
			t.Errorf("%s names %s, which is no test", page, name)
		}
	}
	compare(t, "routes of the control", matches(routeName, section(t, text, "Control")),
		matches(routeHandled, readFile(t, tree, "m365sim/control.go")))
	row := regexp.MustCompile("(?m)^\\| `([a-z_0-9]+)`")
	compare(t, "switches", matches(row, section(t, text, "Switches")), switchNames(t))
	rows := regexp.MustCompile("(?m)^\\| (`[a-z_`, ]+) \\|").FindAllString(section(t, text, "States of the setup"), -1)
	b := setup(t)
	var states []string
	for _, one := range b.control("GET", "/apps/"+b.first.App.ClientID+"/state", nil).want(t, 200).list("items") {
		states = append(states, one["name"].(string))
	}
	slices.Sort(states)
	compare(t, "states of the setup", matches(regexp.MustCompile("`([a-z_]+)`"), strings.Join(rows, "\n")), states)
}

func compare(t *testing.T, what string, told, there []string) {
	t.Helper()
	for _, name := range there {
		if !slices.Contains(told, name) {
			t.Errorf("%s leaves %q out of its %s", page, name, what)
		}
	}
	for _, name := range told {
		if !slices.Contains(there, name) {
			t.Errorf("%s has %q among its %s, which there is not", page, name, what)
		}
	}
}

func switchNames(t *testing.T) []string {
	t.Helper()
	text, err := json.Marshal(m365sim.Switches{})
	if err != nil {
		t.Fatal(err)
	}
	var switches map[string]any
	if err := json.Unmarshal(text, &switches); err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range switches {
		names = append(names, name)
	}

	return names
}
