package store

import (
	"fmt"
	"time"

	"clawback"

	"github.com/riverqueue/river"
)

// jobArgs are a job's arguments: ids only. Each kind has a queue of its own.
type jobArgs interface{ Kind() string }

// insertJob puts a job into the queue of its kind, to run at a time or, where
// that is zero, at once. It is there when the transaction commits.
func (tx *Tx) insertJob(args jobArgs, at time.Time) error {
	options := &river.InsertOpts{Queue: args.Kind()}
	// Any time at all makes River's scheduler take the job up first, up to five
	// seconds later; without one it can be fetched at once.
	if at.After(tx.now) {
		options.ScheduledAt = at
	}
	if _, err := tx.store.jobs.InsertTx(tx.ctx, tx.tx, args, options); err != nil {
		return fmt.Errorf("insert %s job: %w", args.Kind(), err)
	}
	return nil
}

// takeUpJobs lets the jobs wait again that an earlier start of the process was at:
// nobody is any more, since one process holds the database. Its end is no attempt of
// theirs. Those that remove are queued anew from the rows.
func (tx *Tx) takeUpJobs() error {
	if _, err := tx.exec(`DELETE FROM river_job WHERE state = 'running' AND kind = ?`, (clawback.RemoveJob{}).Kind()); err != nil {
		return err
	}
	_, err := tx.exec(`UPDATE river_job SET state = 'available', attempt = attempt - 1 WHERE state = 'running'`)
	return err
}
