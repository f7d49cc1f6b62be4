package store_test

import (
	"testing"

	"clawback"
	"clawback/store/storetest"
)

func TestRestoreIsAskedOnce(t *testing.T) {
	b := setup(t)
	soc := storetest.SOCAnalyst()
	r := b.running(t, soc, "a@customer.example", "b@customer.example")
	records := b.records(t, soc, r.ID)
	for _, record := range records {
		b.Exec(t, `INSERT INTO copies (id, record_id, remediation_id, organization_id, immutable_id, folder_id, message_id, sender, subject, matched, outcome, found_at, removed_at)
			VALUES (?, ?, ?, ?, 'i', 'f', 'm', 's', 't', 1, 'removed', 9, 10)`, "c"+record.ID, record.ID, r.ID, b.org.ID)
	}
	b.Exec(t, `UPDATE records SET state = 'done', outcome = 'removed', due_at = 99`)
	counts := func() clawback.RestoreCounts {
		t.Helper()
		return must(b.CountRestores(ctx, soc, r.ID))(t)
	}

	if got := counts(); got != (clawback.RestoreCounts{Possible: 2}) {
		t.Errorf("before: %+v", got)
	}
	record := must(b.RestoreRecord(ctx, soc, records[0].ID, " wrong email "))(t)
	if record.Copies[0].AskedBackAt.IsZero() || counts() != (clawback.RestoreCounts{Possible: 1, Waiting: 1}) {
		t.Errorf("one: %+v, %+v", record.Copies, counts())
	}
	after := must(b.RestoreRemediation(ctx, soc, r.ID, ""))(t)
	if after.Status != clawback.StatusCompleted || after.Phase != clawback.PhaseNone || counts() != (clawback.RestoreCounts{Waiting: 2}) {
		t.Errorf("all: %+v, %+v", after, counts())
	}
	must(b.RestoreRemediation(ctx, soc, r.ID, ""))(t)
	must(b.RestoreRecord(ctx, soc, records[0].ID, ""))(t)
	if asked, jobs, due := b.audited(t, b.org.ID, "restore.asked"), b.jobs(t, "restore"), b.Text(t, `SELECT COUNT(*) FROM records WHERE due_at > 0`); asked != "2" || jobs != "2" || due != "0" {
		t.Errorf("asked %s times with %s jobs, %s records are due", asked, jobs, due)
	}

	b.Exec(t, `UPDATE copies SET restored_at = ?, restore_due_at = 0 WHERE record_id = ?`, b.clock.Now().UnixMilli(), records[0].ID)
	for _, back := range []clawback.Remediation{
		must(b.FindRemediation(ctx, soc, r.ID))(t), must(b.ListRemediations(ctx, soc, clawback.RemediationFilter{}))(t).Items[0],
	} {
		if c := back.Counts; c.PutBack != 1 || c.Gone() != 1 || c.Of(clawback.OutcomeRemoved) != 2 || !back.PutBackAt.Equal(b.clock.Now()) {
			t.Errorf("one is back: %+v at %v", c, back.PutBackAt)
		}
	}

	for what, actor := range map[string]clawback.Actor{"a stranger": storetest.Admin(b.other), "nobody": {}} {
		_, err := b.RestoreRemediation(ctx, actor, r.ID, "")
		wantKind(t, what, err, clawback.KindNotFound)
		_, err = b.RestoreRecord(ctx, actor, records[0].ID, "")
		wantKind(t, what, err, clawback.KindNotFound)
		_, err = b.CountRestores(ctx, actor, r.ID)
		wantKind(t, what, err, clawback.KindNotFound)
	}
	_, err := b.RestoreRemediation(ctx, storetest.Operator(), r.ID, "")
	wantKind(t, "an operator", err, clawback.KindForbidden)
	b.Exec(t, `UPDATE remediations SET removal = 'hard'`)
	_, err = b.RestoreRemediation(ctx, soc, r.ID, "")
	wantKind(t, "a hard removal", err, clawback.KindConflict)
	draft := b.draft(t, soc, "c@customer.example")
	_, err = b.RestoreRemediation(ctx, soc, draft.ID, "")
	wantKind(t, "a draft", err, clawback.KindConflict)
	empty := b.running(t, soc, "d@customer.example")
	b.Exec(t, `UPDATE records SET state = 'done', outcome = 'not_found' WHERE remediation_id = ?`, empty.ID)
	_, err = b.RestoreRemediation(ctx, soc, empty.ID, "")
	wantKind(t, "nothing removed", err, clawback.KindConflict)
}
