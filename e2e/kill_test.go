package e2e

import (
	"bufio"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestKill kills the portal in the middle of removing from fifty mailboxes, the simulated Microsoft 365 being a process
// of its own. Started again, it finishes by itself; every mailbox has one outcome and was asked to remove once.
func TestKill(t *testing.T) {
	needBinary(t)
	const mailboxes = "80"
	dir := t.TempDir()
	listen := freeAddress(t)
	a := &app{t: t, dir: dir, Portal: "http://" + listen}

	ready := filepath.Join(dir, "simulated.json")
	simulator := start(t, "simulate", "--mailboxes", mailboxes, "--latency", "150ms", "--ready-file", ready, "--portal-url", a.Portal)
	simulator.waitReady(t, ready, a)
	a.APIToken = seed(t, filepath.Join(dir, "data"), ready, listen, mailboxes)
	customer := a.Tenant(customerDomain)
	message := "From: bad@x.example\r\nTo: y@z.example\r\nSubject: Pay\r\nMessage-ID: " + phishingID + "\r\n\r\nPay.\r\n"
	a.DeliverCount(customer.ID, []byte(message), 50)

	portal := servePortal(t, a, filepath.Join(dir, "data"))
	var created remediation
	if status := a.API("POST", "/organizations/"+organizationOf(t, a, customer.ID)+"/remediations", map[string]any{
		"internet_message_id": phishingID, "reason": "phishing", "start": true, "max_mailboxes": 100,
	}, &created); status != 201 {
		t.Fatalf("created with %d", status)
	}
	waitFor(t, "the first removal", 30*time.Second, func() bool { return len(changedMailboxes(a, customer.ID)) > 0 })
	portal.kill()
	before := len(changedMailboxes(a, customer.ID))
	if before == 50 {
		t.Log("every removal was sent before the kill; the verification was cut off")
	}

	servePortal(t, a, filepath.Join(dir, "data"))
	done := awaitContained(t, a, created.ID)
	if done.Counts["removed"] != 50 || done.Counts["mailboxes"] != 50 || done.Counts["open"] != 0 {
		t.Errorf("counts: %v", done.Counts)
	}
	for _, c := range a.Copies(customer.ID, phishingID) {
		changes := 0
		for _, request := range a.Asked(customer.ID, c.Mailbox) {
			if request.Changes {
				changes++
			}
		}
		if c.Folder != "recoverableitemsdeletions" || changes != 1 {
			t.Errorf("%s: lies in %s after %d changing requests", c.Address, c.Folder, changes)
		}
	}
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
