package purge_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"clawback"
	"clawback/m365sim"
)

// BenchmarkRemoval removes an email from many mailboxes of a Microsoft that answers at once, so that what is left is our
// own work: trace, resolve, find, announce, move and prove, with every row and audit event. The simulator's share, in the
// same process, is counted too.
func BenchmarkRemoval(b *testing.B) {
	for _, mailboxes := range []int{100, 1000, 10000} {
		b.Run(fmt.Sprint(mailboxes, " mailboxes"), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				s := setupWith(b, m365sim.Config{Seed: 7, Mailboxes: mailboxes + 30})
				s.setting.VolumeLimit = mailboxes + 1
				s.save()
				mail := "From: " + sender + "\r\nTo: x@y.example\r\nSubject: " + subject + "\r\nMessage-ID: " + messageID + "\r\n\r\nPay.\r\n"
				s.control(http.MethodPost, fmt.Sprint("/messages?count=", mailboxes), mail, nil)
				r, err := s.store.CreateRemediation(context.Background(), admin, clawback.NewRemediation{
					OrganizationID: s.organization.ID, Targets: []clawback.Target{target()}, Reason: "phishing", Start: true, MaxMailboxes: mailboxes,
				})
				s.must(err)
				b.StartTimer()
				s.must(s.engine.Trace(context.Background(), r.ID))
				s.must(s.engine.Remove(context.Background(), r.ID))
				b.StopTimer()
				if done := s.remediation(r.ID); done.Counts.Of(clawback.OutcomeRemoved) != mailboxes || done.ContainedAt.IsZero() {
					b.Fatalf("counts %+v", done.Counts)
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(mailboxes), "us/mailbox")
		})
	}
}
