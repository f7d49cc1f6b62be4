package m365sim

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// fault is one rule of control's PUT /tenants/{tid}/faults: which requests it hits, and what happens to them.
//
// Route is a method and path without the version, in which {anything} stands for one segment, such as
// "GET /users/{id}/messages"; "POST /$batch" is a batch as a whole. Others are "login:token", "login:keys",
// "login:authorize", "login:discovery", "login:logout", "login:adminconsent" and "exchange:Get-MessageTraceV2".
// A * stands for any text: "graph:*", "exchange:*", "login:*", "*". Faults of sign-in at organizations and common
// are the provider tenant's. The first fault of the list that hits is the only one: one that does nothing, with a
// count, lets the first requests through.
//
// A fault with a status answers it in the service's error shape in place of the effect, or after it where Effect says
// so, as a gateway that gives up does. Any other fault lets the effect happen, but for drop and hang "before".
// Inner requests of a batch are matched by their own routes: there drop becomes 504, hang holds up the whole batch,
// and garbage becomes the inner body, as base64 where it is no JSON.
type fault struct {
	Route       string            `json:"route"`
	Mailbox     string            `json:"mailbox,omitempty"` // object id or any address
	Status      int               `json:"status,omitempty"`
	Effect      bool              `json:"effect,omitempty"` // the request has its effect before the status is answered
	Code        string            `json:"code,omitempty"`
	Message     string            `json:"message,omitempty"`
	RetryAfter  any               `json:"retry_after,omitempty"` // see retryAfter
	Headers     map[string]string `json:"headers,omitempty"`     // set in the answer, whatever it is
	DelayMS     int               `json:"delay_ms,omitempty"`
	Drop        dropPoint         `json:"drop,omitempty"`    // before or after the effect, or after half of the answer
	Hang        dropPoint         `json:"hang,omitempty"`    // before or after the effect, until the client goes away
	Garbage     string            `json:"garbage,omitempty"` // see garbageKinds
	Probability float64           `json:"probability,omitempty"`
	Count       int               `json:"count,omitempty"` // how often; 0 is always
	Hits        int               `json:"hits"`            // read only

	pattern   *regexp.Regexp
	mailboxID string
}

// dropPoint is where a connection ends without the whole of an answer; empty where it does not.
type dropPoint string

const (
	dropBefore dropPoint = "before" // the effect
	dropAfter  dropPoint = "after"  // the effect, with nothing answered
	dropDuring dropPoint = "during" // the answer, half of which arrives
)

// anySegment is a path parameter as regexp.QuoteMeta writes it.
var anySegment = regexp.MustCompile(`\\\{\w+\\\}`)

// prepare validates a fault and resolves its mailbox. The tenant is locked.
func (f *fault) prepare(t *tenant) error {
	if err := f.validate(); err != nil {
		return err
	}
	if f.Mailbox != "" {
		r := t.anyRecipient(f.Mailbox)
		if r == nil {
			return fmt.Errorf("no mailbox %q", f.Mailbox)
		}
		f.mailboxID = r.id
	}
	quoted := strings.ReplaceAll(regexp.QuoteMeta(f.Route), `\*`, ".*")
	quoted = anySegment.ReplaceAllString(quoted, "[^/]+")
	pattern, err := regexp.Compile("(?i)^" + quoted + "$")
	f.pattern = pattern

	return err
}

func (f *fault) validate() error {
	switch _, err := f.retryAfter(); {
	case err != nil:
		return err
	case f.Route == "":
		return fmt.Errorf("a fault needs a route")
	case !slices.Contains([]dropPoint{"", dropBefore, dropAfter, dropDuring}, f.Drop):
		return fmt.Errorf("drop is %q, not before, after or during", f.Drop)
	case !slices.Contains([]dropPoint{"", dropBefore, dropAfter}, f.Hang):
		return fmt.Errorf("hang is %q, not before or after", f.Hang)
	case f.Hang != "" && f.Drop != "":
		return fmt.Errorf("a fault has drop or hang, not both")
	case !slices.Contains(garbageKinds, f.Garbage):
		return fmt.Errorf("garbage is %q, not one of %s", f.Garbage, strings.Join(garbageKinds[1:], ", "))
	case f.Effect && f.Status == 0:
		return fmt.Errorf("effect goes with a status")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599), f.Probability < 0 || f.Probability > 1, f.Count < 0,
		f.DelayMS < 0:
		return fmt.Errorf("status, probability, count or delay_ms is out of range")
	}

	return nil
}

// retryAfter is the header's text: seconds as given, none when negative; a text as given; or one second for 429 and
// 503, where nothing was given. Empty is no header.
func (f *fault) retryAfter() (string, error) {
	switch given := f.RetryAfter.(type) {
	case nil:
		if f.Status == 429 || f.Status == 503 {
			return "1", nil
		}
		return "", nil
	case string:
		return given, nil
	case float64:
		if given < 0 {
			return "", nil
		}
		return strconv.FormatFloat(given, 'f', -1, 64), nil
	}

	return "", fmt.Errorf("retry_after is neither a number nor a text")
}

func (t *tenant) anyRecipient(idOrAddress string) *recipient {
	if r := t.byID[strings.ToLower(idOrAddress)]; r != nil {
		return r
	}
	if r := t.byAddress[strings.ToLower(idOrAddress)]; r != nil {
		return r
	}

	return t.owner(idOrAddress)
}

// asked is what a fault's route is held against.
type asked struct {
	service, method string
	pattern         string // of the route table, or the cmdlet's or the sign-in route's name
	path            string
}

// names are all names a fault may know a request by.
func (a asked) names() []string {
	return []string{a.service + ":" + a.method + " " + a.pattern, a.method + " " + a.pattern,
		a.method + " " + path.Clean("/"+a.path), a.pattern, a.service + ":" + a.pattern}
}

// faultList holds a tenant's faults under a lock of its own: each request asks it, and hardly ever there is one.
type faultList struct {
	any  atomic.Bool
	mu   sync.Mutex
	list []fault
}

func (l *faultList) replace(list []fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = list
	l.any.Store(len(list) > 0)
}

// listed is a copy, as hits go on.
func (l *faultList) listed() []fault {
	l.mu.Lock()
	defer l.mu.Unlock()

	return slices.Clone(l.list)
}

// faultFor answers the first fault which hits a request, nil when none does.
func (s *Sim) faultFor(t *tenant, mailbox string, request asked) *fault {
	if !t.faults.any.Load() {
		return nil
	}
	names := request.names()
	t.faults.mu.Lock()
	defer t.faults.mu.Unlock()
	for i := range t.faults.list {
		f := &t.faults.list[i]
		if f.Count > 0 && f.Hits >= f.Count || f.mailboxID != "" && f.mailboxID != mailbox ||
			!slices.ContainsFunc(names, f.pattern.MatchString) {
			continue
		}
		if f.Probability > 0 && !s.chance(f.Probability) {
			continue
		}
		f.Hits++
		hit := *f
		return &hit
	}

	return nil
}
