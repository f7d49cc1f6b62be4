package web_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/web"
)

// client calls the API with a token.
type client struct {
	*browser
	token string
}

func (p *portal) client(t *testing.T, token string) *client {
	t.Helper()
	return &client{browser: p.browser(t), token: token}
}

func (c *client) call(method, path string, body any, headers ...string) page {
	c.t.Helper()
	var sent []byte
	switch b := body.(type) {
	case nil:
	case string:
		sent = []byte(b)
	default:
		var err error
		if sent, err = json.Marshal(b); err != nil {
			c.t.Fatal(err)
		}
	}
	req := c.request(method, "/api/v1"+path, bytes.NewReader(sent), headers...)
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if len(sent) > 0 && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return c.do(req)
}

type object = map[string]any

func (a page) json(t *testing.T) object {
	t.Helper()
	var o object
	if err := json.Unmarshal([]byte(a.body), &o); err != nil {
		t.Fatalf("%d %s: %v", a.StatusCode, a.body, err)
	}
	return o
}

func (c *client) want(status int, method, path string, body any, headers ...string) object {
	c.t.Helper()
	answer := c.call(method, path, body, headers...)
	if answer.StatusCode != status {
		c.t.Fatalf("%s %s: %d %s, want %d", method, path, answer.StatusCode, answer.body, status)
	}
	return answer.json(c.t)
}

func items(t *testing.T, list object) []object {
	t.Helper()
	rows, ok := list["items"].([]any)
	if _, hasNext := list["next"].(string); !ok || !hasNext {
		t.Fatalf("no list: %v", list)
	}
	var all []object
	for _, row := range rows {
		all = append(all, row.(object))
	}
	return all
}

func TestAPIAuthentication(t *testing.T) {
	t.Parallel()
	p := newPortal(t)

	t.Run("refuses everything but a valid token", func(t *testing.T) {
		t.Parallel()
		signedIn := p.signedIn(t, p.staff(t, "SOCAnalyst"))
		for name, header := range map[string]string{
			"no token": "", "an unknown one": "Bearer clawback_unknown", "another scheme": "Basic dXNlcjpwYXNz", "an empty one": "Bearer ", "a session alone": "",
		} {
			answer := signedIn.get("/api/v1/organizations", "Authorization", header)
			if answer.StatusCode != http.StatusUnauthorized || !strings.HasPrefix(answer.Header.Get("WWW-Authenticate"), "Bearer") ||
				answer.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: %d %v", name, answer.StatusCode, answer.Header)
			}
			if strings.Contains(answer.body, "clawback_unknown") {
				t.Errorf("%s: the problem repeats the token", name)
			}
		}
	})

	t.Run("asks for the operation's right", func(t *testing.T) {
		t.Parallel()
		c := p.client(t, p.token(t, []clawback.Right{clawback.RightReadOrganization}))
		c.want(http.StatusOK, http.MethodGet, "/organizations", nil)
		problem := c.want(http.StatusForbidden, http.MethodGet, "/audit", nil)
		if !strings.Contains(problem["detail"].(string), "audit:read") {
			t.Errorf("the problem does not name the right: %v", problem)
		}
	})

	t.Run("shows nothing of another organization", func(t *testing.T) {
		t.Parallel()
		c := p.client(t, p.token(t, clawback.AllRights(), p.org.ID))
		if rows := items(t, c.want(http.StatusOK, http.MethodGet, "/organizations", nil)); len(rows) != 1 || rows[0]["id"] != p.org.ID {
			t.Errorf("organizations: %v", rows)
		}
		other := "/organizations/" + p.other.ID
		for _, call := range []struct {
			method, path string
			body         any
		}{
			{http.MethodGet, other + "/remediations", nil},
			{http.MethodPost, other + "/remediations", object{"internet_message_id": "<a@b>"}},
			{http.MethodGet, other + "/context", nil},
			{http.MethodPost, other + "/context", object{"address": "a@b.example", "purpose": "x"}},
			{http.MethodGet, other + "/auto-remediation", nil},
			{http.MethodPut, other + "/auto-remediation", object{"mode": "off"}},
			{http.MethodGet, other + "/devices", nil},
			{http.MethodGet, other + "/actions", nil},
			{http.MethodGet, "/remediations/none", nil},
			{http.MethodGet, "/remediations/none/records", nil},
			{http.MethodGet, "/records/none", nil},
			{http.MethodPost, "/remediations/none/start", object{"max_mailboxes": 1}},
			{http.MethodPost, "/remediations/none/approve", object{"reason": "x"}},
			{http.MethodPost, "/remediations/none/stop", object{"reason": "x"}},
			{http.MethodPost, "/remediations/none/retry", nil},
			{http.MethodPost, "/remediations/none/hand-over", nil},
			{http.MethodGet, "/remediations/none/causes", nil},
			{http.MethodPost, "/context/none/review", object{"status": "approved"}},
			{http.MethodGet, other + "/assignees", nil},
			{http.MethodGet, "/actions/none", nil},
			{http.MethodPost, "/actions/none/assign", object{"assignee": ""}},
			{http.MethodPost, "/actions/none/comments", object{"text": "x"}},
			{http.MethodPost, "/halts", object{"organization_id": p.other.ID, "reason": "x"}},
			{http.MethodPost, "/halts/lift", object{"organization_id": p.other.ID, "reason": "x"}},
			{http.MethodPost, "/actions/none/complete", nil},
			{http.MethodPost, "/actions/none/dismiss", object{"comment": "x"}},
		} {
			answer := c.call(call.method, call.path, call.body)
			if answer.StatusCode != http.StatusNotFound {
				t.Errorf("%s %s: %d %s, want 404", call.method, call.path, answer.StatusCode, answer.body)
			}
		}
	})
}

func TestAPILimits(t *testing.T) {
	t.Parallel()
	p := newPortal(t, withLimits(web.Limits{API: web.Limit{PerSecond: 1, Burst: 3}, Denied: web.Limit{PerSecond: 1, Burst: 2}}))
	c := p.client(t, p.token(t, clawback.AllRights()))
	for range 3 {
		c.want(http.StatusOK, http.MethodGet, "/organizations", nil)
	}
	if answer := c.call(http.MethodGet, "/organizations", nil); answer.StatusCode != http.StatusTooManyRequests || answer.Header.Get("Retry-After") == "" {
		t.Errorf("fourth request: %d, Retry-After %q", answer.StatusCode, answer.Header.Get("Retry-After"))
	}
	p.client(t, p.token(t, clawback.AllRights())).want(http.StatusOK, http.MethodGet, "/organizations", nil)

	guesser := p.client(t, "clawback_guess")
	for range 2 {
		guesser.want(http.StatusUnauthorized, http.MethodGet, "/organizations", nil)
	}
	guesser.want(http.StatusTooManyRequests, http.MethodGet, "/organizations", nil)
	p.client(t, p.token(t, clawback.AllRights())).want(http.StatusOK, http.MethodGet, "/organizations", nil)
	p.clock.Advance(time.Minute)
	guesser.want(http.StatusUnauthorized, http.MethodGet, "/organizations", nil)
}

func TestAPIProblems(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	c := p.client(t, p.token(t, clawback.AllRights()))
	context, remediations := "/organizations/"+p.org.ID+"/context", "/organizations/"+p.org.ID+"/remediations"
	for _, tt := range []struct {
		name, method, path, body string
		status                   int
		location                 string
	}{
		{"an unknown property", "POST", context, `{"address":"a@b.example","purpose":"p","sneaky":"INPUT"}`, 422, "body.sneaky"},
		{"an unknown property with a strange name", "POST", context, `{"address":"a@b.example","purpose":"p","<b>INPUT":1}`, 422, "body"},
		{"a missing property", "POST", context, `{"purpose":"INPUT"}`, 422, "body"},
		{"a wrong type", "POST", context, `{"address":["INPUT"],"purpose":"p"}`, 422, "body.address"},
		{"no address", "POST", context, `{"address":"INPUT","purpose":"p"}`, 422, "body.address"},
		{"no JSON", "POST", context, `{"address": INPUT`, 400, ""},
		{"no body", "POST", context, ``, 400, ""},
		{"a status that there is none of", "POST", "/context/x/review", `{"status":"INPUT"}`, 422, "body.status"},
		{"neither id nor email", "POST", remediations, `{"reason":"INPUT"}`, 422, "body.internet_message_id"},
		{"both id and email", "POST", remediations, `{"internet_message_id":"<a@b>","eml":"SU5QVVQ="}`, 422, "body.eml"},
		{"an email that is none", "POST", remediations, `{"eml":"SU5QVVQ="}`, 422, "body.eml"},
		{"base64 that is none", "POST", remediations, `{"eml":"INPUT!"}`, 422, "body.eml"},
		{"a strange Message-ID", "POST", remediations, `{"internet_message_id":"INPUT with spaces"}`, 422, "body.internet_message_id"},
		{"a limit that is too high", "GET", "/organizations?limit=100000", ``, 422, "query.limit"},
		{"a limit that is no number", "GET", "/organizations?limit=INPUT", ``, 422, "query.limit"},
		{"a foreign context entry", "PUT", "/organizations/" + p.org.ID + "/auto-remediation", `{"never_remove":["INPUT"]}`, 422, "body.never_remove"},
		{"a cursor of no organization", "GET", "/organizations?cursor=INPUT", ``, 422, "query.cursor"},
		{"a cursor of no remediation", "GET", "/organizations/" + p.org.ID + "/remediations?cursor=INPUT", ``, 422, "query.cursor"},
		{"a cursor of no context", "GET", "/organizations/" + p.org.ID + "/context?cursor=INPUT", ``, 422, "query.cursor"},
		{"another method", "DELETE", "/organizations", ``, 405, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answer := c.call(tt.method, tt.path, tt.body)
			if answer.StatusCode != tt.status || answer.Header.Get("Content-Type") != "application/problem+json" {
				t.Fatalf("%d %s %s, want %d", answer.StatusCode, answer.Header.Get("Content-Type"), answer.body, tt.status)
			}
			if strings.Contains(answer.body, "INPUT") {
				t.Errorf("the problem repeats the input: %s", answer.body)
			}
			problem := answer.json(t)
			if problem["status"] != float64(tt.status) || problem["title"] == "" || problem["detail"] == "" || problem["request_id"] != answer.Header.Get("X-Request-Id") {
				t.Errorf("problem %v", problem)
			}
			if tt.location != "" {
				fields, _ := problem["errors"].([]any)
				if len(fields) == 0 || fields[0].(object)["location"] != tt.location {
					t.Errorf("errors %v, want one at %s", fields, tt.location)
				}
			}
		})
	}

	t.Run("another media type", func(t *testing.T) {
		if answer := c.call("POST", context, "<a/>", "Content-Type", "application/xml"); answer.StatusCode != http.StatusUnsupportedMediaType {
			t.Errorf("%d %s, want 415", answer.StatusCode, answer.body)
		}
	})
	t.Run("a body that is too large", func(t *testing.T) {
		for _, headers := range [][]string{nil, {"Idempotency-Key", "large"}} {
			answer := c.call("POST", context, `{"address":"`+strings.Repeat("x", 2<<20)+`"}`, headers...)
			if answer.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(answer.body, "at most 1 MB") {
				t.Errorf("%d %s, want 413 and the limit", answer.StatusCode, answer.body)
			}
		}
		answer := c.call("POST", remediations, `{"eml":"`+strings.Repeat("eA==", 9<<20)+`"}`)
		if answer.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(answer.body, "at most 25 MB") {
			t.Errorf("%d %.300s, want 413 and the limit", answer.StatusCode, answer.body)
		}
	})
	t.Run("an empty email", func(t *testing.T) {
		if answer := c.call("POST", remediations, `{"eml":""}`); answer.StatusCode != 422 || !strings.Contains(answer.body, "This is empty") {
			t.Errorf("%d %s, want 422 that says so", answer.StatusCode, answer.body)
		}
	})
	t.Run("an email that is too large", func(t *testing.T) {
		eml := append([]byte("Message-ID: <a@b>\r\nFrom: a@b.example\r\nSubject: x\r\n\r\n"), bytes.Repeat([]byte("x"), 26<<20)...)
		if answer := c.call("POST", remediations, object{"eml": eml}); answer.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%d %.300s, want 413", answer.StatusCode, answer.body)
		}
	})
}

func TestOpenAPI(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	answer := p.browser(t).get("/api/v1/openapi.json")
	document := answer.json(t)
	if version, _ := document["openapi"].(string); !strings.HasPrefix(version, "3.1") {
		t.Errorf("openapi is %v", document["openapi"])
	}
	paths := document["paths"].(object)
	documented := map[string]bool{}
	for path, item := range paths {
		for method, op := range item.(object) {
			documented[strings.ToUpper(method)+" /api/v1"+strings.NewReplacer("{", ":", "}", "").Replace(path)] = true
			if op.(object)["operationId"] == "" || op.(object)["security"] == nil {
				t.Errorf("%s %s is not described", method, path)
			}
		}
	}
	for _, route := range p.server.Routes() {
		name := route.Method + " " + route.Path
		if strings.HasPrefix(route.Path, "/api/") && route.Path != "/api/v1/openapi.json" && !documented[name] {
			t.Errorf("%s is not in the document", name)
		}
	}
	for _, want := range []string{
		"GET /organizations", "GET /organizations/:org/remediations", "POST /organizations/:org/remediations", "GET /remediations/:id",
		"GET /remediations/:id/records", "POST /remediations/:id/start", "POST /remediations/:id/approve", "POST /remediations/:id/stop",
		"POST /remediations/:id/retry", "GET /organizations/:org/context", "POST /organizations/:org/context", "POST /context/:id/review",
		"GET /organizations/:org/auto-remediation", "PUT /organizations/:org/auto-remediation", "GET /organizations/:org/actions",
		"GET /actions/:id", "POST /actions/:id/assign", "POST /actions/:id/comments", "GET /halts", "POST /halts", "POST /halts/lift",
		"POST /actions/:id/complete", "POST /actions/:id/dismiss", "GET /organizations/:org/devices", "GET /audit",
	} {
		method, path, _ := strings.Cut(want, " ")
		if !documented[method+" /api/v1"+path] {
			t.Errorf("the document lacks %s", want)
		}
	}
	if !strings.Contains(answer.body, `"bearer"`) {
		t.Error("the document does not say how to authenticate")
	}
}
