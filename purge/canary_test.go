package purge_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"clawback"
)

// canary starts a proof that the app can remove from a mailbox.
func (b *bench) canary(address string) clawback.Canary {
	b.t.Helper()
	c, err := b.engine.StartCanary(context.Background(), admin, b.device.ID, clawback.ProofCanRemove, address)
	b.must(err)
	return c
}

// ran takes a canary a pass further and answers it as it is then.
func (b *bench) ran(id string) clawback.Canary {
	b.t.Helper()
	b.must(b.engine.Canary(context.Background(), id))
	c, err := b.store.FindCanary(context.Background(), admin, id)
	b.must(err)
	return c
}

// canaryIn answers the folders in which copies of the canary's message lie.
func (b *bench) canaryIn(c clawback.Canary) []string {
	b.t.Helper()
	var list struct {
		Items []struct{ Address, Folder string }
	}
	b.control(http.MethodGet, "/messages?internet_message_id="+url.QueryEscape(c.MessageID), "", &list)
	var folders []string
	for _, item := range list.Items {
		folders = append(folders, item.Folder)
	}
	return folders
}

func stepsOf(c clawback.Canary) []clawback.CanaryStep {
	var steps []clawback.CanaryStep
	for _, line := range c.Lines {
		steps = append(steps, line.Step)
	}
	return steps
}

// hook stands before and after what a canary asks.
type hook struct {
	faulty
	beforePlace, afterPlace func() error
}

func (h hook) PlaceMessage(ctx context.Context, conn clawback.Connection, sendBy time.Time, r clawback.PlaceRequest) (clawback.PlaceAnswer, error) {
	if h.beforePlace != nil {
		if err := h.beforePlace(); err != nil {
			return clawback.PlaceAnswer{}, err
		}
	}
	placed, err := h.Microsoft.PlaceMessage(ctx, conn, sendBy, r)
	if h.afterPlace != nil {
		err = errors.Join(err, h.afterPlace())
	}
	return placed, err
}

func TestCanary_provesRemoval(t *testing.T) {
	b := setup(t)
	b.setting.Mode = clawback.ModeOff // before anything is switched on
	b.save()
	address := b.users[3]
	c := b.canary(address)
	if c.Status != clawback.CanaryRunning || c.Mailbox.Address != strings.ToLower(address) || !strings.HasPrefix(c.MessageID, "<clawback-test.") {
		t.Fatalf("started %+v", c)
	}
	c = b.ran(c.ID)
	if c.Status != clawback.CanaryProved || c.Problem.Cause != clawback.CanaryNoProblem || c.EndedAt.IsZero() || c.LeftBehind {
		t.Fatalf("ended %+v", c)
	}
	if got, want := stepsOf(c), clawback.ProofCanRemove.Steps(); !slices.Equal(got, want) {
		t.Errorf("steps %v, want %v", got, want)
	}
	for _, line := range c.Lines {
		if line.Open() || !line.OK || line.Asked == "" || line.Found == "" || line.Status == 0 {
			t.Errorf("line %+v", line)
		}
	}
	if got := b.changes(address); got != 4 {
		t.Errorf("%d changes, want to place, remove, restore and delete", got)
	}
	if got := b.canaryIn(c); len(got) != 0 {
		t.Errorf("the message lies in %v", got)
	}
	before := b.changes(address)
	b.ran(c.ID)
	if got := b.changes(address); got != before {
		t.Errorf("a job too many made %d changes", got-before)
	}
	setup, err := b.store.FindDeviceSetup(context.Background(), admin, b.device.ID)
	b.must(err)
	if _, proved := setup.Proved(clawback.ProofCanRemove); !proved {
		t.Error("the device's setup does not show the proof")
	}
}

// TestCanary_refusesProtected by the engine's own rule, in words, and places nothing.
func TestCanary_refusesProtected(t *testing.T) {
	b := setup(t)
	for name, address := range map[string]string{
		"a never-remove inbox": b.tenant.QuarantineAddress, "no address": "x", "an unknown one": "nobody@" + b.tenant.Domain, "outside": "x@elsewhere.example",
	} {
		_, err := b.engine.StartCanary(context.Background(), admin, b.device.ID, clawback.ProofCanRemove, address)
		if clawback.KindOf(err) != clawback.KindInvalid || clawback.FieldOf(err) != "address" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := b.changes(b.tenant.QuarantineAddress); got != 0 {
		t.Errorf("%d changes in a never-remove inbox", got)
	}
}

// TestCanary_unresolved refuses a mailbox that can't be looked up: it may be protected.
func TestCanary_unresolved(t *testing.T) {
	b := setup(t)
	b.app(`{"permissions":[]}`)
	if _, err := b.engine.StartCanary(context.Background(), admin, b.device.ID, clawback.ProofCanRemove, b.users[0]); clawback.FieldOf(err) != "address" || !strings.Contains(err.Error(), "Resolve recipients") {
		t.Errorf("a mailbox that can't be looked up: %v", err)
	}
}

func TestCanary_refusesWhileHalted(t *testing.T) {
	b := setup(t)
	b.must(b.store.SetHalt(context.Background(), admin, b.organization.ID, "Stop everything."))
	_, err := b.engine.StartCanary(context.Background(), admin, b.device.ID, clawback.ProofCanRemove, b.users[0])
	if clawback.KindOf(err) != clawback.KindConflict || !strings.Contains(err.Error(), "Stop everything.") {
		t.Errorf("halted: %v", err)
	}
}

func TestCanary_twoAdminsAtOnce(t *testing.T) {
	b := setup(t)
	c := b.canary(b.users[0])
	_, err := b.engine.StartCanary(context.Background(), admin, b.device.ID, clawback.ProofCanRemove, b.users[1])
	if clawback.KindOf(err) != clawback.KindConflict || !strings.Contains(err.Error(), "Clawback started") {
		t.Errorf("the second: %v", err)
	}
	b.ran(c.ID)
	b.ran(b.canary(b.users[1]).ID)
}

// TestCanary_failingSteps names the cause of each, and leaves nothing behind.
func TestCanary_failingSteps(t *testing.T) {
	policy := func(b *bench) error { b.app(fmt.Sprintf(`{"access_policy":{"deny":[%q]}}`, b.users[0])); return nil }
	move := func(b *bench, n int, do func(b *bench) error) hook {
		seen := 0
		return hook{faulty: faulty{Microsoft: b.graph, beforeMove: func() error {
			if seen++; seen == n {
				return do(b)
			}
			return nil
		}}}
	}
	unreachable := func(*bench) error {
		return &clawback.CallError{Call: "move", Answer: clawback.Answer{Kind: clawback.AnswerThrottled, Status: 429, Message: "Too many requests"}}
	}
	protect := func(b *bench) error {
		e := b.entry(b.users[0])
		b.setting.NeverRemove = append(b.setting.NeverRemove, e.ID)
		b.save()
		return nil
	}
	for name, tt := range map[string]struct {
		hook  func(b *bench) hook
		cause clawback.CanaryCause
		ends  int // steps that were begun before the clean-up
	}{
		"place refused":            {func(b *bench) hook { return hook{beforePlace: func() error { return policy(b) }} }, clawback.CanaryAccessPolicy, 1},
		"place without permission": {func(b *bench) hook { b.app(`{"permissions":["User.Read.All"]}`); return hook{} }, clawback.CanaryPermissionMissing, 1},
		"remove not taken":         {func(b *bench) hook { return move(b, 1, unreachable) }, clawback.CanaryUnavailable, 3},
		"restore not taken":        {func(b *bench) hook { return move(b, 2, unreachable) }, clawback.CanaryUnavailable, 5},
		"delete not taken":         {func(b *bench) hook { return move(b, 3, unreachable) }, clawback.CanaryUnavailable, 7},
		"protected before remove":  {func(b *bench) hook { return hook{afterPlace: func() error { return protect(b) }} }, clawback.CanaryProtected, 2},
		"halted before remove": {func(b *bench) hook {
			return hook{afterPlace: func() error { return b.store.SetHalt(context.Background(), admin, "", "Stop.") }}
		}, clawback.CanaryHalted, 2},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			h := tt.hook(b)
			h.Microsoft = b.graph
			b.with(h)
			c := b.ran(b.canary(b.users[0]).ID)
			if c.Status != clawback.CanaryFailed || c.Problem.Cause != tt.cause || c.Problem.Finding == "" || c.Problem.Advice == "" || c.Problem.Who == "" {
				t.Errorf("ended %+v", c.Problem)
			}
			if got, want := stepsOf(c), clawback.ProofCanRemove.Steps()[:tt.ends]; len(got) < tt.ends || !slices.Equal(got[:tt.ends], want) {
				t.Errorf("steps %v, want to begin with %v", got, want)
			}
			if c.LeftBehind || len(b.canaryIn(c)) != 0 {
				t.Errorf("left behind: %v, in %v: %+v", c.LeftBehind, b.canaryIn(c), c.Lines)
			}
		})
	}
}

// TestCanary_interrupted is a process that dies at each change, before or after its effect: the next start looks, takes
// away what is our own, changes nothing else, and proves nothing.
func TestCanary_interrupted(t *testing.T) {
	for name, cut := range map[string]struct {
		at    int // 0 is the placing, then the moves
		after bool
	}{
		"before placing": {0, false}, "after placing": {0, true}, "before removing": {1, false}, "after removing": {1, true},
		"before restoring": {2, false}, "after restoring": {2, true}, "before deleting": {3, false}, "after deleting": {3, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			ctx, die := context.WithCancel(context.Background())
			defer die()
			seen := 0
			at := func(after bool) func() error {
				return func() error {
					if !after {
						seen++
					}
					if seen-1 == cut.at && after == cut.after {
						die()
						return ctx.Err()
					}
					return nil
				}
			}
			b.with(hook{faulty: faulty{Microsoft: b.graph, beforeMove: at(false), afterMove: at(true)}, beforePlace: at(false), afterPlace: at(true)})
			c := b.canary(b.users[0])
			if err := b.engine.Canary(ctx, c.ID); !errors.Is(err, context.Canceled) {
				t.Fatalf("the dying pass: %v", err)
			}
			b.restart()
			c = b.ran(c.ID)
			if c.Status != clawback.CanaryFailed || c.Problem.Cause != clawback.CanaryInterrupted || c.LeftBehind {
				t.Errorf("ended %+v", c)
			}
			if got := b.canaryIn(c); len(got) != 0 {
				t.Errorf("the message lies in %v", got)
			}
			b.ran(b.canary(b.users[0]).ID)
		})
	}
}

// TestCanary_leftBehind says so, until somebody has it cleaned up.
func TestCanary_leftBehind(t *testing.T) {
	b := setup(t)
	closed := true
	b.with(hook{faulty: faulty{Microsoft: b.graph, beforeMove: func() error {
		if closed {
			return &clawback.CallError{Call: "move", Answer: clawback.Answer{Kind: clawback.AnswerUnavailable, Status: 503, Message: "Busy"}}
		}
		return nil
	}}})
	c := b.ran(b.canary(b.users[0]).ID)
	if c.Status != clawback.CanaryFailed || !c.LeftBehind || len(b.canaryIn(c)) != 1 {
		t.Fatalf("ended %+v in %v", c, b.canaryIn(c))
	}
	closed = false
	_, err := b.store.CleanUpCanary(context.Background(), admin, c.ID)
	b.must(err)
	c = b.ran(c.ID)
	if c.LeftBehind || len(b.canaryIn(c)) != 0 || c.Problem.Cause != clawback.CanaryUnavailable {
		t.Errorf("cleaned up %+v in %v", c, b.canaryIn(c))
	}
	if _, err := b.store.CleanUpCanary(context.Background(), admin, c.ID); clawback.KindOf(err) != clawback.KindConflict {
		t.Errorf("once more: %v", err)
	}
}

// TestCanary_touchesItsOwnAlone although somebody else's email bears its Message-ID.
func TestCanary_touchesItsOwnAlone(t *testing.T) {
	b := setup(t)
	c := b.canary(b.users[0])
	mail := "From: x@elsewhere.example\r\nSubject: Same id\r\nMessage-ID: " + c.MessageID + "\r\n\r\nKeep me.\r\n"
	b.control(http.MethodPost, "/messages?to="+url.QueryEscape(b.users[0]), mail, nil)
	if c = b.ran(c.ID); c.Status != clawback.CanaryProved {
		t.Errorf("ended %+v", c.Problem)
	}
	if got := b.canaryIn(c); !slices.Equal(got, []string{"inbox"}) {
		t.Errorf("the other email lies in %v", got)
	}
}
