package store

import (
	"context"

	"clawback"
)

// RedeemInvitation makes the person behind a verified identity a member. It
// returns KindNotFound for an unknown invitation, KindForbidden for a person of
// another tenant, and KindConflict for an invitation that expired, was revoked
// or used, or for who is a member already; the organization's audit trail tells
// of each.
func (s *Store) RedeemInvitation(ctx context.Context, id string, identity clawback.Identity) (clawback.Invitation, error) {
	p, err := newPerson(identity.TenantID, identity.ObjectID, nameOf(identity))
	if err != nil {
		return clawback.Invitation{}, err
	}
	var invitation clawback.Invitation
	var refused *clawback.Error
	err = s.inTx(ctx, func(tx *Tx) error {
		var err error
		if invitation, err = tx.invitation(id); err != nil {
			return err
		}
		why := ""
		if why, refused, err = tx.refusal(invitation, p); err != nil {
			return err
		}
		if refused != nil {
			return tx.auditRedeeming(p, identity, invitation, "invitation.refused", map[string]any{"why": why})
		}
		return tx.redeem(p, identity, invitation)
	})
	if err == nil && refused != nil {
		return invitation, refused
	}
	return invitation, err
}

// refusal answers why somebody can't use the invitation, in a word for the
// trail and in words for the person; the other tenant first, so that a stranger
// learns nothing else.
func (tx *Tx) refusal(i clawback.Invitation, p person) (string, *clawback.Error, error) {
	if p.tenantID != i.TenantID {
		return "wrong_tenant", clawback.Errorf(clawback.KindForbidden, "This invitation is for people of %s. You signed in with the account of another "+
			"organization. Open the link again and choose your work account there.", i.OrganizationName), nil
	}
	switch i.Status(tx.now) {
	case clawback.InvitationRevoked:
		return string(clawback.InvitationRevoked), clawback.Errorf(clawback.KindConflict, "This invitation was withdrawn. Ask %s for a new one.", i.InvitedBy), nil
	case clawback.InvitationRedeemed:
		return string(clawback.InvitationRedeemed), clawback.Errorf(clawback.KindConflict, "This invitation was used already: each works once. If it was you, just sign in; "+
			"if not, ask %s for one of your own.", i.InvitedBy), nil
	case clawback.InvitationExpired:
		return string(clawback.InvitationExpired), clawback.Errorf(clawback.KindConflict, "This invitation has expired: each works for seven days. Ask %s for a new one.", i.InvitedBy), nil
	}
	members, err := tx.membershipsOf(p)
	for _, m := range members {
		if m.OrganizationID == i.OrganizationID {
			return "member", clawback.Errorf(clawback.KindConflict, "You belong to %s already, so the invitation was not used. Just sign in. "+
				"An admin can change your role under People.", i.OrganizationName), err
		}
	}
	return "", nil, err
}

func (tx *Tx) redeem(p person, identity clawback.Identity, i clawback.Invitation) error {
	id, err := tx.savePerson(p)
	if err != nil {
		return err
	}
	p.id = id
	if _, err := tx.exec(`UPDATE invitations SET redeemed_at = ?, redeemed_by = ? WHERE id = ? AND organization_id = ? AND redeemed_at = 0`,
		ms(tx.now), id, i.ID, i.OrganizationID); err != nil {
		return err
	}
	if _, err := tx.exec(`INSERT INTO memberships (person_id, organization_id, role, created_at) VALUES (?, ?, ?, ?)`,
		id, i.OrganizationID, i.Role, ms(tx.now)); err != nil {
		return err
	}
	return tx.auditRedeeming(p, identity, i, "invitation.redeemed", map[string]any{"role": i.Role, "invited_by": i.InvitedBy})
}

func (tx *Tx) auditRedeeming(p person, identity clawback.Identity, i clawback.Invitation, action string, after map[string]any) error {
	after["tenant_id"], after["object_id"] = p.tenantID, p.objectID
	actor := clawback.Actor{Kind: clawback.ActorPerson, ID: p.id, Name: p.name, RemoteAddr: identity.RemoteAddr, RequestID: identity.RequestID}
	return tx.audit(actor, auditEvent{OrganizationID: i.OrganizationID, Action: action, Subject: i.ID, SubjectName: i.Invitee, After: after})
}
