package store_test

import (
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/store/storetest"
)

// member makes an actor who really is a member, so that actions can be given to them.
func (b *bench) member(t *testing.T, actor clawback.Actor) clawback.Actor {
	t.Helper()
	m := actor.Memberships[0]
	mustDo(t, b.SaveMember(ctx, storetest.Operator(), m.OrganizationID, actor.TenantID, actor.ObjectID, actor.Name, m.Role))
	actor.ID = b.Text(t, `SELECT id FROM people WHERE object_id = ?`, actor.ObjectID)
	return actor
}

// action makes an open action of one protected mailbox.
func (b *bench) action(t *testing.T) (clawback.Action, clawback.EmailRecord) {
	t.Helper()
	soc := storetest.SOCAnalyst()
	r := b.running(t, soc, "a@customer.example", "b@customer.example")
	records := b.records(t, soc, r.ID)
	mustDo(t, b.Hand(ctx, records[0].ID, r.ID, b.org.ID, clawback.OutcomeProtected))
	list := must(b.ListActions(ctx, soc, clawback.ActionFilter{}))(t).Items
	return list[0], records[1]
}

func TestAssignAction(t *testing.T) {
	b := setup(t)
	admin, analyst := b.member(t, storetest.Admin(b.org)), b.member(t, storetest.Analyst(b.org))
	elsewhere := b.member(t, storetest.Admin(b.other))
	action, _ := b.action(t)
	mine := func(actor clawback.Actor) int {
		t.Helper()
		return len(must(b.ListActions(ctx, actor, clawback.ActionFilter{Assignee: actor.ID}))(t).Items)
	}

	people := must(b.ListAssignees(ctx, admin, b.org.ID))(t)
	if len(people) != 2 || people[0] != (clawback.Assignee{ID: admin.ID, Name: admin.Name, Role: clawback.RoleAdmin}) || people[1].ID != analyst.ID {
		t.Errorf("assignees %+v", people)
	}
	if got := must(b.ListAssignees(ctx, elsewhere, b.org.ID))(t); len(got) != 0 {
		t.Errorf("a stranger sees the members %+v", got)
	}

	given := must(b.AssignAction(ctx, admin, action.ID, analyst.ID))(t)
	if given.Assignee != analyst.ID || given.AssigneeName != analyst.Name || mine(analyst) != 1 || mine(admin) != 0 {
		t.Errorf("given %+v; the analyst has %d, the admin %d", given, mine(analyst), mine(admin))
	}
	must(b.AssignAction(ctx, admin, action.ID, analyst.ID))(t)
	if n := b.audited(t, b.org.ID, "action.assigned"); n != "1" {
		t.Errorf("%s audit events for one change", n)
	}

	_, err := b.AssignAction(ctx, admin, action.ID, elsewhere.ID)
	wantField(t, "to a stranger", err, "assignee")
	_, err = b.AssignAction(ctx, elsewhere, action.ID, "")
	wantKind(t, "by a stranger", err, clawback.KindNotFound)
	_, err = b.AssignAction(ctx, storetest.SOCAnalyst(), action.ID, "")
	wantKind(t, "by a SOC analyst", err, clawback.KindForbidden)

	b.Exec(t, `DELETE FROM memberships WHERE person_id = ?`, analyst.ID)
	if a := must(b.FindAction(ctx, admin, action.ID))(t); a.Assignee != "" || a.AssigneeName != "" {
		t.Errorf("somebody who left still has %+v", a)
	}
	must(b.CompleteAction(ctx, admin, action.ID, ""))(t)
	_, err = b.AssignAction(ctx, admin, action.ID, "")
	wantKind(t, "of a closed one", err, clawback.KindConflict)
}

func TestCommentAction(t *testing.T) {
	b := setup(t)
	admin, soc := storetest.Admin(b.org), storetest.SOCAnalyst()
	action, late := b.action(t)

	must(b.CommentAction(ctx, admin, action.ID, " Asked the owner. "))(t)
	b.clock.Advance(time.Minute)
	a := must(b.CommentAction(ctx, soc, action.ID, "We wait."))(t)
	if len(a.Comments) != 2 || a.Comments[0].Text != "Asked the owner." || a.Comments[0].Staff || a.Comments[0].By != admin.Name ||
		a.Comments[1].Text != "We wait." || !a.Comments[1].Staff || !a.Comments[1].At.Equal(b.clock.Now()) {
		t.Errorf("comments %+v", a.Comments)
	}
	_, err := b.CommentAction(ctx, admin, action.ID, " ")
	wantField(t, "an empty comment", err, "text")
	_, err = b.CommentAction(ctx, storetest.Admin(b.other), action.ID, "x")
	wantKind(t, "by a stranger", err, clawback.KindNotFound)
	_, err = b.CommentAction(ctx, storetest.EngagementManager(b.other.ID), action.ID, "x")
	wantKind(t, "by a manager of others", err, clawback.KindNotFound)

	b.clock.Advance(time.Minute)
	must(b.CompleteAction(ctx, admin, action.ID, "Deleted it."))(t)
	b.clock.Advance(time.Minute)
	mustDo(t, b.Hand(ctx, late.ID, late.RemediationID, b.org.ID, clawback.OutcomeProtected))
	a = must(b.FindAction(ctx, admin, action.ID))(t)
	if a.Status != clawback.ActionOpen || len(a.Comments) != 3 || !strings.Contains(a.Comments[2].Text, "Deleted it.") || a.Comments[2].By != "Clawback" {
		t.Errorf("opened again as %+v", a)
	}
	if b.audited(t, b.org.ID, "action.reopened") != "1" || b.audited(t, b.org.ID, "action.commented") != "2" {
		t.Error("a comment or the opening is not audited")
	}
}
