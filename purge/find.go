package purge

import (
	"context"
	"slices"
	"time"

	"clawback"
)

// identityRefresh is the age at which a mailbox's identity is looked up again,
// well before it is too old to rely on.
const identityRefresh = 10 * time.Minute

// find looks for the email in every claimed mailbox for which nothing is on its way.
func (e *Engine) find(ctx context.Context, claim clawback.Claim) []clawback.Finding {
	var records []clawback.ClaimedRecord
	for _, record := range claim.Records {
		if !record.LookOnly {
			records = append(records, record)
		}
	}
	findings, records := e.refresh(ctx, claim.Connection, records)
	if len(records) == 0 {
		return findings
	}

	return append(findings, e.lookThrough(ctx, claim, records)...)
}

// lookThrough looks into the visible folders of mailboxes and, where none holds
// a copy, into Recoverable Items. It changes nothing.
func (e *Engine) lookThrough(ctx context.Context, claim clawback.Claim, records []clawback.ClaimedRecord) []clawback.Finding {
	visible := e.lookVisible(ctx, claim, records)
	var findings []clawback.Finding
	var absent []clawback.ClaimedRecord
	for i, record := range records {
		if visible[i].Answer.Kind == clawback.AnswerOK && len(visible[i].Copies) == 0 {
			absent = append(absent, record)
			continue
		}
		findings = append(findings, findingOf(record, meant(claim, record), visible[i]))
	}
	recoverable := e.look(ctx, claim.Connection, lookups(claim, absent, clawback.RecoverableItems))
	for i, record := range absent {
		findings = append(findings, absentFinding(record, meant(claim, record), recoverable[i]))
	}
	return findings
}

// meant answers the targets that are meant in a claimed mailbox.
func meant(claim clawback.Claim, record clawback.ClaimedRecord) []clawback.Target {
	return targetsOf(claim.Remediation.Targets, record.Targets, record.Mailbox)
}

// lookups ask each mailbox for the ids that reached it, in a folder or in all visible ones.
func lookups(claim clawback.Claim, records []clawback.ClaimedRecord, folder string) []clawback.FindRequest {
	requests := make([]clawback.FindRequest, len(records))
	for i, record := range records {
		requests[i] = clawback.FindRequest{MailboxID: record.Mailbox.ID, MessageIDs: messageIDs(meant(claim, record)), Folder: folder}
	}
	return requests
}

// look asks every mailbox at once; a call that fails as a whole answers for all.
func (e *Engine) look(ctx context.Context, conn clawback.Connection, requests []clawback.FindRequest) []clawback.FindAnswer {
	if len(requests) == 0 {
		return nil
	}
	answers, err := e.findCopies(ctx, conn, requests)
	if err == nil {
		return answers
	}
	answers = make([]clawback.FindAnswer, len(requests))
	for i := range answers {
		answers[i].Answer = answerOf(err)
	}
	return answers
}

func (e *Engine) findCopies(ctx context.Context, conn clawback.Connection, requests []clawback.FindRequest) ([]clawback.FindAnswer, error) {
	giveBack, err := e.wires.take(ctx, conn.TenantID)
	if err != nil {
		return nil, err
	}
	defer giveBack()
	return e.microsoft.FindCopies(ctx, conn, requests)
}

// lookVisible looks into all visible folders of claimed mailboxes. What a sender
// has in the own Sent Items is not seen unless it was asked for; where that
// folder can't be read, the mailbox counts as not read.
func (e *Engine) lookVisible(ctx context.Context, claim clawback.Claim, records []clawback.ClaimedRecord) []clawback.FindAnswer {
	visible := e.look(ctx, claim.Connection, lookups(claim, records, ""))
	if claim.Remediation.IncludeSender {
		return visible
	}
	var senders []clawback.ClaimedRecord
	var at []int
	for i, record := range records {
		own := slices.ContainsFunc(visible[i].Copies, func(c clawback.FoundCopy) bool { return record.Mailbox.Has(c.Sender) })
		if own {
			senders, at = append(senders, record), append(at, i)
		}
	}
	for i, sent := range e.look(ctx, claim.Connection, lookups(claim, senders, clawback.SentItems)) {
		visible[at[i]] = without(visible[at[i]], sent)
	}
	return visible
}

// without answers what was found and does not lie in Sent Items.
func without(found, sent clawback.FindAnswer) clawback.FindAnswer {
	if sent.Answer.Kind != clawback.AnswerOK {
		return sent
	}
	found.Copies = slices.DeleteFunc(found.Copies, func(c clawback.FoundCopy) bool {
		return slices.ContainsFunc(sent.Copies, func(s clawback.FoundCopy) bool { return s.ImmutableID == c.ImmutableID })
	})
	return found
}

// refresh looks the identity of mailboxes up again that were looked up long
// ago. Those that can't be are parked; the others go on with what was found.
func (e *Engine) refresh(ctx context.Context, conn clawback.Connection, records []clawback.ClaimedRecord) ([]clawback.Finding, []clawback.ClaimedRecord) {
	var addresses []string
	for _, record := range records {
		// One of the future was looked up before the clock was set back.
		if age := e.now().Sub(record.Mailbox.LookedUpAt); age > identityRefresh || age < 0 {
			addresses = append(addresses, record.Mailbox.Address)
		}
	}
	if len(addresses) == 0 {
		return nil, records
	}
	answers, err := e.microsoft.LookUpMailboxes(ctx, conn, addresses)
	byAddress := map[string]clawback.MailboxAnswer{}
	for _, answer := range answers {
		byAddress[answer.Address] = answer
	}

	var findings []clawback.Finding
	var fresh []clawback.ClaimedRecord
	for _, record := range records {
		answer, asked := byAddress[record.Mailbox.Address]
		switch {
		case !slices.Contains(addresses, record.Mailbox.Address):
			fresh = append(fresh, record)
		case err == nil && asked && answer.Answer.Kind == clawback.AnswerOK && answer.Mailbox.ID == record.Mailbox.ID:
			record.Mailbox = answer.Mailbox
			fresh = append(fresh, record)
		default:
			findings = append(findings, unverified(record, answer, err))
		}
	}
	return findings, fresh
}

// unverified parks a mailbox whose identity could not be looked up, and calls
// it protected when that lasts.
func unverified(record clawback.ClaimedRecord, answer clawback.MailboxAnswer, err error) clawback.Finding {
	finding := clawback.Finding{RecordID: record.ID, Fence: record.Fence, Answer: answer.Answer}
	if err != nil {
		finding.Answer = answerOf(err)
	}
	if record.Attempts < maxAttempts {
		finding.Park = pause(finding.Answer, record.Attempts)
		return finding
	}
	finding.Outcome, finding.Reason = clawback.OutcomeProtected, clawback.ReasonIdentityUnverified
	return finding
}

// findingOf sorts what a look into the visible folders showed.
func findingOf(record clawback.ClaimedRecord, targets []clawback.Target, answer clawback.FindAnswer) clawback.Finding {
	finding := clawback.Finding{RecordID: record.ID, Fence: record.Fence, Mailbox: record.Mailbox, Answer: answer.Answer}
	if answer.Answer.Kind != clawback.AnswerOK {
		return unreadable(finding, record.Attempts)
	}
	for _, c := range answer.Copies {
		finding.Copies = append(finding.Copies, c)
		finding.Matched = append(finding.Matched, matches(targets, c))
	}
	return finding
}

// absentFinding sorts a mailbox without a visible copy: seen in Recoverable
// Items it is already gone, else it was not found, which is not the same.
func absentFinding(record clawback.ClaimedRecord, targets []clawback.Target, answer clawback.FindAnswer) clawback.Finding {
	finding := clawback.Finding{RecordID: record.ID, Fence: record.Fence, Mailbox: record.Mailbox, Answer: answer.Answer}
	if answer.Answer.Kind != clawback.AnswerOK && answer.Answer.Kind != clawback.AnswerNotFound {
		return unreadable(finding, record.Attempts)
	}
	finding.Outcome = clawback.OutcomeNotFound
	for _, c := range answer.Copies {
		if matches(targets, c) {
			finding.Outcome = clawback.OutcomeAlreadyGone
			finding.Copies = append(finding.Copies, c)
			finding.Matched = append(finding.Matched, true)
		}
	}
	return finding
}

// unreadable answers what follows from a mailbox that gave no list.
func unreadable(finding clawback.Finding, attempts int) clawback.Finding {
	answer := finding.Answer
	finding.Detail = answer.Message
	switch {
	case answer.Passing() && attempts < maxAttempts:
		finding.Park = pause(answer, attempts)
	case answer.Kind == clawback.AnswerDenied:
		finding.Outcome, finding.Reason = clawback.OutcomeDenied, deniedReason(answer)
	case answer.Kind == clawback.AnswerNoMailbox, answer.Kind == clawback.AnswerNotFound:
		finding.Outcome, finding.Reason = clawback.OutcomeUnreachable, clawback.ReasonNoMailbox
	default:
		finding.Outcome, finding.Reason = clawback.OutcomeFailed, failedReason(answer)
	}
	return finding
}
