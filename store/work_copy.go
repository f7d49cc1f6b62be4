package store

import (
	"net/http"

	"clawback"
)

// finishFound ends a record in which nothing is visible. Copies that were found
// before have their say in the outcome.
func (tx *Tx) finishFound(r clawback.Remediation, f clawback.Finding, copies []clawback.Copy) error {
	fate := tracedFate{outcome: f.Outcome, reason: f.Reason, detail: f.Detail}
	looked := f.Looked()
	var outcomes []clawback.Outcome
	for _, c := range decided(copies) {
		verdict := clawback.CopyVerdict{CopyID: c.ID, Outcome: f.Outcome, Reason: f.Reason}
		if looked {
			verdict.Outcome = notVisible(f, c)
		}
		outcomes = append(outcomes, verdict.Outcome)
		if verdict.Outcome == c.Outcome || !looked && c.Outcome != clawback.OutcomeNone {
			continue
		}
		if err := tx.saveVerdict(verdict); err != nil {
			return err
		}
	}
	if looked && len(copies) > 0 {
		fate.outcome = clawback.WorstOutcome(outcomes)
		for _, c := range decided(copies) {
			if c.Outcome == fate.outcome && fate.outcome == clawback.OutcomeAmbiguous {
				fate.reason = c.Reason
			}
		}
	}
	return tx.finish(r, f.RecordID, fate)
}

// notVisible answers what a look that shows a copy nowhere, or in Recoverable
// Items, makes of what was known of it.
func notVisible(f clawback.Finding, c clawback.Copy) clawback.Outcome {
	switch {
	case !c.Matched, c.Outcome == clawback.OutcomeRemoved, c.Outcome == clawback.OutcomeAlreadyGone:
		return c.Outcome
	case !found(f, c):
		return clawback.OutcomeNotFound
	case !c.SentAt.IsZero() && c.Status != http.StatusNotFound:
		return clawback.OutcomeRemoved
	}
	return clawback.OutcomeAlreadyGone
}

// lacksKept says whether a copy would be deleted for good of which nothing is
// kept: rule 3 allows no such intent.
func (tx *Tx) lacksKept(r clawback.Remediation, f clawback.Finding, copies []clawback.Copy) (bool, error) {
	if r.Removal != clawback.RemovalHard {
		return false, nil
	}
	for _, c := range copies {
		if !removable(f, c) {
			continue
		}
		if kept, err := tx.hasEmail(r.ID, c.MessageID); err != nil || !kept {
			return true, err
		}
	}
	return false, nil
}

// removable says whether a copy is the target, lies where it was seen, and nothing
// has become of it yet.
func removable(f clawback.Finding, c clawback.Copy) bool {
	return c.Matched && c.Outcome == clawback.OutcomeNone && found(f, c)
}

func found(f clawback.Finding, c clawback.Copy) bool {
	for _, seen := range f.Copies {
		if seen.ImmutableID == c.ImmutableID {
			return true
		}
	}
	return false
}

// saveCopies keeps the found items and answers every copy of the record.
func (tx *Tx) saveCopies(r clawback.Remediation, f clawback.Finding) ([]clawback.Copy, error) {
	for i, c := range f.Copies {
		outcome, reason := clawback.OutcomeNone, clawback.ReasonNone
		if !f.Matched[i] {
			outcome, reason = clawback.OutcomeAmbiguous, clawback.ReasonDifferent
		}
		added, err := tx.exec(`
			INSERT INTO copies (id, record_id, remediation_id, organization_id, immutable_id, folder_id, message_id, sender, subject,
				received_at, is_read, matched, outcome, reason, found_at)
			VALUES (`+marks(15)+`)
			ON CONFLICT (record_id, immutable_id) DO NOTHING`,
			newID(), f.RecordID, r.ID, r.OrganizationID, c.ImmutableID, c.FolderID, c.MessageID, c.Sender, c.Subject,
			ms(c.ReceivedAt), c.Read, f.Matched[i], outcome, reason, ms(tx.now))
		if err != nil {
			return nil, err
		}
		if added > 0 {
			err = tx.tell(f.RecordID, clawback.TimelineFound, foundText(c, f.Matched[i], f.Outcome), "")
		} else if f.Outcome == clawback.OutcomeNone {
			err = tx.seenAgain(f, c)
		}
		if err != nil {
			return nil, err
		}
	}
	return tx.copies(f.RecordID)
}

// seenAgain forgets the outcome of a copy that is visible again: somebody put
// it back, or it was left and may go now.
func (tx *Tx) seenAgain(f clawback.Finding, c clawback.FoundCopy) error {
	_, err := tx.exec(`UPDATE copies SET outcome = '', reason = '', folder_id = ?, folder_name = CASE WHEN folder_id = ? THEN folder_name ELSE '' END,
		is_read = ? WHERE record_id = ? AND immutable_id = ? AND matched AND restored_at = 0 AND restore_asked_at = 0`,
		c.FolderID, c.FolderID, c.Read, f.RecordID, c.ImmutableID)
	return err
}
