package store

import (
	"context"
	"database/sql"
	"errors"

	"clawback"
)

// CheckAudit walks the latest events of one chain, at most so many, up to its
// head: what a page can afford. The whole of every chain is VerifyAudit's. It
// returns KindNotFound for a chain that the actor may not read.
func (s *Store) CheckAudit(ctx context.Context, actor clawback.Actor, organizationID string, most int) (clawback.AuditCheck, error) {
	check := clawback.AuditCheck{OrganizationID: organizationID}
	if !actor.Can(clawback.RightReadAudit, organizationID) {
		return check, clawback.NotFound("audit trail")
	}
	err := s.inRead(ctx, func(tx *Tx) error {
		check.At = tx.now
		head := auditHead{organizationID: organizationID}
		err := tx.queryRow(`SELECT sequence, hash FROM audit_chains WHERE organization_id = ?`, organizationID).Scan(&head.sequence, &head.hash)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		check.Events = int(head.sequence)
		last, err := tx.auditBefore(head, max(0, check.Events-most))
		if err != nil {
			return err
		}
		n, broken, err := tx.walkFrom(last, head)
		check.Checked = n
		if broken != nil {
			check.BrokenAt, check.Problem = broken.Sequence, broken.Problem
		}
		return err
	})
	return check, err
}

// auditBefore answers the event from which a walk begins; one that is missing
// answers no hash, so that the walk finds the break.
func (tx *Tx) auditBefore(head auditHead, sequence int) (auditHead, error) {
	last := auditHead{organizationID: head.organizationID, sequence: int64(sequence)}
	if sequence == 0 {
		return last, nil
	}
	err := tx.queryRow(`SELECT hash FROM audit_events WHERE organization_id = ? AND sequence = ?`, head.organizationID, sequence).Scan(&last.hash)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return last, err
}
