package store

import (
	"context"
	"strings"

	"clawback"
)

// ListMailboxRecords lists what happened in the mailbox of an address, present
// or former, the latest first; previews are left out. It returns KindInvalid
// for a cursor that is none.
func (s *Store) ListMailboxRecords(ctx context.Context, actor clawback.Actor, filter clawback.MailboxFilter) (clawback.Page[clawback.EmailRecord], error) {
	w := new(where)
	w.scope(remediationScope(actor), "c.organization_id")
	w.add("(c.organization_id, c.mailbox_key) IN (SELECT organization_id, mailbox_key FROM mailbox_addresses WHERE address = ?)",
		strings.ToLower(strings.TrimSpace(filter.Address)))
	w.add("r.started_at > 0")
	if filter.OrganizationID != "" {
		w.add("c.organization_id = ?", filter.OrganizationID)
	}
	var page clawback.Page[clawback.EmailRecord]
	err := s.inRead(ctx, func(tx *Tx) error {
		total, err := tx.count(`SELECT COUNT(*) FROM records c JOIN remediations r ON r.id = c.remediation_id`+w.String(), w.args...)
		if err != nil {
			return err
		}
		var id string
		if later, err := readCursor(filter.Cursor, &id); err != nil {
			return err
		} else if later {
			w.add("c.id < ?", id)
		}
		rows, err := all(tx, scanRecord, recordSQL+w.String()+` ORDER BY c.id DESC LIMIT ?`, w.with(filter.Rows()+1)...)
		if err != nil {
			return err
		}
		page = pageOf(rows, filter.PageQuery, total, func(r clawback.EmailRecord) string { return cursorOf(r.ID) })
		return tx.fillCopies(page.Items)
	})
	return page, err
}
