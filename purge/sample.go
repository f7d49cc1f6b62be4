package purge

import (
	"strings"

	"clawback"
)

// envelope is what the trace says of one delivery; emails that differ in it are
// different ones, whatever their id.
type envelope struct{ domain, subject string }

func envelopeOf(row clawback.TraceRow) envelope {
	_, domain, _ := strings.Cut(row.Sender, "@")
	return envelope{domain: strings.ToLower(domain), subject: strings.ToLower(strings.Join(strings.Fields(row.Subject), " "))}
}

// choose answers a batch of mailboxes to look into, one of each envelope first,
// so that a few copies of another email are not lost among many. An envelope
// that finds no place is answered as a variant.
func choose(mailboxes []clawback.TracedMailbox, rows []clawback.TraceRow) ([]clawback.TracedMailbox, []clawback.Variant) {
	byRecipient := map[string][]clawback.TraceRow{}
	for _, row := range rows {
		byRecipient[row.Recipient] = append(byRecipient[row.Recipient], row)
	}
	var chosen, others []clawback.TracedMailbox
	var variants []clawback.Variant
	seen := map[envelope]bool{}
	for _, m := range mailboxes {
		if m.Outcome != clawback.OutcomeNone {
			continue
		}
		fresh := unseen(m, byRecipient, seen)
		switch {
		case len(fresh) == 0:
			others = append(others, m)
		case len(chosen) < clawback.BatchSize:
			chosen = append(chosen, m)
		default:
			variants = append(variants, fresh...)
		}
	}
	room := clawback.BatchSize - len(chosen)
	return append(chosen, others[:min(room, len(others))]...), variants
}

// unseen answers the envelopes of a mailbox that none before it had.
func unseen(m clawback.TracedMailbox, byRecipient map[string][]clawback.TraceRow, seen map[envelope]bool) []clawback.Variant {
	var fresh []clawback.Variant
	for _, recipient := range m.Recipients {
		for _, row := range byRecipient[recipient] {
			if e := envelopeOf(row); !seen[e] {
				seen[e] = true
				fresh = append(fresh, clawback.Variant{Sender: row.Sender, Subject: row.Subject, Copies: 1})
			}
		}
	}
	return fresh
}
