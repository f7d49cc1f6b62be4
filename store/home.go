package store

import (
	"context"

	"clawback"
)

// ListWaiting lists the remediations that wait for this very person, those that
// waited longest first: approvals they may give, what is blocked, mailboxes in
// the SOC's queue, and their own previews.
func (s *Store) ListWaiting(ctx context.Context, actor clawback.Actor, organizationID string, limit int) (clawback.Page[clawback.Remediation], error) {
	w := waitingWhere(actor)
	if organizationID != "" {
		w.add("r.organization_id = ?", organizationID)
	}
	query := clawback.PageQuery{Limit: limit}
	var page clawback.Page[clawback.Remediation]
	err := s.inRead(ctx, func(tx *Tx) error {
		total, err := tx.count(`SELECT COUNT(*) FROM remediations r`+w.String(), w.args...)
		if err != nil {
			return err
		}
		rows, err := all(tx, scanRemediation, `SELECT `+remediationColumns+remediationTables+w.String()+` ORDER BY r.number LIMIT ?`, w.with(query.Rows()+1)...)
		if err != nil {
			return err
		}
		page = pageOf(rows, query, total, func(r clawback.Remediation) string { return cursorOf(r.Number) })
		return tx.fillRemediations(page.Items)
	})
	return page, err
}

func waitingWhere(actor clawback.Actor) *where {
	own, args := "1=0", []any{}
	or := func(scope clawback.Scope, condition string, more ...any) {
		clause, in := scopeSQL(scope, "r.organization_id")
		own += " OR (" + clause + " AND " + condition + ")"
		args = append(append(args, in...), more...)
	}
	or(actor.Scope(clawback.RightRemediate), `(r.status = 'blocked' AND r.blocked_by <> 'halt')`)
	or(actor.Scope(clawback.RightRemediate), `(r.status = 'draft' AND r.created_by = ?)`, actor.ID)
	or(actor.Scope(clawback.RightRemediate), `r.status <> 'draft' AND r.id IN (SELECT remediation_id FROM records WHERE `+needsSomebody+` AND `+isUnsolved+`)`)
	// Nobody can settle an ambiguous mailbox for good, so that it waits as long as the remediation runs.
	or(actor.Scope(clawback.RightRemediate), `r.ended_at = 0 AND r.status <> 'draft' AND r.id IN (SELECT remediation_id FROM records WHERE outcome = 'ambiguous')`)
	approvals, more := approvalsOf(actor)
	or(actor.Scope(clawback.RightApprove), approvals, more...)
	w := new(where)
	w.add(own, args...)
	return w
}

// approvalsOf are those that the actor may give: nobody's own, and for an
// operator who is no SOC analyst only those above the SOC's limit.
func approvalsOf(actor clawback.Actor) (string, []any) {
	const foreign = `r.status = 'awaiting_approval' AND r.created_by <> ? AND r.started_by <> ?`
	args := []any{actor.ID, actor.ID}
	switch soc := actor.CanAnywhere(clawback.RightRemediate); {
	case soc && isOperator(actor):
		return foreign, args
	case soc:
		return foreign + ` AND r.approval_for <= ?`, append(args, clawback.SOCApprovalLimit)
	}
	return foreign + ` AND r.approval_for > ?`, append(args, clawback.SOCApprovalLimit)
}
