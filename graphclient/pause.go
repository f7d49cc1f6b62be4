package graphclient

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"clawback"
)

// What is asked of mailboxes in batches, for people.
const (
	findCall   = "find copies"
	moveCall   = "move copies"
	folderCall = "folder names"
)

// pauses remember until when Microsoft wants no more requests of a kind, so that
// work which did not hear it said keeps to it too: throttled requests count, and
// asking again before the time makes the wait longer
// (https://learn.microsoft.com/graph/throttling). The zero value is ready.
type pauses struct {
	mu    sync.Mutex
	until map[string]time.Time
}

// hold keeps the longest wait that was asked for, and answers the ends of those
// that are longer now.
func (p *pauses) hold(now time.Time, waits map[string]time.Duration) map[string]time.Time {
	longer := map[string]time.Time{}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.until == nil {
		p.until = map[string]time.Time{}
	}
	for old, until := range p.until {
		if !until.After(now) {
			delete(p.until, old)
		}
	}
	for key, wait := range waits {
		if until := now.Add(wait); wait > 0 && until.After(p.until[key]) {
			p.until[key], longer[key] = until, until
		}
	}
	return longer
}

// PauseStore keeps until when Microsoft wants no more requests of a kind, over
// restarts.
type PauseStore interface {
	ListPauses(ctx context.Context) (map[string]time.Time, error)
	SavePauses(ctx context.Context, until map[string]time.Time) error
}

// hold remembers pauses that were asked for. One that can't be written down holds
// all the same while the process runs.
func (c *Client) hold(ctx context.Context, waits map[string]time.Duration) {
	longer := c.pauses.hold(c.now(), waits)
	if len(longer) == 0 || c.pauseStore == nil {
		return
	}
	if err := c.pauseStore.SavePauses(context.WithoutCancel(ctx), longer); err != nil {
		c.log.WarnContext(ctx, "pause for Microsoft not kept over a restart", "error", err)
	}
}

// left answers how long the pause still lasts, zero where there is none.
func (p *pauses) left(key string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(0, p.until[key].Sub(now))
}

// pauseKey names what is throttled together: the message trace by both of its
// doors, the directory, the batches of mailboxes; a look of the setup alone.
func (s *session) pauseKey() string {
	switch s.call {
	case traceCall:
		return s.conn.TenantID + " trace"
	case lookUpCall:
		return s.directoryKey()
	case findCall, moveCall, folderCall:
		return s.conn.TenantID + " mail"
	}
	return s.conn.TenantID + " " + s.call
}

func (s *session) directoryKey() string { return s.conn.TenantID + " directory" }

// stepKey names what an inner request of a batch is throttled with: its mailbox
// (https://learn.microsoft.com/graph/throttling-limits), else the directory.
func (s *session) stepKey(st step) string {
	if st.mailbox == "" {
		return s.directoryKey()
	}
	return s.conn.TenantID + " " + strings.ToLower(st.mailbox)
}

// paused is the answer to a request that is not sent because of what Microsoft
// said before.
func (c *Client) paused(left time.Duration) clawback.Answer {
	return clawback.Answer{
		Kind: clawback.AnswerThrottled, RetryAfter: left, At: c.now(),
		Message: fmt.Sprintf("Not asked: Microsoft wants no request before %s.", c.now().Add(left).UTC().Format("15:04:05 UTC")),
	}
}

// admit says whether a request may go out now: Microsoft asked for no pause, and
// a message trace has its place in the tenant's budget.
func (s *session) admit(ctx context.Context) error {
	now := s.c.now()
	if left := s.c.pauses.left(s.pauseKey(), now); left > 0 {
		return s.failed(ctx, s.c.paused(left), nil)
	}
	if s.call != traceCall || s.c.traceBudget == nil {
		return nil
	}
	wait, err := s.c.traceBudget.TakeTraceRequest(ctx, s.conn.TenantID, s.traced)
	if err != nil {
		return fmt.Errorf("take a trace request: %w", err)
	}
	s.traced = s.traced || wait == 0
	if wait > 0 {
		// Where a trace is cut short, the next begins with the whole budget: what trickles back is not used up by traces
		// that can't end.
		if s.traced {
			s.c.hold(ctx, map[string]time.Duration{s.pauseKey(): wait})
		}
		return s.failed(ctx, clawback.Answer{
			Kind: clawback.AnswerThrottled, RetryAfter: wait, At: now,
			Message: fmt.Sprintf("The message trace takes %d requests in five minutes of one tenant, and they are used up until %s.",
				clawback.TraceQuota, now.Add(wait).UTC().Format("15:04:05 UTC")),
		}, nil)
	}
	return nil
}

// TraceBudget counts the requests for message traces of a tenant, over restarts.
type TraceBudget interface {
	// TakeTraceRequest takes one, or answers how long there is none. A trace that
	// has begun finds some that a new one is not given.
	TakeTraceRequest(ctx context.Context, tenantID string, begun bool) (wait time.Duration, err error)
}
