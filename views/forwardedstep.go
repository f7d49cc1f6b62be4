package views

import (
	"strings"

	"clawback"
)

// ForwardedMadeData is a new link to a step, which its maker alone can read, for some minutes.
type ForwardedMadeData struct {
	Step SetupStepData
	Made clawback.ForwardedStep
	Link string
}

// Message is what its maker sends along: what it is about, who can do it, and the link.
func (d ForwardedMadeData) Message() string {
	return strings.Join([]string{
		"Hello,",
		"",
		"Clawback removes malicious email from the mailboxes of our Microsoft 365 after delivery. To set it up, one step is to be done in Microsoft Entra: " + d.Step.Step.Name() + ".",
		"",
		"Who can do it: " + d.Step.guide().who,
		"",
		"This page has the instructions, links straight to the right place, and the same as a PowerShell script. You need no account for it:",
		d.Link,
		"",
		"It works until " + d.Made.ExpiresAt.UTC().Format("2 January 2006, 15:04 UTC") + ". Please press “I have done it” on it when you are through.",
	}, "\n")
}

// ForwardedData is a step as the bearer of a link sees it: what to do, and nothing of what Clawback found.
type ForwardedData struct {
	Step SetupStepData
	Link clawback.ForwardedStep
}

// forwarded says what has become of a link.
func (d SetupStepData) forwarded(f clawback.ForwardedStep) Mark {
	switch f.Status(d.Now) {
	case clawback.ForwardedWithdrawn:
		return Mark{Word: "Withdrawn", Class: "calm", Icon: iconStop()}
	case clawback.ForwardedExpired:
		return Mark{Word: "Expired", Class: "calm", Icon: iconClock()}
	case clawback.ForwardedDone:
		return Mark{Word: "Said to be done", Class: "live", Icon: iconCheckCircle()}
	case clawback.ForwardedOpened:
		return Mark{Word: "Opened", Class: "live", Icon: iconEye()}
	}
	return Mark{Word: "Not opened yet", Class: "calm", Icon: iconDash()}
}
