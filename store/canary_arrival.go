package store

import (
	"context"
	"time"

	"clawback"
)

// WaitCanary gives a canary back until its next look.
func (s *Store) WaitCanary(ctx context.Context, canaryID string, wait time.Duration) error {
	return s.inTx(ctx, func(tx *Tx) error {
		next := tx.now.Add(wait)
		n, err := tx.exec(`UPDATE canaries SET next_at = ?, lease_until = 0 WHERE id = ? AND status = ?`, ms(next), canaryID, clawback.CanaryRunning)
		if err != nil || n == 0 {
			return err
		}
		return tx.insertJob(clawback.CanaryJob{CanaryID: canaryID}, next)
	})
}

// StartCanaryRemoval begins the removal of the email from outside, by the
// ordinary engine and under the organization's own rules, in one mailbox at most;
// on behalf of who started the canary. The problem says what rules it out.
func (s *Store) StartCanaryRemoval(ctx context.Context, canaryID string, target clawback.Target) (clawback.Canary, clawback.CanaryProblem, error) {
	var c clawback.Canary
	var problem clawback.CanaryProblem
	err := s.inTx(ctx, func(tx *Tx) (err error) {
		if c, err = tx.canary(clawback.Scope{Everywhere: true}, canaryID); err != nil || c.RemediationID != "" {
			return err
		}
		if c.Ended() {
			problem = c.Problem // somebody ended it while the trace was asked
			return nil
		}
		setting, err := tx.autoRemediation(c.OrganizationID)
		if err != nil {
			return err
		}
		if problem, err = tx.removalRefusal(c, setting); err != nil || problem.Cause != clawback.CanaryNoProblem {
			return err
		}
		if target, err = normalizeTarget(target); err != nil {
			return err
		}
		if c.RemediationID, err = tx.insertCanaryRemoval(c, setting, target); err != nil {
			return err
		}
		c.MessageID, c.GivesUpAt = target.MessageID, tx.now.Add(clawback.CanaryWait)
		_, err = tx.exec(`UPDATE canaries SET remediation_id = ?, message_id = ?, gives_up_at = ? WHERE id = ?`, c.RemediationID, c.MessageID, ms(c.GivesUpAt), c.ID)
		return err
	})
	return c, problem, err
}

func (tx *Tx) insertCanaryRemoval(c clawback.Canary, setting clawback.AutoRemediation, target clawback.Target) (string, error) {
	by := clawback.Bot(c.StartedBy)
	id, err := tx.insertRemediation(by, clawback.NewRemediation{
		OrganizationID: c.OrganizationID, Targets: []clawback.Target{target}, Reason: "Setup test: an email that " + c.StartedByName + " sent from outside", Start: true, MaxMailboxes: 1,
	}, setting)
	if err != nil {
		return "", err
	}
	if _, err := tx.exec(`UPDATE remediations SET canary_id = ? WHERE id = ?`, c.ID, id); err != nil {
		return "", err
	}
	r, err := tx.remediation(id)
	if err != nil {
		return "", err
	}
	if err := tx.auditCreated(by, r); err != nil {
		return "", err
	}
	return id, tx.insertJob(clawback.TraceJob{RemediationID: id}, tx.now)
}

// removalRefusal says why the ordinary engine would remove nothing through this
// device now.
func (tx *Tx) removalRefusal(c clawback.Canary, setting clawback.AutoRemediation) (clawback.CanaryProblem, error) {
	on, err := tx.count(`SELECT COUNT(*) FROM auto_remediation_devices WHERE organization_id = ? AND device_id = ?`, c.OrganizationID, c.DeviceID)
	if err != nil || setting.Mode == clawback.ModeEnforce && on > 0 {
		return clawback.CanaryProblem{}, err
	}
	return notEnforced(), nil
}

func notEnforced() clawback.CanaryProblem {
	return clawback.CanaryProblem{Cause: clawback.CanaryNotEnforced, Who: "An admin of the organization",
		Finding: "This test goes the whole way of a real removal, and the auto remediation does not remove through this device: its mode is not enforce, or the device is not among its devices.",
		Advice:  "Test with a message of our own first, then switch enforce on in the auto remediation, and start this test again."}
}

// StopCanary ends the waiting for an email from outside. It returns
// KindNotFound, KindForbidden, and KindConflict where nothing waits.
func (s *Store) StopCanary(ctx context.Context, actor clawback.Actor, id string) (clawback.Canary, error) {
	var c clawback.Canary
	err := s.inTx(ctx, func(tx *Tx) (err error) {
		if c, err = tx.canary(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), id); err != nil {
			return err
		}
		if err := mayChange(actor, clawback.RightConfigure, c.OrganizationID, "prove a device on a mailbox"); err != nil {
			return err
		}
		if c.Ended() || !c.Waiting() {
			return clawback.Errorf(clawback.KindConflict, "This test does not wait for an email any more; there is nothing to stop.")
		}
		if err := tx.audit(actor, canaryEvent(c, "canary.stopped")); err != nil {
			return err
		}
		if err := tx.endCanary(c, clawback.CanaryProblem{Cause: clawback.CanaryStopped, Who: "An admin of the organization",
			Finding: actor.Name + " stopped waiting for the email.", Advice: "Start the test again whenever you are ready to send one."}); err != nil {
			return err
		}
		c, err = tx.canary(clawback.Scope{Organizations: []string{c.OrganizationID}}, id)
		return err
	})
	return c, err
}
