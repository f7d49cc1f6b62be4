package store_test

import (
	"slices"
	"testing"

	"clawback"
	"clawback/store/storetest"
)

func TestListRemediations(t *testing.T) {
	b := setup(t)
	soc, admin := storetest.SOCAnalyst(), storetest.Admin(b.org)
	first := b.draft(t, soc, "joe@customer.example", "ann@customer.example")
	second := storetest.Draft(t, b.Store, soc, b.org, "<second@evil.example>", `Ünïque 100% "offer" OR else`)
	foreign := storetest.Draft(t, b.Store, soc, b.other, "<foreign@evil.example>", "Foreign offer")
	numbers := func(actor clawback.Actor, filter clawback.RemediationFilter) []int64 {
		t.Helper()
		var list []int64
		page := must(b.ListRemediations(ctx, actor, filter))(t)
		for _, r := range page.Items {
			list = append(list, r.Number)
		}
		if page.Total != len(list) {
			t.Errorf("total %d of %d", page.Total, len(list))
		}
		return list
	}

	for name, test := range map[string]struct {
		actor  clawback.Actor
		filter clawback.RemediationFilter
		want   []int64
	}{
		"staff sees all, the newest first":     {soc, clawback.RemediationFilter{}, []int64{3, 2, 1}},
		"an admin sees the own organization's": {admin, clawback.RemediationFilter{}, []int64{2, 1}},
		"nothing of another organization":      {admin, clawback.RemediationFilter{OrganizationID: b.other.ID}, nil},
		"of one organization":                  {soc, clawback.RemediationFilter{OrganizationID: b.other.ID}, []int64{3}},
		"of a status":                          {soc, clawback.RemediationFilter{Status: clawback.StatusCompleted}, nil},
		"by number":                            {soc, clawback.RemediationFilter{Search: "r-2"}, []int64{2}},
		"by Message-ID":                        {soc, clawback.RemediationFilter{Search: second.Targets[0].MessageID}, []int64{2}},
		"by Message-ID without brackets":       {soc, clawback.RemediationFilter{Search: "second@evil.example"}, []int64{2}},
		"by the address of a record":           {soc, clawback.RemediationFilter{Search: "Joe@Customer.example "}, []int64{1}},
		"by words, begun and without accents":  {soc, clawback.RemediationFilter{Search: "offer uniq"}, []int64{2}},
		"by words in scope alone":              {admin, clawback.RemediationFilter{Search: "offer"}, []int64{2}},
		"operators and quotes are words":       {soc, clawback.RemediationFilter{Search: `"offer" OR nothing* NEAR(`}, nil},
		"signs alone find nothing":             {soc, clawback.RemediationFilter{Search: `%"*`}, nil},
		"attention: drafts wait":               {soc, clawback.RemediationFilter{Attention: true}, []int64{3, 2, 1}},
		"an outcome nobody has":                {soc, clawback.RemediationFilter{Outcome: clawback.OutcomeFailed}, nil},
		"a foreign Message-ID is not admitted": {admin, clawback.RemediationFilter{Search: foreign.Targets[0].MessageID}, nil},
		"nobody sees nothing":                  {clawback.Actor{}, clawback.RemediationFilter{}, nil},
	} {
		if got := numbers(test.actor, test.filter); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}

	b.Exec(t, `UPDATE remediations SET status = 'in_progress'`)
	b.Exec(t, `UPDATE records SET state = 'done', outcome = 'failed' WHERE address = 'joe@customer.example'`)
	if got := numbers(soc, clawback.RemediationFilter{Attention: true}); !slices.Equal(got, []int64{1}) {
		t.Errorf("with a failed mailbox: %v", got)
	}
	b.Exec(t, `UPDATE records SET outcome = 'ambiguous', reason = 'different_email' WHERE outcome = 'failed'`)
	if got := numbers(soc, clawback.RemediationFilter{Attention: true}); !slices.Equal(got, []int64{1}) {
		t.Errorf("with a copy of which nobody knows what it is: %v", got)
	}
	b.Exec(t, `UPDATE records SET outcome = 'failed' WHERE outcome = 'ambiguous'`)
	if got := numbers(soc, clawback.RemediationFilter{Outcome: clawback.OutcomeFailed}); !slices.Equal(got, []int64{1}) {
		t.Errorf("by outcome: %v", got)
	}
	r := must(b.FindRemediation(ctx, admin, first.ID))(t)
	if r.Counts.Mailboxes != 2 || r.Counts.Recipients != 2 || r.Counts.Open != 1 || r.Counts.Of(clawback.OutcomeFailed) != 1 {
		t.Errorf("counts %+v", r.Counts)
	}

	t.Run("finds the subject that the preview found out", func(t *testing.T) {
		b.Exec(t, `UPDATE remediation_targets SET sender = '' WHERE remediation_id = ?`, first.ID)
		b.trace(t, clawback.Remediation{ID: first.ID, Targets: []clawback.Target{{MessageID: first.Targets[0].MessageID, Subject: "Payroll", Sender: "x@y.example"}}})
		if got := numbers(soc, clawback.RemediationFilter{Search: "payroll"}); !slices.Equal(got, []int64{1}) {
			t.Errorf("by the new subject: %v", got)
		}
		if got := numbers(soc, clawback.RemediationFilter{Search: "invoice"}); got != nil {
			t.Errorf("by the old subject: %v", got)
		}
	})

	t.Run("pages by cursor", func(t *testing.T) {
		var got []int64
		query := clawback.PageQuery{Limit: 2}
		for {
			page := must(b.ListRemediations(ctx, soc, clawback.RemediationFilter{PageQuery: query}))(t)
			for _, r := range page.Items {
				got = append(got, r.Number)
			}
			if query.Cursor = page.Next; page.Next == "" {
				break
			}
		}
		if !slices.Equal(got, []int64{3, 2, 1}) {
			t.Errorf("pages gave %v", got)
		}
		for _, cursor := range []string{"x", "!", "W10", "WyJ4Il0"} {
			_, err := b.ListRemediations(ctx, soc, clawback.RemediationFilter{PageQuery: clawback.PageQuery{Cursor: cursor}})
			wantField(t, "cursor "+cursor, err, "cursor")
		}
	})

	t.Run("is not found by another organization", func(t *testing.T) {
		_, err := b.FindRemediation(ctx, admin, foreign.ID)
		wantKind(t, "FindRemediation()", err, clawback.KindNotFound)
	})
}
