package store_test

import (
	"testing"

	"clawback"
	"clawback/store/storetest"
)

// die leaves the jobs that wait as a process leaves them that dies at them.
func (b *bench) die(t *testing.T) {
	t.Helper()
	b.Exec(t, `UPDATE river_job SET state = 'running', attempt = attempt + 1 WHERE state = 'available'`)
}

// TestARestartTakesItsJobsUp starts again and again in the middle of a trace: Microsoft takes few of them.
func TestARestartTakesItsJobsUp(t *testing.T) {
	b := setup(t)
	b.Exec(t, `DELETE FROM river_job`)
	storetest.Draft(t, b.Store, storetest.SOCAnalyst(), b.org, "<a@evil.example>", "Invoice overdue")
	for range 3 {
		b.die(t)
		must(b.Recover(ctx))(t)
	}
	if got := b.Text(t, `SELECT group_concat(state || ' ' || attempt) FROM river_job WHERE kind = 'trace'`); got != "available 0" {
		t.Errorf("trace jobs %q, want one that waits, without a failed attempt", got)
	}
}

// TestARestartAddsNoTraceToOneThatWaits restarts while Microsoft's limit holds a trace up.
func TestARestartAddsNoTraceToOneThatWaits(t *testing.T) {
	b := setup(t)
	b.Exec(t, `DELETE FROM river_job`)
	r := storetest.Draft(t, b.Store, storetest.SOCAnalyst(), b.org, "<a@evil.example>", "Invoice overdue")
	mustDo(t, b.BlockRemediation(ctx, r.ID, clawback.BlockedQuota, "used up"))
	b.Exec(t, `UPDATE river_job SET state = 'scheduled'`)
	must(b.Recover(ctx))(t)
	if got := b.jobs(t, "trace"); got != "1" {
		t.Errorf("%s trace jobs, want the one that waits", got)
	}
}

// TestARestartQueuesRemovalsFromTheRows leaves no job behind for a removal that has nothing due.
func TestARestartQueuesRemovalsFromTheRows(t *testing.T) {
	b := setup(t)
	soc := storetest.SOCAnalyst()
	b.running(t, soc, "joe@customer.example")
	b.die(t)
	must(b.Recover(ctx))(t)
	if got := b.Text(t, `SELECT group_concat(state) FROM river_job WHERE kind = 'remove'`); got != "available" {
		t.Errorf("remove jobs %q, want one that waits", got)
	}
	b.die(t)
	b.Exec(t, `UPDATE records SET due_at = 0`)
	must(b.Recover(ctx))(t)
	if got := b.jobs(t, "remove"); got != "0" {
		t.Errorf("%s remove jobs with nothing due", got)
	}
}
