package store_test

import (
	"slices"
	"testing"
	"time"

	"clawback"
	"clawback/store/storetest"
)

func TestMailboxRecords(t *testing.T) {
	b := setup(t)
	soc, admin := storetest.SOCAnalyst(), storetest.Admin(b.org)
	r := storetest.Draft(t, b.Store, soc, b.org, "<one@evil.example>", "Invoice overdue")
	mailbox := b.traced("joe@customer.example")
	mailbox.Mailbox.Addresses = []string{"Joe@customer.example", "j.smith@customer.example"}
	mailbox.Recipients = []string{"sales@customer.example"}
	finding := clawback.TraceFinding{Targets: r.Targets, Recipients: 1, Mailboxes: []clawback.TracedMailbox{mailbox, b.traced("ann@customer.example")}}
	mustDo(t, b.SaveTrace(ctx, r.ID, finding))
	find := func(actor clawback.Actor, filter clawback.MailboxFilter) []clawback.EmailRecord {
		t.Helper()
		page := must(b.ListMailboxRecords(ctx, actor, filter))(t)
		if page.Total < len(page.Items) {
			t.Errorf("total %d of %d", page.Total, len(page.Items))
		}
		return page.Items
	}

	if got := find(soc, clawback.MailboxFilter{Address: "joe@customer.example"}); len(got) != 0 {
		t.Errorf("a preview happened: %+v", got)
	}
	must(b.StartRemediation(ctx, soc, r.ID, 0, "phish", ""))(t)
	for _, address := range []string{"joe@customer.example", " J.Smith@customer.example ", "sales@customer.example"} {
		got := find(admin, clawback.MailboxFilter{Address: address})
		if len(got) != 1 || got[0].Mailbox.Address != "joe@customer.example" || got[0].Subject != "Invoice overdue" {
			t.Errorf("%s finds %+v", address, got)
		}
		for what, filter := range map[string]clawback.RemediationFilter{"search": {Search: address}, "mailbox": {Mailbox: address}} {
			page := must(b.ListRemediations(ctx, admin, filter))(t)
			if len(page.Items) != 1 || page.Items[0].ID != r.ID {
				t.Errorf("the %s for %s finds %+v", what, address, page.Items)
			}
			if other := must(b.ListRemediations(ctx, storetest.Admin(b.other), filter))(t); len(other.Items) != 0 {
				t.Errorf("a stranger's %s for %s finds %+v", what, address, other.Items)
			}
		}
	}

	mailbox.Mailbox.Addresses = append(mailbox.Mailbox.Addresses, "new@customer.example")
	mailbox.Mailbox.LookedUpAt = b.clock.Now().Add(time.Minute)
	finding.Mailboxes[0] = mailbox
	mustDo(t, b.SaveTrace(ctx, r.ID, finding))
	if got := find(soc, clawback.MailboxFilter{Address: "new@customer.example", OrganizationID: b.org.ID}); len(got) != 1 {
		t.Errorf("an address that came later finds %+v", got)
	}
	for what, got := range map[string][]clawback.EmailRecord{
		"a stranger":           find(storetest.Admin(b.other), clawback.MailboxFilter{Address: "joe@customer.example"}),
		"another organization": find(soc, clawback.MailboxFilter{Address: "joe@customer.example", OrganizationID: b.other.ID}),
		"no address":           find(soc, clawback.MailboxFilter{}),
		"a pattern":            find(soc, clawback.MailboxFilter{Address: "%"}),
	} {
		if len(got) != 0 {
			t.Errorf("%s finds %+v", what, got)
		}
	}

	var ids []string
	for range 3 {
		b.clock.Advance(time.Minute)
		next := b.running(t, soc, "many@customer.example")
		ids = append([]string{next.ID}, ids...)
	}
	b.Exec(t, `UPDATE records SET mailbox_key = 'm' WHERE address = 'many@customer.example'`)
	b.Exec(t, `INSERT INTO mailbox_addresses VALUES ('many@customer.example', ?, 'm')`, b.org.ID)
	var got []string
	filter := clawback.MailboxFilter{Address: "many@customer.example", PageQuery: clawback.PageQuery{Limit: 2}}
	for {
		page := must(b.ListMailboxRecords(ctx, soc, filter))(t)
		for _, record := range page.Items {
			got = append(got, record.RemediationID)
		}
		if filter.Cursor = page.Next; page.Next == "" {
			break
		}
	}
	if !slices.Equal(got, ids) {
		t.Errorf("paged %v, want %v", got, ids)
	}
}

func TestListRemediationsByWhatPeopleFillIn(t *testing.T) {
	b := setup(t)
	soc := storetest.SOCAnalyst()
	first := storetest.Draft(t, b.Store, soc, b.org, "<one@evil.example>", "One")
	b.clock.Advance(48 * time.Hour)
	second := storetest.Draft(t, b.Store, soc, b.org, "<two@evil.example>", "Two")
	b.Exec(t, `UPDATE remediation_targets SET sender = 'eve@other.example' WHERE remediation_id = ?`, second.ID)
	for name, test := range map[string]struct {
		filter clawback.RemediationFilter
		want   []string
	}{
		"sender":           {clawback.RemediationFilter{Sender: " Mallory@evil.example"}, []string{first.ID}},
		"sender's domain":  {clawback.RemediationFilter{Sender: "@OTHER.example"}, []string{second.ID}},
		"a part of a name": {clawback.RemediationFilter{Sender: "@other"}, nil},
		"searched sender":  {clawback.RemediationFilter{Search: "eve@other.example"}, []string{second.ID}},
		"from":             {clawback.RemediationFilter{From: second.CreatedAt}, []string{second.ID}},
		"until":            {clawback.RemediationFilter{Until: second.CreatedAt}, []string{first.ID}},
		"both":             {clawback.RemediationFilter{From: first.CreatedAt, Until: second.CreatedAt.Add(1e9)}, []string{second.ID, first.ID}},
		"mailbox":          {clawback.RemediationFilter{Mailbox: "nobody@customer.example"}, nil},
	} {
		var got []string
		for _, r := range must(b.ListRemediations(ctx, soc, test.filter))(t).Items {
			got = append(got, r.ID)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
