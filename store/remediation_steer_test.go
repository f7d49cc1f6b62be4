package store_test

import (
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/store/storetest"
)

func TestStartRemediation(t *testing.T) {
	b := setup(t)
	soc := storetest.SOCAnalyst()
	start := func(id, reason string) error {
		_, err := b.StartRemediation(ctx, soc, id, 10, reason, "")
		return err
	}

	fresh := storetest.Draft(t, b.Store, soc, b.org, "<early@evil.example>", "Early")
	wantKind(t, "before its preview", start(fresh.ID, "phish"), clawback.KindConflict)
	b.trace(t, fresh, "joe@customer.example")
	wantField(t, "without reason", start(fresh.ID, ""), "reason")

	a := b.setting(t)
	a.Mode = clawback.ModeOff
	must(b.SaveAutoRemediation(ctx, storetest.Admin(b.org), a))(t)
	wantKind(t, "while off", start(fresh.ID, "phish"), clawback.KindConflict)
	a.Mode = clawback.ModeObserve
	must(b.SaveAutoRemediation(ctx, storetest.Admin(b.org), a))(t)
	b.Exec(t, `UPDATE auto_remediations SET removal = 'hard' WHERE organization_id = ?`, b.org.ID)

	_, err := b.StartRemediation(ctx, storetest.Admin(b.org), fresh.ID, 10, "phish", "")
	wantKind(t, "by an admin", err, clawback.KindForbidden)
	_, err = b.StartRemediation(ctx, storetest.Admin(b.other), fresh.ID, 10, "phish", "")
	wantKind(t, "by another's admin", err, clawback.KindNotFound)

	r := must(b.StartRemediation(ctx, soc, fresh.ID, 10, "phish", "INC-7"))(t)
	if r.Status != clawback.StatusInProgress || r.Phase != clawback.PhaseTracing || r.Mode != clawback.ModeObserve || r.Removal != clawback.RemovalHard ||
		r.MaxMailboxes != 10 || r.Reason != "phish" || r.Reference != "INC-7" || r.StartedByName != soc.Name {
		t.Errorf("started %+v", r)
	}
	if got := b.jobs(t, "trace"); got != "2" {
		t.Errorf("%s trace jobs, want the preview's and the start's", got)
	}
	wantKind(t, "twice", start(fresh.ID, "phish"), clawback.KindConflict)
}

func TestStopRemediation(t *testing.T) {
	b := setup(t)
	soc := storetest.SOCAnalyst()
	r := b.running(t, soc, "a@customer.example", "b@customer.example", "c@customer.example")
	records := b.records(t, soc, r.ID)
	b.Exec(t, `UPDATE records SET state = 'removing', fence = 4 WHERE id = ?`, records[0].ID)
	b.Exec(t, `INSERT INTO copies (id, record_id, remediation_id, organization_id, immutable_id, folder_id, message_id, sender, subject, found_at)
		VALUES ('c', ?, ?, ?, 'i', 'f', 'm', 's', 't', 1)`, records[0].ID, r.ID, b.org.ID)
	b.Exec(t, `INSERT INTO intents (id, copy_id, record_id, remediation_id, organization_id, kind, boot, fence, committed_at)
		VALUES ('i', 'c', ?, ?, ?, 'remove', 'b', 4, 5)`, records[0].ID, r.ID, b.org.ID)
	b.Exec(t, `UPDATE records SET state = 'done', outcome = 'removed' WHERE id = ?`, records[1].ID)
	fence := b.Text(t, `SELECT fence FROM records WHERE id = ?`, records[2].ID)

	_, err := b.StopRemediation(ctx, storetest.Admin(b.org), r.ID, "")
	wantKind(t, "by an admin", err, clawback.KindForbidden)
	_, err = b.StopRemediation(ctx, storetest.Admin(b.other), r.ID, "")
	wantKind(t, "by another's admin", err, clawback.KindNotFound)

	stopped := must(b.StopRemediation(ctx, soc, r.ID, "false alarm"))(t)
	if stopped.Status != clawback.StatusStopped || stopped.EndedAt.IsZero() || stopped.Counts.Of(clawback.OutcomeStopped) != 1 ||
		stopped.Counts.Of(clawback.OutcomeRemoved) != 1 || stopped.Counts.Open != 1 || stopped.Counts.Mailboxes != 3 {
		t.Errorf("stopped %+v", stopped)
	}
	if got := must(b.FindRecord(ctx, soc, records[2].ID))(t); got.Reason != clawback.ReasonStopped || got.State != clawback.RecordDone || !got.DueAt.IsZero() {
		t.Errorf("record %+v", got)
	}
	if got := b.Text(t, `SELECT fence FROM records WHERE id = ?`, records[2].ID); got == fence {
		t.Error("a worker that holds the record could still write")
	}
	if got := b.Text(t, `SELECT fence FROM records WHERE id = ?`, records[0].ID); got != "4" {
		t.Error("the worker with a request on the wire could not write its result")
	}
	timeline := must(b.ListTimeline(ctx, soc, records[2].ID))(t)
	if last := timeline[len(timeline)-1]; !strings.Contains(last.Text, soc.Name) || last.Detail != "false alarm" {
		t.Errorf("the timeline ends with %+v", last)
	}
	_, err = b.StopRemediation(ctx, soc, r.ID, "")
	wantKind(t, "twice", err, clawback.KindConflict)
}

func TestApproveRemediation(t *testing.T) {
	b := setup(t)
	creator, starter := storetest.SOCAnalyst(), storetest.SOCAnalyst()
	r := b.draft(t, creator, "joe@customer.example")
	must(b.StartRemediation(ctx, starter, r.ID, 0, "phish", ""))(t)
	approve := func(actor clawback.Actor, upTo int) error {
		_, err := b.ApproveRemediation(ctx, actor, r.ID, upTo, "seen")
		return err
	}
	wantKind(t, "of what does not wait", approve(storetest.SOCAnalyst(), 10), clawback.KindConflict)
	asked := func() {
		b.Exec(t, `UPDATE remediations SET status = 'awaiting_approval', phase = '', approval_asked_at = ? WHERE id = ?`, b.clock.Now().UnixMilli(), r.ID)
	}
	asked()

	wantKind(t, "by the starter", approve(starter, 10), clawback.KindForbidden)
	wantKind(t, "by the creator", approve(creator, 10), clawback.KindForbidden)
	wantKind(t, "by an admin", approve(storetest.Admin(b.org), 10), clawback.KindForbidden)
	wantKind(t, "by another's admin", approve(storetest.Admin(b.other), 10), clawback.KindNotFound)
	wantField(t, "of none", approve(storetest.SOCAnalyst(), 0), "up_to")
	wantKind(t, "beyond a SOC analyst", approve(storetest.SOCAnalyst(), clawback.SOCApprovalLimit+1), clawback.KindForbidden)

	got := must(b.ApproveRemediation(ctx, storetest.Operator(), r.ID, clawback.SOCApprovalLimit+1, "seen"))(t)
	if got.Status != clawback.StatusInProgress || got.Phase != clawback.PhaseTracing || got.ApprovedUpTo != clawback.SOCApprovalLimit+1 || got.ApprovedBy == "" {
		t.Errorf("approved %+v", got)
	}
	if jobs := b.jobs(t, "trace"); jobs != "3" {
		t.Errorf("%s trace jobs, want one each for preview, start and approval", jobs)
	}
	asked()
	_, err := b.ApproveRemediation(ctx, storetest.SOCAnalyst(), r.ID, 10, " ")
	wantField(t, "without a reason", err, "reason")
	b.clock.Advance(clawback.ApprovalLifetime + time.Second)
	wantKind(t, "too late", approve(storetest.SOCAnalyst(), 10), clawback.KindConflict)
	asked()
	mustDo(t, approve(storetest.SOCAnalyst(), clawback.SOCApprovalLimit))
}
