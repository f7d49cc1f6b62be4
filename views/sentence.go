package views

import (
	"fmt"
	"time"

	"github.com/a-h/templ"

	"clawback"
)

// Truth is what a remediation's page says on top: is it gone?
type Truth struct {
	Tone     string // ok, warn, bad, calm, hold or live
	Icon     templ.Component
	Headline string
	Notes    []Note
}

// Note is a sentence with a moment in it.
type Note struct {
	Before string
	At     time.Time
	After  string
}

func plain(text string) Note { return Note{Before: text} }

// TruthOf answers what is true of a remediation, in one sentence with its notes.
func TruthOf(r clawback.Remediation) Truth {
	switch {
	case r.Status == clawback.StatusStopped:
		return stoppedTruth(r)
	case r.Status == clawback.StatusBlocked || r.BlockedBy != clawback.BlockedNothing && !r.Ended():
		return blockedTruth(r)
	case r.Status == clawback.StatusDraft:
		return draftTruth(r)
	case r.Status == clawback.StatusAwaitingApproval:
		return approvalTruth(r)
	case r.Status == clawback.StatusInProgress && running(r):
		return runningTruth(r)
	}
	return resultTruth(r)
}

// running says whether mailboxes are still being worked on.
func running(r clawback.Remediation) bool {
	return r.Phase != clawback.PhaseWatching || r.Counts.Open > 0 && r.ContainedAt.IsZero()
}

// reached counts the mailboxes in which a copy arrived or may have.
func reached(c clawback.Counts) int { return c.Mailboxes - c.Of(clawback.OutcomeNotDelivered) }

func draftTruth(r clawback.Remediation) Truth {
	c := r.Counts
	nothing := plain("Nothing has been removed.")
	switch {
	case r.PreviewedAt.IsZero():
		return Truth{Tone: "live", Icon: iconWorking(), Headline: "Asking Microsoft who received it…", Notes: []Note{
			plain("This takes a few seconds, rarely minutes. A preview removes nothing."),
		}}
	case c.Mailboxes == 0:
		return nobody()
	case c.Open == 0:
		return Truth{Tone: toneOf(c), Icon: iconInfo(), Headline: "Nothing can be removed: " + nothingLeft(c) + ".", Notes: []Note{nothing}}
	case c.Open == c.Mailboxes:
		return Truth{Tone: "live", Icon: iconMail(), Headline: fmt.Sprintf("It reached %s, and can be removed from %s.", mailboxes(c.Open), allOf(c.Open)), Notes: []Note{nothing}}
	}
	head := fmt.Sprintf("It can be removed from %d of %s; %s.", c.Open, mailboxes(c.Mailboxes), others(c))
	return Truth{Tone: "live", Icon: iconMail(), Headline: head, Notes: []Note{nothing}}
}

func allOf(n int) string {
	if n == 1 {
		return "it"
	}
	return "all of them"
}

func nobody() Truth {
	return Truth{Tone: "calm", Icon: iconInbox(), Headline: "Nobody received this email.", Notes: []Note{
		plain("Microsoft’s message trace knows no recipient of this Message-ID. It knows the last 90 days, and takes up to some minutes to learn of a new email: try a new preview if the email is fresh."),
	}}
}

func approvalTruth(r clawback.Remediation) Truth {
	t := Truth{Tone: "warn", Icon: iconHourglass(), Headline: fmt.Sprintf("A second person must approve the removal from %s.", mailboxes(r.ApprovalFor))}
	if r.Counts.Gone() > 0 {
		t.Notes = append(t.Notes, plain(soFar(r.Counts)))
	}
	by := r.StartedByName
	if by == "" {
		by = "the person who started it"
	}
	why := "That is more than may be cleaned without approval."
	if r.ApprovalHour > 0 {
		why = "Other removals of this organization were let to clean " + mailboxes(r.ApprovalHour) + " within the hour before; together that is more than may be cleaned without approval."
	}
	t.Notes = append(t.Notes, plain(why+" "+sentence(by)+" can’t approve it; a colleague can."))
	if !r.ApprovalAskedAt.IsZero() {
		t.Notes = append(t.Notes, Note{Before: "It waits until ", At: r.ApprovalAskedAt.Add(clawback.ApprovalLifetime), After: "; without an approval it ends then."})
	}
	return t
}

func runningTruth(r clawback.Remediation) Truth {
	c := r.Counts
	t := Truth{Tone: "live", Icon: iconWorking()}
	switch {
	case r.Phase == clawback.PhaseTracing && c.Mailboxes == 0:
		t.Headline = "Asking Microsoft who received it…"
	case r.Mode == clawback.ModeObserve:
		t.Headline = fmt.Sprintf("Observing: %s of %s looked at.", Number(c.Mailboxes-c.Open), mailboxes(c.Mailboxes))
		t.Notes = append(t.Notes, plain("Observe mode removes nothing."))
	default:
		t.Headline = "Removing: gone from " + ofReached(c) + " so far."
	}
	if r.Phase == clawback.PhaseRetracing {
		t.Notes = append(t.Notes, plain("Microsoft is asked meanwhile who else received it."))
	}
	if c.Open > 0 {
		t.Notes = append(t.Notes, Note{Before: sentence(mailboxes(c.Open)) + " to go. Started ", At: r.StartedAt, After: byName(r.StartedByName)})
	}
	return t
}

func byName(name string) string {
	if name == "" {
		return "."
	}
	return " by " + Visible(name) + "."
}

func ofReached(c clawback.Counts) string {
	return fmt.Sprintf("%s of %s", Number(c.Gone()), mailboxes(reached(c)))
}

func soFar(c clawback.Counts) string { return "Gone from " + ofReached(c) + " so far." }

// resultTruth is of what was done, whether late copies are still watched for or not.
func resultTruth(r clawback.Remediation) Truth {
	c := r.Counts
	if c.Mailboxes == 0 {
		t := nobody()
		t.Notes = append(t.Notes, watchNotes(r)...)
		return t
	}
	t := Truth{Tone: toneOf(c), Headline: resultHeadline(r)}
	t.Icon = toneIcon(t.Tone)
	t.Notes = append(t.Notes, watchNotes(r)...)
	t.Notes = append(t.Notes, todoNotes(c)...)
	return t
}

func resultHeadline(r clawback.Remediation) string {
	c := r.Counts
	rest := others(c)
	took := ""
	if !r.ContainedAt.IsZero() && !r.StartedAt.IsZero() {
		took = " in " + Took(r.ContainedAt.Sub(r.StartedAt))
	}
	switch {
	case c.Of(clawback.OutcomeObserved) > 0:
		return fmt.Sprintf("Still in %s: observe mode removes nothing%s.", mailboxes(c.Of(clawback.OutcomeObserved)), tail(othersBut(c, clawback.OutcomeObserved)))
	case c.Gone() == 0 && c.Of(clawback.OutcomeNotFound) > 0 && c.Of(clawback.OutcomeNotFound) == reached(c):
		return fmt.Sprintf("Not found in %s that received it%s.", theMailboxes(reached(c)), tail(othersBut(c, clawback.OutcomeNotFound)))
	case c.PutBack > 0:
		return sentence(putBack(c)) + "."
	case c.Gone() == 0:
		return "Nothing was removed: " + nothingLeft(c) + "."
	case c.Gone() == reached(c) && reached(c) == 1:
		return "Gone from the one mailbox it reached" + took + tail(rest) + "."
	case c.Gone() == reached(c):
		return fmt.Sprintf("Gone from all %s%s%s.", mailboxes(reached(c)), took, tail(rest))
	}
	return "Gone from " + ofReached(c) + took + tail(rest) + "."
}

// putBack says into how many mailboxes it was put back, and what became of the others.
func putBack(c clawback.Counts) string {
	text := "put back into " + mailboxes(c.PutBack)
	if c.Gone() > 0 {
		text += "; gone from " + Number(c.Gone())
	}
	c.PutBack = 0
	return text + tail(others(c))
}

func theMailboxes(n int) string {
	if n == 1 {
		return "the mailbox"
	}
	return "any of the " + mailboxes(n)
}

func tail(rest string) string {
	if rest == "" {
		return ""
	}
	return "; " + rest
}

// nothingLeft says why there is nothing to remove.
func nothingLeft(c clawback.Counts) string {
	for _, all := range []struct {
		outcome   clawback.Outcome
		one, many string
	}{
		{clawback.OutcomeProtected, "the one mailbox it reached is protected", "all %s it reached are protected"},
		{clawback.OutcomeUnreachable, "the one mailbox it reached can’t be reached by us", "all %s it reached can’t be reached by us"},
		{clawback.OutcomeNotDelivered, "it was not delivered to the one mailbox it was sent to", "it was not delivered to any of %s"},
	} {
		if n := c.Of(all.outcome); n > 0 && n == c.Mailboxes {
			if n == 1 {
				return all.one
			}
			return fmt.Sprintf(all.many, mailboxes(n))
		}
	}
	return others(c)
}

// others counts what is neither gone nor open.
func others(c clawback.Counts) string { return othersBut(c, clawback.OutcomeNone) }

func othersBut(c clawback.Counts, but clawback.Outcome) string {
	text := ""
	if c.PutBack > 0 {
		text = Number(c.PutBack) + " put back"
	}
	for _, o := range clawback.Outcomes() {
		n := c.Of(o)
		if n == 0 || o == but || o == clawback.OutcomeRemoved || o == clawback.OutcomeAlreadyGone {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += Number(n) + " " + otherWords[o]
	}
	return text
}

var otherWords = map[clawback.Outcome]string{
	clawback.OutcomePartlyRemoved: "partly removed",
	clawback.OutcomeNotFound:      "not found",
	clawback.OutcomeProtected:     "protected",
	clawback.OutcomeAmbiguous:     "ambiguous",
	clawback.OutcomeNotDelivered:  "not delivered",
	clawback.OutcomeUnreachable:   "unreachable",
	clawback.OutcomeDenied:        "denied",
	clawback.OutcomeFailed:        "failed",
	clawback.OutcomeObserved:      "only observed",
	clawback.OutcomeStopped:       "left alone",
}

// toneOf answers how good or bad the counts are.
func toneOf(c clawback.Counts) string {
	switch {
	case c.Of(clawback.OutcomeFailed)+c.Of(clawback.OutcomeDenied)+c.Of(clawback.OutcomePartlyRemoved) > 0:
		return "bad"
	case c.Of(clawback.OutcomeAmbiguous)+c.Of(clawback.OutcomeNotFound) > 0:
		return "warn"
	case c.Of(clawback.OutcomeObserved) > 0:
		return "live"
	case c.PutBack > 0:
		return "calm"
	case c.Gone() > 0:
		return "ok"
	case c.Of(clawback.OutcomeProtected) > 0:
		return "hold"
	case c.Of(clawback.OutcomeUnreachable) > 0:
		return "warn"
	}
	return "calm"
}

func toneIcon(tone string) templ.Component {
	switch tone {
	case "ok":
		return iconCheckCircle()
	case "bad":
		return iconCross()
	case "warn":
		return iconWarning()
	case "hold":
		return iconProtected()
	case "live":
		return iconEye()
	}
	return iconInfo()
}

// watchNotes say when it was contained and how long late copies are watched for.
func watchNotes(r clawback.Remediation) []Note {
	var notes []Note
	switch {
	case !r.ContainedAt.IsZero():
		notes = append(notes, Note{Before: "Contained ", At: r.ContainedAt, After: ": every copy within reach is proved gone."})
	case r.Mode != clawback.ModeObserve && r.Counts.Mailboxes > 0:
		notes = append(notes, plain("Not contained: not every copy within reach is proved gone."))
	}
	switch {
	case r.Status == clawback.StatusCompleted:
		notes = append(notes, Note{Before: "Completed ", At: r.EndedAt, After: " after " + Count(r.Looks, "look", "looks") + " for late copies."})
	case !r.ContainedAt.IsZero():
		last := r.ContainedAt.Add(clawback.WatchSchedule[len(clawback.WatchSchedule)-1])
		notes = append(notes, Note{Before: "Watching for late copies until ", At: last, After: "."})
	}
	if r.Status != clawback.StatusCompleted && !r.NextLookAt.IsZero() {
		notes = append(notes, Note{Before: "Next look ", At: r.NextLookAt, After: "."})
	}
	return notes
}

// todoNotes say what becomes of the mailboxes that are not clean.
func todoNotes(c clawback.Counts) []Note {
	var notes []Note
	if c.Of(clawback.OutcomeFailed)+c.Of(clawback.OutcomeDenied) > 0 {
		notes = append(notes, plain("Failed and denied mailboxes can be tried again; after "+Took(clawback.HandOverAfter)+" they become the customer’s action."))
	}
	if c.Of(clawback.OutcomeNotFound) > 0 {
		notes = append(notes, plain("“Not found” is not “gone”: the mailbox is looked at again after 2 minutes, 10 minutes and an hour, and with every look for late copies."))
	}
	if c.Of(clawback.OutcomeAmbiguous) > 0 {
		notes = append(notes, plain("Ambiguous copies bear the Message-ID but differ in sender, or in subject and time. They were left alone: look at them."))
	}
	return notes
}

func stoppedTruth(r clawback.Remediation) Truth {
	t := Truth{Tone: "calm", Icon: iconStop()}
	switch {
	case r.StartedAt.IsZero():
		t.Headline = "Preview discarded. Nothing was removed."
	case r.Counts.PutBack > 0:
		t.Headline = "Stopped, then " + putBack(r.Counts) + "."
	case r.Counts.Gone() == 0 && r.Counts.Open == 0:
		t.Headline = "Stopped before anything was removed."
	case r.Counts.Gone() == 0:
		t.Headline = "Stopped: nothing is proved gone yet."
	default:
		t.Headline = "Stopped: gone from " + ofReached(r.Counts) + tail(others(r.Counts)) + "."
	}
	if r.Counts.Open > 0 {
		t.Notes = append(t.Notes, plain("A request for "+mailboxes(r.Counts.Open)+" had left before. Nothing more is sent; a look shows what became of it."))
	}
	if !r.StartedAt.IsZero() && r.EndReason != "" {
		t.Notes = append(t.Notes, plain("Reason: "+Visible(r.EndReason)))
	}
	if !r.EndedAt.IsZero() {
		t.Notes = append(t.Notes, Note{Before: "Ended ", At: r.EndedAt, After: byName(r.EndedByName)})
	}
	if r.Counts.Of(clawback.OutcomeStopped) > 0 {
		t.Notes = append(t.Notes, plain("Mailboxes that were left alone keep the email. A new remediation can go on where this one ended."))
	}
	return t
}

// Announcement is what a screen reader hears of a running remediation: only what matters, not every number.
func Announcement(r clawback.Remediation) string {
	if r.Status != clawback.StatusInProgress || !running(r) || r.Counts.Mailboxes == 0 {
		return TruthOf(r).Headline
	}
	done := 4 * (r.Counts.Mailboxes - r.Counts.Open) / r.Counts.Mailboxes
	return RemediationMark(r).Word + []string{".", ": a quarter done.", ": half done.", ": three quarters done.", ": nearly done."}[done]
}

// Brief is the truth in the few words of a list.
func Brief(r clawback.Remediation) string {
	c := r.Counts
	switch {
	case r.Status == clawback.StatusDraft && (r.PreviewedAt.IsZero() || r.BlockedBy != clawback.BlockedNothing):
		return ""
	case c.Mailboxes == 0 && (r.Ended() || r.Status == clawback.StatusDraft || !running(r)):
		return "Nobody received it"
	case c.Mailboxes == 0:
		return ""
	case r.Status == clawback.StatusDraft:
		return mailboxes(c.Open) + " to clean" + tail(others(c))
	case r.Status == clawback.StatusAwaitingApproval && c.Gone() == 0:
		return mailboxes(r.ApprovalFor) + " to approve" + tail(others(c))
	case c.Of(clawback.OutcomeObserved) > 0:
		return "Still in " + mailboxes(c.Of(clawback.OutcomeObserved)) + tail(othersBut(c, clawback.OutcomeObserved))
	case c.PutBack > 0:
		return sentence(putBack(c))
	case c.Gone() == 0 && c.Open == 0:
		return sentence(others(c))
	}
	return "Gone from " + Number(c.Gone()) + " of " + Number(reached(c)) + tail(others(c))
}

// TimeToGone answers how long it took until every reachable copy was proved gone, or "": also where it lies again.
func TimeToGone(r clawback.Remediation) string {
	if r.Counts.PutBack > 0 || r.ContainedAt.IsZero() || r.StartedAt.IsZero() {
		return ""
	}
	return Took(r.ContainedAt.Sub(r.StartedAt))
}
