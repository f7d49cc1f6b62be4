package store_test

import (
	"testing"

	"clawback"
	"clawback/store/storetest"
)

func TestMemberChanges(t *testing.T) {
	b := setup(t)
	join := func(t *testing.T, name string, role clawback.Role) (clawback.Actor, string) {
		t.Helper()
		who := colleague(b.org, name)
		mustDo(t, b.SaveMember(ctx, storetest.Operator(), b.org.ID, who.TenantID, who.ObjectID, name, role))
		session := must(b.SignIn(ctx, who))(t)
		_, actor, err := b.FindSession(ctx, session.ID)
		mustDo(t, err)
		return actor, session.ID
	}
	over := func(t *testing.T, session string) {
		t.Helper()
		_, _, err := b.FindSession(ctx, session)
		wantKind(t, "session", err, clawback.KindUnauthenticated)
	}
	ada, adaSession := join(t, "Ada", clawback.RoleAdmin)
	ann, annSession := join(t, "Ann", clawback.RoleAnalyst)
	const admin, analyst = clawback.RoleAdmin, clawback.RoleAnalyst
	change := func(by clawback.Actor, person string, before, role clawback.Role) error {
		return b.ChangeMemberRole(ctx, by, b.org.ID, person, before, role)
	}

	t.Run("are refused to others", func(t *testing.T) {
		wantKind(t, "by an analyst", change(ann, ada.ID, admin, analyst), clawback.KindForbidden)
		wantKind(t, "by an operator", change(storetest.Operator(), ann.ID, analyst, admin), clawback.KindForbidden)
		wantKind(t, "by another's admin", change(storetest.Admin(b.other), ann.ID, analyst, admin), clawback.KindNotFound)
		wantKind(t, "of a stranger", change(ada, "nobody", analyst, admin), clawback.KindNotFound)
		wantKind(t, "to operator", change(ada, ann.ID, analyst, clawback.RoleOperator), clawback.KindInvalid)
		wantKind(t, "removal by an analyst", b.RemoveMember(ctx, ann, b.org.ID, ada.ID), clawback.KindForbidden)
		wantKind(t, "removal by another's admin", b.RemoveMember(ctx, storetest.Admin(b.other), b.org.ID, ann.ID), clawback.KindNotFound)
	})

	t.Run("never leave an organization without an admin", func(t *testing.T) {
		wantKind(t, "the last one's role", change(ada, ada.ID, admin, analyst), clawback.KindConflict)
		wantKind(t, "the last one's removal", b.RemoveMember(ctx, ada, b.org.ID, ada.ID), clawback.KindConflict)
		if _, _, err := b.FindSession(ctx, adaSession); err != nil {
			t.Errorf("the session ended all the same: %v", err)
		}
	})

	t.Run("of the role end the sessions", func(t *testing.T) {
		mustDo(t, change(ada, ann.ID, analyst, admin))
		over(t, annSession)
		if m := must(b.FindMember(ctx, ada, b.org.ID, ann.ID))(t); m.Role != admin || m.Name != "Ann" || m.LastSignInAt.IsZero() {
			t.Errorf("member %+v", m)
		}
		mustDo(t, change(ada, ann.ID, admin, admin))
		if got := b.audited(t, b.org.ID, "member.role_changed"); got != "1" {
			t.Errorf("%s audit events, want one", got)
		}
	})

	t.Run("of two people at once don't overwrite each other", func(t *testing.T) {
		mustDo(t, change(ada, ann.ID, admin, analyst))
		wantKind(t, "of what was an admin", change(ada, ann.ID, clawback.RoleOperator, admin), clawback.KindConflict)
		mustDo(t, change(ada, ann.ID, analyst, admin))
	})

	t.Run("take the invitations along", func(t *testing.T) {
		who := colleague(b.org, "Max")
		mustDo(t, b.SaveMember(ctx, ada, b.org.ID, who.TenantID, who.ObjectID, "Max", admin))
		session := must(b.SignIn(ctx, who))(t)
		_, max, err := b.FindSession(ctx, session.ID)
		mustDo(t, err)
		back := b.invite(t, max, "a way back", admin)
		mustDo(t, b.RemoveMember(ctx, ada, b.org.ID, max.ID))
		over(t, session.ID)
		_, err = b.RedeemInvitation(ctx, back.ID, who)
		wantKind(t, "the way back", err, clawback.KindConflict)
		wantKind(t, "removed twice", b.RemoveMember(ctx, ada, b.org.ID, max.ID), clawback.KindNotFound)
		if list := must(b.ListMembers(ctx, ada, b.org.ID))(t); len(list) != 2 {
			t.Errorf("members %+v", list)
		}
		_, err = b.ListMembers(ctx, storetest.Admin(b.other), b.org.ID)
		wantKind(t, "another's members", err, clawback.KindNotFound)
	})
}

func TestAccountSessions(t *testing.T) {
	b := setup(t)
	who := colleague(b.org, "Ada")
	mustDo(t, b.SaveMember(ctx, storetest.Operator(), b.org.ID, who.TenantID, who.ObjectID, "Ada", clawback.RoleAdmin))
	first := must(b.SignIn(ctx, who))(t)
	_, actor, err := b.FindSession(ctx, first.ID)
	mustDo(t, err)
	b.clock.Advance(clawback.SessionIdle / 2)
	second := must(b.SignIn(ctx, who))(t)
	list := must(b.ListSessions(ctx, actor))(t)
	if len(list) != 2 || list[0] != second || list[1].ID != first.ID {
		t.Errorf("sessions %+v", list)
	}
	b.clock.Advance(clawback.SessionIdle / 2)
	if list := must(b.ListSessions(ctx, actor))(t); len(list) != 1 || list[0].ID != second.ID {
		t.Errorf("after the first ran out: %+v", list)
	}
	mustDo(t, b.EndSession(ctx, actor, second.ID))
	if list := must(b.ListSessions(ctx, actor))(t); len(list) != 0 {
		t.Errorf("after the second was ended: %+v", list)
	}
}
