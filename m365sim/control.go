package m365sim

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// controlHandler serves the control: plain JSON, loopback only, no credential. Lists are {"items": [...]}, errors
// {"error": "text"}.
func (s *Sim) controlHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /clock", s.control(s.controlClock))
	mux.HandleFunc("POST /clock", s.control(s.controlClock))
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
	mux.HandleFunc("GET /tenants/{tid}/requests", s.control(s.controlRequests))
	mux.HandleFunc("GET /tenants/{tid}/apps/{client}", s.control(s.controlApp))
	mux.HandleFunc("PATCH /tenants/{tid}/apps/{client}", s.control(s.controlApp))
	mux.HandleFunc("GET /tenants/{tid}/faults", s.control(s.controlFaults))
	mux.HandleFunc("PUT /tenants/{tid}/faults", s.control(s.controlFaults))

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
		view := tenantView{ID: t.id, Domain: t.domain, DisplayName: t.name, Mailboxes: len(t.mailboxes())}
		for _, clientID := range sortedKeys(t.principals) {
			view.Apps = append(view.Apps, t.appView(t.principals[clientID]))
		}
		t.mu.Unlock()
		out = append(out, view)
	}

	return items(out), nil
}

// controlDeliver delivers the RFC 5322 body to ?to=a,b or to the first ?count=N licensed user mailboxes.
// ?folder= names another place than the inbox; the junk folder makes the trace say filteredAsSpam.
// ?status=quarantined or pending leaves no copy; ?received= (RFC 3339) backdates.
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

func readDeliveryOptions(r *http.Request) (deliveryOptions, error) {
	query := r.URL.Query()
	o := deliveryOptions{folder: query.Get("folder"), status: query.Get("status")}
	for _, address := range strings.Split(query.Get("to"), ",") {
		if address = strings.TrimSpace(address); address != "" {
			o.to = append(o.to, address)
		}
	}
	var err error
	if text := query.Get("count"); text != "" {
		if o.count, err = strconv.Atoi(text); err != nil || o.count < 0 {
			return o, errors.New("count is no number")
		}
	}
	if len(o.to) == 0 && o.count == 0 {
		return o, errors.New("name recipients with to=a,b or count=N")
	}
	if text := query.Get("received"); text != "" {
		if o.received, err = time.Parse(time.RFC3339, text); err != nil {
			return o, errors.New("received is no RFC 3339 time")
		}
	}
	if o.folder == "" {
		o.folder = folderInbox
	}

	return o, o.readStatus()
}

func (o *deliveryOptions) readStatus() error {
	if o.status == "" {
		o.status = statusDelivered
		if strings.EqualFold(o.folder, folderJunk) {
			o.status = statusSpam
		}
	}
	if !oneOf(traceStatuses, o.status) {
		return errors.New("status is not one of " + strings.Join(traceStatuses, ", "))
	}

	return nil
}

// controlRequests lists what was asked, of one ?mailbox= (id or any address) or of all, ?since= a time (RFC 3339).
func (s *Sim) controlRequests(r *http.Request, t *tenant) (any, error) {
	query := r.URL.Query()
	var since time.Time
	if text := query.Get("since"); text != "" {
		var err error
		if since, err = time.Parse(time.RFC3339Nano, text); err != nil {
			return nil, errors.New("since is no RFC 3339 time")
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	mailbox := ""
	if name := query.Get("mailbox"); name != "" {
		box := t.anyRecipient(name)
		if box == nil {
			return nil, errNotFound
		}
		mailbox = box.id
	}

	return items(t.requests.find(mailbox, since)), nil
}

// controlFaults replaces all faults of the tenant, or lists them with how often each has hit. See type fault.
func (s *Sim) controlFaults(r *http.Request, t *tenant) (any, error) {
	if r.Method == http.MethodGet {
		t.mu.Lock()
		defer t.mu.Unlock()
		return items(t.faults), nil
	}
	var in struct {
		Items []*fault `json:"items"`
	}
	if err := decodeBody(r, &in); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range in.Items {
		f.Hits = 0
		if err := f.prepare(t); err != nil {
			return nil, err
		}
	}
	t.faults = in.Items

	return items(t.faults), nil
}
