package store

import (
	"context"
	"strings"

	"clawback"
)

// ListRecords lists the records of a remediation by address, with their copies.
// It returns KindNotFound for a remediation the actor does not see and
// KindInvalid for a cursor that is none.
func (s *Store) ListRecords(ctx context.Context, actor clawback.Actor, remediationID string, filter clawback.RecordFilter) (clawback.Page[clawback.EmailRecord], error) {
	scope := remediationScope(actor)
	var page clawback.Page[clawback.EmailRecord]
	err := s.inRead(ctx, func(tx *Tx) error {
		if err := tx.seesRemediation(scope, remediationID); err != nil {
			return err
		}
		w := recordsWhere(scope, remediationID, filter)
		total, err := tx.count(`SELECT COUNT(*) FROM records c`+w.String(), w.args...)
		if err != nil {
			return err
		}
		var address, id string
		if later, err := readCursor(filter.Cursor, &address, &id); err != nil {
			return err
		} else if later {
			w.add("c.address > ? OR (c.address = ? AND c.id > ?)", address, address, id)
		}
		rows, err := all(tx, scanRecord, recordSQL+w.String()+` ORDER BY c.address, c.id LIMIT ?`, w.with(filter.Rows()+1)...)
		if err != nil {
			return err
		}
		page = pageOf(rows, filter.PageQuery, total, func(r clawback.EmailRecord) string { return cursorOf(r.Mailbox.Address, r.ID) })
		return tx.fillCopies(page.Items)
	})
	return page, err
}

func recordsWhere(scope clawback.Scope, remediationID string, filter clawback.RecordFilter) *where {
	w := new(where)
	w.add("c.remediation_id = ?", remediationID)
	w.scope(scope, "c.organization_id")
	if filter.Outcome != "" {
		w.add("c.state = 'done' AND c.outcome = ?", filter.Outcome)
	}
	if filter.Reason != clawback.ReasonNone {
		w.add("c.state = 'done' AND c.reason = ?", filter.Reason)
	}
	if search := strings.TrimSpace(filter.Search); search != "" {
		pattern := like(strings.ToLower(search))
		w.add(`c.address LIKE ? ESCAPE '\' OR c.recipients LIKE ? ESCAPE '\'`, pattern, pattern)
	}
	return w
}

func (tx *Tx) seesRemediation(scope clawback.Scope, id string) error {
	var w where
	w.add("r.id = ?", id)
	w.scope(scope, "r.organization_id")
	_, err := one(tx, "remediation", scanText, `SELECT r.id FROM remediations r`+w.String(), w.args...)
	return err
}

// FindRecord answers one record with its copies. It returns KindNotFound for
// what the actor may not see.
func (s *Store) FindRecord(ctx context.Context, actor clawback.Actor, id string) (clawback.EmailRecord, error) {
	var record clawback.EmailRecord
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		record, err = tx.record(remediationScope(actor), id)
		return err
	})
	return record, err
}

// ListTimeline tells what happened in a record's mailbox, in its order. It
// returns KindNotFound for a record the actor may not see.
func (s *Store) ListTimeline(ctx context.Context, actor clawback.Actor, recordID string) ([]clawback.TimelineEvent, error) {
	scope := remediationScope(actor)
	var list []clawback.TimelineEvent
	err := s.inRead(ctx, func(tx *Tx) error {
		var w where
		w.add("c.id = ?", recordID)
		w.scope(scope, "c.organization_id")
		if _, err := one(tx, "record", scanText, `SELECT c.id FROM records c`+w.String(), w.args...); err != nil {
			return err
		}
		var err error
		list, err = all(tx, scanTimelineEvent, `SELECT t.at, t.kind, t.text, t.detail
			FROM timeline t JOIN records c ON c.id = t.record_id`+w.String()+` ORDER BY t.at, t.id`, w.args...)
		return err
	})
	return list, err
}

func scanTimelineEvent(row scanner) (clawback.TimelineEvent, error) {
	var e clawback.TimelineEvent
	err := row.Scan(moment{&e.At}, &e.Kind, &e.Text, &e.Detail)
	return e, err
}

const recordSQL = `SELECT c.id, c.remediation_id, c.organization_id, c.device_id, c.mailbox_id, c.address, c.name, c.kind, c.addresses, c.looked_up_at,
	c.recipients, c.delivery_status, c.delivered_at, c.state, c.outcome, c.reason, c.detail, c.protected_by, c.protected_purpose,
	c.late, c.attempts, c.due_at, c.created_at, c.done_at, c.handed_over_at, c.ordered_at, c.ordered_by, c.ordered_by_name, c.origin, c.targets, r.number,
	COALESCE((SELECT t.subject FROM remediation_targets t WHERE t.remediation_id = r.id AND t.position = 0), '')
	FROM records c JOIN remediations r ON r.id = c.remediation_id`

func scanRecord(row scanner) (clawback.EmailRecord, error) {
	var r clawback.EmailRecord
	err := row.Scan(&r.ID, &r.RemediationID, &r.OrganizationID, &r.DeviceID, &r.Mailbox.ID, &r.Mailbox.Address, &r.Mailbox.Name, &r.Mailbox.Kind,
		jsonText{&r.Mailbox.Addresses}, moment{&r.Mailbox.LookedUpAt}, jsonText{&r.Recipients}, &r.DeliveryStatus, moment{&r.DeliveredAt},
		&r.State, &r.Outcome, &r.Reason, &r.Detail, &r.ProtectedBy, &r.ProtectedPurpose,
		&r.Late, &r.Attempts, moment{&r.DueAt}, moment{&r.CreatedAt}, moment{&r.DoneAt}, moment{&r.HandedOverAt}, moment{&r.Order.At}, &r.Order.By, &r.Order.ByName,
		&r.Origin, jsonText{&r.Targets}, &r.RemediationNumber, &r.Subject)
	return r, err
}

func (tx *Tx) record(scope clawback.Scope, id string) (clawback.EmailRecord, error) {
	var w where
	w.add("c.id = ?", id)
	w.scope(scope, "c.organization_id")
	record, err := one(tx, "record", scanRecord, recordSQL+w.String(), w.args...)
	if err != nil {
		return record, err
	}
	list := []clawback.EmailRecord{record}
	err = tx.fillCopies(list)
	return list[0], err
}

// fillCopies adds the copies to all of a list at once.
func (tx *Tx) fillCopies(list []clawback.EmailRecord) error {
	if len(list) == 0 {
		return nil
	}
	byID := make(map[string]*clawback.EmailRecord, len(list))
	ids := make([]any, len(list))
	for i := range list {
		byID[list[i].ID], ids[i] = &list[i], list[i].ID
	}
	copies, err := all(tx, scanCopy, `SELECT `+copyColumns+` FROM copies p WHERE p.record_id IN (`+marks(len(ids))+`) ORDER BY p.record_id, p.received_at, p.id`, ids...)
	for _, c := range copies {
		byID[c.RecordID].Copies = append(byID[c.RecordID].Copies, c)
	}
	return err
}

const copyColumns = `p.id, p.record_id, p.immutable_id, p.folder_id, p.folder_name, p.message_id, p.sender, p.subject, p.received_at, p.is_read,
	p.matched, p.outcome, p.reason, p.found_at, p.sent_at, p.removed_at, p.verified_at, p.restored_at, p.status, p.code, p.answer, p.restore_asked_at, p.restore_problem`

func scanCopy(row scanner) (clawback.Copy, error) {
	var c clawback.Copy
	err := row.Scan(&c.ID, &c.RecordID, &c.ImmutableID, &c.FolderID, &c.FolderName, &c.MessageID, &c.Sender, &c.Subject, moment{&c.ReceivedAt}, &c.Read,
		&c.Matched, &c.Outcome, &c.Reason, moment{&c.FoundAt}, moment{&c.SentAt}, moment{&c.RemovedAt}, moment{&c.VerifiedAt}, moment{&c.RestoredAt},
		&c.Status, &c.Code, &c.Answer, moment{&c.AskedBackAt}, &c.BackProblem)
	return c, err
}
