package setup_test

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestCoverage holds docs/setup-coverage.md against the tests that there are, and against the guide's instructions.
func TestCoverage(t *testing.T) {
	t.Parallel()
	tree := os.DirFS("..")
	page, err := fs.ReadFile(tree, "docs/setup-coverage.md")
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	function := regexp.MustCompile(`(?m)^func (Test[A-Z]\w*)\(`)
	err = fs.WalkDir(tree, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := fs.ReadFile(tree, path)
		for _, match := range function.FindAllSubmatch(text, -1) {
			there[string(match[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`(Test[A-Z]\\w*)`").FindAllSubmatch(page, -1)
	if len(named) < 40 {
		t.Errorf("the page names %d tests", len(named))
	}
	for _, match := range named {
		if !there[string(match[1])] {
			t.Errorf("there is no test %s", match[1])
		}
	}
	for _, row := range []string{"1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "3", "4, one device", "4, more devices",
		"legacy 1 to 3", "legacy 4", "legacy 5", "legacy 6", "legacy 7", "prerequisite 1", "prerequisite 2"} {
		line := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(row) + ` \|.*$`).Find(page)
		if cells := strings.Split(string(line), "|"); len(cells) != 6 || !strings.Contains(cells[4], "`Test") || strings.TrimSpace(cells[3]) == "" {
			t.Errorf("instruction %s: %q", row, line)
		}
	}
}
