package graphclient_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"clawback"
	"clawback/graphclient"
	"clawback/m365sim"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const subject = "Invoice 4711"

// bundle is a client of a simulated Microsoft 365, with what a test does behind its back.
type bundle struct {
	t      testing.TB
	client *graphclient.Client
	sim    *m365sim.Sim
	tenant m365sim.Tenant
	conn   clawback.Connection
	spy    *spy
	clock  *clock
}

func setup(t testing.TB, change ...func(*m365sim.Config)) *bundle {
	t.Helper()
	clock := &clock{}
	cfg := m365sim.Config{Seed: 7, Mailboxes: 40, Now: clock.now}
	for _, f := range change {
		f(&cfg)
	}
	sim, err := m365sim.Start(cfg)
	if err != nil {
		t.Fatalf("start the simulator: %v", err)
	}
	b := &bundle{t: t, sim: sim, tenant: sim.World().Customers[0], clock: clock}
	b.conn = connection(b.tenant)
	b.client, b.spy = newClient(t, graphclient.Config{
		LoginURL: sim.Addresses().Login, GraphURL: sim.Addresses().Graph, ExchangeURL: sim.Addresses().Exchange,
		Now: clock.now,
	})
	t.Cleanup(func() { _ = sim.Close() })
	return b
}

func connection(tenant m365sim.Tenant) clawback.Connection {
	return clawback.Connection{
		TenantID: tenant.ID, ClientID: tenant.App.ClientID, ClientSecret: clawback.NewSecret(tenant.App.Secret),
	}
}

func newClient(t testing.TB, cfg graphclient.Config) (*graphclient.Client, *spy) {
	t.Helper()
	spy := &spy{base: &http.Transport{MaxIdleConnsPerHost: 16}}
	cfg.Simulated, cfg.Transport = true, spy
	client, err := graphclient.New(cfg)
	if err != nil {
		t.Fatalf("make the client: %v", err)
	}
	t.Cleanup(client.Close)
	return client, spy
}

// clock is the time that passes, and a leap a test may add.
type clock struct{ leap atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.leap.Load())) }
func (c *clock) advance(d time.Duration) { c.leap.Add(int64(d)) }

// spy counts what leaves and may act just before it does.
type spy struct {
	base   *http.Transport
	before func(*http.Request)

	mu   sync.Mutex
	seen []string
}

func (s *spy) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.seen = append(s.seen, req.URL.Path)
	before := s.before
	s.mu.Unlock()
	if before != nil {
		before(req)
	}
	return s.base.RoundTrip(req)
}

func (s *spy) CloseIdleConnections() { s.base.CloseIdleConnections() }

// count answers how many requests left for paths with an ending.
func (s *spy) count(ending string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, path := range s.seen {
		if strings.HasSuffix(path, ending) {
			n++
		}
	}
	return n
}

// control speaks plain JSON with the simulator.
func (b *bundle) control(method, path string, body, into any) {
	b.t.Helper()
	var content io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(body)
	default:
		data, err := json.Marshal(body)
		if err != nil {
			b.t.Fatal(err)
		}
		content = bytes.NewReader(data)
	}
	req, err := http.NewRequest(method, b.sim.Addresses().Control+"/tenants/"+b.tenant.ID+path, content)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, _ := io.ReadAll(resp.Body)
	if resp.StatusCode >= 300 {
		b.t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, data)
	}
	if into != nil {
		if err := json.Unmarshal(data, into); err != nil {
			b.t.Fatalf("%s %s: %v in %s", method, path, err, data)
		}
	}
}

type fault map[string]any

func (b *bundle) faults(faults ...fault) {
	b.t.Helper()
	b.control(http.MethodPut, "/faults", map[string]any{"items": faults}, nil)
}

func (b *bundle) patchApp(patch map[string]any) {
	b.t.Helper()
	b.control(http.MethodPatch, "/apps/"+b.conn.ClientID, patch, nil)
}

func (b *bundle) deliver(messageID, query string) {
	b.t.Helper()
	mail := "From: \"Billing\" <Billing@Evil.example>\r\nTo: someone@" + b.tenant.Domain + "\r\nSubject: " + subject +
		"\r\nMessage-ID: " + messageID + "\r\nDate: " + b.clock.now().UTC().Format(time.RFC1123Z) + "\r\n\r\nPay now.\r\n"
	b.control(http.MethodPost, "/messages?"+query, mail, nil)
}

func to(addresses ...string) string {
	return "to=" + url.QueryEscape(strings.Join(addresses, ","))
}

type simCopy struct{ Mailbox, Address, Folder, ID string }

// copies answers where a message lies now.
func (b *bundle) copies(messageID string) []simCopy {
	b.t.Helper()
	var list struct{ Items []simCopy }
	b.control(http.MethodGet, "/messages?internet_message_id="+url.QueryEscape(messageID), nil, &list)
	return list.Items
}

type simMailbox struct {
	ID, Address, Kind string
	Aliases           []string
}

func (b *bundle) mailboxes() []simMailbox {
	b.t.Helper()
	var list struct{ Items []simMailbox }
	b.control(http.MethodGet, "/mailboxes", nil, &list)
	return list.Items
}

func (b *bundle) mailbox(local string) simMailbox {
	b.t.Helper()
	for _, m := range b.mailboxes() {
		if strings.EqualFold(m.Address, local+"@"+b.tenant.Domain) {
			return m
		}
	}
	b.t.Fatalf("no mailbox %s", local)
	return simMailbox{}
}

// changes counts the writing requests that reached a mailbox.
func (b *bundle) changes(mailbox string) int {
	b.t.Helper()
	var list struct {
		Items []struct{ Changes bool }
	}
	b.control(http.MethodGet, "/requests?mailbox="+url.QueryEscape(mailbox), nil, &list)
	n := 0
	for _, r := range list.Items {
		if r.Changes {
			n++
		}
	}
	return n
}

func (b *bundle) find(messageID string, mailboxes ...string) []clawback.FindAnswer {
	b.t.Helper()
	requests := make([]clawback.FindRequest, len(mailboxes))
	for i, mailbox := range mailboxes {
		requests[i] = clawback.FindRequest{MailboxID: mailbox, MessageIDs: []string{messageID}}
	}
	answers, err := b.client.FindCopies(b.t.Context(), b.conn, requests)
	if err != nil {
		b.t.Fatalf("find: %v", err)
	}
	if len(answers) != len(requests) {
		b.t.Fatalf("find answered %d of %d", len(answers), len(requests))
	}
	return answers
}

// failure answers the CallError in err, which must be of a kind.
func failure(t testing.TB, err error, kind clawback.AnswerKind) *clawback.CallError {
	t.Helper()
	var failed *clawback.CallError
	if !errors.As(err, &failed) {
		t.Fatalf("got %v, want a CallError", err)
	}
	if failed.Kind != kind {
		t.Fatalf("got %v, want kind %s", failed, kind)
	}
	if failed.Message == "" || failed.Call == "" {
		t.Fatalf("%+v has no words for people", failed)
	}
	return failed
}

func ids(n int, format string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf(format, i)
	}
	return out
}
