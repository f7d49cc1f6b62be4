package store

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"clawback"
)

// auditEvent is what is told of a change; who, when and the chain come from elsewhere.
type auditEvent struct {
	OrganizationID string // the chain; empty is the installation's
	Action         string
	Subject        string // id of what it is about
	SubjectName    string
	Before, After  any    // JSON of what changed; never a secret
	RowsHash       string // of a batch's rows
}

// audit appends an event to its chain, in the transaction of the change itself.
func (tx *Tx) audit(actor clawback.Actor, event auditEvent) error {
	full, err := tx.auditEventOf(actor, event)
	if err != nil {
		return fmt.Errorf("audit %s: %w", event.Action, err)
	}
	if err := tx.chain(&full); err != nil {
		return fmt.Errorf("audit %s: %w", event.Action, err)
	}
	return nil
}

func (tx *Tx) auditEventOf(actor clawback.Actor, event auditEvent) (clawback.AuditEvent, error) {
	before, err := auditJSON(event.Before)
	if err != nil {
		return clawback.AuditEvent{}, err
	}
	after, err := auditJSON(event.After)
	if err != nil {
		return clawback.AuditEvent{}, err
	}
	return clawback.AuditEvent{
		ID: newID(), OrganizationID: event.OrganizationID, At: tx.now,
		ActorKind: actor.Kind, ActorID: actor.ID, ActorName: actor.Name, OnBehalfOf: actor.OnBehalfOf,
		RemoteAddr: actor.RemoteAddr, RequestID: actor.RequestID,
		Action: event.Action, Subject: event.Subject, SubjectName: event.SubjectName,
		Before: before, After: after, RowsHash: event.RowsHash,
	}, nil
}

func auditJSON(value any) (json.RawMessage, error) {
	if value == nil {
		return nil, nil
	}
	return json.Marshal(value)
}

// chain gives the event its number and hash, appends it and moves the head.
func (tx *Tx) chain(e *clawback.AuditEvent) error {
	err := tx.queryRow(`SELECT sequence, hash FROM audit_chains WHERE organization_id = ?`, e.OrganizationID).Scan(&e.Sequence, &e.PreviousHash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	e.Sequence++
	e.Hash = auditHash(*e)
	_, err = tx.exec(`INSERT INTO audit_events (`+auditColumns+`) VALUES (`+marks(18)+`)`,
		e.ID, e.OrganizationID, e.Sequence, ms(e.At), e.ActorKind, e.ActorID, e.ActorName, e.OnBehalfOf, e.RemoteAddr,
		e.RequestID, e.Action, e.Subject, e.SubjectName, string(e.Before), string(e.After), e.RowsHash, e.PreviousHash, e.Hash)
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO audit_chains (organization_id, sequence, hash) VALUES (?, ?, ?)
		ON CONFLICT (organization_id) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash`,
		e.OrganizationID, e.Sequence, e.Hash)
	return err
}

const auditColumns = `id, organization_id, sequence, at, actor_kind, actor_id, actor_name, on_behalf_of, remote_addr,
	request_id, action, subject, subject_name, before_json, after_json, rows_hash, previous_hash, hash`

func scanAuditEvent(row scanner) (clawback.AuditEvent, error) {
	var e clawback.AuditEvent
	var before, after string
	err := row.Scan(&e.ID, &e.OrganizationID, &e.Sequence, moment{&e.At}, &e.ActorKind, &e.ActorID, &e.ActorName, &e.OnBehalfOf,
		&e.RemoteAddr, &e.RequestID, &e.Action, &e.Subject, &e.SubjectName, &before, &after, &e.RowsHash, &e.PreviousHash, &e.Hash)
	if before != "" {
		e.Before = json.RawMessage(before)
	}
	if after != "" {
		e.After = json.RawMessage(after)
	}
	return e, err
}

// auditHash stands for every field of the event and, by the previous hash, for
// all events before it.
func auditHash(e clawback.AuditEvent) string {
	fields := []string{
		e.ID, e.OrganizationID, fmt.Sprint(e.Sequence), fmt.Sprint(ms(e.At)), string(e.ActorKind), e.ActorID, e.ActorName,
		e.OnBehalfOf, e.RemoteAddr, e.RequestID, e.Action, e.Subject, e.SubjectName, string(e.Before), string(e.After),
		e.RowsHash, e.PreviousHash,
	}
	hash := sha256.New()
	for _, field := range fields {
		// The length keeps text from moving between fields unnoticed.
		fmt.Fprintf(hash, "%d:%s", len(field), field)
	}
	return hex.EncodeToString(hash.Sum(nil))
}
