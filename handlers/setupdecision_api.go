package handlers

import (
	"context"
	"net/http"
	"time"

	"clawback"
)

// DecisionAPIStore keeps which steps an organization leaves out, and answers how far the setup is with that.
type DecisionAPIStore interface {
	DecisionStore
	CheckAPIStore
}

// SetupStepPath names a step of a device's setup.
type SetupStepPath struct {
	DevicePath
	Step clawback.SetupStep `path:"step" enum:"connect,security-reader,manage-as-app,message-trace,recipients,removal,never-remove,switch-on"`
}

// SetupDecisionAnswer is a step that was left out on record, in the API.
type SetupDecisionAnswer struct {
	Step        clawback.SetupStep `json:"step"`
	DecidedBy   string             `json:"decided_by"`
	DecidedAt   *time.Time         `json:"decided_at"`
	Reason      string             `json:"reason"`
	TakenBackBy string             `json:"taken_back_by"`
	TakenBackAt *time.Time         `json:"taken_back_at" doc:"Null while it holds."`
}

// SetupDecisions adds the operations on steps that are left out.
func (a *API) SetupDecisions(store DecisionAPIStore) {
	h := decisionAPI{store}
	register(a, operation{
		ID: "skip-step", Method: http.MethodPost, Path: "/devices/{id}/setup/{step}/skip", Right: clawback.RightConfigure,
		Tag: "Setup", Summary: "Leave a step out, on record",
		Text: "The step `never-remove` alone can be left out: it says that there is no inbox to protect, and holds for the whole organization. To ask again is harmless.",
	}, h.skip)
	register(a, operation{
		ID: "unskip-step", Method: http.MethodPost, Path: "/devices/{id}/setup/{step}/unskip", Right: clawback.RightConfigure,
		Tag: "Setup", Summary: "Take back that a step is left out", Text: "To ask again is harmless.",
	}, h.unskip)
}

type decisionAPI struct{ store DecisionAPIStore }

func (h decisionAPI) skip(ctx context.Context, actor clawback.Actor, in *struct {
	SetupStepPath
	Body *ReasonInput
}) (*answer[SetupTaskAnswer], error) {
	return h.task(ctx, actor, in.SetupStepPath, h.store.SkipStep(ctx, actor, in.Device, in.Step, orZero(in.Body).Reason))
}

func (h decisionAPI) unskip(ctx context.Context, actor clawback.Actor, in *struct{ SetupStepPath }) (*answer[SetupTaskAnswer], error) {
	return h.task(ctx, actor, in.SetupStepPath, h.store.UnskipStep(ctx, actor, in.Device, in.Step))
}

// task answers the step as it is after a decision.
func (h decisionAPI) task(ctx context.Context, actor clawback.Actor, at SetupStepPath, err error) (*answer[SetupTaskAnswer], error) {
	if err != nil {
		return nil, err
	}
	setup, err := h.store.FindDeviceSetup(ctx, actor, at.Device)
	if err != nil {
		return nil, err
	}
	return answerOf(setupTaskAnswer(setup, at.Step)), nil
}

func setupDecisionAnswer(d clawback.SetupDecision) SetupDecisionAnswer {
	return SetupDecisionAnswer{Step: d.Step, DecidedBy: d.By, DecidedAt: moment(d.At), Reason: d.Reason, TakenBackBy: d.TakenBackBy, TakenBackAt: moment(d.TakenBackAt)}
}
