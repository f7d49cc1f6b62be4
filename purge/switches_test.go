package purge_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/m365sim"
)

// numbers are what a switch that is a number is set to, whatever it counts: off, the least there is, and some.
var numbers = []int{-1, 1, 7, 3600}

// switchPositions answers every position of every switch that the simulator names, so that a new switch is tested too.
// The empty one leaves all as they are.
func switchPositions(t *testing.T) []string {
	t.Helper()
	sim, err := m365sim.Start(m365sim.Config{Mailboxes: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	response, err := http.Get(sim.Addresses().Control + "/switches")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var switches map[string]any
	if err := json.NewDecoder(response.Body).Decode(&switches); err != nil {
		t.Fatal(err)
	}
	positions := []string{`{}`}
	for name, now := range switches {
		switch now.(type) {
		case bool:
			positions = append(positions, fmt.Sprintf(`{%q:true}`, name))
		case float64:
			for _, n := range numbers {
				positions = append(positions, fmt.Sprintf(`{%q:%d}`, name, n))
			}
		default:
			t.Fatalf("switch %s is %v: say here which positions it has", name, now)
		}
	}
	slices.Sort(positions)
	return positions
}

// hinders are the positions which take from the portal what it needs. Under every other one all must be removed and
// put back; under these what could not be must be told as it is.
var hinders = map[string]string{
	`{"restore_refused":true}`: "nothing leaves Recoverable Items",
	`{"mailbox_requests":1}`:   "one request in ten minutes of a mailbox",
}

// TestEverySwitch removes an email and puts it back, with everything nobody could confirm at Microsoft either way. What
// the portal tells is held against where the simulator's copies are.
func TestEverySwitch(t *testing.T) {
	for _, position := range switchPositions(t) {
		for _, removal := range []clawback.RemovalKind{clawback.RemovalSoft, clawback.RemovalHard} {
			t.Run(string(removal)+position, func(t *testing.T) {
				b := setup(t)
				b.switches(position)
				b.setting.Removal = removal
				b.save()
				id := b.removeUnderSwitches(position)
				if removal == clawback.RemovalSoft {
					b.restoreUnderSwitches(id, position)
				}
			})
		}
	}
}

func (b *bench) switches(position string) {
	b.t.Helper()
	request, err := http.NewRequest(http.MethodPatch, b.sim.Addresses().Control+"/switches", strings.NewReader(position))
	b.must(err)
	response, err := http.DefaultClient.Do(request)
	b.must(err)
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		b.t.Fatalf("switches %s: %s", position, response.Status)
	}
}

// removeUnderSwitches removes an email that lies in the Inbox, twice in one mailbox, in a subfolder, on hold, in Deleted
// Items, already in Recoverable Items, and in the protected mailbox.
func (b *bench) removeUnderSwitches(position string) string {
	b.t.Helper()
	u := b.users[:6]
	b.deliver(sender, subject, append(slices.Clone(u), b.tenant.QuarantineAddress)...)
	b.deliver(sender, subject, u[1])
	b.touch(u[2], `{"folder":"inbox/Projects"}`)
	b.control(http.MethodPut, "/mailboxes/"+u[3], `{"hold":true}`, nil)
	b.touch(u[4], `{"folder":"deleteditems"}`)
	b.touch(u[5], `{"folder":"recoverableitemsdeletions"}`)

	id := b.start()
	b.workFor(id, 3*time.Minute, 12)
	b.trace(id)
	b.workFor(id, time.Hour, 2)

	b.truthful(id)
	if hinders[position] != "" {
		return id
	}
	for _, user := range u[:5] {
		b.expect(id, user, clawback.OutcomeRemoved, clawback.ReasonNone)
	}
	b.expect(id, u[5], clawback.OutcomeAlreadyGone, clawback.ReasonNone)
	if r := b.remediation(id); r.ContainedAt.IsZero() {
		b.t.Errorf("not contained: %s/%s %s", r.Status, r.Phase, r.BlockedBy)
	}
	return id
}

// truthful holds what is told of the mailboxes against what lies in them.
func (b *bench) truthful(id string) {
	b.t.Helper()
	b.expect(id, b.tenant.QuarantineAddress, clawback.OutcomeProtected, clawback.ReasonNeverRemove)
	b.lies(b.tenant.QuarantineAddress, "inbox")
	if n := b.changes(b.tenant.QuarantineAddress); n != 0 {
		b.t.Errorf("%d changing requests reached the protected mailbox", n)
	}
	r := b.remediation(id)
	for address, record := range b.records(id) {
		visible := b.visible(address) && record.Outcome != clawback.OutcomeProtected
		gone := record.Outcome == clawback.OutcomeRemoved || record.Outcome == clawback.OutcomeAlreadyGone
		if visible && gone {
			b.t.Errorf("%s: %s, and lies in %v", address, record.Outcome, b.folders(address))
		}
		if visible && !r.ContainedAt.IsZero() {
			b.t.Errorf("contained, and %s holds it in %v (%s/%s)", address, b.folders(address), record.Outcome, record.Reason)
		}
		if !gone && record.State == clawback.RecordDone && record.Outcome == "" {
			b.t.Errorf("%s is done without an outcome", address)
		}
	}
}

// visible says whether the owner of a mailbox sees a copy.
func (b *bench) visible(address string) bool {
	return slices.ContainsFunc(b.folders(address), func(folder string) bool { return folder != clawback.RecoverableItems })
}

// restoreUnderSwitches puts back what was removed.
func (b *bench) restoreUnderSwitches(id, position string) {
	b.t.Helper()
	if b.remediation(id).Counts.Open > 0 {
		b.stop(id)
	}
	removed := b.removedCopies(id)
	if removed == 0 && hinders[position] != "" {
		return
	}
	b.askRestore(id)
	for range 12 {
		b.must(b.engine.Restore(context.Background(), id))
		b.clock.Advance(11 * time.Minute)
	}
	told, err := b.store.CountRestores(context.Background(), admin, id)
	b.must(err)
	back := 0
	for address, record := range b.records(id) {
		for _, c := range record.Copies {
			if !c.RestoredAt.IsZero() {
				back++
			}
		}
		if shown, told := b.visible(address), hasRestored(record); told && !shown {
			b.t.Errorf("%s: restored, and lies in %v", address, b.folders(address))
		}
	}
	if told.Restored != back || told.Restored+told.Failed+told.Waiting != removed {
		b.t.Errorf("%d copies were removed, %d are back: %+v", removed, back, told)
	}
	if b.lies(b.tenant.QuarantineAddress, "inbox"); b.changes(b.tenant.QuarantineAddress) != 0 {
		b.t.Error("the protected mailbox was touched")
	}
	if hinders[position] != "" {
		return
	}
	b.counted(id, clawback.RestoreCounts{Restored: 6})
	b.lies(b.users[1], "inbox", "inbox")
	b.lies(b.users[2], "Inbox/Projects")
	b.lies(b.users[4], "deleteditems")
	b.lies(b.users[5], clawback.RecoverableItems)
}

func (b *bench) removedCopies(id string) int {
	n := 0
	for _, record := range b.records(id) {
		for _, c := range record.Copies {
			if c.Outcome == clawback.OutcomeRemoved {
				n++
			}
		}
	}
	return n
}

func hasRestored(record clawback.EmailRecord) bool {
	return slices.ContainsFunc(record.Copies, func(c clawback.Copy) bool { return !c.RestoredAt.IsZero() })
}
