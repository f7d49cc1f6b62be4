package store

import (
	"clawback"
)

// To the engineer of store: remediation, copies and the scans below are here for
// you to use in your reads as well (join what you need around them). recordRef
// and addToAction at the end are stand-ins: delete them when yours exist.

const remediationColumns = `m.id, m.number, m.organization_id, o.name, m.status, m.phase, m.blocked_by, m.blocked_since, m.blocked_detail,
	m.mode, m.removal, m.variants, m.reason, m.reference, m.max_mailboxes, m.approved_up_to, m.approved_by,
	m.created_by, m.created_by_name, m.started_by, m.started_by_name, m.recipients, m.created_at, m.previewed_at, m.started_at,
	m.traced_at, m.first_clean_at, m.contained_at, m.next_look_at, m.looks, m.ended_at`

func scanRemediation(row scanner) (clawback.Remediation, error) {
	var r clawback.Remediation
	err := row.Scan(&r.ID, &r.Number, &r.OrganizationID, &r.OrganizationName, &r.Status, &r.Phase, &r.BlockedBy, moment{&r.BlockedSince}, &r.BlockedDetail,
		&r.Mode, &r.Removal, jsonText{&r.Variants}, &r.Reason, &r.Reference, &r.MaxMailboxes, &r.ApprovedUpTo, &r.ApprovedBy,
		&r.CreatedBy, &r.CreatedByName, &r.StartedBy, &r.StartedByName, &r.Counts.Recipients, moment{&r.CreatedAt}, moment{&r.PreviewedAt}, moment{&r.StartedAt},
		moment{&r.TracedAt}, moment{&r.FirstCleanAt}, moment{&r.ContainedAt}, moment{&r.NextLookAt}, &r.Looks, moment{&r.EndedAt})
	return r, err
}

// remediation answers a remediation with its targets and without counts, for
// the engine. It returns KindNotFound when there is none.
func (tx *Tx) remediation(id string) (clawback.Remediation, error) {
	r, err := one(tx, "remediation", scanRemediation, `
		SELECT `+remediationColumns+` FROM remediations m JOIN organizations o ON o.id = m.organization_id WHERE m.id = ?`, id)
	if err != nil {
		return r, err
	}
	r.Targets, err = tx.targets(id)
	return r, err
}

func (tx *Tx) targets(remediationID string) ([]clawback.Target, error) {
	scan := func(row scanner) (clawback.Target, error) {
		var t clawback.Target
		err := row.Scan(&t.Source, &t.MessageID, &t.Sender, &t.Subject, moment{&t.ReceivedFrom}, moment{&t.ReceivedTo})
		return t, err
	}
	return all(tx, scan, `
		SELECT source, message_id, sender, subject, received_from, received_to
		FROM remediation_targets WHERE remediation_id = ? ORDER BY position`, remediationID)
}

const copyColumns = `id, record_id, immutable_id, folder_id, folder_name, message_id, sender, subject, received_at, is_read, matched,
	outcome, reason, found_at, sent_at, removed_at, verified_at, restored_at, status, code, answer`

func scanCopy(row scanner) (clawback.Copy, error) {
	var c clawback.Copy
	err := row.Scan(&c.ID, &c.RecordID, &c.ImmutableID, &c.FolderID, &c.FolderName, &c.MessageID, &c.Sender, &c.Subject, moment{&c.ReceivedAt}, &c.Read, &c.Matched,
		&c.Outcome, &c.Reason, moment{&c.FoundAt}, moment{&c.SentAt}, moment{&c.RemovedAt}, moment{&c.VerifiedAt}, moment{&c.RestoredAt}, &c.Status, &c.Code, &c.Answer)
	return c, err
}

// copies answers every copy of a record, in the order in which they were found.
func (tx *Tx) copies(recordID string) ([]clawback.Copy, error) {
	return all(tx, scanCopy, `SELECT `+copyColumns+` FROM copies WHERE record_id = ? ORDER BY id`, recordID)
}

// recordRef names a record together with what it belongs to.
type recordRef struct{ ID, RemediationID, OrganizationID string }

func (tx *Tx) addToAction(_ recordRef, _ clawback.Outcome) error { return nil }
