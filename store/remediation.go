package store

import (
	"context"
	"fmt"
	"time"

	"clawback"
)

// remediationScope is where the actor sees remediations.
func remediationScope(actor clawback.Actor) clawback.Scope {
	return sees(actor, clawback.RightReadRemediations, clawback.RightRemediate, clawback.RightApprove)
}

// FindRemediation answers one. It returns KindNotFound for what the actor may not see.
func (s *Store) FindRemediation(ctx context.Context, actor clawback.Actor, id string) (clawback.Remediation, error) {
	var found clawback.Remediation
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		found, err = tx.seenRemediation(remediationScope(actor), id)
		return err
	})
	return found, err
}

const remediationColumns = `r.id, r.number, r.organization_id, o.name, r.status, r.phase, r.blocked_by, r.blocked_since, r.blocked_detail,
	r.mode, r.removal, r.variants, r.reason, r.reference, r.max_mailboxes, r.approved_up_to, r.approved_by,
	r.created_by, r.created_by_name, r.started_by, r.started_by_name, r.recipients, r.created_at, r.previewed_at, r.started_at,
	r.traced_at, r.first_clean_at, r.contained_at, r.next_look_at, r.looks, r.ended_at, r.include_sender, r.similar_unknown,
	r.approval_for, r.approval_asked_at, r.approval_hour, r.ended_by_name, r.end_reason, r.lapsed, r.canary_id`

const remediationTables = ` FROM remediations r JOIN organizations o ON o.id = r.organization_id`

func scanRemediation(row scanner) (clawback.Remediation, error) {
	var r clawback.Remediation
	err := row.Scan(&r.ID, &r.Number, &r.OrganizationID, &r.OrganizationName, &r.Status, &r.Phase, &r.BlockedBy, moment{&r.BlockedSince}, &r.BlockedDetail,
		&r.Mode, &r.Removal, jsonText{&r.Variants}, &r.Reason, &r.Reference, &r.MaxMailboxes, &r.ApprovedUpTo, &r.ApprovedBy,
		&r.CreatedBy, &r.CreatedByName, &r.StartedBy, &r.StartedByName, &r.Counts.Recipients, moment{&r.CreatedAt}, moment{&r.PreviewedAt}, moment{&r.StartedAt},
		moment{&r.TracedAt}, moment{&r.FirstCleanAt}, moment{&r.ContainedAt}, moment{&r.NextLookAt}, &r.Looks, moment{&r.EndedAt},
		&r.IncludeSender, &r.SimilarUnknown,
		&r.ApprovalFor, moment{&r.ApprovalAskedAt}, &r.ApprovalHour, &r.EndedByName, &r.EndReason, &r.Lapsed, &r.CanaryID)
	return r, err
}

// seenRemediation answers a remediation inside a scope, with targets and counts.
func (tx *Tx) seenRemediation(scope clawback.Scope, id string) (clawback.Remediation, error) {
	var w where
	w.add("r.id = ?", id)
	w.scope(scope, "r.organization_id")
	r, err := one(tx, "remediation", scanRemediation, `SELECT `+remediationColumns+remediationTables+w.String(), w.args...)
	if err != nil {
		return r, err
	}
	list := []clawback.Remediation{r}
	if err := tx.fillRemediations(list); err != nil {
		return r, err
	}
	if r = list[0]; r.Status == clawback.StatusDraft {
		if r.Similar, err = tx.count(`SELECT COUNT(*) FROM similar_emails WHERE remediation_id = ?`, id); err != nil {
			return r, err
		}
	}
	r.NamedMailboxes, err = tx.namedMailboxes(id)
	return r, err
}

// remediation answers a remediation wherever it is: the caller has checked that
// it may be seen.
func (tx *Tx) remediation(id string) (clawback.Remediation, error) {
	return tx.seenRemediation(clawback.Scope{Everywhere: true}, id)
}

// fillRemediations adds the targets and the counts to all of a list at once.
func (tx *Tx) fillRemediations(list []clawback.Remediation) error {
	if len(list) == 0 {
		return nil
	}
	byID := make(map[string]*clawback.Remediation, len(list))
	ids := make([]any, len(list))
	for i := range list {
		list[i].Counts.Outcomes = map[clawback.Outcome]int{}
		byID[list[i].ID], ids[i] = &list[i], list[i].ID
	}
	if err := tx.fillTargets(byID, ids); err != nil {
		return fmt.Errorf("targets: %w", err)
	}
	if err := tx.fillCounts(byID, ids); err != nil {
		return fmt.Errorf("counts: %w", err)
	}
	if err := tx.fillPutBack(byID, ids); err != nil {
		return fmt.Errorf("put back: %w", err)
	}
	return nil
}

func (tx *Tx) fillCounts(byID map[string]*clawback.Remediation, ids []any) error {
	type row struct {
		id      string
		state   clawback.RecordState
		outcome clawback.Outcome
		n       int
		named   int
	}
	scan := func(s scanner) (row, error) {
		var r row
		err := s.Scan(&r.id, &r.state, &r.outcome, &r.n, &r.named)
		return r, err
	}
	rows, err := all(tx, scan, `SELECT remediation_id, state, outcome, COUNT(*), SUM(origin <> '') FROM records
		WHERE remediation_id IN (`+marks(len(ids))+`) GROUP BY remediation_id, state, outcome`, ids...)
	for _, r := range rows {
		counts := &byID[r.id].Counts
		counts.Mailboxes += r.n
		counts.Untraced += r.named
		if r.state == clawback.RecordDone && r.outcome != clawback.OutcomeNone {
			counts.Outcomes[r.outcome] += r.n
		} else {
			counts.Open += r.n
		}
	}
	return err
}

func (tx *Tx) fillPutBack(byID map[string]*clawback.Remediation, ids []any) error {
	type row struct {
		id   string
		n    int
		last time.Time
	}
	scan := func(s scanner) (row, error) {
		var r row
		err := s.Scan(&r.id, &r.n, moment{&r.last})
		return r, err
	}
	rows, err := all(tx, scan, `SELECT p.remediation_id, COUNT(DISTINCT CASE WHEN r.outcome = 'removed' THEN r.id END), MAX(p.restored_at)
		FROM copies p JOIN records r ON r.id = p.record_id
		WHERE p.remediation_id IN (`+marks(len(ids))+`) AND p.restored_at > 0 GROUP BY p.remediation_id`, ids...)
	for _, r := range rows {
		byID[r.id].Counts.PutBack, byID[r.id].PutBackAt = r.n, r.last
	}
	return err
}
