package views_test

import (
	"strings"
	"testing"

	"clawback"
	"clawback/views"
)

func TestRecord_leadsToWhatProtects(t *testing.T) {
	t.Parallel()
	record := clawback.EmailRecord{ID: "c1", State: clawback.RecordDone, Outcome: clawback.OutcomeProtected, Reason: clawback.ReasonNeverRemove,
		ProtectedBy: "e1", ProtectedPurpose: hostile}
	data := views.RecordData{Record: record, Remediation: sample(contained), Now: now}
	html := renderPage(t, page{name: "record", title: data.Title(), content: views.Record(data)})
	holdsForEveryPage(t, html)
	if !strings.Contains(html, `href="/context/e1"`) {
		t.Error("the record does not lead to the entry that protects its mailbox")
	}
}
