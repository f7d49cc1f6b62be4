package graphclient

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"clawback"

	"github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

const (
	findPage    = int32(50)
	findRounds  = 20 // pages of one mailbox
	idsPerQuery = 10 // alternatives of one filter
)

var findProperties = []string{
	"id", "internetMessageId", "subject", "from", "sender", "parentFolderId", "receivedDateTime", "isRead",
}

// FindCopies asks mailboxes for the items that bear one of the ids, following
// pages to their end. Answers are in the order of the requests.
func (c *Client) FindCopies(ctx context.Context, conn clawback.Connection, requests []clawback.FindRequest) ([]clawback.FindAnswer, error) {
	s, err := c.graphSession(conn, findCall)
	if err != nil {
		return nil, err
	}
	f := &finding{s: s, requests: requests, answers: make([]clawback.FindAnswer, len(requests))}
	pages, err := f.begin(ctx)
	for round := 0; err == nil && len(pages) > 0; round++ {
		if round == findRounds {
			f.giveUp(pages)
			break
		}
		pages, err = f.round(ctx, pages)
	}
	if err != nil {
		return nil, err
	}
	return f.answers, nil
}

// finding is one call of FindCopies under way.
type finding struct {
	s        *session
	requests []clawback.FindRequest
	answers  []clawback.FindAnswer
}

// page is one page to ask for, for the request at an index.
type page struct {
	of int
	step
}

func (f *finding) begin(ctx context.Context) ([]page, error) {
	var pages []page
	for i, r := range f.requests {
		if r.MailboxID == "" || len(r.MessageIDs) == 0 {
			f.answers[i].Answer = f.s.c.invalid("A mailbox and a Message-ID are needed to find copies.")
			continue
		}
		f.answers[i].Answer.Kind = clawback.AnswerOK
		for ids := range slices.Chunk(r.MessageIDs, idsPerQuery) {
			request, err := f.s.findRequest(ctx, r, ids)
			if err != nil {
				return nil, fmt.Errorf("ask a mailbox for copies: %w", err)
			}
			pages = append(pages, page{of: i, step: step{mailbox: r.MailboxID, request: request}})
		}
	}
	return pages, nil
}

// round asks for pages and answers which follow them.
func (f *finding) round(ctx context.Context, pages []page) ([]page, error) {
	steps := make([]step, len(pages))
	for i, p := range pages {
		steps[i] = p.step
	}
	replies, err := f.s.run(ctx, time.Time{}, steps)
	if err != nil {
		return nil, err
	}

	var following []page
	for i, reply := range replies {
		if next := f.take(pages[i].of, reply); next != "" {
			following = append(following, page{of: pages[i].of, step: step{
				mailbox: pages[i].mailbox, request: f.s.findNext(next),
			}})
		}
	}
	return following, nil
}

// take adds a page's copies to its answer and answers the link to the next page.
func (f *finding) take(i int, reply reply) string {
	if f.answers[i].Answer.Kind != clawback.AnswerOK {
		return ""
	}
	f.answers[i].Answer = reply.Answer
	if reply.Kind != clawback.AnswerOK {
		f.answers[i].Copies = nil
		return ""
	}
	found, next, err := readCopies(reply.body)
	if err != nil || next != "" && !f.s.ours(next) {
		f.answers[i] = clawback.FindAnswer{Answer: f.s.c.unknown(reply.Status, "The mailbox's answer could not be read.")}
		return ""
	}
	f.add(i, found)
	return next
}

// add keeps what bears exactly one of the ids asked for: the filter is Microsoft's.
func (f *finding) add(i int, found []clawback.FoundCopy) {
	for _, item := range found {
		known := slices.ContainsFunc(f.answers[i].Copies, func(c clawback.FoundCopy) bool { return c.ImmutableID == item.ImmutableID })
		if !known && slices.Contains(f.requests[i].MessageIDs, item.MessageID) {
			f.answers[i].Copies = append(f.answers[i].Copies, item)
		}
	}
}

func (f *finding) giveUp(pages []page) {
	for _, p := range pages {
		f.answers[p.of] = clawback.FindAnswer{Answer: f.s.c.unknown(0, "The mailbox's answer has no end.")}
	}
}

// findRequest asks by filter, in visible folders or in one of a well-known name:
// https://learn.microsoft.com/graph/api/user-list-messages
func (s *session) findRequest(ctx context.Context, r clawback.FindRequest, ids []string) (*abstractions.RequestInformation, error) {
	filter, top := anyOf(ids, func(id string) string { return "internetMessageId eq " + quote(id) }), findPage
	user := s.users().ByUserId(r.MailboxID)
	if r.Folder != "" {
		return user.MailFolders().ByMailFolderId(r.Folder).Messages().ToGetRequestInformation(ctx,
			&users.ItemMailFoldersItemMessagesRequestBuilderGetRequestConfiguration{
				Headers: preferImmutable(),
				QueryParameters: &users.ItemMailFoldersItemMessagesRequestBuilderGetQueryParameters{
					Filter: &filter, Select: findProperties, Top: &top,
				},
			})
	}
	return user.Messages().ToGetRequestInformation(ctx, &users.ItemMessagesRequestBuilderGetRequestConfiguration{
		Headers:         preferImmutable(),
		QueryParameters: &users.ItemMessagesRequestBuilderGetQueryParameters{Filter: &filter, Select: findProperties, Top: &top},
	})
}

func (s *session) findNext(link string) *abstractions.RequestInformation {
	request := s.next(link)
	request.Headers.AddAll(preferImmutable())
	return request
}

// next asks for a next page by its whole link (https://learn.microsoft.com/graph/paging).
func (s *session) next(link string) *abstractions.RequestInformation {
	request := abstractions.NewRequestInformationWithMethodAndUrlTemplateAndPathParameters(
		abstractions.GET, "{+baseurl}", map[string]string{"request-raw-url": link})
	request.Headers.TryAdd("Accept", "application/json")
	return request
}

func preferImmutable() *abstractions.RequestHeaders {
	headers := abstractions.NewRequestHeaders()
	headers.Add("Prefer", immutableIDs)
	return headers
}

func anyOf(values []string, clause func(string) string) string {
	clauses := make([]string, len(values))
	for i, value := range values {
		clauses[i] = clause(value)
	}
	return strings.Join(clauses, " or ")
}

// quote writes a string literal of OData, with its quotes doubled.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func readCopies(body []byte) (copies []clawback.FoundCopy, next string, err error) {
	err = decode(body, models.CreateMessageCollectionResponseFromDiscriminatorValue,
		func(list models.MessageCollectionResponseable) error {
			if list.GetValue() == nil {
				return fmt.Errorf("no list of messages")
			}
			for _, m := range list.GetValue() {
				if text(m.GetId()) == "" {
					return fmt.Errorf("a message without an id")
				}
				copies = append(copies, foundCopy(m))
			}
			next = text(list.GetOdataNextLink())
			return nil
		})
	return copies, next, err
}

func foundCopy(m models.Messageable) clawback.FoundCopy {
	found := clawback.FoundCopy{
		ImmutableID: text(m.GetId()),
		FolderID:    text(m.GetParentFolderId()),
		MessageID:   text(m.GetInternetMessageId()),
		Subject:     text(m.GetSubject()),
		Sender:      sender(m.GetFrom()),
		Read:        m.GetIsRead() != nil && *m.GetIsRead(),
	}
	if found.Sender == "" {
		found.Sender = sender(m.GetSender())
	}
	if at := m.GetReceivedDateTime(); at != nil {
		found.ReceivedAt = at.UTC()
	}
	return found
}

func sender(r models.Recipientable) string {
	if r == nil || r.GetEmailAddress() == nil {
		return ""
	}
	return strings.ToLower(text(r.GetEmailAddress().GetAddress()))
}

// MoveCopies moves or deletes items, at most twenty. What did not leave before
// sendBy is not sent; what left without a readable answer is unknown. It fails
// only where nothing was done: no token, or the batch refused.
func (c *Client) MoveCopies(ctx context.Context, conn clawback.Connection, sendBy time.Time, requests []clawback.MoveRequest) ([]clawback.Answer, error) {
	if len(requests) > clawback.BatchSize {
		return nil, invalidCall(moveCall, "At most %d copies can be moved at once, not %d.", clawback.BatchSize, len(requests))
	}
	if sendBy.IsZero() {
		return nil, invalidCall(moveCall, "A removal needs the time until which it may be sent.")
	}
	s, err := c.graphSession(conn, moveCall)
	if err != nil {
		return nil, err
	}
	answers := make([]clawback.Answer, len(requests))
	steps, of, err := s.moveSteps(ctx, requests, answers)
	if err != nil {
		return nil, err
	}
	replies, err := s.run(ctx, sendBy, steps)
	if err != nil {
		return nil, err
	}
	for i, reply := range replies {
		answers[of[i]] = mayHaveHappened(reply.Answer)
	}
	return answers, nil
}

// moveSteps answers the steps and which request each is of; requests that can't
// be written are answered at once.
func (s *session) moveSteps(ctx context.Context, requests []clawback.MoveRequest, answers []clawback.Answer) (steps []step, of []int, err error) {
	for i, r := range requests {
		if r.MailboxID == "" || r.ImmutableID == "" || r.Permanent == (r.Destination != "") {
			answers[i] = s.c.invalid("A removal needs a mailbox, an item, and either a destination or permanence.")
			continue
		}
		request, err := s.moveRequest(ctx, r)
		if err != nil {
			return nil, nil, fmt.Errorf("ask to move a copy: %w", err)
		}
		request.Headers.AddAll(preferImmutable())
		steps, of = append(steps, step{mailbox: r.MailboxID, request: request}), append(of, i)
	}
	return steps, of, nil
}

// moveRequest addresses the item in the mailbox or, where it is not visible, in
// its folder: https://learn.microsoft.com/graph/api/message-move and
// https://learn.microsoft.com/graph/api/message-permanentdelete
func (s *session) moveRequest(ctx context.Context, r clawback.MoveRequest) (*abstractions.RequestInformation, error) {
	user := s.users().ByUserId(r.MailboxID)
	if r.Source == "" {
		item := user.Messages().ByMessageId(r.ImmutableID)
		if r.Permanent {
			return item.PermanentDelete().ToPostRequestInformation(ctx, nil)
		}
		body := users.NewItemMessagesItemMovePostRequestBody()
		body.SetDestinationId(&r.Destination)
		return item.Move().ToPostRequestInformation(ctx, body, nil)
	}
	item := user.MailFolders().ByMailFolderId(r.Source).Messages().ByMessageId(r.ImmutableID)
	if r.Permanent {
		return item.PermanentDelete().ToPostRequestInformation(ctx, nil)
	}
	body := users.NewItemMailFoldersItemMessagesItemMovePostRequestBody()
	body.SetDestinationId(&r.Destination)
	return item.Move().ToPostRequestInformation(ctx, body, nil)
}

// mayHaveHappened takes a server's failure for what it is to a change: it says
// nothing about the effect. Only 503 says that the request was not taken.
func mayHaveHappened(a clawback.Answer) clawback.Answer {
	failed := a.Status >= 500 && a.Status < 600 && a.Status != http.StatusServiceUnavailable
	if a.Kind == clawback.AnswerUnavailable && (failed || a.Status == http.StatusRequestTimeout) {
		a.Kind = clawback.AnswerUnknown
	}
	return a
}

func (c *Client) invalid(message string) clawback.Answer {
	return clawback.Answer{Kind: clawback.AnswerInvalid, At: c.now(), Message: message}
}
