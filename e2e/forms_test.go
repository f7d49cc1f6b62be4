package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/playwright-community/playwright-go"
)

// A form is one of a page, as the browser would send it.
type form struct {
	Page   string  `json:"page"`
	Action string  `json:"action"`
	Method string  `json:"method"`
	Coded  string  `json:"coded"`
	Fields []field `json:"fields"`
}

// A field is one of a form's, a button with a name among them.
type field struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Value string `json:"value"`
}

// forms answers the forms of the page but the one that signs out.
func forms(t *testing.T, p *page) (found []form) {
	t.Helper()
	// By attributes: a field named action would hide the form's own.
	text := must1(p.Evaluate(`JSON.stringify([...document.forms].map(f => ({
		page: location.pathname, action: new URL(f.getAttribute("action") ?? "", location).href,
		method: f.getAttribute("method") ?? "get", coded: f.getAttribute("enctype") ?? "",
		fields: [...f.elements].filter(e => e.name).map(e => ({name: e.name, type: e.type, value: e.value})),
	})).filter(f => !f.action.endsWith("/sign-out")))`))(t)
	must(t, json.Unmarshal([]byte(text.(string)), &found))
	return found
}

// kind is what tells the form from others of its kind on other pages.
func (f form) kind() string {
	kind := f.Method + " " + kindOf(f.Action)
	for _, one := range f.Fields {
		kind += " " + one.Name
	}
	return kind
}

// ends says whether the form takes the person's own way on away: that one comes last.
func (f form) ends() bool { return strings.Contains(f.Action, "/sessions/") }

const garbage = "\u202e<b>'\"--</b>{{7*7}}%s\x00\xff 99999999999999999999"

// sendForms sends each kind of form, empty and with garbage in every field that a person fills in. Whatever comes back is
// a page for this person: no failure of the portal, nothing that names the foreign organization, and a way on from it.
func sendForms(t *testing.T, a *app, p *page, met []form, foreign string) {
	t.Helper()
	slices.SortStableFunc(met, func(x, y form) int {
		switch {
		case x.ends() == y.ends():
			return 0
		case x.ends():
			return 1
		}
		return -1
	})
	sent := map[string]bool{}
	for _, f := range met {
		if !strings.HasPrefix(f.Action, a.Portal) {
			t.Errorf("%s has a form that leads to %s", f.Page, f.Action)
			continue
		}
		if sent[f.kind()] {
			continue
		}
		sent[f.kind()] = true
		for _, typed := range []string{"", garbage} {
			f.send(t, p, typed, foreign)
		}
	}
	if len(sent) < 2 {
		t.Errorf("sent only %v", sent)
	}
	t.Logf("sent %d kinds of forms", len(sent))
	a.alive()
}

// send sends the form with the same text in each of its fields.
func (f form) send(t *testing.T, p *page, typed, foreign string) {
	t.Helper()
	values := map[string]any{}
	for _, one := range f.Fields {
		switch {
		case one.Type == "hidden":
			values[one.Name] = one.Value
		case one.Type == "file" && typed == "":
		case one.Type == "file":
			values[one.Name] = playwright.InputFile{Name: garbage, MimeType: "message/rfc822", Buffer: []byte(typed)}
		default:
			values[one.Name] = typed
		}
	}
	options := playwright.APIRequestContextFetchOptions{Method: new(strings.ToUpper(f.Method))}
	switch {
	case f.Method == "get":
		options.Params = values
	case f.Coded == "multipart/form-data":
		options.Multipart = values
	default:
		options.Form = values
	}
	answer, err := p.context.Request().Fetch(f.Action, options)
	must(t, err)
	defer answer.Dispose()
	f.judge(t, fmt.Sprintf("%s on %s with %q", f.kind(), f.Page, typed), answer, foreign)
}

// judge looks at what came back.
func (f form) judge(t *testing.T, what string, answer playwright.APIResponse, foreign string) {
	t.Helper()
	if answer.Status() >= http.StatusInternalServerError {
		t.Errorf("%s answered %d", what, answer.Status())
		return
	}
	content, err := goquery.NewDocumentFromReader(strings.NewReader(must1(answer.Text())(t)))
	must(t, err)
	if content.Find("main h1").Length() == 0 {
		t.Errorf("%s answered %d, which is no page", what, answer.Status())
	}
	if content.Find("main a[href], main button, nav a[href]").Length() == 0 {
		t.Errorf("%s answered %d, and there is no way on", what, answer.Status())
	}
	if foreign != "" && strings.Contains(content.Text(), foreign) {
		t.Errorf("%s answered %d with %s", what, answer.Status(), foreign)
	}
}
