package graphclient

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"clawback"
)

// Limits of the message trace, the same at both doors:
// https://learn.microsoft.com/graph/api/messagetracingroot-list-messagetraces
const (
	traceSpan     = 10 * 24 * time.Hour
	tracePageSize = 5000
	maxTracePages = 400 // more than the quota of an hour would answer a single query
	traceCall     = "message trace"
)

// TraceMessage asks who received an email, or those of a sender with words of
// the subject: Exchange first, Graph where the
// permission for Exchange is missing. Rows are one per recipient and network
// message, by recipient.
func (c *Client) TraceMessage(ctx context.Context, conn clawback.Connection, query clawback.TraceQuery) (clawback.TraceResult, error) {
	if query.MessageID+query.Sender+query.Subject == "" || query.From.IsZero() || !query.From.Before(query.To) {
		return clawback.TraceResult{}, invalidCall(traceCall, "A message trace needs a Message-ID, a sender or a subject, and a span of time.")
	}
	giveBack, err := c.traceTurns.take(ctx, conn.TenantID)
	if err != nil {
		return clawback.TraceResult{}, err
	}
	defer giveBack()
	rows, err := c.traceExchange(ctx, conn, query)
	if err == nil {
		return clawback.TraceResult{Rows: merge(query, rows), Door: clawback.TraceDoorExchange}, nil
	}
	if !closed(err) {
		return clawback.TraceResult{}, err
	}
	rows, graphErr := c.traceGraph(ctx, conn, query)
	if graphErr == nil {
		return clawback.TraceResult{Rows: merge(query, rows), Door: clawback.TraceDoorGraph}, nil
	}
	return clawback.TraceResult{}, bothFailed(err, graphErr)
}

// closed says that a door is closed for want of permission. A refused credential
// closes both, and an outage or throttling neither.
func closed(err error) bool {
	var failed *clawback.CallError
	if !errors.As(err, &failed) {
		return false
	}
	if failed.Call == tokenCall {
		return errors.Is(err, noSuchResource)
	}
	return failed.Kind == clawback.AnswerDenied || failed.Kind == clawback.AnswerUnauthorized
}

// bothFailed tells of both doors where both are closed, else of the one that may
// open again.
func bothFailed(exchangeErr, graphErr error) error {
	var first, second *clawback.CallError
	if !closed(graphErr) || !errors.As(exchangeErr, &first) || !errors.As(graphErr, &second) {
		return graphErr
	}
	both := *first
	both.Message = "Exchange: " + first.Message + " Graph: " + second.Message
	both.Err = errors.Join(exchangeErr, graphErr)
	return &both
}

// window is one span that Microsoft answers.
type window struct{ from, to time.Time }

// windows splits a span, which may end in the future but is not asked about there.
func windows(from, to, now time.Time) []window {
	if to.After(now) {
		to = now
	}
	var out []window
	for from.Before(to) {
		end := from.Add(traceSpan)
		if end.After(to) {
			end = to
		}
		out = append(out, window{from.UTC(), end.UTC()})
		from = end
	}
	return out
}

type rowKey struct{ trace, recipient string }

// merge keeps of each recipient and network message the row that tells most, and
// drops what is about another message.
func merge(query clawback.TraceQuery, rows []clawback.TraceRow) []clawback.TraceRow {
	best := map[rowKey]clawback.TraceRow{}
	for _, row := range rows {
		row.Recipient = strings.ToLower(strings.TrimSpace(row.Recipient))
		if row.Recipient == "" || !about(query, row) {
			continue
		}
		key := rowKey{strings.ToLower(row.TraceID), row.Recipient}
		if known, ok := best[key]; !ok || tellsMore(row, known) {
			best[key] = row
		}
	}
	merged := make([]clawback.TraceRow, 0, len(best))
	for _, row := range best {
		merged = append(merged, row)
	}
	slices.SortFunc(merged, func(a, b clawback.TraceRow) int {
		return cmp.Or(strings.Compare(a.Recipient, b.Recipient), a.ReceivedAt.Compare(b.ReceivedAt), strings.Compare(a.TraceID, b.TraceID))
	})
	return merged
}

// about says whether a row answers the query: the filters are Microsoft's.
func about(query clawback.TraceQuery, row clawback.TraceRow) bool {
	if query.MessageID != "" {
		return row.MessageID == "" || clawback.MessageIDKey(row.MessageID) == clawback.MessageIDKey(query.MessageID)
	}
	sender := query.Sender == "" || strings.EqualFold(row.Sender, query.Sender)
	return sender && strings.Contains(strings.ToLower(row.Subject), strings.ToLower(query.Subject))
}

// tellsMore prefers a final status to one under way, then the later row.
func tellsMore(row, known clawback.TraceRow) bool {
	if underWay(row.Status) != underWay(known.Status) {
		return underWay(known.Status)
	}
	return !row.ReceivedAt.Before(known.ReceivedAt)
}

func underWay(s clawback.DeliveryStatus) bool {
	return s == clawback.DeliveryGettingStatus || s == clawback.DeliveryPending
}

// deliveryStatus reads the spelling of either door. What it doesn't know is not
// settled, rather than delivered or not.
func deliveryStatus(word string) clawback.DeliveryStatus {
	known := []clawback.DeliveryStatus{
		clawback.DeliveryPending, clawback.DeliveryFailed, clawback.DeliveryDelivered, clawback.DeliveryExpanded,
		clawback.DeliveryQuarantined, clawback.DeliveryFilteredAsSpam,
	}
	for _, status := range known {
		if strings.EqualFold(string(status), word) {
			return status
		}
	}
	return clawback.DeliveryGettingStatus
}
