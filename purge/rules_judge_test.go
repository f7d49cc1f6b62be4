package purge_test

import (
	"context"
	"slices"

	"clawback"

	"pgregory.net/rapid"
)

// holds judges the step that was made, and remembers the world for the next.
func (w *anything) holds(rt *rapid.T) {
	for user := range w.reached {
		sent := w.changes(user) - w.changed[user]
		if sent == 0 || w.mayChange {
			continue
		}
		if w.protected[user] {
			rt.Fatalf("%d changing requests for %s, which was protected", sent, user)
		}
		if w.forbidden {
			rt.Fatalf("%d changing requests for %s while nothing may be removed", sent, user)
		}
	}
	w.judgeRecords(rt)
	verified, err := w.store.VerifyAudit(context.Background())
	w.must(err)
	if verified.Broken != nil {
		rt.Fatalf("the audit trail is broken: %+v", verified.Broken)
	}
	w.remember()
}

// judgeRecords holds what the records claim against the mailboxes.
func (w *anything) judgeRecords(rt *rapid.T) {
	r := w.remediation(w.id)
	sum := r.Counts.Open
	for _, n := range r.Counts.Outcomes {
		sum += n
	}
	if sum != r.Counts.Mailboxes {
		rt.Fatalf("the counts %+v don't add up", r.Counts)
	}
	for address, record := range w.records(w.id) {
		visible := 0
		for _, folder := range w.matching(address) {
			if folder != clawback.RecoverableItems {
				visible++
			}
		}
		gone := record.Outcome == clawback.OutcomeRemoved || record.Outcome == clawback.OutcomeAlreadyGone
		if gone && record.State == clawback.RecordDone && visible > 0 && !w.late[address] && !askedBack(record) {
			rt.Fatalf("%s is %s, but %d copies are visible, in a remediation that is %s by %q, %s", address, record.Outcome, visible, r.Status, r.BlockedBy, r.Lapsed)
		}
	}
}

func askedBack(r clawback.EmailRecord) bool {
	return slices.ContainsFunc(r.Copies, func(c clawback.Copy) bool { return !c.AskedBackAt.IsZero() || !c.RestoredAt.IsZero() })
}

// matching answers in which folders the target's copies of a mailbox lie; the other email of the same id is none.
func (w *anything) matching(address string) []string {
	folders := w.folders(address)
	if address == w.users[1] && len(folders) > 0 && !w.otherless() {
		i := slices.IndexFunc(folders, func(f string) bool { return f != clawback.RecoverableItems })
		if i >= 0 {
			return slices.Delete(folders, i, i+1)
		}
	}
	return folders
}

// otherless says whether the second user got only copies of the target.
func (w *anything) otherless() bool {
	record, known := w.records(w.id)[w.users[1]]
	return !known || !slices.ContainsFunc(record.Copies, func(c clawback.Copy) bool { return !c.Matched })
}
