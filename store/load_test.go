package store_test

import (
	"testing"
	"time"

	"clawback"
	"clawback/store/storetest"
)

// BenchmarkPages reads the pages' queries over a million records.
func BenchmarkPages(b *testing.B) {
	s := storetest.Open(b)
	o, d := storetest.Ready(b, s)
	soc := storetest.SOCAnalyst()
	big := storetest.Draft(b, s, soc, o, "<big@evil.example>", "Big invoice")
	s.Exec(b, `WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
		INSERT INTO remediations (id, number, organization_id, status, phase, mode, removal, reason, reference, created_by, created_by_name, created_at)
		SELECT 'r' || i, i, ?, 'completed', '', 'enforce', 'soft', '', '', '', '', i FROM n`, o.ID)
	s.Exec(b, `INSERT INTO remediation_targets (remediation_id, position, source, message_id, sender, subject)
		SELECT id, 0, 'eml', '<' || number || '@evil.example>', 's', 'Invoice overdue ' || number FROM remediations WHERE number > 1`)
	insert := `INSERT INTO records (id, remediation_id, organization_id, device_id, mailbox_key, mailbox_id, address, name, kind, delivery_status, state, outcome, created_at)
		SELECT r.id || 'm' || i, r.id, r.organization_id, ?, 'm' || i, 'm' || i, 'm' || i || '@customer.example', 'n', 'mailbox', 'delivered', 'done', 'removed', 1
		FROM remediations r JOIN n WHERE r.number `
	s.Exec(b, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) `+insert+`> 1`, d.ID)
	s.Exec(b, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) `+insert+`= 1`, d.ID)

	for name, read := range map[string]func() error{
		"remediations": func() error { _, err := s.ListRemediations(ctx, soc, clawback.RemediationFilter{}); return err },
		"attention": func() error {
			_, err := s.ListRemediations(ctx, soc, clawback.RemediationFilter{Attention: true})
			return err
		},
		"outcome": func() error {
			_, err := s.ListRemediations(ctx, soc, clawback.RemediationFilter{Outcome: clawback.OutcomeRemoved})
			return err
		},
		"search words": func() error {
			_, err := s.ListRemediations(ctx, soc, clawback.RemediationFilter{Search: "overdue 777"})
			return err
		},
		"search address": func() error {
			_, err := s.ListRemediations(ctx, soc, clawback.RemediationFilter{Search: "m7777@customer.example"})
			return err
		},
		"remediation of 10,000": func() error { _, err := s.FindRemediation(ctx, soc, big.ID); return err },
		"records of 10,000":     func() error { _, err := s.ListRecords(ctx, soc, big.ID, clawback.RecordFilter{}); return err },
		"records searched": func() error {
			_, err := s.ListRecords(ctx, soc, big.ID, clawback.RecordFilter{Search: "m777"})
			return err
		},
		"organizations": func() error { _, err := s.ListOrganizations(ctx, soc); return err },
	} {
		b.Run(name, func(b *testing.B) {
			slowest := time.Duration(0)
			for b.Loop() {
				begin := time.Now()
				if err := read(); err != nil {
					b.Fatal(err)
				}
				slowest = max(slowest, time.Since(begin))
			}
			b.ReportMetric(float64(slowest.Microseconds())/1000, "slowest-ms")
		})
	}
}
