package graphclient

import (
	"context"

	"clawback"
)

// SetTraceSize makes the pages of the message trace small.
func SetTraceSize(c *Client, size int) { c.traceSize = size }

// Merge is the merging of trace rows.
var Merge = merge

// Pack is the spreading of a call over batches, by mailbox.
func Pack(mailboxes ...string) [][]int {
	steps, all := make([]step, len(mailboxes)), make([]int, len(mailboxes))
	for i, mailbox := range mailboxes {
		steps[i].mailbox, all[i] = mailbox, i
	}
	return pack(steps, all)
}

// Classify is the one table of answers.
func Classify(status int, code string) clawback.AnswerKind { return classify(status, code) }

// Turns are who may trace.
type Turns = turns

// Take waits for a tenant's turn.
func (t *turns) Take(ctx context.Context, tenantID string) (func(), error) {
	return t.take(ctx, tenantID)
}
