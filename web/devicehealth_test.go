package web_test

import (
	"strings"
	"testing"
	"time"

	"clawback"

	"github.com/PuerkitoBio/goquery"
)

// check saves what every check of a device came to.
func (p *portal) check(t *testing.T, d clawback.Device, status clawback.CheckStatus, finding string) {
	t.Helper()
	var results []clawback.CheckResult
	for _, step := range clawback.CheckedSteps() {
		results = append(results, clawback.CheckResult{Step: step, CheckedAt: p.clock.Now(), NextAt: p.clock.Now().Add(24 * time.Hour),
			Diagnosis: clawback.Diagnosis{Status: status, Finding: finding}})
	}
	if _, err := p.store.SaveChecks(t.Context(), operator, d.ID, results); err != nil {
		t.Fatal(err)
	}
}

func hasLink(doc *goquery.Document, within, href string) bool {
	return doc.Find(within+` a[href="`+href+`"]`).Length() > 0
}

func TestOrganization_withoutADevice(t *testing.T) {
	t.Parallel()
	r := newRules(t)
	path, connect := "/organizations/"+r.org.ID, "/organizations/"+r.org.ID+"/devices/new"
	if doc := r.admin.get(path).document(t); !hasLink(doc, "section[aria-labelledby=devices]", connect) {
		t.Error("the organization's page does not let its admin connect a device")
	}
	if doc := r.admin.get("/").document(t); !hasLink(doc, "section[aria-labelledby=needs-you]", connect) {
		t.Error("Home does not let the admin connect a device")
	}
	if doc := r.analyst.get(path).document(t); hasLink(doc, "main", connect) {
		t.Error("an analyst is offered to connect a device")
	}
	sees(t, "the manager's list", r.manager.get("/organizations"), 200, "Setup not begun", "A device")
}

func TestOrganization_deviceThatBroke(t *testing.T) {
	t.Parallel()
	r := newRules(t)
	device := r.device(t)
	path, step := "/organizations/"+r.org.ID, "/devices/"+device.ID+"/setup/connect"
	setupCount := func() string {
		return strings.TrimSpace(r.admin.get("/").document(t).Find(`nav[aria-label=Main] a[href$="/setup"] .n`).Text())
	}

	sees(t, "in setup", r.manager.get("/organizations"), 200, "0 of 6 checks pass", "Stuck at Connect the device")
	if got := setupCount(); got != "1open" {
		t.Errorf("the setup counts %q while a device is set up", got)
	}
	r.check(t, device, clawback.CheckPass, "All is well.")
	sees(t, "ready", r.admin.get(path), 200, "Ready", "6 of 6 checks pass")
	if got := setupCount(); got != "" {
		t.Errorf("the setup counts %q when all is ready", got)
	}

	r.check(t, device, clawback.CheckFail, "The secret has expired.")
	sees(t, "the list", r.manager.get("/organizations"), 200, "1 device broke", "Stuck at Connect the device")
	sees(t, "the organization", r.manager.get(path), 200, "Needs attention", "“Connect the device” does not pass: The secret has expired.")
	for name, who := range map[string]*browser{"the admin": r.admin, "the analyst": r.analyst, "the manager": r.manager} {
		doc := who.get(path).document(t)
		if !hasLink(doc, "[data-testid=broken-device]", step) {
			t.Errorf("%s gets no banner with the way to the step", name)
		}
		for _, link := range []string{step, path + "/context", path + "/auto-remediation", path + "/setup"} {
			if !hasLink(doc, ".panel", link) {
				t.Errorf("%s finds no link to %s", name, link)
			}
		}
		if doc := who.get(step).document(t); doc.Find("[data-testid=broken-device]").Length() != 0 {
			t.Errorf("%s reads a banner beside the live check that may say otherwise", name)
		}
	}
	if doc := r.admin.get("/").document(t); !hasLink(doc, "section[aria-labelledby=needs-you]", step) {
		t.Error("Home has no task about it")
	}
}

// TestOrganization_foreignInAnAddress asks for lists of an organization that one does not see.
func TestOrganization_foreignInAnAddress(t *testing.T) {
	t.Parallel()
	r := newRules(t)
	for _, path := range []string{"/", "/remediations", "/actions", "/mailboxes"} {
		for name, id := range map[string]string{"a foreign": r.other.ID, "an invented": "nonsense"} {
			for _, who := range []*browser{r.admin, r.manager} {
				sees(t, name+" one at "+path, who.get(path+"?organization="+id), 404, "organization")
			}
		}
		if got := r.admin.get(path + "?organization=" + r.org.ID).StatusCode; got != 200 {
			t.Errorf("the own one at %s: %d", path, got)
		}
	}
	sees(t, "the audit trail", r.admin.get("/audit?organization="+r.other.ID), 404, "organization")
}
