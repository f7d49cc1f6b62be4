package store

import (
	"context"

	"clawback"
)

// SkipStep leaves a step out of an organization's setup, on record; asking twice
// changes nothing. It returns KindNotFound for a device the actor does not see,
// KindForbidden for who may not decide, KindInvalid about the
// reason or for a step that can't be left out, and KindConflict where the step is
// done in another way.
func (s *Store) SkipStep(ctx context.Context, actor clawback.Actor, deviceID string, step clawback.SetupStep, reason string) error {
	reason, err := text("reason", reason, maxText)
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *Tx) error {
		d, err := tx.decides(actor, deviceID, step)
		if err != nil {
			return err
		}
		selected, err := tx.count(`SELECT COUNT(*) FROM never_remove WHERE organization_id = ?`, d.OrganizationID)
		if err != nil {
			return err
		}
		if selected > 0 {
			return clawback.Errorf(clawback.KindConflict, "Somebody selected an inbox meanwhile, so there is one to protect: the step is done. Load the page again.")
		}
		n, err := tx.exec(`INSERT INTO setup_decisions (id, organization_id, step, reason, decided_by, decided_by_name, decided_at) VALUES (`+marks(7)+`)
			ON CONFLICT DO NOTHING`, newID(), d.OrganizationID, step, reason, actor.ID, actor.Name, ms(tx.now))
		if err != nil || n == 0 {
			return err
		}
		return tx.audit(actor, auditEvent{OrganizationID: d.OrganizationID, Action: "setup.step_skipped", Subject: d.ID, SubjectName: d.Name,
			After: map[string]any{"step": step, "reason": reason}})
	})
}

// UnskipStep takes a decision back. It returns the errors of SkipStep.
func (s *Store) UnskipStep(ctx context.Context, actor clawback.Actor, deviceID string, step clawback.SetupStep) error {
	return s.inTx(ctx, func(tx *Tx) error {
		d, err := tx.decides(actor, deviceID, step)
		if err != nil {
			return err
		}
		n, err := tx.exec(`UPDATE setup_decisions SET taken_back_at = ?, taken_back_by = ? WHERE organization_id = ? AND step = ? AND taken_back_at = 0`,
			ms(tx.now), actor.Name, d.OrganizationID, step)
		if err != nil || n == 0 {
			return err
		}
		return tx.audit(actor, auditEvent{OrganizationID: d.OrganizationID, Action: "setup.skip_taken_back", Subject: d.ID, SubjectName: d.Name,
			After: map[string]any{"step": step}})
	})
}

// decides answers the device where the actor is an admin of its organization, or a
// service that may configure it as one does: a decision not to protect anything is
// the customer's own, and nobody of the provider's makes it.
func (tx *Tx) decides(actor clawback.Actor, deviceID string, step clawback.SetupStep) (clawback.Device, error) {
	d, err := tx.device(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), deviceID)
	switch {
	case err != nil:
		return d, err
	case !step.Skippable():
		return d, clawback.Invalid("step", "Only the step “%s” can be left out: the others are needed to remove anything.", clawback.StepNeverRemove.Name())
	case !actor.IsAdminOf(d.OrganizationID) && !(actor.Kind == clawback.ActorService && actor.Can(clawback.RightConfigure, d.OrganizationID)):
		return d, clawback.Errorf(clawback.KindForbidden, "Only an admin of the organization decides that there is no inbox to protect.")
	}
	return d, nil
}

func (tx *Tx) setupDecisions(organizationID string) ([]clawback.SetupDecision, error) {
	return all(tx, func(row scanner) (clawback.SetupDecision, error) {
		var d clawback.SetupDecision
		err := row.Scan(&d.ID, &d.OrganizationID, &d.Step, &d.Reason, &d.By, moment{&d.At}, &d.TakenBackBy, moment{&d.TakenBackAt})
		return d, err
	}, `SELECT id, organization_id, step, reason, decided_by_name, decided_at, taken_back_by, taken_back_at FROM setup_decisions
		WHERE organization_id = ? ORDER BY decided_at DESC, id DESC`, organizationID)
}
