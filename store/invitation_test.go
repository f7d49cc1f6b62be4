package store_test

import (
	"strings"
	"testing"

	"clawback"
	"clawback/store/storetest"

	"github.com/google/uuid"
)

func (b *bench) invite(t *testing.T, by clawback.Actor, invitee string, role clawback.Role) clawback.InvitationMade {
	t.Helper()
	return must(b.CreateInvitation(ctx, by, clawback.NewInvitation{OrganizationID: b.org.ID, Invitee: invitee, Role: role}))(t)
}

func colleague(o clawback.Organization, name string) clawback.Identity {
	return clawback.Identity{TenantID: o.TenantID, ObjectID: uuid.NewString(), Name: name, RemoteAddr: "192.0.2.1"}
}

func TestInvitations(t *testing.T) {
	b := setup(t)
	admin := storetest.Admin(b.org)

	t.Run("forget the token after some minutes", func(t *testing.T) {
		made := b.invite(t, admin, "Forgotten", clawback.RoleAnalyst)
		b.clock.Advance(clawback.InvitationShown)
		b.invite(t, admin, "The next", clawback.RoleAnalyst)
		if kept := b.Text(t, `SELECT COUNT(*) FROM invitations WHERE id = ? AND token_sealed IS NOT NULL`, made.ID); kept != "0" {
			t.Error("the token is kept")
		}
	})

	t.Run("let one person of the tenant in, once", func(t *testing.T) {
		made := b.invite(t, admin, "Theo", clawback.RoleAnalyst)
		if got := b.Text(t, `SELECT token_hash FROM invitations WHERE id = ?`, made.ID); strings.Contains(got, made.Token.Reveal()) {
			t.Error("the token itself is kept")
		}
		sealed := b.Text(t, `SELECT token_sealed FROM invitations WHERE id = ?`, made.ID)
		if sealed == "" || strings.Contains(sealed, made.Token.Reveal()) {
			t.Errorf("the token is sealed as %q", sealed)
		}
		found := must(b.FindInvitation(ctx, made.Token.Reveal()))(t)
		if found.ID != made.ID || found.OrganizationName != b.org.Name || found.TenantID != b.org.TenantID || found.InvitedBy != admin.Name ||
			found.Invitee != "Theo" || found.Status(b.clock.Now()) != clawback.InvitationOpen {
			t.Errorf("found %+v", found)
		}
		theo := colleague(b.org, "Theo <b>Marsh</b>")
		must(b.RedeemInvitation(ctx, made.ID, theo))(t)
		session := must(b.SignIn(ctx, theo))(t)
		_, actor, err := b.FindSession(ctx, session.ID)
		mustDo(t, err)
		if !actor.Can(clawback.RightWorkActions, b.org.ID) || actor.Can(clawback.RightConfigure, b.org.ID) || actor.Can(clawback.RightReadActions, b.other.ID) {
			t.Errorf("actor %+v", actor)
		}
		_, err = b.RedeemInvitation(ctx, made.ID, theo)
		wantKind(t, "twice", err, clawback.KindConflict)
		_, err = b.RedeemInvitation(ctx, made.ID, colleague(b.org, "Mallory"))
		wantKind(t, "by another", err, clawback.KindConflict)
		if redeemed, refused := b.audited(t, b.org.ID, "invitation.redeemed"), b.audited(t, b.org.ID, "invitation.refused"); redeemed != "1" || refused != "2" {
			t.Errorf("audited %s redeemed, %s refused", redeemed, refused)
		}
	})

	refused := func(t *testing.T, id string, who clawback.Identity, kind clawback.Kind, words, why string) {
		t.Helper()
		_, err := b.RedeemInvitation(ctx, id, who)
		wantKind(t, words, err, kind)
		if !strings.Contains(clawback.MessageOf(err), words) {
			t.Errorf("%q lacks %q", clawback.MessageOf(err), words)
		}
		if after := b.Text(t, `SELECT after_json FROM audit_events WHERE action = 'invitation.refused' AND subject = ? ORDER BY sequence DESC LIMIT 1`, id); !strings.Contains(after, why) {
			t.Errorf("audited %s, want %s", after, why)
		}
		if n := b.Text(t, `SELECT COUNT(*) FROM people WHERE object_id = ?`, who.ObjectID); n != "0" {
			t.Error("who was refused became a person")
		}
	}

	t.Run("let nobody of another tenant in", func(t *testing.T) {
		made := b.invite(t, admin, "wrong tenant", clawback.RoleAdmin)
		refused(t, made.ID, colleague(b.other, "Eve"), clawback.KindForbidden, "another organization", "wrong_tenant")
		b.clock.Advance(clawback.InvitationLife)
		refused(t, made.ID, colleague(b.other, "Eve"), clawback.KindForbidden, "another organization", "wrong_tenant")
	})

	t.Run("expire after seven days", func(t *testing.T) {
		made := b.invite(t, admin, "late", clawback.RoleAnalyst)
		b.clock.Advance(clawback.InvitationLife)
		refused(t, made.ID, colleague(b.org, "Late"), clawback.KindConflict, "expired", "expired")
	})

	t.Run("can be revoked until they are used", func(t *testing.T) {
		made := b.invite(t, admin, "revoked", clawback.RoleAnalyst)
		wantKind(t, "by an analyst", b.RevokeInvitation(ctx, storetest.Analyst(b.org), b.org.ID, made.ID), clawback.KindForbidden)
		wantKind(t, "by another admin", b.RevokeInvitation(ctx, storetest.Admin(b.other), b.org.ID, made.ID), clawback.KindNotFound)
		wantKind(t, "under another organization", b.RevokeInvitation(ctx, storetest.Admin(b.other), b.other.ID, made.ID), clawback.KindNotFound)
		mustDo(t, b.RevokeInvitation(ctx, admin, b.org.ID, made.ID))
		mustDo(t, b.RevokeInvitation(ctx, admin, b.org.ID, made.ID))
		refused(t, made.ID, colleague(b.org, "Rev"), clawback.KindConflict, "withdrawn", "revoked")
		guest := clawback.Actor{Kind: clawback.ActorPerson, Name: "Somebody with the link", RemoteAddr: "192.0.2.7"}
		before := b.audited(t, b.org.ID, "invitation.refused")
		for range 3 {
			mustDo(t, b.NoteDeadInvitation(ctx, guest, made.ID))
		}
		if after := b.audited(t, b.org.ID, "invitation.refused"); after == before || b.Text(t, `SELECT COUNT(*) FROM audit_events WHERE actor_name = ?`, guest.Name) != "1" {
			t.Errorf("%s refusals in the trail after three looks at a dead link, %s before", after, before)
		}
		used := b.invite(t, admin, "used", clawback.RoleAnalyst)
		must(b.RedeemInvitation(ctx, used.ID, colleague(b.org, "Quick")))(t)
		wantKind(t, "a used one", b.RevokeInvitation(ctx, admin, b.org.ID, used.ID), clawback.KindConflict)
	})

	t.Run("change nothing for who is a member", func(t *testing.T) {
		ada := colleague(b.org, "Ada")
		mustDo(t, b.SaveMember(ctx, admin, b.org.ID, ada.TenantID, ada.ObjectID, ada.Name, clawback.RoleAdmin))
		made := b.invite(t, admin, "Ada as analyst", clawback.RoleAnalyst)
		_, err := b.RedeemInvitation(ctx, made.ID, ada)
		wantKind(t, "member", err, clawback.KindConflict)
		if found := must(b.FindInvitationByID(ctx, made.ID))(t); found.Status(b.clock.Now()) != clawback.InvitationOpen {
			t.Errorf("the invitation is %s", found.Status(b.clock.Now()))
		}
	})

	t.Run("are made by who may", func(t *testing.T) {
		create := func(by clawback.Actor, invitee string, role clawback.Role) error {
			_, err := b.CreateInvitation(ctx, by, clawback.NewInvitation{OrganizationID: b.org.ID, Invitee: invitee, Role: role})
			return err
		}
		mustDo(t, create(storetest.Operator(), "o", clawback.RoleAdmin))
		mustDo(t, create(storetest.EngagementManager(b.org.ID), "e", clawback.RoleAdmin))
		for _, tt := range []struct {
			name, invitee string
			by            clawback.Actor
			role          clawback.Role
			kind          clawback.Kind
			field         string
		}{
			{"an operator's analyst", "x", storetest.Operator(), clawback.RoleAnalyst, clawback.KindInvalid, "role"},
			{"by a SOC analyst", "x", storetest.SOCAnalyst(), clawback.RoleAdmin, clawback.KindForbidden, ""},
			{"by an analyst", "x", storetest.Analyst(b.org), clawback.RoleAnalyst, clawback.KindForbidden, ""},
			{"outside the portfolio", "x", storetest.EngagementManager(b.other.ID), clawback.RoleAdmin, clawback.KindNotFound, ""},
			{"by another's admin", "x", storetest.Admin(b.other), clawback.RoleAnalyst, clawback.KindNotFound, ""},
			{"for nobody", " ", admin, clawback.RoleAnalyst, clawback.KindInvalid, "invitee"},
			{"as operator", "x", admin, clawback.RoleOperator, clawback.KindInvalid, "role"},
			{"twice", "O", admin, clawback.RoleAnalyst, clawback.KindConflict, "invitee"},
		} {
			err := create(tt.by, tt.invitee, tt.role)
			wantKind(t, tt.name, err, tt.kind)
			wantField(t, tt.name, err, tt.field)
		}
	})

	t.Run("are listed for who may invite", func(t *testing.T) {
		if list := must(b.ListInvitations(ctx, admin, b.org.ID))(t); len(list) == 0 || list[0].Invitee != "e" {
			t.Errorf("listed %+v", list)
		}
		if list := must(b.ListInvitations(ctx, storetest.Analyst(b.org), b.org.ID))(t); len(list) != 0 {
			t.Errorf("an analyst sees %+v", list)
		}
		_, err := b.ListInvitations(ctx, storetest.Admin(b.other), b.org.ID)
		wantKind(t, "another's", err, clawback.KindNotFound)
		_, err = b.FindInvitation(ctx, "invented")
		wantKind(t, "an invented link", err, clawback.KindNotFound)
	})
}
