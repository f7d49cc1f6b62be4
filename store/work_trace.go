package store

import (
	"context"
	"fmt"
	"slices"

	"clawback"
)

// traceBatch is how many mailboxes one transaction saves: everybody else who
// writes waits for it.
const traceBatch = 1000

// SaveTrace keeps what the trace found: records for new mailboxes, fresh
// identities for known ones, protection as it is now. Then the preview is
// ready, or the removal goes on, or it waits for an approval. Nothing new is due
// before the last mailbox is saved and all are counted.
func (s *Store) SaveTrace(ctx context.Context, remediationID string, finding clawback.TraceFinding) error {
	for mailboxes := range slices.Chunk(finding.Mailboxes, traceBatch) {
		err := s.inTrace(ctx, remediationID, func(tx *Tx, r clawback.Remediation) error {
			return tx.saveMailboxes(r, mailboxes)
		})
		if err != nil {
			return fmt.Errorf("save mailboxes: %w", err)
		}
	}
	return s.inTrace(ctx, remediationID, func(tx *Tx, r clawback.Remediation) error {
		if err := tx.unblock(&r); err != nil {
			return err
		}
		if err := tx.saveTargets(&r, finding); err != nil {
			return fmt.Errorf("save targets: %w", err)
		}
		if err := tx.keepUnnamed(r, finding.Mailboxes); err != nil {
			return fmt.Errorf("keep mailboxes: %w", err)
		}
		if r.Status == clawback.StatusDraft || r.Lapsed != "" {
			return tx.previewReady(r, finding)
		}
		return tx.goOn(r)
	})
}

// inTrace changes a remediation that is being traced. What waits for an approval
// is traced anew when it has it.
func (s *Store) inTrace(ctx context.Context, remediationID string, change func(*Tx, clawback.Remediation) error) error {
	return s.inTx(ctx, func(tx *Tx) error {
		r, err := tx.worked(remediationID)
		if err != nil || r.Ended() || r.Status == clawback.StatusAwaitingApproval {
			return err
		}
		return change(tx, r)
	})
}

// saveTargets completes the targets. A look of the watch may name fewer
// recipients than the first trace, which Microsoft forgets in time.
func (tx *Tx) saveTargets(r *clawback.Remediation, finding clawback.TraceFinding) error {
	if err := tx.completeTargets(r, finding.Targets); err != nil {
		return err
	}
	variants := r.Variants
	if len(finding.Variants) > 0 {
		variants = finding.Variants
	}
	_, err := tx.exec(`UPDATE remediations SET variants = ?, recipients = ?, traced_at = ? WHERE id = ?`,
		jsonOf(variants), max(finding.Recipients, r.Counts.Recipients), ms(tx.now), r.ID)
	return err
}

func (tx *Tx) saveMailboxes(r clawback.Remediation, mailboxes []clawback.TracedMailbox) error {
	entries, err := tx.neverRemove(r.OrganizationID)
	if err != nil {
		return err
	}
	known, err := tx.recordsOf(r.ID, mailboxes)
	if err != nil {
		return err
	}
	for _, m := range mailboxes {
		record, seen := known.of(m)
		switch {
		case !seen:
			err = tx.addRecord(r, m, entries)
		case record.says(m, entries, tx):
		case record.open():
			err = tx.refreshRecord(r, record, m, entries)
		default:
			err = tx.refreshIdentity(record, m)
		}
		if err == nil && seen {
			err = tx.redelivered(r, record.id, m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keepUnnamed goes on with mailboxes that an earlier trace named and this one
// does not: the email reached them all the same.
func (tx *Tx) keepUnnamed(r clawback.Remediation, mailboxes []clawback.TracedMailbox) error {
	if r.Status == clawback.StatusDraft {
		return nil
	}
	if err := tx.makeKnownDue(r.ID); err != nil {
		return err
	}
	known, err := tx.allRecords(r.ID)
	if err != nil {
		return err
	}
	for _, m := range mailboxes {
		delete(known, recordKey{m.DeviceID, mailboxKey(m.Mailbox)})
	}
	for _, record := range known {
		if record.state != clawback.RecordDone {
			continue
		}
		if err := tx.actFor(r, record.id, tracedFate{outcome: record.outcome, reason: record.reason}); err != nil {
			return err
		}
	}
	return nil
}

// foresee answers what becomes of a mailbox before anything is sent to it.
func foresee(m clawback.TracedMailbox, entries []clawback.ContextEntry, tx *Tx) tracedFate {
	fate := tracedFate{state: clawback.RecordNew, outcome: m.Outcome, reason: m.Reason, detail: m.Detail}
	if fate.outcome == clawback.OutcomeNone {
		if p, protected := clawback.Protect(entries, m.Mailbox, tx.now); protected {
			fate.outcome, fate.reason, fate.protection = clawback.OutcomeProtected, p.Reason, p
		}
	}
	if fate.outcome != clawback.OutcomeNone {
		fate.state = clawback.RecordDone
	}
	return fate
}

type tracedFate struct {
	state      clawback.RecordState
	outcome    clawback.Outcome
	reason     clawback.Reason
	detail     string
	protection clawback.Protection
}

func (tx *Tx) addRecord(r clawback.Remediation, m clawback.TracedMailbox, entries []clawback.ContextEntry) error {
	fate := foresee(m, entries, tx)
	id, late := newID(), r.Looks > 0 || r.Phase == clawback.PhaseWatching
	_, err := tx.exec(`
		INSERT INTO records (id, remediation_id, organization_id, device_id, mailbox_key, mailbox_id, address, name, kind,
			addresses, looked_up_at, recipients, delivery_status, delivered_at, state, outcome, reason, detail,
			protected_by, protected_purpose, late, due_at, created_at, done_at, origin, targets)
		VALUES (`+marks(26)+`)`,
		id, r.ID, r.OrganizationID, m.DeviceID, mailboxKey(m.Mailbox), m.Mailbox.ID, m.Mailbox.Address, m.Mailbox.Name, m.Mailbox.Kind,
		jsonOf(m.Mailbox.Addresses), ms(m.Mailbox.LookedUpAt), jsonOf(m.Recipients), m.Delivery, ms(m.DeliveredAt),
		fate.state, fate.outcome, fate.reason, fate.detail, fate.protection.EntryID, fate.protection.Purpose, late,
		0, ms(tx.now), tx.doneOf(fate), m.Origin, jsonOf(m.Targets))
	if err != nil {
		return err
	}
	if m.Origin == clawback.OriginTrace {
		if _, err := tx.exec(`INSERT INTO timeline (id, record_id, at, kind, text) VALUES (?, ?, ?, ?, ?)`,
			newID(), id, ms(m.DeliveredAt), clawback.TimelineDelivered, deliveredText(m)); err != nil {
			return err
		}
	}
	if err := tx.tell(id, clawback.TimelineTraced, tracedText(m, late), ""); err != nil {
		return err
	}
	return tx.tellFate(r, id, fate)
}

// refreshRecord brings a record that nothing was done for up to date.
func (tx *Tx) refreshRecord(r clawback.Remediation, record tracedRecord, m clawback.TracedMailbox, entries []clawback.ContextEntry) error {
	fate := foresee(m, entries, tx)
	targets, _ := record.reached(m)
	_, err := tx.exec(`
		UPDATE records SET mailbox_key = ?, mailbox_id = ?, address = ?, name = ?, kind = ?, addresses = ?, looked_up_at = ?, recipients = ?,
			delivery_status = ?, state = ?, outcome = ?, reason = ?, detail = ?, protected_by = ?, protected_purpose = ?, due_at = CASE ? WHEN 'done' THEN 0 ELSE due_at END, done_at = ?,
			attempts = 0, rechecks = 0, fence = fence + 1, origin = ?, targets = ?
		WHERE id = ?`,
		mailboxKey(m.Mailbox), m.Mailbox.ID, m.Mailbox.Address, m.Mailbox.Name, m.Mailbox.Kind, jsonOf(m.Mailbox.Addresses), ms(m.Mailbox.LookedUpAt), jsonOf(m.Recipients), m.Delivery,
		fate.state, fate.outcome, fate.reason, fate.detail, fate.protection.EntryID, fate.protection.Purpose, fate.state, tx.doneOf(fate),
		m.Origin, jsonOf(targets), record.id)
	if err != nil {
		return err
	}
	if fate.outcome == record.outcome && fate.reason == record.reason {
		return tx.actFor(r, record.id, fate)
	}
	if err := tx.leaveActions(r, record.id, fate.outcome); err != nil {
		return err
	}
	return tx.tellFate(r, record.id, fate)
}

// refreshIdentity keeps the directory's newest answer for a mailbox that is
// being worked on or is done; a look of the watch makes due what was not found,
// and what got the email or another target since. A worker may have asked later than a
// long trace.
func (tx *Tx) refreshIdentity(record tracedRecord, m clawback.TracedMailbox) error {
	recordID := record.id
	targets, more := record.reached(m)
	if more { // but not under a worker's hands, which would end the record without it
		if _, err := tx.exec(`UPDATE records SET targets = ?, due_at = ? WHERE id = ? AND lease_until = 0`, jsonOf(targets), ms(tx.now), recordID); err != nil {
			return err
		}
	}
	_, err := tx.exec(`UPDATE records SET addresses = ?, looked_up_at = ?, recipients = ? WHERE id = ? AND (looked_up_at <= ? OR looked_up_at > ?)`,
		jsonOf(m.Mailbox.Addresses), ms(m.Mailbox.LookedUpAt), jsonOf(m.Recipients), recordID, ms(m.Mailbox.LookedUpAt), ms(tx.now))
	if err != nil {
		return err
	}
	_, err = tx.exec(`UPDATE records SET due_at = ? WHERE id = ? AND state = ? AND outcome = ?`,
		ms(tx.now), recordID, clawback.RecordDone, clawback.OutcomeNotFound)
	return err
}

func (tx *Tx) doneOf(fate tracedFate) int64 {
	if fate.state != clawback.RecordDone {
		return 0
	}
	return ms(tx.now)
}

func (tx *Tx) tellFate(r clawback.Remediation, recordID string, fate tracedFate) error {
	if fate.outcome == clawback.OutcomeNone {
		return nil
	}
	kind := clawback.TimelineOutcome
	if fate.outcome == clawback.OutcomeProtected {
		kind = clawback.TimelineProtected
	}
	if err := tx.tell(recordID, kind, outcomeText(fate.outcome, fate.reason, fate.protection), fate.detail); err != nil {
		return err
	}
	return tx.actFor(r, recordID, fate)
}

// actFor makes what is the customer's to do an action; a preview makes none.
func (tx *Tx) actFor(r clawback.Remediation, recordID string, fate tracedFate) error {
	if r.Status == clawback.StatusDraft || !clawback.ActionFor(fate.outcome, fate.reason) {
		return nil
	}
	_, err := tx.addToAction(recordRef{ID: recordID, RemediationID: r.ID, OrganizationID: r.OrganizationID}, fate.outcome)
	return err
}

func (tx *Tx) previewReady(r clawback.Remediation, finding clawback.TraceFinding) error {
	if err := tx.saveSimilar(r.ID, finding); err != nil {
		return err
	}
	_, err := tx.exec(`UPDATE remediations SET phase = ?, previewed_at = ? WHERE id = ?`, clawback.PhaseNone, ms(tx.now), r.ID)
	return err
}

// begin queues the work on due mailboxes; without one, the remediation is as far
// as it gets.
func (tx *Tx) begin(r clawback.Remediation) error {
	if r.Phase != clawback.PhaseWatching {
		if _, err := tx.exec(`UPDATE remediations SET phase = ? WHERE id = ?`, clawback.PhaseRemoving, r.ID); err != nil {
			return err
		}
		r.Phase = clawback.PhaseRemoving
	} else if err := tx.countLook(r); err != nil {
		return err
	}
	due, err := tx.due(r.ID)
	if err != nil {
		return err
	}
	if due == 0 {
		return tx.settle(r.ID)
	}
	return tx.insertJob(clawback.RemoveJob{RemediationID: r.ID}, tx.now)
}

// countLook counts a look of the watch that was made, once: the queue may run a
// job twice. Mailboxes that are clean are looked into again, since the email may
// be back without a line in the trace: its reader recovered it, or it came twice.
func (tx *Tx) countLook(r clawback.Remediation) error {
	if r.NextLookAt.IsZero() || tx.now.Before(r.NextLookAt) {
		return nil
	}
	if _, err := tx.exec(`UPDATE remediations SET looks = looks + 1, next_look_at = 0 WHERE id = ?`, r.ID); err != nil {
		return err
	}
	_, err := tx.exec(`UPDATE records SET due_at = ?, attempts = 0 WHERE remediation_id = ? AND state = ? AND outcome IN (?, ?, ?) AND due_at = 0`,
		ms(tx.now), r.ID, clawback.RecordDone, clawback.OutcomeRemoved, clawback.OutcomeAlreadyGone, clawback.OutcomeNotFound)
	return err
}

// unique answers a list in order, each entry once.
func unique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
