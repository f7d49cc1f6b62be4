package views

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
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

// longestFact is where a value of an event is cut: the audit trail has the whole.
const longestFact = 200

// eventFacts writes what an event of the audit trail kept as words; what is empty is left out.
func eventFacts(raw json.RawMessage) string {
	var values map[string]any
	if json.Unmarshal(raw, &values) != nil {
		return string(raw)
	}
	return factsOf(values, "; ")
}

func factsOf(values map[string]any, between string) string {
	var facts []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if words := factOf(values[name]); words != "" {
			facts = append(facts, strings.ReplaceAll(name, "_", " ")+": "+words)
		}
	}
	return strings.Join(facts, between)
}

func factOf(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case map[string]any:
		return factsOf(v, ", ")
	case []any:
		words := make([]string, len(v))
		for i, one := range v {
			words[i] = factOf(one)
		}
		return strings.Join(words, ", ")
	}
	words := []rune(fmt.Sprint(value))
	if len(words) > longestFact {
		return string(words[:longestFact]) + "…"
	}
	return string(words)
}
