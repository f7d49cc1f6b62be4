package views

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"clawback"
)

// TaskMark answers how far a task of the setup is.
func TaskMark(status clawback.TaskStatus) Mark {
	switch status {
	case clawback.TaskInProgress:
		return Mark{Word: "In progress", Class: "live", Icon: iconDraft()}
	case clawback.TaskChecking:
		return Mark{Word: "Checking", Class: "live working", Icon: iconWorking()}
	case clawback.TaskNeedsAttention:
		return Mark{Word: "Needs attention", Class: "warn", Icon: iconWarning()}
	case clawback.TaskDone:
		return Mark{Word: "Done", Class: "ok", Icon: iconCheckCircle()}
	case clawback.TaskBlocked:
		return Mark{Word: "Cannot start yet", Class: "calm", Icon: iconBlocked()}
	}
	return Mark{Word: "Not started", Class: "calm", Icon: iconDash()}
}

// CheckStatusMark answers how the result of a check, or of one layer, is shown.
func CheckStatusMark(status clawback.CheckStatus) Mark {
	switch status {
	case clawback.CheckPass:
		return Mark{Word: "Passed", Class: "ok", Icon: iconCheckCircle()}
	case clawback.CheckFail:
		return Mark{Word: "Failed", Class: "bad", Icon: iconCross()}
	case clawback.CheckPropagating:
		return Mark{Word: "Propagating", Class: "live working", Icon: iconHourglass()}
	case clawback.CheckUnknown:
		return Mark{Word: "Unknown", Class: "warn", Icon: iconUnknown()}
	}
	return Mark{Word: "Not asked", Class: "calm", Icon: iconDash()}
}

func layerName(layer clawback.CheckLayer) string {
	switch layer {
	case clawback.LayerCredential:
		return "Tenant and credential"
	case clawback.LayerClaims:
		return "What a fresh token carries"
	case clawback.LayerDirectory:
		return "What the directory says"
	}
	return "The real call"
}

// AdminCenter is where one app of one tenant is administered: at Microsoft, or at
// the simulator where it has an address. PrincipalID is the object id of its
// service principal, empty where it is not known.
type AdminCenter struct {
	Simulated, TenantID, ClientID, PrincipalID string
	// Integration is an app that is registered elsewhere: the tenant has its
	// enterprise application alone.
	Integration bool
}

// AdminCenterOf is where a device's app is administered, as the last check knew it.
func AdminCenterOf(simulated string, device clawback.Device, principalID string) AdminCenter {
	return AdminCenter{Simulated: simulated, TenantID: device.TenantID, ClientID: device.ClientID, PrincipalID: principalID,
		Integration: device.Connection == clawback.ConnectionIntegration}
}

// AdminLink is a link to a page of an admin center.
type AdminLink struct{ Label, Href string }

// local says whether the link stays in the portal.
func (l AdminLink) local() bool {
	return strings.HasPrefix(l.Href, "/") || strings.HasPrefix(l.Href, "#")
}

const (
	entraCenter = "https://entra.microsoft.com/"
	roleBlade   = "#view/Microsoft_AAD_IAM/RoleMenuBlade/~/RoleMembers/objectId/" + clawback.SecurityReaderRoleID +
		"/roleName/Security%20Reader/roleTemplateId/" + clawback.SecurityReaderRoleID + "/adminUnitObjectId//customRole~/false/resourceScope/%2F"
)

// Link answers the page of a place: straight to this tenant and app.
func (a AdminCenter) Link(place clawback.AdminPlace) AdminLink {
	client := url.PathEscape(a.ClientID)
	at := func(label, simulated, blade string) AdminLink {
		if a.Simulated != "" {
			return AdminLink{label, a.Simulated + "/admin/" + url.PathEscape(a.TenantID) + simulated}
		}
		return AdminLink{label, entraCenter + url.PathEscape(a.TenantID) + "/" + blade}
	}
	if a.Integration && (place == clawback.PlacePermissions || place == clawback.PlaceCredentials) {
		return at("Permissions of the enterprise application", "/enterprise-apps/"+client+"/permissions", a.principalBlade("Permissions"))
	}
	switch place {
	case clawback.PlaceRole:
		return at("Assignments of Security Reader", "/roles/security-reader", roleBlade)
	case clawback.PlacePermissions:
		return at("API permissions of the app", "/apps/"+client+"/permissions", "#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/CallAnAPI/appId/"+client)
	case clawback.PlaceCredentials:
		return at("Certificates & secrets of the app", "/apps/"+client+"/credentials", "#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Credentials/appId/"+client)
	case clawback.PlaceEnterpriseApp:
		return at("The enterprise application", "/enterprise-apps/"+client, a.principalBlade("Overview"))
	case clawback.PlaceConditionalAccess:
		return at("Conditional Access policies", "", "#view/Microsoft_AAD_ConditionalAccess/ConditionalAccessBlade/~/Policies")
	}
	return at("Microsoft Entra admin center", "", "#view/Microsoft_AAD_IAM/TenantOverview.ReactView")
}

func (a AdminCenter) principalBlade(page string) string {
	blade := "#view/Microsoft_AAD_IAM/ManagedAppMenuBlade/~/" + page + "/"
	if a.PrincipalID != "" {
		blade += "objectId/" + url.PathEscape(a.PrincipalID) + "/"
	}
	return blade + "appId/" + url.PathEscape(a.ClientID)
}

// SetupData is the task list of an organization.
type SetupData struct {
	Organization clawback.Organization
	Devices      []clawback.DeviceSetup
	CanConfigure bool
}

func tasksDone(s clawback.DeviceSetup) int {
	n := 0
	for _, t := range s.Tasks() {
		if t.Status == clawback.TaskDone {
			n++
		}
	}
	return n
}

func (d SetupData) lede() string {
	if len(d.Devices) == 0 {
		return "Clawback removes email through a connection to your Microsoft 365. It is made here, step by step, and every step is checked for real."
	}
	done, all := 0, 0
	for _, s := range d.Devices {
		if s.Device.Disconnected() {
			continue
		}
		done, all = done+tasksDone(s), all+len(s.Tasks())
	}
	if all == 0 {
		return "No device is connected at the moment."
	}
	if done == all {
		return "Everything is set up."
	}
	return Number(done) + " of " + Count(all, "task", "tasks") + " done. Every step is checked for real, with Microsoft."
}

// current says whether a task is the one to do next.
func current(s clawback.DeviceSetup, t clawback.SetupTask) bool {
	next, ok := s.Next()
	return ok && next.Step == t.Step
}

// SetupStepData is one step of a device's setup.
type SetupStepData struct {
	Organization clawback.Organization
	Setup        clawback.DeviceSetup
	Step         clawback.SetupStep
	Credential   clawback.PublicCredential
	Changes      []clawback.CheckChange
	Admin        AdminCenter
	Form         Form
	CanConfigure bool
	Others       []clawback.DeviceHealth // of the same auto remediation, that are not ready; of the last step
	CanDecide    bool                    // to leave the step out
	Links        []clawback.ForwardedStep
	Forwarded    string // the token of the link by which somebody without an account reads it, "" for a page of the portal
	Now          time.Time
}

// Task is the step with how far it is.
func (d SetupStepData) Task() clawback.SetupTask { return d.Setup.Task(d.Step) }

// Title names the page.
func (d SetupStepData) Title() string { return d.Step.Name() + " · " + Visible(d.Setup.Device.Name) }

// onward answers what the page of a step that Microsoft has no part in leads to.
func (d SetupStepData) onward() AdminLink {
	organization := d.Organization.ID
	if d.Step == clawback.StepNeverRemove {
		return AdminLink{"Never-remove context", ContextEntriesPath(organization)}
	}
	check, blocked := d.Setup.Blocking()
	switch {
	case blocked:
		return AdminLink{"Go to “" + check.Step.Name() + "”", SetupStepPath(d.Setup.Device.ID, check.Step)}
	case !d.CanConfigure:
	case !d.Setup.Remediated:
		return AdminLink{"Choose the devices", AutoRemediationAnswerPath(organization, AnswerDevices)}
	case d.Setup.Mode != clawback.ModeEnforce:
		return AdminLink{"Switch on", AutoRemediationAnswerPath(organization, AnswerMode)}
	}
	return AdminLink{"Auto remediation", AutoRemediationPath(organization)}
}

// following answers the next step in the order, "" after the last. With the integration a consent may do several steps at
// once: checks that pass are left out.
func (d SetupStepData) following() clawback.SetupStep {
	steps := clawback.SetupSteps()
	rest := steps[slices.Index(steps, d.Step)+1:]
	for _, step := range rest {
		if !d.integration() || !step.Checked() || d.Setup.Task(step).Status != clawback.TaskDone {
			return step
		}
	}
	return ""
}

func (d SetupStepData) integration() bool {
	return d.Setup.Device.Connection == clawback.ConnectionIntegration
}

// asksConsent says whether the step's page asks for the integration's consent itself.
func (d SetupStepData) asksConsent() bool {
	check, _ := d.Setup.Check(d.Step)
	return d.integration() && !d.Setup.Device.Disconnected() && (d.Step == clawback.StepConnect || check.Place == clawback.PlaceConsent)
}

func (d SetupStepData) consentHref() string {
	if d.asksConsent() {
		return "#consent"
	}
	return SetupStepPath(d.Setup.Device.ID, clawback.StepConnect) + "#consent"
}

func dayText(day time.Time) string {
	if day.IsZero() {
		return "Unknown"
	}
	return day.UTC().Format("2 January 2006")
}

// watchID is another one for each way to look, so that morphing takes the one away and puts the other in.
func (d SetupStepData) watchID() string {
	if d.checking() {
		return "watch-run"
	}
	return "watch"
}

// checking says whether a check is under way.
func (d SetupStepData) checking() bool { return d.Setup.Run.Running(d.Now) }

// watched says whether the answer may change without anybody's doing.
func (d SetupStepData) watched() bool {
	check, made := d.Setup.Check(d.Step)
	waits := d.Step == clawback.StepConnect && !d.Setup.Device.Next.At.IsZero()
	return d.Step.Checked() && !d.Setup.Device.Disconnected() && (!made || check.Status != clawback.CheckPass || d.checking() || waits)
}

// layers are those of the check, and while one is under way those that have come in, the others without a status.
func (d SetupStepData) layers() []clawback.LayerResult {
	check, _ := d.Setup.Check(d.Step)
	if !d.checking() {
		return check.Layers
	}
	came := d.Setup.Run.Layers[d.Step]
	for _, layer := range clawback.CheckLayers() {
		if !slices.ContainsFunc(came, func(l clawback.LayerResult) bool { return l.Layer == layer }) {
			came = append(came, clawback.LayerResult{Layer: layer, Sentence: "Asking Microsoft…"})
		}
	}
	order := clawback.CheckLayers()
	slices.SortStableFunc(came, func(a, b clawback.LayerResult) int {
		return slices.Index(order, a.Layer) - slices.Index(order, b.Layer)
	})
	return came
}

// layerMark is CheckStatusMark, and what is shown of a layer that has not come in.
func layerMark(status clawback.CheckStatus) Mark {
	if status == "" {
		return Mark{Word: "Asking", Class: "live working", Icon: iconWorking()}
	}
	return CheckStatusMark(status)
}

// announcement is read out when it changes.
func (d SetupStepData) announcement() string {
	check, made := d.Setup.Check(d.Step)
	if !made {
		return ""
	}
	return CheckStatusMark(check.Status).Word + ". " + Visible(check.Finding)
}

// ConnectData is the form that connects a device.
type ConnectData struct {
	Organization  clawback.Organization
	Form          Form
	Integration   bool // there is one to connect with
	ByIntegration bool // the form is for it
	Today         time.Time
}

var connectIDs = map[string]string{"tenant": "tenant", "client_id": "client_id", "name": "name", "kind": "kind-certificate", "client_secret": "client_secret", "onboarded_on": "onboarded_on"}

var stepIDs = map[string]string{"client_id": "client_id", "kind": "kind-certificate", "client_secret": "client_secret", "reason": "reason"}

func bySecret(f Form) bool { return f.Value("kind") == string(clawback.CredentialSecret) }
