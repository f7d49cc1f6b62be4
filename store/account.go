package store

import (
	"context"

	"clawback"
)

// ListSessions lists where the actor is signed in now, the last used first.
func (s *Store) ListSessions(ctx context.Context, actor clawback.Actor) ([]clawback.Session, error) {
	var list []clawback.Session
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		list, err = all(tx, scanSession, `SELECT id, person_id, user_agent, created_at, seen_at, ended_at FROM sessions
			WHERE person_id = ? AND ended_at = 0 AND seen_at > ? AND created_at > ? ORDER BY seen_at DESC, id DESC`,
			actor.ID, ms(tx.now.Add(-clawback.SessionIdle)), ms(tx.now.Add(-clawback.SessionLife)))
		return err
	})
	return list, err
}

func scanSession(row scanner) (clawback.Session, error) {
	var s clawback.Session
	err := row.Scan(&s.ID, &s.PersonID, &s.UserAgent, moment{&s.CreatedAt}, moment{&s.SeenAt}, moment{&s.EndedAt})
	s.ExpiresAt = expiry(s)
	return s, err
}
