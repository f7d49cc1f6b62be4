package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// killing is a portal of its own with an email in many mailboxes.
type killing struct {
	*apart
	protected  string
	remediated []string // Message-IDs that were asked to be removed
}

func startKilling(t *testing.T, mailboxes int, latency string) *killing {
	t.Helper()
	return &killing{apart: startApart(t, mailboxes, 4, latency), protected: "quarantine@" + customerDomain}
}

// removeNext delivers one more email, to the protected mailbox too, and has it removed: every other one by a preview and a
// start, which begins while the trace is asked again.
func (k *killing) removeNext() string {
	k.t.Helper()
	id := fmt.Sprintf("<kill-%d@evil.example>", len(k.remediated)+1)
	k.DeliverCount(k.customer.ID, phish(id), k.mailboxes)
	k.Deliver(k.customer.ID, phish(id), k.protected)
	k.remediated = append(k.remediated, id)
	organization := organizationOf(k.t, k.app, k.customer.ID)
	if len(k.remediated)%2 == 1 {
		return k.remove(organization, phish(id))
	}
	previewed := k.preview(organization, phish(id))
	k.startPreviewed(previewed)
	return previewed
}

// patience is longer than the five minutes in which Microsoft takes so many traces: those that were cut short count too.
const patience = 7 * time.Minute

// judge holds the portal's records against what the simulator saw: every mailbox has one record and one outcome, and was
// asked to remove each of its emails once; the protected one was never asked to change anything.
func (k *killing) judge(remediationID string) {
	k.t.Helper()
	var done remediation
	waitFor(k.t, "the containment", patience, func() bool {
		k.API("GET", "/remediations/"+remediationID, nil, &done)
		return done.ContainedAt != nil
	})
	if done.Counts["removed"] != k.mailboxes || done.Counts["protected"] != 1 || done.Counts["mailboxes"] != k.mailboxes+1 || done.Counts["open"] != 0 {
		k.t.Errorf("counts: %v, want %d removed and 1 protected", done.Counts, k.mailboxes)
	}
	removed := map[string]bool{}
	for cursor, first := "", true; first || cursor != ""; first = false {
		var page struct {
			Items []struct{ Mailbox, Outcome, State string }
			Next  string
		}
		k.API("GET", "/remediations/"+remediationID+"/records?"+url.Values{"limit": {"1000"}, "cursor": {cursor}}.Encode(), nil, &page)
		for _, r := range page.Items {
			if _, twice := removed[r.Mailbox]; twice || r.State != "done" {
				k.t.Errorf("%s: a second record, or one that is %s", r.Mailbox, r.State)
			}
			removed[r.Mailbox] = r.Outcome == "removed"
		}
		cursor = page.Next
	}
	for _, c := range k.Copies(k.customer.ID, k.remediated[len(k.remediated)-1]) {
		gone := c.Folder == "recoverableitemsdeletions"
		if recorded, known := removed[strings.ToLower(c.Address)]; !known || recorded != gone {
			k.t.Errorf("%s: lies in %s, recorded as removed: %v, known: %v", c.Address, c.Folder, recorded, known)
		}
	}
}

// judgeRequests counts the changing requests of every mailbox.
func (k *killing) judgeRequests() {
	k.t.Helper()
	for _, c := range k.Copies(k.customer.ID, k.remediated[0]) {
		changes, want := 0, len(k.remediated)
		for _, request := range k.Asked(k.customer.ID, c.Mailbox) {
			if request.Changes {
				changes++
			}
		}
		if strings.EqualFold(c.Address, k.protected) {
			want = 0
		}
		if changes != want {
			k.t.Errorf("%s: %d changing requests, want %d", c.Address, changes, want)
		}
	}
}

// TestKill kills the portal in the middle of removing from fifty mailboxes. Started again, it finishes by itself.
func TestKill(t *testing.T) {
	k := startKilling(t, 50, "150ms")
	id := k.removeNext()
	waitFor(t, "the first removal", 30*time.Second, func() bool {
		return slices.ContainsFunc(k.Copies(k.customer.ID, k.remediated[0]), func(c stored) bool { return c.Folder == "recoverableitemsdeletions" })
	})
	k.restart()
	k.judge(id)
	k.judgeRequests()
}

// TestKills kills the portal again and again at random moments of removals. CLAWBACK_KILLS and CLAWBACK_KILL_MAILBOXES
// make it longer, CLAWBACK_KILL_SEED repeats a run.
func TestKills(t *testing.T) {
	kills, mailboxes := setting(t, "CLAWBACK_KILLS", 20), setting(t, "CLAWBACK_KILL_MAILBOXES", 400)
	from := setting(t, "CLAWBACK_KILL_SEED", int(time.Now().UnixNano()%1e6))
	t.Logf("%d kills, %d mailboxes, CLAWBACK_KILL_SEED=%d", kills, mailboxes, from)
	random := rand.New(rand.NewPCG(uint64(from), 0))
	k := startKilling(t, mailboxes, "50ms")
	for killed := 0; killed < kills; {
		id, progress := k.removeNext(), 0
		for ; killed < kills; killed++ {
			// Every other kill lets the removal get on first, however slow the machine is; the others may meet the search
			// for the mailboxes again.
			if random.IntN(2) == 0 {
				k.awaitProgress(id, progress)
			}
			k.await(time.Duration(random.IntN(1500)) * time.Millisecond)
			var r remediation
			if k.API("GET", "/remediations/"+id, nil, &r); r.ContainedAt != nil {
				break
			}
			if progress = r.Counts["removed"]; killed%50 == 49 {
				t.Logf("%d kills, %d of %d removed of email %d", killed+1, progress, mailboxes, len(k.remediated))
			}
			k.restart()
		}
		k.judge(id)
	}
	k.judgeRequests()
	t.Logf("%d emails were removed from %d mailboxes each, through %d kills", len(k.remediated), mailboxes, kills)
}

// awaitProgress waits until one more mailbox is clean than before.
func (k *killing) awaitProgress(remediationID string, before int) {
	k.t.Helper()
	waitFor(k.t, "one more clean mailbox", patience, func() bool {
		var r remediation
		k.API("GET", "/remediations/"+remediationID, nil, &r)
		return r.Counts["removed"] > before || r.ContainedAt != nil
	})
}

// await lets a random time pass: the moment of a kill is the one thing that no event may choose.
func (k *killing) await(d time.Duration) {
	k.t.Helper()
	select {
	case <-time.After(d):
	case <-k.portal.ended:
		k.t.Fatalf("the portal ended by itself: %v\n%s", k.portal.err, k.portal.log())
	}
}

// setting answers a number from the environment.
func setting(t testing.TB, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	must(t, err)
	return n
}
