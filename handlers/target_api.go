package handlers

import (
	"bytes"
	"context"
	"time"

	"clawback"
)

// EmailInput names one email, by its id or as a file.
type EmailInput struct {
	MessageID string `json:"internet_message_id,omitempty" maxLength:"1000" example:"<a@b>" doc:"The email's Message-ID. Either this or eml."`
	EML       []byte `json:"eml,omitempty" doc:"The email as a file, in base64. Either this or internet_message_id."`
	Mailbox   string `json:"mailbox,omitempty" maxLength:"320" doc:"An address: the email is meant in this mailbox alone."`
}

// SearchInput asks the message trace for emails.
type SearchInput struct {
	Sender       string     `json:"sender,omitempty" maxLength:"320" doc:"Of the envelope. Sender or subject may be missing, not both."`
	Subject      string     `json:"subject,omitempty" maxLength:"500" doc:"Words of the subject as they stand in it."`
	ReceivedFrom *time.Time `json:"received_from,omitempty" doc:"Two days before received_to without it."`
	ReceivedTo   *time.Time `json:"received_to,omitempty" doc:"Now without it."`
}

func (in SearchInput) search() clawback.EmailSearch {
	return clawback.EmailSearch{Sender: in.Sender, Subject: in.Subject, From: orZero(in.ReceivedFrom), To: orZero(in.ReceivedTo)}
}

// targets answers the emails that are meant, which are named in one of three ways.
func (h remediationAPI) targets(ctx context.Context, actor clawback.Actor, organizationID string, in RemediationInput) ([]clawback.Target, error) {
	one := in.MessageID != "" || len(in.EML) > 0
	switch {
	case one && (len(in.Targets) > 0 || in.Search != nil) || len(in.Targets) > 0 && in.Search != nil:
		return nil, clawback.Invalid("targets", "Name the email by internet_message_id or eml, several by targets, or by a search: one of these.")
	case in.Search != nil:
		return h.search(ctx, actor, organizationID, in)
	case len(in.Targets) == 0:
		in.Targets = []EmailInput{in.EmailInput}
	}
	targets := make([]clawback.Target, 0, len(in.Targets))
	for _, email := range in.Targets {
		target, err := email.target()
		if err != nil {
			return nil, err
		}
		targets = append(targets, target)
	}
	return targets, nil
}

func (h remediationAPI) search(ctx context.Context, actor clawback.Actor, organizationID string, in RemediationInput) ([]clawback.Target, error) {
	found, err := searchEmails(ctx, h.searcher, actor, organizationID, in.Search.search())
	if err != nil {
		return nil, err
	}
	if found.More {
		return nil, clawback.Invalid("search", "The search finds more than %d emails, which is more than one removal takes. Narrow it by subject or time.", clawback.MaxTargets)
	}
	if len(found.Emails) == 0 {
		return nil, clawback.Invalid("search", "The search finds no email. The message trace names one some minutes after its delivery: ask again, or name it by its Message-ID.")
	}
	targets := make([]clawback.Target, len(found.Emails))
	for i, email := range found.Emails {
		targets[i] = email.Target
		targets[i].Mailbox = in.Mailbox
	}
	return targets, nil
}

func (in EmailInput) target() (target clawback.Target, err error) {
	switch {
	case len(in.EML) > 0 && in.MessageID != "":
		return target, clawback.Invalid("eml", "Send internet_message_id or eml, not both.")
	case len(in.EML) > 0:
		target, err = ReadEmail(bytes.NewReader(in.EML))
	case in.MessageID == "":
		return target, clawback.Invalid("internet_message_id",
			"Name the email: internet_message_id takes its Message-ID, eml takes the email itself in base64.")
	default:
		target.Source = clawback.SourceMessageID
		target.MessageID, err = clawback.NormalizeMessageID(in.MessageID)
	}
	target.Mailbox = in.Mailbox
	return target, err
}
