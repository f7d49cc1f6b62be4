package store

import (
	"context"

	"clawback"
)

// OrderRemoval is the explicit word of a customer's admin that the email be
// removed now from one mailbox that the never-remove list protects. Nobody else
// can give it: no service, none of the provider's people, not Clawback. Mode and
// halt hold all the same. It returns KindNotFound, KindForbidden, KindInvalid
// about a field, and KindConflict where nothing can be removed.
func (s *Store) OrderRemoval(ctx context.Context, actor clawback.Actor, recordID, reason string) (clawback.EmailRecord, error) {
	reason, err := text("reason", reason, maxText)
	if err != nil {
		return clawback.EmailRecord{}, err
	}
	var record clawback.EmailRecord
	err = s.inTx(ctx, func(tx *Tx) error {
		var err error
		if record, err = tx.record(remediationScope(actor), recordID); err != nil {
			return err
		}
		if !actor.IsAdminOf(record.OrganizationID) {
			return clawback.Errorf(clawback.KindForbidden, "Only an admin of the organization can have an email removed from a mailbox that it protects.")
		}
		r, err := tx.worked(record.RemediationID)
		if err != nil {
			return err
		}
		if err := tx.orderable(r, record); err != nil {
			return err
		}
		if err := tx.order(actor, r, record, reason); err != nil {
			return err
		}
		record, err = tx.record(remediationScope(actor), recordID)
		return err
	})
	return record, err
}

func (tx *Tx) orderable(r clawback.Remediation, record clawback.EmailRecord) error {
	if !record.Order.At.IsZero() {
		return clawback.Errorf(clawback.KindConflict, "%s ordered it already; it is under way.", record.Order.ByName)
	}
	if record.Outcome != clawback.OutcomeProtected || record.Reason != clawback.ReasonNeverRemove {
		return clawback.Errorf(clawback.KindConflict, "This mailbox is not left alone because of the never-remove list (any more). Look at its record again.")
	}
	running := r.Status == clawback.StatusInProgress || r.Status == clawback.StatusBlocked && r.Lapsed == "" || r.Status == clawback.StatusCompleted
	if !running || r.Phase == clawback.PhaseTracing {
		return clawback.Errorf(clawback.KindConflict, "The SOC's removal does not run: it was stopped, or waits for a person or a trace. Ask the SOC, or delete the email in the mailbox.")
	}
	if err := tx.reachableDevice(record.DeviceID); err != nil {
		return err
	}
	setting, err := tx.autoRemediation(r.OrganizationID)
	if err != nil {
		return err
	}
	if setting.Mode != clawback.ModeEnforce || r.Mode != clawback.ModeEnforce {
		return clawback.Errorf(clawback.KindConflict, "Clawback removes nothing here: the auto remediation is not in enforce mode, or was not when this removal began.")
	}
	return nil
}

func (tx *Tx) order(actor clawback.Actor, r clawback.Remediation, record clawback.EmailRecord, reason string) error {
	_, err := tx.exec(`UPDATE records SET state = ?, outcome = '', reason = '', detail = '', attempts = 0, rechecks = 0, due_at = ?, done_at = 0,
		lease_boot = '', lease_until = 0, fence = fence + 1, ordered_at = ?, ordered_by = ?, ordered_by_name = ? WHERE id = ? AND organization_id = ?`,
		clawback.RecordChecking, ms(tx.now), ms(tx.now), actor.ID, actor.Name, record.ID, record.OrganizationID)
	if err != nil {
		return err
	}
	told := actor.Name + ", admin of the organization, ordered: remove it now, although this mailbox is protected."
	if err := tx.tell(record.ID, clawback.TimelineOrdered, told, reason); err != nil {
		return err
	}
	err = tx.audit(actor, auditEvent{OrganizationID: record.OrganizationID, Action: "removal.ordered", Subject: record.ID, SubjectName: record.Mailbox.Address,
		After: map[string]any{"remediation": r.ID, "protected_by": record.ProtectedBy, "purpose": record.ProtectedPurpose, "reason": reason}})
	if err != nil {
		return err
	}
	return tx.insertJob(clawback.RemoveJob{RemediationID: r.ID}, tx.now)
}

// openOrder answers the order that holds for a record now.
func (tx *Tx) openOrder(recordID string) (clawback.Order, error) {
	order, err := one(tx, "record", scanOrder, `SELECT ordered_at, ordered_by, ordered_by_name FROM records WHERE id = ?`, recordID)
	if err != nil || !order.Open(tx.now) {
		return clawback.Order{}, err
	}
	return order, nil
}

func scanOrder(row scanner) (clawback.Order, error) {
	var o clawback.Order
	err := row.Scan(moment{&o.At}, &o.By, &o.ByName)
	return o, err
}

// withdrawOrders protects mailboxes again whose order was not carried out:
// those that a condition names, unless something was sent for them.
func (tx *Tx) withdrawOrders(told, condition string, args ...any) error {
	type ordered struct {
		id, remediationID string
		protection        clawback.Protection
	}
	scan := func(row scanner) (ordered, error) {
		var o ordered
		err := row.Scan(&o.id, &o.remediationID, &o.protection.EntryID, &o.protection.Purpose, &o.protection.Address)
		return o, err
	}
	list, err := all(tx, scan, `SELECT c.id, c.remediation_id, c.protected_by, c.protected_purpose, COALESCE(e.address, c.address)
		FROM records c LEFT JOIN context_entries e ON e.id = c.protected_by
		WHERE c.ordered_at > 0 AND c.state = 'checking' AND NOT EXISTS (SELECT 1 FROM intents i WHERE i.record_id = c.id AND i.closed_at = 0)
		AND `+condition, args...)
	if err != nil {
		return err
	}
	for _, o := range list {
		r, err := tx.worked(o.remediationID)
		if err != nil {
			return err
		}
		if _, err := tx.exec(`UPDATE records SET fence = fence + 1 WHERE id = ?`, o.id); err != nil {
			return err
		}
		if err := tx.tell(o.id, clawback.TimelineOrdered, told, ""); err != nil {
			return err
		}
		fate := tracedFate{outcome: clawback.OutcomeProtected, reason: clawback.ReasonNeverRemove, protection: o.protection}
		if err := tx.finish(r, o.id, fate); err != nil {
			return err
		}
	}
	return nil
}

// lapseOrders ends the orders that were not carried out in time.
func (tx *Tx) lapseOrders() error {
	return tx.withdrawOrders("The order to remove it was not carried out within an hour, so it holds no longer.",
		"c.ordered_at < ?", ms(tx.now.Add(-clawback.OrderLifetime)))
}
