package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// WebSessions keeps the browsers' sessions of the web layer, in the shape its
// session manager asks for. Tokens come hashed.
type WebSessions struct{ store *Store }

// WebSessions answers the keeper of the browsers' sessions.
func (s *Store) WebSessions() *WebSessions { return &WebSessions{s} }

// FindCtx answers the data of a session; false when there is none or it has expired.
func (w *WebSessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var data []byte
	err := w.store.inRead(ctx, func(tx *Tx) error {
		return tx.queryRow(`SELECT data FROM web_sessions WHERE token = ? AND expiry > ?`, token, ms(tx.now)).Scan(&data)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return data, err == nil, err
}

// CommitCtx keeps the data of a session until it expires, and forgets those that have.
func (w *WebSessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	return w.store.inTx(ctx, func(tx *Tx) error {
		if _, err := tx.exec(`DELETE FROM web_sessions WHERE expiry <= ?`, ms(tx.now)); err != nil {
			return err
		}
		_, err := tx.exec(`INSERT INTO web_sessions (token, data, expiry) VALUES (?, ?, ?)
			ON CONFLICT (token) DO UPDATE SET data = excluded.data, expiry = excluded.expiry`, token, data, ms(expiry))
		return err
	})
}

// DeleteCtx forgets a session.
func (w *WebSessions) DeleteCtx(ctx context.Context, token string) error {
	return w.store.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`DELETE FROM web_sessions WHERE token = ?`, token)
		return err
	})
}

// Find is FindCtx without a context.
func (w *WebSessions) Find(token string) ([]byte, bool, error) {
	return w.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context.
func (w *WebSessions) Commit(token string, data []byte, expiry time.Time) error {
	return w.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx without a context.
func (w *WebSessions) Delete(token string) error { return w.DeleteCtx(context.Background(), token) }
