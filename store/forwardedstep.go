package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"clawback"
)

// ForwardStep makes a link to one step of a device's setup, for somebody without
// an account. It returns KindNotFound for a device the actor does not see,
// KindForbidden, KindInvalid for a step that Microsoft has no part in, and
// KindConflict when too many links to the step work already, for a disconnected
// device, and for the consent to the integration, which has a link of its own.
func (s *Store) ForwardStep(ctx context.Context, actor clawback.Actor, deviceID string, step clawback.SetupStep) (clawback.ForwardedStepMade, error) {
	made := clawback.ForwardedStepMade{Token: clawback.NewSecret(randomText())}
	if !step.Checked() {
		return made, clawback.Invalid("step", "This step is done here in Clawback: invite who is to do it.")
	}
	err := s.inTx(ctx, func(tx *Tx) error {
		d, err := tx.device(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), deviceID)
		if err != nil {
			return err
		}
		if err := tx.mayConnect(actor, d.OrganizationID, "forward a step of the setup"); err != nil {
			return err
		}
		if err := forwardable(d, step); err != nil {
			return err
		}
		made.ForwardedStep = clawback.ForwardedStep{ID: newID(), OrganizationID: d.OrganizationID, DeviceID: d.ID, Step: step, By: actor.Name,
			CreatedAt: tx.now, ExpiresAt: tx.now.Add(clawback.ForwardedStepLife)}
		return tx.insertForwardedStep(actor, d, made)
	})
	if err != nil {
		return clawback.ForwardedStepMade{}, err
	}
	return made, nil
}

func forwardable(d clawback.Device, step clawback.SetupStep) error {
	if d.Connection == clawback.ConnectionIntegration && step == clawback.StepConnect {
		return clawback.Errorf(clawback.KindConflict, "“%s” is connected by a consent to the integration. Make a link to that consent instead.", d.Name)
	}
	return stillConnected(d)
}

func (tx *Tx) insertForwardedStep(actor clawback.Actor, d clawback.Device, made clawback.ForwardedStepMade) error {
	open, err := tx.count(`SELECT COUNT(*) FROM forwarded_steps WHERE device_id = ? AND organization_id = ? AND step = ? AND revoked_at = 0 AND expires_at > ?`,
		d.ID, d.OrganizationID, made.Step, ms(tx.now))
	if err != nil {
		return err
	}
	if open >= clawback.MaxForwardedSteps {
		return clawback.Errorf(clawback.KindConflict, "%d links to this step work already. Withdraw one that is not needed any more, then make a new one.", open)
	}
	sealed, err := tx.store.seal.close(made.Token, forwardedPlace(made.OrganizationID, made.ID))
	if err != nil {
		return err
	}
	if _, err := tx.exec(`INSERT INTO forwarded_steps (id, organization_id, device_id, step, token_hash, token_sealed, created_by, created_by_name, created_at, expires_at)
		VALUES (`+marks(10)+`)`, made.ID, d.OrganizationID, d.ID, made.Step, hashOf(made.Token.Reveal()), sealed, actor.ID, actor.Name,
		ms(made.CreatedAt), ms(made.ExpiresAt)); err != nil {
		return err
	}
	// The tokens that nobody can read any more.
	if _, err := tx.exec(`UPDATE forwarded_steps SET token_sealed = NULL WHERE token_sealed IS NOT NULL AND (created_at <= ? OR revoked_at > 0)`,
		ms(tx.now.Add(-clawback.ForwardedStepShown))); err != nil {
		return err
	}
	if err := tx.touchStep(actor, d, made.Step); err != nil {
		return err
	}
	return tx.audit(actor, auditEvent{OrganizationID: d.OrganizationID, Action: "setup.step_forwarded", Subject: d.ID, SubjectName: d.Name,
		After: map[string]any{"step": made.Step, "link": made.ID, "expires_at": made.ExpiresAt}})
}

func forwardedPlace(organizationID, id string) place {
	return place{table: "forwarded_steps", column: "token_sealed", organizationID: organizationID, rowID: id}
}

const forwardedStepSQL = `SELECT id, organization_id, device_id, step, created_by_name, created_at, expires_at, opened_at, done_at, revoked_at, revoked_by_name
	FROM forwarded_steps`

func scanForwardedStep(row scanner) (clawback.ForwardedStep, error) {
	var f clawback.ForwardedStep
	err := row.Scan(&f.ID, &f.OrganizationID, &f.DeviceID, &f.Step, &f.By, moment{&f.CreatedAt}, moment{&f.ExpiresAt}, moment{&f.OpenedAt},
		moment{&f.DoneAt}, moment{&f.RevokedAt}, &f.RevokedBy)
	return f, err
}

// ListForwardedSteps lists the links to a device's steps, the newest first. It
// returns KindNotFound for a device the actor does not see.
func (s *Store) ListForwardedSteps(ctx context.Context, actor clawback.Actor, deviceID string) ([]clawback.ForwardedStep, error) {
	var list []clawback.ForwardedStep
	err := s.inRead(ctx, func(tx *Tx) error {
		d, err := tx.device(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), deviceID)
		if err != nil {
			return err
		}
		list, err = all(tx, scanForwardedStep, forwardedStepSQL+` WHERE device_id = ? AND organization_id = ? ORDER BY created_at DESC, id DESC LIMIT 100`,
			d.ID, d.OrganizationID)
		return err
	})
	return list, err
}

// FindForwardedStepLink answers a link with its token to who made it, for
// clawback.ForwardedStepShown. It returns KindNotFound for what the actor may not
// see or did not make, and KindConflict when the time is over.
func (s *Store) FindForwardedStepLink(ctx context.Context, actor clawback.Actor, deviceID, id string) (clawback.ForwardedStepMade, error) {
	var made clawback.ForwardedStepMade
	err := s.inRead(ctx, func(tx *Tx) error {
		d, err := tx.device(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), deviceID)
		if err != nil {
			return err
		}
		var sealed []byte
		made.ForwardedStep, err = one(tx, "link", scanForwardedStep, forwardedStepSQL+` WHERE id = ? AND device_id = ? AND organization_id = ? AND created_by = ?`,
			id, d.ID, d.OrganizationID, actor.ID)
		if err != nil {
			return err
		}
		if !made.CreatedAt.After(tx.now.Add(-clawback.ForwardedStepShown)) || !made.Works(tx.now) {
			return clawback.Errorf(clawback.KindConflict,
				"This link is shown no more. If it did not arrive, withdraw it on the page of the step and make a new one.")
		}
		if err := tx.queryRow(`SELECT token_sealed FROM forwarded_steps WHERE id = ?`, id).Scan(&sealed); err != nil {
			return err
		}
		made.Token, err = tx.store.seal.open(sealed, forwardedPlace(made.OrganizationID, id))
		return err
	})
	if err != nil {
		return clawback.ForwardedStepMade{}, err
	}
	return made, nil
}

// RevokeForwardedStep makes a link worthless; twice is as good as once. It returns
// KindNotFound for what the actor does not see, and KindForbidden.
func (s *Store) RevokeForwardedStep(ctx context.Context, actor clawback.Actor, deviceID, id string) (clawback.ForwardedStep, error) {
	var f clawback.ForwardedStep
	err := s.inTx(ctx, func(tx *Tx) error {
		d, err := tx.device(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), deviceID)
		if err != nil {
			return err
		}
		if f, err = one(tx, "link", scanForwardedStep, forwardedStepSQL+` WHERE id = ? AND device_id = ? AND organization_id = ?`, id, d.ID, d.OrganizationID); err != nil {
			return err
		}
		if err := tx.mayConnect(actor, d.OrganizationID, "withdraw a link"); err != nil || !f.RevokedAt.IsZero() {
			return err
		}
		if _, err := tx.exec(`UPDATE forwarded_steps SET revoked_at = ?, revoked_by_name = ?, token_sealed = NULL WHERE id = ? AND organization_id = ?`,
			ms(tx.now), actor.Name, id, d.OrganizationID); err != nil {
			return err
		}
		f.RevokedAt, f.RevokedBy = tx.now, actor.Name
		return tx.audit(actor, auditEvent{OrganizationID: d.OrganizationID, Action: "setup.forward_withdrawn", Subject: d.ID, SubjectName: d.Name,
			After: map[string]any{"step": f.Step, "link": id}})
	})
	return f, err
}

// OpenForwardedStep answers what the bearer of a link is told, and notes that it
// was opened. It returns KindNotFound for a link that was never made and KindConflict
// for one that works no more.
func (s *Store) OpenForwardedStep(ctx context.Context, who clawback.Actor, token string) (clawback.ForwardedHelp, error) {
	var help clawback.ForwardedHelp
	err := s.inTx(ctx, func(tx *Tx) (err error) {
		help, err = tx.forwardedStep(token)
		if err != nil || !help.OpenedAt.IsZero() {
			return err
		}
		help.OpenedAt = tx.now
		if _, err := tx.exec(`UPDATE forwarded_steps SET opened_at = ? WHERE id = ? AND organization_id = ?`, ms(tx.now), help.ID, help.OrganizationID); err != nil {
			return err
		}
		return tx.audit(who, auditEvent{OrganizationID: help.OrganizationID, Action: "setup.forward_opened", Subject: help.DeviceID, SubjectName: help.Device.Name,
			After: map[string]any{"step": help.Step, "link": help.ID}})
	})
	if err != nil {
		return clawback.ForwardedHelp{}, err
	}
	return help, nil
}

// ReportForwardedStep takes the word of a link's bearer that the step is done: the
// device is checked within seconds, though never sooner after another check than
// clawback.CheckRest. It returns the errors of OpenForwardedStep.
func (s *Store) ReportForwardedStep(ctx context.Context, who clawback.Actor, token string) (clawback.ForwardedHelp, error) {
	var help clawback.ForwardedHelp
	err := s.inTx(ctx, func(tx *Tx) (err error) {
		if help, err = tx.forwardedStep(token); err != nil {
			return err
		}
		if _, err := tx.exec(`UPDATE check_results SET next_at = CASE WHEN checked_at + ?2 > ?1 THEN checked_at + ?2 ELSE ?1 END
			WHERE device_id = ?3 AND organization_id = ?4 AND step = ?5 AND next_at > ?1 AND next_at > checked_at + ?2`,
			ms(tx.now), clawback.CheckRest.Milliseconds(), help.DeviceID, help.OrganizationID, help.Step); err != nil {
			return err
		}
		// Pressing again and again is worth one line a minute.
		if !help.DoneAt.IsZero() && tx.now.Sub(help.DoneAt) < time.Minute {
			return nil
		}
		help.DoneAt = tx.now
		if _, err := tx.exec(`UPDATE forwarded_steps SET done_at = ? WHERE id = ? AND organization_id = ?`, ms(tx.now), help.ID, help.OrganizationID); err != nil {
			return err
		}
		if err := tx.touchStep(who, help.Device, help.Step); err != nil {
			return err
		}
		return tx.audit(who, auditEvent{OrganizationID: help.OrganizationID, Action: "setup.forward_done", Subject: help.DeviceID, SubjectName: help.Device.Name,
			After: map[string]any{"step": help.Step, "link": help.ID}})
	})
	if err != nil {
		return clawback.ForwardedHelp{}, err
	}
	return help, nil
}

// overOf says why a link works no more.
func overOf(f clawback.ForwardedStep) error {
	if !f.RevokedAt.IsZero() {
		return clawback.Errorf(clawback.KindConflict, "This link works no more. It was withdrawn at %s: what it asks for is not needed of you, unless whoever sent it to you gives you a new one.",
			clockText(f.RevokedAt))
	}
	return clawback.Errorf(clawback.KindConflict, "This link works no more. It expired at %s. If you have done what it asked for, nothing is lost: Clawback sees it by itself within a day. "+
		"Else ask whoever sent it to you for a new one.", clockText(f.ExpiresAt))
}

func clockText(at time.Time) string { return at.UTC().Format("15:04 UTC on 2 January 2006") }

func (tx *Tx) forwardedStep(token string) (clawback.ForwardedHelp, error) {
	var help clawback.ForwardedHelp
	var err error
	help.ForwardedStep, err = one(tx, "link", scanForwardedStep, forwardedStepSQL+` WHERE token_hash = ?`, hashOf(strings.TrimSpace(token)))
	if err != nil {
		return help, err
	}
	if help.Device, err = one(tx, "device", scanDevice, deviceSQL+` WHERE id = ? AND organization_id = ?`, help.DeviceID, help.OrganizationID); err != nil {
		return help, err
	}
	if help.Device.Disconnected() {
		return help, clawback.Errorf(clawback.KindConflict, "This link works no more. What it was for is not connected to Clawback any more: there is nothing left to do.")
	}
	if !help.Works(tx.now) {
		return help, overOf(help.ForwardedStep)
	}
	connected, err := one(tx, "check", scanCheck, checkSQL+` WHERE device_id = ? AND organization_id = ? AND step = ?`,
		help.DeviceID, help.OrganizationID, clawback.StepConnect)
	if err != nil && clawback.KindOf(err) != clawback.KindNotFound {
		return help, fmt.Errorf("find the service principal: %w", err)
	}
	help.PrincipalID = connected.PrincipalID
	return help, nil
}
