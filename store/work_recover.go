package store

import (
	"context"

	"clawback"
)

// Recover takes up what an earlier start of the process left: its jobs wait
// again, its leases are void, mailboxes with an announced removal are to be looked
// at, and what was being traced is traced anew. It answers how many mailboxes it
// freed.
func (s *Store) Recover(ctx context.Context) (int, error) {
	freed := 0
	err := s.inTx(ctx, func(tx *Tx) error {
		if err := tx.takeUpJobs(); err != nil {
			return err
		}
		held, err := all(tx, scanText, `SELECT id FROM records WHERE lease_until > 0 AND lease_boot <> ?`, tx.store.boot)
		if err != nil {
			return err
		}
		freed = len(held)
		if err := tx.free(held); err != nil {
			return err
		}
		// What cleans the mailboxes it knows while the trace is down waits for one too.
		tracing, err := all(tx, scanText, `SELECT id FROM remediations WHERE status IN (?, ?, ?) AND (phase IN (?, ?) OR blocked_by IN (?, ?, ?, ?) OR lapsed <> '' AND previewed_at = 0)`,
			clawback.StatusDraft, clawback.StatusInProgress, clawback.StatusBlocked, clawback.PhaseTracing, clawback.PhaseRetracing,
			clawback.BlockedTrace, clawback.BlockedQuota, clawback.BlockedDirectory, clawback.BlockedDevice)
		if err != nil {
			return err
		}
		for _, id := range tracing {
			if err := tx.traceOnce(id); err != nil {
				return err
			}
		}
		if err := tx.recoverCanaries(); err != nil {
			return err
		}
		_, err = tx.queueDue()
		return err
	})
	return freed, err
}

// Reconcile frees mailboxes whose worker did not come back in time, hands
// failed and denied ones over to the customer after clawback.HandOverAfter, ends
// what nobody approved in time, and notes what was blocked or ordered for too
// long. It answers how many mailboxes it freed.
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
		if err := tx.resumeCanaries(); err != nil {
			return err
		}
		if err := tx.handOver(); err != nil {
			return err
		}
		if err := tx.endUnapproved(); err != nil {
			return err
		}
		if err := tx.lapseBlocked(); err != nil {
			return err
		}
		return tx.lapseOrders()
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

// QueueDue inserts jobs for mailboxes that are due and that no job is waiting
// for: the rows are the truth, so nothing depends on a timer of the queue. It
// answers how many mailboxes it found.
func (s *Store) QueueDue(ctx context.Context) (int, error) {
	var waiting []dueWork
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		waiting, err = tx.dueWork()
		return err
	})
	if err != nil || len(waiting) == 0 {
		return 0, err
	}
	found := 0
	err = s.inTx(ctx, func(tx *Tx) error {
		found, err = tx.queueDue()
		return err
	})
	return found, err
}

// dueWork is a remediation with mailboxes that are due.
type dueWork struct {
	remediationID string
	blockedBy     clawback.BlockedBy
	mailboxes     int
}

// dueWork answers the remediations with due mailboxes that nobody holds, that may
// be taken up (see claimable) and that no job waits for. They are added up
// first: a check for every one of ten thousand mailboxes takes a second.
func (tx *Tx) dueWork() ([]dueWork, error) {
	scan := func(row scanner) (dueWork, error) {
		var d dueWork
		err := row.Scan(&d.remediationID, &d.blockedBy, &d.mailboxes)
		return d, err
	}
	return all(tx, scan, `
		WITH due AS (
			SELECT remediation_id, COUNT(*) AS mailboxes, SUM(state = 'verifying') AS sent, SUM(ordered_at > 0) AS ordered FROM records
			WHERE due_at > 0 AND due_at <= ? AND lease_until = 0 GROUP BY remediation_id
		), free AS (
			SELECT m.id, m.blocked_by, CASE m.status WHEN 'completed' THEN due.ordered ELSE due.mailboxes END AS mailboxes, due.sent,
				m.status = 'stopped' OR (m.status IN ('in_progress', 'blocked') AND m.phase <> 'tracing' AND m.lapsed = '' OR m.status = 'completed' AND due.ordered > 0)
				AND NOT EXISTS (SELECT 1 FROM halts h WHERE h.organization_id IN ('', m.organization_id)) AS goes_on
			FROM due JOIN remediations m ON m.id = due.remediation_id
		)
		SELECT id, CASE WHEN goes_on THEN blocked_by ELSE '' END, CASE WHEN goes_on THEN mailboxes ELSE sent END FROM free
		WHERE (goes_on OR sent > 0) AND NOT EXISTS (SELECT 1 FROM river_job j WHERE j.kind = 'remove' AND j.state = 'available'
			AND json_extract(j.args, '$.remediation_id') = free.id)`, ms(tx.now))
}

func (tx *Tx) queueDue() (int, error) {
	waiting, err := tx.dueWork()
	if err != nil {
		return 0, err
	}
	found := 0
	for _, d := range waiting {
		found += d.mailboxes
		if d.blockedBy == clawback.BlockedHalt {
			if err := tx.resumeHalted(d.remediationID); err != nil {
				return 0, err
			}
		}
		if err := tx.insertJob(clawback.RemoveJob{RemediationID: d.remediationID}, tx.now); err != nil {
			return 0, err
		}
	}
	return found, nil
}

// resumeHalted lets a remediation go on whose halt was lifted.
func (tx *Tx) resumeHalted(remediationID string) error {
	r, err := tx.worked(remediationID)
	if err != nil {
		return err
	}
	return tx.unblock(&r)
}
