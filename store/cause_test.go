package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"clawback"
	"clawback/store/storetest"
)

func TestRetryRemediation(t *testing.T) {
	b := setup(t)
	soc := storetest.SOCAnalyst()
	var addresses []string
	for i := range 21 {
		addresses = append(addresses, fmt.Sprintf("m%02d@customer.example", i))
	}
	r := b.running(t, soc, append(addresses, "z@customer.example")...)
	b.Exec(t, `UPDATE records SET state = 'done', outcome = CASE address WHEN 'z@customer.example' THEN 'removed' WHEN 'm00@customer.example' THEN 'denied' ELSE 'failed' END,
		done_at = 5, due_at = 0, handed_over_at = 6`)
	b.Exec(t, `UPDATE remediations SET status = 'completed', phase = '', ended_at = 7 WHERE id = ?`, r.ID)
	b.Exec(t, `DELETE FROM river_job`)

	_, err := b.RetryRemediation(ctx, storetest.Admin(b.org), r.ID, clawback.CauseChoice{})
	wantKind(t, "by an admin", err, clawback.KindForbidden)
	_, err = b.RetryRemediation(ctx, storetest.Admin(b.other), r.ID, clawback.CauseChoice{})
	wantKind(t, "by another's admin", err, clawback.KindNotFound)
	if n := must(b.RetryRemediation(ctx, soc, r.ID, clawback.CauseChoice{}))(t); n != 21 {
		t.Errorf("retried %d, want 21", n)
	}
	after := must(b.FindRemediation(ctx, soc, r.ID))(t)
	if after.Status != clawback.StatusInProgress || after.Phase != clawback.PhaseRemoving || !after.EndedAt.IsZero() || after.Counts.Open != 21 ||
		after.Counts.Of(clawback.OutcomeRemoved) != 1 {
		t.Errorf("after the retry %+v", after)
	}
	if jobs := b.jobs(t, "remove"); jobs != "1" {
		t.Errorf("%s remove jobs, want one for all", jobs)
	}
	if n := must(b.RetryRemediation(ctx, soc, r.ID, clawback.CauseChoice{}))(t); n != 0 {
		t.Errorf("retried %d again", n)
	}
	must(b.StopRemediation(ctx, soc, r.ID, ""))(t)
	_, err = b.RetryRemediation(ctx, soc, r.ID, clawback.CauseChoice{})
	wantKind(t, "of what was stopped", err, clawback.KindConflict)
}

// unsolved makes a removal with three mailboxes that a policy denied, one that
// failed, and one that is clean.
func (b *bench) unsolved(t *testing.T, soc clawback.Actor) (clawback.Remediation, []clawback.EmailRecord) {
	t.Helper()
	r := b.running(t, soc, several("m", 5)...)
	b.Exec(t, `UPDATE records SET state = 'done', due_at = 0, done_at = ?,
		outcome = CASE substr(address, 2, 1) WHEN '4' THEN 'removed' WHEN '3' THEN 'failed' ELSE 'denied' END,
		reason = CASE substr(address, 2, 1) WHEN '4' THEN '' WHEN '3' THEN 'throttled' ELSE 'access_policy' END`, b.clock.Now().UnixMilli())
	return r, b.records(t, soc, r.ID)
}

func TestCausesAreSolvedOneByOne(t *testing.T) {
	b := setup(t)
	soc, admin := storetest.SOCAnalyst(), storetest.Admin(b.org)
	r, records := b.unsolved(t, soc)
	causes := func() []clawback.Cause {
		t.Helper()
		return must(b.ListCauses(ctx, soc, r.ID))(t)
	}
	due := b.clock.Now().Add(clawback.HandOverAfter)
	if got := causes(); !slices.Equal(got, []clawback.Cause{
		{Reason: clawback.ReasonAccessPolicy, Mailboxes: 3, HandOverAt: due}, {Reason: clawback.ReasonThrottled, Mailboxes: 1, HandOverAt: due},
	}) {
		t.Fatalf("causes %+v", got)
	}
	_, err := b.ListCauses(ctx, storetest.Admin(b.other), r.ID)
	wantKind(t, "a stranger's", err, clawback.KindNotFound)
	page := must(b.ListRecords(ctx, soc, r.ID, clawback.RecordFilter{Reason: clawback.ReasonThrottled}))(t)
	if len(page.Items) != 1 || page.Items[0].ID != records[3].ID {
		t.Errorf("of one cause: %+v", page.Items)
	}

	retry := func(choice clawback.CauseChoice) (int, error) { return b.RetryRemediation(ctx, soc, r.ID, choice) }
	if n := must(retry(clawback.CauseChoice{Records: []string{records[0].ID, records[4].ID, "nobody's"}}))(t); n != 1 {
		t.Errorf("of one record: %d", n)
	}
	if n := must(retry(clawback.CauseChoice{Reason: clawback.ReasonThrottled}))(t); n != 1 {
		t.Errorf("of one cause: %d", n)
	}
	_, err = retry(clawback.CauseChoice{Reason: clawback.ReasonThrottled})
	wantKind(t, "of a cause that is solved", err, clawback.KindConflict)
	if got := causes(); len(got) != 1 || got[0].Mailboxes != 2 {
		t.Errorf("left: %+v", got)
	}

	_, err = b.HandOver(ctx, admin, r.ID, clawback.CauseChoice{}, "")
	wantKind(t, "handed over by the customer", err, clawback.KindForbidden)
	if n := must(b.HandOver(ctx, soc, r.ID, clawback.CauseChoice{Records: []string{records[1].ID}}, "Add us to the policy, please."))(t); n != 1 {
		t.Errorf("handed over %d", n)
	}
	actions := must(b.ListActions(ctx, admin, clawback.ActionFilter{}))(t).Items
	if len(actions) != 1 || actions[0].Outcome != clawback.OutcomeDenied || actions[0].MailboxCount != 1 {
		t.Fatalf("actions %+v", actions)
	}
	if a := must(b.FindAction(ctx, admin, actions[0].ID))(t); len(a.Comments) != 1 || a.Comments[0].By != soc.Name || a.Comments[0].Text != "Add us to the policy, please." {
		t.Errorf("said: %+v", a.Comments)
	}
	story := must(b.ListTimeline(ctx, soc, records[1].ID))(t)
	if last := story[len(story)-1]; last.Kind != clawback.TimelineHandover || last.Text != "Handed over to the customer by "+soc.Name+"." {
		t.Errorf("told: %+v", last)
	}
	if got := causes(); got[0].HandedOver != 1 || got[0].Mailboxes != 2 {
		t.Errorf("after it: %+v", got)
	}
	_, err = b.HandOver(ctx, soc, r.ID, clawback.CauseChoice{Records: []string{records[1].ID}}, "")
	wantKind(t, "handed over again", err, clawback.KindConflict)

	b.clock.Advance(clawback.HandOverAfter + time.Second)
	must(b.Reconcile(ctx))(t)
	if a := must(b.FindAction(ctx, admin, actions[0].ID))(t); a.MailboxCount != 2 || len(a.Comments) != 1 {
		t.Errorf("by itself: %+v", a)
	}
	if got := causes(); got[0].HandedOver != 2 || !got[0].HandOverAt.IsZero() {
		t.Errorf("all handed over: %+v", got)
	}
	if n := b.audited(t, b.org.ID, "remediation.handed_over"); n != "2" {
		t.Errorf("%s audit events", n)
	}
	// What was handed over can still be tried again.
	if n := must(retry(clawback.CauseChoice{Reason: clawback.ReasonAccessPolicy}))(t); n != 2 {
		t.Errorf("tried again: %d", n)
	}
}
