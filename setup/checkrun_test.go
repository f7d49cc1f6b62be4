package setup_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"clawback"
	"clawback/graphclient"
	"clawback/setup"
)

// gates let one part of Microsoft after another answer.
type gates struct {
	*graphclient.Client
	tokens, directory, calls chan struct{}
}

func (g gates) Tokens(ctx context.Context, conn clawback.Connection) clawback.TokensEvidence {
	<-g.tokens
	return g.Client.Tokens(ctx, conn)
}

func (g gates) Directory(ctx context.Context, conn clawback.Connection, objectID string) clawback.DirectoryEvidence {
	<-g.directory
	return g.Client.Directory(ctx, conn, objectID)
}

func (g gates) Calls(ctx context.Context, conn clawback.Connection) clawback.CallsEvidence {
	<-g.calls
	return g.Client.Calls(ctx, conn)
}

// come waits until so many layers of a step are kept.
func (b *bench) come(step clawback.SetupStep, n int) []clawback.CheckLayer {
	b.t.Helper()
	for until := time.Now().Add(10 * time.Second); time.Now().Before(until); {
		run := b.setup().Run
		if len(run.Layers[step]) != n {
			continue
		}
		var layers []clawback.CheckLayer
		for _, l := range run.Layers[step] {
			layers = append(layers, l.Layer)
		}
		return layers
	}
	b.t.Fatalf("%d layers do not come in: %+v", n, b.setup().Run)
	return nil
}

// TestChecker_layerByLayer keeps what came in before the rest does, and no verdict before all did.
func TestChecker_layerByLayer(t *testing.T) {
	b := start(t).withDevice()
	g := gates{b.client, make(chan struct{}), make(chan struct{}), make(chan struct{})}
	c := setup.New(setup.Config{Store: b.store, Microsoft: g, Now: b.clock.Now})
	if err := c.StartCheck(t.Context(), b.admin, b.device.ID, clawback.StepSecurityReader); err != nil {
		t.Fatal(err)
	}
	if s := b.setup(); !s.Run.Running(b.clock.Now()) || s.Run.StartedBy != b.admin.Name || len(s.Run.Layers) != 0 {
		t.Errorf("begun: %+v", s.Run)
	}
	close(g.tokens)
	if got := b.come(clawback.StepSecurityReader, 2); !slices.Equal(got, []clawback.CheckLayer{clawback.LayerCredential, clawback.LayerClaims}) {
		t.Errorf("first came %v", got)
	}
	close(g.calls)
	if got := b.come(clawback.StepSecurityReader, 3); got[2] != clawback.LayerCall {
		t.Errorf("then came %v", got)
	}
	if s := b.setup(); len(s.Checks) != 0 {
		t.Errorf("a verdict before the directory answered: %+v", s.Checks)
	}
	close(g.directory)
	c.Wait()
	s := b.setup()
	if check, _ := s.Check(clawback.StepSecurityReader); s.Run.Running(b.clock.Now()) || check.Status != clawback.CheckPass || len(check.Layers) != 4 {
		t.Errorf("at the end: %+v, %+v", s.Run, check)
	}
}

// TestChecker_watch looks no more often than it may, however many pages are open, and again after a while.
func TestChecker_watch(t *testing.T) {
	b := start(t).withDevice()
	look := func() clawback.CheckRun {
		for range 5 {
			if err := b.checker.WatchDevice(t.Context(), b.admin, b.device.ID); err != nil {
				t.Fatal(err)
			}
		}
		b.checker.Wait()
		return b.setup().Run
	}
	first := look()
	if len(b.setup().Checks) != len(clawback.CheckedSteps()) {
		t.Fatalf("the first look checks nothing: %+v", first)
	}
	if again := look(); again.ID != first.ID {
		t.Error("it looked again at once")
	}
	b.clock.Advance(clawback.CheckRest + time.Second)
	if later := look(); later.ID == first.ID {
		t.Error("it does not look again")
	}
	if touched := b.setup().Touches; len(touched) != 0 {
		t.Errorf("an open page is no work on the step: %+v", touched)
	}
}

// TestChecker_cutOff is a check that ended with its process.
func TestChecker_cutOff(t *testing.T) {
	b := start(t).withDevice()
	if _, begun, err := b.store.BeginCheckRun(t.Context(), b.admin, b.device.ID, 0); err != nil || !begun {
		t.Fatal(err)
	}
	if err := b.checker.WatchDevice(t.Context(), b.admin, b.device.ID); err != nil || len(b.setup().Checks) > 0 {
		t.Fatalf("beside a check that is under way: %v", err)
	}
	b.clock.Advance(clawback.CheckTime + clawback.CheckRest)
	if b.setup().Run.Running(b.clock.Now()) {
		t.Error("it is under way for ever")
	}
	if err := b.checker.WatchDevice(t.Context(), b.admin, b.device.ID); err != nil {
		t.Fatal(err)
	}
	if b.checker.Wait(); len(b.setup().Checks) == 0 {
		t.Error("nothing follows it")
	}
}
