package handlers

import (
	"context"
	"net/http"
	"time"

	"clawback"
)

// CauseAnswer is why mailboxes were not cleaned, in the API.
type CauseAnswer struct {
	Cause      clawback.Reason `json:"cause"`
	Mailboxes  int             `json:"mailboxes"`
	HandedOver int             `json:"handed_over" doc:"Of these, how many are the customer's action by now."`
	HandOverAt *time.Time      `json:"hand_over_at" doc:"When the first of the others becomes one by itself."`
}

// ChoiceInput chooses among the mailboxes that were not cleaned; an empty one means all.
type ChoiceInput struct {
	Cause   clawback.Reason `json:"cause,omitempty" maxLength:"40" doc:"Only those with this reason."`
	Records []string        `json:"records,omitempty" maxItems:"1000" doc:"Only these records, by their ids."`
}

func (in ChoiceInput) choice() clawback.CauseChoice {
	return clawback.CauseChoice{Reason: in.Cause, Records: in.Records}
}

// HandOverInput is a choice with a note for the customer.
type HandOverInput struct {
	ChoiceInput
	Note string `json:"note,omitempty" maxLength:"2000" doc:"Said to the customer as a comment of the action."`
}

// RetryAnswer is the remediation after a retry.
type RetryAnswer struct {
	RemediationAnswer
	Retried int `json:"retried" doc:"How many mailboxes are tried again."`
}

// HandOverAnswer is the remediation after a hand-over.
type HandOverAnswer struct {
	RemediationAnswer
	HandedOver int `json:"handed_over" doc:"How many mailboxes became the customer's action."`
}

// causes adds the operations on mailboxes that were not cleaned.
func (h remediationAPI) causes(a *API, tag string) {
	register(a, operation{
		ID: "list-causes", Method: http.MethodGet, Path: "/remediations/{id}/causes", Right: clawback.RightReadRemediations,
		Tag: tag, Summary: "List why mailboxes were not cleaned, and how many",
	}, h.listCauses)
	register(a, operation{
		ID: "retry-remediation", Method: http.MethodPost, Path: "/remediations/{id}/retry", Right: clawback.RightRemediate,
		Tag: tag, Summary: "Try the failed and denied mailboxes again: all, of one cause, or single ones",
	}, h.retry)
	register(a, operation{
		ID: "hand-over", Method: http.MethodPost, Path: "/remediations/{id}/hand-over", Right: clawback.RightRemediate,
		Tag: tag, Summary: "Make failed and denied mailboxes the customer's action at once",
	}, h.handOver)
}

func (h remediationAPI) listCauses(ctx context.Context, actor clawback.Actor, in *struct {
	IDPath
	ListQuery
}) (*answer[list[CauseAnswer]], error) {
	causes, err := h.store.ListCauses(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	return windowOf(causes, in.ListQuery, func(c clawback.Cause) string { return string(c.Reason) }, causeAnswer)
}

func causeAnswer(c clawback.Cause) CauseAnswer {
	return CauseAnswer{Cause: c.Reason, Mailboxes: c.Mailboxes, HandedOver: c.HandedOver, HandOverAt: moment(c.HandOverAt)}
}

func (h remediationAPI) retry(ctx context.Context, actor clawback.Actor, in *struct {
	IDPath
	Body *ChoiceInput
}) (*answer[RetryAnswer], error) {
	retried, err := h.store.RetryRemediation(ctx, actor, in.ID, orZero(in.Body).choice())
	if err != nil {
		return nil, err
	}
	remediation, err := h.store.FindRemediation(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	return answerOf(RetryAnswer{RemediationAnswer: remediationAnswer(remediation), Retried: retried}), nil
}

func (h remediationAPI) handOver(ctx context.Context, actor clawback.Actor, in *struct {
	IDPath
	Body *HandOverInput
}) (*answer[HandOverAnswer], error) {
	body := orZero(in.Body)
	handed, err := h.store.HandOver(ctx, actor, in.ID, body.choice(), body.Note)
	if err != nil {
		return nil, err
	}
	remediation, err := h.store.FindRemediation(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	return answerOf(HandOverAnswer{RemediationAnswer: remediationAnswer(remediation), HandedOver: handed}), nil
}
