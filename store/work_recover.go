package store

import (
	"context"

	"clawback"
)

// Recover takes up what an earlier start of the process left: its leases are
// void, mailboxes with an announced removal are to be looked at, and what was
// being traced is traced anew. It answers how many mailboxes it freed.
func (s *Store) Recover(ctx context.Context) (int, error) {
	freed := 0
	err := s.inTx(ctx, func(tx *Tx) error {
		held, err := all(tx, scanText, `SELECT id FROM records WHERE lease_until > 0 AND lease_boot <> ?`, tx.store.boot)
		if err != nil {
			return err
		}
		freed = len(held)
		if err := tx.free(held); err != nil {
			return err
		}
		tracing, err := all(tx, scanText, `SELECT id FROM remediations WHERE phase = ? AND status IN (?, ?, ?)`,
			clawback.PhaseTracing, clawback.StatusDraft, clawback.StatusInProgress, clawback.StatusBlocked)
		if err != nil {
			return err
		}
		for _, id := range tracing {
			if err := tx.insertJob(clawback.TraceJob{RemediationID: id}, tx.now); err != nil {
				return err
			}
		}
		return tx.queueDue()
	})
	return freed, err
}

// Reconcile frees mailboxes whose worker did not come back in time, queues what
// is due, and hands failed and denied ones over to the customer after
// clawback.HandOverAfter. It answers how many mailboxes it freed.
func (s *Store) Reconcile(ctx context.Context) (int, error) {
	freed := 0
	err := s.inTx(ctx, func(tx *Tx) error {
		held, err := all(tx, scanText, `SELECT id FROM records WHERE lease_until > 0 AND lease_until < ?`, ms(tx.now))
		if err != nil {
			return err
		}
		freed = len(held)
		if err := tx.free(held); err != nil {
			return err
		}
		if err := tx.handOver(); err != nil {
			return err
		}
		return tx.queueDue()
	})
	return freed, err
}

// free takes records from a worker that is gone. Whatever it still writes is
// refused by the fence.
func (tx *Tx) free(records []string) error {
	for _, id := range records {
		announced, err := tx.count(`SELECT COUNT(*) FROM intents WHERE record_id = ? AND closed_at = 0`, id)
		if err != nil {
			return err
		}
		state := clawback.RecordChecking
		text := "The worker stopped before anything was sent; the mailbox is taken up again."
		if announced > 0 {
			state = clawback.RecordVerifying
			text = "The worker stopped after a removal was announced; whether it took effect is looked up first."
		}
		_, err = tx.exec(`UPDATE records SET state = CASE WHEN state IN ('done', 'verifying') THEN state ELSE ? END,
			lease_boot = '', lease_until = 0, fence = fence + 1 WHERE id = ?`, state, id)
		if err != nil {
			return err
		}
		if err := tx.tell(id, clawback.TimelineRecovered, text, ""); err != nil {
			return err
		}
	}
	return nil
}

// queueDue inserts jobs for every remediation that has due mailboxes nobody
// holds, and for those that wait for a halt that was lifted.
func (tx *Tx) queueDue() error {
	type due struct {
		id    string
		count int
	}
	scan := func(row scanner) (due, error) {
		var d due
		err := row.Scan(&d.id, &d.count)
		return d, err
	}
	waiting, err := all(tx, scan, `
		SELECT m.id, COUNT(*) FROM remediations m JOIN records r ON r.remediation_id = m.id
		WHERE m.status IN ('in_progress', 'blocked', 'stopped') AND r.due_at > 0 AND r.due_at <= ? AND r.lease_until = 0
			AND NOT EXISTS (SELECT 1 FROM halts h WHERE h.organization_id IN ('', m.organization_id))
		GROUP BY m.id`, ms(tx.now))
	if err != nil {
		return err
	}
	for _, d := range waiting {
		if _, err := tx.exec(`UPDATE remediations SET status = 'in_progress', blocked_by = '', blocked_since = 0, blocked_detail = ''
			WHERE id = ? AND blocked_by = ?`, d.id, clawback.BlockedHalt); err != nil {
			return err
		}
		for range (d.count + clawback.BatchSize - 1) / clawback.BatchSize {
			if err := tx.insertJob(clawback.RemoveJob{RemediationID: d.id}, tx.now); err != nil {
				return err
			}
		}
	}
	return nil
}

func (tx *Tx) handOver() error {
	scan := func(row scanner) (recordOutcome, error) {
		var r recordOutcome
		err := row.Scan(&r.ID, &r.RemediationID, &r.OrganizationID, &r.outcome)
		return r, err
	}
	waiting, err := all(tx, scan, `
		SELECT id, remediation_id, organization_id, outcome FROM records
		WHERE outcome IN ('failed', 'denied') AND handed_over_at = 0 AND state = ? AND done_at < ?`,
		clawback.RecordDone, ms(tx.now.Add(-clawback.HandOverAfter)))
	if err != nil {
		return err
	}
	for _, r := range waiting {
		if err := tx.addToAction(r.recordRef, r.outcome); err != nil {
			return err
		}
		if _, err := tx.exec(`UPDATE records SET handed_over_at = ? WHERE id = ?`, ms(tx.now), r.ID); err != nil {
			return err
		}
		if err := tx.tell(r.ID, clawback.TimelineHandover, "Handed over to the customer: the SOC did not solve it within four hours.", ""); err != nil {
			return err
		}
	}
	return nil
}

type recordOutcome struct {
	recordRef
	outcome clawback.Outcome
}
