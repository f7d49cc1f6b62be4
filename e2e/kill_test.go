package e2e

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// killing is the portal and the simulated Microsoft 365 as processes of their own, with an email in many mailboxes.
type killing struct {
	*app
	folder     string
	customer   tenant
	protected  string
	mailboxes  int
	portal     *process
	remediated []string // Message-IDs that were asked to be removed
}

// startKilling seeds a customer with some more mailboxes than an email is to lie in, and no limit to a removal.
func startKilling(t *testing.T, mailboxes int, latency string) *killing {
	t.Helper()
	needBinary(t)
	dir, listen := t.TempDir(), freeAddress(t)
	k := &killing{app: &app{t: t, dir: dir, Portal: "http://" + listen}, folder: filepath.Join(dir, "data"), mailboxes: mailboxes}
	ready, number := filepath.Join(dir, "simulated.json"), strconv.Itoa(mailboxes+30)
	simulator := start(t, "simulate", "--mailboxes", number, "--latency", latency, "--ready-file", ready, "--portal-url", k.Portal)
	simulator.waitReady(t, ready, k.app)
	k.APIToken = seed(t, k.folder, ready, listen, number)
	k.customer, k.protected = k.Tenant(customerDomain), "quarantine@"+customerDomain
	k.portal = servePortal(t, k.app, k.folder)
	setting := "/organizations/" + organizationOf(t, k.app, k.customer.ID) + "/auto-remediation"
	if status := k.API("PUT", setting, map[string]any{"volume_limit": 1000000}, nil); status != 200 {
		t.Fatalf("the limit was answered with %d", status)
	}
	return k
}

// remove delivers one more email, to the protected mailbox too, and has it removed.
func (k *killing) remove() string {
	k.t.Helper()
	id := fmt.Sprintf("<kill-%d@evil.example>", len(k.remediated)+1)
	message := []byte("From: bad@evil.example\r\nTo: y@z.example\r\nSubject: Pay\r\nMessage-ID: " + id + "\r\n\r\nPay.\r\n")
	k.DeliverCount(k.customer.ID, message, k.mailboxes)
	k.Deliver(k.customer.ID, message, k.protected)
	k.remediated = append(k.remediated, id)
	var created remediation
	status := k.API("POST", "/organizations/"+organizationOf(k.t, k.app, k.customer.ID)+"/remediations", map[string]any{
		"eml": message, "reason": "phishing", "start": true, "max_mailboxes": 1000000,
	}, &created)
	if status != 201 {
		k.t.Fatalf("created with %d", status)
	}
	return created.ID
}

// restart kills the portal, whatever it is doing, and starts it again.
func (k *killing) restart() {
	k.t.Helper()
	k.portal.kill()
	k.portal = servePortal(k.t, k.app, k.folder)
}

// judge holds the portal's records against what the simulator saw: every mailbox has one record and one outcome, and was
// asked to remove each of its emails once; the protected one was never asked to change anything.
func (k *killing) judge(remediationID string) {
	k.t.Helper()
	done := awaitContained(k.t, k.app, remediationID)
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
	id := k.remove()
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
		id, progress := k.remove(), 0
		for ; killed < kills; killed++ {
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
func setting(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	must(t, err)
	return n
}

// seed fills a folder for the simulator and answers the API token.
func seed(t *testing.T, dir, ready, listen, mailboxes string) string {
	t.Helper()
	p := start(t, "seed", dir, "--ready-file", ready, "--listen", listen, "--mailboxes", mailboxes)
	<-p.ended
	if p.err != nil {
		t.Fatalf("seed: %v\n%s", p.err, p.log())
	}
	return strings.TrimSpace(p.log())
}

// servePortal starts the portal on a seeded folder and waits until it answers.
func servePortal(t *testing.T, a *app, dir string) *process {
	t.Helper()
	file, err := os.Open(filepath.Join(dir, "serve.env"))
	must(t, err)
	defer file.Close()
	var environment []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		environment = append(environment, lines.Text())
	}
	p := startWith(t, environment, "serve")
	waitFor(t, "the portal to answer", 30*time.Second, func() bool {
		connection, err := net.Dial("tcp", strings.TrimPrefix(a.Portal, "http://"))
		if err != nil {
			return false
		}
		connection.Close()
		return true
	})
	return p
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	return listener.Addr().String()
}
