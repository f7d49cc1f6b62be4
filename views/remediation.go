package views

import (
	"fmt"
	"strings"
	"time"

	"github.com/a-h/templ"

	"clawback"
)

// RemediationData is one remediation with a page of its mailboxes.
type RemediationData struct {
	Remediation  clawback.Remediation
	Setting      clawback.AutoRemediation // of its organization
	Records      clawback.Page[clawback.EmailRecord]
	RecordFilter clawback.RecordFilter
	Protected    []clawback.EmailRecord // of a preview: the first of them, to be named
	Unreachable  []clawback.EmailRecord
	Actor        clawback.Actor
	Restores     clawback.RestoreCounts
	Kept         []clawback.KeptEmail
	Causes       []clawback.Cause
	Form         Form
	Met          bool // it was under way when it was asked for again
	Poll         bool // this is the answer to a poll
	Now          time.Time
}

// Title names the remediation, so that ten tabs can be told apart.
func (d RemediationData) Title() string {
	return quotedName(d.Remediation) + " · " + number(d.Remediation)
}

func (d RemediationData) heading() string {
	return "“" + nameOf(d.Remediation) + "”"
}

func (d RemediationData) target() clawback.Target {
	if len(d.Remediation.Targets) == 0 {
		return clawback.Target{}
	}
	return d.Remediation.Targets[0]
}

func (d RemediationData) preview() bool { return d.Remediation.Status == clawback.StatusDraft }

func (d RemediationData) can(right clawback.Right) bool {
	return d.Actor.Can(right, d.Remediation.OrganizationID)
}

// live says whether the page changes by itself.
func (d RemediationData) live() bool { return d.interval() != "" }

// How often a page looks: while mailboxes are worked on, and while only something from outside can change it.
const (
	pollFast = "every 1s"
	pollSlow = "every 10s"
)

func (d RemediationData) interval() string {
	r := d.Remediation
	switch {
	case d.Restores.Waiting > 0, r.Ended() && r.Counts.Open > 0:
		return pollFast
	case r.Ended():
		return ""
	case r.Status == clawback.StatusDraft && r.BlockedBy == clawback.BlockedNothing && r.PreviewedAt.IsZero():
		return pollFast
	case r.Status == clawback.StatusInProgress && running(r):
		return pollFast
	case r.Status == clawback.StatusDraft && r.BlockedBy == clawback.BlockedNothing:
		return "" // ready: now it is the reader's turn, and nothing may move under the hands
	case r.Status == clawback.StatusAwaitingApproval && d.canApprove(), d.resumable():
		return ""
	}
	return pollSlow
}

// poll are the attributes of the element that polls. There are two such elements, since htmx keeps the interval with
// which it found one.
func (d RemediationData) poll() templ.Attributes {
	return templ.Attributes{
		"hx-get":        RemediationLivePath(d.Remediation.ID, d.RecordFilter),
		"hx-trigger":    d.interval(),
		"hx-target":     "#truth",
		"hx-swap":       "innerMorph",
		"hx-status:502": "swap:none", // not our page
		"hx-status:504": "swap:none",
	}
}

// startable says whether the preview can be started by this reader.
func (d RemediationData) startable() bool {
	r := d.Remediation
	return d.preview() && r.BlockedBy == clawback.BlockedNothing && !r.PreviewedAt.IsZero() && d.can(clawback.RightRemediate)
}

// StartLabel names the main button by what it does.
func StartLabel(mode clawback.Mode, n int) string {
	if mode == clawback.ModeObserve {
		return "Look into " + mailboxes(n) + ", remove nothing (observe mode)"
	}
	return "Start removal from " + mailboxes(n)
}

// overLimit says whether a second person must approve, and the limit.
func (d RemediationData) overLimit() (int, bool) {
	limit := d.Setting.VolumeLimit
	if limit <= 0 {
		limit = clawback.DefaultVolumeLimit
	}
	return limit, d.Remediation.Counts.Open > limit
}

func (d RemediationData) limitText() string {
	limit, over := d.overLimit()
	if !over {
		return ""
	}
	return fmt.Sprintf("More than %s need a second person’s approval here, for one removal or for all within an hour: after your start it waits for a colleague.", mailboxes(limit))
}

func (d RemediationData) canApprove() bool {
	return d.Remediation.Status == clawback.StatusAwaitingApproval && d.refusal() == ""
}

// refusal says why this reader can't approve, or "".
func (d RemediationData) refusal() string {
	r := d.Remediation
	switch {
	case !d.can(clawback.RightApprove):
		return "A SOC analyst or an operator can approve it."
	case d.Actor.ID != "" && (r.StartedBy == d.Actor.ID || r.CreatedBy == d.Actor.ID):
		return "You asked for it, so a colleague must approve it."
	case r.ApprovalFor > clawback.SOCApprovalLimit && !d.can(clawback.RightHalt):
		return "More than " + mailboxes(clawback.SOCApprovalLimit) + ": only an operator can approve it."
	}
	return ""
}

func (d RemediationData) retryable() int {
	r := d.Remediation
	if r.Lapsed != "" || r.Status == clawback.StatusStopped || r.Status == clawback.StatusAwaitingApproval || d.preview() || !d.can(clawback.RightRemediate) {
		return 0
	}
	n := 0
	for _, cause := range d.Causes {
		n += cause.Mailboxes
	}
	return n
}

func (d RemediationData) stoppable() bool {
	return !d.Remediation.Ended() && !d.preview() && d.can(clawback.RightRemediate)
}

// stopTexts say what stopping means now.
func (d RemediationData) stopTexts() (link, heading, consequence, button string) {
	r := d.Remediation
	if r.Status == clawback.StatusInProgress && !running(r) {
		return "Stop watching…", "Stop watching", "Late copies are no longer looked for. What was removed stays removed.", "Stop watching"
	}
	return "Stop…", "Stop this removal", "Mailboxes that are not cleaned yet keep the email. What was removed stays removed.", "Stop the removal"
}

func (d RemediationData) stopLink() string        { link, _, _, _ := d.stopTexts(); return link }
func (d RemediationData) stopHeading() string     { _, heading, _, _ := d.stopTexts(); return heading }
func (d RemediationData) stopConsequence() string { _, _, text, _ := d.stopTexts(); return text }
func (d RemediationData) stopButton() string      { _, _, _, button := d.stopTexts(); return button }

// figure is one number of the counts.
type figure struct {
	number int
	label  string
	class  string
	path   string
}

// figures add up: the mailboxes, then every outcome that occurs, then what is open.
func (d RemediationData) figures() []figure {
	r := d.Remediation
	c := r.Counts
	path := func(o clawback.Outcome) string {
		return RemediationRecordsPath(r.ID, clawback.RecordFilter{Outcome: o})
	}
	figures := []figure{{number: c.Mailboxes, label: oneOrMany(c.Mailboxes, "mailbox reached", "mailboxes reached"), path: path("")}}
	open := figure{number: c.Open, label: "open", class: "f-pending"}
	if d.preview() {
		open.label = "to be removed"
		figures = append(figures, open)
	}
	for _, o := range clawback.Outcomes() {
		n := c.Of(o)
		if o == clawback.OutcomeRemoved {
			n -= c.PutBack
		}
		if n > 0 {
			figures = append(figures, figure{number: n, label: strings.ToLower(OutcomeMark(o).Word), class: "f-" + string(o), path: path(o)})
		}
	}
	if c.PutBack > 0 {
		figures = append(figures, figure{number: c.PutBack, label: "put back", class: "f-put_back", path: path(clawback.OutcomeRemoved)})
	}
	if !d.preview() && c.Open > 0 {
		figures = append(figures, open)
	}
	return figures
}

func oneOrMany(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// sums says in a sentence that the numbers add up to the recipients.
func sums(c clawback.Counts) string {
	traced := c.Mailboxes - c.Untraced
	text := ""
	if c.Recipients != traced {
		text = fmt.Sprintf("Microsoft’s trace names %s; they belong to %s.", Count(c.Recipients, "recipient", "recipients"), mailboxes(traced))
	}
	if c.Untraced > 0 {
		text += fmt.Sprintf(" %s named by hand or the sender’s own.", Count(c.Untraced, "mailbox is", "mailboxes are"))
	}
	return strings.TrimSpace(text)
}

// others answers the senders and subjects that came under the same id and are not the target.
func otherVariants(r clawback.Remediation) []clawback.Variant {
	var others []clawback.Variant
	for _, v := range r.Variants {
		if !v.IsTarget {
			others = append(others, v)
		}
	}
	return others
}

// moment is one line of the remediation's own story.
type moment struct {
	at    time.Time
	text  string
	class string
}

// story answers what happened, the latest first.
func story(r clawback.Remediation) []moment {
	var moments []moment
	add := func(at time.Time, class, text string) {
		if !at.IsZero() {
			moments = append([]moment{{at: at, text: text, class: class}}, moments...)
		}
	}
	add(r.CreatedAt, "", "Asked"+byPerson(r.CreatedByName))
	if r.StartedAt.IsZero() || r.PreviewedAt.Before(r.StartedAt) {
		add(r.PreviewedAt, "", "Preview ready")
	}
	add(r.StartedAt, "", "Started"+byPerson(r.StartedByName))
	if !r.StartedAt.IsZero() {
		add(r.TracedAt, "", fmt.Sprintf("Traced: %s", Count(r.Counts.Recipients, "recipient", "recipients")))
	}
	add(r.FirstCleanAt, "ok", "First mailbox clean")
	add(r.ContainedAt, "ok", "Contained: every copy within reach proved gone")
	add(r.BlockedSince, "bad", "Blocked")
	if r.Lapsed != "" {
		add(r.PreviewedAt, "", "New preview ready")
	}
	switch r.Status {
	case clawback.StatusAwaitingApproval:
		add(r.ApprovalAskedAt, "", "Approval asked for "+mailboxes(r.ApprovalFor))
	case clawback.StatusCompleted:
		add(r.EndedAt, "ok", "Completed")
	case clawback.StatusStopped:
		add(r.EndedAt, "", "Stopped"+byPerson(r.EndedByName))
	}
	if r.Counts.PutBack > 0 {
		add(r.PutBackAt, "", "Put back into "+mailboxes(r.Counts.PutBack))
	} else {
		add(r.PutBackAt, "", "Put back in part")
	}
	return moments
}

func byPerson(name string) string {
	if name == "" {
		return ""
	}
	return " by " + Visible(name)
}

// place is where a copy lay.
type place struct{ folder, read string }

// placesOf answers where the copies of a record lay, each place once.
func placesOf(record clawback.EmailRecord) []place {
	var places []place
	seen := map[place]bool{}
	for _, c := range record.Copies {
		p := place{folder: Visible(c.FolderName), read: "unread"}
		if c.Read {
			p.read = "read"
		}
		if p.folder == "" {
			p.folder = "Folder not named yet"
		}
		if !seen[p] {
			seen[p] = true
			places = append(places, p)
		}
	}
	return places
}

// quotedName answers an email's name in the length of a title.
func quotedName(r clawback.Remediation) string { return "“" + Short(nameOf(r), 60) + "”" }

// timed says whether the moment of an outcome is worth its place in a row.
func timed(record clawback.EmailRecord) bool {
	return !record.DoneAt.IsZero() && (record.Outcome == clawback.OutcomeRemoved || record.Outcome == clawback.OutcomeAlreadyGone)
}

// brief answers the reason of a record in the few words of a row.
func brief(record clawback.EmailRecord) string {
	if restored(record) {
		return "then put back"
	}
	if record.Reason == clawback.ReasonNeverRemove && record.ProtectedPurpose != "" {
		return "by “" + Visible(record.ProtectedPurpose) + "”"
	}
	if text, ok := briefReasons[record.Reason]; ok {
		return text
	}
	return why(record)
}

// why answers the reason of a record for its row.
func why(record clawback.EmailRecord) string {
	if text := ReasonText(record.Reason, record.ProtectedPurpose); text != "" {
		return text
	}
	return Visible(record.Detail)
}

func (d RemediationData) firstRecords() string {
	if d.RecordFilter.Cursor == "" {
		return ""
	}
	f := d.RecordFilter
	f.Cursor = ""
	return RemediationRecordsPath(d.Remediation.ID, f)
}

func (d RemediationData) nextRecords() string {
	if d.Records.Next == "" {
		return ""
	}
	f := d.RecordFilter
	f.Cursor = d.Records.Next
	return RemediationRecordsPath(d.Remediation.ID, f)
}

func (d RemediationData) recordsFiltered() bool {
	return d.RecordFilter.Outcome != "" || d.RecordFilter.Reason != "" || d.RecordFilter.Search != ""
}

// more says how many of an outcome are not named.
func more(named []clawback.EmailRecord, all int) string {
	if all <= len(named) {
		return ""
	}
	return "and " + Number(all-len(named)) + " more"
}

// most answers up to how many mailboxes a start goes on without asking again: a
// trace may name a few more than the preview.
func (d RemediationData) most() int {
	open := d.Remediation.Counts.Open
	return open + max(1, int(float64(open)*clawback.ApprovalMargin))
}
