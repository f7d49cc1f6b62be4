package views

import (
	"fmt"

	"clawback"
)

var reasonTexts = map[clawback.Reason]string{
	clawback.ReasonNeverRemove:        "A never-remove entry protects this mailbox.",
	clawback.ReasonIdentityUnverified: "Whose mailbox this is could not be verified within the last 15 minutes, so it counts as protected.",
	clawback.ReasonGroup:              "The address is a group’s, whose own mailbox we can’t reach.",
	clawback.ReasonNoMailbox:          "There is no cloud mailbox behind this address: no licence, a guest, or a mailbox on a server of the organization’s own.",
	clawback.ReasonContact:            "The address is a contact’s, outside this organization.",
	clawback.ReasonExternal:           "The address is outside this organization.",
	clawback.ReasonUnknownAddress:     "The directory knows no such address.",
	clawback.ReasonFailedDelivery:     "Microsoft could not deliver it.",
	clawback.ReasonQuarantined:        "Microsoft holds it in quarantine.",
	clawback.ReasonAccessPolicy:       "A policy of the organization keeps the app out of this mailbox.",
	clawback.ReasonPermission:         "The app lacks the permission to change this mailbox.",
	clawback.ReasonUnavailable:        "Microsoft did not answer.",
	clawback.ReasonThrottled:          "Microsoft asked us to slow down, again and again.",
	clawback.ReasonUnreadable:         "Microsoft’s answer could not be read.",
	clawback.ReasonStillThere:         "Microsoft said it was done, but the email is still there.",
	clawback.ReasonDifferent:          "A copy bears the Message-ID, but its sender, or its subject and time, differ.",
	clawback.ReasonObserveMode:        "Observe mode removes nothing.",
	clawback.ReasonModeOff:            "The auto remediation is switched off.",
	clawback.ReasonStopped:            "It was stopped before this mailbox’s turn.",
	clawback.ReasonNotApproved:        "Nobody approved the removal in time.",
	clawback.ReasonMoved:              "Somebody moved it meanwhile.",
	clawback.ReasonNotKept:            "The email could not be kept as evidence, and without it nothing is deleted for good.",
	clawback.ReasonDisconnected:       "The organization disconnected the device before this mailbox was done and proved.",
	clawback.ReasonLeft:               "The SOC looked at it: it is another email, and stays.",
}

// briefReasons are the reasons in the few words of a table's row.
var briefReasons = map[clawback.Reason]string{
	clawback.ReasonNeverRemove:        "never-remove entry",
	clawback.ReasonIdentityUnverified: "identity not verified",
	clawback.ReasonGroup:              "group",
	clawback.ReasonNoMailbox:          "no cloud mailbox",
	clawback.ReasonContact:            "contact outside",
	clawback.ReasonExternal:           "outside the organization",
	clawback.ReasonUnknownAddress:     "unknown address",
	clawback.ReasonFailedDelivery:     "delivery failed",
	clawback.ReasonQuarantined:        "quarantined by Microsoft",
	clawback.ReasonAccessPolicy:       "access policy",
	clawback.ReasonPermission:         "permission missing",
	clawback.ReasonUnavailable:        "Microsoft did not answer",
	clawback.ReasonThrottled:          "throttled by Microsoft",
	clawback.ReasonUnreadable:         "unreadable answer",
	clawback.ReasonStillThere:         "still there",
	clawback.ReasonDifferent:          "another email’s sender or subject",
	clawback.ReasonObserveMode:        "observe mode",
	clawback.ReasonModeOff:            "switched off",
	clawback.ReasonStopped:            "stopped before its turn",
	clawback.ReasonNotApproved:        "not approved in time",
	clawback.ReasonMoved:              "moved meanwhile",
	clawback.ReasonNotKept:            "not kept as evidence",
	clawback.ReasonDisconnected:       "device disconnected",
	clawback.ReasonLeft:               "another email, by the SOC’s word",
}

// ReasonBrief answers a reason in few words.
func ReasonBrief(reason clawback.Reason) string {
	if text, ok := briefReasons[reason]; ok {
		return text
	}
	return "another reason"
}

// ReasonText says why a record has its outcome; "" where there is nothing to say.
func ReasonText(reason clawback.Reason, purpose string) string {
	if reason == clawback.ReasonNeverRemove && purpose != "" {
		return "Protected by the never-remove entry “" + Visible(purpose) + "”."
	}
	if text, ok := reasonTexts[reason]; ok {
		return text
	}
	return string(reason)
}

// RecordHeadline says what became of the email in one mailbox.
func RecordHeadline(record clawback.EmailRecord, preview bool) string {
	if record.State != clawback.RecordDone && record.Outcome == clawback.OutcomeNone {
		return openHeadline(record, preview)
	}
	if restored(record) {
		return "Put back into this mailbox, where it lay before it was removed."
	}
	if text, ok := recordHeadlines[record.Outcome]; ok {
		return text
	}
	return "It has no outcome yet."
}

// restored says whether every removed copy was put back.
func restored(record clawback.EmailRecord) bool {
	any := false
	for _, c := range record.Copies {
		if c.Outcome == clawback.OutcomeRemoved && c.RestoredAt.IsZero() {
			return false
		}
		any = any || !c.RestoredAt.IsZero()
	}
	return any
}

func openHeadline(record clawback.EmailRecord, preview bool) string {
	if preview {
		return "The email is to be removed from this mailbox. Nothing has happened yet."
	}
	switch record.State {
	case clawback.RecordChecking:
		return "Looking for the email in this mailbox…"
	case clawback.RecordRemoving:
		return "Removing the email from this mailbox…"
	case clawback.RecordVerifying:
		return "Removed; now proving that it is gone…"
	}
	return "This mailbox waits for its turn."
}

var recordHeadlines = map[clawback.Outcome]string{
	clawback.OutcomeRemoved:       "Removed from this mailbox, and proved gone.",
	clawback.OutcomePartlyRemoved: "Removed in part: a copy is left in this mailbox.",
	clawback.OutcomeAlreadyGone:   "Already gone: it had been deleted before we came.",
	clawback.OutcomeNotFound:      "Not found in this mailbox. That does not prove that it is gone.",
	clawback.OutcomeProtected:     "Left alone: this mailbox is protected.",
	clawback.OutcomeAmbiguous:     "Left alone: what was found may be another email.",
	clawback.OutcomeNotDelivered:  "It never arrived in this mailbox.",
	clawback.OutcomeUnreachable:   "This mailbox can’t be reached by us.",
	clawback.OutcomeDenied:        "Microsoft refused the removal.",
	clawback.OutcomeFailed:        "The removal failed.",
	clawback.OutcomeObserved:      "The email still lies in this mailbox: observe mode removes nothing.",
	clawback.OutcomeStopped:       "Left alone: the remediation was stopped.",
}

// recordTone answers the tone of a record's sentence.
func recordTone(record clawback.EmailRecord) string {
	switch record.Outcome {
	case clawback.OutcomeRemoved:
		if restored(record) {
			return "calm"
		}
		return "ok"
	case clawback.OutcomeProtected:
		return "hold"
	case clawback.OutcomeDenied, clawback.OutcomeFailed:
		return "bad"
	case clawback.OutcomePartlyRemoved, clawback.OutcomeAmbiguous, clawback.OutcomeUnreachable:
		return "warn"
	case clawback.OutcomeObserved:
		return "live"
	case clawback.OutcomeNone:
		return "live"
	}
	return "calm"
}

// UndoText says whether a removed email can be put back.
func UndoText(record clawback.EmailRecord, removal clawback.RemovalKind) string {
	if record.Outcome != clawback.OutcomeRemoved && record.Outcome != clawback.OutcomePartlyRemoved || restored(record) {
		return ""
	}
	if removal == clawback.RemovalHard {
		return "Removed from the user’s view for good: it can’t be put back into the mailbox. A hold may retain a copy that nobody sees there."
	}
	return "Removed from the user’s view; a hold may retain it for longer. It lies in the mailbox’s Recoverable Items, from where it can be put back: " + keptFor + "."
}

// DoubtText says what may have become of an email that was not found, if anything.
// An online archive is beyond Microsoft Graph's mail API.
func DoubtText(record clawback.EmailRecord) string {
	if record.State != clawback.RecordDone || record.Outcome != clawback.OutcomeNotFound {
		return ""
	}
	return "It may have been deleted for good, moved into an online archive, which Microsoft doesn’t let us look into, or not have arrived yet."
}

// ActionHeadline says what an action is about.
func ActionHeadline(a clawback.Action) string {
	n := max(a.MailboxCount, len(a.Mailboxes))
	switch a.Outcome {
	case clawback.OutcomeProtected:
		if n == 1 && len(a.Mailboxes) == 1 && a.Mailboxes[0].Purpose != "" {
			return fmt.Sprintf("A malicious email lies in the protected mailbox “%s”", Visible(a.Mailboxes[0].Purpose))
		}
		return "A malicious email lies in " + Count(n, "protected mailbox", "protected mailboxes")
	case clawback.OutcomeUnreachable:
		return "A malicious email reached " + mailboxes(n) + " that we can’t reach"
	case clawback.OutcomeDenied:
		return "Microsoft refuses us " + mailboxes(n) + " with a malicious email"
	case clawback.OutcomeFailed:
		return "A malicious email could not be removed from " + mailboxes(n)
	case clawback.OutcomeObserved:
		return "A malicious email still lies in " + mailboxes(n)
	}
	return "A malicious email needs you in " + mailboxes(n)
}

// ActionWhy says why an action is the customer's and not ours.
func ActionWhy(outcome clawback.Outcome) string {
	switch outcome {
	case clawback.OutcomeProtected:
		return "You told us never to remove anything from here, so we did not."
	case clawback.OutcomeUnreachable:
		return "The email was delivered to where Microsoft 365 gives us no access, such as a server of your own or a group."
	case clawback.OutcomeDenied:
		return "Your Microsoft 365 refuses our app these mailboxes: a policy or a missing permission."
	case clawback.OutcomeFailed:
		return "We tried several times, and Microsoft did not carry it out."
	case clawback.OutcomeObserved:
		return "Your organization is in observe mode: we say where malicious emails lie and remove none."
	}
	return "We could not finish this by ourselves."
}

// ActionTodo says what the customer should do, step by step.
func ActionTodo(outcome clawback.Outcome) []string {
	switch outcome {
	case clawback.OutcomeProtected:
		return []string{
			"Look whether the email may stay there: a quarantine or an abuse mailbox often keeps it on purpose.",
			"If not, an admin of yours can have us remove it there by “Remove it now”, this once; or delete it there yourself, and empty Deleted Items. Open no link and no attachment of it.",
			"Then complete this action, or dismiss it with the reason why it stays.",
		}
	case clawback.OutcomeUnreachable:
		return []string{
			"Find the email by its Message-ID where these addresses deliver to, and delete it there.",
			"Warn the readers, who may have seen it already.",
			"Then complete this action.",
		}
	case clawback.OutcomeDenied:
		return []string{
			"Delete the email from these mailboxes yourself, or let our app in: look at application access policies and the permission Mail.ReadWrite.",
			"Then complete this action.",
		}
	case clawback.OutcomeObserved:
		return []string{
			"Delete the email from these mailboxes yourself.",
			"Then complete this action. In enforce mode we would have removed it.",
		}
	}
	return []string{"Delete the email from these mailboxes yourself.", "Then complete this action."}
}
