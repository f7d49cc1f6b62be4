package store

import (
	"context"
	"time"

	"clawback"
)

// TakeCanary gives a canary to a worker; false when nothing is left to do, or
// another worker of this start has it. What an earlier start or a worker left
// in the middle is only to be cleaned up: whatever it did last, nobody can tell.
func (s *Store) TakeCanary(ctx context.Context, id string) (clawback.CanaryWork, bool, error) {
	var work clawback.CanaryWork
	taken := false
	err := s.inTx(ctx, func(tx *Tx) error {
		c, err := tx.canary(clawback.Scope{Everywhere: true}, id)
		if err != nil {
			return err
		}
		var boot string
		var lease time.Time
		if err := tx.queryRow(`SELECT boot, lease_until FROM canaries WHERE id = ?`, id).Scan(&boot, moment{&lease}); err != nil {
			return err
		}
		if c.Ended() && !c.LeftBehind || boot == tx.store.boot && lease.After(tx.now) {
			return nil
		}
		if work.Connection, err = tx.connection(c.DeviceID); err != nil {
			return err
		}
		work.Canary, taken = c, true
		work.CleanUp = c.Proof == clawback.ProofCanRemove && boot != ""
		_, err = tx.exec(`UPDATE canaries SET boot = ?, lease_until = ? WHERE id = ?`, tx.store.boot, ms(tx.now.Add(canaryLease)), id)
		return err
	})
	return work, taken, err
}

// BeginCanaryStep writes a step down before its call. A canary that somebody else
// ended meanwhile, as who disconnects its device does, answers the problem it ended
// with, and then no call may be made. A step that changes the mailbox is announced
// in the audit trail, and only where protection and halt, read in the same
// transaction, allow it: the problem says why not. Cleaning up our own message is
// the one exception.
func (s *Store) BeginCanaryStep(ctx context.Context, canaryID string, step clawback.CanaryStep, asked string) (clawback.CanaryLine, clawback.CanaryProblem, error) {
	var line clawback.CanaryLine
	var problem clawback.CanaryProblem
	err := s.inTx(ctx, func(tx *Tx) error {
		c, err := tx.canary(clawback.Scope{Everywhere: true}, canaryID)
		if err != nil {
			return err
		}
		if problem, err = tx.endedMeanwhile(c, step); err != nil || problem.Cause != clawback.CanaryNoProblem {
			return err
		}
		if step.Changes() && step != clawback.CanaryCleanUp {
			if problem, err = tx.canaryRefusal(c.OrganizationID, c.Mailbox); err != nil || problem.Cause != clawback.CanaryNoProblem {
				return err
			}
		}
		line = clawback.CanaryLine{ID: newID(), Step: step, Asked: asked, StartedAt: tx.now}
		if _, err := tx.exec(`INSERT INTO canary_lines (id, canary_id, organization_id, step, asked, started_at) VALUES (`+marks(6)+`)`,
			line.ID, c.ID, c.OrganizationID, step, asked, ms(tx.now)); err != nil {
			return err
		}
		if !step.Changes() {
			return nil
		}
		event := canaryEvent(c, "canary.announced")
		event.After = map[string]any{"step": step, "message_id": c.MessageID, "immutable_id": c.ImmutableID}
		return tx.audit(clawback.Bot(c.StartedBy), event)
	})
	return line, problem, err
}

// endedMeanwhile says why a worker may not go on with a canary that has ended. Only
// our own message may still be looked for and taken away, while the device is connected.
func (tx *Tx) endedMeanwhile(c clawback.Canary, step clawback.CanaryStep) (clawback.CanaryProblem, error) {
	if !c.Ended() {
		return clawback.CanaryProblem{}, nil
	}
	mayCleanUp, err := tx.cleansUp(c)
	switch {
	case err != nil || mayCleanUp && (step == clawback.CanaryFind || step == clawback.CanaryCleanUp):
		return clawback.CanaryProblem{}, err
	case c.Problem.Cause != clawback.CanaryNoProblem:
		return c.Problem, nil
	}
	return clawback.CanaryProblem{Cause: clawback.CanaryInterrupted, Finding: "The test has ended already."}, nil
}

// cleansUp says whether a message of an ended canary can be taken away.
func (tx *Tx) cleansUp(c clawback.Canary) (bool, error) {
	d, err := one(tx, "device", scanDevice, deviceSQL+` WHERE id = ?`, c.DeviceID)
	return c.Proof == clawback.ProofCanRemove && !d.Disconnected(), err
}

// EndCanaryStep writes down what came back, and the id of our own message where
// it was placed, also of a canary that was ended while the call was on its way.
func (s *Store) EndCanaryStep(ctx context.Context, canaryID string, line clawback.CanaryLine, immutableID string) error {
	return s.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`UPDATE canary_lines SET found = ?, ok = ?, status = ?, code = ?, request_id = ?, ended_at = ? WHERE id = ? AND canary_id = ?`,
			line.Found, line.OK, line.Status, line.Code, line.RequestID, ms(tx.now), line.ID, canaryID)
		if err != nil || immutableID == "" {
			return err
		}
		_, err = tx.exec(`UPDATE canaries SET immutable_id = ? WHERE id = ?`, immutableID, canaryID)
		return err
	})
}

// FinishCanary ends a canary with what it came to, unless somebody else ended it
// meanwhile. What was only cleaned up later keeps the problem it ended with.
func (s *Store) FinishCanary(ctx context.Context, canaryID string, problem clawback.CanaryProblem, leftBehind bool) error {
	return s.inTx(ctx, func(tx *Tx) error {
		c, err := tx.canary(clawback.Scope{Everywhere: true}, canaryID)
		if err != nil {
			return err
		}
		mayCleanUp, err := tx.cleansUp(c)
		if err != nil || c.Ended() && !mayCleanUp {
			return err
		}
		if _, err := tx.exec(`UPDATE canaries SET left_behind = ?, lease_until = 0 WHERE id = ?`, leftBehind, c.ID); err != nil {
			return err
		}
		switch {
		case !c.Ended():
			return tx.endCanary(c, problem)
		case leftBehind:
			return tx.audit(clawback.Bot(c.StartedBy), canaryEvent(c, "canary.left_behind"))
		}
		return tx.audit(clawback.Bot(c.StartedBy), canaryEvent(c, "canary.cleaned_up"))
	})
}

// endCanary ends a canary, and takes it away from a worker that has it.
func (tx *Tx) endCanary(c clawback.Canary, p clawback.CanaryProblem) error {
	c.Status, c.Problem = clawback.CanaryProved, p
	if p.Cause != clawback.CanaryNoProblem {
		c.Status = clawback.CanaryFailed
	}
	_, err := tx.exec(`UPDATE canaries SET status = ?, cause = ?, finding = ?, advice = ?, who = ?, place = ?, ended_at = ?, next_at = 0, lease_until = 0 WHERE id = ?`,
		c.Status, p.Cause, p.Finding, p.Advice, p.Who, p.Place, ms(tx.now), c.ID)
	if err != nil {
		return err
	}
	return tx.audit(clawback.Bot(c.StartedBy), canaryEvent(c, "canary.ended"))
}

// CleanUpCanary has a message that was left behind taken away once more. It
// returns KindNotFound, KindForbidden, and KindConflict where nothing was left.
func (s *Store) CleanUpCanary(ctx context.Context, actor clawback.Actor, id string) (clawback.Canary, error) {
	var c clawback.Canary
	err := s.inTx(ctx, func(tx *Tx) (err error) {
		if c, err = tx.canary(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), id); err != nil {
			return err
		}
		if err := mayChange(actor, clawback.RightConfigure, c.OrganizationID, "prove a device on a mailbox"); err != nil {
			return err
		}
		if !c.LeftBehind {
			return clawback.Errorf(clawback.KindConflict, "Nothing of this test lies in the mailbox any more; there is nothing to clean up.")
		}
		if err := tx.reachableDevice(c.DeviceID); err != nil {
			return err
		}
		if err := tx.audit(actor, canaryEvent(c, "canary.clean_up_asked")); err != nil {
			return err
		}
		return tx.insertJob(clawback.CanaryJob{CanaryID: c.ID}, tx.now)
	})
	return c, err
}

// ReleaseCanary gives a canary back; what is left to do of it is taken up again
// by its next job.
func (s *Store) ReleaseCanary(ctx context.Context, canaryID string) error {
	return s.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`UPDATE canaries SET lease_until = 0 WHERE id = ?`, canaryID)
		return err
	})
}

// recoverCanaries has the canaries of an earlier start taken up again.
func (tx *Tx) recoverCanaries() error {
	return tx.queueCanaries("boot <> ?", tx.store.boot)
}

// resumeCanaries takes up the canaries whose worker did not come back, and those
// whose next look is overdue.
func (tx *Tx) resumeCanaries() error {
	return tx.queueCanaries("(lease_until > 0 AND lease_until < ? OR next_at > 0 AND next_at < ?)", ms(tx.now), ms(tx.now.Add(-time.Minute)))
}

func (tx *Tx) queueCanaries(condition string, args ...any) error {
	running, err := all(tx, scanText, `SELECT id FROM canaries WHERE status = 'running' AND `+condition, args...)
	if err != nil {
		return err
	}
	for _, id := range running {
		if err := tx.insertJob(clawback.CanaryJob{CanaryID: id}, tx.now); err != nil {
			return err
		}
	}
	return nil
}
