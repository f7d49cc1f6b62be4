// Command lint holds the repository's own rules: who may import whom (docs/adr/0001), what the store's signatures may
// name, and a few habits that no general linter knows. It reads sources only, so it works in a tree that does not
// compile. Every finding names the file, the line and the rule.
package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// module is the name in go.mod, under which the packages import each other.
const module = "clawback"

// A problem is one broken rule at one place.
type problem struct {
	file string
	line int
	text string
}

func (p problem) String() string {
	return fmt.Sprintf("%s:%d: %s", p.file, p.line, p.text)
}

func main() {
	if err := run(os.DirFS(".")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(tree fs.FS) error {
	if _, err := fs.Stat(tree, "go.mod"); err != nil {
		return errors.New("lint: run me in the folder of go.mod")
	}
	problems, err := check(tree)
	if err != nil {
		return err
	}
	for _, p := range problems {
		fmt.Println(p)
	}
	if len(problems) > 0 {
		return fmt.Errorf("lint: %d broken rules", len(problems))
	}
	return nil
}

// check applies every rule to every file of the tree, in the order of the file names.
func check(tree fs.FS) ([]problem, error) {
	var problems []problem
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if skipped(name) {
				return fs.SkipDir
			}
			found, err := checkMigrations(tree, name)
			problems = append(problems, found...)
			return err
		}
		found, err := checkFile(tree, name)
		problems = append(problems, found...)
		return err
	})
	slices.SortStableFunc(problems, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.line, b.line))
	})
	return problems, err
}

func skipped(dir string) bool {
	base := path.Base(dir)
	return dir != "." && (strings.HasPrefix(base, ".") || base == "testdata" || base == "node_modules" || base == "bin")
}

func checkFile(tree fs.FS, name string) ([]problem, error) {
	generated := strings.HasSuffix(name, "_templ.go")
	switch {
	case strings.HasSuffix(name, ".templ"):
		source, err := fs.ReadFile(tree, name)
		return checkTemplate(name, string(source)), err
	case strings.HasSuffix(name, ".go"):
		source, err := fs.ReadFile(tree, name)
		if err != nil {
			return nil, err
		}
		return checkGo(name, source, generated)
	}
	return nil, nil
}
