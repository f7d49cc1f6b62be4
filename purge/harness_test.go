package purge_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/graphclient"
	"clawback/m365sim"
	"clawback/purge"
	"clawback/store"
	"clawback/store/storetest"
)

const (
	messageID = "<1.2+3@mx.bad.example>"
	sender    = "billing@bad.example"
	subject   = "Invoice 1 <b>now</b>"
)

// bench is one organization on a simulated tenant, with the real store and the
// real client, and a clock that only the test moves.
type bench struct {
	t            testing.TB
	clock        *storetest.Clock
	sim          *m365sim.Sim
	tenant       m365sim.Tenant
	config       store.Config
	store        *store.Store
	graph        purge.Microsoft
	engine       *purge.Engine
	organization clawback.Organization
	device       clawback.Device
	quarantine   clawback.ContextEntry
	setting      clawback.AutoRemediation
	users        []string
	started      string // the remediation that a table's step is about
}

var admin = clawback.Bot("the test")

// record is the file to which the simulator records what the suite asks, when
// M365SIM_RECORD names one.
var record io.Writer

func TestMain(m *testing.M) {
	// Every check is a tenant, a database and dozens of passes; -rapid.checks asks for more.
	if err := flag.Set("rapid.checks", "12"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if path := os.Getenv("M365SIM_RECORD"); path != "" {
		file, err := os.Create(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		record = file
	}
	os.Exit(m.Run())
}

func setup(t *testing.T) *bench {
	t.Helper()
	t.Parallel()
	return setupWith(t, m365sim.Config{Seed: 7, Mailboxes: 30, Record: record})
}

// unrecorded is setup for a test that spoils answers on purpose, which are no
// Microsoft's.
func unrecorded(t *testing.T) *bench {
	t.Helper()
	t.Parallel()
	return setupWith(t, m365sim.Config{Seed: 7, Mailboxes: 30})
}

// setupWith is setup on a simulator of the test's own.
func setupWith(t testing.TB, simulated m365sim.Config, before ...func(*bench)) *bench {
	t.Helper()
	b := &bench{t: t, clock: storetest.NewClock(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))}
	for _, f := range before {
		f(b)
	}
	var err error
	simulated.Now = b.clock.Now
	if b.sim, err = m365sim.Start(simulated); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.sim.Close() })
	b.tenant = b.sim.World().Customers[0]
	addresses := b.sim.Addresses()
	client, err := graphclient.New(graphclient.Config{
		LoginURL: addresses.Login, GraphURL: addresses.Graph, ExchangeURL: addresses.Exchange, Simulated: true, Now: b.clock.Now, TraceBudget: b,
	})
	if err != nil {
		t.Fatal(err)
	}
	b.graph = client
	b.config = storetest.Config(t, storetest.WithClock(b.clock))
	b.open()
	t.Cleanup(func() { b.store.Close() })
	b.seed()
	return b
}

// open opens the store as a new start of the process does.
func (b *bench) open() {
	b.t.Helper()
	var err error
	if b.store, err = store.Open(context.Background(), b.config); err != nil {
		b.t.Fatal(err)
	}
	b.engine = purge.New(purge.Config{Store: b.store, Microsoft: b.graph, Now: b.clock.Now, Wait: b.wait})
}

// wait lets the clock pass at once.
func (b *bench) wait(ctx context.Context, d time.Duration) error {
	b.clock.Advance(d)
	return ctx.Err()
}

// TakeTraceRequest asks the store of the process that runs now.
func (b *bench) TakeTraceRequest(ctx context.Context, tenantID string, begun bool) (time.Duration, error) {
	return b.store.TakeTraceRequest(ctx, tenantID, begun)
}

// restart closes the store and opens it again: what was running is gone.
func (b *bench) restart() {
	b.t.Helper()
	b.must(b.store.Close())
	b.open()
	b.must(b.engine.Recover(context.Background()))
}

func (b *bench) seed() {
	b.t.Helper()
	ctx := context.Background()
	var err error
	b.organization, err = b.store.CreateOrganization(ctx, admin, store.NewOrganization{Name: b.tenant.Name, TenantID: b.tenant.ID, Domain: b.tenant.Domain})
	b.must(err)
	b.device, err = b.store.CreateDevice(ctx, admin, store.NewDevice{
		OrganizationID: b.organization.ID, Name: "Tenant", TenantID: b.tenant.ID, Connection: clawback.ConnectionCustomApp,
		ClientID: b.tenant.App.ClientID, ClientSecret: clawback.NewSecret(b.tenant.App.Secret),
	})
	b.must(err)
	b.quarantine = b.entry(b.tenant.QuarantineAddress)
	b.setting = clawback.AutoRemediation{
		OrganizationID: b.organization.ID, Mode: clawback.ModeEnforce, Removal: clawback.RemovalSoft, VolumeLimit: 500,
		NeverRemove: []string{b.quarantine.ID}, Devices: []string{b.device.ID},
	}
	b.save()
	var list struct {
		Items []struct{ Address, Kind string }
	}
	b.control(http.MethodGet, "/mailboxes", "", &list)
	for _, m := range list.Items {
		if m.Kind == "user" {
			b.users = append(b.users, m.Address)
		}
	}
}

func (b *bench) entry(address string) clawback.ContextEntry {
	b.t.Helper()
	e, err := b.store.CreateContext(context.Background(), admin, b.organization.ID, clawback.NewContextEntry{Address: address, Purpose: "Kept " + address})
	b.must(err)
	return e
}

func (b *bench) save() clawback.AutoRemediationSaved {
	b.t.Helper()
	saved, err := b.store.SaveAutoRemediation(context.Background(), admin, b.setting)
	b.must(err)
	return saved
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// found answers what the directory says of an address.
func (b *bench) found(address string) clawback.Mailbox {
	b.t.Helper()
	connections, err := b.store.ListConnections(context.Background(), b.organization.ID)
	b.must(err)
	answers, err := b.graph.LookUpMailboxes(context.Background(), connections[0], []string{address})
	b.must(err)
	return answers[0].Mailbox
}

// deliver delivers an email of the target's id to addresses.
func (b *bench) deliver(from, about string, to ...string) {
	b.t.Helper()
	mail := "From: " + from + "\r\nTo: x@y.example\r\nSubject: " + about + "\r\nMessage-ID: " + messageID +
		"\r\nDate: " + b.clock.Now().Format(time.RFC1123Z) + "\r\n\r\nPay.\r\n"
	b.control(http.MethodPost, "/messages?to="+url.QueryEscape(strings.Join(to, ",")), mail, nil)
}

func (b *bench) control(method, path, body string, answer any) {
	b.t.Helper()
	request, err := http.NewRequest(method, b.sim.Addresses().Control+"/tenants/"+b.tenant.ID+path, strings.NewReader(body))
	b.must(err)
	response, err := http.DefaultClient.Do(request)
	b.must(err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	b.must(err)
	if response.StatusCode >= 300 {
		b.t.Fatalf("control %s %s: %d %s", method, path, response.StatusCode, text)
	}
	if answer != nil {
		b.must(json.Unmarshal(text, answer))
	}
}

func (b *bench) faults(faults string) {
	b.control(http.MethodPut, "/faults", `{"items":[`+faults+`]}`, nil)
}

func (b *bench) app(patch string) {
	b.control(http.MethodPatch, "/apps/"+b.tenant.App.ClientID, patch, nil)
}

// changes answers how many changing requests reached a mailbox.
func (b *bench) changes(address string) int {
	b.t.Helper()
	var list struct{ Items []struct{ Changes bool } }
	b.control(http.MethodGet, "/requests?mailbox="+url.QueryEscape(address), "", &list)
	n := 0
	for _, r := range list.Items {
		if r.Changes {
			n++
		}
	}
	return n
}

// folders answers in which folders the copies of a mailbox lie.
func (b *bench) folders(address string) []string {
	b.t.Helper()
	var list struct {
		Items []struct{ Address, Folder string }
	}
	b.control(http.MethodGet, "/messages?internet_message_id="+url.QueryEscape(messageID), "", &list)
	var folders []string
	for _, c := range list.Items {
		if strings.EqualFold(c.Address, address) {
			folders = append(folders, c.Folder)
		}
	}
	return folders
}

func target() clawback.Target {
	return clawback.Target{Source: clawback.SourceEML, MessageID: messageID, Sender: sender, Subject: subject}
}

// start creates a running remediation and traces it.
func (b *bench) start() string {
	b.t.Helper()
	r, err := b.store.CreateRemediation(context.Background(), admin, clawback.NewRemediation{
		OrganizationID: b.organization.ID, Targets: []clawback.Target{target()}, Reason: "phishing", Start: true, MaxMailboxes: 500,
	})
	b.must(err)
	b.must(b.engine.Trace(context.Background(), r.ID))
	return r.ID
}

// colleague is a second SOC analyst, who may approve what the first asked for.
var colleague = clawback.Actor{Kind: clawback.ActorPerson, ID: "second", Name: "Second", StaffRoles: []clawback.Role{clawback.RoleSOCAnalyst}}

func (b *bench) stop(id string) {
	b.t.Helper()
	_, err := b.store.StopRemediation(context.Background(), admin, id, "wrong email")
	b.must(err)
}

func (b *bench) disconnect() {
	b.t.Helper()
	_, err := b.store.DisconnectDevice(context.Background(), admin, b.device.ID, clawback.Disconnection{Confirm: b.device.Name})
	b.must(err)
}

// trace traces once more; a refusal of Microsoft's is no failure of the test.
func (b *bench) trace(id string) { _ = b.engine.Trace(context.Background(), id) }

// once answers a hook that acts the first time only.
func once(act func()) func() {
	done := false
	return func() {
		if !done {
			done = true
			act()
		}
	}
}

// work removes until nothing is due.
func (b *bench) work(id string) {
	b.t.Helper()
	b.must(b.engine.Remove(context.Background(), id))
}

// workFor works, then lets time pass in steps and works on, until it is over.
func (b *bench) workFor(id string, time time.Duration, steps int) {
	b.t.Helper()
	for range steps {
		b.work(id)
		b.clock.Advance(time)
	}
	b.work(id)
}

func (b *bench) remediation(id string) clawback.Remediation {
	b.t.Helper()
	r, err := b.store.FindRemediation(context.Background(), admin, id)
	b.must(err)
	return r
}

func (b *bench) records(id string) map[string]clawback.EmailRecord {
	b.t.Helper()
	page, err := b.store.ListRecords(context.Background(), admin, id, clawback.RecordFilter{})
	b.must(err)
	records := map[string]clawback.EmailRecord{}
	for _, r := range page.Items {
		records[r.Mailbox.Address] = r
	}
	return records
}

// expect holds a mailbox's outcome and reason against what is wanted.
func (b *bench) expect(id, address string, outcome clawback.Outcome, reason clawback.Reason) {
	b.t.Helper()
	record, ok := b.records(id)[strings.ToLower(address)]
	if !ok {
		b.t.Errorf("%s: no record", address)
		return
	}
	if record.Outcome != outcome || record.Reason != reason {
		b.t.Errorf("%s: %s/%q (%s, %s), want %s/%q", address, record.Outcome, record.Reason, record.State, record.Detail, outcome, reason)
	}
}

func (b *bench) actions() []clawback.Action {
	b.t.Helper()
	page, err := b.store.ListActions(context.Background(), admin, clawback.ActionFilter{OrganizationID: b.organization.ID})
	b.must(err)
	return page.Items
}
