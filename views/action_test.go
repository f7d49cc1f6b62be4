package views_test

import (
	"strings"
	"testing"

	"clawback"
	"clawback/views"

	"github.com/PuerkitoBio/goquery"
)

func TestAnActionClosedMeanwhileKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	for field, form := range map[string]views.Form{
		"comment": {Values: map[string]string{"comment": "typed <words>"}},
		"reason":  {Values: map[string]string{"reason": "typed <words>"}},
	} {
		form.Add(clawback.Errorf(clawback.KindConflict, "This action was completed already, by Ada."))
		for status, want := range map[clawback.ActionStatus]string{clawback.ActionOpen: "", clawback.ActionCompleted: "typed <words>"} {
			data := views.ActionData{Action: sampleAction(status), Form: form, CanWork: true, CanComment: true, Now: now}
			doc, err := goquery.NewDocumentFromReader(strings.NewReader(renderPage(t, page{content: views.Action(data)})))
			if err != nil {
				t.Fatal(err)
			}
			if got := doc.Find("#new-comment").Text(); got != want {
				t.Errorf("%s of a %s action: the comment box holds %q, want %q", field, status, got, want)
			}
			if said := strings.Contains(doc.Text(), "it is not saved yet"); said != (want != "") {
				t.Errorf("%s of a %s action: says that it is not saved: %v", field, status, said)
			}
		}
	}
}
