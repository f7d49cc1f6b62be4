package purge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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

// resolveNeverRemove looks every selected entry up anew. One that fails keeps
// protecting by what is known of it, so a failure stops nothing.
func (e *Engine) resolveNeverRemove(ctx context.Context, work clawback.Work) {
	for _, entry := range work.NeverRemove {
		if err := e.resolveEntry(ctx, work.Connections, entry); err != nil {
			e.log.WarnContext(ctx, "never-remove entry not resolved", "entry_id", entry.ID, "error", err)
		}
	}
}

func (e *Engine) traceDevices(ctx context.Context, work clawback.Work) (clawback.TraceFinding, error) {
	finding := clawback.TraceFinding{Target: work.Remediation.Targets[0]}
	var rows []clawback.TraceRow
	preview := work.Remediation.Status == clawback.StatusDraft
	for _, conn := range work.Connections {
		traced, err := e.microsoft.TraceMessage(ctx, conn, e.traceQuery(work.Remediation, finding.Target))
		if err != nil {
			return finding, blocked(clawback.BlockedTrace, err)
		}
		mailboxes, err := e.mailboxes(ctx, conn, traced.Rows)
		if err != nil {
			return finding, err
		}
		rows = append(rows, traced.Rows...)
		finding.Mailboxes = append(finding.Mailboxes, mailboxes...)
		if preview || !finding.Target.Known() {
			finding.Variants = append(finding.Variants, e.sample(ctx, conn, finding.Target, mailboxes, traced.Rows)...)
		}
	}
	finding.Mailboxes = withoutForeign(finding.Mailboxes)
	finding.Recipients = countRecipients(rows)
	finding.Variants = mergeVariants(finding.Variants, rows)
	finding.Target, finding.Variants = completeTarget(finding.Target, finding.Variants, preview)
	return finding, nil
}

// traceQuery covers the ten days before the remediation was made, or all since
// the email's own date where that is longer ago: a later look of the watch still
// sees whom the first trace named.
func (e *Engine) traceQuery(r clawback.Remediation, target clawback.Target) clawback.TraceQuery {
	now := e.now().UTC()
	from := r.CreatedAt.Add(-maxTraceSpan + time.Minute)
	if !target.ReceivedFrom.IsZero() && target.ReceivedFrom.Before(from) {
		from = target.ReceivedFrom
	}
	if oldest := now.Add(-clawback.MaxTraceAge + time.Hour); from.Before(oldest) {
		from = oldest
	}
	return clawback.TraceQuery{MessageID: target.MessageID, From: from, To: now}
}

// mailboxes resolves the recipients of trace rows, one entry a mailbox.
func (e *Engine) mailboxes(ctx context.Context, conn clawback.Connection, rows []clawback.TraceRow) ([]clawback.TracedMailbox, error) {
	byRecipient := map[string]clawback.TraceRow{}
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
	}
	if len(addresses) == 0 {
		return nil, nil
	}
	answers, err := e.microsoft.LookUpMailboxes(ctx, conn, addresses)
	if err != nil {
		return nil, blocked(clawback.BlockedDirectory, err)
	}

	byKey := map[string]int{}
	var traced []clawback.TracedMailbox
	for _, answer := range answers {
		if refused := answer.Answer; refused.Passing() || refused.Kind == clawback.AnswerDenied {
			call := &clawback.CallError{Answer: refused, Call: "recipient look-up"}
			return nil, blocked(clawback.BlockedDirectory, call)
		}
		entry := tracedMailbox(conn.DeviceID, byRecipient[answer.Address], answer)
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
	case clawback.MailboxOnPrem:
		return clawback.OutcomeUnreachable, clawback.ReasonOnPremises
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

// sample looks into a batch of mailboxes for the senders and subjects that
// copies under the target's id really bear. What can't be read is left out: the
// preview shows less, and the match at the removal stays as strict.
func (e *Engine) sample(ctx context.Context, conn clawback.Connection, target clawback.Target, mailboxes []clawback.TracedMailbox, rows []clawback.TraceRow) []clawback.Variant {
	chosen, variants := choose(mailboxes, rows)
	if len(chosen) == 0 {
		return nil
	}
	requests := make([]clawback.FindRequest, len(chosen))
	for i, m := range chosen {
		requests[i] = clawback.FindRequest{MailboxID: m.Mailbox.ID, MessageIDs: []string{target.MessageID}}
	}
	answers, err := e.microsoft.FindCopies(ctx, conn, requests)
	if err != nil {
		e.log.WarnContext(ctx, "preview could not look into mailboxes", "device_id", conn.DeviceID, "error", err)
		return nil
	}
	for _, answer := range answers {
		for _, c := range answer.Copies {
			variants = append(variants, clawback.Variant{Sender: c.Sender, Subject: c.Subject, Copies: 1})
		}
	}
	return variants
}

// mergeVariants adds up equal variants, most copies first. Where no copy was
// seen the trace's own sender and subject stand in.
func mergeVariants(seen []clawback.Variant, rows []clawback.TraceRow) []clawback.Variant {
	if len(seen) == 0 {
		for _, row := range rows {
			seen = append(seen, clawback.Variant{Sender: row.Sender, Subject: row.Subject, Copies: 1})
		}
	}
	var merged []clawback.Variant
	for _, v := range seen {
		i := slices.IndexFunc(merged, func(m clawback.Variant) bool {
			return strings.EqualFold(m.Sender, v.Sender) && m.Subject == v.Subject
		})
		if i < 0 {
			merged = append(merged, v)
			continue
		}
		merged[i].Copies += v.Copies
	}
	slices.SortStableFunc(merged, func(a, b clawback.Variant) int { return b.Copies - a.Copies })
	return merged
}

// completeTarget gives a typed Message-ID the sender and subject that its copies
// bear, and marks the variant that is the target. Of several it takes that of
// most copies for a preview, in which a person sees it; without one nothing is
// chosen, since an attack may bear the id of an email that many more got.
func completeTarget(target clawback.Target, variants []clawback.Variant, preview bool) (clawback.Target, []clawback.Variant) {
	if !target.Known() && (len(variants) == 1 || preview && len(variants) > 0) {
		target.Sender, target.Subject = strings.ToLower(variants[0].Sender), variants[0].Subject
	}
	for i, v := range variants {
		probe := clawback.FoundCopy{MessageID: target.MessageID, Sender: v.Sender, Subject: v.Subject}
		variants[i].IsTarget = target.Matches(probe)
	}
	return target, variants
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
