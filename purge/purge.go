// Package purge holds the background workers that take an email out of
// mailboxes: trace, resolve, protect, find, match, remove, verify, watch. They
// decide nothing from memory: each step reads its rows, asks Microsoft, and
// writes what came back, so that any of them may die at any moment.
package purge

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"clawback"
)

// TraceStore keeps what the trace of an email says.
type TraceStore interface {
	FindWork(ctx context.Context, remediationID string) (clawback.Work, error)
	ListIdentities(ctx context.Context, remediationID string, since time.Time) ([]clawback.TracedMailbox, error)
	BeginKnown(ctx context.Context, remediationID string) error
	SaveTrace(ctx context.Context, remediationID string, finding clawback.TraceFinding) error
	SaveContextMailbox(ctx context.Context, entryID string, answer clawback.MailboxAnswer) error
	BlockRemediation(ctx context.Context, remediationID string, by clawback.BlockedBy, detail string) error
}

// LaneStore says whose lane a remediation takes its turns in.
type LaneStore interface {
	FindOrganizationOf(ctx context.Context, remediationID string) (organizationID string, err error)
}

// RemoveStore keeps claims, intents and their results.
type RemoveStore interface {
	ClaimRecords(ctx context.Context, remediationID string) (clawback.Claim, error)
	CommitIntents(ctx context.Context, claim clawback.Claim, findings []clawback.Finding) ([]clawback.Intent, error)
	CloseIntents(ctx context.Context, claim clawback.Claim, results []clawback.IntentResult) error
	SaveVerifications(ctx context.Context, claim clawback.Claim, verifications []clawback.Verification) error
}

// FolderStore keeps the names of the folders in which copies lay.
type FolderStore interface {
	ListUnnamedFolders(ctx context.Context, remediationID string, after clawback.UnnamedFolder) ([]clawback.UnnamedFolder, error)
	SaveFolderNames(ctx context.Context, remediationID string, folders []clawback.UnnamedFolder, names []string) error
}

// ContextStore reads context entries and the way to their tenant.
type ContextStore interface {
	FindContext(ctx context.Context, actor clawback.Actor, id string) (clawback.ContextEntry, error)
	ListConnections(ctx context.Context, organizationID string) ([]clawback.Connection, error)
}

// RecoveryStore finds work that a dead or stuck worker left.
type RecoveryStore interface {
	Recover(ctx context.Context) (int, error)
	QueueDue(ctx context.Context) (int, error)
	Reconcile(ctx context.Context) (int, error)
}

// Store is everything the engine keeps.
type Store interface {
	TraceStore
	LaneStore
	RemoveStore
	RestoreStore
	KeptEmailStore
	FolderStore
	ContextStore
	ActionStore
	RecoveryStore
	CanaryStartStore
	CanaryStore
	CanaryEndStore
	CanaryArrivalStore
	CanaryRemovalStore
}

// Tracer asks Microsoft who received an email and what an address is.
type Tracer interface {
	TraceMessage(ctx context.Context, conn clawback.Connection, query clawback.TraceQuery) (clawback.TraceResult, error)
	LookUpMailboxes(ctx context.Context, conn clawback.Connection, addresses []string) ([]clawback.MailboxAnswer, error)
}

// Mover looks into mailboxes and moves items.
type Mover interface {
	FindCopies(ctx context.Context, conn clawback.Connection, requests []clawback.FindRequest) ([]clawback.FindAnswer, error)
	MoveCopies(ctx context.Context, conn clawback.Connection, sendBy time.Time, requests []clawback.MoveRequest) ([]clawback.Answer, error)
	FolderNames(ctx context.Context, conn clawback.Connection, requests []clawback.FolderRequest) ([]clawback.FolderAnswer, error)
}

// Reader reads an email as it was delivered.
type Reader interface {
	ReadEmail(ctx context.Context, conn clawback.Connection, mailboxID, immutableID string) ([]byte, error)
}

// Microsoft is everything the engine asks of Microsoft.
type Microsoft interface {
	Tracer
	Mover
	Reader
	Placer
}

// Config is what an engine works with. Now is time.Now where nil, and Wait a timer.
type Config struct {
	Store     Store
	Microsoft Microsoft
	Now       func() time.Time
	Wait      func(ctx context.Context, d time.Duration) error
	Log       *slog.Logger
}

// Engine takes remediations through their steps, one call a step.
type Engine struct {
	store     Store
	microsoft Microsoft
	now       func() time.Time
	wait      func(ctx context.Context, d time.Duration) error
	log       *slog.Logger
	lanes     *lanes
	wires     wires
}

// New makes an engine.
func New(cfg Config) *Engine {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Wait == nil {
		cfg.Wait = wait
	}
	e := &Engine{store: cfg.Store, microsoft: cfg.Microsoft, now: cfg.Now, wait: cfg.Wait, log: cfg.Log}
	e.lanes = newLanes(e.claim)
	return e
}

// wait lets time pass. It answers the context's error where that ends first.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// work takes a turn in the lane of the remediation's organization.
func (e *Engine) work(ctx context.Context, t turn) error {
	organizationID, err := e.store.FindOrganizationOf(ctx, t.remediationID)
	if err != nil {
		return fmt.Errorf("find organization: %w", err)
	}
	return e.lanes.run(ctx, organizationID, t)
}

// claim takes a batch of what is due; without a pass there is none.
func (e *Engine) claim(ctx context.Context, t turn) (pass, error) {
	if t.kind == (clawback.RestoreJob{}).Kind() {
		claim, err := e.store.ClaimRestores(ctx, t.remediationID)
		if err != nil || len(claim.Copies) == 0 {
			return nil, err
		}
		return func(ctx context.Context) error { return e.restore(ctx, claim) }, nil
	}
	claim, err := e.store.ClaimRecords(ctx, t.remediationID)
	if err != nil || len(claim.Records) == 0 {
		return nil, err
	}
	return func(ctx context.Context) error { return e.remove(ctx, claim) }, nil
}
