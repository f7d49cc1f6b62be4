package setup

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"clawback"
)

// Diagnose says what the evidence means for one step: layer by layer, stopping
// at the first that explains a failure. It asks nobody.
func Diagnose(step clawback.SetupStep, e clawback.SetupEvidence) clawback.Diagnosis {
	c := &check{e: e, step: step}
	switch step {
	case clawback.StepConnect:
		return c.finish(c.connect())
	case clawback.StepSecurityReader:
		return c.finish(c.securityReader())
	case clawback.StepManageAsApp:
		return c.finish(c.manageAsApp())
	case clawback.StepMessageTrace:
		return c.finish(c.messageTrace())
	case clawback.StepRecipients:
		return c.finish(c.recipients())
	case clawback.StepRemoval:
		return c.finish(c.removal())
	}
	return clawback.Diagnosis{Status: clawback.CheckNotApplicable, Finding: "Microsoft has no part in this step."}
}

// check is one step under diagnosis, with the layers that were looked at.
type check struct {
	e      clawback.SetupEvidence
	step   clawback.SetupStep
	layers []clawback.LayerResult
}

// verdict is a diagnosis but for its layers.
type verdict struct {
	status     clawback.CheckStatus
	cause      clawback.CheckCause
	finding    string
	advice     string
	who        string
	place      clawback.AdminPlace
	candidates []string
	look       string
	unseen     bool // the directory could say otherwise, and may not be read
	notes      []string
}

func passed(finding string, args ...any) verdict {
	return verdict{status: clawback.CheckPass, finding: fmt.Sprintf(finding, args...)}
}

func (c *check) layer(layer clawback.CheckLayer, status clawback.CheckStatus, sentence string, evidence ...clawback.Evidence) {
	c.layers = append(c.layers, clawback.LayerResult{Layer: layer, Status: status, Sentence: sentence, Evidence: evidence})
}

// finish adds the layers that need not be looked at.
func (c *check) finish(v verdict) clawback.Diagnosis {
	for _, layer := range []clawback.CheckLayer{clawback.LayerCredential, clawback.LayerClaims, clawback.LayerDirectory, clawback.LayerCall} {
		if !slices.ContainsFunc(c.layers, func(l clawback.LayerResult) bool { return l.Layer == layer }) {
			c.layer(layer, clawback.CheckNotApplicable, "Not looked at: what is above explains it.")
		}
	}
	return clawback.Diagnosis{
		Status: v.status, Cause: v.cause, Finding: v.finding, Advice: v.advice, Who: v.who, Place: v.place,
		Candidates: v.candidates, Look: v.look, Notes: v.notes, Layers: c.layers,
		Unseen: v.unseen,
	}
}

// young says whether what this step asks for was granted so lately that Microsoft
// may not honour it yet.
func (c *check) young() bool {
	at := c.e.GrantedAt[c.step]
	return !at.IsZero() && c.e.At.Sub(at) < clawback.Propagation
}

// propagating is a grant that is there and not honoured yet.
func (c *check) propagating(what string) verdict {
	return verdict{
		status: clawback.CheckPropagating, cause: clawback.CausePropagating,
		finding: fmt.Sprintf("%s since %s, and Microsoft does not honour it everywhere yet.", what, clockOf(c.e.GrantedAt[c.step])),
		advice:  "Nothing to do: this usually takes some minutes, at times an hour. It is looked at again by itself, every half a minute.",
	}
}

func dayOf(at time.Time) string { return at.UTC().Format("15:04 UTC on 2 January 2006") }

func clockOf(at time.Time) string { return at.UTC().Format("15:04 UTC on 2 January") }

// noAnswer is a check that could not be made.
func noAnswer(p clawback.Probe) verdict {
	v := verdict{
		status: clawback.CheckUnknown, cause: clawback.CauseUnavailable,
		finding: "Microsoft gave no answer to this: " + lower(found(p)),
		advice:  "Nothing to mend: it is looked at again by itself in some minutes. Or check again now.",
	}
	if p.Answer.Kind == clawback.AnswerThrottled {
		v.finding = "Microsoft has asked to wait with this: " + lower(found(p))
		v.advice = "Nothing to mend: Microsoft allows only so many questions in some minutes. It is looked at again by itself."
	}
	return v
}

func lower(text string) string {
	if text == "" || strings.HasPrefix(text, "Microsoft") {
		return text
	}
	return strings.ToLower(text[:1]) + text[1:]
}

// looked makes the evidence of one look.
func looked(p clawback.Probe, expected string) clawback.Evidence {
	return clawback.Evidence{Asked: p.Asked, Found: found(p), Expected: expected, At: p.Answer.At, RequestID: p.Answer.RequestID}
}

// found says what came back, in Microsoft's words where they are fit for it.
func found(p clawback.Probe) string {
	a := p.Answer
	switch {
	case a.Kind == "":
		return "Not asked."
	case a.Kind == clawback.AnswerOK:
		return "It answered."
	case a.Code != "" && a.Message != "":
		return fmt.Sprintf("Status %d, %s: %s", a.Status, a.Code, a.Message)
	case a.Message != "" && a.Status == 0:
		return a.Message
	case a.Message != "":
		return fmt.Sprintf("Status %d: %s", a.Status, a.Message)
	}
	return fmt.Sprintf("Status %d, without words.", a.Status)
}

// carries makes the evidence of a token's claims.
func carries(t clawback.TokenEvidence, expected string) clawback.Evidence {
	e := looked(t.Probe, expected)
	if t.OK() {
		e.Found = fmt.Sprintf("roles: %s; directory roles (wids): %s", orNone(t.Roles), orNone(roleNames(t.DirectoryRoles())))
	}
	return e
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

// roleNames names the directory roles that matter here; others show their id.
func roleNames(ids []string) []string {
	var names []string
	for _, id := range ids {
		name, ok := knownRoles[strings.ToLower(id)]
		if !ok {
			name = "another role (" + id + ")"
		}
		names = append(names, name)
	}
	return names
}

// knownRoles are the built-in roles by their template ids:
// https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
var knownRoles = map[string]string{
	clawback.SecurityReaderRoleID:          "Security Reader",
	"194ae4cb-b126-40b2-bd5b-6091b380977d": "Security Administrator",
	"5f2222b1-57c3-48ba-8ad5-d4759f1fde6f": "Security Operator",
	"f2ef992c-3afb-46b9-b7cf-a126ee74c451": "Global Reader",
	"29232cdf-9323-42fd-ade2-1d097af3e4de": "Exchange Administrator",
	"62e90394-69f5-4237-9190-012177145e10": "Global Administrator",
	"17315797-102d-40b4-93e0-432062caca18": "Compliance Administrator",
	"729827e3-9c14-49f7-bb1b-9608f156bbb8": "Helpdesk Administrator",
	"9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3": "Application Administrator",
	"31392ffb-586c-42d1-9346-e59415a2cc4e": "Exchange Recipient Administrator",
}

// Who can mend what, in Entra's names for roles.
const (
	whoApps        = "An Application Administrator of the tenant, or an owner of the app registration"
	whoRoles       = "A Privileged Role Administrator or Global Administrator of the tenant"
	whoConsent     = "A Cloud Application Administrator, Application Administrator or Global Administrator of the tenant"
	whoGraph       = "A Privileged Role Administrator or Global Administrator of the tenant: only they may consent to application permissions on Microsoft Graph"
	whoConditional = "A Conditional Access Administrator or Global Administrator of the tenant"
	whoPortal      = "An admin of the organization, here in Clawback"
	whoProvider    = "Whoever operates Clawback; the customer has nothing to mend"
)
