package store_test

import (
	"slices"
	"testing"

	"clawback"
	"clawback/store/storetest"
)

func TestListWaiting(t *testing.T) {
	b := setup(t)
	mine, other, operator := storetest.SOCAnalyst(), storetest.SOCAnalyst(), storetest.Operator()
	draft := b.draft(t, mine, "a@customer.example")
	big, small := b.running(t, mine, "b@customer.example"), b.running(t, mine, "c@customer.example")
	failed, blocked, ambiguous := b.running(t, other, "d@customer.example"), b.running(t, other, "e@customer.example"), b.running(t, other, "f@customer.example")
	b.Exec(t, `UPDATE remediations SET status = 'awaiting_approval', approval_for = CASE id WHEN ? THEN 2001 ELSE 2000 END WHERE id IN (?, ?)`, big.ID, big.ID, small.ID)
	b.Exec(t, `UPDATE records SET state = 'done', outcome = 'partly_removed', reason = 'permission' WHERE remediation_id = ?`, failed.ID)
	b.Exec(t, `UPDATE remediations SET status = 'blocked', blocked_by = 'token' WHERE id = ?`, blocked.ID)
	b.Exec(t, `UPDATE records SET state = 'done', outcome = 'ambiguous' WHERE remediation_id = ?`, ambiguous.ID)
	list := func(actor clawback.Actor, organization string) []string {
		t.Helper()
		var ids []string
		for _, r := range must(b.ListWaiting(ctx, actor, organization, 10))(t).Items {
			ids = append(ids, r.ID)
		}
		return ids
	}
	queue := []string{failed.ID, blocked.ID, ambiguous.ID}
	both := operator
	both.StaffRoles = append(both.StaffRoles, clawback.RoleSOCAnalyst)
	for name, test := range map[string]struct {
		actor clawback.Actor
		want  []string
	}{
		"who asked":       {mine, append([]string{draft.ID}, queue...)},
		"a colleague":     {other, append([]string{small.ID}, queue...)},
		"an operator":     {operator, []string{big.ID}},
		"one who is both": {both, append([]string{big.ID, small.ID}, queue...)},
		"an admin":        {storetest.Admin(b.org), nil},
		"a manager":       {storetest.EngagementManager(b.org.ID), nil},
	} {
		if got := list(test.actor, ""); !slices.Equal(got, test.want) {
			t.Errorf("for %s wait %v, want %v", name, got, test.want)
		}
	}
	if got := list(both, b.other.ID); len(got) != 0 {
		t.Errorf("in another organization wait %v", got)
	}
	page := must(b.ListWaiting(ctx, other, "", 1))(t)
	if len(page.Items) != 1 || page.Total != 4 || page.Next == "" {
		t.Errorf("the first: %+v", page)
	}
}
