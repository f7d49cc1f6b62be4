package handlers

import (
	"context"
	"net/http"
	"time"

	"clawback"
)

// FoundEmailAnswer is one email that the message trace names, in the API.
type FoundEmailAnswer struct {
	MessageID  string     `json:"internet_message_id"`
	Sender     string     `json:"sender" doc:"Of the envelope."`
	Subject    string     `json:"subject"`
	FirstAt    *time.Time `json:"first_at" doc:"Its first delivery."`
	Recipients int        `json:"recipients"`
}

// EmailSearches adds the search for emails.
func (a *API) EmailSearches(searcher EmailSearcher) {
	h := emailSearchAPI{searcher}
	register(a, operation{
		ID: "search-emails", Method: http.MethodGet, Path: "/organizations/{org}/emails", Right: clawback.RightRemediate,
		Tag: "Remediations", Summary: "Search the message trace for emails to remove, those with the most recipients first",
		Text: "Asks Microsoft, which answers 100 such questions in five minutes. Answers at most as many emails as one removal takes.",
	}, h.list)
}

type emailSearchAPI struct{ searcher EmailSearcher }

func (h emailSearchAPI) list(ctx context.Context, actor clawback.Actor, in *struct {
	OrganizationPath
	Sender       string    `query:"sender" maxLength:"320" doc:"Sender or subject may be missing, not both."`
	Subject      string    `query:"subject" maxLength:"500"`
	ReceivedFrom time.Time `query:"received_from" doc:"Two days before received_to without it."`
	ReceivedTo   time.Time `query:"received_to" doc:"Now without it."`
}) (*answer[list[FoundEmailAnswer]], error) {
	search := clawback.EmailSearch{Sender: in.Sender, Subject: in.Subject, From: in.ReceivedFrom, To: in.ReceivedTo}
	found, err := searchEmails(ctx, h.searcher, actor, in.Organization, search)
	if err != nil {
		return nil, err
	}
	return listOf(clawback.Page[clawback.FoundEmail]{Items: found.Emails}, func(e clawback.FoundEmail) FoundEmailAnswer {
		return FoundEmailAnswer{MessageID: e.MessageID, Sender: e.Envelope, Subject: e.Subject, FirstAt: moment(e.FirstAt), Recipients: e.Recipients}
	}), nil
}
