package views

import (
	"time"

	"clawback"
)

// SetupReportData is all that is known of a device's setup, for an auditor.
type SetupReportData struct {
	Organization clawback.Organization
	Setup        clawback.DeviceSetup
	Credential   clawback.PublicCredential
	Changes      map[clawback.SetupStep][]clawback.CheckChange
	Links        []clawback.ForwardedStep
	Events       []clawback.AuditEvent // about the device, the newest first
	More         bool                  // there are older ones
	CanAudit     bool
	By           string
	Now          time.Time
}

// Title names the page.
func (d SetupReportData) Title() string { return "Setup report · " + Visible(d.Setup.Device.Name) }

// granted says whether a permission was in the tokens of the last check that got both; unknown before the first.
func (d SetupReportData) granted(p clawback.Permission) Mark {
	switch granted, known := d.Setup.Granted(p); {
	case !known:
		return Mark{Word: "Not known yet", Class: "calm", Icon: iconDash()}
	case granted:
		return Mark{Word: "Granted", Class: "ok", Icon: iconCheckCircle()}
	case p.Need == clawback.NeedRequired:
		return Mark{Word: "Missing", Class: "warn", Icon: iconWarning()}
	}
	return Mark{Word: "Not granted", Class: "calm", Icon: iconDash()}
}

var needWords = map[clawback.PermissionNeed]string{
	clawback.NeedRequired: "Required", clawback.NeedOptional: "Optional", clawback.NeedDiagnostic: "Diagnostic",
}

// step is the step as the page of it shows it.
func (d SetupReportData) step(step clawback.SetupStep) SetupStepData {
	return SetupStepData{Organization: d.Organization, Setup: d.Setup, Step: step, Credential: d.Credential, Now: d.Now}
}

func (d SetupReportData) proof() ProofData {
	return ProofData{Organization: d.Organization, Setup: d.Setup, Canaries: d.Setup.Canaries}
}
