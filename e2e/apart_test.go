package e2e

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// apart is the portal and the simulated Microsoft 365 as processes of their own, as in an installation.
type apart struct {
	*app
	folder    string // of the portal's data
	customer  tenant
	mailboxes int // licensed ones of the customer; an email to fewer leaves out some
	portal    *process
	simulator *process
	more      []string // the portal's own variables
}

// startApart seeds a customer with some more mailboxes than an email is to lie in, and no limit to a removal. The options
// are the simulator's, and the variables the portal's, on top of the seeded ones.
func startApart(t testing.TB, mailboxes, customers int, latency string, variables ...string) *apart {
	t.Helper()
	needBinary(t)
	dir, listen := t.TempDir(), freeAddress(t)
	a := &apart{app: &app{t: t, dir: dir, Portal: "http://" + listen}, folder: filepath.Join(dir, "data"), mailboxes: mailboxes, more: variables}
	ready, number, tenants := filepath.Join(dir, "simulated.json"), strconv.Itoa(mailboxes+30), strconv.Itoa(customers)
	a.simulator = start(t, "simulate", "--mailboxes", number, "--customers", tenants, "--latency", latency, "--ready-file", ready, "--portal-url", a.Portal)
	a.simulator.waitReady(t, ready, a.app)
	a.APIToken = seed(t, a.folder, ready, listen, number, tenants)
	a.customer = a.Tenant(customerDomain)
	a.portal = servePortal(t, a.app, a.folder, a.more...)
	a.unlimited(organizationOf(t, a.app, a.customer.ID))
	return a
}

// unlimited lets an organization's removals be as large as they are.
func (a *apart) unlimited(organization string) {
	a.t.Helper()
	setting := map[string]any{"volume_limit": 1000000, "mode": "enforce"}
	if status := a.API("PUT", "/organizations/"+organization+"/auto-remediation", setting, nil); status != 200 {
		a.t.Fatalf("the limit was answered with %d", status)
	}
}

// preview answers a draft whose preview is ready.
func (a *apart) preview(organization string, message []byte) string {
	a.t.Helper()
	var r remediation
	if status := a.API("POST", "/organizations/"+organization+"/remediations", map[string]any{"eml": message}, &r); status != http.StatusCreated {
		a.t.Fatalf("the preview was answered with %d", status)
	}
	waitFor(a.t, "the preview", 10*time.Minute, func() bool {
		a.API("GET", "/remediations/"+r.ID, nil, &r)
		return r.PreviewedAt != nil
	})
	return r.ID
}

// startPreviewed starts the removal that a preview showed.
func (a *apart) startPreviewed(id string) {
	a.t.Helper()
	if status := a.API("POST", "/remediations/"+id+"/start", map[string]any{"max_mailboxes": 1000000, "reason": "phishing"}, nil); status != http.StatusOK {
		a.t.Fatalf("started with %d", status)
	}
}

// restart kills the portal, whatever it is doing, and starts it again.
func (a *apart) restart() {
	a.t.Helper()
	a.portal.kill()
	a.portal = servePortal(a.t, a.app, a.folder, a.more...)
}

// phish is an email with an id of its own.
func phish(id string) []byte {
	return fmt.Appendf(nil, "From: bad@evil.example\r\nTo: y@z.example\r\nSubject: Pay\r\nMessage-ID: %s\r\n\r\nPay.\r\n", id)
}

// remove starts the removal of an email from all mailboxes of an organization.
func (a *apart) remove(organization string, message []byte) string {
	a.t.Helper()
	var created remediation
	status := a.API("POST", "/organizations/"+organization+"/remediations", map[string]any{
		"eml": message, "reason": "phishing", "start": true, "max_mailboxes": 1000000,
	}, &created)
	if status != 201 {
		a.t.Fatalf("created with %d", status)
	}
	return created.ID
}

// seed fills a folder for the simulator and answers the API token.
func seed(t testing.TB, dir, ready, listen, mailboxes, customers string) string {
	t.Helper()
	p := start(t, "seed", dir, "--ready-file", ready, "--listen", listen, "--mailboxes", mailboxes, "--customers", customers)
	<-p.ended
	if p.err != nil {
		t.Fatalf("seed: %v\n%s", p.err, p.log())
	}
	return strings.TrimSpace(p.log())
}

// environment are the variables that a seeded folder has for its portal.
func environment(t testing.TB, dir string) (variables []string) {
	t.Helper()
	file, err := os.Open(filepath.Join(dir, "serve.env"))
	must(t, err)
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		variables = append(variables, lines.Text())
	}
	return variables
}

// servePortal starts the portal on a seeded folder and waits until it answers.
func servePortal(t testing.TB, a *app, dir string, variables ...string) *process {
	t.Helper()
	p := startWith(t, append(environment(t, dir), variables...), "serve")
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

func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	return listener.Addr().String()
}
