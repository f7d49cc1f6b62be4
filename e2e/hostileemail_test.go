package e2e

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
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

// A hostile email: markup, characters that turn the direction, that take no room and that control a terminal.
const (
	hostileID      = "<hostile.\u202e1@mx.evil.example>"
	hostileSubject = "<img src=x onerror=alert(1)>\u202egpj.exe\u200b </title><script>alert(2)</script> \x1b[31m{{7*7}} %s \"'"
	hostileShown   = "<img src=x onerror=alert(1)>[U+202E]gpj.exe[U+200B] </title><script>alert(2)</script> [U+001B][31m{{7*7}} %s \"'"
	hostileFrom    = "\"<b>Boss</b> \u2066\" <bil'&lt{svg}\u202e|@evil.example>"
)
