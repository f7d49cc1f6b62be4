package store

import (
	"context"
	"slices"

	"clawback"
)

// CountContextImpact counts, for every entry by its id, the removals of the
// last days that its mailbox had the email of. Entries that the actor may not
// see count none.
func (s *Store) CountContextImpact(ctx context.Context, actor clawback.Actor, entries []clawback.ContextEntry) (map[string]int, error) {
	impact := map[string]int{}
	err := s.inRead(ctx, func(tx *Tx) error {
		for _, e := range entries {
			w := recordsOf(actor, e)
			w.add("r.created_at >= ?", ms(tx.now.Add(-clawback.ImpactWindow)))
			w.add("m.started_at > 0")
			n, err := tx.count(`SELECT COUNT(DISTINCT r.remediation_id) FROM records r JOIN remediations m ON m.id = r.remediation_id`+w.String(), w.args...)
			if err != nil {
				return err
			}
			impact[e.ID] = n
		}
		return nil
	})
	return impact, err
}

// recordsOf finds the records of the mailboxes that an entry protects: by the
// object id, or by an address of the mailbox. What a distribution list brought
// into it does not count.
func recordsOf(actor clawback.Actor, e clawback.ContextEntry) where {
	addresses := append([]string{e.Address}, e.Addresses...)
	slices.Sort(addresses)
	addresses = slices.Compact(addresses)

	seen := []any{e.MailboxID, e.OrganizationID}
	protected, protectedBy := "r.mailbox_key = ?", []any{e.MailboxID}
	for _, address := range addresses {
		seen = append(seen, address)
		protected += ` OR r.address = ? OR r.addresses LIKE ? ESCAPE '\'`
		protectedBy = append(protectedBy, address, like(`"`+address+`"`))
	}
	var w where
	w.add("r.mailbox_key = ? OR r.mailbox_key IN (SELECT mailbox_key FROM mailbox_addresses WHERE organization_id = ? AND address IN ("+
		marks(len(addresses))+"))", seen...)
	w.add(protected, protectedBy...)
	w.add("r.organization_id = ?", e.OrganizationID)
	w.scope(contextScope(actor), "r.organization_id")
	return w
}

// ListWireOfContext lists the removals from an entry's mailbox that were on
// their way when its protection came into force. It returns KindNotFound for
// what the actor may not see.
func (s *Store) ListWireOfContext(ctx context.Context, actor clawback.Actor, id string) ([]clawback.WireRequest, error) {
	var wire []clawback.WireRequest
	err := s.inRead(ctx, func(tx *Tx) error {
		entry, err := tx.contextEntry(contextScope(actor), id)
		if err != nil || !entry.Selected {
			return err
		}
		w := recordsOf(actor, entry)
		w.add("i.kind <> 'restore' AND i.committed_at <= ? AND (i.closed_at = 0 OR i.closed_at >= ?)", ms(entry.SelectedAt), ms(entry.SelectedAt))
		wire, err = all(tx, scanWireRequest, `SELECT r.id, r.remediation_id, r.address, i.committed_at
			FROM records r JOIN intents i ON i.record_id = r.id`+w.String()+` ORDER BY i.committed_at, i.id`, w.args...)
		return err
	})
	return wire, err
}

func scanWireRequest(row scanner) (clawback.WireRequest, error) {
	var r clawback.WireRequest
	err := row.Scan(&r.RecordID, &r.RemediationID, &r.Mailbox, moment{&r.SentAt})
	return r, err
}
