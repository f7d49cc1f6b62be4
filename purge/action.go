package purge

import (
	"context"
	"fmt"

	"clawback"
)

// ActionStore keeps what a look into the mailboxes of an action showed.
type ActionStore interface {
	FindActionLooks(ctx context.Context, actor clawback.Actor, actionID string, records []string) ([]clawback.ActionLook, error)
	SaveActionLooks(ctx context.Context, actor clawback.Actor, look clawback.ActionLook, findings []clawback.Finding) (clawback.ActionLooked, error)
}

// CheckAction looks into mailboxes of an action whether the email is gone, into
// all or the named ones, on a person's request: it changes nothing there. Those
// from which it is gone leave the action.
func (e *Engine) CheckAction(ctx context.Context, actor clawback.Actor, actionID string, records []string) (clawback.ActionLooked, error) {
	var looked clawback.ActionLooked
	looks, err := e.store.FindActionLooks(ctx, actor, actionID, records)
	if err != nil {
		return looked, err
	}
	for _, look := range looks {
		findings := e.lookThrough(ctx, clawback.Claim{Remediation: look.Remediation, Connection: look.Connection}, look.Records)
		saved, err := e.store.SaveActionLooks(ctx, actor, look, findings)
		if err != nil {
			return looked, fmt.Errorf("save looks: %w", err)
		}
		looked.Gone += saved.Gone
		looked.Left += saved.Left
		looked.Unknown += saved.Unknown
	}
	return looked, nil
}
