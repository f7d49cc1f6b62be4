package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"clawback"
)

// HasEmail says whether the email of this Message-ID is kept already.
func (s *Store) HasEmail(ctx context.Context, remediationID, messageID string) (bool, error) {
	kept := false
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		kept, err = tx.hasEmail(remediationID, messageID)
		return err
	})
	return kept, err
}

func (tx *Tx) hasEmail(remediationID, messageID string) (bool, error) {
	n, err := tx.count(`SELECT COUNT(*) FROM kept_emails WHERE remediation_id = ? AND message_id = ?`, remediationID, messageID)
	return n > 0, err
}

// KeepEmail keeps an email before it is deleted for good, encrypted. What is
// kept already stays as it is.
func (s *Store) KeepEmail(ctx context.Context, remediationID, messageID, mailbox string, email []byte) error {
	id, sum := newID(), sha256.Sum256(email)
	return s.inTx(ctx, func(tx *Tx) error {
		if kept, err := tx.hasEmail(remediationID, messageID); err != nil || kept {
			return err
		}
		r, err := tx.worked(remediationID)
		if err != nil {
			return err
		}
		sealed, err := s.seal.close(clawback.NewSecret(string(email)), keptEmailPlace(r.OrganizationID, id))
		if err != nil {
			return err
		}
		_, err = tx.exec(`INSERT INTO kept_emails (id, organization_id, remediation_id, message_id, mailbox, size, sha256, content, kept_at, expires_at)
			VALUES (`+marks(10)+`)`, id, r.OrganizationID, r.ID, messageID, mailbox, len(email), hex.EncodeToString(sum[:]), sealed,
			ms(tx.now), ms(tx.now.Add(s.retention)))
		if err != nil {
			return fmt.Errorf("insert evidence: %w", err)
		}
		event := remediationEvent(r, "email.kept")
		event.After = map[string]any{"message_id": messageID, "mailbox": mailbox, "size": len(email), "sha256": hex.EncodeToString(sum[:])}
		return tx.audit(clawback.Bot(r.StartedBy), event)
	})
}

func keptEmailPlace(organizationID, id string) place {
	return place{table: "kept_emails", column: "content", organizationID: organizationID, rowID: id}
}

const keptEmailColumns = `id, organization_id, remediation_id, message_id, mailbox, size, sha256, kept_at, expires_at`

func scanKeptEmail(row scanner) (clawback.KeptEmail, error) {
	var e clawback.KeptEmail
	err := row.Scan(&e.ID, &e.OrganizationID, &e.RemediationID, &e.MessageID, &e.Mailbox, &e.Size, &e.SHA256, moment{&e.KeptAt}, moment{&e.ExpiresAt})
	return e, err
}

// ListKeptEmails answers what is kept of a remediation, without the emails. It
// returns KindNotFound for a remediation the actor does not see.
func (s *Store) ListKeptEmails(ctx context.Context, actor clawback.Actor, remediationID string) ([]clawback.KeptEmail, error) {
	scope := remediationScope(actor)
	var kept []clawback.KeptEmail
	err := s.inRead(ctx, func(tx *Tx) error {
		if err := tx.seesRemediation(scope, remediationID); err != nil {
			return err
		}
		var err error
		kept, err = all(tx, scanKeptEmail, `SELECT `+keptEmailColumns+` FROM kept_emails WHERE remediation_id = ? ORDER BY kept_at, id`, remediationID)
		return err
	})
	return kept, err
}

// ReadKeptEmail answers a kept email itself, and notes in the audit trail who read
// it. It returns KindNotFound where there is none that the actor sees, and KindForbidden.
func (s *Store) ReadKeptEmail(ctx context.Context, actor clawback.Actor, id string) (clawback.KeptEmail, error) {
	within, args := scopeSQL(remediationScope(actor), "organization_id")
	var kept clawback.KeptEmail
	err := s.inTx(ctx, func(tx *Tx) error {
		var err error
		kept, err = one(tx, "kept email", scanKeptEmail, `SELECT `+keptEmailColumns+` FROM kept_emails WHERE id = ? AND `+within, append([]any{id}, args...)...)
		if err != nil {
			return err
		}
		if err := mayChange(actor, clawback.RightRemediate, kept.OrganizationID, "read emails"); err != nil {
			return err
		}
		if kept.Content, err = tx.openEmail(kept); err != nil {
			return err
		}
		r, err := tx.worked(kept.RemediationID)
		if err != nil {
			return err
		}
		event := remediationEvent(r, "email.read")
		event.After = map[string]any{"message_id": kept.MessageID, "sha256": kept.SHA256}
		return tx.audit(actor, event)
	})
	return kept, err
}

func (tx *Tx) openEmail(e clawback.KeptEmail) ([]byte, error) {
	var sealed []byte
	if err := tx.queryRow(`SELECT content FROM kept_emails WHERE id = ?`, e.ID).Scan(&sealed); err != nil {
		return nil, err
	}
	email, err := tx.store.seal.open(sealed, keptEmailPlace(e.OrganizationID, e.ID))
	return []byte(email.Reveal()), err
}

// DeleteExpiredEmails forgets the emails whose time is over. It answers how many.
func (s *Store) DeleteExpiredEmails(ctx context.Context) (int, error) {
	var gone []clawback.KeptEmail
	err := s.inTx(ctx, func(tx *Tx) error {
		var err error
		gone, err = all(tx, scanKeptEmail, `DELETE FROM kept_emails WHERE expires_at <= ? RETURNING `+keptEmailColumns, ms(tx.now))
		if err != nil {
			return err
		}
		for _, e := range gone {
			err := tx.audit(clawback.Bot(""), auditEvent{OrganizationID: e.OrganizationID, Action: "email.expired", Subject: e.RemediationID,
				After: map[string]any{"message_id": e.MessageID, "sha256": e.SHA256}})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return len(gone), err
}
