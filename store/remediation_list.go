package store

import (
	"context"
	"strconv"
	"strings"
	"unicode"

	"clawback"
)

// ListRemediations lists what the actor sees, the newest first, with counts. It
// returns KindInvalid for a cursor that is none.
func (s *Store) ListRemediations(ctx context.Context, actor clawback.Actor, filter clawback.RemediationFilter) (clawback.Page[clawback.Remediation], error) {
	w := remediationsWhere(actor, filter)
	var page clawback.Page[clawback.Remediation]
	err := s.inRead(ctx, func(tx *Tx) error {
		total, err := tx.count(`SELECT COUNT(*) FROM remediations r`+w.String(), w.args...)
		if err != nil {
			return err
		}
		var number int64
		if later, err := readCursor(filter.Cursor, &number); err != nil {
			return err
		} else if later {
			w.add("r.number < ?", number)
		}
		rows, err := all(tx, scanRemediation, `SELECT `+remediationColumns+remediationTables+w.String()+` ORDER BY r.number DESC LIMIT ?`,
			w.with(filter.Rows()+1)...)
		if err != nil {
			return err
		}
		page = pageOf(rows, filter.PageQuery, total, func(r clawback.Remediation) string { return cursorOf(r.Number) })
		return tx.fillRemediations(page.Items)
	})
	return page, err
}

func remediationsWhere(actor clawback.Actor, filter clawback.RemediationFilter) *where {
	w := new(where)
	w.scope(remediationScope(actor), "r.organization_id")
	if filter.OrganizationID != "" {
		w.add("r.organization_id = ?", filter.OrganizationID)
	}
	if filter.Status != "" {
		w.add("r.status = ?", filter.Status)
	}
	if filter.Outcome != "" {
		w.add("EXISTS (SELECT 1 FROM records c WHERE c.remediation_id = r.id AND c.state = 'done' AND c.outcome = ?)", filter.Outcome)
	}
	if filter.Attention {
		w.add(`r.status IN ('draft', 'awaiting_approval', 'blocked')
			OR r.id IN (SELECT remediation_id FROM records WHERE ` + needsSomebody + ` AND (` + isUnsolved + ` OR reason = 'different_email'))`)
	}
	if search := strings.TrimSpace(filter.Search); search != "" {
		w.search(search)
	}
	w.narrow(filter)
	return w
}

// narrow takes the filters that a person fills in.
func (w *where) narrow(filter clawback.RemediationFilter) {
	if sender := strings.ToLower(strings.TrimSpace(filter.Sender)); strings.HasPrefix(sender, "@") {
		w.add(`r.id IN (SELECT remediation_id FROM remediation_targets WHERE LOWER(sender) LIKE ? ESCAPE '\')`, strings.TrimSuffix(like(sender), "%"))
	} else if sender != "" {
		w.add("r.id IN (SELECT remediation_id FROM remediation_targets WHERE sender = ?)", sender)
	}
	if mailbox := strings.ToLower(strings.TrimSpace(filter.Mailbox)); mailbox != "" {
		w.add("r.id IN ("+remediationsOfMailbox+")", mailbox)
	}
	if !filter.From.IsZero() {
		w.add("r.created_at >= ?", ms(filter.From))
	}
	if !filter.Until.IsZero() {
		w.add("r.created_at < ?", ms(filter.Until))
	}
}

// remediationsOfMailbox takes any address of a mailbox; the caller's scope holds for what it finds.
const remediationsOfMailbox = `SELECT c.remediation_id FROM records c JOIN mailbox_addresses m
	ON m.mailbox_key = c.mailbox_key AND m.organization_id = c.organization_id WHERE m.address = ?`

// search takes a number like R-12, a Message-ID, an address of a sender or of a mailbox, or words of a subject.
func (w *where) search(search string) {
	if number, ok := numberOf(search); ok {
		w.add("r.number = ?", number)
		return
	}
	if strings.ContainsAny(search, "@<>") {
		id, err := clawback.NormalizeMessageID(search)
		if err != nil {
			id = search
		}
		w.add(`r.id IN (SELECT remediation_id FROM remediation_targets WHERE message_id = ?
			UNION SELECT remediation_id FROM remediation_targets WHERE sender = ?
			UNION `+remediationsOfMailbox+`)`, id, strings.ToLower(search), strings.ToLower(search))
		return
	}
	words := wordsOf(search)
	if words == "" {
		w.add("1=0")
		return
	}
	w.add("r.number IN (SELECT rowid / 1000 FROM subject_search WHERE subject_search MATCH ?)", words)
}

func numberOf(search string) (int64, bool) {
	digits, found := strings.CutPrefix(strings.ToUpper(search), "R-")
	number, err := strconv.ParseInt(digits, 10, 64)
	return number, found && err == nil
}

// wordsOf answers the search for words that begin like these, each quoted so
// that none is taken for an operator; "" where there are none.
func wordsOf(search string) string {
	words := strings.FieldsFunc(search, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) })
	for i, word := range words {
		words[i] = `"` + word + `"*`
	}
	return strings.Join(words, " ")
}
