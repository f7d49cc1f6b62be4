package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"clawback"
)

// leaseTime is how long a worker may hold a mailbox before another may look at it.
const leaseTime = 90 * time.Second

// ClaimRecords leases up to a batch of due mailboxes of one device. A mailbox
// with an announced removal comes back to be looked at only. Nothing is due
// when the claim has no records.
func (s *Store) ClaimRecords(ctx context.Context, remediationID string) (clawback.Claim, error) {
	var claim clawback.Claim
	err := s.inTx(ctx, func(tx *Tx) error {
		claim = clawback.Claim{}
		r, err := tx.worked(remediationID)
		if err != nil {
			return err
		}
		which, err := tx.claimable(r)
		if err != nil {
			return err
		}
		due, err := tx.dueRecords(r, which)
		if err != nil || len(due) == 0 {
			return err
		}
		if claim.Connection, err = tx.connection(due[0].DeviceID); err != nil {
			return err
		}
		claim.Remediation = r
		claim.Records, err = tx.lease(due)
		return err
	})
	return claim, err
}

const (
	claimAll  = "1=1"
	claimOpen = "state <> 'done'"
	// claimSent is for what was announced: its result is wanted whatever became of
	// the remediation.
	claimSent = "(state = 'verifying' OR EXISTS (SELECT 1 FROM intents WHERE record_id = records.id AND closed_at = 0))"
	// claimOrdered is for what a customer's admin ordered after all was done.
	claimOrdered = "(ordered_at > 0 OR " + claimSent + ")"
)

// claimable answers which due mailboxes of a remediation may be taken up. What
// is traced anew may turn out to need an approval, and what waits for one or is
// halted begins nothing. What was stopped ends what it had begun.
func (tx *Tx) claimable(r clawback.Remediation) (string, error) {
	switch {
	case r.Status == clawback.StatusStopped:
		return claimOpen, nil
	case r.Status == clawback.StatusCompleted:
		return tx.unlessHalted(r, claimOrdered)
	case waits(r):
		return claimSent, nil
	case r.BlockedBy == clawback.BlockedHalt:
		return tx.unlessHalted(r, claimAll)
	}
	return claimAll, nil
}

func (tx *Tx) unlessHalted(r clawback.Remediation, which string) (string, error) {
	halt, err := tx.halted(r.OrganizationID)
	if err != nil || halt != nil {
		return claimSent, err
	}
	return which, nil
}

// waits says whether no removal may begin before a person or a trace has spoken.
func waits(r clawback.Remediation) bool {
	running := r.Status == clawback.StatusInProgress || r.Status == clawback.StatusBlocked
	return !running || r.Phase == clawback.PhaseTracing || r.Lapsed != ""
}

const claimColumns = `id, device_id, mailbox_id, address, name, kind, addresses, looked_up_at, state, outcome, attempts, rechecks, fence, targets`

func scanClaimed(row scanner) (clawback.ClaimedRecord, error) {
	var c clawback.ClaimedRecord
	err := row.Scan(&c.ID, &c.DeviceID, &c.Mailbox.ID, &c.Mailbox.Address, &c.Mailbox.Name, &c.Mailbox.Kind,
		jsonText{&c.Mailbox.Addresses}, moment{&c.Mailbox.LookedUpAt}, &c.State, &c.Outcome, &c.Attempts, &c.Rechecks, &c.Fence, jsonText{&c.Targets})
	return c, err
}

// scouts are the mailboxes that go ahead of a large removal: Microsoft runs four
// requests of a batch at a time, so that these are clean when a whole batch is not
// even found, and whoever waits sees that it works.
const (
	scouts     = 4
	scoutsFrom = 5 * clawback.BatchSize
)

// batchOf answers how many mailboxes to claim.
func (tx *Tx) batchOf(r clawback.Remediation) (int, error) {
	if !r.FirstCleanAt.IsZero() {
		return clawback.BatchSize, nil
	}
	many, err := tx.count(`SELECT NOT EXISTS (SELECT 1 FROM records WHERE remediation_id = ? AND lease_until > 0)
		AND (SELECT COUNT(*) FROM (SELECT 1 FROM records WHERE remediation_id = ? AND due_at > 0 LIMIT ?)) = ?`, r.ID, r.ID, scoutsFrom, scoutsFrom)
	if many == 1 {
		return scouts, err
	}
	return clawback.BatchSize, err
}

// dueRecords answers due mailboxes that nobody holds, all of the device of the
// one that waited longest.
func (tx *Tx) dueRecords(r clawback.Remediation, which string) ([]clawback.ClaimedRecord, error) {
	size, err := tx.batchOf(r)
	if err != nil {
		return nil, err
	}
	due, err := all(tx, scanClaimed, `
		SELECT `+claimColumns+` FROM records
		WHERE remediation_id = ? AND due_at > 0 AND due_at <= ? AND (lease_until <= ? OR lease_boot <> ?) AND `+which+`
		ORDER BY due_at, id LIMIT ?`, r.ID, ms(tx.now), ms(tx.now), tx.store.boot, size)
	var batch []clawback.ClaimedRecord
	for _, record := range due {
		if record.DeviceID == due[0].DeviceID {
			batch = append(batch, record)
		}
	}
	return batch, err
}

func (tx *Tx) lease(records []clawback.ClaimedRecord) ([]clawback.ClaimedRecord, error) {
	for i := range records {
		record := &records[i]
		announced, err := tx.count(`SELECT COUNT(*) FROM intents WHERE record_id = ? AND closed_at = 0`, record.ID)
		if err != nil {
			return nil, err
		}
		record.LookOnly = announced > 0 || record.State == clawback.RecordVerifying
		if record.LookOnly {
			record.State = clawback.RecordVerifying
		} else if record.State != clawback.RecordDone {
			record.State = clawback.RecordChecking
		}
		record.Fence++
		if _, err := tx.exec(`UPDATE records SET state = ?, lease_boot = ?, lease_until = ?, fence = ? WHERE id = ?`,
			record.State, tx.store.boot, ms(tx.now.Add(leaseTime)), record.Fence, record.ID); err != nil {
			return nil, err
		}
		if record.Copies, err = tx.copies(record.ID); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// copies answers every copy of a record, in the order in which they were found.
// SQLite takes ten times as long where it is to sort them, be there one or none.
func (tx *Tx) copies(recordID string) ([]clawback.Copy, error) {
	copies, err := all(tx, scanCopy, `SELECT `+copyColumns+` FROM copies p WHERE p.record_id = ?`, recordID)
	slices.SortFunc(copies, func(a, b clawback.Copy) int { return strings.Compare(a.ID, b.ID) })
	return copies, err
}

// holds says whether the record is still the worker's: its fence has not moved.
func (tx *Tx) holds(recordID string, fence int64) (bool, error) {
	n, err := tx.count(`SELECT COUNT(*) FROM records WHERE id = ? AND fence = ? AND lease_boot = ?`, recordID, fence, tx.store.boot)
	return n == 1, err
}

// park gives the record back, to be taken up again after a while in a state.
// Waiting because Microsoft asked for it is no failed attempt, and may last: what
// it waits for is its detail meanwhile.
func (tx *Tx) park(recordID string, state clawback.RecordState, wait time.Duration, answer clawback.Answer) error {
	attempt := 1
	if answer.Kind == clawback.AnswerThrottled || answer.Kind == clawback.AnswerUnauthorized {
		attempt = 0
	}
	_, err := tx.exec(`UPDATE records SET state = ?, outcome = '', reason = '', detail = ?, done_at = 0, due_at = ?, lease_boot = '', lease_until = 0,
		attempts = attempts + ? WHERE id = ?`, state, waitingText(answer), ms(tx.now.Add(wait)), attempt, recordID)
	if err != nil {
		return err
	}
	return tx.tell(recordID, clawback.TimelineParked, parkedText(wait, answer), answerText(answer))
}

// finish ends a record with its outcome. What was not found is looked at again
// later; what is the customer's to do becomes an action.
func (tx *Tx) finish(r clawback.Remediation, recordID string, fate tracedFate) error {
	var before struct {
		rechecks int
		outcome  clawback.Outcome
	}
	err := tx.queryRow(`SELECT rechecks, outcome FROM records WHERE id = ?`, recordID).Scan(&before.rechecks, &before.outcome)
	if err != nil {
		return err
	}
	due, rechecks := int64(0), before.rechecks
	if fate.outcome == clawback.OutcomeNotFound && rechecks < len(clawback.NotFoundSchedule) && !r.Ended() {
		due = ms(tx.now.Add(clawback.NotFoundSchedule[rechecks]))
		rechecks++
	}
	_, err = tx.exec(`UPDATE records SET state = ?, outcome = ?, reason = ?, detail = ?, protected_by = ?, protected_purpose = ?,
		due_at = ?, rechecks = ?, done_at = ?, lease_boot = '', lease_until = 0, ordered_at = 0 WHERE id = ?`,
		clawback.RecordDone, fate.outcome, fate.reason, fate.detail, fate.protection.EntryID, fate.protection.Purpose,
		due, rechecks, ms(tx.now), recordID)
	if err != nil || fate.outcome == before.outcome {
		return err
	}
	if err := tx.leaveActions(r, recordID, fate.outcome); err != nil {
		return err
	}
	return tx.tellFate(r, recordID, fate)
}
