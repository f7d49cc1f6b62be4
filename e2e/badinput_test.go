package e2e

import (
	"bytes"
	"fmt"
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
