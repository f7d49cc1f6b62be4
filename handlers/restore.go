package handlers

import (
	"context"
	"errors"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// RestoreStore is how removed emails are put back.
type RestoreStore interface {
	RestoreRemediation(ctx context.Context, actor clawback.Actor, id, reason string) (clawback.Remediation, error)
	CountRestores(ctx context.Context, actor clawback.Actor, id string) (clawback.RestoreCounts, error)
}

// Restore asks for everything that a remediation removed to be put back.
func (h *Remediations) Restore(c echo.Context) error {
	return h.change(c, "restore_reason", func(ctx context.Context, actor clawback.Actor, id string) error {
		reason, err := restoreReason(c)
		if err != nil {
			return err
		}
		_, err = h.store.RestoreRemediation(ctx, actor, id, reason)
		return ofRestore(err)
	})
}

// Restore asks for what was removed from one mailbox to be put back.
func (h *Records) Restore(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	reason, err := restoreReason(c)
	if err == nil {
		_, err = h.store.RestoreRecord(c.Request().Context(), actor, c.Param("id"), reason)
	}
	if err == nil {
		return redirect(c, views.RecordPath(c.Param("id")))
	}
	form, ok := formOf(c, "restore_reason", ofRestore(err))
	if !ok {
		return err
	}
	return h.page(c, StatusOf(clawback.KindOf(err)), form)
}

func restoreReason(c echo.Context) (string, error) {
	reason := formValue(c, "restore_reason")
	if reason == "" {
		return "", clawback.Invalid("restore_reason", "Say why it is put back. The customer reads it, too.")
	}
	return reason, nil
}

// ofRestore names the field as the pages do, which have another reason beside it.
func ofRestore(err error) error {
	var known *clawback.Error
	if errors.As(err, &known) && known.Field == "reason" {
		return &clawback.Error{Kind: known.Kind, Message: known.Message, Field: "restore_reason", Err: err}
	}
	return err
}
