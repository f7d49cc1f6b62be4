package purge

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"clawback"
)

// The window around the deliveries of one email in which a copy agrees with it.
const (
	foundBefore = time.Hour
	foundAfter  = 48 * time.Hour
)

// SearchEmails asks the message trace of an organization for emails by sender,
// subject and time, on a person's request. It returns KindNotFound where the
// person may not remove email, KindInvalid about a field, KindConflict without a
// connected tenant, and KindUnavailable when Microsoft does not answer.
func (e *Engine) SearchEmails(ctx context.Context, actor clawback.Actor, organizationID string, search clawback.EmailSearch) (clawback.FoundEmails, error) {
	if !actor.Can(clawback.RightRemediate, organizationID) {
		return clawback.FoundEmails{}, clawback.NotFound("organization")
	}
	search, err := search.Normalize(e.now().UTC())
	if err != nil {
		return clawback.FoundEmails{}, err
	}
	connections, err := e.store.ListConnections(ctx, organizationID)
	if err != nil {
		return clawback.FoundEmails{}, err
	}
	if len(connections) == 0 {
		return clawback.FoundEmails{}, clawback.Errorf(clawback.KindConflict,
			"The auto remediation of this organization works on no device, so there is no message trace to search. Connect its Microsoft 365 tenant first.")
	}
	var rows []clawback.TraceRow
	for _, conn := range connections {
		traced, err := e.microsoft.TraceMessage(ctx, conn, clawback.TraceQuery{Sender: search.Sender, Subject: search.Subject, From: search.From, To: search.To})
		if err != nil {
			return clawback.FoundEmails{}, unavailable(err)
		}
		rows = append(rows, traced.Rows...)
	}
	emails := foundEmails(rows, clawback.SourceSearch)
	slices.SortStableFunc(emails, func(a, b clawback.FoundEmail) int { return b.Recipients - a.Recipients })
	return clawback.FoundEmails{Emails: emails[:min(clawback.MaxTargets, len(emails))], More: len(emails) > clawback.MaxTargets}, nil
}

// unavailable tells a person what Microsoft said instead of an answer.
func unavailable(err error) error {
	var call *clawback.CallError
	if !errors.As(err, &call) {
		return err
	}
	return &clawback.Error{Kind: clawback.KindUnavailable, Err: err,
		Message: "Microsoft’s message trace did not answer, so nothing was searched. It said: “" + call.Message + "” Try again in a moment; a Message-ID or an .eml needs no search."}
}

// foundEmails answers the distinct emails of trace rows, by the time of the first
// delivery.
func foundEmails(rows []clawback.TraceRow, source clawback.TargetSource) []clawback.FoundEmail {
	byID := map[string][]clawback.TraceRow{}
	for _, row := range rows {
		if id := clawback.MessageIDKey(row.MessageID); id != "" {
			byID[id] = append(byID[id], row)
		}
	}
	var emails []clawback.FoundEmail
	for _, own := range byID {
		slices.SortFunc(own, func(a, b clawback.TraceRow) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
		first, last := own[0], own[len(own)-1]
		id, err := clawback.NormalizeMessageID(first.MessageID)
		if err != nil {
			continue // nobody could be asked for it
		}
		emails = append(emails, clawback.FoundEmail{FirstAt: first.ReceivedAt, Recipients: countRecipients(own), Target: clawback.Target{
			Source: source, MessageID: id, Envelope: strings.ToLower(first.Sender), Subject: first.Subject,
			ReceivedFrom: first.ReceivedAt.Add(-foundBefore), ReceivedTo: last.ReceivedAt.Add(foundAfter),
		}})
	}
	slices.SortFunc(emails, func(a, b clawback.FoundEmail) int {
		return cmp.Or(a.ReceivedFrom.Compare(b.ReceivedFrom), strings.Compare(a.MessageID, b.MessageID))
	})
	return emails
}
