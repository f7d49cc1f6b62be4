package store

import (
	"context"
	"slices"

	"clawback"
)

// CreateRemediation makes a preview, or with Start a removal that begins when
// the trace is in. Where the same emails are being removed or watched already,
// it answers that remediation, Existing, and adds the named mailboxes to it. It returns KindNotFound for an organization the actor does
// not see, KindForbidden, KindInvalid about a field, and KindConflict where the
// organization's auto remediation is off or works on no device.
func (s *Store) CreateRemediation(ctx context.Context, actor clawback.Actor, n clawback.NewRemediation) (clawback.Remediation, error) {
	if err := normalizeRemediation(&n); err != nil {
		return clawback.Remediation{}, err
	}
	var created clawback.Remediation
	err := s.inTx(ctx, func(tx *Tx) error {
		if _, err := tx.organization(sees(actor, clawback.RightReadOrganization, clawback.RightRemediate), n.OrganizationID); err != nil {
			return err
		}
		if err := mayChange(actor, clawback.RightRemediate, n.OrganizationID, "remove email from this organization's mailboxes"); err != nil {
			return err
		}
		setting, err := tx.readySetting(n.OrganizationID)
		if err != nil {
			return err
		}
		met, err := tx.meet(actor, n, setting)
		if err != nil || met != "" {
			created, err = tx.existing(met, err)
			return err
		}
		id, err := tx.insertRemediation(actor, n, setting)
		if err != nil {
			return err
		}
		if created, err = tx.remediation(id); err != nil {
			return err
		}
		if err := tx.auditCreated(actor, created); err != nil {
			return err
		}
		return tx.insertJob(clawback.TraceJob{RemediationID: id}, tx.now)
	})
	return created, err
}

// meet answers the remediation that removes or watches every email that is asked
// for already, in the same way; "" where there is none. It traces anew at once:
// who asks again may know of a copy that came since. The mailboxes that are named
// are looked into by it.
func (tx *Tx) meet(actor clawback.Actor, n clawback.NewRemediation, setting clawback.AutoRemediation) (string, error) {
	running, err := all(tx, scanText, `SELECT r.id FROM remediations r JOIN remediation_targets t ON t.remediation_id = r.id AND t.message_id = ?
		WHERE r.organization_id = ? AND r.status IN (?, ?, ?) AND r.mode = ? AND r.removal = ? AND (r.include_sender OR NOT ?)
		GROUP BY r.id ORDER BY r.number DESC`, n.Targets[0].MessageID, n.OrganizationID,
		clawback.StatusInProgress, clawback.StatusBlocked, clawback.StatusAwaitingApproval, setting.Mode, setting.Removal, n.IncludeSender)
	if err != nil {
		return "", err
	}
	for _, id := range running {
		r, err := tx.worked(id)
		if err != nil {
			return "", err
		}
		if covers(r, n.Targets) {
			return id, tx.askedAgain(actor, r, n)
		}
	}
	return "", nil
}

func covers(r clawback.Remediation, targets []clawback.Target) bool {
	return !slices.ContainsFunc(targets, func(t clawback.Target) bool { return !slices.ContainsFunc(r.Targets, t.SameEmail) })
}

func (tx *Tx) askedAgain(actor clawback.Actor, r clawback.Remediation, n clawback.NewRemediation) error {
	added, err := tx.addMailboxes(r.ID, n.Mailboxes)
	if err != nil {
		return err
	}
	event := remediationEvent(r, "remediation.asked_again")
	event.After = map[string]any{"reason": n.Reason, "reference": n.Reference, "mailboxes": added}
	if err := tx.audit(actor, event); err != nil {
		return err
	}
	return tx.insertJob(clawback.TraceJob{RemediationID: r.ID}, tx.now)
}

func (tx *Tx) existing(id string, err error) (clawback.Remediation, error) {
	if err != nil {
		return clawback.Remediation{}, err
	}
	r, err := tx.remediation(id)
	r.Existing = true
	return r, err
}

func normalizeRemediation(n *clawback.NewRemediation) error {
	if n.Exercise {
		return clawback.Invalid("exercise", "An exercise’s email is not removed: the exercise measures who reports it, and who runs it takes it back. "+
			"If it may be a real attack, say that it is no exercise.")
	}
	var err [6]error
	n.Targets, err[0] = normalizeTargets(n.Targets)
	n.Reason, err[1] = text("reason", n.Reason, maxText)
	n.Reference, err[2] = text("reference", n.Reference, maxLine)
	n.Mailboxes, err[3] = normalizeMailboxes(n.Mailboxes)
	if n.Start {
		err[4] = checkStart(n.Reason, n.MaxMailboxes)
	}
	if n.Start && n.MaxMailboxes == 0 {
		err[5] = clawback.Invalid("max_mailboxes", "Enter from how many mailboxes the email may be removed: a start without a preview needs a bound.")
	}
	return firstOf(err[:]...)
}

func checkStart(reason string, maxMailboxes int) error {
	if reason == "" {
		return clawback.Invalid("reason", "Say why this email must go: it is kept with the removal.")
	}
	if maxMailboxes < 0 || maxMailboxes > maxVolumeLimit {
		return clawback.Invalid("max_mailboxes", "Enter a number of mailboxes from 1 to 1,000,000.")
	}
	return nil
}

// readySetting answers the setting of an organization in which something may be
// removed, or at least looked for.
func (tx *Tx) readySetting(organizationID string) (clawback.AutoRemediation, error) {
	setting, err := tx.autoRemediation(organizationID)
	if err != nil {
		return setting, err
	}
	if setting.Mode == clawback.ModeOff {
		return setting, clawback.Errorf(clawback.KindConflict,
			"The auto remediation of this organization is off, so nothing is removed there. Its admin can switch it to observe or enforce.")
	}
	ready, err := tx.hasDevice(organizationID)
	if err == nil && !ready {
		err = clawback.Errorf(clawback.KindConflict,
			"The auto remediation of this organization works on no device. Connect its Microsoft 365 tenant, or choose a device in the auto remediation.")
	}
	return setting, err
}

func (tx *Tx) insertRemediation(actor clawback.Actor, n clawback.NewRemediation, setting clawback.AutoRemediation) (string, error) {
	id := newID()
	status, startedAt, startedBy, startedByName := clawback.StatusDraft, int64(0), "", ""
	if n.Start {
		status, startedAt, startedBy, startedByName = clawback.StatusInProgress, ms(tx.now), actor.ID, actor.Name
	} else {
		n.MaxMailboxes = 0
	}
	_, err := tx.exec(`INSERT INTO remediations (id, number, organization_id, status, phase, mode, removal, reason, reference, max_mailboxes,
		created_by, created_by_name, started_by, started_by_name, created_at, started_at, include_sender)
		VALUES (?, (SELECT COALESCE(MAX(number), 0) + 1 FROM remediations), `+marks(15)+`)`,
		id, n.OrganizationID, status, clawback.PhaseTracing, setting.Mode, setting.Removal, n.Reason, n.Reference, n.MaxMailboxes,
		actor.ID, actor.Name, startedBy, startedByName, ms(tx.now), startedAt, n.IncludeSender)
	if err != nil {
		return "", err
	}
	if err := tx.addTargets(id, n.Targets); err != nil {
		return "", err
	}
	_, err = tx.addMailboxes(id, n.Mailboxes)
	return id, err
}

func (tx *Tx) auditCreated(actor clawback.Actor, r clawback.Remediation) error {
	event := remediationEvent(r, "remediation.created")
	event.After = map[string]any{"message_id": r.Targets[0].MessageID, "reason": r.Reason, "reference": r.Reference, "emails": len(r.Targets),
		"mailboxes": r.NamedMailboxes, "include_sender": r.IncludeSender}
	if err := tx.audit(actor, event); err != nil || r.Status == clawback.StatusDraft {
		return err
	}
	return tx.auditStarted(actor, r)
}

func (tx *Tx) auditStarted(actor clawback.Actor, r clawback.Remediation) error {
	event := remediationEvent(r, "remediation.started")
	event.After = map[string]any{"reason": r.Reason, "reference": r.Reference, "mode": r.Mode, "removal": r.Removal, "max_mailboxes": r.MaxMailboxes}
	return tx.audit(actor, event)
}

func remediationEvent(r clawback.Remediation, action string) auditEvent {
	return auditEvent{OrganizationID: r.OrganizationID, Action: action, Subject: r.ID, SubjectName: r.Subject()}
}
