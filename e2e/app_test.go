package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// An app is a running demo: the portal and the simulated Microsoft 365, with the addresses from its ready file.
type app struct {
	Portal   string `json:"portal"`
	Login    string `json:"login"`
	Graph    string `json:"graph"`
	Exchange string `json:"exchange"`
	APIToken string `json:"api_token"`
	Control  string `json:"control"`

	t         testing.TB
	dir       string
	recording string
	process   *process
}

// A process is a started binary; ended is closed when it is gone.
type process struct {
	cmd    *exec.Cmd
	output *os.File
	ended  chan struct{}
	err    error // how it ended; read it after ended
}

// startDemo starts "clawback demo" on free ports with a fresh data folder and waits until it is ready.
func startDemo(t *testing.T, args ...string) *app {
	t.Helper()
	needBrowser(t)
	needBinary(t)
	a := &app{t: t, dir: t.TempDir()}
	a.recording = filepath.Join(a.dir, "recording.jsonl")
	if folder := os.Getenv("CLAWBACK_RECORDINGS"); folder != "" {
		must(t, os.MkdirAll(folder, 0o755))
		a.recording = filepath.Join(folder, unsafeInFile.ReplaceAllString(t.Name(), "-")+".jsonl")
	}
	ready := filepath.Join(a.dir, "ready.json")
	all := append([]string{
		"demo", "--listen", "127.0.0.1:0", "--ready-file", ready, "--dir", filepath.Join(a.dir, "data"), "--record", a.recording,
	}, args...)
	a.process = start(t, all...)
	a.process.waitReady(t, ready, a)
	return a
}

func needBinary(t testing.TB) {
	t.Helper()
	if suite.binary == "" {
		t.Skip("there is no cmd/clawback yet")
	}
}

// start runs the binary until the end of the test. Its output is kept for a test that fails.
func start(t testing.TB, args ...string) *process {
	t.Helper()
	return startWith(t, nil, args...)
}

// startWith is start with variables on top of the environment.
func startWith(t testing.TB, environment []string, args ...string) *process {
	t.Helper()
	output, err := os.Create(filepath.Join(t.TempDir(), "output.log"))
	must(t, err)
	p := &process{cmd: exec.Command(suite.binary, args...), output: output, ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = output, output
	p.cmd.Env = append(os.Environ(), environment...)
	must(t, p.cmd.Start())
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.stop(t)
		if t.Failed() {
			t.Logf("clawback %s wrote:\n%s", args[0], p.log())
		}
		output.Close()
	})
	return p
}

func (p *process) log() string {
	content, err := os.ReadFile(p.output.Name())
	if err != nil {
		return err.Error()
	}
	return string(content)
}

// stop asks the process to end and kills it when it does not within ten seconds.
func (p *process) stop(t testing.TB) {
	t.Helper()
	select {
	case <-p.ended:
		return
	default:
	}
	must(t, p.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-p.ended:
	case <-time.After(10 * time.Second):
		t.Errorf("clawback did not end within 10 seconds of SIGTERM")
		p.kill()
	}
}

// kill ends the process as a power cut would.
func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.ended
}

// waitReady waits for the ready file and reads it into the value.
func (p *process) waitReady(t testing.TB, file string, into any) {
	t.Helper()
	waitFor(t, "clawback to be ready", 30*time.Second, func() bool {
		select {
		case <-p.ended:
			t.Fatalf("clawback ended before it was ready (%v):\n%s", p.err, p.log())
		default:
		}
		content, err := os.ReadFile(file)
		return err == nil && json.Unmarshal(content, into) == nil
	})
}

// waitFor asks until the answer is yes.
func waitFor(t testing.TB, what string, patience time.Duration, ask func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !ask() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited %v in vain for %s", patience, what)
		case <-ticker.C:
		}
	}
}

// NewPage opens a page on the portal, for one person more.
func (a *app) NewPage() *page {
	a.t.Helper()
	return newPage(a.t, a.Portal)
}

// ---- the portal's JSON API ----

// API calls the portal with the demo's token and reads the answer into the value, which may be nil.
func (a *app) API(method, path string, body, into any) int {
	a.t.Helper()
	return a.call(method, strings.TrimSuffix(a.Portal, "/")+"/api/v1"+path, a.APIToken, body, into)
}

// ---- the simulator's control ----

// A tenant of the simulated Microsoft 365.
type tenant struct {
	ID          string `json:"id"`
	Domain      string `json:"domain"`
	DisplayName string `json:"display_name"`
	Mailboxes   int    `json:"mailboxes"`
	Apps        []struct {
		ClientID           string `json:"client_id"`
		ServicePrincipalID string `json:"service_principal_id"`
		Name               string `json:"name"`
	} `json:"apps"`
}

// A mailbox of a tenant.
type mailbox struct {
	ID      string   `json:"id"`
	Address string   `json:"address"`
	Aliases []string `json:"aliases"`
	Kind    string   `json:"kind"`
}

// A stored is a copy of a message where it lies now.
type stored struct {
	Mailbox string `json:"mailbox"`
	Address string `json:"address"`
	Folder  string `json:"folder"`
	ID      string `json:"id"`
	Read    bool   `json:"read"`
}

// An asked is a request that reached a mailbox.
type asked struct {
	Time    time.Time `json:"time"`
	Service string    `json:"service"`
	Method  string    `json:"method"`
	Path    string    `json:"path"`
	Query   string    `json:"query"`
	Status  int       `json:"status"`
	Changes bool      `json:"changes"`
}

// A delivery is what the simulator says of a message it delivered.
type delivery struct {
	InternetMessageID string   `json:"internet_message_id"`
	Recipients        []string `json:"recipients"`
}

// list is the shape of every list of the control.
type list[T any] struct {
	Items []T `json:"items"`
}

// Tenants lists the simulated tenants.
func (a *app) Tenants() []tenant {
	a.t.Helper()
	var all list[tenant]
	a.control("GET", "/tenants", nil, &all)
	return all.Items
}

// Tenant is the one with this domain.
func (a *app) Tenant(domain string) tenant {
	a.t.Helper()
	for _, one := range a.Tenants() {
		if one.Domain == domain {
			return one
		}
	}
	a.t.Fatalf("no tenant has the domain %s", domain)
	return tenant{}
}

// Mailboxes lists a tenant's mailboxes.
func (a *app) Mailboxes(tenantID string) []mailbox {
	a.t.Helper()
	var all list[mailbox]
	a.control("GET", "/tenants/"+tenantID+"/mailboxes", nil, &all)
	return all.Items
}

// Deliver puts a message into the mailboxes of these addresses.
func (a *app) Deliver(tenantID string, message []byte, to ...string) delivery {
	a.t.Helper()
	return a.deliver(tenantID, message, url.Values{"to": {strings.Join(to, ",")}})
}

// DeliverCount puts a message into the first so many licensed user mailboxes.
func (a *app) DeliverCount(tenantID string, message []byte, count int) delivery {
	a.t.Helper()
	return a.deliver(tenantID, message, url.Values{"count": {fmt.Sprint(count)}})
}

func (a *app) deliver(tenantID string, message []byte, query url.Values) delivery {
	a.t.Helper()
	var answer delivery
	a.control("POST", "/tenants/"+tenantID+"/messages?"+query.Encode(), message, &answer)
	return answer
}

// Copies says where the copies of a message are now.
func (a *app) Copies(tenantID, internetMessageID string) []stored {
	a.t.Helper()
	var all list[stored]
	a.control("GET", "/tenants/"+tenantID+"/messages?"+url.Values{"internet_message_id": {internetMessageID}}.Encode(), nil, &all)
	return all.Items
}

// Asked lists the requests that reached a mailbox, by its id or any of its addresses.
func (a *app) Asked(tenantID, mailbox string) []asked {
	a.t.Helper()
	var all list[asked]
	a.control("GET", "/tenants/"+tenantID+"/requests?"+url.Values{"mailbox": {mailbox}}.Encode(), nil, &all)
	return all.Items
}

// Changed tells whether anything that was asked of the mailbox changed it.
func (a *app) Changed(tenantID, mailbox string) bool {
	a.t.Helper()
	for _, request := range a.Asked(tenantID, mailbox) {
		if request.Changes {
			return true
		}
	}
	return false
}

// SetFaults makes the simulated Microsoft misbehave, in the control's own words. No faults end all faults.
func (a *app) SetFaults(tenantID string, faults ...map[string]any) {
	a.t.Helper()
	a.control("PUT", "/tenants/"+tenantID+"/faults", list[map[string]any]{Items: append([]map[string]any{}, faults...)}, nil)
}

// SetApp changes what an app of the tenant is granted, in the control's own words.
func (a *app) SetApp(tenantID, clientID string, change any) {
	a.t.Helper()
	a.control("PATCH", "/tenants/"+tenantID+"/apps/"+clientID, change, nil)
}

func (a *app) control(method, path string, body, into any) {
	a.t.Helper()
	if status := a.call(method, strings.TrimSuffix(a.Control, "/")+path, "", body, into); status >= 300 {
		a.t.Fatalf("control %s %s answered %d", method, path, status)
	}
}

// call sends bytes as they are and everything else as JSON.
func (a *app) call(method, address, token string, body, into any) int {
	a.t.Helper()
	var reader io.Reader
	contentType := "application/json"
	switch body := body.(type) {
	case nil:
	case []byte:
		reader, contentType = bytes.NewReader(body), "message/rfc822"
	default:
		encoded, err := json.Marshal(body)
		must(a.t, err)
		reader = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(a.t.Context(), method, address, reader)
	must(a.t, err)
	if reader != nil {
		request.Header.Set("Content-Type", contentType)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	must(a.t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	must(a.t, err)
	if into != nil && response.StatusCode < 300 {
		if err := json.Unmarshal(content, into); err != nil {
			a.t.Fatalf("%s %s answered %d with %q: %v", method, address, response.StatusCode, content, err)
		}
	}
	return response.StatusCode
}
