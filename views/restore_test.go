package views_test

import (
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/views"

	"github.com/PuerkitoBio/goquery"
)

// back answers a remediation of 5 mailboxes, cleaned and then put back into n.
func back(n int) clawback.Remediation {
	return sample(func(r *clawback.Remediation) {
		contained(r)
		r.Status, r.Phase, r.EndedAt, r.PutBackAt = clawback.StatusCompleted, clawback.PhaseNone, now.Add(time.Minute), now.Add(2*time.Minute)
		r.Counts = counted(0, outcomes{clawback.OutcomeRemoved: 4, clawback.OutcomeProtected: 1})
		r.Counts.PutBack = n
	})
}

func TestPutBackIsNotGone(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]struct{ brief, announced, bar string }{
		4: {"Put back into 4 mailboxes; 1 protected", "Put back into 4 mailboxes; 1 protected.", "1 protected, 4 put back"},
		1: {"Put back into 1 mailbox; gone from 3; 1 protected", "Put back into 1 mailbox; gone from 3; 1 protected.", "3 removed, 1 protected, 1 put back"},
	} {
		r := back(n)
		if got := views.Brief(r); got != want.brief {
			t.Errorf("Brief = %q, want %q", got, want.brief)
		}
		if got := views.Announcement(r); got != want.announced {
			t.Errorf("Announcement = %q, want %q", got, want.announced)
		}
		if got := views.TimeToGone(r); got != "" {
			t.Errorf("it was gone in %q", got)
		}

		data := remediationData(r, func(d *views.RemediationData) { d.Restores = clawback.RestoreCounts{Restored: n} })
		for name, content := range map[string]views.Content{
			"page": views.Remediation(data),
			"list": views.Remediations(views.RemediationsData{Page: clawback.Page[clawback.Remediation]{Items: []clawback.Remediation{r}}, Now: now}),
		} {
			doc, err := goquery.NewDocumentFromReader(strings.NewReader(renderPage(t, page{content: content})))
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := doc.Find(".bar svg").Attr("aria-label"); got != want.bar {
				t.Errorf("the bar of the %s is %q, want %q", name, got, want.bar)
			}
			if name == "list" {
				continue
			}
			if story := doc.Find(".time li").First().Text(); !strings.Contains(story, "Put back into") {
				t.Errorf("the latest of the story is %q", story)
			}
			if said := doc.Find("#announcement").Text(); strings.Contains(said, "Gone from all") || !strings.HasPrefix(said, "Put back: ") {
				t.Errorf("announced %q", said)
			}
			if figures := strings.Join(strings.Fields(doc.Find(".counts").Text()), " "); !strings.Contains(figures, views.Number(n)+" put back") || strings.Contains(figures, "4 removed") {
				t.Errorf("counts %q", figures)
			}
		}
	}
}
