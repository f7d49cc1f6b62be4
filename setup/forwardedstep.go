package setup

import (
	"context"

	"clawback"
)

// ForwardStore keeps the links to single steps.
type ForwardStore interface {
	OpenForwardedStep(ctx context.Context, who clawback.Actor, token string) (clawback.ForwardedHelp, error)
	ReportForwardedStep(ctx context.Context, who clawback.Actor, token string) (clawback.ForwardedHelp, error)
}

// OpenForwardedStep answers what the bearer of a link is told, with the public
// part of the device's credential. It returns KindNotFound for a link that was
// never made and KindConflict for one that works no more.
func (c *Checker) OpenForwardedStep(ctx context.Context, who clawback.Actor, token string) (clawback.ForwardedHelp, error) {
	help, err := c.store.OpenForwardedStep(ctx, who, token)
	if err != nil {
		return help, err
	}
	conn, err := c.store.FindConnection(ctx, help.DeviceID)
	if err != nil {
		return help, err
	}
	help.Credential, err = c.shown(ctx, help.Device, conn)
	if help.Credential.Next != nil {
		help.Credential = *help.Credential.Next // it is what is to be uploaded
	}
	return help, err
}

// ReportForwardedStep takes the word of a link's bearer that the step is done: Run
// checks the device within seconds. It returns the errors of OpenForwardedStep.
func (c *Checker) ReportForwardedStep(ctx context.Context, who clawback.Actor, token string) (clawback.ForwardedHelp, error) {
	return c.store.ReportForwardedStep(ctx, who, token)
}
