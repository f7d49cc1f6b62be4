package setup

import (
	"context"
	"slices"

	"clawback"
)

// StartCheck begins every check of a device for a person, and notes who worked on
// the step; what comes in is kept layer by layer. It returns KindNotFound and
// KindForbidden.
func (c *Checker) StartCheck(ctx context.Context, actor clawback.Actor, deviceID string, step clawback.SetupStep) error {
	if err := c.store.TouchStep(ctx, actor, deviceID, step); err != nil {
		return err
	}
	run, _, err := c.store.BeginCheckRun(ctx, actor, deviceID, 0)
	if err != nil {
		return err
	}
	c.begin(ctx, actor, run)
	return nil
}

// WatchDevice begins every check of a device for a page that is open, unless one is
// under way or the last is younger than clawback.CheckRest. It returns KindNotFound.
func (c *Checker) WatchDevice(ctx context.Context, actor clawback.Actor, deviceID string) error {
	run, begun, err := c.store.BeginCheckRun(ctx, actor, deviceID, clawback.CheckRest)
	if err == nil && begun {
		c.begin(ctx, actor, run)
	}
	return err
}

// begin makes a check that nobody waits for: the request that asked for it ends
// before.
func (c *Checker) begin(ctx context.Context, actor clawback.Actor, run clawback.CheckRun) {
	ctx = context.WithoutCancel(ctx)
	c.begun.Go(func() {
		if _, err := c.run(ctx, actor, run); err != nil {
			c.log.ErrorContext(ctx, "check a device", "device_id", run.DeviceID, "error", err)
		}
	})
}

// Wait returns when no check that StartCheck or WatchDevice began is under way.
func (c *Checker) Wait() { c.begun.Wait() }

// finish ends a run, also where its request was cancelled.
func (c *Checker) finish(ctx context.Context, run clawback.CheckRun) {
	if err := c.store.FinishCheckRun(context.WithoutCancel(ctx), run); err != nil {
		c.log.ErrorContext(ctx, "finish a check", "device_id", run.DeviceID, "error", err)
	}
}

// showing keeps the layers of each step that can be told by now. That it could not
// be kept spoils no check.
func (c *Checker) showing(ctx context.Context, run clawback.CheckRun, before clawback.DeviceSetup) func(clawback.SetupEvidence, []clawback.CheckLayer) {
	return func(e clawback.SetupEvidence, arrived []clawback.CheckLayer) {
		e = recalled(e, before)
		layers := map[clawback.SetupStep][]clawback.LayerResult{}
		for _, step := range clawback.CheckedSteps() {
			for _, l := range Diagnose(step, e).Layers {
				if slices.Contains(arrived, l.Layer) {
					layers[step] = append(layers[step], l)
				}
			}
		}
		if err := c.store.SaveCheckLayers(ctx, run, layers); err != nil {
			c.log.WarnContext(ctx, "keep the layers of a check", "device_id", run.DeviceID, "error", err)
		}
	}
}
