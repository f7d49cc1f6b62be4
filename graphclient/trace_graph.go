package graphclient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"clawback"

	"github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/admin"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
)

// graphTime is a time of Graph's filters.
const graphTime = "2006-01-02T15:04:05.000Z"

// traceGraph asks Graph's message trace, which needs ExchangeMessageTrace.Read.All
// and Microsoft's own service principal in the tenant:
// https://learn.microsoft.com/graph/api/messagetracingroot-list-messagetraces
func (c *Client) traceGraph(ctx context.Context, conn clawback.Connection, query clawback.TraceQuery) ([]clawback.TraceRow, error) {
	s, err := c.graphSession(conn, traceCall)
	if err != nil {
		return nil, err
	}
	var all []clawback.TraceRow
	for _, w := range windows(query.From, query.To, c.now()) {
		request, err := s.traceRequest(ctx, w, query)
		if err != nil {
			return nil, fmt.Errorf("ask for a trace: %w", err)
		}
		rows, err := s.traceLinks(ctx, request)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

// traceRequest filters by one value of each property: Graph ignores an "or" here.
func (s *session) traceRequest(ctx context.Context, w window, query clawback.TraceQuery) (*abstractions.RequestInformation, error) {
	filter := fmt.Sprintf("%s and receivedDateTime ge %s and receivedDateTime le %s",
		graphQuery(query), w.from.Format(graphTime), w.to.Format(graphTime))
	top := int32(s.c.traceSize)
	return admin.NewExchangeTracingMessageTracesRequestBuilderInternal(s.base, s.adapter).ToGetRequestInformation(ctx,
		&admin.ExchangeTracingMessageTracesRequestBuilderGetRequestConfiguration{
			QueryParameters: &admin.ExchangeTracingMessageTracesRequestBuilderGetQueryParameters{Filter: &filter, Top: &top},
		})
}

func graphQuery(query clawback.TraceQuery) string {
	if query.MessageID != "" {
		return "messageId eq " + quote(query.MessageID)
	}
	var clauses []string
	if query.Sender != "" {
		clauses = append(clauses, "senderAddress eq "+quote(query.Sender))
	}
	if query.Subject != "" {
		clauses = append(clauses, "contains(subject, "+quote(query.Subject)+")")
	}
	return strings.Join(clauses, " and ")
}

// traceLinks follows the pages to their end.
func (s *session) traceLinks(ctx context.Context, request *abstractions.RequestInformation) ([]clawback.TraceRow, error) {
	var all []clawback.TraceRow
	for range maxTracePages {
		body, err := s.settle(ctx, s.get(ctx, request))
		if err != nil {
			return nil, err
		}
		rows, next, err := readTraces(body)
		if err == nil && next != "" && !s.ours(next) {
			err = errors.New("next page elsewhere")
		}
		if err != nil {
			return nil, s.failed(ctx, s.c.unknown(http.StatusOK, "Graph's message trace could not be read."), err)
		}
		all = append(all, rows...)
		if next == "" {
			return all, nil
		}
		request = s.next(next)
	}
	return nil, s.endless(ctx)
}

func readTraces(body []byte) (rows []clawback.TraceRow, next string, err error) {
	err = decode(body, models.CreateExchangeMessageTraceCollectionResponseFromDiscriminatorValue,
		func(list models.ExchangeMessageTraceCollectionResponseable) error {
			if list.GetValue() == nil {
				return errors.New("no list of traces")
			}
			for _, t := range list.GetValue() {
				rows = append(rows, traceRow(t))
			}
			next = text(list.GetOdataNextLink())
			return nil
		})
	return rows, next, err
}

func traceRow(t models.ExchangeMessageTraceable) clawback.TraceRow {
	row := clawback.TraceRow{
		TraceID: text(t.GetId()), MessageID: text(t.GetMessageId()), Sender: strings.ToLower(text(t.GetSenderAddress())),
		Recipient: text(t.GetRecipientAddress()), Subject: text(t.GetSubject()), Status: clawback.DeliveryGettingStatus,
	}
	if status := t.GetStatus(); status != nil {
		row.Status = deliveryStatus(status.String())
	}
	if at := t.GetReceivedDateTime(); at != nil {
		row.ReceivedAt = at.UTC()
	}
	return row
}
