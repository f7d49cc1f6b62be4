package store

import (
	"context"
	"strings"
	"time"

	"clawback"
)

// CreateInvitation makes a link that lets one person of the organization's
// tenant in, once. The provider's people invite admins alone. It returns
// KindNotFound for an organization the actor does not see, KindForbidden,
// KindInvalid about a field, and KindConflict when the same invitation is open
// already.
func (s *Store) CreateInvitation(ctx context.Context, actor clawback.Actor, n clawback.NewInvitation) (clawback.InvitationMade, error) {
	invitee, err := required("invitee", n.Invitee, maxLine, "Say whom the invitation is for, so that you can tell it from others.")
	if err := firstOf(err, checkCustomerRole(n.Role)); err != nil {
		return clawback.InvitationMade{}, err
	}
	made := clawback.InvitationMade{Token: clawback.NewSecret(randomText())}
	err = s.inTx(ctx, func(tx *Tx) error {
		organization, err := tx.organization(sees(actor, clawback.RightReadOrganization, clawback.RightInvite), n.OrganizationID)
		if err != nil {
			return err
		}
		if err := mayInviteAs(actor, n); err != nil {
			return err
		}
		made.Invitation = clawback.Invitation{ID: newID(), OrganizationID: organization.ID, OrganizationName: organization.Name,
			TenantID: organization.TenantID, Invitee: invitee, Role: n.Role, InvitedBy: actor.Name, CreatedAt: tx.now,
			ExpiresAt: tx.now.Add(clawback.InvitationLife)}
		return tx.insertInvitation(actor, made)
	})
	if err != nil {
		return clawback.InvitationMade{}, err
	}
	return made, nil
}

func mayInviteAs(actor clawback.Actor, n clawback.NewInvitation) error {
	if err := mayChange(actor, clawback.RightInvite, n.OrganizationID, "invite people"); err != nil {
		return err
	}
	if n.Role != clawback.RoleAdmin && !actor.Can(clawback.RightManagePeople, n.OrganizationID) {
		return clawback.Invalid("role", "You can invite admins. They invite their analysts themselves.")
	}
	return nil
}

func (tx *Tx) insertInvitation(actor clawback.Actor, made clawback.InvitationMade) error {
	open, err := tx.count(`SELECT COUNT(*) FROM invitations WHERE organization_id = ? AND lower(invitee) = lower(?)
		AND redeemed_at = 0 AND revoked_at = 0 AND expires_at > ?`, made.OrganizationID, made.Invitee, ms(tx.now))
	if err != nil {
		return err
	}
	if open > 0 {
		return conflict("invitee", "There is an open invitation for “"+made.Invitee+"” already. Its link is shown for minutes only; revoke it to make a new one.")
	}
	sealed, err := tx.store.seal.close(made.Token, linkPlace(made.OrganizationID, made.ID))
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO invitations (id, organization_id, token_hash, token_sealed, role, invitee, created_by, created_by_name, created_at, expires_at)
		VALUES (`+marks(10)+`)`, made.ID, made.OrganizationID, hashOf(made.Token.Reveal()), sealed, made.Role, made.Invitee, actor.ID, actor.Name,
		ms(made.CreatedAt), ms(made.ExpiresAt))
	if err != nil {
		return err
	}
	if err := tx.forgetLinks(); err != nil {
		return err
	}
	return tx.audit(actor, auditEvent{OrganizationID: made.OrganizationID, Action: "invitation.created", Subject: made.ID, SubjectName: made.Invitee,
		After: map[string]any{"role": made.Role, "expires_at": made.ExpiresAt}})
}

const invitationSQL = `SELECT i.id, i.organization_id, o.name, o.tenant_id, i.invitee, i.role, i.created_by_name, i.created_at, i.expires_at,
	i.redeemed_at, COALESCE(p.name, ''), i.revoked_at, i.revoked_by_name
	FROM invitations i JOIN organizations o ON o.id = i.organization_id LEFT JOIN people p ON p.id = i.redeemed_by`

func scanInvitation(row scanner) (clawback.Invitation, error) {
	var i clawback.Invitation
	err := row.Scan(&i.ID, &i.OrganizationID, &i.OrganizationName, &i.TenantID, &i.Invitee, &i.Role, &i.InvitedBy, moment{&i.CreatedAt},
		moment{&i.ExpiresAt}, moment{&i.RedeemedAt}, &i.RedeemedBy, moment{&i.RevokedAt}, &i.RevokedBy)
	return i, err
}

// maxInvitations is how many of an organization's invitations are listed: the newest.
const maxInvitations = 100

// ListInvitations lists an organization's invitations, the newest first, to who
// may invite; to others none. It returns KindNotFound for an organization the
// actor does not see.
func (s *Store) ListInvitations(ctx context.Context, actor clawback.Actor, organizationID string) ([]clawback.Invitation, error) {
	var list []clawback.Invitation
	err := s.inRead(ctx, func(tx *Tx) error {
		if _, err := tx.organization(actor.Scope(clawback.RightReadOrganization), organizationID); err != nil {
			return err
		}
		var w where
		w.add("i.organization_id = ?", organizationID)
		w.scope(actor.Scope(clawback.RightInvite), "i.organization_id")
		var err error
		list, err = all(tx, scanInvitation, invitationSQL+w.String()+` ORDER BY i.id DESC LIMIT ?`, w.with(maxInvitations)...)
		return err
	})
	return list, err
}

// FindInvitation answers the invitation behind a link, to anybody who has it. It
// returns KindNotFound for a link that was never made.
func (s *Store) FindInvitation(ctx context.Context, token string) (clawback.Invitation, error) {
	var found clawback.Invitation
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		found, err = one(tx, "invitation", scanInvitation, invitationSQL+` WHERE i.token_hash = ?`, hashOf(strings.TrimSpace(token)))
		return err
	})
	return found, err
}

// FindInvitationByID answers the invitation that a sign-in is bound to. It
// returns KindNotFound for an unknown one.
func (s *Store) FindInvitationByID(ctx context.Context, id string) (clawback.Invitation, error) {
	var found clawback.Invitation
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		found, err = tx.invitation(id)
		return err
	})
	return found, err
}

func (tx *Tx) invitation(id string) (clawback.Invitation, error) {
	return one(tx, "invitation", scanInvitation, invitationSQL+` WHERE i.id = ?`, id)
}

// RevokeInvitation makes a link worthless. It returns KindNotFound for what the
// actor may not see, KindForbidden, and KindConflict for one that was redeemed;
// revoking twice, or one that expired, is no error.
func (s *Store) RevokeInvitation(ctx context.Context, actor clawback.Actor, organizationID, id string) error {
	return s.inTx(ctx, func(tx *Tx) error {
		if _, err := tx.organization(sees(actor, clawback.RightReadOrganization, clawback.RightInvite), organizationID); err != nil {
			return err
		}
		if err := mayChange(actor, clawback.RightInvite, organizationID, "revoke invitations"); err != nil {
			return err
		}
		invitation, err := tx.invitation(id)
		if err != nil {
			return err
		}
		switch {
		case invitation.OrganizationID != organizationID:
			return clawback.NotFound("invitation")
		case !invitation.RevokedAt.IsZero():
			return nil
		case !invitation.RedeemedAt.IsZero():
			return clawback.Errorf(clawback.KindConflict, "%s used this invitation before you could revoke it. Remove the person instead, if that was wrong.", invitation.RedeemedBy)
		}
		return tx.revoke(actor, invitation)
	})
}

func (tx *Tx) revoke(actor clawback.Actor, invitation clawback.Invitation) error {
	if _, err := tx.exec(`UPDATE invitations SET revoked_at = ?, revoked_by_name = ? WHERE id = ? AND organization_id = ?`,
		ms(tx.now), actor.Name, invitation.ID, invitation.OrganizationID); err != nil {
		return err
	}
	return tx.audit(actor, auditEvent{OrganizationID: invitation.OrganizationID, Action: "invitation.revoked", Subject: invitation.ID, SubjectName: invitation.Invitee})
}

// NoteDeadInvitation tells the audit trail that somebody came with a link that
// works no more: once an hour and address, and nothing of one that works.
func (s *Store) NoteDeadInvitation(ctx context.Context, who clawback.Actor, id string) error {
	return s.inTx(ctx, func(tx *Tx) error {
		invitation, err := tx.invitation(id)
		if err != nil || invitation.Status(tx.now) == clawback.InvitationOpen {
			return err
		}
		noted, err := tx.count(`SELECT COUNT(*) FROM audit_events WHERE subject = ? AND action = 'invitation.refused' AND actor_name = ? AND remote_addr = ? AND at > ?`,
			id, who.Name, who.RemoteAddr, ms(tx.now.Add(-time.Hour)))
		if err != nil || noted > 0 {
			return err
		}
		return tx.audit(who, auditEvent{OrganizationID: invitation.OrganizationID, Action: "invitation.refused", Subject: id, SubjectName: invitation.Invitee,
			After: map[string]any{"why": invitation.Status(tx.now)}})
	})
}
