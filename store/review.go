package store

import (
	"context"

	"clawback"
)

// ReviewContext is DecideContext without a look at what the decider saw: for
// services.
func (s *Store) ReviewContext(ctx context.Context, actor clawback.Actor, id string, status clawback.ReviewStatus, comment string) (clawback.ContextEntry, error) {
	return s.DecideContext(ctx, actor, id, clawback.ContextDecision{Status: status, Comment: comment})
}

// DecideContext gives the engagement manager's word on an entry; what is
// selected goes on protecting. It returns KindNotFound, KindForbidden,
// KindInvalid about a field, and KindConflict when somebody was faster.
func (s *Store) DecideContext(ctx context.Context, actor clawback.Actor, id string, d clawback.ContextDecision) (clawback.ContextEntry, error) {
	comment, err := text("comment", d.Comment, maxText)
	if err := firstOf(err, checkReview(d.Status, comment)); err != nil {
		return clawback.ContextEntry{}, err
	}
	var entry clawback.ContextEntry
	err = s.inTx(ctx, func(tx *Tx) error {
		var err error
		if entry, err = tx.contextEntry(contextScope(actor), id); err != nil {
			return err
		}
		if err := mayChange(actor, clawback.RightReviewContext, entry.OrganizationID, "review never-remove context"); err != nil {
			return err
		}
		if err := tx.asSeen(entry, d.SeenAt); err != nil {
			return err
		}
		before := map[string]any{"status": entry.Status, "comment": entry.ReviewComment}
		entry.Status, entry.ReviewComment, entry.UpdatedAt = d.Status, comment, tx.now
		if _, err := tx.exec(`UPDATE context_entries SET status = ?, review_comment = ?, updated_at = ? WHERE id = ? AND organization_id = ?`,
			d.Status, comment, ms(tx.now), id, entry.OrganizationID); err != nil {
			return err
		}
		if err := tx.contextStep(actor, entry, clawback.ContextStepKind(d.Status), comment); err != nil {
			return err
		}
		return tx.audit(actor, auditEvent{OrganizationID: entry.OrganizationID, Action: "context.reviewed", Subject: id, SubjectName: entry.Address,
			Before: before, After: map[string]any{"status": d.Status, "comment": comment}})
	})
	return entry, err
}

func checkReview(status clawback.ReviewStatus, comment string) error {
	switch {
	case !status.Valid() || status == clawback.ReviewRequested:
		return clawback.Invalid("status", "Choose approved, changes_requested or declined.")
	case status == clawback.ReviewChangesRequested && comment == "":
		return clawback.Invalid("comment", "Say what should change: the customer reads it.")
	case status == clawback.ReviewDeclined && comment == "":
		return clawback.Invalid("comment", "Say why it is declined: the customer reads it.")
	}
	return nil
}

// ListReviews lists the entries that wait for the actor's review, the oldest first.
func (s *Store) ListReviews(ctx context.Context, actor clawback.Actor) ([]clawback.ContextEntry, error) {
	var list []clawback.ContextEntry
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		w := toReview(actor)
		list, err = all(tx, scanContextEntry, contextSQL+w.String()+` ORDER BY e.updated_at, e.id`, w.args...)
		return err
	})
	return list, err
}

// CountReviews counts the entries that wait for the actor's review.
func (s *Store) CountReviews(ctx context.Context, actor clawback.Actor) (int, error) {
	var n int
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		w := toReview(actor)
		n, err = tx.count(`SELECT COUNT(*) FROM context_entries e`+w.String(), w.args...)
		return err
	})
	return n, err
}

func toReview(actor clawback.Actor) where {
	var w where
	w.add("e.status = 'review_requested'") // as the index spells it
	w.scope(actor.Scope(clawback.RightReviewContext), "e.organization_id")
	return w
}
