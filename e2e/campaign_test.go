package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"
)

// TestCampaign searches an email by its sender, includes the rest of its campaign with one click, and removes all of it;
// whoever asks for one of them again is led to that remediation.
func TestCampaign(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(customerDomain)
	var users []string
	for _, m := range a.Mailboxes(customer.ID) {
		if m.Kind == "user" && len(users) < 6 {
			users = append(users, m.Address)
		}
	}
	id := func(i int) string { return fmt.Sprintf("<campaign.%d@parcel.example>", i) }
	for i, user := range users {
		mail := "From: Parcel <track@parcel.example>\r\nTo: " + user + "\r\nSubject: Your parcel <b>waits</b>\r\nMessage-ID: " + id(i) + "\r\n\r\nPay."
		a.Deliver(customer.ID, []byte(mail), user)
	}
	p := a.NewPage()
	p.SignIn("Mara Lindt")
	newRemediation(t, p)
	_, err := p.GetByLabel("Search in").SelectOption(playwright.SelectOptionValues{Labels: &[]string{"Brightwater Clinics (brightwater.example, enforce)"}})
	must(t, err)
	p.Fill("Sender", "track@parcel.example")
	p.Click("button", "Search the trace")
	p.See("6 emails")
	p.Axe()
	p.Look("email-search")

	must(t, p.Locator(`input[name="chosen"]`).First().Check())
	p.Fill("Reason (can wait until the start)", "Card phishing")
	p.Submit("Preview: who received them?")
	p.See("Start removal from 1 mailbox")
	p.Axe()
	p.Look("preview-similar")
	p.Submit("Include 5 more emails with the same sender and subject")
	p.See("Start removal from 6 mailboxes")
	p.Axe()
	p.Look("preview-campaign")
	p.Click("button", "Start removal from 6 mailboxes")
	p.See("Gone from all 6 mailboxes")
	for i, user := range users {
		for _, c := range a.Copies(customer.ID, id(i)) {
			if strings.EqualFold(c.Address, user) && c.Folder != "recoverableitemsdeletions" {
				t.Errorf("%s lies in %s of %s", id(i), c.Folder, user)
			}
		}
	}

	p.Open("/remediations/new")
	organization := p.GetByLabel("Organization", playwright.PageGetByLabelOptions{Exact: new(true)})
	_, err = organization.SelectOption(playwright.SelectOptionValues{Labels: &[]string{"Brightwater Clinics (brightwater.example, enforce)"}})
	must(t, err)
	p.Fill("Message-ID", id(3))
	p.Submit("Preview: who received it?")
	p.See("under way already")
	p.See("Gone from all 6 mailboxes")
	p.Axe()
	p.Look("remediation-met")
}

// TestWhatDiffers asks for the SOC's word on an email that bears the removed one's id.
func TestWhatDiffers(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(customerDomain)
	organization := organizationOf(t, a, customer.ID)
	const id = "<parcel.1@parcel.example>"
	mail := func(from, subject string) []byte {
		return []byte("From: " + from + "\r\nTo: x@y.example\r\nSubject: " + subject + "\r\nMessage-ID: " + id + "\r\n\r\nPay.")
	}
	a.Deliver(customer.ID, mail("track@parcel.example", "Your parcel waits"), "priya.nair@"+customerDomain)
	a.Deliver(customer.ID, mail("payroll@"+customerDomain, "Payroll <b>November</b>"), "daniel.osei@"+customerDomain)
	var created remediation
	if status := a.API("POST", "/organizations/"+organization+"/remediations", map[string]any{
		"eml": mail("track@parcel.example", "Your parcel waits"), "reason": "phishing", "start": true, "max_mailboxes": 5,
	}, &created); status != 201 {
		t.Fatalf("created with %d", status)
	}
	waitFor(t, "the differing email", 30*time.Second, func() bool {
		a.API("GET", "/remediations/"+created.ID, nil, &created)
		return created.Counts["ambiguous"] == 1
	})

	p := a.NewPage()
	p.SignIn("Mara Lindt")
	p.Open("/remediations/" + created.ID)
	p.Click("link", "daniel.osei@"+customerDomain)
	p.See("Is this the email, too?")
	p.Axe()
	p.Look("record-differs")
	p.Fill("How do you know?", "Our own payroll sends it")
	p.Submit("Another email: leave it")
	p.See("The SOC looked at it: it is another email, and stays.")
	p.Axe()
	p.Look("record-left")
	if r := awaitContained(t, a, created.ID); r.Counts["ambiguous"] != 1 || r.Counts["removed"] != 1 {
		t.Errorf("counts: %v", r.Counts)
	}
}
