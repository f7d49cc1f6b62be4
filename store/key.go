package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"clawback"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// NewKeyset makes the key under which secrets are kept, as JSON to be written
// to a file that only Clawback reads.
func NewKeyset() ([]byte, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("new key: %w", err)
	}
	var text bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&text)); err != nil {
		return nil, fmt.Errorf("write key: %w", err)
	}
	return text.Bytes(), nil
}

// sealer encrypts columns. What is sealed opens only in its own table, column,
// organization and row.
type sealer struct{ aead tink.AEAD }

func newSealer(key []byte) (*sealer, error) {
	if len(bytes.TrimSpace(key)) == 0 {
		return nil, clawback.Invalid("key-file", "There is no key to keep secrets under. Give the key file that was made for this database.")
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(key)))
	if err != nil {
		// Not the cause: it may quote the key.
		return nil, clawback.Invalid("key-file", "The key is not a keyset as Clawback writes it. Give the key file that was made for this database.")
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, clawback.Invalid("key-file", "The keyset is not for encrypting (AEAD). Give the key file that was made for this database.")
	}
	return &sealer{primitive}, nil
}

// place is where a sealed value lives.
type place struct{ table, column, organizationID, rowID string }

func (p place) bytes() []byte {
	return []byte(strings.Join([]string{p.table, p.column, p.organizationID, p.rowID}, "\x00"))
}

// close seals a secret for its place; nil for none.
func (s *sealer) close(secret clawback.Secret, p place) ([]byte, error) {
	if secret.IsZero() {
		return nil, nil
	}
	sealed, err := s.aead.Encrypt([]byte(secret.Reveal()), p.bytes())
	if err != nil {
		return nil, fmt.Errorf("seal %s.%s: %w", p.table, p.column, err)
	}
	return sealed, nil
}

// open answers the secret of its place; zero where nothing was sealed.
func (s *sealer) open(sealed []byte, p place) (clawback.Secret, error) {
	if len(sealed) == 0 {
		return clawback.Secret{}, nil
	}
	plain, err := s.aead.Decrypt(sealed, p.bytes())
	if err != nil {
		return clawback.Secret{}, fmt.Errorf("open %s.%s of %s: %w", p.table, p.column, p.rowID, err)
	}
	return clawback.NewSecret(string(plain)), nil
}

const canary = "clawback"

var canaryPlace = place{table: "installation", column: "canary", rowID: "1"}

// checkKey opens the canary, or lays it where the database is new. It returns
// KindInvalid when the key is not the one of this database.
func (s *Store) checkKey(ctx context.Context) error {
	return s.inTx(ctx, func(tx *Tx) error {
		var sealed []byte
		err := tx.queryRow(`SELECT canary FROM installation WHERE id = 1`).Scan(&sealed)
		if errors.Is(err, sql.ErrNoRows) {
			return tx.layCanary()
		}
		if err != nil {
			return fmt.Errorf("read canary: %w", err)
		}
		if opened, err := s.seal.open(sealed, canaryPlace); err != nil || opened.Reveal() != canary {
			return clawback.Invalid("key-file", "The key is not the one this database's secrets were encrypted with. Give the key file that was made with it.")
		}
		return nil
	})
}

func (tx *Tx) layCanary() error {
	sealed, err := tx.store.seal.close(clawback.NewSecret(canary), canaryPlace)
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO installation (id, canary, created_at) VALUES (1, ?, ?)`, sealed, ms(tx.now))
	return err
}
