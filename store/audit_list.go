package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"clawback"
)

// ListAudit lists the audit trail that the actor may read, the newest first;
// the installation's chain is for those who read it everywhere. It returns
// KindInvalid for a cursor that is none.
func (s *Store) ListAudit(ctx context.Context, actor clawback.Actor, filter clawback.AuditFilter) (clawback.Page[clawback.AuditEvent], error) {
	w := auditWhere(actor, filter)
	var page clawback.Page[clawback.AuditEvent]
	err := s.inRead(ctx, func(tx *Tx) error {
		var id string
		if later, err := readCursor(filter.Cursor, &id); err != nil {
			return err
		} else if later {
			w.add("id < ?", id)
		}
		rows, err := all(tx, scanAuditEvent, `SELECT `+auditColumns+` FROM audit_events`+w.String()+` ORDER BY id DESC LIMIT ?`, w.with(filter.Rows()+1)...)
		page = pageOf(rows, filter.PageQuery, -1, func(e clawback.AuditEvent) string { return cursorOf(e.ID) })
		if err != nil {
			return err
		}
		if err := tx.fillBehalf(page.Items); err != nil {
			return err
		}
		return tx.fillSubjects(page.Items)
	})
	return page, err
}

// AuditVerification answers how the chains of the audit trail stand.
type AuditVerification struct {
	Chains int
	Events int
	Broken *BrokenAudit // the first break, nil when every chain holds
}

// BrokenAudit names an event from which on a chain can't be trusted.
type BrokenAudit struct {
	OrganizationID string // the chain; empty is the installation's
	Sequence       int64
	EventID        string // empty where the event is missing
	Problem        string
}

// VerifyAudit walks every chain from its beginning to its head.
func (s *Store) VerifyAudit(ctx context.Context) (AuditVerification, error) {
	var v AuditVerification
	err := s.inRead(ctx, func(tx *Tx) error {
		heads, err := all(tx, scanHead, `SELECT organization_id, sequence, hash FROM audit_chains
			UNION SELECT organization_id, 0, '' FROM audit_events WHERE organization_id NOT IN (SELECT organization_id FROM audit_chains)
			ORDER BY organization_id`)
		if err != nil {
			return err
		}
		v.Chains = len(heads)
		for _, head := range heads {
			n, broken, err := tx.walkChain(head)
			v.Events += n
			if v.Broken = broken; err != nil || broken != nil {
				return err
			}
		}
		return nil
	})
	return v, err
}

type auditHead struct {
	organizationID string
	sequence       int64
	hash           string
}

func scanHead(row scanner) (auditHead, error) {
	var h auditHead
	err := row.Scan(&h.organizationID, &h.sequence, &h.hash)
	return h, err
}

// walkChain counts the events of a chain and answers its first break.
func (tx *Tx) walkChain(head auditHead) (int, *BrokenAudit, error) {
	return tx.walkFrom(auditHead{organizationID: head.organizationID}, head)
}

// walkFrom is walkChain behind an event that is taken for good.
func (tx *Tx) walkFrom(last, head auditHead) (int, *BrokenAudit, error) {
	rows, err := tx.query(`SELECT `+auditColumns+` FROM audit_events WHERE organization_id = ? AND sequence > ? ORDER BY sequence`,
		head.organizationID, last.sequence)
	if err != nil {
		return 0, nil, err
	}
	defer rows.Close()

	n := 0
	for rows.Next() {
		e, err := scanAuditEvent(rows)
		if err != nil {
			return n, nil, err
		}
		if broken := last.check(e); broken != nil {
			return n, broken, nil
		}
		last.sequence, last.hash = e.Sequence, e.Hash
		n++
	}
	if last != head {
		return n, &BrokenAudit{OrganizationID: head.organizationID, Sequence: last.sequence + 1,
			Problem: fmt.Sprintf("the chain ends at event %d, but %d were written", last.sequence, head.sequence)}, rows.Err()
	}
	return n, nil, rows.Err()
}

// check answers what is wrong with the event that follows.
func (h auditHead) check(e clawback.AuditEvent) *BrokenAudit {
	broken := &BrokenAudit{OrganizationID: h.organizationID, Sequence: h.sequence + 1, EventID: e.ID}
	switch {
	case e.Sequence != h.sequence+1:
		broken.EventID = ""
		broken.Problem = "the event is missing"
	case e.PreviousHash != h.hash:
		broken.Problem = "it does not follow from the event before it"
	case e.Hash != auditHash(e):
		broken.Problem = "its text was changed"
	default:
		return nil
	}
	return broken
}

// rowsHash stands for the ids of a batch's rows, in their order.
func rowsHash(ids []string) string {
	hash := sha256.New()
	for _, id := range ids {
		fmt.Fprintf(hash, "%d:%s", len(id), id)
	}
	return hex.EncodeToString(hash.Sum(nil))
}
