package handlers

import (
	"context"
	"net/http"
	"time"

	"clawback"
)

// AutoRemediationAPIStore keeps an organization's setting.
type AutoRemediationAPIStore interface {
	FindAutoRemediation(ctx context.Context, actor clawback.Actor, organizationID string) (clawback.AutoRemediation, error)
	ChangeAutoRemediation(ctx context.Context, actor clawback.Actor, organizationID string, patch clawback.AutoRemediationPatch) (clawback.AutoRemediationSaved, error)
}

// AutoRemediationAnswer is the setting in the API. PUT takes what GET gave: the
// read-only fields are ignored, and a field that is left out stays as it is.
type AutoRemediationAnswer struct {
	Mode           *clawback.Mode        `json:"mode" required:"false" nullable:"false" enum:"off,observe,enforce"`
	Removal        *clawback.RemovalKind `json:"removal" required:"false" nullable:"false" enum:"soft,hard"`
	NeverRemove    *[]string             `json:"never_remove" required:"false" nullable:"false" maxItems:"1000" doc:"The ids of the selected context entries."`
	VolumeLimit    *int                  `json:"volume_limit" required:"false" nullable:"false" minimum:"1" maximum:"1000000" doc:"Mailboxes that one remediation, or all within an hour, may clean without an approval."`
	Devices        *[]string             `json:"devices" required:"false" nullable:"false" maxItems:"1000" doc:"The ids of the devices it works on."`
	Instructions   *string               `json:"instructions" required:"false" nullable:"false" maxLength:"2000" doc:"What the SOC is asked to do where an email could not be removed."`
	OrganizationID string                `json:"organization_id" readOnly:"true"`
	AgreedBy       string                `json:"agreed_by" readOnly:"true"`
	AgreedAt       *time.Time            `json:"agreed_at" readOnly:"true"`
	ChangedBy      string                `json:"changed_by" readOnly:"true"`
	InForceSince   *time.Time            `json:"in_force_since" readOnly:"true" doc:"Since when the setting holds for every removal that is announced."`
	OnTheWire      []WireRequestAnswer   `json:"on_the_wire" readOnly:"true" doc:"After a change: removals from newly protected mailboxes that were sent before it and have no answer yet."`
}

// WireRequestAnswer is a removal that was already under way, in the API.
type WireRequestAnswer struct {
	RecordID      string     `json:"record_id"`
	RemediationID string     `json:"remediation_id"`
	Mailbox       string     `json:"mailbox"`
	SentAt        *time.Time `json:"sent_at"`
}

// AutoRemediation adds the operations on the setting. A nil readiness holds nobody back from enforce.
func (a *API) AutoRemediation(store AutoRemediationAPIStore, readiness ReadinessChecker) {
	h := autoRemediationAPI{store, readiness}
	register(a, operation{
		ID: "find-auto-remediation", Method: http.MethodGet, Path: "/organizations/{org}/auto-remediation", Right: clawback.RightReadOrganization,
		Tag: "Auto remediation", Summary: "Read an organization's setting",
	}, h.find)
	register(a, operation{
		ID: "save-auto-remediation", Method: http.MethodPut, Path: "/organizations/{org}/auto-remediation", Right: clawback.RightConfigure,
		Tag: "Auto remediation", Summary: "Change an organization's setting",
		Text: "Takes what GET gave; what is left out stays as it is. A selection made from an older one than is in force (by in_force_since) " +
			"is refused where it would end a protection that is newer. A selected context entry protects at once; the answer says since when, and what was already on the wire.",
	}, h.save)
}

type autoRemediationAPI struct {
	store     AutoRemediationAPIStore
	readiness ReadinessChecker
}

func (h autoRemediationAPI) find(ctx context.Context, actor clawback.Actor, in *struct{ OrganizationPath }) (*answer[AutoRemediationAnswer], error) {
	setting, err := h.store.FindAutoRemediation(ctx, actor, in.Organization)
	if err != nil {
		return nil, err
	}
	return answerOf(autoRemediationAnswer(setting)), nil
}

func (h autoRemediationAPI) save(ctx context.Context, actor clawback.Actor, in *struct {
	OrganizationPath
	Body AutoRemediationAnswer
}) (*answer[AutoRemediationAnswer], error) {
	setting, err := h.store.FindAutoRemediation(ctx, actor, in.Organization)
	if err != nil {
		return nil, err
	}
	setting.OrganizationID = in.Organization
	// Asking Microsoft takes seconds, in which others change the setting: what is
	// saved is only what the request names.
	patch := in.Body.patch()
	if err := readyToEnforce(ctx, h.readiness, setting, patch.Over(setting)); err != nil {
		return nil, err
	}
	saved, err := h.store.ChangeAutoRemediation(ctx, actor, in.Organization, patch)
	if err != nil {
		return nil, err
	}
	return answerOf(autoRemediationSavedAnswer(saved)), nil
}

// patch answers what the input names. InForceSince, where it is sent back, says
// which selection the input was made from.
func (in AutoRemediationAnswer) patch() clawback.AutoRemediationPatch {
	patch := clawback.AutoRemediationPatch{
		Mode: in.Mode, Removal: in.Removal, VolumeLimit: in.VolumeLimit, Devices: in.Devices, Instructions: in.Instructions, NeverRemove: in.NeverRemove,
	}
	if in.InForceSince != nil {
		patch.SelectionSeenAt = *in.InForceSince
	}
	return patch
}

func autoRemediationAnswer(s clawback.AutoRemediation) AutoRemediationAnswer {
	neverRemove, devices := orEmpty(s.NeverRemove), orEmpty(s.Devices)
	return AutoRemediationAnswer{
		Mode: &s.Mode, Removal: &s.Removal, NeverRemove: &neverRemove, VolumeLimit: &s.VolumeLimit, Devices: &devices, Instructions: &s.Instructions,
		OrganizationID: s.OrganizationID, AgreedBy: s.AgreedBy, AgreedAt: moment(s.AgreedAt),
		ChangedBy: s.ChangedBy, InForceSince: moment(s.ChangedAt), OnTheWire: []WireRequestAnswer{},
	}
}

func autoRemediationSavedAnswer(s clawback.AutoRemediationSaved) AutoRemediationAnswer {
	saved := autoRemediationAnswer(s.AutoRemediation)
	saved.InForceSince = moment(s.InForceSince)
	for _, wire := range s.OnTheWire {
		saved.OnTheWire = append(saved.OnTheWire, WireRequestAnswer{
			RecordID: wire.RecordID, RemediationID: wire.RemediationID, Mailbox: wire.Mailbox, SentAt: moment(wire.SentAt),
		})
	}
	return saved
}
