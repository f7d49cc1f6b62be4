package store_test

import (
	"strings"
	"testing"

	"clawback"
	"clawback/store/storetest"
)

func TestRecords(t *testing.T) {
	b := setup(t)
	soc, admin, stranger := storetest.SOCAnalyst(), storetest.Admin(b.org), storetest.Admin(b.other)
	r := b.draft(t, soc, "c@customer.example", "a@customer.example", "b_1@customer.example", "bx1@customer.example")
	b.Exec(t, `UPDATE records SET state = 'done', outcome = 'removed' WHERE address = 'a@customer.example'`)
	b.Exec(t, `INSERT INTO copies (id, record_id, remediation_id, organization_id, immutable_id, folder_id, message_id, sender, subject, found_at, is_read)
		SELECT 'c', id, remediation_id, organization_id, 'i', 'f', 'm', 's', 't', 9, 1 FROM records WHERE address = 'a@customer.example'`)
	addresses := func(filter clawback.RecordFilter) string {
		var list []string
		for _, record := range must(b.ListRecords(ctx, admin, r.ID, filter))(t).Items {
			list = append(list, strings.TrimSuffix(record.Mailbox.Address, "@customer.example"))
		}
		return strings.Join(list, " ")
	}

	if got := addresses(clawback.RecordFilter{}); got != "a b_1 bx1 c" {
		t.Errorf("records %q, want them by address", got)
	}
	if got := addresses(clawback.RecordFilter{Outcome: clawback.OutcomeRemoved}); got != "a" {
		t.Errorf("removed: %q", got)
	}
	if got := addresses(clawback.RecordFilter{Search: "B_"}); got != "b_1" {
		t.Errorf("search with a sign of LIKE: %q", got)
	}
	page := must(b.ListRecords(ctx, admin, r.ID, clawback.RecordFilter{PageQuery: clawback.PageQuery{Limit: 3}}))(t)
	if page.Total != 4 || len(page.Items) != 3 || page.Next == "" {
		t.Errorf("first page: %d of %d", len(page.Items), page.Total)
	}
	if got := addresses(clawback.RecordFilter{PageQuery: clawback.PageQuery{Cursor: page.Next}}); got != "c" {
		t.Errorf("second page %q", got)
	}

	record := page.Items[0]
	if len(record.Copies) != 1 || !record.Copies[0].Read || record.RemediationNumber != r.Number || record.Subject != "Invoice overdue" || !record.Mailbox.Has("a@customer.example") {
		t.Errorf("record %+v", record)
	}
	if one := must(b.FindRecord(ctx, admin, record.ID))(t); len(one.Copies) != 1 {
		t.Errorf("FindRecord() has %d copies", len(one.Copies))
	}
	if list := must(b.ListTimeline(ctx, admin, record.ID))(t); len(list) == 0 {
		t.Error("no timeline")
	}

	_, err := b.ListRecords(ctx, stranger, r.ID, clawback.RecordFilter{})
	wantKind(t, "ListRecords()", err, clawback.KindNotFound)
	_, err = b.FindRecord(ctx, stranger, record.ID)
	wantKind(t, "FindRecord()", err, clawback.KindNotFound)
	_, err = b.ListTimeline(ctx, stranger, record.ID)
	wantKind(t, "ListTimeline()", err, clawback.KindNotFound)
}
