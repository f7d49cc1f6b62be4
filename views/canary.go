package views

import (
	"fmt"
	"net/url"
	"strconv"
	"time"

	"clawback"
)

// ProofData is what is proved of a device, with its tests, the newest first.
type ProofData struct {
	Organization clawback.Organization
	Setup        clawback.DeviceSetup
	Canaries     []clawback.Canary
	Admin        AdminCenter
	Form         Form
	CanConfigure bool
}

// Title names the page.
func (d ProofData) Title() string { return "Proof · " + Visible(d.Setup.Device.Name) }

// proof is what the step of the removal shows of the proofs.
func (d SetupStepData) proof() ProofData {
	return ProofData{Organization: d.Organization, Setup: d.Setup, Canaries: d.Setup.Canaries, Admin: d.Admin, CanConfigure: d.CanConfigure}
}

// current answers the test that runs, or the last one.
func (d ProofData) current() (clawback.Canary, bool) {
	if len(d.Canaries) == 0 {
		return clawback.Canary{}, false
	}
	return d.Canaries[0], true
}

func (d ProofData) earlier() []clawback.Canary {
	if len(d.Canaries) < 2 {
		return nil
	}
	return d.Canaries[1:]
}

// running says whether the page changes without anybody's doing.
func (d ProofData) running() bool {
	c, ok := d.current()
	return ok && !c.Ended()
}

func (d ProofData) hasButtons(c clawback.Canary) bool {
	return c.Problem.Place != clawback.PlaceNone || c.RemediationID != "" || d.CanConfigure && (c.LeftBehind || c.Waiting())
}

// enforced says whether the ordinary engine removes through this device.
func (d ProofData) enforced() bool { return d.Setup.Mode == clawback.ModeEnforce && d.Setup.Remediated }

// outside is where the simulated world outside sends email from, filled in.
func (d ProofData) outside(c clawback.Canary) string {
	return withQuery(d.Admin.Simulated+"/admin/"+url.PathEscape(d.Admin.TenantID)+"/outside", url.Values{"to": {c.Mailbox.Address}, "subject": {c.Subject}})
}

// proofLevel is one of the things that can be known of a device's removal.
type proofLevel struct {
	name, text string
	mark       Mark
	canary     clawback.Canary
}

func (d ProofData) levels() []proofLevel {
	check, made := d.Setup.Check(clawback.StepRemoval)
	granted := proofLevel{name: "Granted", mark: CheckStatusMark(check.Status), text: check.Finding}
	if !made {
		granted.mark, granted.text = Mark{Word: "Not checked", Class: "calm", Icon: iconDash()}, "The permission was not checked yet."
	}
	return []proofLevel{granted,
		d.level("Can remove", clawback.ProofCanRemove, "A message of our own was placed, removed, restored and removed for good"),
		d.level("Ready end to end", clawback.ProofEndToEnd, "An email from outside was found by the message trace and removed by a removal like any other"),
	}
}

func (d ProofData) level(name string, proof clawback.CanaryProof, shown string) proofLevel {
	l := proofLevel{name: name, mark: Mark{Word: "Not shown yet", Class: "calm", Icon: iconDash()}, text: shown + ": not shown yet."}
	c, ok := d.Setup.Proved(proof)
	if !ok {
		return l
	}
	l.canary, l.mark, l.text = c, Mark{Word: "Proved", Class: "ok", Icon: iconCheckCircle()}, shown+" in "+c.Mailbox.Address
	if d.Setup.Level() == clawback.LevelNone {
		l.mark, l.text = Mark{Word: "Proved before", Class: "warn", Icon: iconWarning()}, l.text+", before the permission’s check stopped passing: test again"
	}
	l.text += "."
	return l
}

// scope says that one mailbox does not speak for all.
func (d ProofData) scope() string {
	proved := map[string]bool{}
	for _, c := range append(d.Setup.Canaries, d.Canaries...) {
		if c.Status == clawback.CanaryProved {
			proved[c.Mailbox.ID] = true
		}
	}
	text := "Proved in no mailbox yet."
	if len(proved) > 0 {
		text = "Proved in " + Count(len(proved), "mailbox", "mailboxes") + "; the others are not known, for an access policy in Exchange can leave some out."
	}
	if check, made := d.Setup.Check(clawback.StepRemoval); made {
		for _, l := range check.Layers {
			if l.Layer == clawback.LayerCall && len(l.Evidence) > 0 {
				text += " The last check only looked, and changed nothing: " + l.Sentence
			}
		}
	}
	return text
}

// canaryMark answers how a test, or one of its steps, is shown.
func canaryMark(c clawback.Canary) Mark {
	switch c.Status {
	case clawback.CanaryProved:
		return Mark{Word: "Proved", Class: "ok", Icon: iconCheckCircle()}
	case clawback.CanaryFailed:
		return Mark{Word: "Failed", Class: "bad", Icon: iconCross()}
	}
	return Mark{Word: "Running", Class: "live working", Icon: iconWorking()}
}

// canaryRow is one step of a test, begun or still to come.
type canaryRow struct {
	clawback.CanaryLine
	name string
	mark Mark
}

// took says how long a step took that has ended.
func (r canaryRow) took() string {
	if r.Open() || r.Asked == "" {
		return ""
	}
	return "(" + took(r.Took()) + ")"
}

func canaryRows(c clawback.Canary) []canaryRow {
	var rows []canaryRow
	begun := map[clawback.CanaryStep]bool{}
	for _, line := range c.Lines {
		begun[line.Step] = true
		row := canaryRow{CanaryLine: line, name: canaryStepNames[line.Step]}
		switch {
		case line.Open() && c.Ended():
			row.mark = Mark{Word: "Not known", Class: "warn", Icon: iconUnknown()}
		case line.Open():
			row.mark = Mark{Word: "Running", Class: "live working", Icon: iconWorking()}
		case line.OK:
			row.mark = Mark{Word: "Done", Class: "ok", Icon: iconCheckCircle()}
		default:
			row.mark = Mark{Word: "Failed", Class: "bad", Icon: iconCross()}
		}
		rows = append(rows, row)
	}
	for _, step := range c.Proof.Steps() {
		if begun[step] {
			continue
		}
		mark := Mark{Word: "To come", Class: "calm", Icon: iconDash()}
		if c.Ended() {
			mark.Word = "Not done"
		}
		rows = append(rows, canaryRow{name: canaryStepNames[step], mark: mark})
	}
	return rows
}

var canaryStepNames = map[clawback.CanaryStep]string{
	clawback.CanaryPlace:          "Place a message of our own",
	clawback.CanaryFind:           "Find it",
	clawback.CanaryRemove:         "Remove it",
	clawback.CanaryVerifyRemoved:  "Verify that it is gone",
	clawback.CanaryRestore:        "Put it back",
	clawback.CanaryVerifyRestored: "Verify that it is back",
	clawback.CanaryDelete:         "Remove it for good",
	clawback.CanaryVerifyDeleted:  "Verify that nothing is left",
	clawback.CanaryCleanUp:        "Take our message away",
	clawback.CanaryArrive:         "Find the email by the message trace",
	clawback.CanaryEngine:         "Remove it like any other",
	clawback.CanaryCleared:        "Verify that it is gone",
}

// proofWords says what a test shows, in the middle of a sentence.
func proofWords(p clawback.CanaryProof) string {
	if p == clawback.ProofEndToEnd {
		return "an email from outside"
	}
	return "a message of our own"
}

// headline sums a test up.
func headline(c clawback.Canary) string {
	switch {
	case c.Status == clawback.CanaryProved && c.Proof == clawback.ProofEndToEnd:
		return "Ready end to end: an email from outside was traced and removed from " + Visible(c.Mailbox.Address) + "."
	case c.Status == clawback.CanaryProved:
		return "Clawback can remove: it took a message of its own through every step in " + Visible(c.Mailbox.Address) + ", in " + took(c.EndedAt.Sub(c.StartedAt)) + "."
	case c.Status == clawback.CanaryFailed:
		return Visible(c.Problem.Finding)
	case c.Proof == clawback.ProofEndToEnd && c.RemediationID == "":
		return "Waiting for your email to " + Visible(c.Mailbox.Address) + "."
	}
	return "Testing with " + proofWords(c.Proof) + " in " + Visible(c.Mailbox.Address) + "."
}

// took writes a short time: 320 ms, 1.4 s, 2 min.
func took(d time.Duration) string {
	switch {
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return Number(int(d.Minutes())) + " min"
}
