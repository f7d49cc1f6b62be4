package graphclient_test

import (
	"testing"

	"clawback"
)

// BenchmarkFindCopies asks twenty mailboxes in one batch, the simulator's work included.
func BenchmarkFindCopies(b *testing.B) {
	s := setup(b)
	const id = "<bench@evil.example>"
	s.deliver(id, "count=20")
	var requests []clawback.FindRequest
	for _, c := range s.copies(id) {
		requests = append(requests, clawback.FindRequest{MailboxID: c.Mailbox, MessageIDs: []string{id}})
	}
	b.ReportAllocs()
	for b.Loop() {
		answers, err := s.client.FindCopies(b.Context(), s.conn, requests)
		if err != nil || len(answers[19].Copies) != 1 {
			b.Fatalf("got %+v, %v", answers, err)
		}
	}
}
