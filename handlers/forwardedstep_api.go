package handlers

import (
	"context"
	"net/http"
	"time"

	"clawback"
	"clawback/views"
)

// ForwardedStepInput names the step to forward.
type ForwardedStepInput struct {
	Step clawback.SetupStep `json:"step" enum:"connect,security-reader,manage-as-app,message-trace,recipients,removal"`
}

// ForwardedStepAnswer is a link to one step of a setup, in the API; the link and the message with it are told once.
type ForwardedStepAnswer struct {
	ID          string                       `json:"id"`
	DeviceID    string                       `json:"device_id"`
	Step        clawback.SetupStep           `json:"step" enum:"connect,security-reader,manage-as-app,message-trace,recipients,removal"`
	Status      clawback.ForwardedStepStatus `json:"status" enum:"not_opened,opened,said_to_be_done,withdrawn,expired"`
	Link        string                       `json:"link" doc:"To forward; told only when it is made."`
	Message     string                       `json:"message" doc:"What to send along, with the link in it; told only when it is made."`
	ForwardedBy string                       `json:"forwarded_by"`
	CreatedAt   *time.Time                   `json:"created_at"`
	ExpiresAt   *time.Time                   `json:"expires_at"`
	OpenedAt    *time.Time                   `json:"opened_at" doc:"For the first time."`
	DoneAt      *time.Time                   `json:"done_at" doc:"When its bearer said that it is done, which proves nothing: the step's check does."`
	WithdrawnBy string                       `json:"withdrawn_by"`
	WithdrawnAt *time.Time                   `json:"withdrawn_at"`
}

// ForwardedSteps adds the operations on links to single steps.
func (a *API) ForwardedSteps(cfg SetupConfig) {
	h := forwardedStepAPI{cfg, a.now}
	const path = "/devices/{id}/forwarded-steps"
	register(a, operation{
		ID: "list-forwarded-steps", Method: http.MethodGet, Path: path, Right: clawback.RightReadOrganization,
		Tag: "Setup", Summary: "List the links to steps that were made for people without an account",
	}, h.list)
	register(a, operation{
		ID: "forward-step", Method: http.MethodPost, Path: path, Right: clawback.RightConfigure, Status: http.StatusCreated,
		Tag: "Setup", Summary: "Make a link to one step, and a message to forward, for somebody without an account",
		Text: "The page behind it tells what to do in Microsoft's admin centers and nothing that was found. It works for two weeks.",
	}, h.forward)
	register(a, operation{
		ID: "withdraw-forwarded-step", Method: http.MethodPost, Path: path + "/{link}/withdraw", Right: clawback.RightConfigure,
		Tag: "Setup", Summary: "Make a link to a step worthless", Text: "To ask again is harmless.",
	}, h.withdraw)
}

type forwardedStepAPI struct {
	SetupConfig
	now func() time.Time
}

func (h forwardedStepAPI) list(ctx context.Context, actor clawback.Actor, in *struct{ DevicePath }) (*answer[list[ForwardedStepAnswer]], error) {
	links, err := h.Store.ListForwardedSteps(ctx, actor, in.Device)
	if err != nil {
		return nil, err
	}
	return listOf(clawback.Page[clawback.ForwardedStep]{Items: links}, h.answer), nil
}

// forward reads what the message tells first: a link that was made is answered whatever happens then.
func (h forwardedStepAPI) forward(ctx context.Context, actor clawback.Actor, in *struct {
	DevicePath
	Body ForwardedStepInput
}) (*answer[ForwardedStepAnswer], error) {
	setup, err := h.Store.FindDeviceSetup(ctx, actor, in.Device)
	if err != nil {
		return nil, err
	}
	made, err := h.Store.ForwardStep(ctx, actor, in.Device, in.Body.Step)
	if err != nil {
		return nil, err
	}
	told := h.answer(made.ForwardedStep)
	told.Link = h.forwardedLink(made)
	told.Message = views.ForwardedMadeData{
		Step: views.SetupStepData{Setup: setup, Step: made.Step, Admin: views.AdminCenterOf(h.AdminCenter, setup.Device, "")},
		Made: made.ForwardedStep, Link: told.Link,
	}.Message()
	return answerOf(told), nil
}

func (h forwardedStepAPI) withdraw(ctx context.Context, actor clawback.Actor, in *struct {
	DevicePath
	Link string `path:"link" maxLength:"100" doc:"The id of the link."`
}) (*answer[ForwardedStepAnswer], error) {
	link, err := h.Store.RevokeForwardedStep(ctx, actor, in.Device, in.Link)
	if err != nil {
		return nil, err
	}
	return answerOf(h.answer(link)), nil
}

func (h forwardedStepAPI) answer(f clawback.ForwardedStep) ForwardedStepAnswer {
	return forwardedStepAnswer(f, h.now())
}

func forwardedStepAnswer(f clawback.ForwardedStep, now time.Time) ForwardedStepAnswer {
	return ForwardedStepAnswer{ID: f.ID, DeviceID: f.DeviceID, Step: f.Step, Status: f.Status(now), ForwardedBy: f.By, CreatedAt: moment(f.CreatedAt),
		ExpiresAt: moment(f.ExpiresAt), OpenedAt: moment(f.OpenedAt), DoneAt: moment(f.DoneAt), WithdrawnBy: f.RevokedBy, WithdrawnAt: moment(f.RevokedAt)}
}
