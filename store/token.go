package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"clawback"
)

const tokenPrefix = "clawback_"

// NewToken is a service's way in: its name, what it may do, and where.
type NewToken struct {
	Name          string
	Rights        []clawback.Right
	Everywhere    bool
	Organizations []string
}

// CreateToken answers a token that is shown once; only its hash is kept. It
// returns KindForbidden unless the actor is an operator, KindInvalid about a
// field, and KindNotFound for an unknown organization.
func (s *Store) CreateToken(ctx context.Context, actor clawback.Actor, n NewToken) (clawback.Secret, error) {
	name, err := required("name", n.Name, maxLine, "Enter a name for the service that will use the token.")
	if err := firstOf(operatorOnly(actor, "make API tokens"), err, checkRights(n)); err != nil {
		return clawback.Secret{}, err
	}
	raw := tokenPrefix + randomText()
	err = s.inTx(ctx, func(tx *Tx) error {
		for _, id := range n.Organizations {
			if _, err := tx.organization(actor.Scope(clawback.RightReadOrganization), id); err != nil {
				return err
			}
		}
		id := newID()
		_, err := tx.exec(`INSERT INTO api_tokens (id, name, token_hash, rights, everywhere, organizations, created_at, created_by) VALUES (`+marks(8)+`)`,
			id, name, hashOf(raw), jsonOf(n.Rights), n.Everywhere, jsonOf(n.Organizations), ms(tx.now), actor.ID)
		if err != nil {
			return err
		}
		return tx.audit(actor, auditEvent{Action: "token.created", Subject: id, SubjectName: name,
			After: map[string]any{"rights": n.Rights, "everywhere": n.Everywhere, "organizations": n.Organizations}})
	})
	if err != nil {
		return clawback.Secret{}, err
	}
	return clawback.NewSecret(raw), nil
}

func checkRights(n NewToken) error {
	if len(n.Rights) == 0 {
		return clawback.Invalid("rights", "Choose what the service may do.")
	}
	for _, right := range n.Rights {
		if !slices.Contains(clawback.AllRights(), right) {
			return clawback.Invalid("rights", "There is no right “%s”.", right)
		}
	}
	if !n.Everywhere && len(n.Organizations) == 0 {
		return clawback.Invalid("organizations", "Choose the organizations in which the service may act.")
	}
	return nil
}

// Token is a service's way in as it is listed: without the token itself, which
// nobody can read again.
type Token struct {
	ID string
	NewToken
	CreatedAt time.Time
	RevokedAt time.Time // zero while it works
}

// ListTokens lists all tokens, the newest first, revoked ones too. It returns
// KindForbidden unless the actor is an operator.
func (s *Store) ListTokens(ctx context.Context, actor clawback.Actor) ([]Token, error) {
	if err := operatorOnly(actor, "see API tokens"); err != nil {
		return nil, err
	}
	var list []Token
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		list, err = all(tx, scanToken, tokenSQL+` ORDER BY created_at DESC, id DESC`)
		return err
	})
	return list, err
}

// RevokeToken ends a token at once. It returns KindForbidden unless the actor
// is an operator, KindNotFound, and KindConflict for one that was revoked.
func (s *Store) RevokeToken(ctx context.Context, actor clawback.Actor, id string) (Token, error) {
	var token Token
	err := s.inTx(ctx, func(tx *Tx) error {
		err := operatorOnly(actor, "revoke API tokens")
		if err != nil {
			return err
		}
		if token, err = one(tx, "token", scanToken, tokenSQL+` WHERE id = ?`, id); err != nil {
			return err
		}
		if !token.RevokedAt.IsZero() {
			return clawback.Errorf(clawback.KindConflict, "This token was revoked already.")
		}
		token.RevokedAt = tx.now
		if _, err := tx.exec(`UPDATE api_tokens SET revoked_at = ? WHERE id = ?`, ms(tx.now), id); err != nil {
			return err
		}
		return tx.audit(actor, auditEvent{Action: "token.revoked", Subject: id, SubjectName: token.Name})
	})
	return token, err
}

const tokenSQL = `SELECT id, name, rights, everywhere, organizations, created_at, revoked_at FROM api_tokens`

func scanToken(row scanner) (Token, error) {
	var t Token
	err := row.Scan(&t.ID, &t.Name, jsonText{&t.Rights}, &t.Everywhere, jsonText{&t.Organizations}, moment{&t.CreatedAt}, moment{&t.RevokedAt})
	return t, err
}

// ActorByToken answers the service behind a token. It returns
// KindUnauthenticated for a token that is unknown or revoked.
func (s *Store) ActorByToken(ctx context.Context, raw string) (clawback.Actor, error) {
	refused := clawback.Errorf(clawback.KindUnauthenticated, "This API token is not known, or it was revoked. Ask an operator for a new one.")
	if !strings.HasPrefix(raw, tokenPrefix) {
		return clawback.Actor{}, refused
	}
	var actor clawback.Actor
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		actor, err = one(tx, "token", scanService, `SELECT id, name, rights, everywhere, organizations FROM api_tokens
			WHERE token_hash = ? AND revoked_at = 0`, hashOf(raw))
		return err
	})
	if clawback.KindOf(err) == clawback.KindNotFound {
		return clawback.Actor{}, refused
	}
	return actor, err
}

func scanService(row scanner) (clawback.Actor, error) {
	actor := clawback.Actor{Kind: clawback.ActorService}
	err := row.Scan(&actor.ID, &actor.Name, jsonText{&actor.Rights}, &actor.Everywhere, jsonText{&actor.Organizations})
	return actor, err
}

// hashOf stands for a random value that is too long to guess, so that the
// database alone lets nobody in.
func hashOf(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}

func randomText() string {
	var random [32]byte
	rand.Read(random[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(random[:])
}
