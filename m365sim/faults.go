package m365sim

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// fault is one rule of control's PUT /tenants/{tid}/faults: which requests it hits, and what happens to them.
//
// Route is a method and path without the version, in which {anything} stands for one segment, such as
// "GET /users/{id}/messages"; "POST /$batch" is a batch as a whole. Others are "login:token", "login:keys",
// "login:authorize", "login:discovery", "login:logout", "login:adminconsent" and "exchange:Get-MessageTraceV2".
// A * stands for any text: "graph:*", "exchange:*", "login:*", "*". Faults of sign-in at organizations and common
// are the provider tenant's.
//
// A fault with a status answers it in the service's error shape in place of the effect. Inner requests of a batch
// are matched by their own routes; there drop becomes 504, before or after the effect, and garbage becomes the
// inner body, as base64 where it is no JSON.
type fault struct {
	Route       string  `json:"route"`
	Mailbox     string  `json:"mailbox,omitempty"` // object id or any address
	Status      int     `json:"status,omitempty"`
	Code        string  `json:"code,omitempty"`
	Message     string  `json:"message,omitempty"`
	RetryAfter  *int    `json:"retry_after,omitempty"` // seconds; 1 for 429 and 503 when left out, none when negative
	DelayMS     int     `json:"delay_ms,omitempty"`
	Drop        string  `json:"drop,omitempty"`    // before or after the effect
	Garbage     string  `json:"garbage,omitempty"` // text, html, json, empty, batch_numeric_header, batch_missing_id
	Probability float64 `json:"probability,omitempty"`
	Count       int     `json:"count,omitempty"` // how often; 0 is always
	Hits        int     `json:"hits"`            // read only

	pattern   *regexp.Regexp
	mailboxID string
}

const (
	dropBefore = "before"
	dropAfter  = "after"

	garbageNumericHeader = "batch_numeric_header"
	garbageMissingID     = "batch_missing_id"
)

var garbageKinds = []string{"", "text", "html", "json", "empty", garbageNumericHeader, garbageMissingID}

// anySegment is a path parameter as regexp.QuoteMeta writes it.
var anySegment = regexp.MustCompile(`\\\{\w+\\\}`)

// prepare validates a fault and resolves its mailbox. The tenant is locked.
func (f *fault) prepare(t *tenant) error {
	if f.Route == "" {
		return fmt.Errorf("a fault needs a route")
	}
	if f.Drop != "" && f.Drop != dropBefore && f.Drop != dropAfter {
		return fmt.Errorf("drop is %q, not before or after", f.Drop)
	}
	if !slices.Contains(garbageKinds, f.Garbage) {
		return fmt.Errorf("garbage is %q, not one of %s", f.Garbage, strings.Join(garbageKinds[1:], ", "))
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) || f.Probability < 0 || f.Probability > 1 || f.Count < 0 {
		return fmt.Errorf("status, probability or count is out of range")
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

func (t *tenant) anyRecipient(idOrAddress string) *recipient {
	if r := t.byID[strings.ToLower(idOrAddress)]; r != nil {
		return r
	}
	if r := t.byAddress[strings.ToLower(idOrAddress)]; r != nil {
		return r
	}

	return t.owner(idOrAddress)
}

// faultFor answers the first fault which hits a request known under some route names, nil when none does.
func (s *Sim) faultFor(t *tenant, mailbox string, names ...string) *fault {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range t.faults {
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

// around runs a request under a fault: failure writes the service's own error shape.
func (f *fault) around(done <-chan struct{}, failure func(status int, code, message string) answer,
	run func() answer,
) answer {
	if f == nil {
		return run()
	}
	wait(time.Duration(f.DelayMS)*time.Millisecond, done)
	if f.Drop == dropBefore {
		return answer{drop: true}
	}
	if f.Status != 0 {
		return f.withRetryAfter(failure(f.Status, f.code(), f.text()))
	}
	ans := run()
	ans.drop = ans.drop || f.Drop == dropAfter

	return f.garble(ans)
}

func (f *fault) withRetryAfter(ans answer) answer {
	switch {
	case f.RetryAfter != nil && *f.RetryAfter >= 0:
		return ans.with("Retry-After", strconv.Itoa(*f.RetryAfter))
	case f.RetryAfter == nil && (f.Status == 429 || f.Status == 503):
		return ans.with("Retry-After", "1")
	}

	return ans
}

func (f *fault) code() string {
	if f.Code != "" {
		return f.Code
	}
	switch f.Status {
	case 429:
		return "TooManyRequests"
	case 503:
		return "ServiceUnavailable"
	case 504:
		return "GatewayTimeout"
	}

	return "UnknownError"
}

func (f *fault) text() string {
	if f.Message != "" {
		return f.Message
	}

	return "The service is not able to process the request now."
}

func (f *fault) garble(ans answer) answer {
	switch f.Garbage {
	case "text":
		return textAnswer(ans.status, "text/plain", "upstream connect error or disconnect/reset before headers")
	case "html":
		return textAnswer(ans.status, "text/html", "<html><body><h1>Service Unavailable</h1></body></html>")
	case "json":
		return textAnswer(ans.status, jsonType, `{"value":[{"id":`)
	case "empty":
		return emptyAnswer(ans.status)
	case garbageNumericHeader, garbageMissingID:
		return garbleBatch(ans, f.Garbage)
	}

	return ans
}

// garbleBatch spoils the first response of a batch's answer: a number where header values are texts, or no entry.
func garbleBatch(ans answer, kind string) answer {
	body, ok := ans.value.(map[string]any)
	if !ok {
		return ans
	}
	responses, ok := body["responses"].([]map[string]any)
	if !ok || len(responses) == 0 {
		return ans
	}
	if kind == garbageMissingID {
		body["responses"] = responses[1:]
		return ans
	}
	responses[0]["headers"] = map[string]any{"Retry-After": 7, "Content-Type": "application/json"}

	return ans
}

// routeNames are all names a fault may know a request by.
func routeNames(service, method, pattern, actual string) []string {
	return []string{service + ":" + method + " " + pattern, method + " " + pattern,
		method + " " + path.Clean("/"+actual), pattern, service + ":" + pattern}
}
