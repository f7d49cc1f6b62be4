package setup_test

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// coverage is docs/setup-coverage.md with all that it is held against.
type coverage struct {
	page   string
	tests  map[string]bool // by name
	source string          // of everything that is no test
}

func readCoverage(t *testing.T) coverage {
	t.Helper()
	tree := os.DirFS("..")
	page, err := fs.ReadFile(tree, "docs/setup-coverage.md")
	if err != nil {
		t.Fatal(err)
	}
	c := coverage{page: string(page), tests: map[string]bool{}}
	var source strings.Builder
	function := regexp.MustCompile(`(?m)^func (Test[A-Z]\w*)\(`)
	err = fs.WalkDir(tree, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".templ") {
			return err
		}
		text, err := fs.ReadFile(tree, path)
		if !strings.HasSuffix(path, "_test.go") {
			source.Write(text)
			return err
		}
		for _, match := range function.FindAllSubmatch(text, -1) {
			c.tests[string(match[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	c.source = source.String()
	return c
}

// row answers the cells of the table's row that begins with a name.
func (c coverage) row(name string) []string {
	line := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(name) + ` \|.*$`).FindString(c.page)
	return strings.Split(line, "|")
}

// TestCoverage holds docs/setup-coverage.md against the tests that there are, and against the guide's instructions.
func TestCoverage(t *testing.T) {
	t.Parallel()
	c := readCoverage(t)
	named := regexp.MustCompile("`(Test[A-Z]\\w*)`").FindAllStringSubmatch(c.page, -1)
	if len(named) < 100 {
		t.Errorf("the page names %d tests", len(named))
	}
	for _, match := range named {
		if !c.tests[match[1]] {
			t.Errorf("there is no test %s", match[1])
		}
	}
	for _, row := range []string{"1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "3", "4, one device", "4, more devices",
		"legacy 1 to 3", "legacy 4", "legacy 5", "legacy 6", "legacy 7", "prerequisite 1", "prerequisite 2"} {
		if cells := c.row(row); len(cells) != 6 || !strings.Contains(cells[4], "`Test") || strings.TrimSpace(cells[3]) == "" {
			t.Errorf("instruction %s: %q", row, cells)
		}
	}
}

// TestCoverage_badInput holds what the page says of bad input against the words that there are: each case has some of its
// own, and a test.
func TestCoverage_badInput(t *testing.T) {
	t.Parallel()
	c := readCoverage(t)
	said := map[string]string{}
	for _, row := range []string{"unknown tenant", "personal-account tenant", "tenant of another organization", "tenant of another organization, by an operator",
		"client id of another tenant", "the tenant's id as client id", "pasted secret id", "wrong secret", "wrong certificate", "expired secret", "expired certificate",
		"expired role assignment", "role taken away", "expired consent link", "withdrawn consent link", "expired forwarded link", "withdrawn forwarded link",
		"forwarded link of a disconnected device", "session ends in a form", "consent refused", "consent refused by Microsoft", "consent by the wrong tenant",
		"consent returned twice", "consent in another browser", "consent that nobody asked for", "admin without rights at Microsoft", "admin without rights to look",
		"without rights here", "two admins, one device", "two admins, one task", "two admins connect the same app", "Microsoft down", "Microsoft slow",
		"Microsoft throttling", "Microsoft out of reach"} {
		cells := c.row(row)
		if len(cells) != 6 || !strings.Contains(cells[4], "`Test") {
			t.Errorf("%s: %q", row, cells)
			continue
		}
		words := regexp.MustCompile(`“([^”]*)”`).FindAllStringSubmatch(cells[3], -1)
		if len(words) == 0 {
			t.Errorf("%s has no words", row)
		}
		for _, match := range words {
			if !strings.Contains(c.source, match[1]) {
				t.Errorf("%s: nobody says %q", row, match[1])
			}
			if other, taken := said[match[1]]; taken {
				t.Errorf("%s and %s have the same words, %q", row, other, match[1])
			}
			said[match[1]] = row
		}
	}
}
