package store

import (
	"fmt"
	"strings"
	"time"

	"clawback"
)

// The timeline is written in words for people when a thing happens, so that it
// still reads the same when the program's words have changed.

func deliveredText(m clawback.TracedMailbox) string {
	to := strings.Join(unique(m.Recipients), ", ")
	switch m.Delivery {
	case clawback.DeliveryFailed:
		return "Microsoft could not deliver the email to " + to + "."
	case clawback.DeliveryQuarantined:
		return "Microsoft quarantined the email to " + to + "."
	case clawback.DeliveryFilteredAsSpam:
		return "Delivered to " + to + " as junk."
	case clawback.DeliveryPending, clawback.DeliveryGettingStatus:
		return "On its way to " + to + "."
	}
	return "Delivered to " + to + "."
}

func tracedText(m clawback.TracedMailbox, late bool) string {
	text := originText(m.Origin) + "; the address is no mailbox in the directory."
	if m.Mailbox.ID != "" {
		text = fmt.Sprintf("%s; the directory says it is %s.", originText(m.Origin), mailboxWords(m.Mailbox))
	}
	if late {
		return "Late: came after the first removal. " + text
	}
	return text
}

func originText(origin clawback.Origin) string {
	switch origin {
	case clawback.OriginNamed:
		return "Named by hand, not by the message trace"
	case clawback.OriginSender:
		return "The sender’s own mailbox, whose Sent Items are to be cleaned"
	}
	return "Found by the message trace"
}

func mailboxWords(m clawback.Mailbox) string {
	if m.Name == "" {
		return "the mailbox " + m.Address
	}
	return "the mailbox of " + m.Name
}

func outcomeText(outcome clawback.Outcome, reason clawback.Reason, p clawback.Protection) string {
	switch outcome {
	case clawback.OutcomeProtected:
		return protectedText(reason, p)
	case clawback.OutcomeNotDelivered:
		return "Not delivered, so there is nothing to remove."
	case clawback.OutcomeUnreachable:
		return "Can’t be reached: " + unreachableWords(reason) + "."
	case clawback.OutcomeRemoved:
		return "Proved gone: not in any visible folder, and in Recoverable Items."
	case clawback.OutcomeAlreadyGone:
		return "Already gone: it lies in Recoverable Items, moved there by somebody else."
	case clawback.OutcomeNotFound:
		return "Not found in any visible folder, nor in Recoverable Items. That is not proof that it is gone."
	case clawback.OutcomePartlyRemoved:
		return "Some copies are removed, others are not."
	case clawback.OutcomeAmbiguous:
		return "A copy bears the Message-ID but is another email; the SOC must decide."
	case clawback.OutcomeDenied:
		return "Microsoft denied access to the mailbox."
	case clawback.OutcomeFailed:
		return "Could not be removed: " + failedWords(reason) + "."
	case clawback.OutcomeObserved:
		return "Left where it is: the organization only observes."
	case clawback.OutcomeStopped:
		return stoppedText(reason)
	}
	return "Open."
}

func protectedText(reason clawback.Reason, p clawback.Protection) string {
	if reason == clawback.ReasonIdentityUnverified {
		return "Protected: whose mailbox this is could not be verified, so it is not touched."
	}
	if p.Purpose == "" {
		return "Protected by the never-remove entry " + p.Address + "."
	}
	return fmt.Sprintf("Protected by the never-remove entry “%s” (%s).", p.Purpose, p.Address)
}

func unreachableWords(reason clawback.Reason) string {
	switch reason {
	case clawback.ReasonGroup:
		return "it is a group mailbox"
	case clawback.ReasonContact:
		return "it is a contact outside"
	case clawback.ReasonExternal:
		return "the address belongs to another organization"
	case clawback.ReasonNoMailbox:
		return "there is no cloud mailbox (no licence, a guest, or a mailbox on premises)"
	}
	return "the directory does not know the address"
}

func failedWords(reason clawback.Reason) string {
	switch reason {
	case clawback.ReasonThrottled:
		return "Microsoft kept asking to wait"
	case clawback.ReasonUnreadable:
		return "Microsoft’s answers could not be read"
	case clawback.ReasonStillThere:
		return "it is still visible after every attempt"
	}
	return "Microsoft did not answer"
}

func stoppedText(reason clawback.Reason) string {
	if reason == clawback.ReasonModeOff {
		return "Left where it is: the auto remediation was switched off."
	}
	return "Left where it is: the remediation was stopped."
}

func foundText(c clawback.FoundCopy, matched bool, outcome clawback.Outcome) string {
	read := "unread"
	if c.Read {
		read = "read"
	}
	switch {
	case outcome == clawback.OutcomeAlreadyGone:
		return "Found in Recoverable Items, " + read + "."
	case !matched:
		return "Found an email with the same Message-ID but another sender or subject."
	}
	return "Found a copy, " + read + "."
}

func parkedText(wait time.Duration, answer clawback.Answer) string {
	seconds := max(int(wait.Round(time.Second)/time.Second), 1)
	switch answer.Kind {
	case clawback.AnswerThrottled:
		return fmt.Sprintf("Microsoft asked to wait; next try in %d s.", seconds)
	case clawback.AnswerUnauthorized:
		return fmt.Sprintf("Microsoft gave no access token; next try in %d s.", seconds)
	case clawback.AnswerNotSent:
		return fmt.Sprintf("Not sent in time, so withdrawn; next try in %d s.", seconds)
	case clawback.AnswerUnavailable, clawback.AnswerUnknown:
		return fmt.Sprintf("%s Next try in %d s.", waitingText(answer), seconds)
	}
	return fmt.Sprintf("No proof yet; next look in %d s.", seconds)
}

// waitingText says what a mailbox waits for.
func waitingText(answer clawback.Answer) string {
	switch answer.Kind {
	case clawback.AnswerThrottled:
		return "Microsoft asked us to wait."
	case clawback.AnswerUnauthorized:
		return "Microsoft gave no access token."
	case clawback.AnswerNotSent:
		return "Not sent in time, so withdrawn."
	case clawback.AnswerUnavailable:
		return "Microsoft did not answer."
	case clawback.AnswerUnknown:
		return "Microsoft’s answer could not be read."
	}
	return "No proof yet."
}

func answeredText(answer clawback.Answer) string {
	switch answer.Kind {
	case clawback.AnswerOK:
		return "Microsoft confirmed the removal."
	case clawback.AnswerNotFound:
		return "Microsoft no longer found the copy."
	case clawback.AnswerThrottled:
		return "Microsoft did not take the request now."
	case clawback.AnswerDenied:
		return "Microsoft denied the removal."
	case clawback.AnswerNotSent:
		return "Withdrawn: it could not go out in time."
	case clawback.AnswerNoMailbox:
		return "Microsoft has no cloud mailbox here."
	case clawback.AnswerUnknown, clawback.AnswerUnavailable:
		return "No clear answer came back; a look will tell."
	}
	return "Microsoft refused the request."
}

// answerText is what Microsoft said, to be folded under a line of the timeline.
func answerText(answer clawback.Answer) string {
	var parts []string
	if answer.Status > 0 {
		parts = append(parts, fmt.Sprintf("HTTP %d", answer.Status))
	}
	if answer.Code != "" {
		parts = append(parts, answer.Code)
	}
	if answer.Message != "" {
		parts = append(parts, answer.Message)
	}
	if answer.RequestID != "" {
		parts = append(parts, "request id "+answer.RequestID)
	}
	return strings.Join(parts, " · ")
}
