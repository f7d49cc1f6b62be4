// Package store keeps everything Clawback knows in one SQLite file. A use case
// that is only data is one method here: authorization, change, audit event and
// job in one transaction.
package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"clawback"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// Config is what Open needs.
type Config struct {
	Path string           // the database file; its folder exists
	Key  []byte           // a keyset of NewKeyset
	Now  func() time.Time // nil: time.Now
	Log  *slog.Logger     // nil: slog.Default
	// KeptEmailRetention is how long evidence is kept; 0: clawback.KeptEmailRetention.
	KeptEmailRetention time.Duration
	// Integration is the provider's registration that integration devices use.
	Integration clawback.Integration
}

// Store is the one process's way to the database file.
type Store struct {
	writer *sql.DB // one connection: writes queue here instead of failing as busy
	reader *sql.DB
	jobs   *river.Client[*sql.Tx] // inserts only
	seal   *sealer
	lock   *fileLock
	boot   string
	now    func() time.Time
	log    *slog.Logger

	retention   time.Duration // of evidence
	integration clawback.Integration
}

// Boot answers this start's id. A lease or an intent of another boot is nobody's.
func (s *Store) Boot() string { return s.boot }

// JobDriver answers River's driver on the writing handle, for the client that
// works the jobs.
func (s *Store) JobDriver() *riversqlite.Driver { return riversqlite.New(s.writer) }

// Healthy says whether the database answers and takes writes. It returns
// KindUnavailable when it does not.
func (s *Store) Healthy(ctx context.Context) error {
	err := s.inRead(ctx, func(tx *Tx) error {
		var id int
		return tx.queryRow(`SELECT id FROM installation`).Scan(&id)
	})
	if err != nil {
		return unavailable("read", err)
	}
	err = s.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`UPDATE installation SET checked_at = ?`, ms(tx.now))
		return err
	})
	if err != nil {
		return unavailable("write", err)
	}
	return nil
}

// Close closes both handles and gives the file free for another process.
func (s *Store) Close() error {
	return errors.Join(closeDB(s.reader), closeDB(s.writer), s.lock.release())
}

func closeDB(db *sql.DB) error {
	if db == nil {
		return nil
	}
	return db.Close()
}
