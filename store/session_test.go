package store_test

import (
	"testing"
	"time"

	"clawback"
	"clawback/store/storetest"

	"github.com/google/uuid"
)

func TestSessions(t *testing.T) {
	b := setup(t)
	person := clawback.Identity{TenantID: b.org.TenantID, ObjectID: uuid.NewString(), Name: "Ada", UserAgent: "Firefox", RemoteAddr: "192.0.2.1"}

	_, err := b.SignIn(ctx, person)
	wantKind(t, "a stranger's sign-in", err, clawback.KindForbidden)
	if got := b.audited(t, "", "sign_in.refused"); got != "1" {
		t.Errorf("%s refusals in the installation's chain, want one", got)
	}
	if got := b.Text(t, `SELECT COUNT(*) FROM people WHERE object_id = ?`, person.ObjectID); got != "0" {
		t.Error("a stranger became a person")
	}

	mustDo(t, b.SaveMember(ctx, storetest.Operator(), b.org.ID, person.TenantID, person.ObjectID, person.Name, clawback.RoleAdmin))
	begin := func(t *testing.T) clawback.Session {
		t.Helper()
		return must(b.SignIn(ctx, person))(t)
	}
	wantOver := func(t *testing.T, id string) {
		t.Helper()
		_, _, err := b.FindSession(ctx, id)
		wantKind(t, "FindSession()", err, clawback.KindUnauthenticated)
	}

	t.Run("know their person's rights of now", func(t *testing.T) {
		session := begin(t)
		found, actor, err := b.FindSession(ctx, session.ID)
		mustDo(t, err)
		if found != session || actor.Kind != clawback.ActorPerson || actor.SessionID != session.ID || !actor.Can(clawback.RightConfigure, b.org.ID) {
			t.Errorf("session %+v, actor %+v", found, actor)
		}
		mustDo(t, b.SaveMember(ctx, storetest.Operator(), b.org.ID, person.TenantID, person.ObjectID, person.Name, clawback.RoleAnalyst))
		if _, actor, _ = b.FindSession(ctx, session.ID); actor.Can(clawback.RightConfigure, b.org.ID) {
			t.Error("the right that was taken away is still there")
		}
		if got := b.audited(t, b.org.ID, "sign_in.succeeded"); got != "1" {
			t.Errorf("%s sign-ins in the organization's chain, want one", got)
		}
	})

	t.Run("end without use", func(t *testing.T) {
		session := begin(t)
		b.clock.Advance(clawback.SessionIdle - time.Second)
		mustDo(t, b.TouchSession(ctx, session.ID))
		b.clock.Advance(clawback.SessionIdle - time.Second)
		if _, _, err := b.FindSession(ctx, session.ID); err != nil {
			t.Errorf("a used session: %v", err)
		}
		b.clock.Advance(time.Second)
		wantOver(t, session.ID)
		mustDo(t, b.TouchSession(ctx, session.ID))
		wantOver(t, session.ID)
	})

	t.Run("end in any case", func(t *testing.T) {
		session := begin(t)
		for range 4 {
			b.clock.Advance(clawback.SessionLife / 4)
			mustDo(t, b.TouchSession(ctx, session.ID))
		}
		wantOver(t, session.ID)
	})

	t.Run("are touched once a minute at most", func(t *testing.T) {
		session := begin(t)
		for range 3 {
			b.clock.Advance(29 * time.Second)
			mustDo(t, b.TouchSession(ctx, session.ID))
		}
		found, _, err := b.FindSession(ctx, session.ID)
		mustDo(t, err)
		if want := session.CreatedAt.Add(87 * time.Second); !found.SeenAt.Equal(want) {
			t.Errorf("seen at %s, want %s", found.SeenAt, want)
		}
		b.clock.Advance(59 * time.Second)
		mustDo(t, b.TouchSession(ctx, session.ID))
		if again, _, _ := b.FindSession(ctx, session.ID); !again.SeenAt.Equal(found.SeenAt) {
			t.Error("touched within the minute")
		}
	})

	t.Run("are ended by their person", func(t *testing.T) {
		session := begin(t)
		_, actor, err := b.FindSession(ctx, session.ID)
		mustDo(t, err)
		wantKind(t, "by another", b.EndSession(ctx, storetest.Admin(b.org), session.ID), clawback.KindNotFound)
		mustDo(t, b.EndSession(ctx, actor, session.ID))
		mustDo(t, b.EndSession(ctx, actor, session.ID))
		wantOver(t, session.ID)
	})

	t.Run("end with the membership", func(t *testing.T) {
		session := begin(t)
		b.Exec(t, `DELETE FROM memberships`)
		wantOver(t, session.ID)
	})

	t.Run("of staff carry the roles of the sign-in and the portfolio", func(t *testing.T) {
		manager := clawback.Identity{TenantID: storetest.ProviderTenant, ObjectID: uuid.NewString(), Name: "Emma",
			StaffRoles: []clawback.Role{clawback.RoleEngagementManager, "owner"}}
		session := must(b.SignIn(ctx, manager))(t)
		mustDo(t, b.SavePortfolio(ctx, storetest.Operator(), manager.TenantID, manager.ObjectID, "Emma", b.org.ID))
		_, actor, err := b.FindSession(ctx, session.ID)
		mustDo(t, err)
		if !actor.Can(clawback.RightReviewContext, b.org.ID) || actor.Can(clawback.RightReviewContext, b.other.ID) || actor.HasRole("owner") {
			t.Errorf("actor %+v", actor)
		}
		manager.StaffRoles = []clawback.Role{"owner"}
		_, err = b.SignIn(ctx, manager)
		wantKind(t, "with an unknown role alone", err, clawback.KindForbidden)
	})
}
