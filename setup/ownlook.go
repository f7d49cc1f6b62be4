package setup

import (
	"context"
	"fmt"

	"clawback"
)

// LookStore keeps what people saw with the own right.
type LookStore interface {
	SaveOwnLooks(ctx context.Context, actor clawback.Actor, deviceID string, looks []clawback.OwnLook) error
}

// Look reads the directory with the right of the actor, whom Microsoft knows by an
// account's name, and keeps what it says of the steps that do not pass. No check's
// result is touched by it. The token is used here and kept nowhere. It returns
// KindNotFound and KindForbidden.
func (c *Checker) Look(ctx context.Context, actor clawback.Actor, deviceID string, step clawback.SetupStep, account string, token clawback.Secret) error {
	if err := c.store.TouchStep(ctx, actor, deviceID, step); err != nil {
		return err
	}
	before, err := c.store.FindDeviceSetup(ctx, actor, deviceID)
	if err != nil {
		return err
	}
	conn, err := c.store.FindConnection(ctx, deviceID)
	if err != nil {
		return fmt.Errorf("find the device's connection: %w", err)
	}
	limited, cancel := context.WithTimeout(ctx, clawback.CheckTime)
	defer cancel()
	evidence := c.gather(limited, conn, func(clawback.SetupEvidence, []clawback.CheckLayer) {})
	evidence.Directory = c.microsoft.DirectoryAs(limited, conn, principalOf(evidence, before), token)
	evidence = recalled(evidence, before)
	var looks []clawback.OwnLook
	for _, step := range clawback.CheckedSteps() {
		look := clawback.OwnLook{Diagnosis: Diagnose(step, evidence), Step: step, By: actor.Name, Account: account, At: evidence.At}
		if look.Status != clawback.CheckPass {
			looks = append(looks, look)
		}
	}
	return c.store.SaveOwnLooks(ctx, actor, deviceID, looks)
}
