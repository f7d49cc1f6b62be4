package store

import (
	"context"
	"slices"

	"clawback"
)

// CreateContext adds an inbox to an organization's context; it protects nothing
// yet. It returns KindNotFound for an organization the actor does not see,
// KindForbidden, KindInvalid about a field, and KindConflict about the address
// when it is there already.
func (s *Store) CreateContext(ctx context.Context, actor clawback.Actor, organizationID string, n clawback.NewContextEntry) (clawback.ContextEntry, error) {
	entry, err := newContextEntry(n)
	if err != nil {
		return clawback.ContextEntry{}, err
	}
	err = s.inTx(ctx, func(tx *Tx) error {
		if _, err := tx.organization(sees(actor, clawback.RightReadContext, clawback.RightProposeContext), organizationID); err != nil {
			return err
		}
		if err := mayChange(actor, clawback.RightProposeContext, organizationID, "propose never-remove context"); err != nil {
			return err
		}
		if entry.Ended(tx.now) {
			return endOver()
		}
		entry.ID, entry.OrganizationID, entry.CreatedBy, entry.CreatedAt, entry.UpdatedAt = newID(), organizationID, actor.Name, tx.now, tx.now
		_, err := tx.exec(`INSERT INTO context_entries (id, organization_id, address, purpose, note, owner, status, ends_at, created_by, created_at, updated_at)
			VALUES (`+marks(11)+`)`,
			entry.ID, organizationID, entry.Address, entry.Purpose, entry.Note, entry.Owner, entry.Status, ms(entry.EndsAt),
			entry.CreatedBy, ms(tx.now), ms(tx.now))
		if isDuplicate(err) {
			return addressTaken(entry)
		}
		if err != nil {
			return err
		}
		if err := tx.contextStep(actor, entry, clawback.ContextProposed, ""); err != nil {
			return err
		}
		return tx.audit(actor, auditEvent{OrganizationID: organizationID, Action: "context.created", Subject: entry.ID, SubjectName: entry.Address,
			After: contextFacts(entry)})
	})
	return entry, err
}

func newContextEntry(n clawback.NewContextEntry) (clawback.ContextEntry, error) {
	var err [4]error
	entry := clawback.ContextEntry{Status: clawback.ReviewRequested, EndsAt: n.EndsAt}
	entry.Address, err[0] = clawback.NormalizeAddress(n.Address)
	entry.Purpose, err[1] = text("purpose", n.Purpose, maxLine)
	entry.Note, err[2] = text("note", n.Note, maxText)
	entry.Owner, err[3] = text("owner", n.Owner, maxLine)
	if err[0] == nil && len(entry.Address) > 320 {
		err[0] = clawback.Invalid("address", "This is too long for an email address.")
	}
	return entry, firstOf(err[:]...)
}

func addressTaken(e clawback.ContextEntry) error {
	return conflict("address", "There is an entry for "+e.Address+" already. Open it in the list and change it there.")
}

func endOver() error {
	return clawback.Invalid("ends_at", "This day is over. Choose a later one, or leave it empty.")
}

// contextFacts is what the audit trail keeps of a proposed entry.
func contextFacts(e clawback.ContextEntry) map[string]any {
	facts := map[string]any{"address": e.Address, "purpose": e.Purpose, "note": e.Note, "owner": e.Owner}
	if !e.EndsAt.IsZero() {
		facts["ends_at"] = e.EndsAt
	}
	return facts
}

// ListContext lists an organization's context by address. It returns
// KindNotFound for an organization the actor does not see.
func (s *Store) ListContext(ctx context.Context, actor clawback.Actor, organizationID string) ([]clawback.ContextEntry, error) {
	scope := contextScope(actor)
	var list []clawback.ContextEntry
	err := s.inRead(ctx, func(tx *Tx) error {
		if _, err := tx.organization(scope, organizationID); err != nil {
			return err
		}
		var w where
		w.add("e.organization_id = ?", organizationID)
		w.scope(scope, "e.organization_id")
		var err error
		list, err = all(tx, scanContextEntry, contextSQL+w.String()+` ORDER BY e.address`, w.args...)
		return err
	})
	return list, err
}

// FindContext answers an entry. It returns KindNotFound for what the actor may not see.
func (s *Store) FindContext(ctx context.Context, actor clawback.Actor, id string) (clawback.ContextEntry, error) {
	var entry clawback.ContextEntry
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		entry, err = tx.contextEntry(contextScope(actor), id)
		return err
	})
	return entry, err
}

func contextScope(actor clawback.Actor) clawback.Scope {
	return sees(actor, clawback.RightReadContext, clawback.RightProposeContext, clawback.RightReviewContext)
}

// SaveContextMailbox keeps what the directory answered to an entry's address. A
// look-up that failed or found no mailbox keeps the former mailbox, which goes
// on being protected, and notes the problem. It returns KindNotFound for an
// unknown entry.
func (s *Store) SaveContextMailbox(ctx context.Context, entryID string, answer clawback.MailboxAnswer) error {
	return s.inTx(ctx, func(tx *Tx) error {
		entry, err := tx.contextEntry(clawback.Scope{Everywhere: true}, entryID)
		if err != nil {
			return err
		}
		if problem := resolveProblem(entry, answer); problem != "" {
			_, err := tx.exec(`UPDATE context_entries SET resolve_problem = ? WHERE id = ?`, problem, entryID)
			return err
		}
		return tx.saveContextMailbox(entry, answer.Mailbox)
	})
}

// resolveProblem says in words why an answer names no mailbox; "" when it does.
func resolveProblem(entry clawback.ContextEntry, answer clawback.MailboxAnswer) string {
	switch {
	case answer.Answer.Kind != clawback.AnswerOK:
		problem := "Microsoft did not say which mailbox this is"
		if answer.Answer.Message != "" {
			problem += ": " + answer.Answer.Message
		}
		return problem
	case answer.Mailbox.ID != "" && (answer.Mailbox.Kind == "" || answer.Mailbox.Kind == clawback.MailboxCloud):
		return ""
	case answer.Mailbox.Explanation != "":
		return answer.Mailbox.Explanation
	}
	return "The directory knows no mailbox with the address " + entry.Address + "."
}

func (tx *Tx) saveContextMailbox(entry clawback.ContextEntry, m clawback.Mailbox) error {
	_, err := tx.exec(`UPDATE context_entries SET mailbox_id = ?, mailbox_name = ?, addresses = ?, resolved_at = ?, resolve_problem = '' WHERE id = ?`,
		m.ID, m.Name, jsonOf(addressesOf(m)), ms(tx.now), entry.ID)
	if err != nil || m.ID == entry.MailboxID {
		return err
	}
	return tx.audit(clawback.Bot(entry.CreatedBy), auditEvent{OrganizationID: entry.OrganizationID, Action: "context.resolved",
		Subject: entry.ID, SubjectName: entry.Address,
		Before: map[string]any{"mailbox_id": entry.MailboxID}, After: map[string]any{"mailbox_id": m.ID, "mailbox": m.Name}})
}

func addressesOf(m clawback.Mailbox) []string {
	if m.Address == "" || slices.Contains(m.Addresses, m.Address) {
		return m.Addresses
	}
	return append([]string{m.Address}, m.Addresses...)
}

const contextSQL = `SELECT e.id, e.organization_id, e.address, e.purpose, e.note, e.owner, e.status, e.review_comment, e.starts_at, e.ends_at,
	n.entry_id IS NOT NULL, COALESCE(n.selected_at, 0), COALESCE(n.selected_by, ''), e.mailbox_id, e.mailbox_name, e.addresses, e.resolved_at, e.resolve_problem,
	e.created_by, e.created_at, e.updated_at
	FROM context_entries e LEFT JOIN never_remove n ON n.entry_id = e.id AND n.organization_id = e.organization_id`

func scanContextEntry(row scanner) (clawback.ContextEntry, error) {
	var e clawback.ContextEntry
	err := row.Scan(&e.ID, &e.OrganizationID, &e.Address, &e.Purpose, &e.Note, &e.Owner, &e.Status, &e.ReviewComment,
		moment{&e.StartsAt}, moment{&e.EndsAt}, &e.Selected, moment{&e.SelectedAt}, &e.SelectedBy, &e.MailboxID, &e.MailboxName, jsonText{&e.Addresses},
		moment{&e.ResolvedAt}, &e.ResolveProblem, &e.CreatedBy, moment{&e.CreatedAt}, moment{&e.UpdatedAt})
	return e, err
}

func (tx *Tx) contextEntry(scope clawback.Scope, id string) (clawback.ContextEntry, error) {
	var w where
	w.add("e.id = ?", id)
	w.scope(scope, "e.organization_id")
	return one(tx, "context entry", scanContextEntry, contextSQL+w.String(), w.args...)
}
