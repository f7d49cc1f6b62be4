package views

import (
	"strings"

	"clawback"
)

// script is a PowerShell script for the Microsoft Graph module, filled in. It signs in for this one process, with the
// delegated permissions it needs and no more, and out again:
// https://learn.microsoft.com/powershell/microsoftgraph/authentication-commands
func script(d SetupStepData, scopes []string, lines ...string) string {
	quoted := make([]string, len(scopes))
	for i, scope := range scopes {
		quoted[i] = psQuote(scope)
	}
	head := []string{
		`# Needs the module Microsoft.Graph: Install-Module Microsoft.Graph -Scope CurrentUser`,
		`$ErrorActionPreference = 'Stop'`,
		`$clientId = ` + psQuote(d.Admin.ClientID),
		`Connect-MgGraph -TenantId ` + psQuote(d.Admin.TenantID) + ` -Scopes ` + strings.Join(quoted, ",") + ` -ContextScope Process -NoWelcome`,
	}
	return strings.Join(append(append(head, lines...), `Disconnect-MgGraph | Out-Null`), "\n")
}

// psQuote writes a text as PowerShell's literal string. PowerShell ends one at any of five quotation marks, which are
// doubled to stand for themselves; what would begin another line is left out:
// https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules
func psQuote(text string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for _, r := range text {
		switch {
		case r < ' ' || r == 0x7f || r == '\u0085' || r == '\u2028' || r == '\u2029':
			continue
		case strings.ContainsRune("'\u2018\u2019\u201a\u201b", r):
			b.WriteRune(r)
		}
		b.WriteRune(r)
	}
	b.WriteByte('\'')
	return b.String()
}

// Reading an app is asked for beside each right to change, which alone does not let one find it.
const readApps = "Application.Read.All"

func (d SetupStepData) roleScript() string {
	return script(d, []string{"RoleManagement.ReadWrite.Directory", readApps},
		`$sp = Get-MgServicePrincipal -Filter "appId eq '$clientId'"`,
		`# Security Reader, over the whole directory`,
		`New-MgRoleManagementDirectoryRoleAssignment -PrincipalId $sp.Id -DirectoryScopeId '/' -RoleDefinitionId `+psQuote(clawback.SecurityReaderRoleID))
}

func (d SetupStepData) certificateScript() string {
	return script(d, []string{"Application.ReadWrite.All"},
		`$app = Get-MgApplication -Filter "appId eq '$clientId'" -Property Id,KeyCredentials`,
		`$new = @{ Type = 'AsymmetricX509Cert'; Usage = 'Verify'; Key = [IO.File]::ReadAllBytes("$PWD/clawback.cer") }`,
		`# The certificates that are there stay there.`,
		`Update-MgApplication -ApplicationId $app.Id -KeyCredentials (@($app.KeyCredentials) + $new)`)
}

func (d SetupStepData) traceScript() string {
	return script(d, []string{"Application.ReadWrite.All"},
		`# Only for the way by Microsoft Graph: Microsoft's own app for the message trace`,
		`New-MgServicePrincipal -AppId `+psQuote(clawback.MessageTraceAppID))
}

func (d SetupStepData) grantScript(api, appID, permission, roleID string) string {
	return script(d, []string{"AppRoleAssignment.ReadWrite.All", readApps},
		`$sp  = Get-MgServicePrincipal -Filter "appId eq '$clientId'"`,
		`$api = Get-MgServicePrincipal -Filter "appId eq '`+appID+`'"   # `+api,
		`# `+permission+`, as an application permission; this is the consent, too`,
		`New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $sp.Id -PrincipalId $sp.Id -ResourceId $api.Id -AppRoleId `+psQuote(roleID))
}
