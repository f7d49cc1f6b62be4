package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"clawback"
)

// gate is what an intent's transaction reads of the world: whether anything may
// be removed at all, now.
type gate struct {
	remediation clawback.Remediation
	halt        *clawback.Halt
	mode        clawback.Mode // of the organization, now
	entries     []clawback.ContextEntry
}

// gate reads the mode of a device: off where the auto remediation does not work on it.
func (tx *Tx) gate(remediationID, deviceID string) (*gate, error) {
	g := new(gate)
	var err error
	if g.remediation, err = tx.worked(remediationID); err != nil {
		return g, err
	}
	if err = tx.lapse(&g.remediation); err != nil {
		return g, err
	}
	if g.halt, err = tx.halted(g.remediation.OrganizationID); err != nil {
		return g, err
	}
	modes, err := all(tx, scanText, `SELECT a.mode FROM auto_remediations a
		JOIN auto_remediation_devices d ON d.organization_id = a.organization_id AND d.device_id = ?
		WHERE a.organization_id = ?`, deviceID, g.remediation.OrganizationID)
	if err != nil {
		return g, err
	}
	g.mode = clawback.ModeOff
	if len(modes) > 0 {
		g.mode = clawback.Mode(modes[0])
	}
	g.entries, err = tx.neverRemove(g.remediation.OrganizationID)
	return g, err
}

// without answers the outcome that a mailbox gets instead of a removal when
// the remediation or the mode rules one out; OutcomeNone when none does. An order
// comes after a removal was completed, too.
func (g *gate) without(order clawback.Order) (clawback.Outcome, clawback.Reason) {
	switch {
	case g.remediation.Ended() && !g.completedFor(order):
		return clawback.OutcomeStopped, clawback.ReasonStopped
	case g.mode == clawback.ModeOff:
		return clawback.OutcomeStopped, clawback.ReasonModeOff
	case g.mode == clawback.ModeObserve || g.remediation.Mode != clawback.ModeEnforce:
		return clawback.OutcomeObserved, clawback.ReasonObserveMode
	}
	return clawback.OutcomeNone, clawback.ReasonNone
}

func (g *gate) completedFor(order clawback.Order) bool {
	return g.remediation.Status == clawback.StatusCompleted && !order.At.IsZero()
}

// CommitIntents keeps what was found and announces the removals that are
// allowed at this moment: protection, mode and halt switch are read in the same
// transaction. Only what it answers may be sent, within clawback.IntentLifetime.
func (s *Store) CommitIntents(ctx context.Context, claim clawback.Claim, findings []clawback.Finding) ([]clawback.Intent, error) {
	var intents []clawback.Intent
	err := s.inTx(ctx, func(tx *Tx) error {
		intents = nil
		g, err := tx.gate(claim.Remediation.ID, claim.Connection.DeviceID)
		if err != nil {
			return err
		}
		if err := tx.reachability(g, findings); err != nil {
			return err
		}
		for _, finding := range findings {
			made, err := tx.decide(g, finding)
			if err != nil {
				return fmt.Errorf("record %s: %w", finding.RecordID, err)
			}
			intents = append(intents, made...)
		}
		if len(intents) == 0 {
			return tx.settle(g.remediation.ID)
		}
		return tx.auditIntents(g.remediation, intents)
	})
	if err != nil {
		return nil, err
	}
	return intents, nil
}

// reachability blocks the remediation when Microsoft gives no token, and lets
// it go on when mailboxes answer again or the halt was lifted. Whether the trace
// answers again, only a trace can tell.
func (tx *Tx) reachability(g *gate, findings []clawback.Finding) error {
	for _, f := range findings {
		if f.Answer.Kind == clawback.AnswerUnauthorized {
			return tx.block(g.remediation, clawback.BlockedToken, f.Answer.Message)
		}
	}
	answers := g.remediation.BlockedBy == clawback.BlockedToken || g.remediation.BlockedBy == clawback.BlockedHalt
	if g.halt != nil || !answers {
		return nil
	}
	return tx.unblock(&g.remediation)
}

// decide turns what was found in one mailbox into intents, or into its outcome.
func (tx *Tx) decide(g *gate, f clawback.Finding) ([]clawback.Intent, error) {
	if held, err := tx.holds(f.RecordID, f.Fence); err != nil || !held {
		return nil, err
	}
	if err := tx.saveIdentity(f); err != nil {
		return nil, err
	}
	clean, err := tx.isClean(f.RecordID)
	if err != nil {
		return nil, err
	}
	switch {
	case clean && !f.Looked():
		return nil, tx.lookLater(f)
	case f.Park > 0:
		return nil, tx.park(f.RecordID, clawback.RecordChecking, f.Park, f.Answer)
	}
	copies, err := tx.saveCopies(g.remediation, f)
	if err != nil {
		return nil, err
	}
	if f.Outcome != clawback.OutcomeNone {
		return nil, tx.finishFound(g.remediation, f, copies)
	}
	if clean {
		if _, err := tx.exec(`UPDATE records SET late = 1 WHERE id = ?`, f.RecordID); err != nil {
			return nil, err
		}
	}
	return tx.announce(g, f, copies)
}

// isClean says whether the mailbox was proved clean before, and is only looked
// into again.
func (tx *Tx) isClean(recordID string) (bool, error) {
	n, err := tx.count(`SELECT COUNT(*) FROM records WHERE id = ? AND state = ? AND outcome IN (?, ?)`,
		recordID, clawback.RecordDone, clawback.OutcomeRemoved, clawback.OutcomeAlreadyGone)
	return n > 0, err
}

// lookLater leaves a clean mailbox clean that could not be looked into again: soon
// once more, where it may answer then, else with the next look of the watch.
func (tx *Tx) lookLater(f clawback.Finding) error {
	due := int64(0)
	if f.Park > 0 {
		due = ms(tx.now.Add(f.Park))
	}
	_, err := tx.exec(`UPDATE records SET due_at = ?, attempts = attempts + 1, lease_boot = '', lease_until = 0 WHERE id = ?`, due, f.RecordID)
	return err
}

// saveIdentity keeps the newer look-up; one of the future was made before the
// clock was set back.
func (tx *Tx) saveIdentity(f clawback.Finding) error {
	if f.Mailbox.ID == "" {
		return nil
	}
	_, err := tx.exec(`UPDATE records SET addresses = ?, looked_up_at = ? WHERE id = ? AND (looked_up_at < ? OR looked_up_at > ?)`,
		jsonOf(f.Mailbox.Addresses), ms(f.Mailbox.LookedUpAt), f.RecordID, ms(f.Mailbox.LookedUpAt), ms(tx.now))
	return err
}

// announce commits an intent for every copy that is the target, unless the
// mailbox is protected or nothing may be removed now.
func (tx *Tx) announce(g *gate, f clawback.Finding, copies []clawback.Copy) ([]clawback.Intent, error) {
	mailbox, err := tx.mailbox(f.RecordID)
	if err != nil {
		return nil, err
	}
	order, err := tx.openOrder(f.RecordID)
	if err != nil {
		return nil, err
	}
	entries := g.entries
	if !order.At.IsZero() {
		entries = order.Beyond(entries)
	}
	p, protected := clawback.Protect(entries, mailbox, tx.now)
	if p.Reason == clawback.ReasonIdentityUnverified { // the worker stood still, or the clock was set
		return nil, tx.park(f.RecordID, clawback.RecordChecking, retryAfterNothing, clawback.Answer{
			Kind: clawback.AnswerNotSent, Message: "Whose mailbox this is has to be looked up anew before anything is removed.",
		})
	}
	if protected {
		fate := tracedFate{outcome: clawback.OutcomeProtected, reason: p.Reason, protection: p}
		return nil, tx.leave(g.remediation, f, copies, fate)
	}
	if outcome, reason := g.without(order); outcome != clawback.OutcomeNone {
		return nil, tx.leave(g.remediation, f, copies, tracedFate{outcome: outcome, reason: reason})
	}
	if waits(g.remediation) && !g.completedFor(order) {
		return nil, tx.giveBack(f.RecordID)
	}
	if g.halt != nil {
		return nil, tx.waitForHalt(g, f)
	}
	return tx.intendAll(g, f, mailbox, copies, order)
}

func (tx *Tx) intendAll(g *gate, f clawback.Finding, mailbox clawback.Mailbox, copies []clawback.Copy, order clawback.Order) ([]clawback.Intent, error) {
	lacking, err := tx.lacksKept(g.remediation, f, copies)
	if err != nil {
		return nil, err
	}
	if lacking {
		return nil, tx.park(f.RecordID, clawback.RecordChecking, retryAfterNothing, clawback.Answer{
			Kind: clawback.AnswerNotSent, Message: "The email is not kept as evidence yet, so it is not deleted for good.",
		})
	}
	var intents []clawback.Intent
	for _, c := range copies {
		if !removable(f, c) {
			continue
		}
		intent, err := tx.intend(g.remediation, f, mailbox, c, order)
		if err != nil {
			return nil, err
		}
		intents = append(intents, intent)
	}
	if len(intents) == 0 {
		return nil, tx.finishFromCopies(g.remediation, f.RecordID)
	}
	_, err = tx.exec(`UPDATE records SET state = ?, outcome = '', reason = '', done_at = 0 WHERE id = ?`, clawback.RecordRemoving, f.RecordID)
	return intents, err
}

// leave ends a record whose copies stay where they are.
func (tx *Tx) leave(r clawback.Remediation, f clawback.Finding, copies []clawback.Copy, fate tracedFate) error {
	for _, c := range copies {
		if !c.Matched || c.Outcome != clawback.OutcomeNone {
			continue
		}
		if err := tx.saveVerdict(clawback.CopyVerdict{CopyID: c.ID, Outcome: fate.outcome, Reason: fate.reason}); err != nil {
			return err
		}
	}
	return tx.finish(r, f.RecordID, fate)
}

// giveBack leaves the record as due as it was.
func (tx *Tx) giveBack(recordID string) error {
	_, err := tx.exec(`UPDATE records SET state = ?, outcome = '', reason = '', done_at = 0, lease_boot = '', lease_until = 0 WHERE id = ?`,
		clawback.RecordChecking, recordID)
	return err
}

// waitForHalt gives the record back and says what it waits for.
func (tx *Tx) waitForHalt(g *gate, f clawback.Finding) error {
	if err := tx.giveBack(f.RecordID); err != nil || g.remediation.BlockedBy == clawback.BlockedHalt {
		return err
	}
	detail := fmt.Sprintf("%s halted removals: %s", g.halt.By, g.halt.Reason)
	if err := tx.block(g.remediation, clawback.BlockedHalt, detail); err != nil {
		return err
	}
	g.remediation.BlockedBy = clawback.BlockedHalt
	return nil
}

// The kinds of an intent that removes.
const (
	intentRemove  = "remove"
	intentOrdered = "remove_ordered" // on the explicit word of the customer's admin, from a protected mailbox
)

func (tx *Tx) intend(r clawback.Remediation, f clawback.Finding, mailbox clawback.Mailbox, c clawback.Copy, order clawback.Order) (clawback.Intent, error) {
	intent := clawback.Intent{
		ID: newID(), RecordID: f.RecordID, CopyID: c.ID, Fence: f.Fence, MailboxID: mailbox.ID, ImmutableID: c.ImmutableID,
		Permanent: r.Removal == clawback.RemovalHard, Order: order, CommittedAt: tx.now,
	}
	kind, told := intentRemove, "Removal announced and sent to Microsoft."
	if !order.At.IsZero() {
		kind, told = intentOrdered, "Removal announced and sent to Microsoft, on the explicit word of "+order.ByName+"."
	}
	_, err := tx.exec(`
		INSERT INTO intents (id, copy_id, record_id, remediation_id, organization_id, kind, boot, fence, committed_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		intent.ID, c.ID, f.RecordID, r.ID, r.OrganizationID, kind, tx.store.boot, f.Fence, ms(tx.now))
	if err != nil {
		return intent, err
	}
	if _, err := tx.exec(`UPDATE copies SET sent_at = ? WHERE id = ?`, ms(tx.now), c.ID); err != nil {
		return intent, err
	}
	return intent, tx.tell(f.RecordID, clawback.TimelineIntent, told, "")
}

// auditIntents tells of a batch in one event, and of what an admin ordered in one
// of its own.
func (tx *Tx) auditIntents(r clawback.Remediation, intents []clawback.Intent) error {
	var plain []clawback.Intent
	for _, intent := range intents {
		if intent.Order.At.IsZero() {
			plain = append(plain, intent)
			continue
		}
		if err := tx.auditAnnounced(r, "removal.announced_as_ordered", intent.Order.By, []clawback.Intent{intent}); err != nil {
			return err
		}
	}
	if len(plain) == 0 {
		return nil
	}
	return tx.auditAnnounced(r, "removal.announced", r.StartedBy, plain)
}

func (tx *Tx) auditAnnounced(r clawback.Remediation, action, onBehalfOf string, intents []clawback.Intent) error {
	hash := sha256.New()
	for _, intent := range intents {
		fmt.Fprintf(hash, "%s %s %s %s\n", intent.ID, intent.RecordID, intent.MailboxID, intent.ImmutableID)
	}
	event := remediationEvent(r, action)
	event.After, event.RowsHash = map[string]any{"copies": len(intents)}, hex.EncodeToString(hash.Sum(nil))
	return tx.audit(clawback.Bot(onBehalfOf), event)
}

// mailbox answers a record's mailbox as the directory last described it.
func (tx *Tx) mailbox(recordID string) (clawback.Mailbox, error) {
	scan := func(row scanner) (clawback.Mailbox, error) {
		var m clawback.Mailbox
		err := row.Scan(&m.ID, &m.Address, &m.Name, &m.Kind, jsonText{&m.Addresses}, moment{&m.LookedUpAt})
		return m, err
	}
	return one(tx, "record", scan, `SELECT mailbox_id, address, name, kind, addresses, looked_up_at FROM records WHERE id = ?`, recordID)
}
