package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"
)

// The demo's tenants: one that has everything, one in which nothing is set up, one that was onboarded with the
// integration long ago.
const (
	customerDomain = "brightwater.example"
	freshDomain    = "aldermoor.example"
	legacyDomain   = "kestrelfoods.example"
)

// The demo's waiting email.
const (
	phishingID    = "<8f21c.4410@mx.paypa1-support.example>"
	phishingTitle = "Invoice 88213 overdue <b>act now</b>"
)

// TestRemoval is the product in one journey: a SOC analyst drops a phishing email, previews, starts; it is gone from
// every mailbox but the protected one, and the customer's admin sees what is left to do.
func TestRemoval(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(customerDomain)
	analyst := a.NewPage()
	analyst.SignIn("Mara Lindt")
	analyst.look("home-soc")

	newRemediation(t, analyst)
	analyst.look("new-remediation")
	dropEmail(t, analyst, a)
	analyst.See("Start removal from 24 mailboxes")
	if title, err := analyst.Title(); err != nil || !strings.Contains(title, phishingTitle) {
		t.Errorf("the title is %q, %v", title, err)
	}
	analyst.look("preview")
	if asked := changedMailboxes(a, customer.ID); len(asked) != 0 {
		t.Errorf("the preview changed %v", asked)
	}

	analyst.Fill("Reason", "Credential phishing, seen at two other customers")
	analyst.Click("button", "Start removal from 24 mailboxes")
	analyst.See("Gone from 24 of 25 mailboxes")
	analyst.See("Contained")
	analyst.look("remediation")
	assertClean(t, a, customer.ID)

	analyst.Click("link", firstCleaned(t, a, customer.ID))
	analyst.See("Microsoft confirmed the removal")
	analyst.See("Proved gone")
	analyst.look("record")

	admin := a.NewPage()
	admin.SignIn("Priya Nair")
	admin.look("home-admin")
	must(t, admin.GetByLabel("Main").GetByRole("link", playwright.LocatorGetByRoleOptions{Name: "Actions"}).Click())
	admin.look("actions")
	admin.Click("link", "A malicious email lies in 1 protected mailbox")
	admin.See("quarantine@" + customerDomain)
	admin.look("action")
	must(t, admin.Locator("textarea[name=comment]").Fill("Deleted from the quarantine inbox by hand."))
	admin.Click("button", "Complete this action")
	admin.See("Completed")
	admin.Look("action-completed")
}

func newRemediation(t *testing.T, p *page) {
	t.Helper()
	must(t, p.Locator("#main").GetByRole("link", playwright.LocatorGetByRoleOptions{Name: "New remediation"}).Click())
}

func dropEmail(t *testing.T, p *page, a *app) {
	t.Helper()
	organization := p.GetByLabel("Organization", playwright.PageGetByLabelOptions{Exact: new(true)})
	if n, err := organization.Count(); err == nil && n > 0 {
		_, err := organization.SelectOption(playwright.SelectOptionValues{Labels: &[]string{"Brightwater Clinics (brightwater.example, enforce)"}})
		must(t, err)
	}
	must(t, p.Locator("input[type=file]").SetInputFiles(filepath.Join(a.dir, "data", "phishing.eml")))
	p.Submit("Preview: who received it?")
}

// assertClean holds the simulated Microsoft's own word against the portal's: every user's copy is in Recoverable Items
// after a changing request, the protected mailbox's is where it was and nothing was asked of it that changes.
func assertClean(t *testing.T, a *app, tenantID string) {
	t.Helper()
	copies := a.Copies(tenantID, phishingID)
	if len(copies) != 25 {
		t.Errorf("%d copies, want 25", len(copies))
	}
	for _, c := range copies {
		protected := c.Address == "quarantine@"+customerDomain
		if changed := a.Changed(tenantID, c.Mailbox); changed == protected {
			t.Errorf("%s: changed by a request: %v", c.Address, changed)
		}
		if gone := c.Folder == "recoverableitemsdeletions"; gone == protected {
			t.Errorf("%s: lies in %s", c.Address, c.Folder)
		}
	}
}

func changedMailboxes(a *app, tenantID string) []string {
	var changed []string
	for _, c := range a.Copies(tenantID, phishingID) {
		if a.Changed(tenantID, c.Mailbox) {
			changed = append(changed, c.Address)
		}
	}
	return changed
}

func firstCleaned(t *testing.T, a *app, tenantID string) string {
	t.Helper()
	var addresses []string
	for _, c := range a.Copies(tenantID, phishingID) {
		if c.Address != "quarantine@"+customerDomain {
			addresses = append(addresses, strings.ToLower(c.Address))
		}
	}
	slices.Sort(addresses)
	return addresses[0]
}

// TestRemoval_withoutJavaScript goes the same way with plain forms and links.
func TestRemoval_withoutJavaScript(t *testing.T) {
	a := startDemo(t)
	p := newPageWith(t, playwright.BrowserNewContextOptions{BaseURL: &a.Portal, JavaScriptEnabled: new(false)})
	p.Open("/")
	must(t, p.Locator(`:is(a, button):has-text("Sign in with Microsoft")`).First().Click())
	p.Click("button", "Sign in as Mara Lindt")
	newRemediation(t, p)
	dropEmail(t, p, a)
	refreshUntil(t, p, "Start removal from 24 mailboxes")
	p.Fill("Reason", "Credential phishing")
	p.Submit("Start removal from 24 mailboxes")
	refreshUntil(t, p, "Gone from 24 of 25 mailboxes")
	assertClean(t, a, a.Tenant(customerDomain).ID)
}

func refreshUntil(t *testing.T, p *page, words string) {
	t.Helper()
	waitFor(t, words, 20*time.Second, func() bool {
		_, err := p.Reload()
		must(t, err)
		n, err := p.GetByText(words).Count()
		return err == nil && n > 0
	})
}

// TestRemoval_api goes the same way by the JSON API.
func TestRemoval_api(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(customerDomain)
	organization := organizationOf(t, a, customer.ID)
	eml, err := os.ReadFile(filepath.Join(a.dir, "data", "phishing.eml"))
	must(t, err)

	var created remediation
	if status := a.API("POST", "/organizations/"+organization+"/remediations", map[string]any{
		"eml": eml, "reason": "phishing", "reference": "INC-1", "start": true, "max_mailboxes": 100,
	}, &created); status != 201 {
		t.Fatalf("created with %d", status)
	}
	done := awaitContained(t, a, created.ID)
	if done.Counts["removed"] != 24 || done.Counts["protected"] != 1 || done.Counts["mailboxes"] != 25 || done.Counts["open"] != 0 {
		t.Errorf("counts: %v", done.Counts)
	}
	assertClean(t, a, customer.ID)

	var actions list[struct{ Status, Outcome string }]
	a.API("GET", "/organizations/"+organization+"/actions", nil, &actions)
	if len(actions.Items) != 1 || actions.Items[0].Outcome != "protected" || actions.Items[0].Status != "open" {
		t.Errorf("actions: %+v", actions.Items)
	}
}

type remediation struct {
	ID          string         `json:"id"`
	Status      string         `json:"status"`
	Phase       string         `json:"phase"`
	Counts      map[string]int `json:"counts"`
	ContainedAt *time.Time     `json:"contained_at"`

	PreviewedAt  *time.Time `json:"previewed_at"`
	StartedAt    *time.Time `json:"started_at"`
	FirstCleanAt *time.Time `json:"first_clean_at"`
}

func organizationOf(t testing.TB, a *app, tenantID string) string {
	t.Helper()
	var organizations list[struct {
		ID       string `json:"id"`
		TenantID string `json:"tenant_id"`
	}]
	a.API("GET", "/organizations", nil, &organizations)
	for _, o := range organizations.Items {
		if o.TenantID == tenantID {
			return o.ID
		}
	}
	t.Fatalf("no organization of tenant %s", tenantID)
	return ""
}

func awaitContained(t testing.TB, a *app, id string) remediation {
	t.Helper()
	var r remediation
	waitFor(t, "the containment", 60*time.Second, func() bool {
		a.API("GET", "/remediations/"+id, nil, &r)
		return r.ContainedAt != nil
	})
	return r
}
