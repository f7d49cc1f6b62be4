package purge

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// passesPerLane is how many passes of an organization are under way together: more
// than there may be batches in flight, so that some write down what came back
// while the others wait for Microsoft.
const passesPerLane = batchesPerTenant + 8

// windDown is how long before its job's deadline a lane takes up nothing new: a
// pass that is cut off costs a look into every mailbox it had.
const windDown = 45 * time.Second

// turn is a remediation of which something may be due, by the kind of its job.
type turn struct{ kind, remediationID string }

// pass works on one claimed batch.
type pass func(context.Context) error

// lanes share the work fairly: every organization has a lane of its own, so that
// a flood at one never delays another, and in a lane the remediations take turns,
// so that a large one never delays a small one. Nothing in here has to survive:
// the rows are the truth, and what is due in them is queued again.
type lanes struct {
	// claim takes a batch; without a pass nothing is due.
	claim func(context.Context, turn) (pass, error)

	mu       sync.Mutex
	open     map[string]*lane // by organization
	draining bool
}

type lane struct{ turns []turn }

func newLanes(claim func(context.Context, turn) (pass, error)) *lanes {
	return &lanes{claim: claim, open: map[string]*lane{}}
}

// run takes the turn, and then all others of the organization, until nothing is
// due. Where the lane is at work already, the turn joins it and run returns at once.
func (l *lanes) run(ctx context.Context, organizationID string, t turn) error {
	if !l.join(organizationID, t) {
		return nil
	}
	var failed []error
	for {
		failed = append(failed, l.work(ctx, organizationID))
		if l.close(organizationID, l.ending(ctx)) {
			return errors.Join(failed...)
		}
	}
}

// work begins with one pass at a time and adds another whenever a batch was
// found, since more may be due.
func (l *lanes) work(ctx context.Context, organizationID string) error {
	var passes errgroup.Group
	passes.SetLimit(passesPerLane)
	var goOn func() error
	goOn = func() error {
		for !l.ending(ctx) {
			t, ok := l.next(organizationID)
			if !ok {
				return nil
			}
			work, err := l.claim(ctx, t)
			if err == nil && work != nil {
				passes.TryGo(goOn)
				err = work(ctx)
			}
			if err != nil {
				l.leave(organizationID, t)
				return err
			}
			if work == nil {
				l.leave(organizationID, t)
			}
		}
		return nil
	}
	passes.Go(goOn)
	return passes.Wait()
}

// join answers whether the caller has to work the lane itself.
func (l *lanes) join(organizationID string, t turn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, working := l.open[organizationID]
	if !working {
		at = new(lane)
		l.open[organizationID] = at
	}
	if !slices.Contains(at.turns, t) {
		at.turns = append(at.turns, t)
	}
	return !working
}

// next answers whose turn it is, and sends it to the end of the row.
func (l *lanes) next(organizationID string) (turn, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.open[organizationID]
	if len(at.turns) == 0 {
		return turn{}, false
	}
	t := at.turns[0]
	at.turns = append(at.turns[1:], t)
	return t, true
}

func (l *lanes) leave(organizationID string, t turn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.open[organizationID]
	at.turns = slices.DeleteFunc(at.turns, func(waiting turn) bool { return waiting == t })
}

// close ends a lane unless somebody joined it meanwhile.
func (l *lanes) close(organizationID string, ending bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !ending && len(l.open[organizationID].turns) > 0 {
		return false
	}
	delete(l.open, organizationID)
	return true
}

// drain lets the passes under way finish and takes up nothing new.
func (l *lanes) drain() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.draining = true
}

func (l *lanes) ending(ctx context.Context) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	deadline, limited := ctx.Deadline()
	return l.draining || ctx.Err() != nil || limited && time.Until(deadline) < windDown
}
