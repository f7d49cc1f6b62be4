package m365sim

import (
	"strconv"
	"testing"
	"time"
)

// The log forgets the oldest rows only, and finds a mailbox's rows by time whatever was forgotten, also where
// requests ended in another order than they began.
func TestRequestLog_KeepsTheLatest(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	const kept, asked, mailboxes = 10_000, 12_000, 1000
	log := requestLog{most: kept}
	for i := range asked {
		began := start.Add(time.Duration(i-i%2*5) * time.Second) // every other one took five seconds
		log.add(requestRow{Time: began, Path: strconv.Itoa(i), Mailbox: strconv.Itoa(i % mailboxes)})
	}
	log.add(requestRow{Time: start.Add(asked * time.Second), Path: "directory"})

	all := log.find("", time.Time{})
	if len(all) != kept-kept/10+1 || all[0].Path != "3000" || all[len(all)-1].Path != "directory" {
		t.Errorf("%d rows, from %s to %s", len(all), all[0].Path, all[len(all)-1].Path)
	}
	since := start.Add((asked - 2000) * time.Second)
	for mailbox, want := range map[string]int{"0": 2, "1": 1} { // mailbox 1's row of 1,999 seconds ago began earlier
		rows := log.find(mailbox, since)
		if len(rows) != want || rows[len(rows)-1].Mailbox != mailbox || rows[0].Time.Before(since) {
			t.Errorf("mailbox %s: %v", mailbox, rows)
		}
	}
	if rows := log.find("7", time.Time{}); len(rows) != 9 || rows[0].Path != "3007" {
		t.Errorf("%d rows of mailbox 7", len(rows))
	}
	if rows := log.find("7", start.Add(2*asked*time.Second)); len(rows) != 0 {
		t.Errorf("rows of the future: %v", rows)
	}
}
