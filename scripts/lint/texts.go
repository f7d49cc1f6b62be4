package main

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A habit is something a template must not hold, because the content policy would refuse it or a reader could be hurt.
type habit struct {
	pattern *regexp.Regexp
	why     string
}

var habits = []habit{
	{regexp.MustCompile(`templ\.Raw\b`), "templ.Raw writes HTML unescaped: mail is hostile input"},
	{regexp.MustCompile(`(?i)[\s"]style\s*=`), "a style attribute: the content policy refuses it, use a class"},
	{regexp.MustCompile(`(?i)<style\b`), "an inline stylesheet: the content policy refuses it"},
	{regexp.MustCompile(`(?i)[\s"]on[a-z]+\s*=\s*["'{]`), "an inline event handler: the content policy refuses it"},
	{regexp.MustCompile(`\bhx-on\b`), "hx-on runs code from the page: the content policy refuses it"},
	{regexp.MustCompile(`hx-(vals|headers|confirm)(:inherited)?\s*=\s*["']\s*js:`), "js: runs code from the page: the content policy refuses it"},
	{regexp.MustCompile(`hx-trigger\s*=\s*["'][^"']*\[`), "a trigger's condition is evaluated as code: the content policy refuses it"},
	{regexp.MustCompile(`(?i)["'{]\s*javascript:`), "a javascript: address: the content policy refuses it"},
	{regexp.MustCompile(`^script\s+\w+\(`), "a templ script block is inline code: the content policy refuses it"},
}

var scriptTag = regexp.MustCompile(`(?i)<script\b[^>]*>?`)

// checkTemplate applies the rules for templ sources, line by line.
func checkTemplate(name, source string) []problem {
	var problems []problem
	for i, line := range strings.Split(source, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "//") {
			continue
		}
		for _, h := range habits {
			if h.pattern.MatchString(line) {
				problems = append(problems, problem{name, i + 1, h.why})
			}
		}
		for _, tag := range scriptTag.FindAllString(line, -1) {
			if !strings.Contains(tag, "src=") {
				problems = append(problems, problem{name, i + 1, "a script without src on its line: the content policy refuses inline code"})
			}
		}
	}
	return problems
}

var migrationName = regexp.MustCompile(`^(\d+)_[a-z0-9_]+\.sql$`)

// checkMigrations wants the migrations of a folder numbered 1, 2, 3 without a gap or a double: two people who add one
// at the same time find out here and not in somebody's database.
func checkMigrations(tree fs.FS, dir string) ([]problem, error) {
	if dir != "store/migrations" && !strings.HasPrefix(dir, "store/migrations/") {
		return nil, nil
	}
	entries, err := fs.ReadDir(tree, dir)
	if err != nil {
		return nil, err
	}
	var problems []problem
	var numbers []int
	names := make(map[int]string)
	for _, entry := range entries {
		if path.Ext(entry.Name()) != ".sql" {
			continue
		}
		name := path.Join(dir, entry.Name())
		match := migrationName.FindStringSubmatch(entry.Name())
		if match == nil {
			problems = append(problems, problem{name, 1, "a migration is named like 00001_what_it_does.sql"})
			continue
		}
		number, err := strconv.Atoi(match[1])
		if err != nil {
			return nil, err
		}
		numbers = append(numbers, number)
		names[number] = name
	}
	slices.Sort(numbers)
	for i, number := range numbers {
		if number != i+1 {
			problems = append(problems, problem{names[number], 1, fmt.Sprintf("migration %d stands where %d is due: numbers follow each other without gaps or doubles", number, i+1)})
			break
		}
	}
	return problems, nil
}
