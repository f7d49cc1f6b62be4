package purge_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"clawback"
	"clawback/graphclient"
	"clawback/m365sim"
)

// seen is one request as the simulator recorded it, an inner one of a batch too, with what is throttled together.
type seen struct {
	at    time.Time
	scope string
	until time.Time // where it was refused: when the next may come
}

// watching is the simulator's recording, with the time of each exchange.
type watching struct {
	now func() time.Time

	mu   sync.Mutex
	seen []seen
}

type exchanged struct {
	URL             string            `json:"url"`
	Status          int               `json:"status"`
	RequestBody     json.RawMessage   `json:"request_body"`
	ResponseHeaders map[string]string `json:"response_headers"`
	ResponseBody    json.RawMessage   `json:"response_body"`
}

func (w *watching) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var e exchanged
	if err := json.Unmarshal(line, &e); err != nil {
		return 0, err
	}
	switch {
	case strings.HasSuffix(e.URL, "/$batch"):
		w.batch(e)
	case strings.Contains(e.URL, "InvokeCommand"):
		w.add("trace", e.Status, e.ResponseHeaders)
	}
	return len(line), nil
}

// batch files what was asked in it: each mailbox is throttled by itself, the directory as a whole. A refused batch is both.
func (w *watching) batch(e exchanged) {
	var asked struct{ Requests []struct{ ID, URL string } }
	var answered struct {
		Responses []struct {
			ID      string
			Status  int
			Headers map[string]string
		}
	}
	_ = json.Unmarshal(e.RequestBody, &asked)
	_ = json.Unmarshal(e.ResponseBody, &answered)
	scopes := map[string]string{}
	for _, r := range asked.Requests {
		scopes[r.ID] = "directory"
		if _, path, of := strings.Cut(r.URL, "/users/"); of {
			scopes[r.ID], _, _ = strings.Cut(path, "/")
		}
	}
	for _, r := range answered.Responses {
		w.add(scopes[r.ID], r.Status, r.Headers)
	}
	whole := "batches of mailboxes"
	for _, scope := range scopes {
		if scope == "directory" {
			whole = "batches of the directory"
		}
	}
	w.add(whole, e.Status, e.ResponseHeaders)
}

func (w *watching) add(scope string, status int, headers map[string]string) {
	s := seen{at: w.now(), scope: scope}
	if status == 429 {
		for name, value := range headers {
			if strings.EqualFold(name, "Retry-After") {
				seconds, _ := strconv.Atoi(value)
				s.until = s.at.Add(time.Duration(seconds) * time.Second)
			}
		}
	}
	w.seen = append(w.seen, s)
}

// judge answers how many refusals each kind of scope had, and every request that came before its time.
func (w *watching) judge() (refused map[string]int, early []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	refused, until := map[string]int{}, map[string]time.Time{}
	for _, s := range w.seen {
		if !s.until.IsZero() {
			kind := s.scope
			if strings.Count(kind, "-") == 4 {
				kind = "a mailbox"
			}
			refused[kind]++
		}
		// At the very moment of a refusal others may be on their way already.
		if at := until[s.scope]; s.at.Before(at) && s.at.After(w.refusedAt(s.scope, at)) {
			early = append(early, fmt.Sprintf("%s at %s, to be left alone until %s", s.scope, s.at.Format("15:04:05"), at.Format("15:04:05")))
		}
		if s.until.After(until[s.scope]) {
			until[s.scope] = s.until
		}
	}
	return refused, early
}

// refusedAt answers when the pause that ends then was asked for.
func (w *watching) refusedAt(scope string, until time.Time) time.Time {
	for _, s := range w.seen {
		if s.scope == scope && s.until.Equal(until) {
			return s.at
		}
	}
	return until
}

// reopen is restart with a client that remembers nothing but what the database does.
func (b *bench) reopen() {
	b.t.Helper()
	b.must(b.store.Close())
	b.open()
	addresses := b.sim.Addresses()
	client, err := graphclient.New(graphclient.Config{
		LoginURL: addresses.Login, GraphURL: addresses.Graph, ExchangeURL: addresses.Exchange, Simulated: true, Now: b.clock.Now,
		TraceBudget: b.store, Pauses: b.store,
	})
	b.must(err)
	b.graph = client
	b.inject(faulty{})
	b.must(b.engine.Recover(context.Background()))
}

// TestNothingIsAskedBeforeItsTime throttles everything that a removal asks, by the request, by the mailbox and by the batch,
// while the process is started again and again: the recording of the simulator is the judge.
func TestNothingIsAskedBeforeItsTime(t *testing.T) {
	t.Parallel()
	watch := &watching{}
	b := setupWith(t, m365sim.Config{Seed: 7, Mailboxes: 60, Record: watch}, func(b *bench) { watch.now = b.clock.Now })
	b.reopen()
	b.deliver(sender, subject, b.users[:45]...)
	const throttled = `"status":429,"retry_after":`
	b.faults(`{"route":"exchange:Get-MessageTraceV2",` + throttled + `37,"count":2},` +
		`{"route":"GET /users",` + throttled + `11,"count":2},` +
		`{"route":"POST /$batch",` + throttled + `9,"count":5,"probability":0.2},` +
		`{"route":"GET /users/{user}/messages",` + throttled + `13,"count":40,"probability":0.3},` +
		`{"route":"` + move + `",` + throttled + `17,"count":30,"probability":0.4},` +
		`{"route":"GET /users/{user}/mailFolders/{folder}/messages",` + throttled + `7,"count":30,"probability":0.3}`)
	r, err := b.store.CreateRemediation(context.Background(), admin, clawback.NewRemediation{
		OrganizationID: b.organization.ID, Targets: []clawback.Target{target()}, Reason: "phishing", Start: true, MaxMailboxes: 500,
	})
	b.must(err)
	for second := range 600 {
		if second%17 == 5 {
			b.reopen()
		}
		if b.remediation(r.ID).Phase == clawback.PhaseTracing {
			b.trace(r.ID)
		}
		b.work(r.ID)
		b.clock.Advance(time.Second)
	}
	for _, user := range b.users[:45] {
		b.expect(r.ID, user, clawback.OutcomeRemoved, clawback.ReasonNone)
	}
	refused, early := watch.judge()
	for _, kind := range []string{"trace", "directory", "a mailbox", "batches of mailboxes"} {
		if refused[kind] == 0 {
			t.Errorf("nothing was refused by %s, which shows nothing: %v", kind, refused)
		}
	}
	for _, e := range early {
		t.Error(e)
	}
	if _, asked := watch.most("trace", 5*time.Minute); asked > 100 {
		t.Errorf("%d traces within five minutes", asked)
	}
}

// TestTheTraceQuotaIsNeverPassed asks for more traces than there may be, through restarts.
func TestTheTraceQuotaIsNeverPassed(t *testing.T) {
	t.Parallel()
	watch := &watching{}
	b := setupWith(t, m365sim.Config{Seed: 7, Mailboxes: 30, Record: watch}, func(b *bench) { watch.now = b.clock.Now })
	b.reopen()
	b.deliver(sender, subject, b.users[0])
	r, err := b.store.CreateRemediation(context.Background(), admin, clawback.NewRemediation{
		OrganizationID: b.organization.ID, Targets: []clawback.Target{target()}, Reason: "phishing", Start: true, MaxMailboxes: 500,
	})
	b.must(err)
	for n := range 260 {
		if n%60 == 59 {
			b.reopen()
		}
		b.trace(r.ID)
		b.clock.Advance(2 * time.Second)
	}
	total, asked := watch.most("trace", 5*time.Minute)
	if asked > 100 || total < 120 {
		t.Errorf("%d traces within five minutes, %d in all", asked, total)
	}
	if refused, _ := watch.judge(); refused["trace"] > 0 {
		t.Errorf("Microsoft refused %d traces", refused["trace"])
	}
}

// most answers how many requests of a scope there were, and the most of them within a span.
func (w *watching) most(scope string, span time.Duration) (total, most int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var times []time.Time
	for _, s := range w.seen {
		if s.scope == scope {
			times = append(times, s.at)
		}
	}
	for first := range times {
		n := 0
		for _, at := range times[first:] {
			if at.Sub(times[first]) < span {
				n++
			}
		}
		most = max(most, n)
	}
	return len(times), most
}
