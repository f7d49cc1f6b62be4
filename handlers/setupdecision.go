package handlers

import (
	"context"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// DecisionStore keeps which steps an organization leaves out.
type DecisionStore interface {
	SkipStep(ctx context.Context, actor clawback.Actor, deviceID string, step clawback.SetupStep, reason string) error
	UnskipStep(ctx context.Context, actor clawback.Actor, deviceID string, step clawback.SetupStep) error
}

// Skip leaves a step out, on record.
func (h *Setup) Skip(c echo.Context) error {
	return h.decide(c, func(ctx context.Context, actor clawback.Actor, step clawback.SetupStep) error {
		return h.Store.SkipStep(ctx, actor, c.Param("id"), step, formValue(c, "reason"))
	})
}

// Unskip takes that back.
func (h *Setup) Unskip(c echo.Context) error {
	return h.decide(c, func(ctx context.Context, actor clawback.Actor, step clawback.SetupStep) error {
		return h.Store.UnskipStep(ctx, actor, c.Param("id"), step)
	})
}

func (h *Setup) decide(c echo.Context, save func(context.Context, clawback.Actor, clawback.SetupStep) error) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	step := clawback.SetupStep(c.Param("step"))
	if !step.Skippable() {
		return clawback.NotFound("step")
	}
	if err := save(c.Request().Context(), actor, step); err != nil {
		return h.refused(c, err)
	}
	return redirect(c, views.SetupStepPath(c.Param("id"), step))
}
