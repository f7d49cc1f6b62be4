package views_test

import (
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/views"
)

func sampleEntry(change func(*clawback.ContextEntry)) clawback.ContextEntry {
	e := clawback.ContextEntry{ID: "e1", OrganizationID: "o1", Address: "quarantine@contoso.com", Purpose: hostile, Note: hostile, Owner: hostile,
		Status: clawback.ReviewRequested, CreatedBy: hostile, CreatedAt: now.Add(-time.Hour), UpdatedAt: now.Add(-time.Hour)}
	change(&e)
	return e
}

func found(e *clawback.ContextEntry) {
	e.MailboxID, e.MailboxName, e.Addresses, e.ResolvedAt = "m1", hostile, []string{"quarantine@contoso.com", "q@contoso.com"}, now
}

// TestRulesGallery holds the pages of context and rules, in their states, against what is true of all pages, and says
// what each state must say.
func TestRulesGallery(t *testing.T) {
	selected := func(e *clawback.ContextEntry) {
		e.Selected, e.SelectedAt, e.SelectedBy = true, now.Add(-time.Minute), hostile
	}
	states := map[string]struct {
		entry clawback.ContextEntry
		words string
	}{
		"proposed":   {sampleEntry(func(*clawback.ContextEntry) {}), "Protects nothing yet"},
		"sent back":  {sampleEntry(func(e *clawback.ContextEntry) { e.Status, e.ReviewComment = clawback.ReviewChangesRequested, hostile }), "Change and ask again"},
		"approved":   {sampleEntry(func(e *clawback.ContextEntry) { found(e); e.Status = clawback.ReviewApproved }), "select it to protect the inbox"},
		"in force":   {sampleEntry(func(e *clawback.ContextEntry) { found(e); selected(e) }), "In force: Clawback removes no email from this inbox"},
		"unresolved": {sampleEntry(func(e *clawback.ContextEntry) { selected(e); e.ResolveProblem = hostile }), "protects by its address as typed"},
		"declined":   {sampleEntry(func(e *clawback.ContextEntry) { selected(e); e.Status = clawback.ReviewDeclined }), "In force, and needs your decision"},
		"past end":   {sampleEntry(func(e *clawback.ContextEntry) { selected(e); e.EndsAt = now.Add(-time.Hour) }), "its end has passed: needs decision"},
	}
	for name, tt := range states {
		t.Run(name, func(t *testing.T) {
			data := views.ContextEntryData{Organization: contoso, Entry: tt.entry, Now: now, Impact: 3, CanPropose: true, CanReview: true, CanSelect: true,
				Steps: []clawback.ContextStep{{Kind: clawback.ContextProposed, By: hostile, At: now, Comment: hostile}},
				Wire:  []clawback.WireRequest{{RecordID: "r1", Mailbox: "q@contoso.com", SentAt: now}}, Twins: []clawback.ContextEntry{tt.entry}}
			list := []clawback.ContextEntry{tt.entry}
			pages := map[string]views.Content{
				"entry": views.ContextEntry(data), "edit": views.EditContext(data), "deselect": views.DeselectContext(data),
				"list":  views.ContextEntries(views.ContextEntriesData{Organization: contoso, Entries: list, CanPropose: true, CanSelect: true, Now: now}),
				"queue": views.Reviews(views.ReviewsData{Entries: list, Organizations: map[string]clawback.Organization{"o1": contoso}, Done: tt.entry, Now: now}),
				"rules": views.AutoRemediation(views.AutoRemediationData{Organization: contoso, Setting: setting, Entries: list, CanChange: true, Now: now}),
			}
			for page, content := range pages {
				html := renderRules(t, content)
				holdsForEveryPage(t, html)
				if leads := strings.Contains(html, `href="/context/e1/edit"`); leads != (page == "entry") && (page == "entry" || page == "edit") {
					t.Errorf("the %s page leads to the form: %v", page, leads)
				}
				if page == "entry" && !strings.Contains(html, tt.words) {
					t.Errorf("the page does not say %q", tt.words)
				}
			}
		})
	}
	for _, answer := range views.SettingAnswers() {
		t.Run(string(answer), func(t *testing.T) {
			form := views.Form{Values: map[string]string{}, Errors: []views.FieldError{{Field: string(answer), Message: hostileMessage}}}
			data := views.AutoRemediationData{Organization: contoso, Setting: clawback.AutoRemediation{Mode: clawback.ModeOff}, Form: form,
				Devices: []clawback.DeviceHealth{{Device: clawback.Device{ID: "d1", Name: hostile}, Remediated: true}}, CanChange: true, Now: now}
			html := renderRules(t, views.AutoRemediationForm(answer, data))
			holdsForEveryPage(t, html)
			if !strings.Contains(html, "error-summary") {
				t.Error("the error has no summary")
			}
		})
	}
}

// TestContextEntry_decision speaks to who decides, and names who does to everybody else.
func TestContextEntry_decision(t *testing.T) {
	t.Parallel()
	declined := sampleEntry(func(e *clawback.ContextEntry) { e.Selected, e.Status = true, clawback.ReviewDeclined })
	for canSelect, words := range map[bool]string{true: "needs your decision", false: "needs the decision of an admin of Contoso Ltd"} {
		html := renderRules(t, views.ContextEntry(views.ContextEntryData{Organization: contoso, Entry: declined, CanSelect: canSelect, Now: now}))
		if !strings.Contains(html, "In force, and "+words) {
			t.Errorf("the page does not say %q", words)
		}
	}
}

const hostileMessage = "Enter something <else>."

func renderRules(t *testing.T, content views.Content) string {
	t.Helper()
	return renderPage(t, page{title: "Rules", content: content, input: func(in *views.LayoutInput) { in.Actor = admin }})
}
