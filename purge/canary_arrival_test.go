package purge_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"clawback"
)

func (b *bench) awaited(address string) clawback.Canary {
	b.t.Helper()
	c, err := b.engine.StartCanary(context.Background(), admin, b.device.ID, clawback.ProofEndToEnd, address)
	b.must(err)
	return c
}

// outside sends the email of a canary, or one like it, from outside.
func (b *bench) outside(about string, options string, to ...string) {
	b.t.Helper()
	mail := "From: me@private.example\r\nTo: x@y.example\r\nSubject: " + about + "\r\nMessage-ID: <test." + fmt.Sprint(b.clock.Now().UnixNano()) +
		"@private.example>\r\nDate: " + b.clock.Now().Format(time.RFC1123Z) + "\r\n\r\nHello.\r\n"
	b.control(http.MethodPost, "/messages?to="+url.QueryEscape(strings.Join(to, ","))+options, mail, nil)
}

// removal takes the removal of a canary through the ordinary engine.
func (b *bench) removal(c clawback.Canary) {
	b.t.Helper()
	if c.RemediationID == "" {
		b.t.Fatalf("no removal began: %+v", c)
	}
	b.trace(c.RemediationID)
	b.work(c.RemediationID)
}

func TestCanary_endToEnd(t *testing.T) {
	for name, removal := range map[string]clawback.RemovalKind{"soft": clawback.RemovalSoft, "hard": clawback.RemovalHard} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			b.setting.Removal = removal
			b.save()
			c := b.ran(b.awaited(b.users[0]).ID)
			if !c.Waiting() || !strings.HasPrefix(c.Subject, "Clawback test ") || c.NextAt.IsZero() || c.GivesUpAt.Sub(c.StartedAt) != time.Hour {
				t.Fatalf("waits %+v", c)
			}
			b.clock.Advance(clawback.CanaryLook)
			b.outside("Re: "+c.Subject, "&trace_delay=60", b.users[0])
			if c = b.ran(c.ID); !c.Waiting() {
				t.Fatalf("before the trace shows it: %+v", c)
			}
			b.clock.Advance(2 * time.Minute)
			c = b.ran(c.ID)
			b.removal(c)
			r := b.remediation(c.RemediationID)
			if r.CanaryID != c.ID || r.Status != clawback.StatusCompleted || r.ContainedAt.IsZero() || r.Counts.Of(clawback.OutcomeRemoved) != 1 {
				t.Errorf("the removal %+v", r)
			}
			if r.Counts.Recipients != 1 || r.Counts.Untraced != 0 {
				t.Errorf("the removal did not find it by its own trace: %+v", r.Counts)
			}
			c = b.ran(c.ID)
			if c.Status != clawback.CanaryProved || len(c.Lines) != 3 {
				t.Errorf("ended %+v: %+v", c.Problem, c.Lines)
			}
			for _, line := range c.Lines {
				if line.Open() || !line.OK || line.Found == "" {
					t.Errorf("line %+v", line)
				}
			}
			facts, err := b.store.FindOrganizationFacts(context.Background(), admin, b.organization.ID)
			b.must(err)
			if facts.Removed != 0 || facts.Contained != 0 {
				t.Errorf("a test counts as a removal: %+v", facts)
			}
		})
	}
}

// TestCanary_endToEndFails names each way in which the email does not go the whole way.
func TestCanary_endToEndFails(t *testing.T) {
	for name, tt := range map[string]struct {
		cause clawback.CanaryCause
		words string
		run   func(b *bench, c clawback.Canary) clawback.Canary
	}{
		"never sent": {clawback.CanaryNotArrived, "Within an hour", func(b *bench, c clawback.Canary) clawback.Canary {
			b.clock.Advance(time.Hour + time.Minute)
			return b.ran(c.ID)
		}},
		"sent to another mailbox": {clawback.CanaryNotArrived, "not to", func(b *bench, c clawback.Canary) clawback.Canary {
			b.outside(c.Subject, "", b.users[1])
			if c = b.ran(c.ID); !c.Waiting() {
				b.t.Errorf("it does not wait on: %+v", c)
			}
			b.clock.Advance(time.Hour + time.Minute)
			return b.ran(c.ID)
		}},
		"quarantined": {clawback.CanaryNotArrived, "quarantined", func(b *bench, c clawback.Canary) clawback.Canary {
			b.outside(c.Subject, "&status=quarantined", b.users[0])
			return b.ran(c.ID)
		}},
		"trace closed": {clawback.CanaryTraceClosed, "Message trace", func(b *bench, c clawback.Canary) clawback.Canary {
			b.app(`{"roles":[],"permissions":["User.Read.All","Mail.ReadWrite"]}`)
			b.clock.Advance(2 * time.Hour) // until the tokens are new ones
			return b.ran(c.ID)
		}},
		"protected meanwhile": {clawback.CanaryEngineFailed, "protected", func(b *bench, c clawback.Canary) clawback.Canary {
			b.setting.NeverRemove = append(b.setting.NeverRemove, b.entry(b.users[0]).ID)
			b.save()
			b.outside(c.Subject, "", b.users[0])
			c = b.ran(c.ID)
			b.removal(c)
			if n := b.changes(b.users[0]); n != 0 {
				b.t.Errorf("%d changes in a protected mailbox", n)
			}
			return b.ran(c.ID)
		}},
		"off meanwhile": {clawback.CanaryNotEnforced, "not enforce", func(b *bench, c clawback.Canary) clawback.Canary {
			b.setting.Mode = clawback.ModeObserve
			b.save()
			b.outside(c.Subject, "", b.users[0])
			return b.ran(c.ID)
		}},
		"off while it removes": {clawback.CanaryEngineFailed, "observed", func(b *bench, c clawback.Canary) clawback.Canary {
			b.outside(c.Subject, "", b.users[0])
			c = b.ran(c.ID)
			b.setting.Mode = clawback.ModeObserve
			b.save()
			b.removal(c)
			return b.ran(c.ID)
		}},
		"halted": {clawback.CanaryEngineFailed, "within an hour", func(b *bench, c clawback.Canary) clawback.Canary {
			b.outside(c.Subject, "", b.users[0])
			c = b.ran(c.ID)
			b.must(b.store.SetHalt(context.Background(), admin, "", "Stop."))
			b.removal(c)
			if c = b.ran(c.ID); c.Ended() {
				b.t.Errorf("it does not wait: %+v", c)
			}
			b.clock.Advance(time.Hour + time.Minute)
			return b.ran(c.ID)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			c := tt.run(b, b.awaited(b.users[0]))
			said := c.Problem.Finding + " " + c.Problem.Advice
			if c.Status != clawback.CanaryFailed || c.Problem.Cause != tt.cause || !strings.Contains(said, tt.words) || c.Problem.Advice == "" {
				t.Errorf("ended %+v: %+v", c.Problem, c.Lines)
			}
			for _, line := range c.Lines {
				if line.Open() {
					t.Errorf("an open line %+v", line)
				}
			}
			if c.RemediationID != "" && !b.remediation(c.RemediationID).Ended() {
				t.Errorf("its removal runs on: %+v", b.remediation(c.RemediationID).Status)
			}
			b.must(b.engine.Canary(context.Background(), c.ID))
		})
	}
}

// TestCanary_oneMailboxAlone removes nothing from others, whom the email reached as well.
func TestCanary_oneMailboxAlone(t *testing.T) {
	b := setup(t)
	c := b.awaited(b.users[0])
	b.outside(c.Subject, "", b.users[0], b.users[1], b.users[2])
	c = b.ran(c.ID)
	b.removal(c)
	c = b.ran(c.ID)
	for _, other := range b.users[1:3] {
		if n := b.changes(other); n != 0 {
			t.Errorf("%d changes in %s", n, other)
		}
	}
	if c.Problem.Cause != clawback.CanaryNotInMailbox || !b.remediation(c.RemediationID).Ended() {
		t.Errorf("ended %+v", c)
	}
}

// TestCanary_waitsOverARestart goes on waiting: nothing of it was under way.
func TestCanary_waitsOverARestart(t *testing.T) {
	b := setup(t)
	c := b.ran(b.awaited(b.users[0]).ID)
	b.restart()
	if c = b.ran(c.ID); !c.Waiting() {
		t.Errorf("after the restart %+v", c)
	}
	if _, err := b.store.StopCanary(context.Background(), admin, c.ID); err != nil {
		t.Error(err)
	}
	if c = b.ran(c.ID); c.Problem.Cause != clawback.CanaryStopped {
		t.Errorf("stopped %+v", c.Problem)
	}
}

func TestCanary_endToEndNeedsEnforce(t *testing.T) {
	b := setup(t)
	b.setting.Mode = clawback.ModeObserve
	b.save()
	_, err := b.engine.StartCanary(context.Background(), admin, b.device.ID, clawback.ProofEndToEnd, b.users[0])
	if clawback.KindOf(err) != clawback.KindConflict || !strings.Contains(err.Error(), "switch enforce on") {
		t.Errorf("in observe mode: %v", err)
	}
}
