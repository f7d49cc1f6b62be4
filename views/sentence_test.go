package views_test

import (
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/views"
)

type outcomes = map[clawback.Outcome]int

// counted makes counts whose parts add up.
func counted(open int, of outcomes) clawback.Counts {
	c := clawback.Counts{Open: open, Mailboxes: open, Outcomes: of}
	for _, n := range of {
		c.Mailboxes += n
	}
	c.Recipients = c.Mailboxes
	return c
}

func TestTruthOf(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 23, 9, 41, 1, 0, time.UTC)
	contained := start.Add(11 * time.Second)
	running := func(phase clawback.Phase, c clawback.Counts) clawback.Remediation {
		return clawback.Remediation{Status: clawback.StatusInProgress, Phase: phase, Mode: clawback.ModeEnforce, StartedAt: start, StartedByName: "Ada", Counts: c}
	}
	watching := func(c clawback.Counts) clawback.Remediation {
		r := running(clawback.PhaseWatching, c)
		r.ContainedAt, r.NextLookAt = contained, contained.Add(10*time.Minute)
		return r
	}
	with := func(r clawback.Remediation, change func(*clawback.Remediation)) clawback.Remediation {
		change(&r)
		return r
	}
	draft := func(c clawback.Counts) clawback.Remediation {
		return clawback.Remediation{Status: clawback.StatusDraft, PreviewedAt: start, Counts: c}
	}
	blocked := func(by clawback.BlockedBy) clawback.Remediation {
		return with(running(clawback.PhaseRemoving, counted(9, outcomes{clawback.OutcomeRemoved: 16})), func(r *clawback.Remediation) {
			r.Status, r.BlockedBy, r.BlockedSince = clawback.StatusBlocked, by, now
		})
	}

	for name, test := range map[string]struct {
		remediation clawback.Remediation
		tone        string
		headline    string
		note        string // somewhere in the notes
	}{
		"preview asks": {
			clawback.Remediation{Status: clawback.StatusDraft, Phase: clawback.PhaseTracing}, "live", "Asking Microsoft who received it…", "removes nothing",
		},
		"preview not begun": {
			clawback.Remediation{Status: clawback.StatusDraft}, "live", "Asking Microsoft who received it…", "removes nothing",
		},
		"preview ready": {
			draft(counted(24, outcomes{clawback.OutcomeProtected: 1})), "live", "It can be removed from 24 of 25 mailboxes; 1 protected.", "Nothing has been removed.",
		},
		"preview ready, all": {
			draft(counted(25, nil)), "live", "It reached 25 mailboxes, and can be removed from all of them.", "Nothing has been removed.",
		},
		"preview ready, one": {
			draft(counted(1, nil)), "live", "It reached 1 mailbox, and can be removed from it.", "Nothing has been removed.",
		},
		"preview, nobody": {draft(counted(0, nil)), "calm", "Nobody received this email.", "90 days"},
		"preview, protected only": {
			draft(counted(0, outcomes{clawback.OutcomeProtected: 2})), "hold", "Nothing can be removed: all 2 mailboxes it reached are protected.", "Nothing has been removed.",
		},
		"preview, not delivered": {
			draft(counted(0, outcomes{clawback.OutcomeNotDelivered: 1})), "calm", "Nothing can be removed: it was not delivered to the one mailbox it was sent to.", "",
		},
		"preview blocked": {
			clawback.Remediation{Status: clawback.StatusDraft, BlockedBy: clawback.BlockedToken, BlockedDetail: "invalid_client"}, "bad",
			"The preview is blocked: Microsoft gives us no access to this organization’s Microsoft 365.", "Invalid_client",
		},
		"tracing": {running(clawback.PhaseTracing, clawback.Counts{}), "live", "Asking Microsoft who received it…", ""},
		"removing": {
			running(clawback.PhaseRemoving, counted(14, outcomes{clawback.OutcomeRemoved: 10, clawback.OutcomeProtected: 1})), "live",
			"Removing: gone from 10 of 25 mailboxes so far.", "14 mailboxes to go. Started 2026-11-23T09:41:01Z by Ada.",
		},
		"removing while the trace is asked again": {
			running(clawback.PhaseRetracing, counted(14, outcomes{clawback.OutcomeRemoved: 11})), "live",
			"Removing: gone from 11 of 25 mailboxes so far.", "Microsoft is asked meanwhile who else received it.",
		},
		"observing": {
			with(running(clawback.PhaseRemoving, counted(20, outcomes{clawback.OutcomeObserved: 5})), func(r *clawback.Remediation) { r.Mode = clawback.ModeObserve }),
			"live", "Observing: 5 of 25 mailboxes looked at.", "removes nothing",
		},
		"contained": {
			watching(counted(0, outcomes{clawback.OutcomeRemoved: 24, clawback.OutcomeProtected: 1})), "ok",
			"Gone from 24 of 25 mailboxes in 11 s; 1 protected.", "Contained 2026-11-23T09:41:12Z: every copy within reach is proved gone.",
		},
		"contained, next look": {
			watching(counted(0, outcomes{clawback.OutcomeRemoved: 24})), "ok", "Gone from all 24 mailboxes in 11 s.", "Next look 2026-11-23T09:51:12Z.",
		},
		"contained, one": {
			watching(counted(0, outcomes{clawback.OutcomeRemoved: 1})), "ok", "Gone from the one mailbox it reached in 11 s.", "Watching for late copies until 2026-11-26T09:41:12Z.",
		},
		"contained, some were never delivered": {
			watching(counted(0, outcomes{clawback.OutcomeRemoved: 3, clawback.OutcomeNotDelivered: 2})), "ok", "Gone from all 3 mailboxes in 11 s; 2 not delivered.", "",
		},
		"all protected": {
			watching(counted(0, outcomes{clawback.OutcomeProtected: 1})), "hold", "Nothing was removed: the one mailbox it reached is protected.", "",
		},
		"all unreachable": {
			watching(counted(0, outcomes{clawback.OutcomeUnreachable: 3})), "warn", "Nothing was removed: all 3 mailboxes it reached can’t be reached by us.", "",
		},
		"some failed": {
			running(clawback.PhaseWatching, counted(0, outcomes{clawback.OutcomeRemoved: 22, clawback.OutcomeFailed: 2, clawback.OutcomeDenied: 1})), "bad",
			"Gone from 22 of 25 mailboxes; 1 denied, 2 failed.", "after 4 h they become the customer’s action",
		},
		"not contained": {
			running(clawback.PhaseWatching, counted(0, outcomes{clawback.OutcomeRemoved: 22, clawback.OutcomeAmbiguous: 1})), "warn",
			"Gone from 22 of 23 mailboxes; 1 ambiguous.", "Not contained",
		},
		"nothing found": {
			running(clawback.PhaseWatching, counted(0, outcomes{clawback.OutcomeNotFound: 25, clawback.OutcomeNotDelivered: 1})), "warn",
			"Not found in any of the 25 mailboxes that received it; 1 not delivered.", "“Not found” is not “gone”",
		},
		"nobody received it": {watching(counted(0, nil)), "calm", "Nobody received this email.", "no recipient"},
		"observed": {
			with(running(clawback.PhaseWatching, counted(0, outcomes{clawback.OutcomeObserved: 24, clawback.OutcomeProtected: 1})), func(r *clawback.Remediation) { r.Mode = clawback.ModeObserve }),
			"live", "Still in 24 mailboxes: observe mode removes nothing; 1 protected.", "",
		},
		"approval": {
			with(running(clawback.PhaseNone, counted(638, outcomes{clawback.OutcomeProtected: 2})), func(r *clawback.Remediation) {
				r.Status, r.ApprovalFor = clawback.StatusAwaitingApproval, 638
			}),
			"warn", "A second person must approve the removal from 638 mailboxes.", "Ada can’t approve it",
		},
		"approval of an hour's": {
			with(running(clawback.PhaseNone, counted(40, nil)), func(r *clawback.Remediation) {
				r.Status, r.ApprovalFor, r.ApprovalHour, r.ApprovalAskedAt = clawback.StatusAwaitingApproval, 40, 480, now
			}),
			"warn", "A second person must approve the removal from 40 mailboxes.", "let to clean 480 mailboxes within the hour before",
		},
		"halted":       {blocked(clawback.BlockedHalt), "bad", "Blocked: removals are halted.", "when the halt is lifted"},
		"no token":     {blocked(clawback.BlockedToken), "bad", "Blocked: Microsoft gives us no access to this organization’s Microsoft 365.", "Gone from 16 of 25 mailboxes so far."},
		"no trace":     {blocked(clawback.BlockedTrace), "bad", "Blocked: Microsoft’s message trace does not answer.", "already known are still cleaned"},
		"no directory": {blocked(clawback.BlockedDirectory), "bad", "Blocked: recipients can’t be resolved to mailboxes.", "nothing is touched"},
		"no device":    {blocked(clawback.BlockedDevice), "bad", "Blocked: this organization has no connected Microsoft 365.", "Connect one"},
		"blocked, lapsed": {with(blocked(clawback.BlockedHalt), func(r *clawback.Remediation) {
			r.Lapsed, r.PreviewedAt = "It was blocked for more than 24 hours.", time.Time{}
		}), "bad",
			"Blocked: removals are halted.", "It was blocked for more than 24 hours. So it no longer goes on by itself: a new preview is made"},
		"blocked, to be let go on": {with(blocked(clawback.BlockedPreview), func(r *clawback.Remediation) { r.Lapsed, r.PreviewedAt = "The rules changed.", now }), "bad",
			"Blocked: a person must look at it again.", "look at the new preview below, then let it go on"},
		"no quota": {blocked(clawback.BlockedQuota), "warn", "Blocked: Microsoft limits how often the message trace may be asked.", "when Microsoft takes questions again"},
		"blocked, in a watch": {with(blocked(clawback.BlockedTrace), func(r *clawback.Remediation) { r.Status, r.Phase = clawback.StatusInProgress, clawback.PhaseWatching }), "bad",
			"Blocked: Microsoft’s message trace does not answer.", "The look for late copies goes on by itself when that is mended."},
		"blocked, unknown": {blocked("else"), "bad", "Blocked: something is missing.", "operator"},
		"discarded": {
			clawback.Remediation{Status: clawback.StatusStopped, PreviewedAt: start, EndedAt: contained, Counts: counted(25, nil)}, "calm", "Preview discarded. Nothing was removed.", "Ended",
		},
		"stopped with requests on the wire": {
			with(running(clawback.PhaseNone, counted(3, outcomes{clawback.OutcomeRemoved: 12})), func(r *clawback.Remediation) { r.Status = clawback.StatusStopped }),
			"calm", "Stopped: gone from 12 of 15 mailboxes.", "A request for 3 mailboxes had left before.",
		},
		"stopped before anything": {
			with(running("", counted(0, outcomes{clawback.OutcomeStopped: 25})), func(r *clawback.Remediation) { r.Status = clawback.StatusStopped }),
			"calm", "Stopped before anything was removed.", "keep the email",
		},
		"stopped": {
			with(running("", counted(0, outcomes{clawback.OutcomeRemoved: 10, clawback.OutcomeStopped: 15})), func(r *clawback.Remediation) { r.Status = clawback.StatusStopped }),
			"calm", "Stopped: gone from 10 of 25 mailboxes; 15 left alone.", "keep the email",
		},
		"completed": {
			with(watching(counted(0, outcomes{clawback.OutcomeRemoved: 24, clawback.OutcomeAlreadyGone: 1})), func(r *clawback.Remediation) {
				r.Status, r.EndedAt, r.Looks, r.Phase = clawback.StatusCompleted, contained.Add(72*time.Hour), 5, clawback.PhaseNone
			}), "ok", "Gone from all 25 mailboxes in 11 s.", "after 5 looks for late copies",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := views.TruthOf(test.remediation)
			if got.Headline != test.headline {
				t.Errorf("headline\n got %q\nwant %q", got.Headline, test.headline)
			}
			if got.Tone != test.tone {
				t.Errorf("tone = %q, want %q", got.Tone, test.tone)
			}
			if notes := notesOf(got); !strings.Contains(notes, test.note) {
				t.Errorf("notes %q lack %q", notes, test.note)
			}
			if got.Icon == nil {
				t.Error("it has no icon: a tone alone says nothing")
			}
		})
	}
}

func notesOf(truth views.Truth) string {
	text := ""
	for _, n := range truth.Notes {
		text += n.Before
		if !n.At.IsZero() {
			text += n.At.UTC().Format(time.RFC3339)
		}
		text += n.After + "\n"
	}
	return text
}

func TestAnnouncement(t *testing.T) {
	t.Parallel()
	r := clawback.Remediation{Status: clawback.StatusInProgress, Phase: clawback.PhaseRemoving}
	said := map[string]bool{}
	for done := range 1000 {
		r.Counts = counted(1000-done, outcomes{clawback.OutcomeRemoved: done})
		said[views.Announcement(r)] = true
	}
	if len(said) != 4 {
		t.Errorf("1000 mailboxes are announced %d times, want 4: %v", len(said), said)
	}
}

func TestBrief(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]clawback.Remediation{
		"":                                   {Status: clawback.StatusDraft},
		"24 mailboxes to clean; 1 protected": {Status: clawback.StatusDraft, PreviewedAt: now, Counts: counted(24, outcomes{clawback.OutcomeProtected: 1})},
		"Gone from 24 of 25; 1 protected":    {Status: clawback.StatusCompleted, Counts: counted(0, outcomes{clawback.OutcomeRemoved: 24, clawback.OutcomeProtected: 1})},
		"Nobody received it":                 {Status: clawback.StatusCompleted},
		"1 protected":                        {Status: clawback.StatusCompleted, Counts: counted(0, outcomes{clawback.OutcomeProtected: 1})},
		"Still in 3 mailboxes; 1 protected":  {Status: clawback.StatusCompleted, Counts: counted(0, outcomes{clawback.OutcomeObserved: 3, clawback.OutcomeProtected: 1})},
		"638 mailboxes to approve":           {Status: clawback.StatusAwaitingApproval, ApprovalFor: 638, Counts: counted(638, nil)},
	} {
		if got := views.Brief(r); got != want {
			t.Errorf("Brief = %q, want %q", got, want)
		}
	}
}

// TestWords finds an outcome, a reason or a state that the pages have no word for.
func TestWords(t *testing.T) {
	t.Parallel()
	seen := map[string]clawback.Outcome{}
	for _, o := range clawback.Outcomes() {
		mark := views.OutcomeMark(o)
		if mark.Word == "" || mark.Word == "Open" || mark.Icon == nil {
			t.Errorf("the outcome %q has no word or icon of its own", o)
		}
		if other, ok := seen[mark.Word]; ok {
			t.Errorf("%q and %q are both %q", o, other, mark.Word)
		}
		seen[mark.Word] = o
		if text := views.RecordHeadline(clawback.EmailRecord{State: clawback.RecordDone, Outcome: o}, false); strings.Contains(text, "no outcome") {
			t.Errorf("a record with %q has no headline", o)
		}
		if views.ActionHeadline(clawback.Action{Outcome: o, MailboxCount: 2}) == "" || views.ActionWhy(o) == "" || len(views.ActionTodo(o)) == 0 {
			t.Errorf("an action for %q says nothing", o)
		}
	}
	for _, r := range clawback.Reasons() {
		if text := views.ReasonText(r, ""); !strings.HasSuffix(text, ".") || strings.Contains(text, "_") {
			t.Errorf("the reason %q is said as %q", r, text)
		}
		if brief := views.ReasonBrief(r); brief == views.ReasonBrief("of tomorrow") {
			t.Errorf("the reason %q has no few words", r)
		}
	}
	if got := views.ReasonText(clawback.ReasonNeverRemove, "Quarantine"); got != "Protected by the never-remove entry “Quarantine”." {
		t.Errorf("ReasonText names no entry: %q", got)
	}
}

func TestUndoText(t *testing.T) {
	t.Parallel()
	removed := clawback.EmailRecord{Outcome: clawback.OutcomeRemoved}
	if got := views.UndoText(removed, clawback.RemovalSoft); !strings.Contains(got, "Recoverable Items") {
		t.Errorf("soft: %q", got)
	}
	if got := views.UndoText(removed, clawback.RemovalHard); !strings.Contains(got, "can’t be put back") {
		t.Errorf("hard: %q", got)
	}
	if got := views.UndoText(clawback.EmailRecord{Outcome: clawback.OutcomeProtected}, clawback.RemovalSoft); got != "" {
		t.Errorf("protected: %q, want nothing", got)
	}
}

func TestStartLabel(t *testing.T) {
	t.Parallel()
	if got := views.StartLabel(clawback.ModeEnforce, 24); got != "Start removal from 24 mailboxes" {
		t.Errorf("enforce: %q", got)
	}
	if got := views.StartLabel(clawback.ModeObserve, 1); got != "Look into 1 mailbox, remove nothing (observe mode)" {
		t.Errorf("observe: %q", got)
	}
}
