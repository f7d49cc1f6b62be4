package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/store"
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

func TestAPIContext(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	c := p.client(t, p.token(t, clawback.AllRights()))
	path := "/organizations/" + p.org.ID

	created := c.want(http.StatusCreated, http.MethodPost, path+"/context", object{"address": "Quarantine@Contoso.example", "purpose": "Quarantine", "note": "n"})
	if created["address"] != "quarantine@contoso.example" || created["status"] != "review_requested" || created["in_force"] != false || created["why"] == "" {
		t.Errorf("created: %v", created)
	}
	c.want(http.StatusConflict, http.MethodPost, path+"/context", object{"address": "quarantine@contoso.example", "purpose": "again"})
	id := created["id"].(string)
	reviewed := c.want(http.StatusOK, http.MethodPost, "/context/"+id+"/review", object{"status": "approved", "comment": "fine"})
	if reviewed["status"] != "approved" || reviewed["review_comment"] != "fine" {
		t.Errorf("reviewed: %v", reviewed)
	}

	setting := c.want(http.StatusOK, http.MethodGet, path+"/auto-remediation", nil)
	setting["never_remove"] = []string{id}
	setting["mode"] = "enforce"
	saved := c.want(http.StatusOK, http.MethodPut, path+"/auto-remediation", setting)
	wire, isList := saved["on_the_wire"].([]any)
	if saved["mode"] != "enforce" || saved["in_force_since"] == nil || !isList || len(wire) != 0 {
		t.Errorf("saved: %v", saved)
	}
	kept := c.want(http.StatusOK, http.MethodPut, path+"/auto-remediation", object{"mode": "observe"})
	if never, _ := kept["never_remove"].([]any); kept["mode"] != "observe" || len(never) != 1 || never[0] != id {
		t.Errorf("a field that was left out changed: %v", kept)
	}
	c.want(http.StatusOK, http.MethodPut, path+"/auto-remediation", kept)
	if rows := items(t, c.want(http.StatusOK, http.MethodGet, path+"/context", nil)); len(rows) != 1 || rows[0]["in_force"] != true {
		t.Errorf("context: %v", rows)
	}
	if rows := items(t, c.want(http.StatusOK, http.MethodGet, "/organizations?limit=1", nil)); len(rows) != 1 {
		t.Errorf("organizations: %v", rows)
	}
}

func TestAPIResolvesNewContext(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	resolver := &fakeResolver{store: p.store}
	server := p.withResolver(t, resolver)
	c := &client{browser: p.browser(t), token: p.token(t, clawback.AllRights())}
	path := server + "/api/v1/organizations/" + p.org.ID + "/context"
	post := func(address string) object {
		req := c.request(http.MethodPost, path, strings.NewReader(`{"address":"`+address+`","purpose":"p"}`), "Authorization", "Bearer "+c.token, "Content-Type", "application/json")
		answer := c.do(req)
		if answer.StatusCode != http.StatusCreated {
			t.Fatalf("%d %s", answer.StatusCode, answer.body)
		}
		return answer.json(t)
	}
	if created := post("found@contoso.example"); created["mailbox_id"] != "m-1" {
		t.Errorf("created: %v", created)
	}
	resolver.err = errors.New("Microsoft is down")
	if created := post("later@contoso.example"); created["mailbox_id"] != "" || created["address"] != "later@contoso.example" {
		t.Errorf("created: %v", created)
	}
}

// fakeResolver finds a mailbox for everything, or fails.
type fakeResolver struct {
	store *store.Store
	err   error
}

func (r *fakeResolver) ResolveContext(ctx context.Context, actor clawback.Actor, entryID string) (clawback.ContextEntry, error) {
	if r.err != nil {
		return clawback.ContextEntry{}, r.err
	}
	entry, err := r.store.FindContext(ctx, actor, entryID)
	entry.MailboxID = "m-1"
	return entry, err
}

func TestAPIRemediation(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	c := p.client(t, p.token(t, clawback.AllRights()))
	p.device(t)
	path := "/organizations/" + p.org.ID
	c.want(http.StatusOK, http.MethodPut, path+"/auto-remediation", object{"mode": "enforce"})

	created := c.want(http.StatusCreated, http.MethodPost, path+"/remediations", object{"internet_message_id": "a@b.example", "reason": "phish", "reference": "INC-1"})
	counts, _ := created["counts"].(object)
	if created["status"] != "draft" || created["reference"] != "INC-1" || counts["removed"] != float64(0) || counts["mailboxes"] != float64(0) {
		t.Errorf("created: %v", created)
	}
	if _, ok := created["contained_at"]; !ok || created["contained_at"] != nil || created["created_at"] == nil {
		t.Errorf("times of %v", created)
	}
	id := created["id"].(string)
	if found := c.want(http.StatusOK, http.MethodGet, "/remediations/"+id, nil); found["id"] != id {
		t.Errorf("found: %v", found)
	}
	if rows := items(t, c.want(http.StatusOK, http.MethodGet, path+"/remediations?status=draft", nil)); len(rows) != 1 {
		t.Errorf("list: %v", rows)
	}
	if rows := items(t, c.want(http.StatusOK, http.MethodGet, "/remediations/"+id+"/records", nil)); len(rows) != 0 {
		t.Errorf("records: %v", rows)
	}
	fromFile := c.want(http.StatusCreated, http.MethodPost, path+"/remediations", object{
		"eml": []byte("Message-ID: <c@d.example>\r\nFrom: Eve <eve@evil.example>\r\nSubject: Invoice\r\nDate: Mon, 16 Mar 2026 08:00:00 +0000\r\n\r\nbody\r\n"),
	})
	targets, _ := fromFile["targets"].([]any)
	if len(targets) != 1 || targets[0].(object)["sender"] != "eve@evil.example" || targets[0].(object)["internet_message_id"] != "<c@d.example>" {
		t.Errorf("targets: %v", targets)
	}
	rows := items(t, c.want(http.StatusOK, http.MethodGet, "/audit?organization="+p.org.ID+"&limit=2", nil))
	if len(rows) != 2 || rows[0]["actor_kind"] != "service" || rows[0]["request_id"] == "" {
		t.Errorf("audit: %v", rows)
	}
}

func TestAPIRecordsAndActions(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	c := p.client(t, p.token(t, clawback.AllRights()))
	device := p.device(t)
	p.member(t, p.org, p.person(t, 0, "Priya Nair"), clawback.RoleAdmin)
	path := "/organizations/" + p.org.ID
	if rows := items(t, c.want(http.StatusOK, http.MethodGet, path+"/devices", nil)); len(rows) != 1 || rows[0]["id"] != device.ID || rows[0]["connection"] != "custom_app" {
		t.Fatalf("devices: %v", rows)
	}
	entry := c.want(http.StatusCreated, http.MethodPost, path+"/context", object{"address": "kept@contoso.example", "purpose": "Quarantine"})
	c.want(http.StatusOK, http.MethodPut, path+"/auto-remediation", object{
		"mode": "enforce", "devices": []string{device.ID}, "never_remove": []any{entry["id"]}, "volume_limit": 1,
	})
	created := c.want(http.StatusCreated, http.MethodPost, path+"/remediations", object{"internet_message_id": "<a@b.example>", "reason": "phish"})
	id := created["id"].(string)
	trace := func() {
		t.Helper()
		if err := p.store.SaveTrace(t.Context(), id, p.finding(device)); err != nil {
			t.Fatal(err)
		}
	}
	trace()

	all := items(t, c.want(http.StatusOK, http.MethodGet, "/remediations/"+id+"/records", nil))
	if len(all) != 4 {
		t.Fatalf("%d records, want 4: %v", len(all), all)
	}
	var paged []object
	for next := ""; ; {
		list := c.want(http.StatusOK, http.MethodGet, "/remediations/"+id+"/records?limit=3&cursor="+url.QueryEscape(next), nil)
		paged = append(paged, items(t, list)...)
		if next = list["next"].(string); next == "" {
			break
		}
	}
	if len(paged) != 4 || paged[3]["id"] != all[3]["id"] {
		t.Errorf("paged records: %v", paged)
	}
	kept := items(t, c.want(http.StatusOK, http.MethodGet, "/remediations/"+id+"/records?outcome=protected", nil))
	if len(kept) != 1 || kept[0]["mailbox"] != "kept@contoso.example" || kept[0]["reason"] != "never_remove" || kept[0]["protected_by"] != entry["id"] {
		t.Fatalf("protected records: %v", kept)
	}
	if recipients, _ := kept[0]["recipients"].([]any); len(recipients) != 1 || recipients[0] != "kept@contoso.example" {
		t.Errorf("recipients: %v", kept[0]["recipients"])
	}
	story := c.want(http.StatusOK, http.MethodGet, "/records/"+kept[0]["id"].(string), nil)
	if timeline, ok := story["timeline"].([]any); !ok || len(timeline) == 0 || story["id"] != kept[0]["id"] {
		t.Errorf("story: %v", story)
	}
	c.want(http.StatusUnprocessableEntity, http.MethodGet, "/remediations/"+id+"/records?outcome=eaten", nil)
	c.want(http.StatusUnprocessableEntity, http.MethodGet, path+"/remediations?outcome=eaten", nil)

	c.want(http.StatusUnprocessableEntity, http.MethodPost, "/remediations/"+id+"/start", object{"reference": "INC-2"}) // without a bound
	if started := c.want(http.StatusOK, http.MethodPost, "/remediations/"+id+"/start", object{"reference": "INC-2", "max_mailboxes": 100}); started["status"] != "in_progress" || started["started_at"] == nil || started["reference"] != "INC-2" {
		t.Errorf("started: %v", started)
	}
	c.want(http.StatusConflict, http.MethodPost, "/remediations/"+id+"/start", object{"max_mailboxes": 100})
	trace()
	if waiting := c.want(http.StatusOK, http.MethodGet, "/remediations/"+id, nil); waiting["status"] != "awaiting_approval" || waiting["approval_for"] != 2.0 || waiting["approval_until"] == nil {
		t.Fatalf("above the limit: %v", waiting)
	}
	c.want(http.StatusUnprocessableEntity, http.MethodPost, "/remediations/"+id+"/approve", object{})
	c.want(http.StatusForbidden, http.MethodPost, "/remediations/"+id+"/approve", object{"reason": "mine"})
	second := p.client(t, p.token(t, clawback.AllRights()))
	if approved := second.want(http.StatusOK, http.MethodPost, "/remediations/"+id+"/approve", object{"reason": "seen"}); approved["status"] != "in_progress" || approved["approved_up_to"] != float64(2) {
		t.Errorf("approved: %v", approved)
	}
	trace()

	if retried := c.want(http.StatusOK, http.MethodPost, "/remediations/"+id+"/retry", nil); retried["retried"] != float64(0) || retried["id"] != id {
		t.Errorf("retried: %v", retried)
	}
	c.want(http.StatusConflict, http.MethodPost, "/remediations/"+id+"/retry", object{"cause": "permission"})
	c.want(http.StatusConflict, http.MethodPost, "/remediations/"+id+"/retry", object{"records": []string{kept[0]["id"].(string)}})
	c.want(http.StatusConflict, http.MethodPost, "/remediations/"+id+"/hand-over", object{"cause": "permission", "note": "please"})
	if handed := c.want(http.StatusOK, http.MethodPost, "/remediations/"+id+"/hand-over", nil); handed["handed_over"] != float64(0) || handed["id"] != id {
		t.Errorf("handed over: %v", handed)
	}
	if causes := items(t, c.want(http.StatusOK, http.MethodGet, "/remediations/"+id+"/causes", nil)); len(causes) != 0 {
		t.Errorf("causes: %v", causes)
	}
	actions := items(t, c.want(http.StatusOK, http.MethodGet, path+"/actions?status=open", nil))
	if len(actions) != 1 || actions[0]["outcome"] != "protected" || actions[0]["remediation_id"] != id || actions[0]["remediation_name"] != created["name"] {
		t.Fatalf("actions: %v", actions)
	}
	if mailboxes, _ := actions[0]["mailboxes"].([]any); len(mailboxes) != 1 || mailboxes[0].(object)["address"] != "kept@contoso.example" {
		t.Errorf("mailboxes of the action: %v", actions[0])
	}
	action := "/actions/" + actions[0]["id"].(string)
	if said := c.want(http.StatusOK, http.MethodPost, action+"/comments", object{"text": "looking"}); said["comments"].([]any)[0].(object)["text"] != "looking" {
		t.Errorf("commented: %v", said)
	}
	c.want(http.StatusUnprocessableEntity, http.MethodPost, action+"/comments", object{"text": " "})
	members := items(t, c.want(http.StatusOK, http.MethodGet, path+"/assignees", nil))
	if len(members) == 0 {
		t.Fatal("nobody can be given the action")
	}
	given := c.want(http.StatusOK, http.MethodPost, action+"/assign", object{"assignee": members[0]["id"]})
	if found := c.want(http.StatusOK, http.MethodGet, action, nil); found["assignee"] != members[0]["name"] || given["assignee"] != found["assignee"] {
		t.Errorf("given to %v: %v, then %v", members[0], given, found)
	}
	c.want(http.StatusUnprocessableEntity, http.MethodPost, action+"/assign", object{"assignee": "nobody"})
	done := c.want(http.StatusOK, http.MethodPost, "/actions/"+actions[0]["id"].(string)+"/complete", object{"comment": "deleted by hand"})
	if done["status"] != "completed" || done["comment"] != "deleted by hand" || done["closed_at"] == nil {
		t.Errorf("completed: %v", done)
	}
	c.want(http.StatusConflict, http.MethodPost, "/actions/"+actions[0]["id"].(string)+"/dismiss", object{"comment": "x"})
	if stopped := c.want(http.StatusOK, http.MethodPost, "/remediations/"+id+"/stop", object{"reason": "enough"}); stopped["status"] != "stopped" ||
		stopped["end_reason"] != "enough" || stopped["ended_by"] == "" || stopped["removed"] != 0.0 || stopped["on_the_wire"] != 0.0 {
		t.Errorf("stopped: %v", stopped)
	}
}

// finding is a trace of three mailboxes, one of them protected, and somebody outside.
func (p *portal) finding(device clawback.Device) clawback.TraceFinding {
	finding := clawback.TraceFinding{Targets: []clawback.Target{{
		Source: clawback.SourceMessageID, MessageID: "<a@b.example>", Sender: "eve@evil.example", Subject: "Invoice",
	}}}
	for _, name := range []string{"ann", "bob", "kept"} {
		address := name + "@contoso.example"
		finding.Mailboxes = append(finding.Mailboxes, clawback.TracedMailbox{
			DeviceID: device.ID, Recipients: []string{address}, Delivery: clawback.DeliveryDelivered, DeliveredAt: p.clock.Now(),
			Mailbox: clawback.Mailbox{
				ID: "id-" + name, Name: name, Address: address, Addresses: []string{address}, Kind: clawback.MailboxCloud, LookedUpAt: p.clock.Now(),
			},
		})
	}
	finding.Mailboxes = append(finding.Mailboxes, clawback.TracedMailbox{
		DeviceID: device.ID, Recipients: []string{"x@outside.example"}, Mailbox: clawback.Mailbox{Address: "x@outside.example", Kind: clawback.MailboxExternal},
		Outcome: clawback.OutcomeUnreachable, Reason: clawback.ReasonExternal,
	})
	finding.Recipients = len(finding.Mailboxes)
	return finding
}

func TestIdempotency(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	c := p.client(t, p.token(t, clawback.AllRights()))
	path := "/organizations/" + p.org.ID + "/context"
	body := object{"address": "once@contoso.example", "purpose": "p"}
	key := []string{"Idempotency-Key", "key-1"}

	first := c.call(http.MethodPost, path, body, key...)
	again := c.call(http.MethodPost, path, body, key...)
	if first.StatusCode != http.StatusCreated || again.StatusCode != http.StatusCreated || again.body != first.body {
		t.Fatalf("first %d %s, again %d %s", first.StatusCode, first.body, again.StatusCode, again.body)
	}
	if first.Header.Get("Idempotent-Replayed") != "" || again.Header.Get("Idempotent-Replayed") != "true" {
		t.Error("Idempotent-Replayed does not tell the two apart")
	}
	if again.Header.Get("Content-Type") != first.Header.Get("Content-Type") {
		t.Errorf("content types %q and %q", first.Header.Get("Content-Type"), again.Header.Get("Content-Type"))
	}
	c.want(http.StatusConflict, http.MethodPost, path, object{"address": "other@contoso.example", "purpose": "p"}, key...)
	other := p.client(t, p.token(t, clawback.AllRights()))
	other.want(http.StatusConflict, http.MethodPost, path, body, key...) // the address is taken; the key is another's
	c.want(http.StatusUnprocessableEntity, http.MethodPost, path, body, "Idempotency-Key", strings.Repeat("x", 300))

	// What failed is not remembered.
	c.want(http.StatusUnprocessableEntity, http.MethodPost, path, object{"address": "none", "purpose": "p"}, "Idempotency-Key", "key-2")
	c.want(http.StatusCreated, http.MethodPost, path, object{"address": "two@contoso.example", "purpose": "p"}, "Idempotency-Key", "key-2")
	if rows := items(t, c.want(http.StatusOK, http.MethodGet, path, nil)); len(rows) != 2 {
		t.Errorf("%d entries, want 2", len(rows))
	}
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
