package purge_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/m365sim"

	"pgregory.net/rapid"
)

// TestRulesThatNeverBreak lets everybody do anything at any moment while Microsoft fails as it likes, and holds the rules
// of removal after every step. The simulated Microsoft's own log and mailboxes are the judge, not our tables.
// "go test -rapid.checks=500" tries more than the default; a failure prints the seed that repeats it.
func TestRulesThatNeverBreak(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := newAnything(t, rt)
		rt.Repeat(map[string]func(*rapid.T){
			"":                          w.holds,
			"deliver a late copy":       w.deliverLate,
			"trace":                     func(*rapid.T) { w.trace(w.id) },
			"remove a batch":            func(*rapid.T) { w.pass(w.engine.RemoveBatch) },
			"remove all":                func(*rapid.T) { _ = w.engine.Remove(context.Background(), w.id) },
			"restore a batch":           func(*rapid.T) { w.restoring(func() { w.pass(w.engine.RestoreBatch) }) },
			"let Microsoft fail":        w.fail,
			"let Microsoft recover":     func(*rapid.T) { w.faults("") },
			"let time pass":             w.tick,
			"protect":                   func(rt *rapid.T) { w.protect(rapid.SampledFrom(w.users).Draw(rt, "protected")) },
			"end a protection":          w.unprotect,
			"protect while it is found": w.protectWhileFound,
			"protect on the wire":       w.protectOnTheWire,
			"change the mode":           w.changeMode,
			"halt":                      w.halt,
			"lift the halt":             w.lift,
			"stop":                      w.stopSeldom,
			"put back":                  w.putBack,
			"die":                       w.die,
			"die holding mailboxes":     w.dieHolding,
			"die after the intent":      w.dieAfterIntent,
			"lose the answers":          w.loseAnswers,
			"move an address":           w.moveAddress,
			"look after stuck workers":  func(*rapid.T) { _, err := w.store.Reconcile(context.Background()); w.must(err) },
		})
		w.ends(rt)
	})
}

// anything is a remediation to which anything happens, and what of it the judge remembers.
type anything struct {
	*bench
	id        string
	reached   map[string]bool   // users the email was ever delivered to
	owner     map[string]string // whose an address is now, by address
	entries   map[string]clawback.ContextEntry
	changed   map[string]int  // changing requests, when they were last counted
	protected map[string]bool // all through the last step
	forbidden bool            // nothing may be removed, all through the last step
	mayChange bool            // the step restores, or a removal was on the wire when a rule changed
	late      map[string]bool // got a copy since the last trace
}

func newAnything(t *testing.T, rt *rapid.T) *anything {
	w := &anything{
		bench:   setupWith(t, m365sim.Config{Seed: rapid.Uint64().Draw(rt, "tenant"), Mailboxes: 30}),
		reached: map[string]bool{}, owner: map[string]string{}, entries: map[string]clawback.ContextEntry{},
		changed: map[string]int{}, protected: map[string]bool{}, late: map[string]bool{},
	}
	w.users = w.users[:12]
	for _, user := range w.users {
		w.owner[user] = user
	}
	quarantine := w.tenant.QuarantineAddress
	w.entries[quarantine], w.owner[quarantine] = w.quarantine, quarantine
	first := rapid.IntRange(3, 10).Draw(rt, "reached at first")
	for _, user := range append(slices.Clone(w.users[:first]), quarantine) {
		w.deliver(sender, subject, user)
		w.reached[user] = true
	}
	if rapid.Bool().Draw(rt, "a second copy") {
		w.deliver(sender, subject, w.users[0])
	}
	if rapid.Bool().Draw(rt, "another email of the same id") {
		w.deliver("other@good.example", "Minutes", w.users[1])
	}
	w.id = w.bench.start()
	w.remember()
	return w
}

// remember notes what forbids a removal now: a step that begins so must not change such a mailbox.
func (w *anything) remember() {
	clear(w.protected)
	for address := range w.entries {
		w.protected[w.owner[address]] = true
	}
	setting, err := w.store.FindAutoRemediation(context.Background(), admin, w.organization.ID)
	w.must(err)
	halts, err := w.store.ListHalts(context.Background(), admin)
	w.must(err)
	w.forbidden = setting.Mode != clawback.ModeEnforce || len(halts) > 0 || w.remediation(w.id).Ended()
	w.mayChange = false
	for user := range w.reached {
		w.changed[user] = w.changes(user)
	}
}

func (w *anything) pass(step func(context.Context, string) (bool, error)) {
	_, _ = step(context.Background(), w.id)
}

// restoring is a step in which changing requests are restores, which a protection does not forbid.
func (w *anything) restoring(step func()) {
	step()
	w.mayChange = true
}

func (w *anything) deliverLate(rt *rapid.T) {
	user := rapid.SampledFrom(w.users).Draw(rt, "late")
	w.deliver(sender, subject, user)
	w.reached[user] = true
	w.late[strings.ToLower(user)] = true // as records spell it
	w.changed[user] = w.changes(user)
}

func (w *anything) fail(rt *rapid.T) {
	what := rapid.SampledFrom([]string{
		`"route":"` + move + `","status":503`, `"route":"` + move + `","status":429,"retry_after":5`, `"route":"` + move + `","status":403`,
		`"route":"` + move + `","drop":"before"`, `"route":"POST /$batch","drop":"after"`, `"route":"POST /$batch","garbage":"html"`,
		`"route":"POST /$batch","garbage":"batch_missing_id"`, `"route":"GET /users/{user}/messages","status":500`,
		`"route":"GET /users","status":503`, `"route":"exchange:*","status":503`, `"route":"login:token","status":400`,
	}).Draw(rt, "fault")
	w.faults(fmt.Sprintf(`{%s,"count":%d}`, what, rapid.IntRange(1, 9).Draw(rt, "times")))
}

func (w *anything) tick(rt *rapid.T) {
	w.clock.Advance(time.Duration(rapid.IntRange(1, 1800).Draw(rt, "seconds")) * time.Second)
}

// protect selects the entry of an address. It is in force when the call is back.
func (w *anything) protect(address string) {
	entry, known := w.entries[address]
	if !known {
		entry = w.known(address)
		w.entries[address] = entry
	}
	_, err := w.store.SelectContext(context.Background(), admin, entry.ID)
	w.must(err)
}

// known answers the entry of an address, a new one where there is none.
func (w *anything) known(address string) clawback.ContextEntry {
	list, err := w.store.ListContext(context.Background(), admin, w.organization.ID)
	w.must(err)
	for _, e := range list {
		if strings.EqualFold(e.Address, address) {
			return e
		}
	}
	return w.entry(address)
}

func (w *anything) unprotect(rt *rapid.T) {
	var addresses []string
	for address := range w.entries {
		addresses = append(addresses, address)
	}
	if len(addresses) == 0 {
		return
	}
	slices.Sort(addresses)
	address := rapid.SampledFrom(addresses).Draw(rt, "no longer protected")
	_, err := w.store.DeselectContext(context.Background(), admin, w.entries[address].ID)
	w.must(err)
	delete(w.entries, address)
}

// protectWhileFound selects an entry between the look into the mailboxes and the intent.
func (w *anything) protectWhileFound(rt *rapid.T) {
	user := rapid.SampledFrom(w.users).Draw(rt, "protected in time")
	w.inject(faulty{beforeFind: once(func() { w.protect(user) })})
	w.pass(w.engine.RemoveBatch)
	w.inject(faulty{})
	if w.protected[user] || w.entries[user].ID == "" {
		return
	}
	if sent := w.changes(user) - w.changed[user]; sent != 0 {
		rt.Fatalf("%d changing requests for %s, protected before the intent", sent, user)
	}
}

// protectOnTheWire selects an entry when the intent is committed: that one may go out, no other.
func (w *anything) protectOnTheWire(rt *rapid.T) {
	user := rapid.SampledFrom(w.users).Draw(rt, "protected too late")
	copies := len(w.folders(user)) // a late one may be a third
	w.inject(faulty{beforeMove: func() error { w.protect(user); return nil }})
	w.pass(w.engine.RemoveBatch)
	w.inject(faulty{})
	if sent := w.changes(user) - w.changed[user]; sent > copies {
		rt.Fatalf("%d changing requests for %s, of which at most its %d copies were on the wire", sent, user, copies)
	}
}

func (w *anything) changeMode(rt *rapid.T) {
	mode := rapid.SampledFrom([]clawback.Mode{clawback.ModeOff, clawback.ModeObserve, clawback.ModeEnforce}).Draw(rt, "mode")
	_, err := w.store.ChangeAutoRemediation(context.Background(), admin, w.organization.ID, clawback.AutoRemediationPatch{Mode: &mode})
	w.must(err)
}

func (w *anything) halt(rt *rapid.T) {
	scope := rapid.SampledFrom([]string{"", w.organization.ID}).Draw(rt, "halted")
	w.tolerate(w.store.SetHalt(context.Background(), admin, scope, "wrong email"))
}

func (w *anything) lift(*rapid.T) {
	for _, scope := range []string{"", w.organization.ID} {
		w.tolerate(w.store.LiftHalt(context.Background(), admin, scope, "checked"))
	}
}

// tolerate is for what may be refused for good reason, such as what was done before.
func (w *anything) tolerate(err error) {
	var known *clawback.Error
	if err != nil && !errors.As(err, &known) {
		w.t.Fatal(err)
	}
}

func (w *anything) stopSeldom(rt *rapid.T) {
	if rapid.IntRange(0, 9).Draw(rt, "stopped where 0") == 0 {
		_, err := w.store.StopRemediation(context.Background(), admin, w.id, "wrong email")
		w.tolerate(err)
	}
}

func (w *anything) putBack(rt *rapid.T) {
	if rapid.IntRange(0, 3).Draw(rt, "put back where 0") == 0 {
		_, err := w.store.RestoreRemediation(context.Background(), admin, w.id, "false alarm")
		w.tolerate(err)
	}
}

func (w *anything) die(*rapid.T) { w.restart() }

func (w *anything) dieHolding(*rapid.T) {
	_, err := w.store.ClaimRecords(context.Background(), w.id)
	w.must(err)
	w.restart()
}

// dieAfterIntent lets the process end when intents are committed, sent or not.
func (w *anything) dieAfterIntent(rt *rapid.T) {
	died := errors.New("died")
	hooks := faulty{beforeMove: func() error { return died }}
	if rapid.Bool().Draw(rt, "sent") {
		hooks = faulty{afterMove: func() error { return died }}
	}
	claim, err := w.store.ClaimRecords(context.Background(), w.id)
	w.must(err)
	if len(claim.Records) > 0 {
		w.commitAndMove(claim, hooks)
	}
	w.restart()
}

// commitAndMove makes a pass up to the answers of Microsoft, which nobody keeps.
func (w *anything) commitAndMove(claim clawback.Claim, hooks faulty) {
	hooks.Microsoft = w.graph
	var requests []clawback.FindRequest
	for _, r := range claim.Records {
		requests = append(requests, clawback.FindRequest{MailboxID: r.Mailbox.ID, MessageIDs: []string{messageID}})
	}
	answers, err := w.graph.FindCopies(context.Background(), claim.Connection, requests)
	if err != nil {
		return
	}
	var findings []clawback.Finding
	for i, r := range claim.Records {
		if r.LookOnly || answers[i].Answer.Kind != clawback.AnswerOK || len(answers[i].Copies) == 0 {
			continue
		}
		f := clawback.Finding{RecordID: r.ID, Fence: r.Fence, Mailbox: r.Mailbox, Copies: answers[i].Copies, Answer: answers[i].Answer}
		for _, c := range answers[i].Copies {
			f.Matched = append(f.Matched, target().Matches(c))
		}
		findings = append(findings, f)
	}
	intents, err := w.store.CommitIntents(context.Background(), claim, findings)
	w.must(err)
	if len(intents) == 0 {
		return
	}
	var moves []clawback.MoveRequest
	for _, i := range intents[:min(len(intents), clawback.BatchSize)] {
		moves = append(moves, clawback.MoveRequest{MailboxID: i.MailboxID, ImmutableID: i.ImmutableID, Destination: clawback.RecoverableItems})
	}
	_, _ = hooks.MoveCopies(context.Background(), claim.Connection, intents[0].CommittedAt.Add(clawback.IntentLifetime), moves)
}

// loseAnswers lets a pass send its removals and learn nothing of them.
func (w *anything) loseAnswers(*rapid.T) {
	w.inject(faulty{afterMove: func() error { return errors.New("the connection broke") }})
	w.pass(w.engine.RemoveBatch)
	w.inject(faulty{})
}

// moveAddress gives one user's address to another for as long as an identity may be relied on, so that from here on the
// address is the other's for everybody.
func (w *anything) moveAddress(rt *rapid.T) {
	from, to := rapid.SampledFrom(w.users).Draw(rt, "from"), rapid.SampledFrom(w.users).Draw(rt, "to")
	alias := "alias." + from
	if from == to {
		return
	}
	w.control(http.MethodPut, "/mailboxes/"+url.PathEscape(to), fmt.Sprintf(`{"aliases":[%q],"take_over":true}`, alias), nil)
	w.owner[alias] = to
	w.clock.Advance(16 * time.Minute)
	w.protect(alias)
}

// ends lets everything recover, and holds that every mailbox has its one outcome.
func (w *anything) ends(rt *rapid.T) {
	w.faults("")
	w.lift(rt)
	enforce := clawback.ModeEnforce
	_, err := w.store.ChangeAutoRemediation(context.Background(), admin, w.organization.ID, clawback.AutoRemediationPatch{Mode: &enforce})
	w.must(err)
	watched := !w.remediation(w.id).Ended() // else nothing looks for late copies any more
	for range 40 {
		w.clock.Advance(2 * time.Hour)
		w.trace(w.id)
		w.pass(w.engine.RemoveBatch)
		_ = w.engine.Remove(context.Background(), w.id)
		_ = w.engine.Restore(context.Background(), w.id)
		if _, err := w.store.Reconcile(context.Background()); err != nil {
			w.t.Fatal(err)
		}
	}
	r := w.remediation(w.id)
	waits := r.Status == clawback.StatusBlocked || r.Status == clawback.StatusAwaitingApproval // for a person, and says so
	if watched && !waits {
		clear(w.late)
	}
	w.judgeRecords(rt)
	for address, record := range w.records(w.id) {
		if record.State != clawback.RecordDone || record.Outcome == clawback.OutcomeNone {
			if waits {
				continue
			}
			rt.Fatalf("%s: %s, %q, at the end of a remediation that is %s", address, record.State, record.Outcome, r.Status)
		}
	}
}
