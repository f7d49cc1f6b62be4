package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"

	"clawback"
)

// BlockRemediation says what a remediation waits for. A draft stays a draft and
// shows it; what has ended stays as it is. Without a trace, the mailboxes that
// the preview named are cleaned all the same.
func (s *Store) BlockRemediation(ctx context.Context, remediationID string, by clawback.BlockedBy, detail string) error {
	return s.inTx(ctx, func(tx *Tx) error {
		r, err := tx.worked(remediationID)
		if err != nil {
			return err
		}
		if err := tx.block(r, by, detail); err != nil || by != clawback.BlockedTrace && by != clawback.BlockedQuota {
			return err
		}
		return tx.cleanKnown(remediationID)
	})
}

// block keeps the status of a draft, of a watch and of what waits for an
// approval: whoever blocked those could let them go on without it. What is
// blocked by one thing after another is so since the first, under its rules.
func (tx *Tx) block(r clawback.Remediation, by clawback.BlockedBy, detail string) error {
	if r.Ended() {
		return nil
	}
	status, rules := r.Status, ""
	if status == clawback.StatusInProgress && r.Phase != clawback.PhaseWatching {
		status = clawback.StatusBlocked
		now, err := tx.rules(r.OrganizationID)
		if err != nil {
			return err
		}
		rules = now
	}
	since := ms(tx.now)
	if r.BlockedBy != clawback.BlockedNothing {
		since = ms(r.BlockedSince)
	}
	_, err := tx.exec(`UPDATE remediations SET status = ?, blocked_by = ?, blocked_since = ?, blocked_detail = ?,
		blocked_rules = CASE ? WHEN '' THEN blocked_rules ELSE ? END WHERE id = ?`, status, by, since, detail, rules, rules, r.ID)
	if err != nil || r.BlockedBy == by {
		return err
	}
	return tx.audit(clawback.Bot(r.StartedBy), auditEvent{
		OrganizationID: r.OrganizationID, Action: "remediation.blocked", Subject: r.ID, SubjectName: r.Subject(),
		After: map[string]any{"blocked_by": by},
	})
}

// unblock lets a remediation go on whose obstacle is gone, unless it has lapsed:
// that one waits for a person.
func (tx *Tx) unblock(r *clawback.Remediation) error {
	if err := tx.lapse(r); err != nil || r.BlockedBy == clawback.BlockedNothing {
		return err
	}
	if r.Lapsed != "" {
		r.BlockedBy = clawback.BlockedPreview
		_, err := tx.exec(`UPDATE remediations SET blocked_by = ?, blocked_detail = '' WHERE id = ?`, r.BlockedBy, r.ID)
		return err
	}
	if r.Status == clawback.StatusBlocked {
		r.Status = clawback.StatusInProgress
	}
	r.BlockedBy = clawback.BlockedNothing
	_, err := tx.exec(`UPDATE remediations SET status = ?, blocked_by = '', blocked_since = 0, blocked_detail = '', blocked_rules = '' WHERE id = ?`, r.Status, r.ID)
	return err
}

// lapse notes that a blocked removal no longer goes on by itself, and asks for
// the new preview that a person will look at. To look changes nothing.
func (tx *Tx) lapse(r *clawback.Remediation) error {
	if r.Status != clawback.StatusBlocked || r.Lapsed != "" {
		return nil
	}
	why, err := tx.lapsedBy(*r)
	if err != nil || why == "" {
		return err
	}
	r.Lapsed, r.Phase = why, clawback.PhaseNone
	if _, err := tx.exec(`UPDATE remediations SET lapsed = ?, phase = ?, previewed_at = 0 WHERE id = ?`, why, r.Phase, r.ID); err != nil {
		return err
	}
	event := remediationEvent(*r, "remediation.lapsed")
	event.After = map[string]any{"why": why}
	if err := tx.audit(clawback.Bot(r.StartedBy), event); err != nil {
		return err
	}
	return tx.traceOnce(r.ID)
}

func (tx *Tx) lapsedBy(r clawback.Remediation) (string, error) {
	if tx.now.Sub(r.BlockedSince) > clawback.BlockedLifetime {
		return "It was blocked for more than 24 hours.", nil
	}
	saved, err := one(tx, "remediation", scanText, `SELECT blocked_rules FROM remediations WHERE id = ?`, r.ID)
	if err != nil || saved == "" {
		return "", err
	}
	now, err := tx.rules(r.OrganizationID)
	if err != nil || now == saved {
		return "", err
	}
	var before, after clawback.Rules
	if err := errors.Join(json.Unmarshal([]byte(saved), &before), json.Unmarshal([]byte(now), &after)); err != nil {
		return "", err
	}
	return "The rules changed while it was blocked: " + strings.Join(before.Differences(after), ", ") + ".", nil
}

// rules answers what holds in an organization now, as it is kept with a blocked removal.
func (tx *Tx) rules(organizationID string) (string, error) {
	var r clawback.Rules
	err := tx.queryRow(`SELECT mode, removal, volume_limit FROM auto_remediations WHERE organization_id = ?`, organizationID).
		Scan(&r.Mode, &r.Removal, &r.VolumeLimit)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", err
	}
	r.NeverRemove, err = all(tx, scanText, `SELECT e.address FROM never_remove n JOIN context_entries e ON e.id = n.entry_id
		WHERE n.organization_id = ? ORDER BY e.address`, organizationID)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(r)
	return string(text), err
}

// traceOnce queues a trace unless one waits for its time: of a trace that was
// refused, or whose process died, the job comes again by itself. More would use up
// the few requests that Microsoft takes.
func (tx *Tx) traceOnce(remediationID string) error {
	waiting, err := tx.count(`SELECT COUNT(*) FROM river_job WHERE kind = 'trace' AND state IN ('available', 'scheduled', 'retryable', 'running')
		AND json_extract(args, '$.remediation_id') = ?`, remediationID)
	if err != nil || waiting > 0 {
		return err
	}
	return tx.insertJob(clawback.TraceJob{RemediationID: remediationID}, tx.now)
}

// lapseBlocked notes the blocked removals whose time is over, whatever still
// blocks them.
func (tx *Tx) lapseBlocked() error {
	blocked, err := all(tx, scanText, `SELECT id FROM remediations WHERE status = ? AND lapsed = ''`, clawback.StatusBlocked)
	if err != nil {
		return err
	}
	for _, id := range blocked {
		r, err := tx.worked(id)
		if err != nil {
			return err
		}
		if err := tx.lapse(&r); err != nil {
			return err
		}
	}
	return nil
}
