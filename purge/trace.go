package purge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"clawback"
)

// maxTraceSpan is the span that Microsoft's message trace answers at once.
const maxTraceSpan = 10 * 24 * time.Hour

// Trace asks who received the email, resolves the recipients to mailboxes and
// saves both. It serves the preview, the start and each look of the watch. An
// error of Microsoft blocks the remediation with its name and comes back as a
// *clawback.CallError for the caller to try again.
func (e *Engine) Trace(ctx context.Context, remediationID string) error {
	work, err := e.store.FindWork(ctx, remediationID)
	if err != nil {
		return fmt.Errorf("find work: %w", err)
	}
	if work.Remediation.Ended() || work.Remediation.Status == clawback.StatusAwaitingApproval {
		return nil
	}
	if len(work.Connections) == 0 {
		return e.block(ctx, remediationID, blocked(clawback.BlockedDevice, noDevice()))
	}

	e.resolveNeverRemove(ctx, work)
	if err := e.store.BeginKnown(ctx, remediationID); err != nil {
		return fmt.Errorf("begin with the preview's mailboxes: %w", err)
	}
	finding, err := e.traceDevices(ctx, work)
	if err != nil {
		return e.block(ctx, remediationID, err)
	}
	return e.store.SaveTrace(ctx, remediationID, finding)
}

// noDevice is for the caller to try again: a device may be connected any time.
func noDevice() error {
	return &clawback.CallError{Call: "connection", Answer: clawback.Answer{Kind: clawback.AnswerNotSent, RetryAfter: time.Minute,
		Message: "No Microsoft 365 tenant is connected. Connect a device in the setup."}}
}

func (e *Engine) block(ctx context.Context, remediationID string, cause error) error {
	var call *blockedCall
	if !errors.As(cause, &call) {
		return cause
	}
	if err := e.store.BlockRemediation(ctx, remediationID, call.by, call.detail); err != nil {
		return fmt.Errorf("block remediation: %w", err)
	}
	return cause
}

// blockedCall is a failed call together with what it blocks.
type blockedCall struct {
	by     clawback.BlockedBy
	detail string
	err    error
}

func (b *blockedCall) Error() string { return string(b.by) + ": " + b.err.Error() }
func (b *blockedCall) Unwrap() error { return b.err }

func blocked(by clawback.BlockedBy, err error) error {
	var call *clawback.CallError
	if !errors.As(err, &call) {
		return &blockedCall{by: by, detail: "The answer could not be used.", err: err}
	}
	if call.Kind == clawback.AnswerUnauthorized || call.Call == clawback.CallToken {
		by = clawback.BlockedToken
	}
	return &blockedCall{by: by, detail: call.Message, err: err}
}

// traceBlocker tells a message trace that was asked too often from one that fails: the one needs nobody.
func traceBlocker(err error) clawback.BlockedBy {
	var call *clawback.CallError
	if errors.As(err, &call) && call.Kind == clawback.AnswerThrottled {
		return clawback.BlockedQuota
	}
	return clawback.BlockedTrace
}

// resolveNeverRemove looks every selected entry up anew. One that fails keeps
// protecting by what is known of it, so a failure stops nothing.
func (e *Engine) resolveNeverRemove(ctx context.Context, work clawback.Work) {
	if err := e.resolveEntries(ctx, work.Connections, work.NeverRemove); err != nil {
		e.log.WarnContext(ctx, "never-remove entries not resolved", "remediation_id", work.Remediation.ID, "error", err)
	}
}

// traceDevices asks every device who got the targets, then looks at what they
// really are, and at the mailboxes that no trace names.
func (e *Engine) traceDevices(ctx context.Context, work clawback.Work) (clawback.TraceFinding, error) {
	r := work.Remediation
	finding := clawback.TraceFinding{Targets: slices.Clone(r.Targets)}
	preview := r.Status == clawback.StatusDraft
	fresh, err := e.freshIdentities(ctx, r.ID)
	if err != nil {
		return finding, err
	}
	var seen sighting
	for _, conn := range work.Connections {
		rows, err := e.traceTargets(ctx, conn, r)
		if err != nil {
			return finding, blocked(traceBlocker(err), err)
		}
		mailboxes, err := e.mailboxes(ctx, conn, rows, positions(r.Targets), fresh)
		if err != nil {
			return finding, err
		}
		seen.rows = append(seen.rows, rows...)
		finding.Mailboxes = append(finding.Mailboxes, mailboxes...)
	}
	finding.Mailboxes = withoutForeign(finding.Mailboxes)
	finding.Recipients = countRecipients(seen.rows)
	if err := e.addNamed(ctx, work, &finding); err != nil {
		return finding, err
	}
	unknown := slices.ContainsFunc(finding.Targets, func(t clawback.Target) bool { return !t.Known() })
	if preview || unknown {
		for _, conn := range work.Connections {
			e.sample(ctx, conn, finding.Targets, ofDevice(conn.DeviceID, finding.Mailboxes), &seen)
		}
		seen.complete(finding.Targets, preview)
	}
	finding.Variants = mark(seen.variants(nil), finding.Targets)
	if preview {
		e.findSimilar(ctx, work, seen.rows, &finding)
	}
	return finding, e.addSenders(ctx, work, &finding)
}

// traceTargets asks the message trace of one device about every target.
func (e *Engine) traceTargets(ctx context.Context, conn clawback.Connection, r clawback.Remediation) ([]clawback.TraceRow, error) {
	var rows []clawback.TraceRow
	for _, query := range e.targetQueries(r) {
		traced, err := e.microsoft.TraceMessage(ctx, conn, query.TraceQuery)
		if err != nil {
			return nil, err
		}
		for _, row := range traced.Rows {
			if row.MessageID == "" {
				row.MessageID = query.MessageID
			}
			if query.ids[clawback.MessageIDKey(row.MessageID)] {
				rows = append(rows, row)
			}
		}
	}
	return rows, nil
}

func ofDevice(deviceID string, mailboxes []clawback.TracedMailbox) []clawback.TracedMailbox {
	return slices.DeleteFunc(slices.Clone(mailboxes), func(m clawback.TracedMailbox) bool { return m.DeviceID != deviceID })
}

// mailboxes resolves the recipients of trace rows, one entry a mailbox, with the
// positions of the targets that reached it.
func (e *Engine) mailboxes(ctx context.Context, conn clawback.Connection, rows []clawback.TraceRow, byID map[string][]int, fresh identities) ([]clawback.TracedMailbox, error) {
	byRecipient, reached := map[string]clawback.TraceRow{}, map[string][]int{}
	var addresses []string
	for _, row := range rows {
		if row.Status == clawback.DeliveryExpanded {
			continue
		}
		known, seen := byRecipient[row.Recipient]
		if !seen {
			addresses = append(addresses, row.Recipient)
		}
		if !seen || outweighs(row, known) {
			byRecipient[row.Recipient] = row
		}
		reached[row.Recipient] = join(reached[row.Recipient], byID[clawback.MessageIDKey(row.MessageID)])
	}
	answers, open := fresh.of(conn.DeviceID, addresses)
	looked, err := e.lookUp(ctx, conn, open)
	if err != nil {
		return nil, err
	}
	answers = append(answers, looked...)

	byKey := map[string]int{}
	var traced []clawback.TracedMailbox
	for _, answer := range answers {
		entry := tracedMailbox(conn.DeviceID, byRecipient[answer.Address], answer)
		entry.Targets = reached[answer.Address]
		key := mailboxKey(entry.Mailbox)
		if i, seen := byKey[key]; seen {
			traced[i] = mergeTraced(traced[i], entry)
			continue
		}
		byKey[key] = len(traced)
		traced = append(traced, entry)
	}
	return traced, nil
}

// lookUp asks the directory about addresses; a look-up that is refused or may
// succeed later fails as a whole.
func (e *Engine) lookUp(ctx context.Context, conn clawback.Connection, addresses []string) ([]clawback.MailboxAnswer, error) {
	if len(addresses) == 0 {
		return nil, nil
	}
	answers, err := e.microsoft.LookUpMailboxes(ctx, conn, addresses)
	if err != nil {
		return nil, blocked(clawback.BlockedDirectory, err)
	}
	for _, answer := range answers {
		if refused := answer.Answer; refused.Passing() || refused.Kind == clawback.AnswerDenied {
			return nil, blocked(clawback.BlockedDirectory, &clawback.CallError{Answer: refused, Call: "recipient look-up"})
		}
	}
	return answers, nil
}

// join answers the positions of both lists, each once.
func join(a, b []int) []int {
	joined := append(slices.Clone(a), b...)
	slices.Sort(joined)
	return slices.Compact(joined)
}

// arrived says whether a mailbox may hold the email.
func arrived(status clawback.DeliveryStatus) bool {
	return status != clawback.DeliveryFailed && status != clawback.DeliveryQuarantined
}

// outweighs says which of two rows for one recipient tells of its mailbox: a
// delivery, and of two the later.
func outweighs(row, known clawback.TraceRow) bool {
	if arrived(row.Status) != arrived(known.Status) {
		return arrived(row.Status)
	}
	return row.ReceivedAt.After(known.ReceivedAt)
}

func mailboxKey(mailbox clawback.Mailbox) string {
	if mailbox.ID != "" {
		return mailbox.ID
	}
	return "address:" + mailbox.Address
}

func tracedMailbox(deviceID string, row clawback.TraceRow, answer clawback.MailboxAnswer) clawback.TracedMailbox {
	mailbox := answer.Mailbox
	if mailbox.Address == "" {
		mailbox.Address = answer.Address
	}
	traced := clawback.TracedMailbox{
		DeviceID: deviceID, Mailbox: mailbox, Recipients: []string{answer.Address},
		Delivery: row.Status, DeliveredAt: row.ReceivedAt,
	}
	traced.Outcome, traced.Reason = withoutRemoval(row.Status, mailbox.Kind)
	if answer.Answer.Kind != clawback.AnswerOK && traced.Outcome != clawback.OutcomeNotDelivered {
		// What the directory did not say is not that it knows no such address.
		traced.Outcome, traced.Reason, traced.Detail = clawback.OutcomeFailed, clawback.ReasonUnreadable, answer.Answer.Message
	}
	if traced.Outcome == clawback.OutcomeUnreachable {
		traced.Detail = mailbox.Explanation
	}
	return traced
}

// withoutRemoval answers the outcome of a recipient from whom nothing can be removed.
func withoutRemoval(status clawback.DeliveryStatus, kind clawback.MailboxKind) (clawback.Outcome, clawback.Reason) {
	switch status {
	case clawback.DeliveryFailed:
		return clawback.OutcomeNotDelivered, clawback.ReasonFailedDelivery
	case clawback.DeliveryQuarantined:
		return clawback.OutcomeNotDelivered, clawback.ReasonQuarantined
	}
	switch kind {
	case clawback.MailboxCloud:
		return clawback.OutcomeNone, clawback.ReasonNone
	case clawback.MailboxGroup:
		return clawback.OutcomeUnreachable, clawback.ReasonGroup
	case clawback.MailboxContact:
		return clawback.OutcomeUnreachable, clawback.ReasonContact
	case clawback.MailboxExternal:
		return clawback.OutcomeUnreachable, clawback.ReasonExternal
	case clawback.MailboxNone:
		return clawback.OutcomeUnreachable, clawback.ReasonNoMailbox
	}
	return clawback.OutcomeUnreachable, clawback.ReasonUnknownAddress
}

// mergeTraced joins two recipients of one mailbox: an alias that was delivered
// to outweighs one that was not.
func mergeTraced(a, b clawback.TracedMailbox) clawback.TracedMailbox {
	if a.Outcome != clawback.OutcomeNone && b.Outcome == clawback.OutcomeNone {
		a, b = b, a
	}
	a.Recipients = append(a.Recipients, b.Recipients...)
	a.Targets = join(a.Targets, b.Targets)
	if b.Outcome == a.Outcome && b.DeliveredAt.After(a.DeliveredAt) {
		a.DeliveredAt = b.DeliveredAt
	}
	return a
}

// withoutForeign leaves out recipients that are foreign to one device and a
// mailbox of another: the trace of each names them.
func withoutForeign(mailboxes []clawback.TracedMailbox) []clawback.TracedMailbox {
	home := map[string]bool{}
	for _, m := range mailboxes {
		for _, recipient := range m.Recipients {
			home[recipient] = home[recipient] || m.Mailbox.ID != ""
		}
	}
	return slices.DeleteFunc(mailboxes, func(m clawback.TracedMailbox) bool {
		return m.Mailbox.ID == "" && home[m.Recipients[0]]
	})
}

func countRecipients(rows []clawback.TraceRow) int {
	seen := map[string]bool{}
	for _, row := range rows {
		if row.Status != clawback.DeliveryExpanded {
			seen[row.Recipient] = true
		}
	}
	return len(seen)
}
