package store

import (
	"context"
	"time"

	"clawback"
)

// UpdateContext changes an entry and asks for its review again; what is
// selected goes on protecting. It returns KindNotFound, KindForbidden,
// KindInvalid about a field, and KindConflict when the address is taken or the
// entry was changed since it was seen.
func (s *Store) UpdateContext(ctx context.Context, actor clawback.Actor, id string, change clawback.ContextChange) (clawback.ContextEntry, error) {
	wanted, err := newContextEntry(change.NewContextEntry)
	comment, commentErr := text("comment", change.Comment, maxText)
	if err := firstOf(err, commentErr); err != nil {
		return clawback.ContextEntry{}, err
	}
	var entry clawback.ContextEntry
	err = s.inTx(ctx, func(tx *Tx) error {
		before, err := tx.contextEntry(contextScope(actor), id)
		if err != nil {
			return err
		}
		if err := mayChange(actor, clawback.RightProposeContext, before.OrganizationID, "propose never-remove context"); err != nil {
			return err
		}
		if err := firstOf(tx.asSeen(before, change.SeenAt), mayBecome(before, wanted, tx.now)); err != nil {
			return err
		}
		entry = changedEntry(before, wanted, tx.now)
		if err := tx.saveContext(entry); err != nil {
			return err
		}
		if err := tx.contextStep(actor, entry, clawback.ContextChanged, comment); err != nil {
			return err
		}
		return tx.audit(actor, auditEvent{OrganizationID: entry.OrganizationID, Action: "context.changed", Subject: id, SubjectName: entry.Address,
			Before: contextFacts(before), After: contextFacts(entry)})
	})
	return entry, err
}

// mayBecome refuses what would end a protection by the way: only a deselection does that.
func mayBecome(before, wanted clawback.ContextEntry, now time.Time) error {
	if before.Selected && before.Address != wanted.Address {
		return clawback.Invalid("address", "This entry is selected and protects %s. Changing the address would end that. "+
			"Propose the other address as an entry of its own, or have the admin deselect this one first.", before.Address)
	}
	if wanted.Ended(now) && !wanted.EndsAt.Equal(before.EndsAt) {
		return endOver()
	}
	return nil
}

func changedEntry(before, wanted clawback.ContextEntry, now time.Time) clawback.ContextEntry {
	entry := before
	entry.Purpose, entry.Note, entry.Owner, entry.EndsAt = wanted.Purpose, wanted.Note, wanted.Owner, wanted.EndsAt
	entry.Status, entry.ReviewComment, entry.UpdatedAt = clawback.ReviewRequested, "", now
	if wanted.Address != before.Address {
		entry.Address = wanted.Address
		entry.MailboxID, entry.MailboxName, entry.Addresses, entry.ResolvedAt, entry.ResolveProblem = "", "", nil, time.Time{}, ""
	}
	return entry
}

func (tx *Tx) saveContext(e clawback.ContextEntry) error {
	_, err := tx.exec(`UPDATE context_entries SET address = ?, purpose = ?, note = ?, owner = ?, ends_at = ?, status = ?, review_comment = ?,
		mailbox_id = ?, mailbox_name = ?, addresses = ?, resolved_at = ?, resolve_problem = ?, updated_at = ? WHERE id = ? AND organization_id = ?`,
		e.Address, e.Purpose, e.Note, e.Owner, ms(e.EndsAt), e.Status, e.ReviewComment,
		e.MailboxID, e.MailboxName, jsonOf(e.Addresses), ms(e.ResolvedAt), e.ResolveProblem, ms(e.UpdatedAt), e.ID, e.OrganizationID)
	if isDuplicate(err) {
		return addressTaken(e)
	}
	return err
}

// stepDone says in words what a step did, for who comes second.
var stepDone = map[clawback.ContextStepKind]string{
	clawback.ContextProposed: "proposed", clawback.ContextChanged: "changed",
	clawback.ContextStepKind(clawback.ReviewApproved): "approved", clawback.ContextStepKind(clawback.ReviewDeclined): "declined",
	clawback.ContextStepKind(clawback.ReviewChangesRequested): "sent back",
}

// asSeen returns KindConflict, naming who was first, when the entry is no longer
// what somebody saw; nobody's word is overwritten unseen.
func (tx *Tx) asSeen(entry clawback.ContextEntry, seenAt time.Time) error {
	if seenAt.IsZero() || seenAt.Equal(entry.UpdatedAt) {
		return nil
	}
	steps, err := tx.contextSteps(entry.ID)
	if err != nil {
		return err
	}
	who, done := "Somebody", "changed"
	for _, step := range steps {
		if words, ok := stepDone[step.Kind]; ok {
			who, done = step.By, words
		}
	}
	return clawback.Errorf(clawback.KindConflict, "%s %s this entry while you were at it. Nothing of yours was saved; "+
		"what you typed is still here. Read the entry again, then decide.", who, done)
}

// contextStep adds a line to the history of an entry.
func (tx *Tx) contextStep(actor clawback.Actor, e clawback.ContextEntry, kind clawback.ContextStepKind, comment string) error {
	_, err := tx.exec(`INSERT INTO context_steps (id, entry_id, organization_id, at, kind, actor_id, actor_name, comment) VALUES (`+marks(8)+`)`,
		newID(), e.ID, e.OrganizationID, ms(tx.now), kind, actor.ID, actor.Name, comment)
	return err
}

func (tx *Tx) contextSteps(entryID string) ([]clawback.ContextStep, error) {
	scan := func(row scanner) (clawback.ContextStep, error) {
		var step clawback.ContextStep
		err := row.Scan(&step.Kind, &step.By, moment{&step.At}, &step.Comment)
		return step, err
	}
	return all(tx, scan, `SELECT kind, actor_name, at, comment FROM context_steps WHERE entry_id = ? ORDER BY at, id`, entryID)
}

// ListContextSteps answers what happened to an entry, the first step first. It
// returns KindNotFound for what the actor may not see.
func (s *Store) ListContextSteps(ctx context.Context, actor clawback.Actor, id string) ([]clawback.ContextStep, error) {
	var steps []clawback.ContextStep
	err := s.inRead(ctx, func(tx *Tx) error {
		entry, err := tx.contextEntry(contextScope(actor), id)
		if err != nil {
			return err
		}
		steps, err = tx.contextSteps(entry.ID)
		return err
	})
	return steps, err
}
