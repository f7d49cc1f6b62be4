package handlers

import (
	"context"
	"net/http"
	"time"

	"clawback"
	"clawback/views"
)

// SetupReportAnswer is all that is known of a device's setup, in the API: the facts of the page that is printed.
type SetupReportAnswer struct {
	WrittenAt      *time.Time            `json:"written_at"`
	WrittenFor     string                `json:"written_for"`
	Organization   OrganizationAnswer    `json:"organization"`
	Device         DeviceAnswer          `json:"device"`
	Credential     CredentialAnswer      `json:"credential"`
	Tasks          []SetupTaskAnswer     `json:"tasks"`
	Checks         []ReportedCheckAnswer `json:"checks" doc:"Without the steps that were not checked yet."`
	Proofs         []ProofAnswer         `json:"proofs"`
	Permissions    []PermissionAnswer    `json:"permissions" doc:"Every one that Clawback can use."`
	Grants         []GrantChangeAnswer   `json:"grants" doc:"What was granted and taken away, the newest first."`
	Decisions      []SetupDecisionAnswer `json:"decisions"`
	ForwardedSteps []ForwardedStepAnswer `json:"forwarded_steps"`
	Events         []AuditAnswer         `json:"events" doc:"Of the audit trail about this device, the newest first; empty without the right audit:read."`
	EventsShown    bool                  `json:"events_shown" doc:"Whether the right to read them is there."`
	OlderEvents    bool                  `json:"older_events" doc:"There are more: list the audit trail with the device as subject."`
}

// CredentialAnswer is what may be shown of what signs a device in, in the API.
type CredentialAnswer struct {
	Kind       clawback.CredentialKind `json:"kind" enum:"certificate,secret,integration"`
	Thumbprint string                  `json:"thumbprint" doc:"SHA-1, as Entra shows it; empty where there is no certificate."`
	EndsAt     *time.Time              `json:"ends_at" doc:"Null where it is not known."`
}

// ReportedCheckAnswer is the last check of a step with how its result changed.
type ReportedCheckAnswer struct {
	CheckAnswer
	Changes []CheckChangeAnswer `json:"changes"`
}

// CheckChangeAnswer is one change of a step's result, in the API.
type CheckChangeAnswer struct {
	Status    clawback.CheckStatus `json:"status" enum:"pass,fail,propagating,unknown,not_applicable"`
	Finding   string               `json:"finding"`
	At        *time.Time           `json:"at"`
	CheckedBy string               `json:"checked_by"`
}

// ProofAnswer is whether a proof of a device's removal was shown, in the API.
type ProofAnswer struct {
	Proof   clawback.CanaryProof `json:"proof" enum:"can_remove,end_to_end"`
	Shown   bool                 `json:"shown"`
	Holds   bool                 `json:"holds" doc:"False, too, where the permission's check stopped passing since."`
	Mailbox string               `json:"mailbox" doc:"One mailbox does not speak for all."`
	ShownBy string               `json:"shown_by"`
	ShownAt *time.Time           `json:"shown_at"`
}

// PermissionAnswer is a permission or role that Clawback can use, in the API.
type PermissionAnswer struct {
	Permission string                  `json:"permission"`
	API        string                  `json:"api"`
	Need       clawback.PermissionNeed `json:"need" enum:"required,optional,diagnostic"`
	Why        string                  `json:"why"`
	Granted    *bool                   `json:"granted" doc:"Null while no check has seen the app's tokens."`
}

// GrantChangeAnswer is how what an app is granted changed, in the API.
type GrantChangeAnswer struct {
	At      *time.Time `json:"at"`
	SeenBy  string     `json:"seen_by" doc:"Whose check saw it."`
	Added   []string   `json:"added"`
	Removed []string   `json:"removed"`
}

// SetupReports adds the report of a device's setup.
func (a *API) SetupReports(cfg SetupConfig) {
	register(a, operation{
		ID: "get-setup-report", Method: http.MethodGet, Path: "/devices/{id}/report", Right: clawback.RightReadOrganization,
		Tag: "Setup", Summary: "Read the setup report of a device", Text: "Every check with its evidence, what was proved, granted and decided, and who did what: the facts of the page that is printed for auditors.",
	}, func(ctx context.Context, actor clawback.Actor, in *struct{ DevicePath }) (*answer[SetupReportAnswer], error) {
		report, err := cfg.report(ctx, actor, in.Device, a.now())
		if err != nil {
			return nil, err
		}
		return answerOf(setupReportAnswer(report)), nil
	})
}

func setupReportAnswer(d views.SetupReportData) SetupReportAnswer {
	return SetupReportAnswer{
		WrittenAt: moment(d.Now), WrittenFor: d.By, Organization: organizationAnswer(d.Organization), Device: deviceAnswer(d.Setup.Device),
		Credential: CredentialAnswer{Kind: d.Credential.Kind, Thumbprint: d.Credential.Thumbprint, EndsAt: moment(d.Credential.EndsAt)},
		Tasks:      setupTaskAnswers(d.Setup), Checks: reportedChecks(d), Proofs: proofAnswers(d.Setup), Permissions: permissionAnswers(d.Setup),
		Grants: each(d.Setup.Grants, grantChangeAnswer), Decisions: each(d.Setup.Decisions, setupDecisionAnswer),
		ForwardedSteps: each(d.Links, func(f clawback.ForwardedStep) ForwardedStepAnswer { return forwardedStepAnswer(f, d.Now) }),
		Events:         each(d.Events, auditAnswer), EventsShown: d.CanAudit, OlderEvents: d.More,
	}
}

func reportedChecks(d views.SetupReportData) []ReportedCheckAnswer {
	checks := []ReportedCheckAnswer{}
	for _, step := range clawback.CheckedSteps() {
		if check, made := d.Setup.Check(step); made {
			checks = append(checks, ReportedCheckAnswer{checkAnswer(check), each(d.Changes[step], checkChangeAnswer)})
		}
	}
	return checks
}

func checkChangeAnswer(c clawback.CheckChange) CheckChangeAnswer {
	return CheckChangeAnswer{Status: c.Status, Finding: c.Finding, At: moment(c.At), CheckedBy: c.By}
}

func proofAnswers(setup clawback.DeviceSetup) []ProofAnswer {
	var proofs []ProofAnswer
	for _, proof := range []clawback.CanaryProof{clawback.ProofCanRemove, clawback.ProofEndToEnd} {
		c, shown := setup.Proved(proof)
		proofs = append(proofs, ProofAnswer{Proof: proof, Shown: shown, Holds: shown && setup.Level() != clawback.LevelNone,
			Mailbox: c.Mailbox.Address, ShownBy: c.StartedByName, ShownAt: moment(c.EndedAt)})
	}
	return proofs
}

func permissionAnswers(setup clawback.DeviceSetup) []PermissionAnswer {
	return each(clawback.Permissions(), func(p clawback.Permission) PermissionAnswer {
		told := PermissionAnswer{Permission: p.Value, API: p.APIName(), Need: p.Need, Why: p.Why}
		if granted, known := setup.Granted(p); known {
			told.Granted = &granted
		}
		return told
	})
}

func grantChangeAnswer(g clawback.GrantChange) GrantChangeAnswer {
	return GrantChangeAnswer{At: moment(g.At), SeenBy: g.By, Added: orEmpty(g.Added), Removed: orEmpty(g.Removed)}
}
