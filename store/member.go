package store

import (
	"context"

	"clawback"
)

const memberSQL = `SELECT m.person_id, m.organization_id, p.name, m.role, m.created_at, p.last_sign_in_at
	FROM memberships m JOIN people p ON p.id = m.person_id WHERE m.organization_id = ?`

func scanMember(row scanner) (clawback.Member, error) {
	var m clawback.Member
	err := row.Scan(&m.PersonID, &m.OrganizationID, &m.Name, &m.Role, moment{&m.JoinedAt}, moment{&m.LastSignInAt})
	return m, err
}

// ListMembers lists an organization's people, admins first. It returns
// KindNotFound for an organization the actor does not see.
func (s *Store) ListMembers(ctx context.Context, actor clawback.Actor, organizationID string) ([]clawback.Member, error) {
	var list []clawback.Member
	err := s.inRead(ctx, func(tx *Tx) error {
		_, err := tx.organization(actor.Scope(clawback.RightReadOrganization), organizationID)
		if err == nil {
			list, err = all(tx, scanMember, memberSQL+` ORDER BY m.role, p.name, p.id`, organizationID)
		}
		return err
	})
	return list, err
}

// FindMember answers one of an organization's people. It returns KindNotFound
// for what the actor may not see.
func (s *Store) FindMember(ctx context.Context, actor clawback.Actor, organizationID, personID string) (clawback.Member, error) {
	var found clawback.Member
	err := s.inRead(ctx, func(tx *Tx) error {
		_, err := tx.organization(actor.Scope(clawback.RightReadOrganization), organizationID)
		if err == nil {
			found, err = tx.member(organizationID, personID)
		}
		return err
	})
	return found, err
}

func (tx *Tx) member(organizationID, personID string) (clawback.Member, error) {
	return one(tx, "person", scanMember, memberSQL+` AND m.person_id = ?`, organizationID, personID)
}

// ChangeMemberRole gives a member another role and ends the member's sessions;
// before is the role that the actor saw. It returns KindNotFound,
// KindForbidden, KindInvalid for a role that is none of a customer's, and
// KindConflict for the last admin or when the role was changed meanwhile.
func (s *Store) ChangeMemberRole(ctx context.Context, actor clawback.Actor, organizationID, personID string, before, role clawback.Role) error {
	if err := checkCustomerRole(role); err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *Tx) error {
		member, err := tx.memberToChange(actor, organizationID, personID)
		if err != nil || member.Role == role {
			return err
		}
		if member.Role != before {
			return conflict("role", "Somebody else changed this role meanwhile. Look again, then choose.")
		}
		if err := tx.leavesAdmin(member); err != nil {
			return err
		}
		if _, err := tx.exec(`UPDATE memberships SET role = ? WHERE person_id = ? AND organization_id = ?`, role, personID, organizationID); err != nil {
			return err
		}
		if err := tx.endAccess(actor, member); err != nil {
			return err
		}
		return tx.audit(actor, auditEvent{OrganizationID: organizationID, Action: "member.role_changed", Subject: personID, SubjectName: member.Name,
			Before: map[string]any{"role": member.Role}, After: map[string]any{"role": role}})
	})
}

// RemoveMember takes a person out of an organization and ends the person's
// sessions. It returns KindNotFound, also when somebody else was faster,
// KindForbidden, and KindConflict for the last admin.
func (s *Store) RemoveMember(ctx context.Context, actor clawback.Actor, organizationID, personID string) error {
	return s.inTx(ctx, func(tx *Tx) error {
		member, err := tx.memberToChange(actor, organizationID, personID)
		if err != nil {
			return err
		}
		if err := tx.leavesAdmin(member); err != nil {
			return err
		}
		if _, err := tx.exec(`DELETE FROM memberships WHERE person_id = ? AND organization_id = ?`, personID, organizationID); err != nil {
			return err
		}
		if err := tx.endAccess(actor, member); err != nil {
			return err
		}
		return tx.audit(actor, auditEvent{OrganizationID: organizationID, Action: "member.removed", Subject: personID, SubjectName: member.Name,
			Before: map[string]any{"role": member.Role}})
	})
}

func (tx *Tx) memberToChange(actor clawback.Actor, organizationID, personID string) (clawback.Member, error) {
	if _, err := tx.organization(sees(actor, clawback.RightReadOrganization, clawback.RightManagePeople), organizationID); err != nil {
		return clawback.Member{}, err
	}
	if err := mayChange(actor, clawback.RightManagePeople, organizationID, "change roles or remove people"); err != nil {
		return clawback.Member{}, err
	}
	return tx.member(organizationID, personID)
}

// leavesAdmin returns KindConflict when nobody would be left who can invite an admin.
func (tx *Tx) leavesAdmin(member clawback.Member) error {
	if member.Role != clawback.RoleAdmin {
		return nil
	}
	others, err := tx.count(`SELECT COUNT(*) FROM memberships WHERE organization_id = ? AND role = ? AND person_id <> ?`,
		member.OrganizationID, clawback.RoleAdmin, member.PersonID)
	if err == nil && others == 0 {
		err = conflict("", "This is the organization's last admin. Make somebody else admin first.")
	}
	return err
}

// endAccess ends the person's sessions and revokes the open invitations the
// person made: one of them would lead straight back in.
func (tx *Tx) endAccess(actor clawback.Actor, member clawback.Member) error {
	if _, err := tx.exec(`UPDATE sessions SET ended_at = ? WHERE person_id = ? AND ended_at = 0`, ms(tx.now), member.PersonID); err != nil {
		return err
	}
	made, err := all(tx, scanInvitation, invitationSQL+` WHERE i.organization_id = ? AND i.created_by = ? AND i.redeemed_at = 0 AND i.revoked_at = 0`,
		member.OrganizationID, member.PersonID)
	if err != nil {
		return err
	}
	for _, invitation := range made {
		if err := tx.revoke(actor, invitation); err != nil {
			return err
		}
	}
	return nil
}

func checkCustomerRole(role clawback.Role) error {
	if role != clawback.RoleAdmin && role != clawback.RoleAnalyst {
		return clawback.Invalid("role", "Choose admin or analyst.")
	}
	return nil
}
