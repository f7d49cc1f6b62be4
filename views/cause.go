package views

import "clawback"

// causeAdvice says what the SOC can do about mailboxes that were not cleaned.
var causeAdvice = map[clawback.Reason]string{
	clawback.ReasonAccessPolicy: "Trying again alone will not help: the organization’s admin must let the app into these mailboxes (an application access policy, or RBAC for Applications). Ask them, or hand over: they can delete the email themselves.",
	clawback.ReasonPermission:   "The app’s permission Mail.ReadWrite is missing or not consented to. Look at the checks of this organization’s setup, then try again.",
	clawback.ReasonUnavailable:  "Microsoft’s service did not answer for these mailboxes. Look at its service health, and try again in some minutes.",
	clawback.ReasonThrottled:    "Microsoft limits how fast these mailboxes may be asked. Try again in some minutes.",
	clawback.ReasonUnreadable:   "Microsoft answered something unexpected: the record of each mailbox shows it. Try again; if it stays, hand over and tell an operator.",
	clawback.ReasonStillThere:   "Something puts it back: a rule, another device, or another product. Look at the mailbox’s rules, then try again.",
}

func adviceOf(cause clawback.Reason) string {
	if text, ok := causeAdvice[cause]; ok {
		return text
	}
	return "The record of each mailbox says what happened. Try again, or hand over."
}

// causeTitle names a cause with how many mailboxes it keeps from being clean.
func causeTitle(c clawback.Cause) string {
	return sentence(ReasonBrief(c.Reason)) + ": " + mailboxes(c.Mailboxes)
}

// canSolve says whether this reader can try mailboxes again or hand them over.
func (d RemediationData) canSolve() bool { return d.retryable() > 0 }

// unsolved says whether one mailbox can be tried again or handed over by this reader.
func (d RecordData) unsolved() bool {
	r := d.Remediation
	if !d.CanRemediate || r.Lapsed != "" || r.Status == clawback.StatusStopped || d.Record.State != clawback.RecordDone {
		return false
	}
	return d.Record.Outcome == clawback.OutcomeFailed || d.Record.Outcome == clawback.OutcomeDenied ||
		d.Record.Outcome == clawback.OutcomePartlyRemoved && causeAdvice[d.Record.Reason] != ""
}
