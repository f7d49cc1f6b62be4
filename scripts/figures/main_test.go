package main

import (
	"strings"
	"testing"
	"time"
)

func TestFiguresReplaceWhatWasMeasured(t *testing.T) {
	const measured = `goos: linux
cpu: Some Processor
BenchmarkFirstClean/mailboxes=100-2   1   1.440 first-clean-s   61.96 peak-MB   2.5 s
--- BENCH: BenchmarkFirstClean/mailboxes=100-2
    bench_test.go:51: PASS
BenchmarkOther-2  1  5 s
`
	const text = "# Speed\n<!-- figures: FirstClean -->\nold\n<!-- end -->\n<!-- figures: Tenants -->\nkept\n<!-- end -->\n"
	m, err := read(strings.NewReader(measured))
	if err != nil {
		t.Fatal(err)
	}
	const want = "# Speed\n<!-- figures: FirstClean -->\n| | first clean s | all clean s |\n|---|--:|--:|\n| mailboxes 100 | 1.440 | 2.5 |\n\n" +
		"Measured 2026-11-26, Some Processor, 2 cores.\n<!-- end -->\n<!-- figures: Tenants -->\nkept\n<!-- end -->\n"
	got := fill(text, m, time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC))
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
