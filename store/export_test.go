package store

import (
	"context"
	"testing"

	"clawback"
)

// Exec changes rows behind the store's back.
func (s *Store) Exec(t testing.TB, query string, args ...any) {
	t.Helper()
	if _, err := s.writer.Exec(query, args...); err != nil {
		t.Fatalf("exec: %v", err)
	}
}

// Text answers the one value of a query as text.
func (s *Store) Text(t *testing.T, query string, args ...any) string {
	t.Helper()
	var text string
	if err := s.writer.QueryRow(query, args...).Scan(&text); err != nil {
		t.Fatalf("query: %v", err)
	}
	return text
}

// Bump is a read-then-write transaction.
func (s *Store) Bump(ctx context.Context) error {
	return s.inTx(ctx, func(tx *Tx) error {
		n, err := tx.count(`SELECT checked_at FROM installation`)
		if err != nil {
			return err
		}
		_, err = tx.exec(`UPDATE installation SET checked_at = ?`, n+1)
		return err
	})
}

// BumpThen changes a row, inserts a job and then does as it is told.
func (s *Store) BumpThen(ctx context.Context, then func() error) error {
	return s.inTx(ctx, func(tx *Tx) error {
		if _, err := tx.exec(`UPDATE installation SET checked_at = 77`); err != nil {
			return err
		}
		if err := tx.insertJob(testJob{}, tx.now); err != nil {
			return err
		}
		return then()
	})
}

type testJob struct{}

func (testJob) Kind() string { return "test" }

// WriteOnReader tries to write on the reading handle.
func (s *Store) WriteOnReader(ctx context.Context) error {
	return s.inRead(ctx, func(tx *Tx) error {
		_, err := tx.exec(`UPDATE installation SET checked_at = 1`)
		return err
	})
}

// Hand puts a record into the action of its remediation and the outcome.
func (s *Store) Hand(ctx context.Context, recordID, remediationID, organizationID string, outcome clawback.Outcome) error {
	return s.inTx(ctx, func(tx *Tx) error {
		_, err := tx.addToAction(recordRef{recordID, remediationID, organizationID}, outcome)
		return err
	})
}

// TryExec changes rows behind the store's back and answers what came of it.
func (s *Store) TryExec(query string) error {
	_, err := s.writer.Exec(query)
	return err
}

// Halted answers the halt that an organization is under.
func (s *Store) Halted(ctx context.Context, organizationID string) (*clawback.Halt, error) {
	var halt *clawback.Halt
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		halt, err = tx.halted(organizationID)
		return err
	})
	return halt, err
}
