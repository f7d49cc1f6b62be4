package purge

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"clawback"
)

// A preview asks about so many pairs of sender and subject, each in one span that
// the trace answers at once around the first delivery.
const (
	similarPairs  = 3
	similarBefore = 2 * 24 * time.Hour
	similarAfter  = 7 * 24 * time.Hour
)

// pair is a sender and a subject as the trace names them, with what it was seen for.
type pair struct {
	sender, subject string
	first           time.Time
	deliveries      int
	target          int
}

// findSimilar counts the emails with a target's sender and subject that bear
// other ids: most campaigns use one id a recipient. What can't be counted is
// said to be so; the preview stands all the same.
func (e *Engine) findSimilar(ctx context.Context, work clawback.Work, rows []clawback.TraceRow, finding *clawback.TraceFinding) {
	known := positions(finding.Targets)
	for _, p := range pairs(rows, known) {
		for _, conn := range work.Connections {
			similar, err := e.similarTo(ctx, conn, p)
			if err != nil {
				e.log.WarnContext(ctx, "preview could not count similar emails", "device_id", conn.DeviceID, "error", err)
				finding.SimilarUnknown = true
				return
			}
			for _, email := range foundEmails(similar, clawback.SourceSimilar) {
				id := clawback.MessageIDKey(email.MessageID)
				if known[id] != nil {
					continue
				}
				known[id] = []int{p.target}
				email.Sender = finding.Targets[p.target].Sender
				finding.Similar = append(finding.Similar, email)
			}
		}
	}
}

func (e *Engine) similarTo(ctx context.Context, conn clawback.Connection, p pair) ([]clawback.TraceRow, error) {
	query := clawback.TraceQuery{Sender: p.sender, Subject: p.subject, From: p.first.Add(-similarBefore), To: p.first.Add(similarAfter)}
	if oldest := e.now().Add(-clawback.MaxTraceAge + time.Hour); query.From.Before(oldest) {
		query.From = oldest
	}
	traced, err := e.microsoft.TraceMessage(ctx, conn, query)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(traced.Rows, func(row clawback.TraceRow) bool {
		return !strings.EqualFold(row.Sender, p.sender) || clawback.SubjectKey(row.Subject) != clawback.SubjectKey(p.subject)
	}), nil
}

// pairs answers the senders and subjects under which the trace names the
// targets, those of most deliveries first.
func pairs(rows []clawback.TraceRow, known map[string][]int) []pair {
	byKey := map[[2]string]*pair{}
	for _, row := range rows {
		at := known[clawback.MessageIDKey(row.MessageID)]
		key := [2]string{strings.ToLower(row.Sender), clawback.SubjectKey(row.Subject)}
		if len(at) == 0 || key[0] == "" || key[1] == "" {
			continue
		}
		p := byKey[key]
		if p == nil {
			p = &pair{sender: key[0], subject: row.Subject, first: row.ReceivedAt, target: at[0]}
			byKey[key] = p
		}
		p.deliveries++
		if row.ReceivedAt.Before(p.first) {
			p.first = row.ReceivedAt
		}
	}
	found := slices.SortedFunc(maps.Values(byKey), func(a, b *pair) int {
		return cmp.Or(b.deliveries-a.deliveries, strings.Compare(a.subject, b.subject), strings.Compare(a.sender, b.sender))
	})
	most := make([]pair, 0, similarPairs)
	for _, p := range found[:min(similarPairs, len(found))] {
		most = append(most, *p)
	}
	return most
}
