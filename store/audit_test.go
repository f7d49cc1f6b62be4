package store_test

import (
	"testing"

	"clawback"
	"clawback/store/storetest"
)

func TestListAudit(t *testing.T) {
	b := setup(t)
	operator, admin := storetest.Operator(), storetest.Admin(b.org)
	actor := operator
	actor.RemoteAddr, actor.RequestID = "192.0.2.7", "req-1"
	mustDo(t, b.SetHalt(ctx, actor, "", "test"))

	page := must(b.ListAudit(ctx, operator, clawback.AuditFilter{Action: "halt.set"}))(t)
	if len(page.Items) != 1 || page.Items[0].OrganizationID != clawback.InstallationChain || page.Items[0].RemoteAddr != "192.0.2.7" ||
		page.Items[0].RequestID != "req-1" || string(page.Items[0].After) != `{"reason":"test"}` {
		t.Errorf("events %+v", page.Items)
	}
	for _, e := range must(b.ListAudit(ctx, admin, clawback.AuditFilter{}))(t).Items {
		if e.OrganizationID != b.org.ID {
			t.Errorf("an admin reads %+v", e)
		}
	}
	for name, filter := range map[string]clawback.AuditFilter{"another's": {OrganizationID: b.other.ID}, "the installation's": {Action: "halt.set"}} {
		if got := must(b.ListAudit(ctx, admin, filter))(t).Items; len(got) != 0 {
			t.Errorf("an admin reads %s: %+v", name, got)
		}
	}
	if got := must(b.ListAudit(ctx, storetest.SOCAnalyst(), clawback.AuditFilter{}))(t).Items; len(got) != 0 {
		t.Errorf("a SOC analyst reads %+v", got)
	}

	seen := map[string]bool{}
	query := clawback.PageQuery{Limit: 2}
	for {
		page := must(b.ListAudit(ctx, operator, clawback.AuditFilter{PageQuery: query}))(t)
		for _, e := range page.Items {
			seen[e.ID] = true
		}
		if query.Cursor = page.Next; page.Next == "" {
			break
		}
	}
	if v := must(b.VerifyAudit(ctx))(t); len(seen) != v.Events || v.Chains != 3 || v.Broken != nil {
		t.Errorf("%d events listed, verified %+v", len(seen), v)
	}
}

func TestAuditTampering(t *testing.T) {
	for name, test := range map[string]struct{ change, problem string }{
		"a changed text":       {`UPDATE audit_events SET after_json = '{"mode":"off"}' WHERE sequence = 2 AND organization_id = ?`, "its text was changed"},
		"a changed actor":      {`UPDATE audit_events SET actor_name = 'Somebody' WHERE sequence = 2 AND organization_id = ?`, "its text was changed"},
		"text moved in fields": {`UPDATE audit_events SET subject = subject || substr(subject_name, 1, 1), subject_name = substr(subject_name, 2) WHERE sequence = 2 AND organization_id = ?`, "its text was changed"},
		"a missing event":      {`DELETE FROM audit_events WHERE sequence = 2 AND organization_id = ?`, "the event is missing"},
		"a rewritten event":    {`UPDATE audit_events SET hash = 'x', previous_hash = 'y' WHERE sequence = 2 AND organization_id = ?`, "it does not follow from the event before it"},
		"a cut-off end":        {`DELETE FROM audit_events WHERE sequence >= 2 AND organization_id = ?`, "the chain ends at event 1, but 3 were written"},
		"a forgotten head":     {`DELETE FROM audit_chains WHERE organization_id = ?`, "the chain ends at event 3, but 0 were written"},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			if v := must(b.VerifyAudit(ctx))(t); v.Broken != nil {
				t.Fatalf("broken from the start: %+v", v.Broken)
			}
			b.Exec(t, `DROP TRIGGER audit_events_keep`)
			b.Exec(t, `DROP TRIGGER audit_events_stay`)
			b.Exec(t, test.change, b.org.ID)
			v := must(b.VerifyAudit(ctx))(t)
			if v.Broken == nil || v.Broken.OrganizationID != b.org.ID || v.Broken.Problem != test.problem {
				t.Errorf("broken: %+v, want %q", v.Broken, test.problem)
			}
		})
	}
}

func TestAuditIsAppendOnly(t *testing.T) {
	b := setup(t)
	for _, query := range []string{`UPDATE audit_events SET actor_name = ''`, `DELETE FROM audit_events`} {
		if err := b.TryExec(query); err == nil {
			t.Errorf("%s went through", query)
		}
	}
}
