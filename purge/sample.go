package purge

import (
	"context"
	"slices"
	"strings"

	"clawback"
)

// What a sample looks for in one mailbox, and how many senders and subjects a
// preview names.
const (
	sampleIDs   = 10
	maxVariants = 50
)

// sighting is what a trace and a look into some mailboxes showed of the targets.
type sighting struct {
	rows   []clawback.TraceRow
	copies []clawback.FoundCopy
	unseen []clawback.TraceRow // of deliveries that no mailbox of the sample stands for
}

// sample looks into a batch of mailboxes for the senders and subjects that
// copies under the targets' ids really bear. What can't be read is left out: the
// preview shows less, and the match at the removal stays as strict.
func (e *Engine) sample(ctx context.Context, conn clawback.Connection, targets []clawback.Target, mailboxes []clawback.TracedMailbox, s *sighting) {
	chosen, unseen := choose(targets, mailboxes, s.rows)
	s.unseen = append(s.unseen, unseen...)
	if len(chosen) == 0 {
		return
	}
	requests := make([]clawback.FindRequest, len(chosen))
	for i, m := range chosen {
		ids := messageIDs(targetsOf(targets, m.Targets, m.Mailbox))
		requests[i] = clawback.FindRequest{MailboxID: m.Mailbox.ID, MessageIDs: ids[:min(sampleIDs, len(ids))]}
	}
	answers, err := e.findCopies(ctx, conn, requests)
	if err != nil {
		e.log.WarnContext(ctx, "preview could not look into mailboxes", "device_id", conn.DeviceID, "error", err)
		return
	}
	for _, answer := range answers {
		s.copies = append(s.copies, answer.Copies...)
	}
}

// variants adds up the senders and subjects under some ids, or under all for nil,
// most copies first. Where no copy was seen the trace's own stand in.
func (s *sighting) variants(ids map[string]bool) []clawback.Variant {
	in := func(id string) bool { return ids == nil || ids[clawback.MessageIDKey(id)] }
	var seen []clawback.Variant
	for _, c := range s.copies {
		if in(c.MessageID) {
			seen = append(seen, clawback.Variant{Sender: c.Sender, Subject: c.Subject, Copies: 1})
		}
	}
	rows := s.unseen
	if len(seen)+len(rows) == 0 || ids != nil && len(seen) == 0 {
		rows = s.rows
	}
	for _, row := range rows {
		if in(row.MessageID) {
			seen = append(seen, clawback.Variant{Sender: row.Sender, Subject: row.Subject, Copies: 1})
		}
	}
	merged := mergeVariants(seen)
	return merged[:min(maxVariants, len(merged))]
}

func mergeVariants(seen []clawback.Variant) []clawback.Variant {
	var merged []clawback.Variant
	for _, v := range seen {
		i := slices.IndexFunc(merged, func(m clawback.Variant) bool {
			return strings.EqualFold(m.Sender, v.Sender) && m.Subject == v.Subject
		})
		if i < 0 {
			merged = append(merged, v)
			continue
		}
		merged[i].Copies += v.Copies
	}
	slices.SortStableFunc(merged, func(a, b clawback.Variant) int { return b.Copies - a.Copies })
	return merged
}

// mark says of each variant whether it is a target.
func mark(variants []clawback.Variant, targets []clawback.Target) []clawback.Variant {
	for i, v := range variants {
		variants[i].IsTarget = slices.ContainsFunc(targets, func(t clawback.Target) bool {
			return t.Matches(clawback.FoundCopy{MessageID: t.MessageID, Sender: v.Sender, Subject: v.Subject})
		})
	}
	return variants
}

// envelope is what the trace says of one delivery; emails that differ in it are
// different ones, whatever their id. A typed Message-ID of which nothing is known
// yet needs a copy of its own.
type envelope struct{ domain, subject, unknownID string }

func envelopeOf(row clawback.TraceRow, unknown map[string]bool) envelope {
	_, domain, _ := strings.Cut(row.Sender, "@")
	e := envelope{domain: strings.ToLower(domain), subject: clawback.SubjectKey(row.Subject)}
	if id := clawback.MessageIDKey(row.MessageID); unknown[id] {
		e.unknownID = id
	}
	return e
}

// choose answers a batch of mailboxes to look into, one of each envelope first,
// so that a few copies of another email are not lost among many. The rows of an
// envelope that finds no place are answered, too.
func choose(targets []clawback.Target, mailboxes []clawback.TracedMailbox, rows []clawback.TraceRow) ([]clawback.TracedMailbox, []clawback.TraceRow) {
	unknown := map[string]bool{}
	for _, t := range targets {
		if !t.Known() && t.Envelope == "" {
			unknown[clawback.MessageIDKey(t.MessageID)] = true
		}
	}
	byRecipient := map[string][]clawback.TraceRow{}
	for _, row := range rows {
		byRecipient[row.Recipient] = append(byRecipient[row.Recipient], row)
	}
	size := max(clawback.BatchSize, len(unknown))
	var chosen, others []clawback.TracedMailbox
	var left []clawback.TraceRow
	seen := map[envelope]bool{}
	for _, m := range mailboxes {
		if m.Outcome != clawback.OutcomeNone {
			continue
		}
		fresh := unseen(m, byRecipient, seen, unknown)
		switch {
		case len(fresh) == 0:
			others = append(others, m)
		case len(chosen) < size:
			chosen = append(chosen, m)
		default:
			left = append(left, fresh...)
		}
	}
	room := size - len(chosen)
	return append(chosen, others[:min(room, len(others))]...), left
}

// unseen answers the deliveries of a mailbox whose envelope none before it had.
func unseen(m clawback.TracedMailbox, byRecipient map[string][]clawback.TraceRow, seen map[envelope]bool, unknown map[string]bool) []clawback.TraceRow {
	var fresh []clawback.TraceRow
	for _, recipient := range m.Recipients {
		for _, row := range byRecipient[recipient] {
			if e := envelopeOf(row, unknown); !seen[e] {
				seen[e] = true
				fresh = append(fresh, row)
			}
		}
	}
	return fresh
}
