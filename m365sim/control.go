package m365sim

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// controlHandler serves the control: plain JSON, loopback only, no credential. Lists are {"items": [...]}, errors
// {"error": "text"}.
func (s *Sim) controlHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /clock", s.control(s.controlClock))
	mux.HandleFunc("POST /clock", s.control(s.controlClock))
	mux.HandleFunc("GET /ca.pem", s.controlCA)
	mux.HandleFunc("GET /switches", s.control(s.controlSwitches))
	mux.HandleFunc("PATCH /switches", s.control(s.controlSwitches))
	mux.HandleFunc("GET /tenants", s.control(s.controlTenants))
	mux.HandleFunc("GET /tenants/{tid}/mailboxes", s.control(s.controlMailboxes))
	mux.HandleFunc("POST /tenants/{tid}/mailboxes", s.control(s.controlNewMailbox))
	mux.HandleFunc("PUT /tenants/{tid}/mailboxes/{address}", s.control(s.controlMailbox))
	mux.HandleFunc("POST /tenants/{tid}/mailboxes/{address}/messages", s.control(s.controlPut))
	mux.HandleFunc("POST /tenants/{tid}/messages", s.control(s.controlDeliver))
	mux.HandleFunc("GET /tenants/{tid}/messages", s.control(s.controlCopies))
	mux.HandleFunc("PATCH /tenants/{tid}/messages", s.control(s.controlTouch))
	mux.HandleFunc("GET /tenants/{tid}/traces", s.control(s.controlTraces))
	mux.HandleFunc("PATCH /tenants/{tid}/traces", s.control(s.controlTraces))
	mux.HandleFunc("GET /tenants/{tid}/requests", s.control(s.controlRequests))
	mux.HandleFunc("GET /tenants/{tid}/apps/{client}", s.control(s.controlApp))
	mux.HandleFunc("PATCH /tenants/{tid}/apps/{client}", s.control(s.controlApp))
	mux.HandleFunc("GET /tenants/{tid}/apps/{client}/state", s.control(s.controlStates))
	mux.HandleFunc("PUT /tenants/{tid}/apps/{client}/state", s.control(s.controlStates))
	mux.HandleFunc("GET /tenants/{tid}/faults", s.control(s.controlFaults))
	mux.HandleFunc("PUT /tenants/{tid}/faults", s.control(s.controlFaults))
	mux.HandleFunc("DELETE /tenants/{tid}/faults", s.control(s.controlFaults))

	return onlyLocal(http.NewCrossOriginProtection().Handler(mux))
}

// onlyLocal refuses names which merely resolve to this machine: control and admin center ask for no password, and a page in the
// user's browser could otherwise reach it by rebinding a name of its own.
func onlyLocal(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if !strings.Contains(strings.TrimPrefix(host, "["), ":") {
			host += ":80"
		}
		if !isLoopback(host) {
			http.Error(w, "This address answers under a loopback name only.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

var errNotFound = errors.New("not found")

// control wraps a handler: it finds the tenant, and writes the value or the error.
func (s *Sim) control(run func(*http.Request, *tenant) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		t := s.tenant(r.PathValue("tid"))
		var value any
		err := errNotFound
		if t != nil || r.PathValue("tid") == "" {
			value, err = run(r, t)
		}
		status := http.StatusOK
		switch {
		case errors.Is(err, errNotFound):
			status = http.StatusNotFound
		case err != nil:
			status = http.StatusBadRequest
		}
		if err != nil {
			value = map[string]any{"error": err.Error()}
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(value) // a client that has gone needs no answer
	}
}

func items[T any](list []T) map[string]any {
	if list == nil {
		list = []T{}
	}

	return map[string]any{"items": list}
}

func decodeBody(r *http.Request, v any) error {
	decoder := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxBody))
	decoder.DisallowUnknownFields()

	return decoder.Decode(v)
}

// controlClock moves the simulator's clock on, {"advance_seconds": 3600}, and answers the time it shows. Tokens age,
// credentials and roles end, delayed trace rows appear; the clock of a portal beside it stays.
func (s *Sim) controlClock(r *http.Request, _ *tenant) (any, error) {
	if r.Method == http.MethodPost {
		var in struct {
			Seconds int64 `json:"advance_seconds"`
		}
		if err := decodeBody(r, &in); err != nil {
			return nil, err
		}
		if in.Seconds <= 0 || in.Seconds > maxAdvance {
			return nil, errors.New("advance_seconds is not between 1 and a year")
		}
		s.ahead.Add(in.Seconds * int64(time.Second))
	}

	return map[string]any{"now": s.now()}, nil
}

const maxAdvance = 366 * 24 * 3600

type tenantView struct {
	ID          string    `json:"id"`
	Domain      string    `json:"domain"`
	DisplayName string    `json:"display_name"`
	Mailboxes   int       `json:"mailboxes"`
	Apps        []appView `json:"apps"`
}

func (s *Sim) controlTenants(*http.Request, *tenant) (any, error) {
	var out []tenantView
	for _, t := range s.tenants() {
		t.mu.Lock()
		s.appsMu.RLock()
		view := tenantView{ID: t.id, Domain: t.domain, DisplayName: t.name, Mailboxes: len(t.mailboxes())}
		for _, clientID := range sortedKeys(t.principals) {
			view.Apps = append(view.Apps, s.appView(t, t.principals[clientID]))
		}
		s.appsMu.RUnlock()
		t.mu.Unlock()
		out = append(out, view)
	}

	return items(out), nil
}

// controlDeliver delivers the RFC 5322 body as its query says, see deliveryOptions.
func (s *Sim) controlDeliver(r *http.Request, t *tenant) (any, error) {
	raw, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if err != nil {
		return nil, err
	}
	o, err := readDeliveryOptions(r)
	if err != nil {
		return nil, err
	}
	id, recipients, err := s.deliver(t, raw, o)
	if err != nil {
		return nil, err
	}

	return map[string]any{"internet_message_id": id, "recipients": recipients}, nil
}
