package store

import (
	"context"

	"clawback"
)

// FindInvitationLink answers an invitation with its token to who made it, for
// clawback.InvitationShown. It returns KindNotFound for what the actor may not
// see or did not make, and KindConflict when the time is over or the link is of
// no use any more.
func (s *Store) FindInvitationLink(ctx context.Context, actor clawback.Actor, organizationID, id string) (clawback.InvitationMade, error) {
	var made clawback.InvitationMade
	err := s.inTx(ctx, func(tx *Tx) (err error) {
		made, err = tx.invitationLink(actor, organizationID, id)
		return err
	})
	return made, err
}

func (tx *Tx) invitationLink(actor clawback.Actor, organizationID, id string) (clawback.InvitationMade, error) {
	var made clawback.InvitationMade
	var err error
	if made.Invitation, err = tx.invitation(id); err != nil {
		return made, err
	}
	var by string
	var sealed []byte
	if err := tx.queryRow(`SELECT created_by, token_sealed FROM invitations WHERE id = ?`, id).Scan(&by, &sealed); err != nil {
		return made, err
	}
	if made.OrganizationID != organizationID || by != actor.ID || !actor.Can(clawback.RightInvite, organizationID) {
		return clawback.InvitationMade{}, clawback.NotFound("invitation")
	}
	if !made.CreatedAt.After(tx.now.Add(-clawback.InvitationShown)) || made.Status(tx.now) != clawback.InvitationOpen {
		return clawback.InvitationMade{}, clawback.Errorf(clawback.KindConflict,
			"The link of this invitation is shown no more. If it did not arrive, revoke the invitation on the page of people and make a new one.")
	}
	made.Token, err = tx.store.seal.open(sealed, linkPlace(organizationID, id))
	return made, err
}

// forgetLinks forgets the tokens that nobody can read any more.
func (tx *Tx) forgetLinks() error {
	_, err := tx.exec(`UPDATE invitations SET token_sealed = NULL WHERE token_sealed IS NOT NULL AND (created_at <= ? OR redeemed_at > 0 OR revoked_at > 0)`,
		ms(tx.now.Add(-clawback.InvitationShown)))
	return err
}

func linkPlace(organizationID, id string) place {
	return place{table: "invitations", column: "token_sealed", organizationID: organizationID, rowID: id}
}
