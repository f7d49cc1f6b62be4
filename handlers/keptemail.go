package handlers

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"clawback"
)

// KeptEmailStore reads emails that were kept before they were deleted for good.
type KeptEmailStore interface {
	ListKeptEmails(ctx context.Context, actor clawback.Actor, remediationID string) ([]clawback.KeptEmail, error)
	ReadKeptEmail(ctx context.Context, actor clawback.Actor, id string) (clawback.KeptEmail, error)
}

// KeptEmails are the files of kept emails.
type KeptEmails struct{ store KeptEmailStore }

// NewKeptEmails makes the files of kept emails.
func NewKeptEmails(store KeptEmailStore) *KeptEmails { return &KeptEmails{store: store} }

// Save answers the email as a file, never as something a browser shows: it is hostile.
func (h *KeptEmails) Save(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	kept, err := h.store.ReadKeptEmail(c.Request().Context(), actor, c.Param("id"))
	if err != nil {
		return err
	}
	c.Response().Header().Set("Content-Disposition", `attachment; filename="evidence-`+kept.SHA256[:12]+`.eml"`)
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.Blob(http.StatusOK, "application/octet-stream", kept.Content)
}
