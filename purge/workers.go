package purge

import (
	"context"
	"errors"
	"time"

	"clawback"

	"github.com/riverqueue/river"
)

const (
	queueEvery     = time.Second
	reconcileEvery = time.Minute
	traceAgain     = 10 * time.Second
	jobTimeout     = 2 * time.Minute
	laneTimeout    = 15 * time.Minute
)

// Workers answers the engine's workers, for the client that works the jobs.
func (e *Engine) Workers() *river.Workers {
	workers := river.NewWorkers()
	river.AddWorker(workers, &traceWorker{engine: e})
	river.AddWorker(workers, &removeWorker{engine: e})
	river.AddWorker(workers, &foldersWorker{engine: e})
	river.AddWorker(workers, &restoreWorker{engine: e})
	river.AddWorker(workers, &canaryWorker{engine: e})
	return workers
}

// Queues answers how many jobs of each kind run at once. A job that removes or
// restores works the lane of a whole organization, or joins it and is done: what
// bounds these is the lane. Traces mostly wait for Microsoft, and long ones must not
// keep a short one of another organization waiting.
func Queues() map[string]river.QueueConfig {
	return map[string]river.QueueConfig{
		clawback.TraceJob{}.Kind():   {MaxWorkers: 32},
		clawback.RemoveJob{}.Kind():  {MaxWorkers: 1000},
		clawback.FoldersJob{}.Kind(): {MaxWorkers: 2},
		clawback.RestoreJob{}.Kind(): {MaxWorkers: 1000},
		clawback.CanaryJob{}.Kind():  {MaxWorkers: 8},
	}
}

// Recover takes up what an earlier start left. It comes before the first job.
func (e *Engine) Recover(ctx context.Context) error {
	freed, err := e.store.Recover(ctx)
	if freed > 0 {
		e.log.InfoContext(ctx, "mailboxes taken up after a restart", "mailboxes", freed)
	}
	return err
}

// Run keeps the queue in step with the rows until the context ends: it queues
// mailboxes that are due again, frees what a stuck worker holds, and hands over
// what waited too long. Then the lanes drain.
func (e *Engine) Run(ctx context.Context) error {
	defer e.lanes.drain()
	due, all := time.NewTicker(queueEvery), time.NewTicker(reconcileEvery)
	defer due.Stop()
	defer all.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-due.C:
			_, err := e.store.QueueDue(ctx)
			e.report(ctx, "queue what is due", err)
		case <-all.C:
			freed, err := e.store.Reconcile(ctx)
			e.report(ctx, "reconcile", err)
			if freed > 0 {
				e.log.WarnContext(ctx, "mailboxes freed from a stuck worker", "mailboxes", freed)
			}
			_, err = e.store.DeleteExpiredEmails(ctx)
			e.report(ctx, "delete expired evidence", err)
		}
	}
}

func (e *Engine) report(ctx context.Context, step string, err error) {
	if err != nil && ctx.Err() == nil {
		e.log.ErrorContext(ctx, step, "error", err)
	}
}

type traceWorker struct {
	river.WorkerDefaults[clawback.TraceJob]
	engine *Engine
}

func (w *traceWorker) Timeout(*river.Job[clawback.TraceJob]) time.Duration { return jobTimeout }

func (w *traceWorker) Work(ctx context.Context, job *river.Job[clawback.TraceJob]) error {
	err := w.engine.Trace(ctx, job.Args.RemediationID)
	var call *clawback.CallError
	if errors.As(err, &call) {
		w.engine.log.WarnContext(ctx, "trace waits", "remediation_id", job.Args.RemediationID, "error", err)
		return river.JobSnooze(max(call.RetryAfter, traceAgain))
	}
	return gone(err)
}

type removeWorker struct {
	river.WorkerDefaults[clawback.RemoveJob]
	engine *Engine
}

func (w *removeWorker) Timeout(*river.Job[clawback.RemoveJob]) time.Duration { return laneTimeout }

func (w *removeWorker) Work(ctx context.Context, job *river.Job[clawback.RemoveJob]) error {
	return gone(w.engine.Remove(ctx, job.Args.RemediationID))
}

type foldersWorker struct {
	river.WorkerDefaults[clawback.FoldersJob]
	engine *Engine
}

func (w *foldersWorker) Timeout(*river.Job[clawback.FoldersJob]) time.Duration { return jobTimeout }

func (w *foldersWorker) Work(ctx context.Context, job *river.Job[clawback.FoldersJob]) error {
	return gone(w.engine.NameFolders(ctx, job.Args.RemediationID))
}

type restoreWorker struct {
	river.WorkerDefaults[clawback.RestoreJob]
	engine *Engine
}

func (w *restoreWorker) Timeout(*river.Job[clawback.RestoreJob]) time.Duration { return laneTimeout }

func (w *restoreWorker) Work(ctx context.Context, job *river.Job[clawback.RestoreJob]) error {
	return gone(w.engine.Restore(ctx, job.Args.RemediationID))
}

type canaryWorker struct {
	river.WorkerDefaults[clawback.CanaryJob]
	engine *Engine
}

func (w *canaryWorker) Timeout(*river.Job[clawback.CanaryJob]) time.Duration { return jobTimeout }

func (w *canaryWorker) Work(ctx context.Context, job *river.Job[clawback.CanaryJob]) error {
	return gone(w.engine.Canary(ctx, job.Args.CanaryID))
}

// gone cancels a job whose remediation no longer exists; nothing can help it.
func gone(err error) error {
	if clawback.KindOf(err) == clawback.KindNotFound {
		return river.JobCancel(err)
	}
	return err
}
