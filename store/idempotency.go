package store

import (
	"context"
	"time"

	"clawback"
)

const (
	idempotencyLife = 24 * time.Hour
	maxKey          = 255
)

// SavedAnswer is what a request was answered with the first time.
type SavedAnswer struct {
	Status int
	Body   []byte
}

// ClaimIdempotencyKey takes a key for a request and answers nil: go on; or the
// answer that was given before. It returns KindInvalid for a key that is none,
// and KindConflict when the key belongs to another request or the first is
// still running.
func (s *Store) ClaimIdempotencyKey(ctx context.Context, actorID, key, requestHash string) (*SavedAnswer, error) {
	if key == "" || len(key) > maxKey {
		return nil, clawback.Invalid("Idempotency-Key", "Use a key of 1 to %d characters.", maxKey)
	}
	var saved *SavedAnswer
	err := s.inTx(ctx, func(tx *Tx) error {
		// What another start began and never finished will not finish any more.
		_, err := tx.exec(`DELETE FROM idempotency_keys WHERE created_at <= ? OR (status = 0 AND boot <> ?)`, ms(tx.now.Add(-idempotencyLife)), s.boot)
		if err != nil {
			return err
		}
		fresh, err := tx.exec(`INSERT INTO idempotency_keys (actor_id, key, request_hash, boot, created_at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (actor_id, key) DO NOTHING`, actorID, key, requestHash, s.boot, ms(tx.now))
		if err != nil || fresh == 1 {
			return err
		}
		saved, err = tx.savedAnswer(actorID, key, requestHash)
		return err
	})
	return saved, err
}

func (tx *Tx) savedAnswer(actorID, key, requestHash string) (*SavedAnswer, error) {
	var saved SavedAnswer
	var hash string
	var sealed []byte
	err := tx.queryRow(`SELECT request_hash, status, body FROM idempotency_keys WHERE actor_id = ? AND key = ?`, actorID, key).
		Scan(&hash, &saved.Status, &sealed)
	switch {
	case err != nil:
		return nil, err
	case hash != requestHash:
		return nil, clawback.Errorf(clawback.KindConflict, "This Idempotency-Key was used for another request. Use a new key for a new request.")
	case saved.Status == 0:
		return nil, clawback.Errorf(clawback.KindConflict, "The first request with this Idempotency-Key is still running. Ask again in a moment.")
	}
	body, err := tx.store.seal.open(sealed, answerPlace(actorID, key))
	saved.Body = []byte(body.Reveal())
	return &saved, err
}

// An answer may hold a link that is told once, so it is kept as secrets are.
func answerPlace(actorID, key string) place {
	return place{table: "idempotency_keys", column: "body", rowID: actorID + "\x00" + key}
}

// SaveIdempotentAnswer keeps the answer of a claimed key. It returns
// KindNotFound for a key that is not claimed.
func (s *Store) SaveIdempotentAnswer(ctx context.Context, actorID, key string, status int, body []byte) error {
	sealed, err := s.seal.close(clawback.NewSecret(string(body)), answerPlace(actorID, key))
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *Tx) error {
		n, err := tx.exec(`UPDATE idempotency_keys SET status = ?, body = ? WHERE actor_id = ? AND key = ?`, status, sealed, actorID, key)
		if err == nil && n == 0 {
			err = clawback.NotFound("idempotency key")
		}
		return err
	})
}

// DropIdempotencyKey gives a key free again after a request that failed.
func (s *Store) DropIdempotencyKey(ctx context.Context, actorID, key string) error {
	return s.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`DELETE FROM idempotency_keys WHERE actor_id = ? AND key = ? AND status = 0`, actorID, key)
		return err
	})
}
