package handlers

import (
	"context"

	"github.com/labstack/echo/v4"

	"clawback"
)

// CauseStore is what is done about mailboxes that were not cleaned.
type CauseStore interface {
	ListCauses(ctx context.Context, actor clawback.Actor, remediationID string) ([]clawback.Cause, error)
	RetryRemediation(ctx context.Context, actor clawback.Actor, id string, choice clawback.CauseChoice) (int, error)
	HandOver(ctx context.Context, actor clawback.Actor, id string, choice clawback.CauseChoice, note string) (int, error)
}

// Retry tries mailboxes again that failed or were denied: all, of one cause, or one.
func (h *Remediations) Retry(c echo.Context) error {
	return h.change(c, "", func(ctx context.Context, actor clawback.Actor, id string) error {
		_, err := h.store.RetryRemediation(ctx, actor, id, causeChoice(c))
		return err
	})
}

// HandOver makes them the customer's action at once, with a note.
func (h *Remediations) HandOver(c echo.Context) error {
	return h.change(c, "note", func(ctx context.Context, actor clawback.Actor, id string) error {
		_, err := h.store.HandOver(ctx, actor, id, causeChoice(c), formValue(c, "note"))
		return err
	})
}

func causeChoice(c echo.Context) clawback.CauseChoice {
	choice := clawback.CauseChoice{Reason: clawback.Reason(formValue(c, "cause"))}
	if record := formValue(c, "record"); record != "" {
		choice.Records = []string{record}
	}
	return choice
}
