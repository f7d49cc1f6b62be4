package web_test

import (
	"net/http"
	"strings"
	"testing"

	"clawback/store/storetest"
)

func TestRemediationsBetweenDays(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	org, _ := storetest.Ready(t, p.store)
	storetest.Draft(t, p.store, storetest.SOCAnalyst(), org, "<1@evil.example>", "Invoice")
	b := p.signedIn(t, p.staff(t, "SOCAnalyst"))
	today := p.clock.Now().UTC().Format("2006-01-02")

	for query, found := range map[string]bool{
		"": true, "from=" + today: true, "to=" + today: true, "from=" + today + "&to=" + today: true, "to=2001-01-01": false, "from=2999-01-01": false,
	} {
		answer := b.get("/remediations?" + query)
		if got := strings.Contains(answer.body, "Invoice"); answer.StatusCode != http.StatusOK || got != found {
			t.Errorf("%q: %d, found %v, want %v", query, answer.StatusCode, got, found)
		}
	}
	for query, want := range map[string]struct{ field, words string }{
		"from=2026-99-99":               {"filter-from", "“2026-99-99” is no date."},
		"to=soon":                       {"filter-to", "“soon” is no date."},
		"from=2026-03-02&to=2026-3-1":   {"filter-to", "“2026-3-1” is no date."},
		"from=2026-03-02&to=2026-03-01": {"filter-to", "The last day is before the first one."},
	} {
		answer := b.get("/remediations?" + query)
		sees(t, query, answer, http.StatusUnprocessableEntity, want.words, "Nothing was looked for")
		doc := answer.document(t)
		if doc.Find(".error-summary a[href='#"+want.field+"']").Length() != 1 || doc.Find("details[open] #"+want.field+"[aria-invalid='true']").Length() != 1 {
			t.Errorf("%s: no way to the open field", query)
		}
		if strings.Contains(answer.body, "Invoice") {
			t.Errorf("%s: the list is shown as if it were filtered", query)
		}
	}
}

func TestListsAreToldApartByTheirTitles(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(t, p.staff(t, "SOCAnalyst"))
	for path, want := range map[string]string{
		"/remediations":                                                          "Remediations",
		"/remediations?organization=" + p.org.ID:                                 "Remediations · " + p.org.Name,
		"/remediations?status=blocked&outcome=failed&attention=1":                "Remediations: blocked, failed, waiting for a person",
		"/remediations?sender=@evil.example&mailbox=a@b.example":                 "Remediations: from @evil.example, in a@b.example",
		"/remediations?from=2026-03-01&to=2026-03-02&organization=" + p.other.ID: "Remediations: since 2026-03-01, until 2026-03-02 · " + p.other.Name,
		"/remediations?q=invoice&status=completed":                               "“invoice” in remediations: completed",
		"/actions": "Open actions",
		"/actions?status=any&organization=" + p.org.ID: "Actions · " + p.org.Name,
		"/actions?status=dismissed&assignee=me":        "Dismissed actions of mine",
	} {
		title := b.get(path).document(t).Find("title").First().Text()
		if got, _, _ := strings.Cut(title, " · Clawback"); got != want {
			t.Errorf("%s: the title is %q, want %q", path, title, want)
		}
	}
}
