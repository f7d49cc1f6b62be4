package m365sim_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// target is one copy of the phish, and how to move it to Deleted Items.
type target struct {
	*bench
	user, url, token string
}

const moveRoute = `"route":"POST /users/{user}/messages/{message}/move"`

func moveTarget(t *testing.T) target {
	t.Helper()
	b := setup(t, unrecorded)
	b.deliver("to=priya.nair@brightwater.example")
	user := "/users/" + b.first.People[0].ID
	id := text(b.graph("GET", user+"/messages"+byMessageID(phishID), nil).want(t, 200).list("value")[0], "id")

	return target{bench: b, user: b.first.People[0].ID, url: user + "/messages/" + id + "/move", token: b.appToken(graphResource)}
}

func (m target) move() (reply, error) {
	m.t.Helper()

	return m.try("POST", m.sim.Addresses().Graph+"/v1.0"+m.url, map[string]string{"Authorization": "Bearer " + m.token},
		map[string]string{"destinationId": "deleteditems"})
}

// moveInBatch answers the inner answer, nil where there is none for its id.
func (m target) moveInBatch() map[string]any {
	m.t.Helper()

	return m.batch(step{"id": "1", "method": "POST", "url": m.url, "headers": map[string]string{"Content-Type": "application/json"},
		"body": map[string]string{"destinationId": "deleteditems"}}, get("2", "/organization"))["1"]
}

// expect asserts what became of the email, and the request's row in control's list.
func (m target) expect(moved bool, status int, dropped string) {
	m.t.Helper()
	folder := map[bool]string{true: "deleteditems", false: "inbox"}[moved]
	if c := m.copies(phishID); len(c) != 1 || text(c[0], "folder") != folder {
		m.t.Errorf("the copy is in %v, want %s", c, folder)
	}
	rows := m.control("GET", "/requests?mailbox="+m.user, nil).want(m.t, 200).list("items")
	if row := rows[1]; row["status"] != float64(status) || row["changes"] != moved || text(row, "dropped") != dropped {
		m.t.Errorf("logged %v", row)
	}
}

// faultKinds are the kinds of fault on a move: whether the email moved all the same, and what came back.
var faultKinds = map[string]struct {
	fault  string
	moved  bool
	status int    // 0: the connection ended, which control's list calls by the end of the kind's name
	body   string // how it begins
	header string // with this value
	value  string
}{
	"nothing":         {`"delay_ms":1`, true, 201, `{"@odata`, "", ""},
	"status":          {`"status":503,"code":"X"`, false, 503, `{"error":{"code":"X"`, "Retry-After", "1"},
	"seconds":         {`"status":429,"retry_after":7`, false, 429, `{"error"`, "Retry-After", "7"},
	"fraction":        {`"status":429,"retry_after":0.5`, false, 429, `{"error"`, "Retry-After", "0.5"},
	"date":            {`"status":429,"retry_after":"Mon, 23 Nov 2026 09:01:00 GMT"`, false, 429, `{"error"`, "Retry-After", later},
	"no wait":         {`"status":429,"retry_after":-1`, false, 429, `{"error"`, "Retry-After", ""},
	"after effect":    {`"status":504,"effect":true`, true, 504, `{"error":{"code":"GatewayTimeout"`, "", ""},
	"header":          {`"status":401,"headers":{"WWW-Authenticate":"Bearer x"}`, false, 401, `{"error"`, "Www-Authenticate", "Bearer x"},
	"wait on success": {`"retry_after":3`, true, 201, `{"@odata`, "Retry-After", "3"},
	"drop before":     {`"drop":"before"`, false, 0, "", "", ""},
	"drop after":      {`"drop":"after"`, true, 0, "", "", ""},
	"drop during":     {`"drop":"during"`, true, 0, "", "", ""},
	"text":            {`"garbage":"text"`, true, 201, "upstream connect error", "Content-Type", "text/plain"},
	"html":            {`"garbage":"html","status":502`, false, 502, "<html>", "Content-Type", "text/html"},
	"half JSON":       {`"garbage":"json"`, true, 201, `{"@odata`, "", ""},
	"empty":           {`"garbage":"empty"`, true, 201, "", "", ""},
	"NUL":             {`"garbage":"nul"`, true, 201, "\x00\x00", "", ""},
	"content type":    {`"garbage":"content_type"`, true, 201, `{"@odata`, "Content-Type", "text/html; charset=utf-8"},
	"missing id":      {`"garbage":"batch_missing_id"`, true, 201, `{"@odata`, "", ""},
	"numeric header":  {`"status":429,"garbage":"batch_numeric_header"`, false, 429, `{"error"`, "Retry-After", "1"},
}

const later = "Mon, 23 Nov 2026 09:01:00 GMT"

func TestFaults_EachKind(t *testing.T) {
	t.Parallel()
	for name, kind := range faultKinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := moveTarget(t)
			m.faults("{" + moveRoute + "," + kind.fault + `,"count":1}`)
			r, err := m.move()
			if kind.status == 0 {
				m.expect(kind.moved, 0, strings.TrimPrefix(name, "drop "))
				if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("the connection did not end: %v", err)
				}
				return
			}
			m.expect(kind.moved, kind.status, "")
			if err != nil || r.status != kind.status || !strings.HasPrefix(string(r.raw), kind.body) ||
				kind.body == "" && len(r.raw) > 0 {
				t.Errorf("%v, %d %q", err, r.status, r.raw)
			}
			if got := r.header.Get(kind.header); got != kind.value {
				t.Errorf("%s: %q, want %q", kind.header, got, kind.value)
			}
		})
	}
}

// In a batch a lost connection is a 504, and a body that is no JSON is base64.
func TestFaults_EachKindInsideABatch(t *testing.T) {
	t.Parallel()
	for name, kind := range faultKinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := moveTarget(t)
			m.faults("{" + moveRoute + "," + kind.fault + `,"count":1}`)
			inner := m.moveInBatch()
			want := map[string]any{"status": float64(kind.status)}
			lost := ""
			if kind.status == 0 {
				lost, want["status"] = strings.TrimPrefix(name, "drop "), 504.0
			}
			m.expect(kind.moved, kind.status, lost)
			if name == "missing id" {
				want = nil
			}
			if inner["status"] != want["status"] {
				t.Errorf("%v, want %v", inner, want)
			}
			header := any(kind.value)
			if name == "numeric header" {
				header = 1.0
			}
			headers, _ := inner["headers"].(map[string]any)
			if got := headers[kind.header]; got != header && !(got == nil && header == "") {
				t.Errorf("%s: %v, want %v", kind.header, got, header)
			}
			if encoded, is := inner["body"].(string); is {
				if raw, err := base64.StdEncoding.DecodeString(encoded); err != nil || !strings.HasPrefix(string(raw), kind.body) {
					t.Errorf("body %q", encoded)
				}
			}
		})
	}
}

// A hang lasts until the client goes away; the request is over then, before or after its effect.
func TestFaults_HangUntilTheClientGoes(t *testing.T) {
	t.Parallel()
	for hang, moved := range map[string]bool{"before": false, "after": true} {
		for _, where := range []string{moveRoute, `"route":"POST /$batch"`} {
			t.Run(hang+where, func(t *testing.T) {
				t.Parallel()
				m := moveTarget(t)
				m.faults("{" + where + `,"hang":"` + hang + `"}`)
				ctx, leave := context.WithCancel(t.Context())
				ended := make(chan error)
				go func() { ended <- m.moveUntil(ctx, where == moveRoute) }()
				m.until("the request has come", func() bool {
					return m.control("GET", "/faults", nil).list("items")[0]["hits"] == 1.0
				})
				if moved {
					m.until("the email has moved", func() bool { return text(m.copies(phishID)[0], "folder") == "deleteditems" })
				}
				select {
				case err := <-ended:
					t.Fatalf("it answered: %v", err)
				default:
				}
				leave()
				if err := <-ended; !errors.Is(err, context.Canceled) {
					t.Errorf("ended with %v", err)
				}
				if where != moveRoute && !moved {
					return // a batch that never ran has no rows
				}
				m.until("it is logged", func() bool { return len(m.control("GET", "/requests?mailbox="+m.user, nil).list("items")) == 2 })
				m.expect(moved, map[bool]int{true: 0, false: 201}[where == moveRoute], hang)
			})
		}
	}
}

func (m target) moveUntil(ctx context.Context, alone bool) error {
	address, body := "/$batch", `{"requests":[{"id":"1","method":"POST","url":"`+m.url+
		`","headers":{"Content-Type":"application/json"},"body":{"destinationId":"deleteditems"}}]}`
	if alone {
		address, body = m.url, `{"destinationId":"deleteditems"}`
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.sim.Addresses().Graph+"/v1.0"+address, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+m.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := m.client.Do(req)
	if err == nil {
		_ = res.Body.Close()
	}

	return err
}

// until asks again and again, as each question is a request that gives the simulator time.
func (b *bench) until(what string, done func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !done(); {
		if time.Now().After(deadline) {
			b.t.Fatalf("never: %s", what)
		}
	}
}

// A batch cut off after its effect did all it was asked; cut off before, nothing.
func TestFaults_DroppedBatch(t *testing.T) {
	t.Parallel()
	for drop, moved := range map[string]bool{"before": false, "after": true, "during": true} {
		t.Run(drop, func(t *testing.T) {
			t.Parallel()
			m := moveTarget(t)
			m.faults(`{"route":"POST /$batch","drop":"` + drop + `"}`)
			if err := m.moveUntil(t.Context(), false); (err == nil) != (drop == "during") {
				t.Errorf("the batch ended with %v", err) // half an answer fails where its body is read
			}
			if moved {
				m.expect(true, 201, drop)
			} else if c := m.copies(phishID); text(c[0], "folder") != "inbox" {
				t.Errorf("the copy is in %v", c[0]["folder"])
			}
		})
	}
}

// Sign-in and Exchange break in the same ways, each in its own error shape.
func TestFaults_SignInAndExchange(t *testing.T) {
	t.Parallel()
	b := setup(t, unrecorded)
	login, form := b.sim.Addresses().Login+"/"+b.first.ID, credentials(b.first.App, graphResource+"/.default")
	for route, ask := range map[string]func() (reply, error){
		"login:token":     func() (reply, error) { return b.try("POST", login+"/oauth2/v2.0/token", nil, form) },
		"login:discovery": func() (reply, error) { return b.try("GET", login+"/v2.0/.well-known/openid-configuration", nil, nil) },
		"login:keys":      func() (reply, error) { return b.try("GET", login+"/discovery/v2.0/keys", nil, nil) },
		"exchange:Get-MessageTraceV2": func() (reply, error) {
			return b.try("POST", b.sim.Addresses().Exchange+"/adminapi/beta/"+b.first.ID+"/InvokeCommand",
				map[string]string{"Authorization": "Bearer " + b.appToken(exchangeResource)}, command("Get-MessageTraceV2", nil))
		},
	} {
		b.faults(`{"route":"` + route + `","status":503,"retry_after":4,"count":1},{"route":"` + route + `","drop":"after","count":1},
			{"route":"` + route + `","garbage":"nul","count":1},{"route":"` + route + `","garbage":"json","count":1}`)
		if r, err := ask(); err != nil || r.status != 503 || r.header.Get("Retry-After") != "4" || r.body["error"] == nil {
			t.Errorf("%s: %v, %d %s", route, err, r.status, r.raw)
		}
		b.client.CloseIdleConnections() // on a used connection the client asks a second time by itself
		if _, err := ask(); !errors.Is(err, io.EOF) {
			t.Errorf("%s was not dropped: %v", route, err)
		}
		if r, err := ask(); err != nil || r.status != 200 || r.raw[0] != 0 {
			t.Errorf("%s: %v, %d %q", route, err, r.status, r.raw)
		}
		if r, err := ask(); err != nil || r.status != 200 || r.raw[0] != '{' || r.body != nil {
			t.Errorf("%s: %v, %d %q", route, err, r.status, r.raw)
		}
		if r, err := ask(); err != nil || r.status != 200 || r.body == nil {
			t.Errorf("%s when the faults are used up: %v, %d %s", route, err, r.status, r.raw)
		}
	}
	rows := b.control("GET", "/requests", nil).want(t, 200).list("items")
	if len(rows) != 5 || rows[0]["status"] != 503.0 || text(rows[1], "dropped") != "after" || text(rows[4], "service") != "exchange" {
		t.Errorf("logged %v", rows)
	}
}

func TestFaults_ListAndClear(t *testing.T) {
	t.Parallel()
	b := setup(t, unrecorded)
	token := b.appToken(graphResource)
	b.faults(`{"route":"GET /users","status":429,"retry_after":"soon","hang":"","headers":{"A":"b"},"hits":7}`)
	b.graphAs(token, "GET", "/users", nil).want(t, 429)
	list := b.control("GET", "/faults", nil).want(t, 200).list("items")
	if len(list) != 1 || text(list[0], "route") != "GET /users" || list[0]["retry_after"] != "soon" || list[0]["hits"] != 1.0 {
		t.Errorf("listed %v", list)
	}
	for _, bad := range []string{`{"route":"x","hang":"during"}`, `{"route":"x","hang":"before","drop":"after"}`,
		`{"route":"x","effect":true}`, `{"route":"x","retry_after":[]}`, `{"route":"x","delay_ms":-1}`, `null`, `{"route":"x","y":1}`} {
		b.control("PUT", "/faults", `{"items":[`+bad+`]}`).want(t, 400)
	}
	b.graphAs(token, "GET", "/users", nil).want(t, 429)
	if left := b.control("DELETE", "/faults", nil).want(t, 200).list("items"); len(left) != 0 {
		t.Errorf("left %v", left)
	}
	b.graphAs(token, "GET", "/users", nil).want(t, 200)
}
