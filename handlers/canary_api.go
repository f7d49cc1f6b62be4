package handlers

import (
	"context"
	"net/http"
	"time"

	"clawback"
)

// CanaryAPIStore answers the tests of devices.
type CanaryAPIStore interface {
	ListCanaries(ctx context.Context, actor clawback.Actor, deviceID string) ([]clawback.Canary, error)
	FindCanary(ctx context.Context, actor clawback.Actor, id string) (clawback.Canary, error)
	CanaryEndStore
}

// CanaryInput begins a test.
type CanaryInput struct {
	Proof   clawback.CanaryProof `json:"proof" enum:"can_remove,end_to_end" doc:"can_remove places a message of our own and takes it away; end_to_end waits for an email from outside with the answered subject."`
	Address string               `json:"address" doc:"An address of the mailbox to test in. A never-remove inbox is refused."`
}

// CanaryStepAnswer is one step of a test, in the API.
type CanaryStepAnswer struct {
	Step      clawback.CanaryStep `json:"step"`
	OK        bool                `json:"ok"`
	Asked     string              `json:"asked"`
	Found     string              `json:"found"`
	Status    int                 `json:"status" doc:"The HTTP status of Microsoft's answer, 0 where there was none."`
	Code      string              `json:"code"`
	RequestID string              `json:"request_id"`
	StartedAt *time.Time          `json:"started_at"`
	EndedAt   *time.Time          `json:"ended_at" doc:"Empty while the result is not known."`
}

// CanaryAnswer is one test of a device, in the API.
type CanaryAnswer struct {
	ID            string                `json:"id"`
	DeviceID      string                `json:"device_id"`
	Proof         clawback.CanaryProof  `json:"proof" enum:"can_remove,end_to_end"`
	Status        clawback.CanaryStatus `json:"status" enum:"running,proved,failed"`
	Mailbox       string                `json:"mailbox" doc:"One mailbox does not speak for all."`
	Subject       string                `json:"subject" doc:"Of our own message, or the subject that the email from outside must have."`
	MessageID     string                `json:"internet_message_id"`
	Cause         clawback.CanaryCause  `json:"cause" doc:"A word for why it failed."`
	Finding       string                `json:"finding"`
	Advice        string                `json:"advice"`
	Who           string                `json:"who" doc:"Who can mend it."`
	LeftBehind    bool                  `json:"left_behind" doc:"Our own message may still lie in the mailbox."`
	RemediationID string                `json:"remediation_id" doc:"The removal of the email from outside."`
	Steps         []CanaryStepAnswer    `json:"steps"`
	StartedBy     string                `json:"started_by"`
	StartedAt     *time.Time            `json:"started_at"`
	EndedAt       *time.Time            `json:"ended_at"`
	NextAt        *time.Time            `json:"next_at" doc:"When the message trace is asked again."`
	GivesUpAt     *time.Time            `json:"gives_up_at"`
}

// Canaries adds the operations on the proofs of devices.
func (a *API) Canaries(store CanaryAPIStore, starter CanaryStarter) {
	h := canaryAPI{store, starter}
	register(a, operation{
		ID: "list-canaries", Method: http.MethodGet, Path: "/devices/{id}/canaries", Right: clawback.RightReadOrganization,
		Tag: "Setup", Summary: "List the last tests of a device",
	}, h.list)
	register(a, operation{
		ID: "start-canary", Method: http.MethodPost, Path: "/devices/{id}/canaries", Right: clawback.RightConfigure, Status: http.StatusCreated,
		Tag: "Setup", Summary: "Test in a mailbox that a device can remove", Text: "It runs by itself; read it until its status is no longer running.",
	}, h.start)
	register(a, operation{
		ID: "get-canary", Method: http.MethodGet, Path: "/canaries/{id}", Right: clawback.RightReadOrganization,
		Tag: "Setup", Summary: "Read a test of a device",
	}, h.find)
	register(a, operation{
		ID: "stop-canary", Method: http.MethodPost, Path: "/canaries/{id}/stop", Right: clawback.RightConfigure,
		Tag: "Setup", Summary: "Wait no longer for the email from outside",
	}, h.stop)
	register(a, operation{
		ID: "clean-up-canary", Method: http.MethodPost, Path: "/canaries/{id}/clean-up", Right: clawback.RightConfigure,
		Tag: "Setup", Summary: "Take a test's own message away that was left behind",
	}, h.cleanUp)
}

type canaryAPI struct {
	store   CanaryAPIStore
	starter CanaryStarter
}

func (h canaryAPI) list(ctx context.Context, actor clawback.Actor, in *struct{ DevicePath }) (*answer[list[CanaryAnswer]], error) {
	canaries, err := h.store.ListCanaries(ctx, actor, in.Device)
	if err != nil {
		return nil, err
	}
	return listOf(clawback.Page[clawback.Canary]{Items: canaries}, canaryAnswer), nil
}

func (h canaryAPI) start(ctx context.Context, actor clawback.Actor, in *struct {
	DevicePath
	Body CanaryInput
}) (*answer[CanaryAnswer], error) {
	return canaryAnswerOf(h.starter.StartCanary(ctx, actor, in.Device, in.Body.Proof, in.Body.Address))
}

func (h canaryAPI) find(ctx context.Context, actor clawback.Actor, in *struct{ IDPath }) (*answer[CanaryAnswer], error) {
	return canaryAnswerOf(h.store.FindCanary(ctx, actor, in.ID))
}

func (h canaryAPI) stop(ctx context.Context, actor clawback.Actor, in *struct{ IDPath }) (*answer[CanaryAnswer], error) {
	return canaryAnswerOf(h.store.StopCanary(ctx, actor, in.ID))
}

func (h canaryAPI) cleanUp(ctx context.Context, actor clawback.Actor, in *struct{ IDPath }) (*answer[CanaryAnswer], error) {
	return canaryAnswerOf(h.store.CleanUpCanary(ctx, actor, in.ID))
}

func canaryAnswerOf(canary clawback.Canary, err error) (*answer[CanaryAnswer], error) {
	if err != nil {
		return nil, err
	}
	return answerOf(canaryAnswer(canary)), nil
}

func canaryAnswer(c clawback.Canary) CanaryAnswer {
	steps := make([]CanaryStepAnswer, 0, len(c.Lines))
	for _, l := range c.Lines {
		steps = append(steps, CanaryStepAnswer{Step: l.Step, OK: l.OK, Asked: l.Asked, Found: l.Found, Status: l.Status, Code: l.Code,
			RequestID: l.RequestID, StartedAt: moment(l.StartedAt), EndedAt: moment(l.EndedAt)})
	}
	return CanaryAnswer{
		ID: c.ID, DeviceID: c.DeviceID, Proof: c.Proof, Status: c.Status, Mailbox: c.Mailbox.Address, Subject: c.Subject, MessageID: c.MessageID,
		Cause: c.Problem.Cause, Finding: c.Problem.Finding, Advice: c.Problem.Advice, Who: c.Problem.Who, LeftBehind: c.LeftBehind,
		RemediationID: c.RemediationID, Steps: steps, StartedBy: c.StartedByName, StartedAt: moment(c.StartedAt), EndedAt: moment(c.EndedAt),
		NextAt: moment(c.NextAt), GivesUpAt: moment(c.GivesUpAt),
	}
}
