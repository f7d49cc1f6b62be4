package store_test

import (
	"testing"

	"clawback"
	"clawback/store/storetest"
)

// TestARestartAsksTheTraceOfWhatBeganWithoutIt restarts after all that the preview named was taken up.
func TestARestartAsksTheTraceOfWhatBeganWithoutIt(t *testing.T) {
	b := setup(t)
	soc := storetest.SOCAnalyst()
	r := b.draft(t, soc, "joe@customer.example")
	must(b.StartRemediation(ctx, soc, r.ID, 0, "phish", ""))(t)
	mustDo(t, b.BeginKnown(ctx, r.ID))
	if got := must(b.ClaimRecords(ctx, r.ID))(t); len(got.Records) != 1 {
		t.Fatalf("%d mailboxes taken up before the trace, want 1", len(got.Records))
	}
	b.Exec(t, `DELETE FROM river_job`)
	must(b.Recover(ctx))(t)
	if got := b.jobs(t, "trace"); got != "1" {
		t.Errorf("%s trace jobs, want one", got)
	}
}

// TestAnEarlyBeginningNeedsAPreview leaves a removal that was started without one to its trace.
func TestAnEarlyBeginningNeedsAPreview(t *testing.T) {
	b := setup(t)
	soc := storetest.SOCAnalyst()
	r := storetest.Draft(t, b.Store, soc, b.org, "<none@evil.example>", "Invoice overdue")
	b.trace(t, r)
	must(b.StartRemediation(ctx, soc, r.ID, 0, "phish", ""))(t)
	mustDo(t, b.BeginKnown(ctx, r.ID))
	if got := must(b.FindRemediation(ctx, soc, r.ID))(t); got.Phase != clawback.PhaseTracing {
		t.Errorf("phase %s", got.Phase)
	}
}
