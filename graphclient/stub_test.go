package graphclient_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"clawback"
	"clawback/graphclient"
)

// innerRequest is one request of a batch as it came over the wire.
type innerRequest struct {
	ID, Method, URL string
	Headers         map[string]string
	Body            json.RawMessage
}

// stub answers what no Microsoft would. Its token is always to be had.
type stub struct {
	*httptest.Server
	client *graphclient.Client
	spy    *spy
	conn   clawback.Connection

	mu      sync.Mutex
	batches [][]innerRequest
}

// stubbed answers every request but those for tokens by handle.
func stubbed(t testing.TB, handle http.HandlerFunc, change ...func(*graphclient.Config)) *stub {
	t.Helper()
	return stubbedAll(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/t1/oauth2/v2.0/token" {
			answer(w, http.StatusOK, `{"token_type":"Bearer","expires_in":3599,"access_token":"tok"}`)
			return
		}
		handle(w, r)
	}, change...)
}

// stubbedAll answers every request by handle.
func stubbedAll(t testing.TB, handle http.HandlerFunc, change ...func(*graphclient.Config)) *stub {
	t.Helper()
	s := &stub{conn: clawback.Connection{TenantID: "t1", ClientID: "c1", ClientSecret: clawback.NewSecret("hush-hush")}}
	s.Server = httptest.NewServer(handle)
	t.Cleanup(s.Close)
	cfg := graphclient.Config{LoginURL: s.URL, GraphURL: s.URL, ExchangeURL: s.URL, Timeout: 5 * time.Second}
	for _, f := range change {
		f(&cfg)
	}
	s.client, s.spy = newClient(t, cfg)
	return s
}

// stubbedBatch answers every inner request by handle, with status, headers and body.
func stubbedBatch(t testing.TB, handle func(innerRequest) (int, map[string]any, string)) *stub {
	t.Helper()
	var s *stub
	s = stubbed(t, func(w http.ResponseWriter, r *http.Request) {
		var batch struct{ Requests []innerRequest }
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &batch); err != nil || r.URL.Path != "/v1.0/$batch" {
			answer(w, http.StatusTeapot, `{}`)
			return
		}
		s.mu.Lock()
		s.batches = append(s.batches, batch.Requests)
		s.mu.Unlock()
		responses := []any{}
		for _, inner := range batch.Requests {
			status, headers, body := handle(inner)
			responses = append(responses, map[string]any{
				"id": inner.ID, "status": status, "headers": headers, "body": json.RawMessage(body),
			})
		}
		data, _ := json.Marshal(map[string]any{"responses": responses})
		answer(w, http.StatusOK, string(data))
	})
	return s
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func (s *stub) move(t testing.TB, requests ...clawback.MoveRequest) []clawback.Answer {
	t.Helper()
	answers, err := s.client.MoveCopies(t.Context(), s.conn, time.Now().Add(time.Minute), requests)
	if err != nil {
		t.Fatalf("move: %v", err)
	}
	return answers
}

func moves(n int) []clawback.MoveRequest {
	out := make([]clawback.MoveRequest, n)
	for i, id := range ids(n, "m%d") {
		out[i] = clawback.MoveRequest{MailboxID: id, ImmutableID: "item", Destination: clawback.RecoverableItems}
	}
	return out
}

func finds(n int) []clawback.FindRequest {
	out := make([]clawback.FindRequest, n)
	for i, id := range ids(n, "m%d") {
		out[i] = clawback.FindRequest{MailboxID: id, MessageIDs: []string{"<a@b>"}}
	}
	return out
}

func readBody(r *http.Request) string {
	body, _ := io.ReadAll(r.Body)
	text, err := url.QueryUnescape(string(body))
	if err != nil {
		return string(body)
	}
	return text
}
