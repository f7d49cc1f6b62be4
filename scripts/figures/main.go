// Command figures puts what "go test -bench" printed, on its standard input, into the tables of a Markdown file. A table
// stands between "<!-- figures: Name -->" and "<!-- end -->" and is replaced when the benchmark of that name was measured.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "figures: name the file that holds the tables")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Stdin, time.Now()); err != nil {
		fmt.Fprintln(os.Stderr, "figures:", err)
		os.Exit(1)
	}
}

func run(path string, measured io.Reader, now time.Time) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	results, err := read(measured)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(fill(string(text), results, now)), 0o644)
}

// A result is one line of a benchmark.
type result struct {
	name, variant string // Removal and latency=50ms
	values        map[string]string
}

// A measurement is all that was measured, and on what.
type measurement struct {
	machine, cores string
	results        []result
}

var line = regexp.MustCompile(`^Benchmark(\w+)/(\S+?)(-\d+)?\s+\d+\s+(.*)$`)

func read(measured io.Reader) (measurement, error) {
	var m measurement
	lines := bufio.NewScanner(measured)
	for lines.Scan() {
		if cpu, ok := strings.CutPrefix(lines.Text(), "cpu: "); ok {
			m.machine = cpu
		}
		match := line.FindStringSubmatch(lines.Text())
		if match == nil {
			continue
		}
		m.cores = strings.TrimPrefix(match[3], "-")
		r := result{name: match[1], variant: match[2], values: map[string]string{}}
		fields := strings.Fields(match[4])
		for i := 0; i+1 < len(fields); i += 2 {
			r.values[fields[i+1]] = fields[i]
		}
		m.results = append(m.results, r)
	}
	return m, lines.Err()
}

var table = regexp.MustCompile(`(?s)<!-- figures: (\w+) -->\n.*?<!-- end -->`)

// fill replaces the tables of which something was measured, and leaves the others as they are.
func fill(text string, m measurement, now time.Time) string {
	return table.ReplaceAllStringFunc(text, func(old string) string {
		name := table.FindStringSubmatch(old)[1]
		var rows []string
		for _, r := range m.results {
			if r.name == name {
				rows = append(rows, row(name, r))
			}
		}
		if len(rows) == 0 {
			return old
		}
		return fmt.Sprintf("<!-- figures: %s -->\n%s%s\nMeasured %s, %s, %s cores.\n<!-- end -->",
			name, head(name), strings.Join(rows, ""), now.Format("2006-01-02"), m.machine, m.cores)
	})
}

// A column shows a metric under a heading.
type column struct{ heading, unit string }

// columns are the metrics that a benchmark reports, in the order in which they are shown.
var columns = map[string][]column{
	"Removal": {{"took s", "s"}, {"bound s", "bound-s"}, {"times the bound", "x-bound"}, {"trace s", "trace-s"}, {"resolve s", "resolve-s"},
		{"remove and prove s", "remove-s"}, {"first clean s", "first-clean-s"}, {"memory MB", "peak-MB"}, {"processor s", "cpu-s"}},
	"Growth": {{"took s", "s"}, {"bound s", "bound-s"}, {"times the bound", "x-bound"}, {"first clean s", "first-clean-s"},
		{"memory MB", "peak-MB"}, {"processor s", "cpu-s"}},
	"FirstClean": {{"first clean s", "first-clean-s"}, {"all clean s", "s"}},
	"Tenants": {{"first clean s", "first-clean-s"}, {"at most s", "worst-first-clean-s"}, {"all clean s", "contained-s"}, {"at most s", "worst-contained-s"},
		{"the flood clean s", "flood-contained-s"}, {"memory MB", "peak-MB"}, {"processor s", "cpu-s"}},
	"PlainLoop": {{"mailboxes measured", "mailboxes"}, {"took s", "s"}, {"ms a mailbox", "ms/mailbox"}, {"10,000 at that pace s", "s/10000-mailboxes"}},
	"PoolOf16":  {{"mailboxes measured", "mailboxes"}, {"took s", "s"}, {"ms a mailbox", "ms/mailbox"}, {"10,000 at that pace s", "s/10000-mailboxes"}},
}

func head(name string) string {
	text, rule := "| |", "|---|"
	for _, c := range columns[name] {
		text, rule = text+" "+c.heading+" |", rule+"--:|"
	}
	return text + "\n" + rule + "\n"
}

func row(name string, r result) string {
	text := "| " + strings.ReplaceAll(r.variant, "=", " ") + " |"
	for _, c := range columns[name] {
		text += " " + r.values[c.unit] + " |"
	}
	return text + "\n"
}
