package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"clawback"

	"github.com/google/uuid"
)

const (
	canariesShown = 10
	// canaryLease is longer than a canary's job may take.
	canaryLease = 3 * time.Minute
)

const canaryColumns = `id, organization_id, device_id, proof, status, mailbox_id, address, name, addresses, looked_up_at, subject, message_id,
	immutable_id, cause, finding, advice, who, place, left_behind, remediation_id, started_by, started_by_name, started_at, ended_at, next_at, gives_up_at`

func scanCanary(row scanner) (clawback.Canary, error) {
	c := clawback.Canary{Mailbox: clawback.Mailbox{Kind: clawback.MailboxCloud}}
	p := &c.Problem
	err := row.Scan(&c.ID, &c.OrganizationID, &c.DeviceID, &c.Proof, &c.Status, &c.Mailbox.ID, &c.Mailbox.Address, &c.Mailbox.Name,
		jsonText{&c.Mailbox.Addresses}, moment{&c.Mailbox.LookedUpAt}, &c.Subject, &c.MessageID, &c.ImmutableID,
		&p.Cause, &p.Finding, &p.Advice, &p.Who, &p.Place, &c.LeftBehind, &c.RemediationID,
		&c.StartedBy, &c.StartedByName, moment{&c.StartedAt}, moment{&c.EndedAt}, moment{&c.NextAt}, moment{&c.GivesUpAt})
	return c, err
}

// CreateCanary begins a proof of a device on a mailbox. It returns KindNotFound
// for a device the actor does not see, KindForbidden, KindInvalid about the
// address of a mailbox that is protected, and KindConflict where removals are
// halted or another canary of the device runs.
func (s *Store) CreateCanary(ctx context.Context, actor clawback.Actor, n clawback.NewCanary) (clawback.Canary, error) {
	var created clawback.Canary
	err := s.inTx(ctx, func(tx *Tx) error {
		d, err := tx.canaryDevice(actor, n.DeviceID)
		if err != nil {
			return err
		}
		if !n.Proof.Valid() {
			return clawback.Invalid("proof", "Choose can_remove or end_to_end.")
		}
		if err := tx.mayPlace(d, n.Mailbox); err != nil {
			return err
		}
		if err := tx.mayAwait(d, n.Proof); err != nil {
			return err
		}
		created = newCanary(tx, actor, d, n)
		if err := tx.insertCanary(created); err != nil {
			return err
		}
		if err := tx.audit(actor, canaryEvent(created, "canary.started")); err != nil {
			return err
		}
		return tx.insertJob(clawback.CanaryJob{CanaryID: created.ID}, tx.now)
	})
	return created, err
}

func (tx *Tx) canaryDevice(actor clawback.Actor, deviceID string) (clawback.Device, error) {
	d, err := tx.device(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), deviceID)
	if err != nil {
		return d, err
	}
	if err := mayChange(actor, clawback.RightConfigure, d.OrganizationID, "prove a device on a mailbox"); err != nil {
		return d, err
	}
	return d, stillConnected(d)
}

// mayPlace refuses a mailbox that a removal would leave alone, and what is halted.
func (tx *Tx) mayPlace(d clawback.Device, mailbox clawback.Mailbox) error {
	problem, err := tx.canaryRefusal(d.OrganizationID, mailbox)
	switch {
	case err != nil:
		return err
	case problem.Cause == clawback.CanaryHalted:
		return clawback.Errorf(clawback.KindConflict, "%s %s", problem.Finding, problem.Advice)
	case problem.Cause != clawback.CanaryNoProblem:
		return clawback.Invalid("address", "%s Choose another mailbox, such as your own.", problem.Finding)
	}
	return nil
}

// mayAwait refuses to wait for an email that the ordinary engine would not remove.
func (tx *Tx) mayAwait(d clawback.Device, proof clawback.CanaryProof) error {
	if proof != clawback.ProofEndToEnd {
		return nil
	}
	setting, err := tx.autoRemediation(d.OrganizationID)
	if err != nil {
		return err
	}
	problem, err := tx.removalRefusal(clawback.Canary{OrganizationID: d.OrganizationID, DeviceID: d.ID}, setting)
	if err == nil && problem.Cause != clawback.CanaryNoProblem {
		err = clawback.Errorf(clawback.KindConflict, "%s %s", problem.Finding, problem.Advice)
	}
	return err
}

// canaryRefusal says why nothing may be changed in a mailbox now: by the same rule
// as every removal.
func (tx *Tx) canaryRefusal(organizationID string, mailbox clawback.Mailbox) (clawback.CanaryProblem, error) {
	entries, err := tx.neverRemove(organizationID)
	if err != nil {
		return clawback.CanaryProblem{}, err
	}
	if p, protected := clawback.Protect(entries, mailbox, tx.now); protected {
		return protectedProblem(mailbox, p), nil
	}
	halt, err := tx.halted(organizationID)
	if err != nil || halt == nil {
		return clawback.CanaryProblem{}, err
	}
	return clawback.CanaryProblem{Cause: clawback.CanaryHalted, Finding: fmt.Sprintf("%s halted removals: %s", halt.By, halt.Reason),
		Advice: "Start the test again when the halt is lifted.", Who: "An operator"}, nil
}

func protectedProblem(mailbox clawback.Mailbox, p clawback.Protection) clawback.CanaryProblem {
	problem := clawback.CanaryProblem{Cause: clawback.CanaryProtected, Who: "An admin of the organization", Advice: "Start the test with another mailbox."}
	if p.Reason == clawback.ReasonIdentityUnverified {
		problem.Finding = fmt.Sprintf("Whose mailbox %s is was not verified within the last 15 minutes, so it counts as protected.", mailbox.Address)
		return problem
	}
	problem.Finding = fmt.Sprintf("%s is on the never-remove list as %s (%s), and nothing is ever removed there.", mailbox.Address, p.Address, p.Purpose)
	return problem
}

func newCanary(tx *Tx, actor clawback.Actor, d clawback.Device, n clawback.NewCanary) clawback.Canary {
	id := newID()
	c := clawback.Canary{ID: id, OrganizationID: d.OrganizationID, DeviceID: d.ID, Proof: n.Proof, Status: clawback.CanaryRunning,
		Mailbox: n.Mailbox, StartedBy: actor.ID, StartedByName: actor.Name, StartedAt: tx.now}
	// The start of a v7 id is the time, so the token is made of a random one.
	token := strings.ToUpper(strings.ReplaceAll(uuid.NewString(), "-", "")[:8])
	if n.Proof == clawback.ProofEndToEnd {
		c.Subject, c.NextAt, c.GivesUpAt = "Clawback test "+token, tx.now, tx.now.Add(clawback.CanaryWait)
		return c
	}
	_, domain, _ := strings.Cut(n.Mailbox.Address, "@")
	c.Subject, c.MessageID = "Clawback test message "+token+" (harmless, it goes away by itself)", "<clawback-test."+uuid.NewString()+"@"+domain+">"
	return c
}

func (tx *Tx) insertCanary(c clawback.Canary) error {
	running, err := all(tx, scanCanary, `SELECT `+canaryColumns+` FROM canaries WHERE device_id = ? AND status = ?`, c.DeviceID, clawback.CanaryRunning)
	if err != nil {
		return err
	}
	if len(running) > 0 {
		return clawback.Errorf(clawback.KindConflict, "%s started a test of this device already, on %s. Look at its result, or wait until it has ended.",
			running[0].StartedByName, running[0].Mailbox.Address)
	}
	_, err = tx.exec(`INSERT INTO canaries (`+canaryColumns+`) VALUES (`+marks(26)+`)`,
		c.ID, c.OrganizationID, c.DeviceID, c.Proof, c.Status, c.Mailbox.ID, c.Mailbox.Address, c.Mailbox.Name, jsonOf(c.Mailbox.Addresses),
		ms(c.Mailbox.LookedUpAt), c.Subject, c.MessageID, "", "", "", "", "", "", false, "", c.StartedBy, c.StartedByName, ms(c.StartedAt), 0, ms(c.NextAt), ms(c.GivesUpAt))
	return err
}

func canaryEvent(c clawback.Canary, action string) auditEvent {
	return auditEvent{OrganizationID: c.OrganizationID, Action: action, Subject: c.ID, SubjectName: c.Mailbox.Address,
		After: map[string]any{"device": c.DeviceID, "proof": c.Proof, "status": c.Status, "cause": c.Problem.Cause}}
}

// FindCanary answers one with its lines. It returns KindNotFound for what the
// actor may not see.
func (s *Store) FindCanary(ctx context.Context, actor clawback.Actor, id string) (clawback.Canary, error) {
	var found clawback.Canary
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		found, err = tx.canary(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), id)
		return err
	})
	return found, err
}

func (tx *Tx) canary(scope clawback.Scope, id string) (clawback.Canary, error) {
	clause, args := scopeSQL(scope, "organization_id")
	c, err := one(tx, "test", scanCanary, `SELECT `+canaryColumns+` FROM canaries WHERE id = ? AND `+clause, append([]any{id}, args...)...)
	if err != nil {
		return c, err
	}
	c.Lines, err = tx.canaryLines(c.ID)
	return c, err
}

func (tx *Tx) canaryLines(canaryID string) ([]clawback.CanaryLine, error) {
	return all(tx, scanCanaryLine, `SELECT id, step, asked, found, ok, status, code, request_id, started_at, ended_at FROM canary_lines
		WHERE canary_id = ? ORDER BY started_at, id`, canaryID)
}

func scanCanaryLine(row scanner) (clawback.CanaryLine, error) {
	var l clawback.CanaryLine
	err := row.Scan(&l.ID, &l.Step, &l.Asked, &l.Found, &l.OK, &l.Status, &l.Code, &l.RequestID, moment{&l.StartedAt}, moment{&l.EndedAt})
	return l, err
}

// ListCanaries answers the last canaries of a device, the newest first. It
// returns KindNotFound for a device the actor does not see.
func (s *Store) ListCanaries(ctx context.Context, actor clawback.Actor, deviceID string) ([]clawback.Canary, error) {
	var list []clawback.Canary
	err := s.inRead(ctx, func(tx *Tx) error {
		d, err := tx.device(sees(actor, clawback.RightReadOrganization, clawback.RightConfigure), deviceID)
		if err != nil {
			return err
		}
		if list, err = tx.canaries(d); err != nil {
			return err
		}
		for i := range list {
			if list[i].Lines, err = tx.canaryLines(list[i].ID); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

// canaries answers the last ones of a device, and the last that proved each proof.
func (tx *Tx) canaries(d clawback.Device) ([]clawback.Canary, error) {
	return all(tx, scanCanary, `SELECT `+canaryColumns+` FROM canaries c WHERE device_id = ? AND organization_id = ? AND (
			id IN (SELECT id FROM canaries WHERE device_id = ? ORDER BY started_at DESC, id DESC LIMIT ?)
			OR status = ? AND id = (SELECT id FROM canaries p WHERE p.device_id = c.device_id AND p.proof = c.proof AND p.status = ?
				ORDER BY started_at DESC, id DESC LIMIT 1))
		ORDER BY started_at DESC, id DESC`, d.ID, d.OrganizationID, d.ID, canariesShown, clawback.CanaryProved, clawback.CanaryProved)
}
