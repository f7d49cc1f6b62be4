package views

import (
	"github.com/a-h/templ"

	"clawback"
)

// Mark is a status as it is shown everywhere: an icon and a word, and a tone that says the same in color.
type Mark struct {
	Word  string
	Class string // of the chip
	Icon  templ.Component
}

// OutcomeMark answers how an outcome is shown.
func OutcomeMark(outcome clawback.Outcome) Mark {
	mark := Mark{Class: "o-" + string(outcome)}
	switch outcome {
	case clawback.OutcomeRemoved:
		mark.Word, mark.Icon = "Removed", iconCheck()
	case clawback.OutcomePartlyRemoved:
		mark.Word, mark.Icon = "Partly removed", iconWarning()
	case clawback.OutcomeAlreadyGone:
		mark.Word, mark.Icon = "Already gone", iconTrash()
	case clawback.OutcomeNotFound:
		mark.Word, mark.Icon = "Not found", iconUnknown()
	case clawback.OutcomeProtected:
		mark.Word, mark.Icon = "Protected", iconProtected()
	case clawback.OutcomeAmbiguous:
		mark.Word, mark.Icon = "Ambiguous", iconMailQuestion()
	case clawback.OutcomeNotDelivered:
		mark.Word, mark.Icon = "Not delivered", iconMailOff()
	case clawback.OutcomeUnreachable:
		mark.Word, mark.Icon = "Unreachable", iconWarning()
	case clawback.OutcomeDenied:
		mark.Word, mark.Icon = "Denied", iconDenied()
	case clawback.OutcomeFailed:
		mark.Word, mark.Icon = "Failed", iconCross()
	case clawback.OutcomeObserved:
		mark.Word, mark.Icon = "Observed", iconEye()
	case clawback.OutcomeStopped:
		mark.Word, mark.Icon = "Stopped", iconStop()
	default:
		mark.Class, mark.Word, mark.Icon = "o-pending", "Open", iconClock()
	}
	return mark
}

// RecordMark answers how a record is shown: its outcome, or how far the work on it is. A preview's open records are
// those that would be cleaned.
func RecordMark(record clawback.EmailRecord, preview bool) Mark {
	if restored(record) {
		return Mark{Word: "Put back", Class: "calm", Icon: iconRetry()}
	}
	if record.State == clawback.RecordDone || record.Outcome != clawback.OutcomeNone {
		return OutcomeMark(record.Outcome)
	}
	if preview {
		return Mark{Word: "To be removed", Class: "live", Icon: iconMark()}
	}
	switch record.State {
	case clawback.RecordChecking:
		return Mark{Word: "Looking", Class: "live working", Icon: iconSearch()}
	case clawback.RecordRemoving:
		return Mark{Word: "Removing", Class: "live working", Icon: iconWorking()}
	case clawback.RecordVerifying:
		return Mark{Word: "Verifying", Class: "live working", Icon: iconWorking()}
	}
	return Mark{Word: "Waiting", Class: "calm", Icon: iconClock()}
}

// RemediationMark answers how a remediation's state is shown.
func RemediationMark(r clawback.Remediation) Mark {
	switch r.Status {
	case clawback.StatusDraft:
		return draftMark(r)
	case clawback.StatusInProgress:
		return progressMark(r)
	case clawback.StatusAwaitingApproval:
		return Mark{Word: "Awaiting approval", Class: "warn", Icon: iconHourglass()}
	case clawback.StatusBlocked:
		if r.BlockedBy == clawback.BlockedHalt {
			return Mark{Word: "Halted", Class: "bad", Icon: iconHalt()}
		}
		return Mark{Word: "Blocked", Class: "bad", Icon: iconBlocked()}
	case clawback.StatusCompleted:
		return Mark{Word: "Completed", Class: "ok", Icon: iconCheckCircle()}
	case clawback.StatusStopped:
		if r.StartedAt.IsZero() {
			return Mark{Word: "Discarded", Class: "calm", Icon: iconStop()}
		}
		return Mark{Word: "Stopped", Class: "calm", Icon: iconStop()}
	}
	return Mark{Word: string(r.Status), Class: "calm", Icon: iconUnknown()}
}

func draftMark(r clawback.Remediation) Mark {
	switch {
	case r.BlockedBy != clawback.BlockedNothing:
		return Mark{Word: "Preview blocked", Class: "bad", Icon: iconBlocked()}
	case r.PreviewedAt.IsZero():
		return Mark{Word: "Preview running", Class: "live working", Icon: iconWorking()}
	}
	return Mark{Word: "Preview ready", Class: "warn", Icon: iconDraft()}
}

func progressMark(r clawback.Remediation) Mark {
	switch {
	case r.Phase == clawback.PhaseWatching && !r.ContainedAt.IsZero():
		return Mark{Word: "Contained", Class: "ok", Icon: iconShield()}
	case r.Phase == clawback.PhaseWatching:
		return Mark{Word: "Watching", Class: "live", Icon: iconEye()}
	case r.Phase == clawback.PhaseTracing:
		return Mark{Word: "Tracing", Class: "live working", Icon: iconSearch()}
	}
	return Mark{Word: "Removing", Class: "live working", Icon: iconWorking()}
}

// ModeMark answers how an organization's mode is shown.
func ModeMark(mode clawback.Mode) Mark {
	switch mode {
	case clawback.ModeEnforce:
		return Mark{Word: "Enforce", Class: "ok", Icon: iconShield()}
	case clawback.ModeObserve:
		return Mark{Word: "Observe", Class: "live", Icon: iconEye()}
	}
	return Mark{Word: "Off", Class: "calm", Icon: iconMinus()}
}

// ActionMark answers how an action's status is shown.
func ActionMark(status clawback.ActionStatus) Mark {
	switch status {
	case clawback.ActionCompleted:
		return Mark{Word: "Completed", Class: "ok", Icon: iconCheckCircle()}
	case clawback.ActionDismissed:
		return Mark{Word: "Dismissed", Class: "calm", Icon: iconMinus()}
	}
	return Mark{Word: "Open", Class: "warn", Icon: iconInbox()}
}

// statusChoices are the states by which remediations are filtered, in words.
var statusChoices = []Choice{
	{string(clawback.StatusDraft), "Preview"},
	{string(clawback.StatusInProgress), "In progress"},
	{string(clawback.StatusAwaitingApproval), "Awaiting approval"},
	{string(clawback.StatusBlocked), "Blocked"},
	{string(clawback.StatusCompleted), "Completed"},
	{string(clawback.StatusStopped), "Stopped"},
}

// Choice is one option of a select.
type Choice struct{ Value, Label string }

func labelOf(choices []Choice, value string) string {
	for _, choice := range choices {
		if choice.Value == value {
			return choice.Label
		}
	}
	return ""
}

func outcomeChoices() []Choice {
	var choices []Choice
	for _, o := range clawback.Outcomes() {
		choices = append(choices, Choice{string(o), OutcomeMark(o).Word})
	}
	return choices
}
