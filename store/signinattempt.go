package store

import (
	"context"
	"crypto/subtle"

	"clawback"
)

// CreateSignInAttempt keeps an attempt until Microsoft sends the browser back.
// It returns KindInvalid for one without state or browser.
func (s *Store) CreateSignInAttempt(ctx context.Context, a clawback.SignInAttempt) error {
	if a.State == "" || a.Browser == "" {
		return clawback.Invalid("state", "A sign-in needs a state and a browser.")
	}
	return s.inTx(ctx, func(tx *Tx) error {
		if _, err := tx.exec(`DELETE FROM sign_in_attempts WHERE expires_at < ?`, ms(tx.now)); err != nil {
			return err
		}
		_, err := tx.exec(`INSERT INTO sign_in_attempts (state_hash, browser_hash, nonce, verifier, return_path, invitation_id, expires_at, look_device, look_step, look_session)
			VALUES (`+marks(10)+`)`, hashOf(a.State), hashOf(a.Browser), a.Nonce, a.Verifier, a.ReturnPath, a.Invitation, ms(a.ExpiresAt),
			a.Look.DeviceID, a.Look.Step, a.Look.SessionID)
		return err
	})
}

// TakeSignInAttempt answers an attempt and deletes it, whatever comes of it. It
// returns KindInvalid for one that is unknown, used, too old or another browser's.
func (s *Store) TakeSignInAttempt(ctx context.Context, state, browser string) (clawback.SignInAttempt, error) {
	attempt := clawback.SignInAttempt{State: state, Browser: browser}
	var known, sameBrowser, late bool
	err := s.inTx(ctx, func(tx *Tx) error {
		var browserHash string
		_, err := one(tx, "sign-in", func(row scanner) (bool, error) {
			return true, row.Scan(&browserHash, &attempt.Nonce, &attempt.Verifier, &attempt.ReturnPath, &attempt.Invitation, moment{&attempt.ExpiresAt},
				&attempt.Look.DeviceID, &attempt.Look.Step, &attempt.Look.SessionID)
		}, `DELETE FROM sign_in_attempts WHERE state_hash = ? RETURNING browser_hash, nonce, verifier, return_path, invitation_id, expires_at, look_device, look_step, look_session`, hashOf(state))
		if clawback.KindOf(err) == clawback.KindNotFound {
			return nil
		}
		known = true
		sameBrowser = subtle.ConstantTimeCompare([]byte(browserHash), []byte(hashOf(browser))) == 1
		late = !tx.now.Before(attempt.ExpiresAt)
		return err
	})
	switch {
	case err != nil:
		return clawback.SignInAttempt{}, err
	case !known:
		return clawback.SignInAttempt{}, clawback.Invalid("state", "This sign-in was used already, or it is not one of ours. Start again.")
	case !sameBrowser:
		return clawback.SignInAttempt{}, clawback.Invalid("state", "This sign-in was begun in another browser. Start again in this one.")
	case late:
		return clawback.SignInAttempt{}, clawback.Invalid("state", "This sign-in took too long. Start again.")
	}
	return attempt, nil
}
