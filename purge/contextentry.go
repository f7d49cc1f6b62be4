package purge

import (
	"context"
	"errors"
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
	if err := e.resolveEntries(ctx, connections, []clawback.ContextEntry{entry}); err != nil {
		e.log.WarnContext(ctx, "context entry not resolved", "entry_id", entry.ID, "error", err)
	}
	return e.store.FindContext(ctx, actor, entryID)
}

// resolveEntries saves of each entry the first tenant's answer that knows the
// address; where none does, the last answer, with what went wrong.
func (e *Engine) resolveEntries(ctx context.Context, connections []clawback.Connection, entries []clawback.ContextEntry) error {
	answers := make([]*clawback.MailboxAnswer, len(entries))
	for _, conn := range connections {
		var open []int
		var addresses []string
		for i, entry := range entries {
			if answers[i] == nil || answers[i].Mailbox.ID == "" {
				open, addresses = append(open, i), append(addresses, entry.Address)
			}
		}
		for n, answer := range e.lookUpEntries(ctx, conn, addresses) {
			answers[open[n]] = &answer
		}
	}
	var failed []error
	for i, answer := range answers {
		if answer != nil {
			failed = append(failed, e.store.SaveContextMailbox(ctx, entries[i].ID, *answer))
		}
	}
	return errors.Join(failed...)
}

// lookUpEntries answers every address, a look-up that failed by its failure.
func (e *Engine) lookUpEntries(ctx context.Context, conn clawback.Connection, addresses []string) []clawback.MailboxAnswer {
	if len(addresses) == 0 {
		return nil
	}
	answers, err := e.microsoft.LookUpMailboxes(ctx, conn, addresses)
	if err == nil {
		return answers
	}
	answers = make([]clawback.MailboxAnswer, len(addresses))
	for i, address := range addresses {
		answers[i] = clawback.MailboxAnswer{Address: address, Answer: answerOf(err)}
	}
	return answers
}
