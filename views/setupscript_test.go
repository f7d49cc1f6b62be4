package views_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"clawback"
	"clawback/views"
)

// scriptOf answers the PowerShell script on a step's page.
func scriptOf(t *testing.T, step clawback.SetupStep, tenant, client string) string {
	t.Helper()
	data := views.SetupStepData{Organization: contoso, Step: step, Setup: clawback.DeviceSetup{Device: clawback.Device{ID: "d1", Name: hostile}},
		Credential: clawback.PublicCredential{Kind: clawback.CredentialCertificate}, Admin: views.AdminCenter{TenantID: tenant, ClientID: client}}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(renderPage(t, page{name: "step", title: "Step", content: views.SetupStep(data)})))
	if err != nil {
		t.Fatal(err)
	}
	return doc.Find("pre.code-block").Text()
}

// leastScopes are the delegated permissions that Microsoft documents as the least for what each script does.
var leastScopes = map[clawback.SetupStep]string{
	clawback.StepConnect:        "'Application.ReadWrite.All'",
	clawback.StepSecurityReader: "'RoleManagement.ReadWrite.Directory','Application.Read.All'",
	clawback.StepManageAsApp:    "'AppRoleAssignment.ReadWrite.All','Application.Read.All'",
	clawback.StepMessageTrace:   "'Application.ReadWrite.All'",
	clawback.StepRecipients:     "'AppRoleAssignment.ReadWrite.All','Application.Read.All'",
	clawback.StepRemoval:        "'AppRoleAssignment.ReadWrite.All','Application.Read.All'",
}

func TestScripts_askForTheLeast(t *testing.T) {
	t.Parallel()
	scopes := regexp.MustCompile(`-Scopes (\S+)`)
	for _, step := range clawback.CheckedSteps() {
		script := scriptOf(t, step, "t1", "c1")
		found := scopes.FindStringSubmatch(script)
		if found == nil || found[1] != leastScopes[step] {
			t.Errorf("%s asks for %v, want %s", step, found, leastScopes[step])
		}
		for _, line := range []string{"Connect-MgGraph -TenantId 't1'", "-ContextScope Process", "Disconnect-MgGraph"} {
			if !strings.Contains(script, line) {
				t.Errorf("%s: %q is not in\n%s", step, line, script)
			}
		}
		if step != clawback.StepMessageTrace && !strings.Contains(script, "$clientId = 'c1'") {
			t.Errorf("%s is not filled in:\n%s", step, script)
		}
		if strings.Contains(script, "act now") {
			t.Errorf("%s holds a name that somebody chose:\n%s", step, script)
		}
	}
}

// TestScripts_quote keeps what should be an id from becoming a command.
func TestScripts_quote(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"x'; Remove-Item C:\\ -Recurse; '":          "'x''; Remove-Item C:\\ -Recurse; '''",
		"x\u2019; calc; \u2018":                     "'x\u2019\u2019; calc; \u2018\u2018'",
		"x\u201a; calc; \u201b":                     "'x\u201a\u201a; calc; \u201b\u201b'",
		"$(calc)`n\"":                               "'$(calc)`n\"'",
		"x\r\ncalc\u2028calc\u0085calc\x00\u2029\t": "'xcalccalccalc'",
	} {
		script := scriptOf(t, clawback.StepRemoval, typed, typed)
		if !strings.Contains(script, "$clientId = "+want+"\n") || !strings.Contains(script, "-TenantId "+want+" -Scopes") {
			t.Errorf("%q is written as\n%s\nwant %s", typed, script, want)
		}
	}
}
