package purge_test

import (
	"context"
	"strings"
	"testing"

	"clawback"
	"clawback/store"
)

func (b *bench) reconnect() {
	b.t.Helper()
	_, err := b.store.ReconnectDevice(context.Background(), admin, b.device.ID, store.NewDevice{
		ClientID: b.tenant.App.ClientID, ClientSecret: clawback.NewSecret(b.tenant.App.Secret),
	})
	b.must(err)
}

// TestCanary_disconnected takes the device away at each change, before or after its effect: the call that is on its way
// is written down, none follows, what may lie in the mailbox is said, and it is taken away once the device is back.
func TestCanary_disconnected(t *testing.T) {
	for name, cut := range map[string]struct {
		at    int // 0 is the placing, then the moves
		after bool
	}{
		"before placing": {0, false}, "after placing": {0, true}, "before removing": {1, false}, "after removing": {1, true},
		"before restoring": {2, false}, "after restoring": {2, true}, "before deleting": {3, false}, "after deleting": {3, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			seen := 0
			at := func(after bool) func() error {
				return func() error {
					if !after {
						seen++
					}
					if seen-1 == cut.at && after == cut.after {
						b.disconnect()
					}
					return nil
				}
			}
			b.with(hook{faulty: faulty{Microsoft: b.graph, beforeMove: at(false), afterMove: at(true)}, beforePlace: at(false), afterPlace: at(true)})
			c := b.ran(b.canary(b.users[0]).ID)
			if c.Status != clawback.CanaryFailed || c.Problem.Cause != clawback.CanaryInterrupted || !strings.Contains(c.Problem.Finding, "disconnected") ||
				!strings.Contains(c.Problem.Advice, "connect the device again") || c.Problem.Who == "" || !c.LeftBehind {
				t.Errorf("ended %+v, left behind: %v", c.Problem, c.LeftBehind)
			}
			last := c.Lines[len(c.Lines)-1]
			if got := b.changes(b.users[0]); got != cut.at+1 || !last.Step.Changes() || last.Open() || c.ImmutableID == "" {
				t.Errorf("%d changes, the last line %+v, the message %q", got, last, c.ImmutableID)
			}
			_, err := b.store.CleanUpCanary(context.Background(), admin, c.ID)
			if clawback.KindOf(err) != clawback.KindConflict || !strings.Contains(err.Error(), "connect it again") {
				t.Errorf("cleaned up without a device: %v", err)
			}
			b.reconnect()
			_, err = b.store.CleanUpCanary(context.Background(), admin, c.ID)
			b.must(err)
			if c = b.ran(c.ID); c.LeftBehind || len(b.canaryIn(c)) != 0 || c.Problem.Cause != clawback.CanaryInterrupted {
				t.Errorf("with the device back: %+v in %v", c, b.canaryIn(c))
			}
		})
	}
}

// TestCanary_disconnectedBefore changes nothing, and says that nothing was left.
func TestCanary_disconnectedBefore(t *testing.T) {
	b := setup(t)
	c := b.canary(b.users[0])
	if facts, err := b.store.FindDisconnectFacts(context.Background(), admin, b.device.ID); err != nil || facts.Tests != 1 {
		t.Errorf("it is said to stop %+v, %v", facts, err)
	}
	b.disconnect()
	c = b.ran(c.ID)
	if c.Status != clawback.CanaryFailed || c.LeftBehind || len(c.Lines) != 0 || strings.Contains(c.Problem.Advice, "by hand") {
		t.Errorf("ended %+v", c)
	}
	if got := b.changes(b.users[0]); got != 0 {
		t.Errorf("%d changes", got)
	}
	_, err := b.engine.StartCanary(context.Background(), admin, b.device.ID, clawback.ProofCanRemove, b.users[0])
	if clawback.KindOf(err) != clawback.KindConflict || !strings.Contains(err.Error(), "Connect it again first") {
		t.Errorf("started without a device: %v", err)
	}
}

// TestCanary_disconnectedWhileCleaningUp leaves what could not be taken away on record.
func TestCanary_disconnectedWhileCleaningUp(t *testing.T) {
	b := setup(t)
	refuse := func() error {
		return &clawback.CallError{Call: "move", Answer: clawback.Answer{Kind: clawback.AnswerUnavailable, Status: 503, Message: "Busy"}}
	}
	b.with(hook{faulty: faulty{Microsoft: b.graph, beforeMove: func() error { return refuse() }}})
	c := b.ran(b.canary(b.users[0]).ID)
	_, err := b.store.CleanUpCanary(context.Background(), admin, c.ID)
	b.must(err)
	before := b.changes(b.users[0])
	looks := 0
	b.with(faulty{Microsoft: b.graph, beforeFind: func() {
		if looks++; looks == 1 {
			b.disconnect()
		}
	}})
	if c = b.ran(c.ID); !c.LeftBehind || len(b.canaryIn(c)) != 1 || b.changes(b.users[0]) != before || c.Problem.Cause != clawback.CanaryUnavailable {
		t.Errorf("ended %+v in %v", c, b.canaryIn(c))
	}
}

// TestCanary_endedDuringTheTrace removes nothing of an email that came while somebody ended the test.
func TestCanary_endedDuringTheTrace(t *testing.T) {
	for name, end := range map[string]func(b *bench, id string){
		"disconnected": func(b *bench, _ string) { b.disconnect() },
		"stopped": func(b *bench, id string) {
			_, err := b.store.StopCanary(context.Background(), admin, id)
			b.must(err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			c := b.awaited(b.users[0])
			b.outside(c.Subject, "", b.users[0])
			b.with(faulty{Microsoft: b.graph, query: func(clawback.TraceQuery) { end(b, c.ID) }})
			c = b.ran(c.ID)
			if c.Status != clawback.CanaryFailed || c.RemediationID != "" || c.LeftBehind || !strings.Contains(c.Problem.Finding, map[string]string{
				"disconnected": "was disconnected", "stopped": "stopped waiting"}[name]) {
				t.Errorf("ended %+v", c)
			}
			if got := b.changes(b.users[0]); got != 0 {
				t.Errorf("%d changes", got)
			}
		})
	}
}
