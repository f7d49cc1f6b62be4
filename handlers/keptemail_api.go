package handlers

import (
	"context"
	"net/http"
	"time"

	"clawback"
)

// KeptEmailAnswer is a kept email, in the API.
type KeptEmailAnswer struct {
	ID                string     `json:"id"`
	RemediationID     string     `json:"remediation_id"`
	InternetMessageID string     `json:"internet_message_id"`
	Mailbox           string     `json:"mailbox" doc:"From which it was kept."`
	Size              int        `json:"size" doc:"In bytes."`
	SHA256            string     `json:"sha256"`
	KeptAt            *time.Time `json:"kept_at"`
	ExpiresAt         *time.Time `json:"expires_at"`
	EML               []byte     `json:"eml,omitempty" doc:"The email itself, in base64; only where it alone is asked for."`
}

type keptEmailAPI struct{ store KeptEmailStore }

// KeptEmails adds the operations on emails that were kept before they were deleted for good.
func (a *API) KeptEmails(store KeptEmailStore) {
	h := keptEmailAPI{store}
	register(a, operation{
		ID: "list-kept-emails", Method: http.MethodGet, Path: "/remediations/{id}/kept-emails", Right: clawback.RightReadRemediations,
		Tag: "Remediations", Summary: "List the emails that were kept before they were deleted for good",
	}, h.list)
	register(a, operation{
		ID: "read-kept-email", Method: http.MethodGet, Path: "/kept-emails/{id}", Right: clawback.RightRemediate,
		Tag: "Remediations", Summary: "Read a kept email", Text: "The audit trail notes who read it.",
	}, h.read)
}

func (h keptEmailAPI) list(ctx context.Context, actor clawback.Actor, in *struct {
	IDPath
	ListQuery
}) (*answer[list[KeptEmailAnswer]], error) {
	kept, err := h.store.ListKeptEmails(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	return windowOf(kept, in.ListQuery, func(e clawback.KeptEmail) string { return e.ID }, keptEmailAnswer)
}

func (h keptEmailAPI) read(ctx context.Context, actor clawback.Actor, in *IDPath) (*answer[KeptEmailAnswer], error) {
	kept, err := h.store.ReadKeptEmail(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	return answerOf(keptEmailAnswer(kept)), nil
}

func keptEmailAnswer(e clawback.KeptEmail) KeptEmailAnswer {
	return KeptEmailAnswer{
		ID: e.ID, RemediationID: e.RemediationID, InternetMessageID: e.MessageID, Mailbox: e.Mailbox, Size: e.Size, SHA256: e.SHA256,
		KeptAt: moment(e.KeptAt), ExpiresAt: moment(e.ExpiresAt), EML: e.Content,
	}
}
