package views

import (
	"strconv"
	"time"

	"clawback"
)

// ContextEntriesData is an organization's never-remove context.
type ContextEntriesData struct {
	Organization clawback.Organization
	Entries      []clawback.ContextEntry
	Impact       map[string]int
	CanPropose   bool
	CanSelect    bool
	Now          time.Time
}

// NewContextData is the form of a proposal.
type NewContextData struct {
	Organization clawback.Organization
	Form         Form
}

// ContextEntryData is one entry.
type ContextEntryData struct {
	Organization clawback.Organization
	Entry        clawback.ContextEntry
	Steps        []clawback.ContextStep
	Wire         []clawback.WireRequest // under way when its protection came into force
	Twins        []clawback.ContextEntry
	Impact       int
	CanPropose   bool
	CanReview    bool
	CanSelect    bool
	Form         Form
	Now          time.Time
}

// entryGroup is a part of the list of entries.
type entryGroup struct {
	id, heading, note string
	entries           []clawback.ContextEntry
}

// groups sorts the entries by what they ask of somebody: proposals first.
func (d ContextEntriesData) groups() []entryGroup {
	groups := []entryGroup{
		{id: "decide", heading: "Needs decision", note: "They go on protecting until an admin deselects them."},
		{id: "proposals", heading: "Proposals", note: "They protect nothing until an admin selects them."},
		{id: "force", heading: "In force", note: "Clawback removes no email from these inboxes."},
		{id: "idle", heading: "Not selected", note: "They protect nothing."},
	}
	for _, e := range d.Entries {
		i := 3
		switch {
		case e.NeedsDecision(d.Now):
			i = 0
		case e.Selected:
			i = 2
		case e.Status == clawback.ReviewRequested || e.Status == clawback.ReviewChangesRequested:
			i = 1
		}
		groups[i].entries = append(groups[i].entries, e)
	}
	groups[0], groups[1] = groups[1], groups[0]
	return groups
}

func (d ContextEntriesData) inForce() int {
	n := 0
	for _, e := range d.Entries {
		if e.Selected {
			n++
		}
	}
	return n
}

// ReviewMark answers how far a review is.
func ReviewMark(status clawback.ReviewStatus) Mark {
	switch status {
	case clawback.ReviewApproved:
		return Mark{Word: "Approved", Class: "ok", Icon: iconCheckCircle()}
	case clawback.ReviewDeclined:
		return Mark{Word: "Declined", Class: "bad", Icon: iconCross()}
	case clawback.ReviewChangesRequested:
		return Mark{Word: "Sent back", Class: "warn", Icon: iconRetry()}
	}
	return Mark{Word: "Waits for review", Class: "calm", Icon: iconHourglass()}
}

// ForceMark answers whether an entry protects.
func ForceMark(e clawback.ContextEntry, now time.Time) Mark {
	switch {
	case e.NeedsDecision(now):
		return Mark{Word: "In force, needs decision", Class: "warn", Icon: iconWarning()}
	case e.Selected:
		return Mark{Word: "In force", Class: "hold", Icon: iconProtected()}
	}
	return Mark{Word: "Protects nothing", Class: "calm", Icon: iconMinus()}
}

func forceWhy(e clawback.ContextEntry, now time.Time) string {
	_, why := e.InForce(now)
	return why
}

// forceTone is the verdict's tone on an entry's page.
func forceTone(e clawback.ContextEntry, now time.Time) string {
	if e.Selected {
		return ForceMark(e, now).Class
	}
	return "calm"
}

func forceHeadline(d ContextEntryData) string {
	switch {
	case d.Entry.NeedsDecision(d.Now) && d.CanSelect:
		return "In force, and needs your decision"
	case d.Entry.NeedsDecision(d.Now):
		return "In force, and needs the decision of an admin of " + Visible(d.Organization.Name)
	case d.Entry.Selected:
		return "In force: Clawback removes no email from this inbox"
	}
	return "Protects nothing yet"
}

// nextStep says who moves an entry on that is not in force.
func nextStep(d ContextEntryData) string {
	switch d.Entry.Status {
	case clawback.ReviewChangesRequested:
		return "The engagement manager asked something. Change the entry and ask again."
	case clawback.ReviewDeclined:
		return "The engagement manager declined it."
	case clawback.ReviewApproved:
		if d.CanSelect {
			return "The review is done: select it to protect the inbox."
		}
		return "The review is done. An admin of " + Visible(d.Organization.Name) + " selects it."
	}
	if d.CanReview {
		return "It waits for your review, below."
	}
	return "It waits for the engagement manager’s review."
}

// impactText says what an entry would have meant.
func impactText(n int) string {
	if n == 0 {
		return "No removal of the last 90 days reached this inbox."
	}
	return "Would have protected " + Count(n, "email", "emails") + " in the last 90 days."
}

// endText names the last day on which an entry was meant to hold.
func endText(e clawback.ContextEntry, now time.Time) string {
	switch {
	case e.EndsAt.IsZero():
		return "No end"
	case e.Ended(now):
		return "Ended " + e.EndsAt.UTC().Format("2 Jan 2006")
	}
	return "Until " + e.EndsAt.UTC().Format("2 Jan 2006")
}

func dayOf(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.DateOnly)
}

// seen is when a thing was last changed, for the form that changes it.
func seen(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return strconv.FormatInt(at.UnixMilli(), 10)
}

// stepText says what happened to an entry.
func stepText(kind clawback.ContextStepKind) string {
	switch kind {
	case clawback.ContextProposed:
		return "Proposed by"
	case clawback.ContextChanged:
		return "Changed, and the review asked for again, by"
	case clawback.ContextSelected:
		return "Selected, so in force, by"
	case clawback.ContextDeselected:
		return "Deselected, so its protection ended, by"
	case clawback.ContextStepKind(clawback.ReviewApproved):
		return "Approved by"
	case clawback.ContextStepKind(clawback.ReviewDeclined):
		return "Declined by"
	case clawback.ContextStepKind(clawback.ReviewChangesRequested):
		return "Sent back by"
	}
	return string(kind) + ", by"
}

// contextIDs leads from an error to its field; one entry's page has one comment.
var contextIDs = map[string]string{
	"address": "address", "purpose": "purpose", "note": "note", "owner": "owner", "ends_at": "ends_at", "comment": "comment", "status": "comment",
}
