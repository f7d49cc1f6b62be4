package views_test

import (
	"strings"
	"testing"

	"clawback"
	"clawback/views"
)

// TestSetup_everyStateHoldsForEveryPage renders each step in each state of its check, with names from a stranger.
func TestSetup_everyStateHoldsForEveryPage(t *testing.T) {
	device := clawback.Device{ID: "d1", OrganizationID: "o1", Name: hostile, TenantID: "t1", ClientID: hostile}
	statuses := []clawback.CheckStatus{clawback.CheckPass, clawback.CheckFail, clawback.CheckPropagating, clawback.CheckUnknown, clawback.CheckNotApplicable}
	for _, step := range clawback.SetupSteps() {
		for _, status := range statuses {
			check := clawback.CheckResult{Step: step, CheckedAt: now, Since: now, NextAt: now, CheckedBy: hostile, Diagnosis: clawback.Diagnosis{
				Status: status, Finding: hostile, Advice: hostile, Who: "Somebody", Place: clawback.PlaceRole, Candidates: []string{"one", "two"}, Notes: []string{hostile},
				Layers: []clawback.LayerResult{{Layer: clawback.LayerCredential, Status: status, Sentence: hostile,
					Evidence: []clawback.Evidence{{Asked: hostile, Found: hostile, Expected: hostile, At: now, RequestID: "r1"}}}}}}
			setup := clawback.DeviceSetup{Device: device, Checks: []clawback.CheckResult{check}, Mode: clawback.ModeObserve,
				Touches: []clawback.Touch{{Step: step, By: hostile, At: now}},
				Grants:  []clawback.GrantChange{{At: now, By: hostile, Added: []string{hostile}, Removed: []string{hostile}}},
				Notices: []clawback.SetupNotice{{DeviceID: device.ID, Step: step, Text: hostile, At: now}}}
			data := views.SetupStepData{Organization: contoso, Setup: setup, Step: step, CanConfigure: true, Admin: views.AdminCenter{TenantID: "t1", ClientID: "c1"},
				Credential: clawback.PublicCredential{Kind: clawback.CredentialCertificate, Thumbprint: "AB", EndsAt: now},
				Changes:    []clawback.CheckChange{{Status: status, Finding: hostile, At: now, By: hostile}}}
			holdsForEveryPage(t, renderPage(t, page{name: "step", title: data.Title(), content: views.SetupStep(data)}))
			report := views.SetupReportData{Organization: contoso, Setup: setup, Changes: map[clawback.SetupStep][]clawback.CheckChange{step: data.Changes}, CanAudit: true, By: hostile,
				Now: now, Events: []clawback.AuditEvent{{At: now, ActorName: hostile, Action: "setup.step_skipped", After: []byte(hostile)}},
				Links: []clawback.ForwardedStep{{Step: step, By: hostile, CreatedAt: now, DoneAt: now, RevokedAt: now, RevokedBy: hostile}}}
			holdsForEveryPage(t, renderPage(t, page{name: "report", title: report.Title(), content: views.SetupReport(report)}))
			list := views.SetupData{Organization: contoso, Devices: []clawback.DeviceSetup{setup}, CanConfigure: true}
			holdsForEveryPage(t, renderPage(t, page{name: "setup", title: "Setup", content: views.Setup(list)}))
		}
	}
	holdsForEveryPage(t, renderPage(t, page{name: "setup-none", title: "Setup", content: views.Setup(views.SetupData{Organization: contoso})}))
	holdsForEveryPage(t, renderPage(t, page{name: "connect", title: "Connect a device", content: views.Connect(views.ConnectData{Organization: contoso})}))
}

func TestAdminCenter_enterpriseApp(t *testing.T) {
	t.Parallel()
	const overview = "https://entra.microsoft.com/t1/#view/Microsoft_AAD_IAM/ManagedAppMenuBlade/~/Overview/"
	for want, center := range map[string]views.AdminCenter{
		overview + "objectId/sp1/appId/c1":       {TenantID: "t1", ClientID: "c1", PrincipalID: "sp1"},
		overview + "appId/c1":                    {TenantID: "t1", ClientID: "c1"},
		"http://sim/admin/t1/enterprise-apps/c1": {Simulated: "http://sim", TenantID: "t1", ClientID: "c1", PrincipalID: "sp1"},
	} {
		if got := center.Link(clawback.PlaceEnterpriseApp).Href; got != want {
			t.Errorf("the link is %q, want %q", got, want)
		}
	}
}

func TestAdminCenterOf(t *testing.T) {
	t.Parallel()
	device := clawback.Device{TenantID: "tenant", ClientID: "client", Connection: clawback.ConnectionIntegration}
	if link := views.AdminCenterOf("", device, "principal").Link(clawback.PlacePermissions); !strings.Contains(link.Href, "ManagedAppMenuBlade") || !strings.Contains(link.Href, "principal") {
		t.Errorf("the integration's permissions are at %s, where no app of this tenant is", link.Href)
	}
	device.Connection = clawback.ConnectionCustomApp
	if link := views.AdminCenterOf("", device, "principal").Link(clawback.PlacePermissions); !strings.Contains(link.Href, "RegisteredApps") {
		t.Errorf("an own app's permissions are at %s", link.Href)
	}
}

func TestSetup_saysWhoChecked(t *testing.T) {
	t.Parallel()
	setup := clawback.DeviceSetup{Device: clawback.Device{ID: "d1"}, Checks: []clawback.CheckResult{{Step: clawback.StepConnect, CheckedBy: "Mia Chen", CheckedAt: now}}}
	html := renderPage(t, page{name: "setup", title: "Setup", content: views.Setup(views.SetupData{Organization: contoso, Devices: []clawback.DeviceSetup{setup}})})
	if !strings.Contains(html, "Last checked by <bdi>Mia Chen</bdi>") {
		t.Error("the list does not say who checked")
	}
}
