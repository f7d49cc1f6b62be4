package store

import (
	"time"

	"clawback"
)

// progress is what settling reads of a remediation's records.
type progress struct {
	records, uncontained, removed, waiting int
}

func (tx *Tx) progress(remediationID string) (progress, error) {
	var p progress
	err := tx.queryRow(`
		SELECT COUNT(*),
			COALESCE(SUM(state <> 'done' OR reason <> 'left_by_soc'
				AND outcome NOT IN ('removed', 'already_gone', 'protected', 'not_delivered', 'unreachable')), 0),
			COALESCE(SUM(outcome = 'removed'), 0)
		FROM records WHERE remediation_id = ?`, remediationID).
		Scan(&p.records, &p.uncontained, &p.removed)
	if err != nil {
		return p, err
	}
	p.waiting, err = tx.due(remediationID)
	return p, err
}

// settle moves a remediation on after a step: it notes the first clean mailbox
// and the containment, and goes over to the watch when no mailbox is open any
// more.
func (tx *Tx) settle(remediationID string) error {
	r, err := tx.worked(remediationID)
	if err != nil {
		return err
	}
	return tx.settleWorked(r)
}

// settleWorked is settle for a remediation that was read in this transaction and
// not changed since.
func (tx *Tx) settleWorked(r clawback.Remediation) error {
	if err := tx.noteFirstClean(r); err != nil {
		return err
	}
	if r.Status != clawback.StatusInProgress || r.Phase.Traces() {
		return nil
	}
	// Every batch comes here: adding up all mailboxes waits for the last one.
	open, err := tx.count(`SELECT EXISTS (SELECT 1 FROM records WHERE remediation_id = ? AND state IN ('new', 'checking', 'removing', 'verifying'))`, r.ID)
	if err != nil || open > 0 {
		return err
	}
	p, err := tx.progress(r.ID)
	if err != nil {
		return err
	}
	return tx.settled(r, p)
}

func (tx *Tx) noteFirstClean(r clawback.Remediation) error {
	if !r.FirstCleanAt.IsZero() {
		return nil
	}
	_, err := tx.exec(`UPDATE remediations SET first_clean_at = ? WHERE id = ?
		AND EXISTS (SELECT 1 FROM records WHERE remediation_id = ? AND state = 'done' AND outcome = 'removed')`, ms(tx.now), r.ID, r.ID)
	return err
}

// settled goes over to the watch, or ends the remediation when the last look was
// made and no mailbox is to be looked at again.
func (tx *Tx) settled(r clawback.Remediation, p progress) error {
	if err := tx.contain(&r, p); err != nil {
		return err
	}
	// No further copy comes of the one email that a setup test was about.
	if r.Mode == clawback.ModeObserve || r.CanaryID != "" || r.Looks >= len(clawback.WatchSchedule) {
		if p.waiting > 0 {
			return nil
		}
		return tx.complete(r)
	}
	next := tx.nextLook(r)
	if r.Phase == clawback.PhaseWatching && next.Equal(r.NextLookAt) {
		return nil
	}
	_, err := tx.exec(`UPDATE remediations SET phase = ?, next_look_at = ? WHERE id = ?`, clawback.PhaseWatching, ms(next), r.ID)
	if err != nil {
		return err
	}
	if err := tx.insertJob(clawback.FoldersJob{RemediationID: r.ID}, tx.now); err != nil {
		return err
	}
	return tx.insertJob(clawback.TraceJob{RemediationID: r.ID}, next)
}

// nextLook answers when the watch looks next, counted from the containment or,
// without one, from the start. What was due while nothing ran is made up soon.
func (tx *Tx) nextLook(r clawback.Remediation) time.Time {
	from := r.ContainedAt
	if from.IsZero() {
		from = r.StartedAt
	}
	next := from.Add(clawback.WatchSchedule[r.Looks])
	if soon := tx.now.Add(time.Minute); next.Before(tx.now) {
		return soon
	}
	return next
}

func (tx *Tx) contain(r *clawback.Remediation, p progress) error {
	if p.records == 0 || p.uncontained > 0 || !r.ContainedAt.IsZero() {
		return nil
	}
	r.ContainedAt = tx.now
	if _, err := tx.exec(`UPDATE remediations SET contained_at = ? WHERE id = ?`, ms(tx.now), r.ID); err != nil {
		return err
	}
	return tx.audit(clawback.Bot(r.StartedBy), auditEvent{
		OrganizationID: r.OrganizationID, Action: "remediation.contained", Subject: r.ID, SubjectName: r.Subject(),
		After: map[string]any{"mailboxes": p.records, "removed": p.removed},
	})
}

func (tx *Tx) complete(r clawback.Remediation) error {
	_, err := tx.exec(`UPDATE remediations SET status = ?, phase = ?, next_look_at = 0, ended_at = ? WHERE id = ?`,
		clawback.StatusCompleted, clawback.PhaseNone, ms(tx.now), r.ID)
	if err != nil {
		return err
	}
	if err := tx.insertJob(clawback.FoldersJob{RemediationID: r.ID}, tx.now); err != nil {
		return err
	}
	return tx.audit(clawback.Bot(r.StartedBy), auditEvent{
		OrganizationID: r.OrganizationID, Action: "remediation.completed", Subject: r.ID, SubjectName: r.Subject(),
	})
}
