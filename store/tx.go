package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// txTimeout bounds a writing transaction: everybody else waits for it.
const txTimeout = 5 * time.Second

// Tx is one transaction with one moment for everything in it. Helpers take it
// and never the handle, so that transactions can't nest.
type Tx struct {
	ctx   context.Context
	tx    *sql.Tx
	store *Store
	now   time.Time
}

// inTx runs fn in a writing transaction. Nothing is sent, rendered or read from
// a web session inside.
func (s *Store) inTx(ctx context.Context, fn func(tx *Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, txTimeout)
	defer cancel()
	return s.run(ctx, s.writer, fn)
}

// inRead runs fn on one snapshot of the reading handle.
func (s *Store) inRead(ctx context.Context, fn func(tx *Tx) error) error {
	return s.run(ctx, s.reader, fn)
}

func (s *Store) run(ctx context.Context, db *sql.DB, fn func(tx *Tx) error) error {
	inner, err := db.BeginTx(ctx, nil)
	if err != nil {
		return busy(fmt.Errorf("begin: %w", err))
	}
	// After a commit this does nothing; it serves errors and panics.
	defer inner.Rollback()

	if err := fn(&Tx{ctx: ctx, tx: inner, store: s, now: s.now().UTC().Truncate(time.Millisecond)}); err != nil {
		return busy(err)
	}
	if err := inner.Commit(); err != nil {
		return busy(fmt.Errorf("commit: %w", err))
	}
	return nil
}

// exec changes rows and answers how many.
func (tx *Tx) exec(query string, args ...any) (int64, error) {
	result, err := tx.tx.ExecContext(tx.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (tx *Tx) query(query string, args ...any) (*sql.Rows, error) {
	return tx.tx.QueryContext(tx.ctx, query, args...)
}

func (tx *Tx) queryRow(query string, args ...any) *sql.Row {
	return tx.tx.QueryRowContext(tx.ctx, query, args...)
}

func (tx *Tx) count(query string, args ...any) (int, error) {
	var n int
	err := tx.queryRow(query, args...).Scan(&n)
	return n, err
}
