package store

import (
	"context"
	"time"

	"clawback"
)

// ListIdentities answers the cloud mailboxes of a remediation that were looked up
// at a time or later, with the recipients they were found for.
func (s *Store) ListIdentities(ctx context.Context, remediationID string, since time.Time) ([]clawback.TracedMailbox, error) {
	scan := func(row scanner) (clawback.TracedMailbox, error) {
		m := clawback.TracedMailbox{Mailbox: clawback.Mailbox{Kind: clawback.MailboxCloud}}
		err := row.Scan(&m.DeviceID, &m.Mailbox.ID, &m.Mailbox.Address, &m.Mailbox.Name, jsonText{&m.Mailbox.Addresses}, moment{&m.Mailbox.LookedUpAt}, jsonText{&m.Recipients})
		return m, err
	}
	var mailboxes []clawback.TracedMailbox
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		mailboxes, err = all(tx, scan, `SELECT device_id, mailbox_id, address, name, addresses, looked_up_at, recipients FROM records
			WHERE remediation_id = ? AND mailbox_id <> '' AND kind = ? AND looked_up_at BETWEEN ? AND ?`, remediationID, clawback.MailboxCloud, ms(since), ms(tx.now))
		return err
	})
	return mailboxes, err
}
