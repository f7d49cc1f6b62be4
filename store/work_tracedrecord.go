package store

import (
	"slices"
	"strings"

	"clawback"
)

type recordKey struct{ deviceID, mailbox string }

type knownRecords map[recordKey]tracedRecord

// of answers the record of a mailbox, also where the directory did not know the
// address the last time.
func (k knownRecords) of(m clawback.TracedMailbox) (tracedRecord, bool) {
	if record, seen := k[recordKey{m.DeviceID, mailboxKey(m.Mailbox)}]; seen {
		return record, true
	}
	for _, address := range m.Recipients {
		if record, seen := k[recordKey{m.DeviceID, addressKey + address}]; seen && record.open() {
			return record, true
		}
	}
	return tracedRecord{}, false
}

// tracedRecord is what a new trace must know of a record it meets again.
type tracedRecord struct {
	id      string
	state   clawback.RecordState
	outcome clawback.Outcome
	reason  clawback.Reason
	// resolved is false where the directory knew no mailbox.
	resolved   bool
	targets    []int
	lookedUpAt int64
	recipients string // as kept
	delivery   clawback.DeliveryStatus
	origin     clawback.Origin
}

// reached answers the targets that reached the mailbox by what is known and by a
// new trace, and whether the trace brought one; none stands for all.
func (t tracedRecord) reached(m clawback.TracedMailbox) (targets []int, more bool) {
	if len(t.targets) == 0 || len(m.Targets) == 0 {
		return nil, len(t.targets) > 0
	}
	targets = slices.Clone(t.targets)
	for _, position := range m.Targets {
		if !slices.Contains(targets, position) {
			targets = append(targets, position)
		}
	}
	return targets, len(targets) > len(t.targets)
}

// open says whether a new trace may still change what becomes of the mailbox:
// it was not worked on, or the reason it was left out may be gone.
func (t tracedRecord) open() bool {
	if t.state == clawback.RecordNew {
		return true
	}
	unresolved := t.outcome == clawback.OutcomeFailed && !t.resolved
	return t.state == clawback.RecordDone && (unresolved || t.outcome == clawback.OutcomeNotDelivered ||
		t.outcome == clawback.OutcomeProtected || t.outcome == clawback.OutcomeUnreachable)
}

// says is true of a record that waits to be worked on and of which a trace
// tells nothing new: a start that follows its preview meets thousands of them.
func (t tracedRecord) says(m clawback.TracedMailbox, entries []clawback.ContextEntry, tx *Tx) bool {
	return t.state == clawback.RecordNew && t.resolved && t.lookedUpAt == ms(m.Mailbox.LookedUpAt) && t.recipients == jsonOf(m.Recipients) &&
		t.origin == m.Origin && t.delivery == m.Delivery && slices.Equal(t.targets, m.Targets) && foresee(m, entries, tx).state == clawback.RecordNew
}

const tracedColumns = `device_id, mailbox_key, id, state, outcome, reason, targets, looked_up_at, recipients, delivery_status, origin`

type tracedRow struct {
	key    recordKey
	record tracedRecord
}

func scanTraced(s scanner) (tracedRow, error) {
	var r tracedRow
	err := s.Scan(&r.key.deviceID, &r.key.mailbox, &r.record.id, &r.record.state, &r.record.outcome, &r.record.reason,
		jsonText{&r.record.targets}, &r.record.lookedUpAt, &r.record.recipients, &r.record.delivery, &r.record.origin)
	r.record.resolved = !strings.HasPrefix(r.key.mailbox, addressKey)
	return r, err
}

func byKey(rows []tracedRow, err error) (knownRecords, error) {
	known := make(knownRecords, len(rows))
	for _, r := range rows {
		known[r.key] = r.record
	}
	return known, err
}

// allRecords answers every record of a remediation.
func (tx *Tx) allRecords(remediationID string) (knownRecords, error) {
	return byKey(all(tx, scanTraced, `SELECT `+tracedColumns+` FROM records WHERE remediation_id = ?`, remediationID))
}

// recordsOf answers the records that these mailboxes have, by any device.
func (tx *Tx) recordsOf(remediationID string, mailboxes []clawback.TracedMailbox) (knownRecords, error) {
	devices, keys := []any{}, []any{}
	for _, m := range mailboxes {
		devices, keys = append(devices, m.DeviceID), append(keys, mailboxKey(m.Mailbox))
		for _, address := range m.Recipients {
			keys = append(keys, addressKey+address)
		}
	}
	devices = slices.Compact(devices)
	args := append(append([]any{remediationID}, devices...), keys...)
	return byKey(all(tx, scanTraced, `SELECT `+tracedColumns+` FROM records WHERE remediation_id = ?
		AND device_id IN (`+marks(len(devices))+`) AND mailbox_key IN (`+marks(len(keys))+`)`, args...))
}

// addressKey begins the key of an address without a mailbox.
const addressKey = "address:"

func mailboxKey(m clawback.Mailbox) string {
	if m.ID != "" {
		return m.ID
	}
	return addressKey + m.Address
}
