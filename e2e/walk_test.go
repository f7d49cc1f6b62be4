package e2e

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// people are whom the demo lets sign in, one of each kind.
var people = map[string]string{
	"SOC analyst":          "Mara Lindt",
	"operator":             "Jon Beck",
	"engagement manager":   "Ines Okafor",
	"organization admin":   "Priya Nair",
	"organization analyst": "Daniel Osei",
}

// TestWalk follows every link of every page as each kind of person: each leads to a page, without a violation of
// accessibility, a console message or a sideways scroll; the pages of one kind are looked at once a person. Then it sends
// every form of these pages, empty and with garbage. Each person has a demo to spoil.
func TestWalk(t *testing.T) {
	for _, kind := range slices.Sorted(maps.Keys(people)) {
		t.Run(kind, func(t *testing.T) {
			a := startDemo(t)
			seedWork(t, a)
			p := newPage(t, a.Portal)
			p.SignIn(people[kind])
			foreign := ""
			if strings.HasPrefix(kind, "organization") {
				foreign = "Lumen Freight"
			}
			sendForms(t, a, p, walk(t, p, strings.ReplaceAll(kind, " ", "-")), foreign)
		})
	}
}

// seedWork gives the demo something of every kind to show: a finished removal with an action, a preview, a removal that
// waits for an approval.
func seedWork(t *testing.T, a *app) {
	t.Helper()
	customer := a.Tenant(customerDomain)
	organization := organizationOf(t, a, customer.ID)
	other := a.DeliverCount(customer.ID, []byte("From: hr@salary.example\r\nTo: x@y.example\r\nSubject: Salary\r\nMessage-ID: <salary.1@salary.example>\r\n\r\nSign."), 3)
	var done, waiting, draft remediation
	for _, step := range []struct {
		into *remediation
		body map[string]any
	}{
		{&done, map[string]any{"internet_message_id": phishingID, "reason": "phishing", "start": true, "max_mailboxes": 100}},
		{&waiting, map[string]any{"internet_message_id": other.InternetMessageID, "reason": "again", "start": true, "max_mailboxes": 1}},
		{&draft, map[string]any{"internet_message_id": phishingID, "include_sender": true}},
	} {
		if status := a.API("POST", "/organizations/"+organization+"/remediations", step.body, step.into); status != http.StatusCreated {
			t.Fatalf("created with %d", status)
		}
		if step.into == &done {
			awaitContained(t, a, done.ID)
		}
	}
}

var anyID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// walk answers the forms that it came by.
func walk(t *testing.T, p *page, name string) (met []form) {
	t.Helper()
	seen, open := map[string]bool{}, []string{"/"}
	for len(open) > 0 {
		address := open[0]
		open = open[1:]
		kind := kindOf(address)
		if seen[kind] {
			continue
		}
		seen[kind] = true
		if status := p.Open(address); status != http.StatusOK {
			t.Errorf("%s answered %d", address, status)
			continue
		}
		p.look("walk-" + name + strings.ReplaceAll(strings.TrimRight(kind, "/"), "/", "-"))
		open = append(open, links(t, p)...)
		met = append(met, forms(t, p)...)
	}
	if len(seen) < 3 {
		t.Errorf("walked only %v", seen)
	}
	return met
}

// kindOf is a page's address without what differs between pages of one kind.
func kindOf(address string) string {
	path, _, _ := strings.Cut(address, "?")
	return anyID.ReplaceAllString(path, "id")
}

// links answers where the page leads within the portal, but not what only downloads.
func links(t *testing.T, p *page) []string {
	t.Helper()
	found, err := p.Evaluate(`[...document.querySelectorAll("a[href]:not([download])")].map(a => a.href)`)
	must(t, err)
	base, err := url.Parse(p.URL())
	must(t, err)
	var links []string
	for _, link := range found.([]any) {
		u, err := url.Parse(link.(string))
		if err != nil || u.Host != base.Host {
			continue
		}
		u.Fragment = ""
		links = append(links, u.RequestURI())
	}
	slices.Sort(links)
	return slices.Compact(links)
}

// TestErrorPages looks at the pages one would rather not see.
func TestErrorPages(t *testing.T) {
	a := startDemo(t)
	stranger := a.NewPage()
	stranger.Open("/")
	stranger.See("Sign in with Microsoft")
	stranger.look("sign-in")
	must(t, stranger.Locator(`:is(a, button):has-text("Sign in with Microsoft")`).First().Click())
	stranger.Expect(http.StatusForbidden, "/sign-in/callback")
	stranger.Click("button", "Sign in as Noor Haddad")
	stranger.See("no access")
	stranger.look("no-access")

	admin := a.NewPage()
	admin.SignIn("Priya Nair")
	admin.Expect(http.StatusNotFound, "/nonsense")
	admin.Open("/nonsense")
	admin.look("not-found")
	admin.Expect(http.StatusForbidden, "/halts")
	admin.Open("/halts")
	admin.look("forbidden")
}
