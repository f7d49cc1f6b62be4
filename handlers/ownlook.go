package handlers

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// OwnLooker reads the directory with a person's own right, for the mistake's name alone.
type OwnLooker interface {
	Look(ctx context.Context, actor clawback.Actor, deviceID string, step clawback.SetupStep, account string, token clawback.Secret) error
}

// LookRefused says why nobody could look, and leads back to the step.
func (s *Shell) LookRefused(c echo.Context, look clawback.LookAttempt, message string) error {
	return render(c, http.StatusForbidden, views.Solo(s.bare("Nothing was looked at"), views.LookRefused(look.DeviceID, look.Step, message)))
}
