package store

import (
	"context"
	"slices"

	"clawback"
)

// BeginKnown lets a removal that was just started begin with what its preview
// found, within its limits, while the trace is asked who else got the email.
// Where the sender of a target is not known it waits for the trace, which may
// tell.
func (s *Store) BeginKnown(ctx context.Context, remediationID string) error {
	return s.inTx(ctx, func(tx *Tx) error {
		r, err := tx.worked(remediationID)
		if err != nil || r.Status != clawback.StatusInProgress || r.Phase != clawback.PhaseTracing {
			return err
		}
		if slices.ContainsFunc(r.Targets, func(t clawback.Target) bool { return !t.Known() }) {
			return nil
		}
		if due, err := tx.dueKnown(r.ID); err != nil || due == 0 {
			return err
		}
		if _, within, err := tx.admitWithin(r); err != nil || !within {
			return err
		}
		if _, err := tx.exec(`UPDATE remediations SET phase = ? WHERE id = ?`, clawback.PhaseRetracing, r.ID); err != nil {
			return err
		}
		return tx.insertJob(clawback.RemoveJob{RemediationID: r.ID}, tx.now)
	})
}

// cleanKnown lets a removal whose trace does not answer begin with what its
// preview found.
func (tx *Tx) cleanKnown(remediationID string) error {
	r, err := tx.worked(remediationID)
	if err != nil || r.Status != clawback.StatusBlocked || !r.Phase.Traces() {
		return err
	}
	if due, err := tx.dueKnown(r.ID); err != nil || due == 0 {
		return err
	}
	return tx.goOn(r)
}

// dueKnown makes due what traces found, and answers how many mailboxes are.
func (tx *Tx) dueKnown(remediationID string) (int, error) {
	if err := tx.makeKnownDue(remediationID); err != nil {
		return 0, err
	}
	return tx.due(remediationID)
}

// due answers how many mailboxes are to be worked on, now or later.
func (tx *Tx) due(remediationID string) (int, error) {
	return tx.count(`SELECT COUNT(*) FROM records WHERE remediation_id = ? AND due_at > 0`, remediationID)
}

// makeKnownDue makes due what traces found and nothing was done for.
func (tx *Tx) makeKnownDue(remediationID string) error {
	_, err := tx.exec(`UPDATE records SET due_at = ? WHERE remediation_id = ? AND state = ? AND due_at = 0`,
		ms(tx.now), remediationID, clawback.RecordNew)
	return err
}
