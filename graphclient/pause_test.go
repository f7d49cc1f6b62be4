package graphclient_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/graphclient"
)

func TestPause_ofAMailboxHoldsForEverybody(t *testing.T) {
	t.Parallel()
	clock := new(clock)
	asked := map[string]int{}
	s := stubbedBatch(t, func(r innerRequest) (int, map[string]any, string) {
		mailbox := strings.Split(r.URL, "/")[2]
		if asked[mailbox]++; mailbox == "m1" && asked["m1"] == 1 {
			return http.StatusTooManyRequests, map[string]any{"Retry-After": "30"}, `{"error":{"code":"ApplicationThrottled"}}`
		}
		return http.StatusOK, nil, `{"value":[]}`
	})
	s.client, s.spy = newClient(t, graphclient.Config{LoginURL: s.URL, GraphURL: s.URL, ExchangeURL: s.URL, Now: clock.now})
	kinds := func() []clawback.AnswerKind {
		answers, err := s.client.FindCopies(t.Context(), s.conn, finds(3))
		if err != nil {
			t.Fatal(err)
		}
		var kinds []clawback.AnswerKind
		for _, a := range answers {
			kinds = append(kinds, a.Answer.Kind)
		}
		return kinds
	}
	held := []clawback.AnswerKind{clawback.AnswerOK, clawback.AnswerThrottled, clawback.AnswerOK}
	if got := kinds(); !slices.Equal(got, held) {
		t.Fatalf("at first: %v", got)
	}
	clock.advance(20 * time.Second)
	if got := kinds(); !slices.Equal(got, held) || asked["m1"] != 1 || asked["m0"] != 2 {
		t.Errorf("before its time: %v, asked %v", got, asked)
	}
	clock.advance(11 * time.Second)
	if got := kinds(); slices.Contains(got, clawback.AnswerThrottled) || asked["m1"] != 2 {
		t.Errorf("after its time: %v, asked %v", got, asked)
	}
}

func TestPause_ofATenantIsNoOther(t *testing.T) {
	t.Parallel()
	clock := new(clock)
	refuse := true
	s := stubbedAll(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/token"):
			answer(w, http.StatusOK, `{"token_type":"Bearer","expires_in":3599,"access_token":"tok"}`)
		case refuse:
			w.Header().Set("Retry-After", "30")
			answer(w, http.StatusTooManyRequests, `{}`)
		default:
			answer(w, http.StatusOK, `{"responses":[]}`)
		}
	}, func(cfg *graphclient.Config) { cfg.Now = clock.now })
	other := s.conn
	other.TenantID = "t2"
	find := func(conn clawback.Connection) error {
		_, err := s.client.FindCopies(t.Context(), conn, finds(1))
		return err
	}
	must(t, find(s.conn))
	refuse = false
	failure(t, find(s.conn), clawback.AnswerThrottled)
	if n := s.spy.count("/$batch"); n != 1 {
		t.Errorf("%d batches in the pause, want the first alone", n)
	}
	must(t, find(other))
	clock.advance(31 * time.Second)
	must(t, find(s.conn))
	if n := s.spy.count("/$batch"); n != 3 {
		t.Errorf("%d batches, want one of the other tenant and one after the pause", n)
	}
}

func TestPause_ofTheSignIn(t *testing.T) {
	t.Parallel()
	clock := new(clock)
	s := stubbedAll(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "30")
		answer(w, http.StatusTooManyRequests, `{"error":"temporarily_unavailable"}`)
	}, func(cfg *graphclient.Config) { cfg.Now = clock.now })
	for _, later := range []time.Duration{0, 29 * time.Second, 2 * time.Second} {
		clock.advance(later)
		failure(t, s.client.CheckToken(t.Context(), s.conn), clawback.AnswerThrottled)
	}
	if n := s.spy.count("/token"); n != 2 {
		t.Errorf("asked %d times, want at first and after the pause", n)
	}
}

// budget has some requests, then none for a minute.
type budget struct {
	left  int
	err   error
	begun []bool
}

func (b *budget) TakeTraceRequest(_ context.Context, tenantID string, begun bool) (time.Duration, error) {
	b.begun = append(b.begun, begun)
	if b.left--; b.left < 0 {
		return time.Minute, b.err
	}
	return 0, b.err
}

func TestTraceMessage_keepsToTheBudget(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const id = "<budget@evil.example>"
	b.deliver(id, to(b.mailboxes()[0].Address))
	allowed := &budget{left: 2}
	addresses := b.sim.Addresses()
	b.client, b.spy = newClient(t, graphclient.Config{
		LoginURL: addresses.Login, GraphURL: addresses.Graph, ExchangeURL: addresses.Exchange, Now: b.clock.now, TraceBudget: allowed,
	})
	b.trace(id)
	b.trace(id)
	_, err := b.client.TraceMessage(t.Context(), b.conn, b.lately(id))
	failure(t, err, clawback.AnswerThrottled)
	var call *clawback.CallError
	if errors.As(err, &call) && (call.RetryAfter != time.Minute || !strings.Contains(call.Message, "100 requests in five minutes")) {
		t.Errorf("the wait is %v, told as %q", call.RetryAfter, call.Message)
	}
	if n := b.spy.count(invokePath); n != 2 {
		t.Errorf("%d traces were asked for, want 2", n)
	}
	allowed.left, allowed.err = 10, errors.New("the database is away")
	if _, err := b.client.TraceMessage(t.Context(), b.conn, b.lately(id)); err == nil || b.spy.count(invokePath) != 2 {
		t.Errorf("uncounted: %v, %d asked", err, b.spy.count(invokePath))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// keptPauses are a database of pauses.
type keptPauses map[string]time.Time

func (k keptPauses) ListPauses(context.Context) (map[string]time.Time, error) {
	return maps.Clone(k), nil
}

func (k keptPauses) SavePauses(_ context.Context, until map[string]time.Time) error {
	maps.Copy(k, until)
	return nil
}

func TestPause_holdsOverARestart(t *testing.T) {
	t.Parallel()
	clock, kept, asked := new(clock), keptPauses{}, 0
	s := stubbedBatch(t, func(innerRequest) (int, map[string]any, string) {
		if asked++; asked == 1 {
			return http.StatusTooManyRequests, map[string]any{"Retry-After": "30"}, `{"error":{"code":"ApplicationThrottled"}}`
		}
		return http.StatusOK, nil, `{"value":[]}`
	})
	for _, tt := range []struct {
		later time.Duration
		want  clawback.AnswerKind
		asked int
	}{{0, clawback.AnswerThrottled, 1}, {29 * time.Second, clawback.AnswerThrottled, 1}, {2 * time.Second, clawback.AnswerOK, 2}} {
		clock.advance(tt.later)
		client, _ := newClient(t, graphclient.Config{LoginURL: s.URL, GraphURL: s.URL, ExchangeURL: s.URL, Now: clock.now, Pauses: kept})
		answers, err := client.FindCopies(t.Context(), s.conn, finds(1))
		if err != nil || answers[0].Answer.Kind != tt.want || asked != tt.asked {
			t.Errorf("%v later: %v, %v, asked %d times", tt.later, answers, err, asked)
		}
	}
}

// TestTraceMessage_cutShort lets the budget end in the middle of a trace: every trace of the tenant then waits, so that
// the next one finds all of it.
func TestTraceMessage_cutShort(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const id = "<short@evil.example>"
	for _, mailbox := range b.mailboxes()[:5] {
		b.deliver(id, to(mailbox.Address))
	}
	allowed := &budget{left: 1}
	addresses := b.sim.Addresses()
	b.client, b.spy = newClient(t, graphclient.Config{
		LoginURL: addresses.Login, GraphURL: addresses.Graph, ExchangeURL: addresses.Exchange, Now: b.clock.now, TraceBudget: allowed,
	})
	graphclient.SetTraceSize(b.client, 2)
	_, err := b.client.TraceMessage(t.Context(), b.conn, b.lately(id))
	failure(t, err, clawback.AnswerThrottled)
	allowed.left = 10
	_, err = b.client.TraceMessage(t.Context(), b.conn, b.lately(id))
	failure(t, err, clawback.AnswerThrottled)
	if n := b.spy.count(invokePath); n != 1 || !slices.Equal(allowed.begun, []bool{false, true}) {
		t.Errorf("%d requests went out, the budget was asked %v", n, allowed.begun)
	}
	b.clock.advance(time.Minute)
	if rows := b.trace(id); len(rows.Rows) != 5 {
		t.Errorf("%d rows after the wait, want 5", len(rows.Rows))
	}
}

// TestTraceMessage_oneAtATime holds the first of two traces of a tenant: the second asks nothing before it has ended.
func TestTraceMessage_oneAtATime(t *testing.T) {
	t.Parallel()
	turns := new(graphclient.Turns)
	giveBack, err := turns.Take(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	other, err := turns.Take(t.Context(), "other")
	if err != nil {
		t.Fatal(err)
	}
	other()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := turns.Take(ended, "one"); err == nil {
		t.Error("two traces of a tenant at a time")
	}
	giveBack()
	if again, err := turns.Take(t.Context(), "one"); err != nil {
		t.Error(err)
	} else {
		again()
	}
}
