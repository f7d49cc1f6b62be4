package purge

import (
	"context"
	"slices"

	"clawback"
)

// verify looks into every mailbox in which a removal may have had its effect:
// into all visible folders, and into Recoverable Items.
func (e *Engine) verify(ctx context.Context, claim clawback.Claim, sent []sentRecord) []clawback.Verification {
	if len(sent) == 0 {
		return nil
	}
	records := make([]clawback.ClaimedRecord, len(sent))
	for i, s := range sent {
		records[i] = s.record
	}
	visible := e.lookVisible(ctx, claim, records)
	recoverable := e.look(ctx, claim.Connection, lookups(claim, records, clawback.RecoverableItems))

	verifications := make([]clawback.Verification, len(sent))
	for i, s := range sent {
		verifications[i] = judge(claim, s, visible[i], recoverable[i])
	}
	return verifications
}

// judge answers what two looks prove. A look that failed proves nothing; a
// copy that is nowhere is not proved gone unless the removal was a hard one.
func judge(claim clawback.Claim, sent sentRecord, visible, recoverable clawback.FindAnswer) clawback.Verification {
	v := clawback.Verification{RecordID: sent.record.ID, Fence: sent.record.Fence}
	last := sent.record.Attempts >= maxAttempts
	for _, answer := range []clawback.Answer{visible.Answer, recoverable.Answer} {
		if answer.Kind != clawback.AnswerOK {
			return unread(v, sent, answer, last)
		}
	}

	proofMissing := false
	for _, c := range sent.copies {
		outcome, reason := proof(claim.Remediation.Removal, c, visible.Copies, recoverable.Copies)
		v.Again = v.Again || reason == clawback.ReasonStillThere && !last
		proofMissing = proofMissing || outcome == clawback.OutcomeNotFound && !last
		if !last && (outcome == clawback.OutcomeFailed || outcome == clawback.OutcomeNotFound) {
			continue
		}
		v.Copies = append(v.Copies, clawback.CopyVerdict{CopyID: c.id, Outcome: outcome, Reason: reason})
	}
	if others(meant(claim, sent.record), sent.copies, visible.Copies) {
		v.Again = !last
		v.Outcome, v.Reason = clawback.OutcomeFailed, clawback.ReasonStillThere
	}
	if proofMissing && !v.Again {
		v.Park = backoff(sent.record.Attempts)
	}
	return v
}

func proof(removal clawback.RemovalKind, c sentCopy, visible, recoverable []clawback.FoundCopy) (clawback.Outcome, clawback.Reason) {
	isCopy := func(f clawback.FoundCopy) bool { return f.ImmutableID == c.immutableID }
	switch {
	case slices.ContainsFunc(visible, isCopy):
		return clawback.OutcomeFailed, clawback.ReasonStillThere
	case slices.ContainsFunc(recoverable, isCopy) && c.missing:
		return clawback.OutcomeAlreadyGone, clawback.ReasonNone
	case slices.ContainsFunc(recoverable, isCopy):
		return clawback.OutcomeRemoved, clawback.ReasonNone
	case removal == clawback.RemovalHard && c.confirmed:
		return clawback.OutcomeRemoved, clawback.ReasonNone
	}
	return clawback.OutcomeNotFound, clawback.ReasonMoved
}

// others says whether a matching copy is visible that no removal was sent for.
func others(targets []clawback.Target, sent []sentCopy, visible []clawback.FoundCopy) bool {
	return slices.ContainsFunc(visible, func(f clawback.FoundCopy) bool {
		known := slices.ContainsFunc(sent, func(c sentCopy) bool { return c.immutableID == f.ImmutableID })
		return !known && matches(targets, f)
	})
}

// unread answers what follows when the mailbox could not be looked into. Where
// Microsoft asked to wait, what was sent waits for its proof, however often.
func unread(v clawback.Verification, sent sentRecord, answer clawback.Answer, last bool) clawback.Verification {
	v.Answer = answer
	if !last || answer.Kind == clawback.AnswerThrottled {
		v.Park = pause(answer, sent.record.Attempts)
		return v
	}
	for _, c := range sent.copies {
		v.Copies = append(v.Copies, clawback.CopyVerdict{CopyID: c.id, Outcome: clawback.OutcomeFailed, Reason: failedReason(answer)})
	}
	return v
}

func deniedReason(answer clawback.Answer) clawback.Reason {
	if answer.AccessPolicy() {
		return clawback.ReasonAccessPolicy
	}
	return clawback.ReasonPermission
}

func failedReason(answer clawback.Answer) clawback.Reason {
	switch answer.Kind {
	case clawback.AnswerThrottled:
		return clawback.ReasonThrottled
	case clawback.AnswerUnknown, clawback.AnswerInvalid:
		return clawback.ReasonUnreadable
	case clawback.AnswerDenied:
		return clawback.ReasonPermission
	}
	return clawback.ReasonUnavailable
}
