package e2e

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

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
