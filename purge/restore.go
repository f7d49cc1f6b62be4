package purge

import (
	"context"
	"fmt"
	"slices"
	"time"

	"clawback"
)

// RestoreStore keeps what is to be put back, and what became of it.
type RestoreStore interface {
	ClaimRestores(ctx context.Context, remediationID string) (clawback.RestoreClaim, error)
	CommitRestores(ctx context.Context, claim clawback.RestoreClaim, copies []clawback.RestoreCopy) ([]clawback.Intent, error)
	SaveRestores(ctx context.Context, claim clawback.RestoreClaim, results []clawback.RestoreResult) error
}

// nowhereLooks is how often a copy is looked for that was in no folder.
const nowhereLooks = 3

// Restore puts the removed copies of a remediation that are due back into their
// folders, a batch at a time and several at once.
func (e *Engine) Restore(ctx context.Context, remediationID string) error {
	return e.work(ctx, turn{clawback.RestoreJob{}.Kind(), remediationID})
}

// restore looks first, so that what a dead worker sent is not sent twice, and
// last, since only a look proves it.
func (e *Engine) restore(ctx context.Context, claim clawback.RestoreClaim) error {
	r := &restoring{engine: e, claim: claim, results: map[string]*clawback.RestoreResult{}}
	for _, c := range claim.Copies {
		r.results[c.CopyID] = &clawback.RestoreResult{Copy: c}
	}
	if err := r.run(ctx); err != nil {
		return err
	}
	saving, cancel := context.WithTimeout(context.WithoutCancel(ctx), resultTimeout)
	defer cancel()
	if err := e.store.SaveRestores(saving, claim, r.list()); err != nil {
		return fmt.Errorf("save restores: %w", err)
	}
	return nil
}

// restoring is one pass over a batch.
type restoring struct {
	engine  *Engine
	claim   clawback.RestoreClaim
	results map[string]*clawback.RestoreResult
}

func (r *restoring) run(ctx context.Context) error {
	hidden := r.look(ctx, r.claim.Copies)
	sent, err := r.move(ctx, hidden, "")
	if err != nil {
		return err
	}
	// An answer that something was not found may mean the folder: the Inbox is always there.
	var homeless []clawback.RestoreCopy
	for _, c := range sent {
		if r.results[c.CopyID].Answer.Kind == clawback.AnswerNotFound {
			homeless = append(homeless, c)
			r.results[c.CopyID].Inbox = true
		}
	}
	if _, err := r.move(ctx, homeless, clawback.InboxFolder); err != nil {
		return err
	}
	left := r.look(ctx, sent)
	for _, c := range left {
		r.again(c, r.results[c.CopyID].Answer)
	}
	return nil
}

// look notes which copies are visible, and answers those that lie in Recoverable
// Items. What is in neither is gone for good.
func (r *restoring) look(ctx context.Context, copies []clawback.RestoreCopy) []clawback.RestoreCopy {
	if len(copies) == 0 {
		return nil
	}
	inVisible, inRecoverable := make([]clawback.FindRequest, len(copies)), make([]clawback.FindRequest, len(copies))
	for i, c := range copies {
		inVisible[i] = clawback.FindRequest{MailboxID: c.MailboxID, MessageIDs: []string{c.MessageID}}
		inRecoverable[i] = inVisible[i]
		inRecoverable[i].Folder = clawback.RecoverableItems
	}
	visible := r.engine.look(ctx, r.claim.Connection, inVisible)
	recoverable := r.engine.look(ctx, r.claim.Connection, inRecoverable)
	var hidden []clawback.RestoreCopy
	for i, c := range copies {
		is := func(f clawback.FoundCopy) bool { return f.ImmutableID == c.ImmutableID }
		switch {
		case visible[i].Answer.Kind != clawback.AnswerOK:
			r.again(c, visible[i].Answer)
		case slices.ContainsFunc(visible[i].Copies, is):
			r.results[c.CopyID].Restored = true
		case recoverable[i].Answer.Kind != clawback.AnswerOK:
			r.again(c, recoverable[i].Answer)
		case slices.ContainsFunc(recoverable[i].Copies, is):
			hidden = append(hidden, c)
		default:
			r.nowhere(c)
		}
	}
	return hidden
}

// nowhere gives up a copy that several looks did not show: one look alone proves nothing.
func (r *restoring) nowhere(c clawback.RestoreCopy) {
	if c.Attempts < nowhereLooks {
		r.results[c.CopyID].Wait = backoff(c.Attempts)
		return
	}
	r.results[c.CopyID].Problem = "It is neither in the mailbox nor in its Recoverable Items any more. " +
		"Microsoft keeps it there for 14 days unless the organization set another time, and its owner can empty them."
}

// move sends copies back, into one folder or each into its own, and answers those that were sent for.
func (r *restoring) move(ctx context.Context, copies []clawback.RestoreCopy, folder string) ([]clawback.RestoreCopy, error) {
	if len(copies) == 0 {
		return nil, nil
	}
	giveBack, err := r.engine.wires.take(ctx, r.claim.Connection.TenantID)
	if err != nil {
		return nil, err
	}
	defer giveBack()
	intents, err := r.engine.store.CommitRestores(ctx, r.claim, copies)
	if err != nil {
		return nil, fmt.Errorf("commit restores: %w", err)
	}
	requests := make([]clawback.MoveRequest, len(intents))
	for i, intent := range intents {
		to := folder
		if to == "" {
			to = copies[i].FolderID
		}
		requests[i] = clawback.MoveRequest{MailboxID: intent.MailboxID, ImmutableID: intent.ImmutableID, Source: clawback.RecoverableItems, Destination: to}
	}
	answers, err := r.engine.microsoft.MoveCopies(ctx, r.claim.Connection, intents[0].CommittedAt.Add(clawback.IntentLifetime), requests)
	for i, c := range copies {
		r.results[c.CopyID].Answer = answerOf(err)
		if err == nil {
			r.results[c.CopyID].Answer = answers[i]
		}
	}
	return copies, nil
}

// again tries a copy later or, when it was tried often enough or Microsoft refuses for good, gives it up.
func (r *restoring) again(c clawback.RestoreCopy, answer clawback.Answer) {
	result := r.results[c.CopyID]
	result.Answer = answer
	lasting := answer.Kind == clawback.AnswerDenied || answer.Kind == clawback.AnswerNoMailbox || answer.Kind == clawback.AnswerInvalid
	if c.Attempts < maxAttempts && !lasting {
		result.Wait = max(pause(answer, c.Attempts), time.Second)
		return
	}
	result.Problem = "Microsoft did not carry it out. It still lies in the mailbox's Recoverable Items; ask for it again later."
	if answer.Message != "" {
		result.Problem += " It said: " + answer.Message
	}
}

func (r *restoring) list() []clawback.RestoreResult {
	results := make([]clawback.RestoreResult, 0, len(r.claim.Copies))
	for _, c := range r.claim.Copies {
		results = append(results, *r.results[c.CopyID])
	}
	return results
}
