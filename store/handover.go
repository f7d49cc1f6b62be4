package store

import (
	"context"
	"maps"
	"slices"

	"clawback"
)

// HandOver makes mailboxes that failed or were denied the customer's action at
// once, all or the chosen ones, with a note for it, and answers how many. What
// was handed over before stays so. It returns KindNotFound, KindForbidden,
// KindInvalid about a field, and KindConflict where none of the chosen is left.
func (s *Store) HandOver(ctx context.Context, actor clawback.Actor, id string, choice clawback.CauseChoice, note string) (int, error) {
	note, err := text("note", note, maxText)
	if err != nil {
		return 0, err
	}
	var handed []recordOutcome
	_, err = s.steer(ctx, actor, id, clawback.RightRemediate, "hand mailboxes over", func(tx *Tx, r clawback.Remediation) error {
		w := unsolvedWhere(id, choice)
		w.add(needsSomebody)
		if handed, err = tx.unsolved(w); err != nil {
			return err
		}
		if len(handed) == 0 {
			return noneChosen(choice)
		}
		return tx.handTo(actor, handed, "Handed over to the customer by "+actor.Name+".", note)
	})
	return len(handed), err
}

// handOver hands over what the SOC did not solve in time.
func (tx *Tx) handOver() error {
	w := new(where)
	w.add(needsSomebody)
	w.add(isUnsolved)
	w.add("state = ? AND done_at < ?", clawback.RecordDone, ms(tx.now.Add(-clawback.HandOverAfter)))
	waiting, err := tx.unsolved(w)
	if err != nil || len(waiting) == 0 {
		return err
	}
	return tx.handTo(clawback.Bot(""), waiting, "Handed over to the customer: the SOC did not solve it within four hours.", "")
}

func (tx *Tx) unsolved(w *where) ([]recordOutcome, error) {
	scan := func(row scanner) (recordOutcome, error) {
		var r recordOutcome
		err := row.Scan(&r.ID, &r.RemediationID, &r.OrganizationID, &r.denied)
		return r, err
	}
	return all(tx, scan, `SELECT id, remediation_id, organization_id, reason IN ('permission', 'access_policy') FROM records`+w.String(), w.args...)
}

type recordOutcome struct {
	recordRef
	denied bool
}

func (r recordOutcome) outcome() clawback.Outcome {
	if r.denied {
		return clawback.OutcomeDenied
	}
	return clawback.OutcomeFailed
}

// handTo puts records into the customer's actions; the note is said once in each.
func (tx *Tx) handTo(actor clawback.Actor, records []recordOutcome, told, note string) error {
	actions := map[string]string{} // id to organization
	for _, r := range records {
		action, err := tx.addToAction(r.recordRef, r.outcome())
		if err != nil {
			return err
		}
		actions[action] = r.OrganizationID
		if _, err := tx.exec(`UPDATE records SET handed_over_at = ? WHERE id = ?`, ms(tx.now), r.ID); err != nil {
			return err
		}
		if err := tx.tell(r.ID, clawback.TimelineHandover, told, note); err != nil {
			return err
		}
	}
	if note != "" {
		for _, id := range slices.Sorted(maps.Keys(actions)) {
			if _, err := tx.addComment(actor, id, actions[id], note); err != nil {
				return err
			}
		}
	}
	return tx.auditHandOver(actor, records, note)
}

func (tx *Tx) auditHandOver(actor clawback.Actor, records []recordOutcome, note string) error {
	ids, organization := map[string][]string{}, map[string]string{}
	for _, r := range records {
		ids[r.RemediationID] = append(ids[r.RemediationID], r.ID)
		organization[r.RemediationID] = r.OrganizationID
	}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		slices.Sort(ids[id])
		err := tx.audit(actor, auditEvent{OrganizationID: organization[id], Action: "remediation.handed_over", Subject: id,
			After: map[string]any{"mailboxes": len(ids[id]), "note": note}, RowsHash: rowsHash(ids[id])})
		if err != nil {
			return err
		}
	}
	return nil
}
