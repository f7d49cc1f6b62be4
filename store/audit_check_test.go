package store_test

import (
	"fmt"
	"testing"

	"clawback"
	"clawback/store/storetest"
)

func TestCheckAudit(t *testing.T) {
	b := setup(t)
	admin, operator := storetest.Admin(b.org), storetest.Operator()
	total := len(must(b.ListAudit(ctx, admin, clawback.AuditFilter{}))(t).Items)

	whole := must(b.CheckAudit(ctx, admin, b.org.ID, 100))(t)
	if whole != (clawback.AuditCheck{OrganizationID: b.org.ID, Events: total, Checked: total, At: b.clock.Now()}) {
		t.Errorf("the whole chain: %+v, want %d events", whole, total)
	}
	if part := must(b.CheckAudit(ctx, admin, b.org.ID, 2))(t); part.Events != total || part.Checked != 2 || part.BrokenAt != 0 {
		t.Errorf("the latest two: %+v", part)
	}
	if other := must(b.CheckAudit(ctx, operator, clawback.InstallationChain, 5))(t); other.BrokenAt != 0 {
		t.Errorf("the installation's: %+v", other)
	}
	for name, chain := range map[string]string{"another's": b.other.ID, "the installation's": clawback.InstallationChain} {
		_, err := b.CheckAudit(ctx, admin, chain, 5)
		wantKind(t, name, err, clawback.KindNotFound)
	}

	b.Exec(t, `DROP TRIGGER audit_events_keep`)
	b.Exec(t, `UPDATE audit_events SET actor_name = 'Somebody' WHERE organization_id = ? AND sequence = ?`, b.org.ID, total)
	if broken := must(b.CheckAudit(ctx, admin, b.org.ID, 1))(t); broken.BrokenAt != int64(total) || broken.Problem != "its text was changed" {
		t.Errorf("a changed text: %+v", broken)
	}
	b.Exec(t, `DROP TRIGGER audit_events_stay`)
	b.Exec(t, `DELETE FROM audit_events WHERE organization_id = ? AND sequence = ?`, b.org.ID, total)
	if broken := must(b.CheckAudit(ctx, admin, b.org.ID, 1))(t); broken.BrokenAt != int64(total) || broken.Checked != 0 {
		t.Errorf("a cut-off end: %+v", broken)
	}
}

func TestListAuditNamesItsSubjects(t *testing.T) {
	b := setup(t)
	admin := storetest.Admin(b.org)
	action, _ := b.action(t)
	mustDo(t, b.SetHalt(ctx, storetest.Operator(), b.org.ID, "test"))
	r := must(b.FindRemediation(ctx, storetest.SOCAnalyst(), action.RemediationID))(t)
	b.Exec(t, `UPDATE remediation_targets SET subject = ''`)
	b.Exec(t, `DROP TRIGGER audit_events_keep`)
	b.Exec(t, `UPDATE audit_events SET subject_name = '' WHERE subject = ?`, r.ID)

	named := map[string]string{}
	for _, e := range must(b.ListAudit(ctx, admin, clawback.AuditFilter{}))(t).Items {
		if e.SubjectName == "" {
			named[e.Subject] = e.SubjectNow
		}
	}
	for id, want := range map[string]string{b.org.ID: b.org.Name, r.ID: fmt.Sprintf("R-%d %s", r.Number, r.Targets[0].MessageID)} {
		if named[id] != want {
			t.Errorf("%s is called %q, want %q", id, named[id], want)
		}
	}
}

func TestListAuditByFilter(t *testing.T) {
	b := setup(t)
	operator, admin := storetest.Operator(), b.member(t, storetest.Admin(b.org))
	action, _ := b.action(t)
	must(b.AssignAction(ctx, admin, action.ID, admin.ID))(t)
	mustDo(t, b.SetHalt(ctx, operator, "", "test"))
	mustDo(t, b.SetHalt(ctx, clawback.Bot(admin.ID), b.org.ID, "test"))
	count := func(actor clawback.Actor, filter clawback.AuditFilter) int {
		t.Helper()
		return len(must(b.ListAudit(ctx, actor, filter))(t).Items)
	}
	name := must(b.FindRemediation(ctx, operator, action.RemediationID))(t)

	for what, test := range map[string]struct {
		filter clawback.AuditFilter
		least  int
		only   func(clawback.AuditEvent) bool
	}{
		"a part of a name": {clawback.AuditFilter{Person: "da adm"}, 2, func(e clawback.AuditEvent) bool { return e.ActorID == admin.ID || e.OnBehalfOf == admin.ID }},
		"the bot":          {clawback.AuditFilter{Person: "CLAWBACK", OrganizationID: b.org.ID}, 1, func(e clawback.AuditEvent) bool { return e.ActorKind == clawback.ActorBot }},
		"the installation": {clawback.AuditFilter{Installation: true}, 1, func(e clawback.AuditEvent) bool { return e.OrganizationID == "" }},
		"a short name":     {clawback.AuditFilter{About: "r-1"}, 2, func(e clawback.AuditEvent) bool { return e.Subject == name.ID }},
		"a whole name":     {clawback.AuditFilter{About: "Invoice overdue"}, 2, func(e clawback.AuditEvent) bool { return e.SubjectName == "Invoice overdue" }},
		"an id":            {clawback.AuditFilter{About: action.ID}, 1, func(e clawback.AuditEvent) bool { return e.Subject == action.ID }},
		"an action":        {clawback.AuditFilter{Action: "action.assigned"}, 1, func(e clawback.AuditEvent) bool { return e.Action == "action.assigned" }},
	} {
		events := must(b.ListAudit(ctx, operator, test.filter))(t).Items
		if len(events) < test.least {
			t.Errorf("%s finds %d, want %d at least", what, len(events), test.least)
		}
		for _, e := range events {
			if !test.only(e) {
				t.Errorf("%s finds %+v", what, e)
			}
			if e.OnBehalfOf == admin.ID && e.OnBehalfOfName != admin.Name {
				t.Errorf("on behalf of %q, want %q", e.OnBehalfOfName, admin.Name)
			}
		}
	}
	if n := count(operator, clawback.AuditFilter{Person: "nobody%"}); n != 0 {
		t.Errorf("nobody did %d things", n)
	}
	if n := count(storetest.Admin(b.other), clawback.AuditFilter{About: action.ID}); n != 0 {
		t.Errorf("a stranger reads %d events", n)
	}
}
