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

func TestRecord_tellsEveryOutcomeAndReason(t *testing.T) {
	t.Parallel()
	show := func(r clawback.EmailRecord) string {
		r.ID, r.State = "c1", clawback.RecordDone
		data := views.RecordData{Record: r, Remediation: sample(contained), Now: now}
		html := renderPage(t, page{name: "record", title: data.Title(), content: views.Record(data)})
		holdsForEveryPage(t, html)
		return html
	}
	for _, o := range clawback.Outcomes() {
		record := clawback.EmailRecord{Outcome: o}
		if html := show(record); !strings.Contains(html, views.OutcomeMark(o).Word) || !strings.Contains(html, views.RecordHeadline(record, false)) {
			t.Errorf("the record does not tell that it is %q", o)
		}
	}
	for _, r := range clawback.Reasons() {
		if html := show(clawback.EmailRecord{Outcome: clawback.OutcomeFailed, Reason: r}); !strings.Contains(html, views.ReasonText(r, "")) {
			t.Errorf("the record does not tell the reason %q", r)
		}
	}
}

// TestRecord_saysWhoseWordsStandBehindALine tells what Microsoft answered from what a person said.
func TestRecord_saysWhoseWordsStandBehindALine(t *testing.T) {
	t.Parallel()
	for kind, want := range map[clawback.TimelineKind]string{
		clawback.TimelineAnswer: "What Microsoft answered", clawback.TimelineParked: "What Microsoft answered",
		clawback.TimelineHandover: "What was said", clawback.TimelineOrdered: "What was said",
		clawback.TimelineOutcome: "Why", clawback.TimelineProtected: "Why",
	} {
		data := views.RecordData{Record: clawback.EmailRecord{ID: "c1"}, Remediation: sample(contained), Now: now,
			Timeline: []clawback.TimelineEvent{{At: now, Kind: kind, Text: "It happened.", Detail: hostile}}}
		html := renderPage(t, page{name: "record", title: data.Title(), content: views.Record(data)})
		holdsForEveryPage(t, html)
		if !strings.Contains(html, "<summary>"+want+"</summary>") {
			t.Errorf("%s: the record does not say %q", kind, want)
		}
	}
}

// TestRecord_claimsNoMoreThanItKnows names the hold that may keep what was removed, and the archive nobody can look into.
func TestRecord_claimsNoMoreThanItKnows(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		outcome clawback.Outcome
		removal clawback.RemovalKind
		want    string
	}{
		{clawback.OutcomeRemoved, clawback.RemovalSoft, "a hold may retain it"},
		{clawback.OutcomeRemoved, clawback.RemovalHard, "A hold may retain a copy"},
		{clawback.OutcomeNotFound, clawback.RemovalSoft, "an online archive"},
	} {
		remediation := sample(contained)
		remediation.Removal = tt.removal
		data := views.RecordData{Remediation: remediation, Now: now, Record: clawback.EmailRecord{ID: "c1", State: clawback.RecordDone, Outcome: tt.outcome}}
		html := renderPage(t, page{name: "record", title: data.Title(), content: views.Record(data)})
		if !strings.Contains(html, tt.want) {
			t.Errorf("%s, %s: the record does not say %q", tt.outcome, tt.removal, tt.want)
		}
	}
}
