package purge

import (
	"context"
	"fmt"

	"clawback"
)

// ResolveContext looks the address of a context entry up in the organization's
// tenants, on a person's request, and answers the entry as it is then. A
// look-up that fails is noted in the entry; it is no error.
func (e *Engine) ResolveContext(ctx context.Context, actor clawback.Actor, entryID string) (clawback.ContextEntry, error) {
	entry, err := e.store.FindContext(ctx, actor, entryID)
	if err != nil {
		return entry, err
	}
	connections, err := e.store.ListConnections(ctx, entry.OrganizationID)
	if err != nil {
		return entry, fmt.Errorf("list connections: %w", err)
	}
	if err := e.resolveEntry(ctx, connections, entry); err != nil {
		e.log.WarnContext(ctx, "context entry not resolved", "entry_id", entry.ID, "error", err)
	}
	return e.store.FindContext(ctx, actor, entryID)
}

// resolveEntry saves the first tenant's answer that knows the address; where
// none does, the last answer, with what went wrong.
func (e *Engine) resolveEntry(ctx context.Context, connections []clawback.Connection, entry clawback.ContextEntry) error {
	var last *clawback.MailboxAnswer
	for _, conn := range connections {
		answers, err := e.microsoft.LookUpMailboxes(ctx, conn, []string{entry.Address})
		if err != nil {
			last = &clawback.MailboxAnswer{Address: entry.Address, Answer: answerOf(err)}
			continue
		}
		last = &answers[0]
		if last.Mailbox.ID != "" {
			break
		}
	}
	if last == nil {
		return nil
	}
	return e.store.SaveContextMailbox(ctx, entry.ID, *last)
}
