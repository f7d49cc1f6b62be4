package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"
)

const brightwater = "Brightwater Clinics (brightwater.example, enforce)"

// bothBrowsers runs a journey with JavaScript and without.
func bothBrowsers(t *testing.T, a *app, journey func(t *testing.T, p *page, script bool)) {
	t.Helper()
	for name, script := range map[string]bool{"with JavaScript": true, "without JavaScript": false} {
		t.Run(name, func(t *testing.T) {
			p := newPageWith(t, playwright.BrowserNewContextOptions{BaseURL: &a.Portal, JavaScriptEnabled: new(script)})
			signIn(t, p, "Mara Lindt")
			journey(t, p, script)
		})
	}
}

// signIn needs no JavaScript.
func signIn(t *testing.T, p *page, person string) {
	t.Helper()
	if !strings.Contains(p.URL(), "/sign-in") {
		p.Open("/")
	}
	p.Click("link", "Sign in with Microsoft")
	p.Click("button", "Sign in as "+person)
	must(t, p.Locator("main#main").WaitFor())
}

// tab is another tab of the same browser, with the same cookies. Its console is the first page's.
func (p *page) tab() *page {
	p.t.Helper()
	opened, err := p.context.NewPage()
	must(p.t, err)
	return &page{Page: opened, t: p.t, context: p.context}
}

func fillNew(t *testing.T, p *page, messageID, file string) {
	t.Helper()
	_, err := p.GetByLabel("Organization", playwright.PageGetByLabelOptions{Exact: new(true)}).
		SelectOption(playwright.SelectOptionValues{Labels: &[]string{brightwater}})
	must(t, err)
	p.Fill("Message-ID", messageID)
	p.Fill("Reason (can wait until the start)", "typed <b>for</b> an hour\nand a line")
	p.Fill("Incident reference (optional)", "INC-7")
	if file != "" {
		must(t, p.Locator("input[type=file]").SetInputFiles(file))
	}
}

// assertTyped fails the test unless the form still holds what fillNew typed.
func assertTyped(t *testing.T, p *page, messageID string) {
	t.Helper()
	want := playwright.NewPlaywrightAssertions(2000)
	for id, value := range map[string]string{"#message-id": messageID, "#reason": "typed <b>for</b> an hour\nand a line", "#reference": "INC-7"} {
		must(t, want.Locator(p.Locator(id)).ToHaveValue(value))
	}
	must(t, want.Locator(p.Locator("#organization option:checked")).ToHaveText(brightwater))
}

func writeFile(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	must(t, os.WriteFile(path, content, 0o600))
	return path
}

// TestBadInput_upload sends what can't be removed by: each comes back as the same form with everything that was typed.
func TestBadInput_upload(t *testing.T) {
	a := startDemo(t)
	good := filepath.Join(a.dir, "data", "phishing.eml")
	head := "From: a@b.example\r\nSubject: x\r\n"
	id := "Message-ID: <a@b.example>\r\n"
	tests := []struct {
		file      string // of this content, unless it is the good one
		content   []byte
		messageID string
		status    int
		field     string
		says      string
	}{
		{"picture.png", []byte("\x89PNG\r\n\x1a\n"), "", 422, "#eml", "This file is not an email"},
		{"empty.eml", nil, "", 422, "#eml", "This file is empty"},
		{"large.eml", append([]byte(id+head+"\r\n"), bytes.Repeat([]byte("x"), 30<<20)...), "", 413, "#eml", "larger than 25 MB"},
		{"no-id.eml", []byte(head + "\r\n"), "", 422, "#eml", "This email has no Message-ID"},
		{"two-ids.eml", []byte("Message-ID: <c@d>\r\n" + id + head + "\r\n"), "", 422, "#eml", "names 2 different Message-IDs"},
		{"bad-id.eml", []byte("Message-ID: <a \u202eb@x>\r\n" + head + "\r\n"), "", 422, "#eml", "The Message-ID of this email is malformed"},
		{good, nil, "<typed@mx.example>", 422, "#message-id", "Give either a file or a Message-ID, not both"},
		{"", nil, "", 422, "#message-id", "Enter a Message-ID, or choose the email"},
		{"", nil, "two words", 422, "#message-id", "This is not a Message-ID"},
	}
	dir := t.TempDir()
	for i, tt := range tests {
		if tt.file != "" && tt.file != good {
			tests[i].file = filepath.Join(dir, tt.file)
			must(t, os.WriteFile(tests[i].file, tt.content, 0o600))
		}
	}
	var before list[remediation]
	organization := organizationOf(t, a, a.Tenant(customerDomain).ID)
	a.API("GET", "/organizations/"+organization+"/remediations", nil, &before)

	bothBrowsers(t, a, func(t *testing.T, p *page, script bool) {
		for i, tt := range tests {
			if !script && i%2 == 1 {
				continue // the server's part is the same
			}
			p.Open("/remediations/new")
			fillNew(t, p, tt.messageID, tt.file)
			p.Expect(tt.status, "/remediations")
			p.Click("button", "Preview: who received it?")
			summary := p.Locator(".error-summary")
			must(t, summary.WaitFor())
			must(t, playwright.NewPlaywrightAssertions(2000).Locator(summary.GetByRole("link")).ToContainText(tt.says))
			must(t, playwright.NewPlaywrightAssertions(2000).Locator(p.Locator(tt.field+"-error")).ToContainText(tt.says))
			if invalid, err := p.Locator(tt.field).GetAttribute("aria-invalid"); err != nil || invalid != "true" {
				t.Errorf("%s is not marked as invalid: %q, %v", tt.field, invalid, err)
			}
			assertTyped(t, p, tt.messageID)
			if script {
				must(t, playwright.NewPlaywrightAssertions(2000).Locator(summary).ToBeFocused())
			}
			must(t, summary.GetByRole("link").Click())
			if focused, err := p.Evaluate(`document.querySelector(":focus, :target")?.id`); err != nil || "#"+fmt.Sprint(focused) != tt.field {
				t.Errorf("the summary leads to %v, want %s, %v", focused, tt.field, err)
			}
			if tt.file == good && script {
				p.look("new-remediation-errors")
			}
		}
		// The file of "both" is kept; left out, the Message-ID alone is meant.
		p.Open("/remediations/new")
		fillNew(t, p, phishingID, good)
		p.Expect(422, "/remediations")
		p.Click("button", "Preview: who received it?")
		must(t, p.GetByLabel("Leave this file out").Check())
		p.Click("button", "Preview: who received it?")
		p.See("Given as")
		p.See("a Message-ID")
		p.Submit("Discard this preview")
	})

	var after list[remediation]
	a.API("GET", "/organizations/"+organization+"/remediations", nil, &after)
	if made := len(after.Items) - len(before.Items); made != 2 {
		t.Errorf("%d remediations were made, want the two of the end", made)
	}
}

// TestBadInput_sessionEnds signs out in another tab while a form is being filled in: it comes back with everything, and
// goes through once its person is signed in again.
func TestBadInput_sessionEnds(t *testing.T) {
	a := startDemo(t)
	bothBrowsers(t, a, func(t *testing.T, p *page, script bool) {
		p.Open("/remediations/new")
		fillNew(t, p, "", filepath.Join(a.dir, "data", "phishing.eml"))
		other := p.tab()
		signOut(t, other)

		p.Expect(401, "/remediations")
		p.Click("button", "Preview: who received it?")
		p.See("Your session has ended")
		p.See("phishing.eml")
		if script {
			p.look("session-ended")
		}
		p.Expect(401, "/remediations") // again, while still signed out
		p.Click("button", "Send again")
		p.See("phishing.eml")

		other.Open("/sign-in")
		signIn(t, other, "Mara Lindt")
		p.Click("button", "Send again")
		refresh := func() {
			if !script {
				refreshUntil(t, p, "Start removal from 24 mailboxes")
			}
		}
		refresh()
		p.See("Start removal from 24 mailboxes")
		must(t, playwright.NewPlaywrightAssertions(2000).Locator(p.Locator("#reason")).ToHaveValue("typed <b>for</b> an hour\nand a line"))
		must(t, playwright.NewPlaywrightAssertions(2000).Locator(p.Locator("#reference")).ToHaveValue("INC-7"))

		// The same where the form is the start itself; nothing is removed before it is sent again.
		p.Fill("Reason", "typed anew")
		signOut(t, other)
		address, err := url.Parse(p.URL())
		must(t, err)
		p.Expect(401, address.Path+"/start")
		p.Click("button", "Start removal from 24 mailboxes")
		p.See("Your session has ended")
		other.Open("/sign-in")
		signIn(t, other, "Mara Lindt")
		other.Open(address.Path)
		other.See("Start removal from 24 mailboxes")
		other.Click("button", "Discard this preview")
		// Meanwhile it was discarded: the late start is told so, and starts nothing.
		p.Expect(409, address.Path+"/start")
		p.Click("button", "Send again")
		p.See("Preview discarded")
		must(t, other.Close())
	})
	if changed := changedMailboxes(a, a.Tenant(customerDomain).ID); len(changed) != 0 {
		t.Errorf("changed: %v", changed)
	}
}

func signOut(t *testing.T, p *page) {
	t.Helper()
	p.Open("/")
	p.Click("button", "Sign out")
	p.See("Sign in with Microsoft")
}

// TestBadInput_sessionEndsLive signs out while a page follows a removal: a notice says so, what was typed stays, and the
// page goes on by itself once its person is signed in again.
func TestBadInput_sessionEndsLive(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(customerDomain)
	a.SetFaults(customer.ID, map[string]any{"route": "GET /users/{id}/messages", "status": 429, "retry_after": 120})
	created := startRemoval(t, a, customer.ID, phishingID)

	p := a.NewPage()
	p.SignIn("Mara Lindt")
	path := "/remediations/" + created.ID
	p.Open(path)
	p.See("Removing: gone from")
	p.Fill("Reason", "half a sentence")
	p.OnResponse(func(r playwright.Response) {
		if r.Status() == http.StatusUnauthorized {
			p.Expect(401, path+"/live") // as often as the page asks
		}
	})
	other := p.tab()
	signOut(t, other)
	notice := p.Locator("#notice")
	must(t, playwright.NewPlaywrightAssertions(10_000).Locator(notice).ToContainText("Your session has ended"))
	assertStopReason(t, p, "half a sentence")
	p.look("session-ended-live")

	other.Open("/sign-in")
	signIn(t, other, "Mara Lindt")
	must(t, playwright.NewPlaywrightAssertions(10_000).Locator(notice).ToBeEmpty())
	assertStopReason(t, p, "half a sentence")
	p.Click("button", "Stop the removal")
	p.See("Stopped before anything was removed")
	if changed := changedMailboxes(a, customer.ID); len(changed) != 0 {
		t.Errorf("changed: %v", changed)
	}
}

func assertStopReason(t *testing.T, p *page, want string) {
	t.Helper()
	must(t, playwright.NewPlaywrightAssertions(2000).Locator(p.Locator("#stop-reason")).ToHaveValue(want))
	if focused, err := p.Evaluate(`document.activeElement.id`); err != nil || focused != "stop-reason" {
		t.Errorf("the focus is on %v, %v", focused, err)
	}
}

// startRemoval starts a removal by the API, without a preview.
func startRemoval(t *testing.T, a *app, tenantID, messageID string) remediation {
	t.Helper()
	var created remediation
	if status := a.API("POST", "/organizations/"+organizationOf(t, a, tenantID)+"/remediations", map[string]any{
		"internet_message_id": messageID, "reason": "phishing", "start": true, "max_mailboxes": 100,
	}, &created); status != 201 {
		t.Fatalf("created with %d", status)
	}
	return created
}

// A hostile email: markup, characters that turn the direction, that take no room and that control a terminal.
const (
	hostileID      = "<hostile.\u202e1@mx.evil.example>"
	hostileSubject = "<img src=x onerror=alert(1)>\u202egpj.exe\u200b </title><script>alert(2)</script> \x1b[31m{{7*7}} %s \"'"
	hostileShown   = "<img src=x onerror=alert(1)>[U+202E]gpj.exe[U+200B] </title><script>alert(2)</script> [U+001B][31m{{7*7}} %s \"'"
	hostileFrom    = "\"<b>Boss</b> \u2066\" <bil'&lt{svg}\u202e|@evil.example>"
)

// TestBadInput_hostileEmail follows such an email over every page it reaches: it is text there, and nothing hides in it.
func TestBadInput_hostileEmail(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(customerDomain)
	raw := []byte("From: " + hostileFrom + "\r\nTo: x@" + customerDomain + "\r\nSubject: " + hostileSubject +
		"\r\nMessage-ID: " + hostileID + "\r\nMIME-Version: 1.0\r\n\r\nPay.\r\n")
	boxes := a.Mailboxes(customer.ID)
	a.Deliver(customer.ID, raw, boxes[0].Address, boxes[1].Address, "quarantine@"+customerDomain)

	p := a.NewPage()
	p.SignIn("Mara Lindt")
	p.Open("/remediations/new")
	fillNew(t, p, "", writeFile(t, "<b>\u202elme.eml", raw))
	p.Click("button", "Preview: who received it?")
	p.See("Start removal from 2 mailboxes")
	assertText(t, p, "preview", true)
	p.Click("button", "Start removal from 2 mailboxes")
	p.See("Gone from 2 of 3 mailboxes")
	assertText(t, p, "remediation", true)
	p.Click("link", strings.ToLower(boxes[0].Address))
	p.See("Proved gone")
	assertText(t, p, "record", false)
	p.Open("/remediations")
	assertText(t, p, "list", false)
	p.Open("/remediations?q=" + url.QueryEscape(hostileSubject))
	assertText(t, p, "search", false)
	p.Open("/")
	assertText(t, p, "home", false)

	admin := a.NewPage()
	admin.SignIn("Priya Nair")
	assertText(t, admin, "home-admin", false)
	admin.Open("/actions")
	assertText(t, admin, "actions", false)
	must(t, admin.Locator("#main a[href^='/actions/']").First().Click())
	admin.See("quarantine@" + customerDomain)
	assertText(t, admin, "action", true)
	if a.Changed(customer.ID, "quarantine@"+customerDomain) {
		t.Error("the protected mailbox was changed")
	}
}

// assertText fails the test unless the hostile subject is text on the page, in its title too where it names the page.
func assertText(t *testing.T, p *page, name string, titled bool) {
	t.Helper()
	text, err := p.Locator("main").InnerText()
	must(t, err)
	if !strings.Contains(strings.ToLower(text), strings.ToLower(hostileShown[:40])) {
		t.Errorf("%s: the subject is not to be read in\n%s", name, text)
	}
	if title, err := p.Title(); err != nil || titled && !strings.Contains(title, hostileShown[:40]) {
		t.Errorf("%s: the title is %q, %v", name, title, err)
	}
	hidden, err := p.Evaluate(`[document.title, document.body.innerText].some(text => /[\u0000-\u0008\u000e-\u001f\u200b\u202a-\u202e\u2066-\u2069]/.test(text))`)
	if err != nil || hidden == true {
		t.Errorf("%s: something hides in its text, %v", name, err)
	}
	made, err := p.Evaluate(`document.querySelectorAll("main img, main script, main bdi *:not(wbr), body > title").length`)
	if err != nil || fmt.Sprint(made) != "0" {
		t.Errorf("%s: %v elements came out of the email, %v", name, made, err)
	}
	p.look("hostile-" + name)
}

// TestBadInput_somebodyElses opens one customer's pages as the other's admin, and a page of another role.
func TestBadInput_somebodyElses(t *testing.T) {
	a := startDemo(t)
	organization := organizationOf(t, a, a.Tenant(customerDomain).ID)
	var remediations, records list[struct{ ID string }]
	a.API("GET", "/organizations/"+organization+"/remediations", nil, &remediations)
	waitFor(t, "the history", 30*time.Second, func() bool {
		a.API("GET", "/remediations/"+remediations.Items[0].ID+"/records", nil, &records)
		return len(records.Items) > 0
	})

	p := a.NewPage()
	p.SignIn("Olivia Grant")
	for _, path := range []string{"/remediations/" + remediations.Items[0].ID, "/records/" + records.Items[0].ID, "/actions/none"} {
		p.Expect(404, path)
		if status := p.Open(path); status != 404 {
			t.Errorf("%s: %d", path, status)
		}
		p.See("This page does not exist")
		text, err := p.Locator("body").InnerText()
		if must(t, err); strings.Contains(text, "Brightwater") || strings.Contains(text, "voicemail") {
			t.Errorf("%s tells %q", path, text)
		}
	}
	p.look("not-found")
	p.Expect(403, "/remediations/new")
	p.Open("/remediations/new")
	p.See("It takes a SOC analyst")
	p.look("forbidden")
}

// alive fails the test unless the portal's process still answers.
func (a *app) alive() {
	a.t.Helper()
	if status := a.call("GET", strings.TrimSuffix(a.Portal, "/")+"/healthz", "", nil, nil); status != 200 {
		a.t.Errorf("/healthz answers %d", status)
	}
}

// TestBadInput_microsoftDown previews while Microsoft is down: the page names what is missing, goes on by itself with
// each thing that is mended, and ends with the preview.
func TestBadInput_microsoftDown(t *testing.T) {
	a := startDemo(t)
	customer, other := a.Tenant(customerDomain), a.Tenant("lumenfreight.example")
	a.SetFaults(customer.ID, map[string]any{"route": "exchange:*", "status": 503, "retry_after": -1})
	a.SetFaults(other.ID, map[string]any{"route": "login:token", "garbage": "html"})
	var blocked struct {
		Status, BlockedBy, BlockedDetail string
	}
	var unsigned remediation
	if status := a.API("POST", "/organizations/"+organizationOf(t, a, other.ID)+"/remediations", map[string]any{"internet_message_id": phishingID}, &unsigned); status != 201 {
		t.Fatalf("a preview without a token: %d", status)
	}

	p := a.NewPage()
	p.SignIn("Mara Lindt")
	newRemediation(t, p)
	dropEmail(t, p, a)
	p.See("The preview is blocked: Microsoft’s message trace does not answer.")
	p.look("preview-blocked")
	waitFor(t, "the preview without a token to say so", 10*time.Second, func() bool {
		var raw struct {
			BlockedBy string `json:"blocked_by"`
			Detail    string `json:"blocked_detail"`
		}
		a.API("GET", "/remediations/"+unsigned.ID, nil, &raw)
		blocked.BlockedBy, blocked.BlockedDetail = raw.BlockedBy, raw.Detail
		return raw.BlockedBy != ""
	})
	if !strings.Contains(blocked.BlockedDetail, "sign-in") {
		t.Errorf("without a token it is blocked by %q: %q", blocked.BlockedBy, blocked.BlockedDetail)
	}

	a.SetFaults(other.ID)
	a.SetFaults(customer.ID, map[string]any{"route": "GET /users", "garbage": "json"})
	seeWithin(t, p, 40*time.Second, "The preview is blocked: recipients can’t be resolved to mailboxes.")
	a.SetFaults(customer.ID)
	seeWithin(t, p, 40*time.Second, "Start removal from 24 mailboxes")
	waitFor(t, "the other preview", 40*time.Second, func() bool {
		var raw struct {
			BlockedBy   string     `json:"blocked_by"`
			PreviewedAt *time.Time `json:"previewed_at"`
		}
		a.API("GET", "/remediations/"+unsigned.ID, nil, &raw)
		return raw.BlockedBy == "" && raw.PreviewedAt != nil
	})
	if changed := changedMailboxes(a, customer.ID); len(changed) != 0 {
		t.Errorf("changed: %v", changed)
	}
	a.alive()
}

// seeWithin waits longer than See for words that come by themselves.
func seeWithin(t *testing.T, p *page, patience time.Duration, words string) {
	t.Helper()
	waitFor(t, words, patience, func() bool {
		n, err := p.GetByText(words).Count()
		return err == nil && n > 0
	})
}

// TestBadInput_microsoftMisbehaves removes while every mailbox has a trouble of its own and whole batches fail: the page
// ends with the truth by itself, each mailbox was changed once, and the protected one never.
func TestBadInput_microsoftMisbehaves(t *testing.T) {
	// Garbage is nothing to hold against Microsoft's model, so it is not recorded with the other journeys.
	a := startDemo(t, "--latency", "5ms", "--record", filepath.Join(t.TempDir(), "garbage.jsonl"))
	customer := a.Tenant(customerDomain)
	var faults []map[string]any
	for _, trouble := range []map[string]any{
		{"drop": "after"}, {"garbage": "batch_numeric_header"}, {"garbage": "batch_missing_id"}, {"status": 503, "retry_after": 1}, {"garbage": "html"},
	} {
		trouble["route"], trouble["count"] = "POST /$batch", 1
		// What is let through lies between the troubles, so that they hit looks and removals.
		faults = append(faults, map[string]any{"route": "POST /$batch", "delay_ms": 1, "count": 2}, trouble)
	}
	boxes := a.Mailboxes(customer.ID)
	for i, trouble := range []map[string]any{
		{"status": 429, "retry_after": 2}, {"status": 503}, {"drop": "before"}, {"drop": "after"}, {"garbage": "html"}, {"garbage": "empty"}, {"delay_ms": 1500},
	} {
		for j, route := range []string{"GET /users/{id}/messages", "POST /users/{id}/messages/{id}/move"} {
			one := map[string]any{"route": route, "mailbox": boxes[2*i+j].ID, "count": 1}
			for key, value := range trouble {
				one[key] = value
			}
			faults = append(faults, one)
		}
	}

	p := a.NewPage()
	p.SignIn("Mara Lindt")
	newRemediation(t, p)
	dropEmail(t, p, a)
	p.See("Start removal from 24 mailboxes")
	a.SetFaults(customer.ID, faults...)
	p.Fill("Reason", "Credential phishing")
	p.Click("button", "Start removal from 24 mailboxes")
	seeWithin(t, p, 60*time.Second, "Gone from 24 of 25 mailboxes")
	p.See("Contained")
	p.Axe()
	assertClean(t, a, customer.ID)
	for _, c := range a.Copies(customer.ID, phishingID) {
		changes := 0
		for _, request := range a.Asked(customer.ID, c.Mailbox) {
			if request.Changes {
				changes++
			}
		}
		if changes > 1 {
			t.Errorf("%s: %d changing requests", c.Address, changes)
		}
	}
	var put list[struct {
		Route string `json:"route"`
		Hits  int    `json:"hits"`
	}]
	a.control("GET", "/tenants/"+customer.ID+"/faults", nil, &put)
	for i, fault := range put.Items {
		if fault.Hits == 0 {
			t.Errorf("fault %d on %s hit nothing", i, fault.Route)
		}
	}
	a.alive()
}

// TestBadInput_signInDown signs in while Microsoft's sign-in is down in each of its parts: a page says so, and the next
// try after it is mended works.
func TestBadInput_signInDown(t *testing.T) {
	a := startDemo(t)
	provider := a.Tenant("haldensec.example")
	p := a.NewPage()
	a.SetFaults(provider.ID, map[string]any{"route": "login:discovery", "status": 503})
	p.Open("/")
	p.Expect(503, "/sign-in/microsoft")
	p.Click("link", "Sign in with Microsoft")
	p.See("Microsoft's sign-in does not answer at the moment")
	p.look("sign-in-down")

	for i, fault := range []map[string]any{
		{"route": "login:token", "status": 503}, {"route": "login:token", "garbage": "html"}, {"route": "login:keys", "garbage": "json"},
		{"route": "login:keys", "status": 503},
	} {
		a.SetFaults(provider.ID, fault)
		if i == 0 { // the portal gives Microsoft two seconds of rest, and nobody more than two sign-ins a second
			asked := time.Now()
			waitFor(t, "the sign-in to begin", 10*time.Second, func() bool {
				if time.Since(asked) < 500*time.Millisecond {
					return false
				}
				asked = time.Now()
				return a.call("GET", strings.TrimSuffix(a.Portal, "/")+"/sign-in/microsoft", "", nil, nil) == 200
			})
		}
		p.Open("/sign-in")
		p.Click("link", "Sign in with Microsoft")
		p.Expect(503, "/sign-in/callback")
		p.Click("button", "Sign in as Mara Lindt")
		p.See("Microsoft's sign-in does not answer at the moment")
	}
	a.SetFaults(provider.ID)
	p.Open("/sign-in")
	signIn(t, p, "Mara Lindt")
	p.See("Welcome, Mara Lindt")
	a.alive()
}
