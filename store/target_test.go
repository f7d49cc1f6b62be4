package store_test

import (
	"fmt"
	"testing"

	"clawback"
	"clawback/store/storetest"
)

func TestTheSameEmailMeetsItsRemediation(t *testing.T) {
	b := setup(t)
	soc := storetest.SOCAnalyst()
	start := func(change func(*clawback.NewRemediation)) clawback.Remediation {
		t.Helper()
		n := b.request()
		n.Start, n.MaxMailboxes = true, 5
		change(&n)
		return must(b.CreateRemediation(ctx, soc, n))(t)
	}
	same := func(*clawback.NewRemediation) {}
	first := start(same)
	if first.Existing {
		t.Error("the first meets another")
	}
	b.Exec(t, `DELETE FROM river_job`)
	again := start(same)
	if again.ID != first.ID || !again.Existing {
		t.Errorf("the same email makes %s beside %s", again.ID, first.ID)
	}
	if got := b.jobs(t, "trace"); got != "1" {
		t.Errorf("%s trace jobs, want one: a copy may have come since", got)
	}
	if got := b.audited(t, b.org.ID, "remediation.asked_again"); got != "1" {
		t.Errorf("%s audit events, want one", got)
	}
	reported := start(func(n *clawback.NewRemediation) { n.Mailboxes = []string{"Reporter@customer.example"} })
	if reported.ID != first.ID || len(reported.NamedMailboxes) != 1 || reported.NamedMailboxes[0] != "reporter@customer.example" {
		t.Errorf("the reporter's mailbox is not in: %+v", reported)
	}

	b.Exec(t, `UPDATE remediation_targets SET sender = 'mallory@evil.example'`)
	for what, change := range map[string]func(*clawback.NewRemediation){
		"another sender under the id": func(n *clawback.NewRemediation) { n.Targets[0].Sender = "ceo@customer.example" },
		"one mailbox":                 func(n *clawback.NewRemediation) { n.Targets[0].Mailbox = "joe@customer.example" },
		"the sender's Sent Items":     func(n *clawback.NewRemediation) { n.IncludeSender = true },
		"a further email": func(n *clawback.NewRemediation) {
			n.Targets = append(n.Targets, clawback.Target{Source: clawback.SourceMessageID, MessageID: "<b@evil.example>"})
		},
	} {
		r := start(change)
		if r.Existing {
			t.Errorf("%s meets one that does not mean it", what)
		}
		b.Exec(t, `UPDATE remediations SET status = 'stopped' WHERE id = ?`, r.ID)
	}

	b.Exec(t, `UPDATE remediations SET mode = 'observe'`)
	if r := start(same); r.Existing {
		t.Error("what is to be removed meets one that only observes")
	}
	b.Exec(t, `UPDATE remediations SET status = 'completed', mode = 'enforce'`)
	if r := start(same); r.Existing {
		t.Error("meets one that has ended")
	}
}

func TestCreateRemediation_refusesTargets(t *testing.T) {
	b := setup(t)
	many := make([]clawback.Target, clawback.MaxTargets+1)
	for i := range many {
		many[i] = clawback.Target{Source: clawback.SourceSearch, MessageID: fmt.Sprintf("<%d@x>", i)}
	}
	for field, changes := range map[string][]func(*clawback.NewRemediation){
		"exercise": {func(n *clawback.NewRemediation) { n.Exercise = true }},
		"mailbox":  {func(n *clawback.NewRemediation) { n.Targets[0].Mailbox = "nobody" }},
		"mailboxes": {func(n *clawback.NewRemediation) { n.Mailboxes = []string{"a@b.example", "nobody"} },
			func(n *clawback.NewRemediation) {
				for i := range clawback.MaxNamedMailboxes + 1 {
					n.Mailboxes = append(n.Mailboxes, fmt.Sprintf("m%d@b.example", i))
				}
			}},
		"internet_message_id": {func(n *clawback.NewRemediation) { n.Targets = nil }, func(n *clawback.NewRemediation) { n.Targets = many }},
		"target":              {func(n *clawback.NewRemediation) { n.Targets[0].Source = clawback.SourceAccepted }},
	} {
		for i, change := range changes {
			n := b.request()
			change(&n)
			_, err := b.CreateRemediation(ctx, storetest.SOCAnalyst(), n)
			wantKind(t, fmt.Sprint(field, i), err, clawback.KindInvalid)
			wantField(t, fmt.Sprint(field, i), err, field)
		}
	}
	n := b.request()
	n.Targets = append(many[:clawback.MaxTargets-2], many[0], n.Targets[0]) // one of them twice
	if r := must(b.CreateRemediation(ctx, storetest.SOCAnalyst(), n))(t); len(r.Targets) != clawback.MaxTargets-1 {
		t.Errorf("%d targets", len(r.Targets))
	}
}

func TestWidenRemediation(t *testing.T) {
	b := setup(t)
	soc := storetest.SOCAnalyst()
	r := b.draft(t, soc, "joe@customer.example")
	widen := func(actor clawback.Actor, w clawback.Widening) error {
		_, err := b.WidenRemediation(ctx, actor, r.ID, w)
		return err
	}
	wantKind(t, "by an admin", widen(storetest.Admin(b.org), clawback.Widening{}), clawback.KindForbidden)
	wantKind(t, "by another's admin", widen(storetest.Admin(b.other), clawback.Widening{}), clawback.KindNotFound)
	wantField(t, "by a wrong address", widen(soc, clawback.Widening{Mailboxes: []string{"x"}}), "mailboxes")
	wantKind(t, "by emails that nobody counted", widen(soc, clawback.Widening{Similar: true}), clawback.KindConflict)

	similar := clawback.FoundEmail{Recipients: 2, Target: clawback.Target{MessageID: "<2@evil.example>", Sender: "mallory@evil.example",
		Envelope: "bounce@evil.example", Subject: "Invoice overdue", ReceivedFrom: b.clock.Now(), ReceivedTo: b.clock.Now()}}
	mustDo(t, b.SaveTrace(ctx, r.ID, clawback.TraceFinding{Targets: r.Targets, Similar: []clawback.FoundEmail{similar}, Mailboxes: b.known(t, soc, r.ID)}))
	if got := must(b.FindRemediation(ctx, soc, r.ID))(t); got.Similar != 1 {
		t.Fatalf("similar %d", got.Similar)
	}
	b.Exec(t, `DELETE FROM river_job`)
	wide := must(b.WidenRemediation(ctx, soc, r.ID, clawback.Widening{Similar: true, Mailboxes: []string{"Ann@customer.example"}, IncludeSender: true}))(t)
	if len(wide.Targets) != 2 || wide.Targets[1].MessageID != "<2@evil.example>" || wide.Targets[1].Source != clawback.SourceSimilar ||
		wide.Targets[1].Envelope != "bounce@evil.example" || wide.Similar != 0 ||
		!wide.IncludeSender || len(wide.NamedMailboxes) != 1 || wide.Phase != clawback.PhaseTracing || !wide.PreviewedAt.IsZero() {
		t.Errorf("widened %+v", wide)
	}
	if got := b.jobs(t, "trace"); got != "1" {
		t.Errorf("%s trace jobs, want one", got)
	}
	if got := b.audited(t, b.org.ID, "remediation.widened"); got != "1" {
		t.Errorf("%s audit events, want one", got)
	}
	_, err := b.StartRemediation(ctx, soc, r.ID, 5, "phish", "")
	wantKind(t, "a start before the new preview", err, clawback.KindConflict)
	b.trace(t, wide, "joe@customer.example")
	must(b.StartRemediation(ctx, soc, r.ID, 5, "phish", ""))(t)
	wantKind(t, "of what has begun", widen(soc, clawback.Widening{IncludeSender: true}), clawback.KindConflict)
}

func TestJudgeRecord(t *testing.T) {
	b := setup(t)
	soc := storetest.SOCAnalyst()
	r := b.running(t, soc, "a@customer.example", "b@customer.example")
	records := b.records(t, soc, r.ID)
	differs := func(record clawback.EmailRecord, id string) {
		b.Exec(t, `UPDATE records SET state = 'done', outcome = 'ambiguous', reason = 'different_email', due_at = 0, done_at = 5 WHERE id = ?`, record.ID)
		b.Exec(t, `INSERT INTO copies (id, record_id, remediation_id, organization_id, immutable_id, folder_id, message_id, sender, subject, received_at, outcome, reason, found_at)
			VALUES (?, ?, ?, ?, ?, 'f', ?, 'ceo@customer.example', 'Payroll', 1700000000000, 'ambiguous', 'different_email', 1)`,
			id, record.ID, r.ID, b.org.ID, id, r.Targets[0].MessageID)
	}
	differs(records[0], "c1")
	differs(records[1], "c2")
	_, err := b.AcceptRecord(ctx, storetest.Admin(b.org), records[0].ID, "x")
	wantKind(t, "by an admin", err, clawback.KindForbidden)
	_, err = b.LeaveRecord(ctx, storetest.Admin(b.other), records[0].ID, "x")
	wantKind(t, "by another's admin", err, clawback.KindNotFound)
	_, err = b.AcceptRecord(ctx, soc, records[0].ID, " ")
	wantField(t, "without a reason", err, "reason")

	b.Exec(t, `DELETE FROM river_job`)
	taken := must(b.AcceptRecord(ctx, soc, records[0].ID, "same link"))(t)
	if taken.State != clawback.RecordChecking || taken.Outcome != clawback.OutcomeNone || taken.DueAt.IsZero() || !taken.Copies[0].Matched {
		t.Errorf("accepted %+v", taken)
	}
	after := must(b.FindRemediation(ctx, soc, r.ID))(t)
	accepted := after.Targets[len(after.Targets)-1]
	if len(after.Targets) != 2 || accepted.Source != clawback.SourceAccepted || accepted.Mailbox != "a@customer.example" || accepted.Sender != "ceo@customer.example" {
		t.Errorf("targets %+v", after.Targets)
	}
	if got := b.jobs(t, "remove"); got != "1" {
		t.Errorf("%s remove jobs, want one", got)
	}
	_, err = b.LeaveRecord(ctx, soc, records[0].ID, "x")
	wantKind(t, "a second word", err, clawback.KindConflict)

	left := must(b.LeaveRecord(ctx, soc, records[1].ID, "our own payroll"))(t)
	if left.Outcome != clawback.OutcomeAmbiguous || left.Reason != clawback.ReasonLeft || left.State != clawback.RecordDone {
		t.Errorf("left %+v", left)
	}
	timeline := must(b.ListTimeline(ctx, soc, records[1].ID))(t)
	said := false
	for _, line := range timeline {
		said = said || line.Text == soc.Name+" says that this is another email, so it stays. Reason: our own payroll"
	}
	if !said || b.audited(t, b.org.ID, "record.left") != "1" || b.audited(t, b.org.ID, "record.accepted") != "1" {
		t.Errorf("who said it and why is not kept: %+v", timeline)
	}
}
