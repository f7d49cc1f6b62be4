package clawback

import "time"

// InvitationLife is how long an invitation can be redeemed.
const InvitationLife = 7 * 24 * time.Hour

// InvitationShown is how long its maker can read the link of an invitation.
const InvitationShown = 10 * time.Minute

// InvitationStatus is what has become of an invitation.
type InvitationStatus string

// The states of an invitation.
const (
	InvitationOpen     InvitationStatus = "open"
	InvitationRedeemed InvitationStatus = "redeemed"
	InvitationRevoked  InvitationStatus = "revoked"
	InvitationExpired  InvitationStatus = "expired"
)

// Invitation lets one person of the organization's own tenant in, once.
type Invitation struct {
	ID               string
	OrganizationID   string
	OrganizationName string
	TenantID         string // of the organization
	Invitee          string // whom it is for, in the inviter's words: nobody is known by it
	Role             Role
	InvitedBy        string
	CreatedAt        time.Time
	ExpiresAt        time.Time
	RedeemedAt       time.Time
	RedeemedBy       string
	RevokedAt        time.Time
	RevokedBy        string
}

// Status answers what has become of the invitation by now.
func (i Invitation) Status(now time.Time) InvitationStatus {
	switch {
	case !i.RedeemedAt.IsZero():
		return InvitationRedeemed
	case !i.RevokedAt.IsZero():
		return InvitationRevoked
	case !now.Before(i.ExpiresAt):
		return InvitationExpired
	}
	return InvitationOpen
}

// NewInvitation is whom somebody wants to let in, and as what.
type NewInvitation struct {
	OrganizationID string
	Invitee        string
	Role           Role
}

// InvitationMade is a new invitation with its token, which its maker alone is told.
type InvitationMade struct {
	Invitation
	Token Secret
}
