package views

import "clawback"

// blockers say what is missing and what to do about it.
var blockers = map[clawback.BlockedBy]struct{ headline, advice string }{
	clawback.BlockedHalt:      {"Removals are halted.", "An operator set the halt switch."},
	clawback.BlockedToken:     {"Microsoft gives us no access to this organization’s Microsoft 365.", "Check that the app registration is enabled and consented to, and that its certificate or secret has not expired."},
	clawback.BlockedTrace:     {"Microsoft’s message trace does not answer.", "Mailboxes that are already known are still cleaned. If it stays, check the permission to read message traces."},
	clawback.BlockedQuota:     {"Microsoft limits how often the message trace may be asked.", "Nobody needs to do anything. Mailboxes that are already known are cleaned meanwhile."},
	clawback.BlockedDirectory: {"Recipients can’t be resolved to mailboxes.", "Microsoft’s directory does not answer. Without it nobody knows which mailboxes are protected, so nothing is touched."},
	clawback.BlockedPreview:   {"A person must look at it again.", ""},
	clawback.BlockedDevice:    {"This organization has no connected Microsoft 365.", "Connect one."},
}

func blockedTruth(r clawback.Remediation) Truth {
	what, ok := blockers[r.BlockedBy]
	if !ok {
		what.headline, what.advice = "Something is missing.", "Tell an operator."
	}
	t := Truth{Tone: "bad", Icon: iconBlocked(), Headline: "Blocked: " + lowerUnlessName(what.headline)}
	switch r.BlockedBy {
	case clawback.BlockedHalt:
		t.Icon = iconHalt()
	case clawback.BlockedQuota:
		t.Tone, t.Icon = "warn", iconClock()
	}
	if r.StartedAt.IsZero() {
		t.Headline = "The preview is blocked: " + lowerUnlessName(what.headline)
	}
	if r.Counts.Gone() > 0 {
		t.Notes = append(t.Notes, plain(soFar(r.Counts)))
	}
	if r.BlockedDetail != "" {
		t.Notes = append(t.Notes, plain(sentence(Visible(r.BlockedDetail))))
	}
	if what.advice != "" && r.Lapsed == "" {
		t.Notes = append(t.Notes, plain(what.advice))
	}
	if !r.BlockedSince.IsZero() {
		t.Notes = append(t.Notes, Note{Before: "Blocked since ", At: r.BlockedSince, After: "."}, goesOn(r))
	}
	return t
}

// goesOn says whether a blocked remediation goes on by itself, or who must do what.
func goesOn(r clawback.Remediation) Note {
	mended := "when that is mended"
	switch r.BlockedBy {
	case clawback.BlockedHalt:
		mended = "when the halt is lifted"
	case clawback.BlockedQuota:
		mended = "when Microsoft takes questions again"
	}
	switch {
	case r.StartedAt.IsZero():
		return plain("The preview goes on by itself " + mended + ".")
	case r.Status != clawback.StatusBlocked:
		return plain("The look for late copies goes on by itself " + mended + ".")
	case r.Lapsed != "" && r.PreviewedAt.IsZero():
		return plain(Visible(r.Lapsed) + " So it no longer goes on by itself: a new preview is made as soon as Microsoft answers, then a person lets it go on.")
	case r.Lapsed != "":
		return plain(Visible(r.Lapsed) + " So it no longer goes on by itself: look at the new preview below, then let it go on.")
	}
	return Note{Before: "It goes on by itself " + mended + " until ", At: r.BlockedSince.Add(clawback.BlockedLifetime),
		After: ", as long as mode, kind of removal, volume limit and never-remove list stay as they are. Later it needs a new preview and a click."}
}

// resumable says whether this reader can let a removal go on that has lapsed.
func (d RemediationData) resumable() bool {
	r := d.Remediation
	return r.Status == clawback.StatusBlocked && r.Lapsed != "" && !r.PreviewedAt.IsZero() && d.can(clawback.RightRemediate)
}

// resumeLabel names the button by what it does now.
func (d RemediationData) resumeLabel() string {
	mode := d.Setting.Mode
	if d.Remediation.Mode == clawback.ModeObserve {
		mode = clawback.ModeObserve
	}
	if mode == clawback.ModeObserve {
		return StartLabel(mode, d.Remediation.Counts.Open)
	}
	return "Go on: remove it from " + mailboxes(d.Remediation.Counts.Open)
}

// lowerUnlessName lets a sentence follow a colon.
func lowerUnlessName(text string) string {
	for _, first := range []struct{ from, to string }{{"Removals", "removals"}, {"Recipients", "recipients"}, {"This", "this"}, {"A person", "a person"}, {"Something", "something"}} {
		if len(text) >= len(first.from) && text[:len(first.from)] == first.from {
			return first.to + text[len(first.from):]
		}
	}
	return text
}
