package store

import (
	"context"
	"slices"
	"time"

	"clawback"
)

// A session's use is noted at most this often.
const touchEvery = time.Minute

// SignIn begins a session of the person behind a verified identity. It returns
// KindForbidden, and says so in the audit trail, for one who has neither a
// staff role nor a membership.
func (s *Store) SignIn(ctx context.Context, identity clawback.Identity) (clawback.Session, error) {
	p, err := newPerson(identity.TenantID, identity.ObjectID, nameOf(identity))
	if err != nil {
		return clawback.Session{}, err
	}
	identity.StaffRoles = slices.DeleteFunc(slices.Clone(identity.StaffRoles), func(role clawback.Role) bool { return !isStaffRole(role) })
	var session clawback.Session
	refused := false
	err = s.inTx(ctx, func(tx *Tx) error {
		members, err := tx.membershipsOf(p)
		if err != nil {
			return err
		}
		if refused = len(members) == 0 && len(identity.StaffRoles) == 0; refused {
			return tx.auditSignIn(p, identity, "sign_in.refused", clawback.InstallationChain)
		}
		session, err = tx.beginSession(p, identity, members)
		return err
	})
	if err == nil && refused {
		err = clawback.Errorf(clawback.KindForbidden, "You are signed in at Microsoft, but nobody has given you access to Clawback yet. "+
			"Ask your organization's admin for an invitation, or your provider's operator for a role.")
	}
	return session, err
}

func nameOf(identity clawback.Identity) string {
	name := []rune(identity.Name)
	if len(name) == 0 {
		return identity.ObjectID
	}
	return string(name[:min(len(name), maxLine)])
}

func isStaffRole(role clawback.Role) bool {
	return role == clawback.RoleEngagementManager || role == clawback.RoleSOCAnalyst || role == clawback.RoleOperator
}

// membershipsOf answers what a person is member of; nothing for a stranger.
func (tx *Tx) membershipsOf(p person) ([]clawback.Membership, error) {
	return all(tx, scanMembership, `SELECT m.organization_id, m.role FROM memberships m JOIN people p ON p.id = m.person_id
		WHERE p.tenant_id = ? AND p.object_id = ?`, p.tenantID, p.objectID)
}

func (tx *Tx) beginSession(p person, identity clawback.Identity, members []clawback.Membership) (clawback.Session, error) {
	id, err := tx.savePerson(p)
	if err != nil {
		return clawback.Session{}, err
	}
	p.id = id
	if _, err := tx.exec(`UPDATE people SET last_sign_in_at = ?, staff_roles = ? WHERE id = ?`, ms(tx.now), jsonOf(identity.StaffRoles), id); err != nil {
		return clawback.Session{}, err
	}
	agent := []rune(identity.UserAgent)
	session := clawback.Session{ID: newID(), PersonID: id, UserAgent: string(agent[:min(len(agent), maxLine)]), CreatedAt: tx.now, SeenAt: tx.now}
	session.ExpiresAt = expiry(session)
	_, err = tx.exec(`INSERT INTO sessions (id, person_id, staff_roles, user_agent, created_at, seen_at) VALUES (?, ?, ?, ?, ?, ?)`,
		session.ID, id, jsonOf(identity.StaffRoles), session.UserAgent, ms(tx.now), ms(tx.now))
	if err != nil {
		return clawback.Session{}, err
	}
	return session, tx.auditSuccess(p, identity, members)
}

// auditSuccess tells the installation of its staff, and an organization of its members.
func (tx *Tx) auditSuccess(p person, identity clawback.Identity, members []clawback.Membership) error {
	if len(identity.StaffRoles) > 0 {
		return tx.auditSignIn(p, identity, "sign_in.succeeded", clawback.InstallationChain)
	}
	for _, m := range members {
		if err := tx.auditSignIn(p, identity, "sign_in.succeeded", m.OrganizationID); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) auditSignIn(p person, identity clawback.Identity, action, chain string) error {
	actor := clawback.Actor{Kind: clawback.ActorPerson, ID: p.id, Name: p.name, RemoteAddr: identity.RemoteAddr, RequestID: identity.RequestID}
	return tx.audit(actor, auditEvent{OrganizationID: chain, Action: action, Subject: p.id, SubjectName: p.name,
		After: map[string]any{"tenant_id": p.tenantID, "object_id": p.objectID, "staff_roles": identity.StaffRoles}})
}

// FindSession answers a session and its actor with the memberships and the
// portfolio of now. It returns KindUnauthenticated when it has ended, was not
// used for too long, is too old, or its person has no access any more.
func (s *Store) FindSession(ctx context.Context, id string) (clawback.Session, clawback.Actor, error) {
	var session clawback.Session
	var actor clawback.Actor
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		session, actor, err = tx.session(id)
		return err
	})
	if clawback.KindOf(err) == clawback.KindNotFound {
		err = over("You are not signed in.")
	}
	if err != nil {
		return clawback.Session{}, clawback.Actor{}, err
	}
	return session, actor, nil
}

func (tx *Tx) session(id string) (clawback.Session, clawback.Actor, error) {
	actor := clawback.Actor{Kind: clawback.ActorPerson, SessionID: id}
	session, err := one(tx, "session", func(row scanner) (clawback.Session, error) {
		var s clawback.Session
		err := row.Scan(&s.ID, &s.PersonID, &s.UserAgent, moment{&s.CreatedAt}, moment{&s.SeenAt}, moment{&s.EndedAt},
			jsonText{&actor.StaffRoles}, &actor.Name, &actor.TenantID, &actor.ObjectID)
		s.ExpiresAt = expiry(s)
		return s, err
	}, `SELECT s.id, s.person_id, s.user_agent, s.created_at, s.seen_at, s.ended_at, s.staff_roles, p.name, p.tenant_id, p.object_id
		FROM sessions s JOIN people p ON p.id = s.person_id WHERE s.id = ?`, id)
	if err != nil {
		return session, actor, err
	}
	if !session.EndedAt.IsZero() {
		return session, actor, over("You have signed out.")
	}
	if !tx.now.Before(session.ExpiresAt) {
		return session, actor, over("Your session has ended.")
	}
	actor.ID = session.PersonID
	return session, actor, tx.fillActor(&actor)
}

// fillActor reads what a person may do now: a right that was taken away ends at once.
func (tx *Tx) fillActor(actor *clawback.Actor) error {
	var err error
	if actor.Memberships, err = tx.memberships(actor.ID); err != nil {
		return err
	}
	if slices.Contains(actor.StaffRoles, clawback.RoleEngagementManager) {
		if actor.Portfolio, err = tx.portfolio(actor.ID); err != nil {
			return err
		}
	}
	if len(actor.StaffRoles) == 0 && len(actor.Memberships) == 0 {
		return over("Your access was taken away.")
	}
	return nil
}

func over(what string) error {
	return clawback.Errorf(clawback.KindUnauthenticated, "%s Sign in to go on.", what)
}

// expiry answers when a session ends if it is not used again.
func expiry(s clawback.Session) time.Time {
	idle, life := s.SeenAt.Add(clawback.SessionIdle), s.CreatedAt.Add(clawback.SessionLife)
	if idle.Before(life) {
		return idle
	}
	return life
}

// TouchSession notes that a session is in use, at most once a minute; one that
// is over stays over. Polls don't call it.
func (s *Store) TouchSession(ctx context.Context, id string) error {
	session, _, err := s.FindSession(ctx, id)
	if clawback.KindOf(err) == clawback.KindUnauthenticated {
		return nil
	}
	if err != nil || s.now().Sub(session.SeenAt) < touchEvery {
		return err
	}
	return s.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`UPDATE sessions SET seen_at = ? WHERE id = ? AND ended_at = 0 AND seen_at < ?`, ms(tx.now), id, ms(tx.now))
		return err
	})
}

// EndSession signs a browser out: the actor's own, or, for an operator,
// anybody's. It returns KindNotFound for another's; ending twice is no error.
func (s *Store) EndSession(ctx context.Context, actor clawback.Actor, id string) error {
	return s.inTx(ctx, func(tx *Tx) error {
		owner, err := one(tx, "session", scanText, `SELECT person_id FROM sessions WHERE id = ?`, id)
		if err != nil {
			return err
		}
		if owner != actor.ID && !isOperator(actor) {
			return clawback.NotFound("session")
		}
		n, err := tx.exec(`UPDATE sessions SET ended_at = ? WHERE id = ? AND ended_at = 0`, ms(tx.now), id)
		if err != nil || n == 0 {
			return err
		}
		return tx.audit(actor, auditEvent{Action: "session.ended", Subject: owner})
	})
}
