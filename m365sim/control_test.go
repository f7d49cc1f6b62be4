package m365sim_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"clawback/m365sim"
)

func (b *bench) copies(messageID string) []map[string]any {
	b.t.Helper()

	return b.control("GET", "/messages?internet_message_id="+url.QueryEscape(messageID), nil).want(b.t, 200).list("items")
}

func TestControl_Tenants(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tenants := b.send("GET", b.sim.Addresses().Control+"/tenants", nil, nil).want(t, 200).list("items")
	if len(tenants) != 3 {
		t.Fatalf("%d tenants", len(tenants))
	}
	for _, tenant := range tenants {
		if text(tenant, "id") != b.first.ID {
			continue
		}
		apps, _ := tenant["apps"].([]any)
		if text(tenant, "domain") != "brightwater.example" || text(tenant, "display_name") != "Brightwater Clinics" ||
			tenant["mailboxes"] != 15.0 || len(apps) != 2 {
			t.Errorf("tenant: %v", tenant)
		}
	}
	if raw, _ := json.Marshal(tenants); strings.Contains(string(raw), b.first.App.Secret) {
		t.Error("control shows a secret")
	}
}

func TestControl_Deliver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.deliver("count=3")
	recipients, _ := r.body["recipients"].([]any)
	if text(r.body, "internet_message_id") != phishID || len(recipients) != 3 || recipients[0] != "priya.nair@brightwater.example" {
		t.Errorf("answered %s", r.raw)
	}
	for _, c := range b.copies(phishID) {
		if text(c, "folder") != "inbox" || c["read"] != false || text(c, "mailbox") == "" || text(c, "id") == "" {
			t.Errorf("copy: %v", c)
		}
	}
	b.control("POST", "/messages?count=13", phish).want(t, 400)
	b.control("POST", "/messages", phish).want(t, 400)
	b.control("POST", "/messages?count=x", phish).want(t, 400)
	b.control("POST", "/messages?to=a@b.example&status=x", phish).want(t, 400)
	b.send("POST", b.sim.Addresses().Control+"/tenants/nowhere/messages?count=1", nil, phish).want(t, 404)

	made := b.control("POST", "/messages?to=priya.nair@brightwater.example", "Subject: none\r\n\r\nx").want(t, 200)
	if id := text(made.body, "internet_message_id"); !strings.HasPrefix(id, "<") || len(b.copies(id)) != 1 {
		t.Errorf("made id is %q", id)
	}
	elsewhere := strings.ReplaceAll(phish, "bad-1", "bad-2")
	b.control("POST", "/messages?to=priya.nair@brightwater.example&folder=Inbox/Projects/Old", elsewhere).want(t, 200)
	if c := b.copies("<bad-2@evil.example>"); len(c) != 1 || text(c[0], "folder") != "Inbox/Projects/Old" {
		t.Errorf("copy by rule: %v", c)
	}
	held := strings.ReplaceAll(phish, "bad-1", "bad-3")
	b.control("POST", "/messages?to=priya.nair@brightwater.example&status=quarantined", held).want(t, 200)
	if c := b.copies("<bad-3@evil.example>"); len(c) != 0 {
		t.Errorf("quarantined copy: %v", c)
	}
}

func TestControl_OwnersTouchTheirCopies(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.deliver("count=3")
	at := "/messages?internet_message_id=" + url.QueryEscape(phishID)
	b.control("PATCH", at+"&mailbox=priya.nair@brightwater.example", `{"folder":"archive","read":true}`).want(t, 200)
	b.control("PATCH", at+"&mailbox=daniel.osei@brightwater.example", `{"purge":true}`).want(t, 200)
	left := b.copies(phishID)
	if len(left) != 2 {
		t.Fatalf("%d copies", len(left))
	}
	for _, c := range left {
		if want := text(c, "address") == "priya.nair@brightwater.example"; (text(c, "folder") == "archive") != want || c["read"] != want {
			t.Errorf("copy: %v", c)
		}
	}
}

func TestControl_Addresses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.control("PUT", "/mailboxes/h.voss@brightwater.example", `{"aliases":["new.voss@brightwater.example"]}`).want(t, 200)
	b.control("PUT", "/mailboxes/helena.voss@brightwater.example", `{"aliases":["priya.nair@brightwater.example"]}`).want(t, 400)
	for address, want := range map[string]int{"h.voss": 0, "new.voss": 1, "helena.voss": 1} {
		found := b.graph("GET", "/users"+query("$filter", "proxyAddresses/any(p:p eq 'smtp:"+address+"@brightwater.example')"), nil)
		if n := len(found.want(t, 200).list("value")); n != want {
			t.Errorf("%s finds %d", address, n)
		}
	}
}

func TestControl_Requests(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.deliver("to=priya.nair@brightwater.example")
	user := "/users/" + b.first.People[0].ID
	id := text(b.graph("GET", user+"/messages"+byMessageID(phishID), nil).want(t, 200).list("value")[0], "id")
	b.clock.advance(time.Minute)
	b.graph("POST", user+"/messages/"+id+"/move", `{"destinationId":"deleteditems"}`).want(t, 201)
	b.graph("POST", user+"/messages/"+id+"/move", `{"destinationId":"deleteditems"}`).want(t, 404)
	b.graph("GET", "/users/old.plant@brightwater.example/messages", nil).want(t, 404)
	rows := b.control("GET", "/requests?mailbox=priya.nair@brightwater.onmicrosoft.example", nil).want(t, 200).list("items")
	want := [][]any{{"GET", 200.0, false}, {"POST", 201.0, true}, {"POST", 404.0, false}}
	if len(rows) != len(want) {
		t.Fatalf("%d rows: %v", len(rows), rows)
	}
	for i, row := range rows {
		if row["method"] != want[i][0] || row["status"] != want[i][1] || row["changes"] != want[i][2] || row["time"] == nil {
			t.Errorf("row %d: %v", i, row)
		}
	}
	since := url.QueryEscape(b.clock.now().Format(time.RFC3339))
	if late := b.control("GET", "/requests?mailbox="+b.first.People[0].ID+"&since="+since, nil).want(t, 200).list("items"); len(late) != 2 {
		t.Errorf("%d rows since then", len(late))
	}
	if plant := b.control("GET", "/requests?mailbox=old.plant@brightwater.example", nil).want(t, 200).list("items"); len(plant) != 1 {
		t.Errorf("%d rows of a mailbox that is not there", len(plant))
	}
	b.control("GET", "/requests?mailbox=nobody@x.example", nil).want(t, 404)
	b.control("GET", "/requests?since=yesterday", nil).want(t, 400)
}

func TestControl_BadPatchesChangeNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	path := "/apps/" + b.first.App.ClientID
	before := b.control("GET", path, nil).want(t, 200)
	for _, state := range []string{`{"enabled":false,"roles":[{"role":"Security Reader","state":"x"}]}`, `{"nonsense":1}`,
		`{"enabled":false,"permissions":[{"resource":"x","value":"y"}]}`, `{"enabled":false,"certificates":["x"]}`,
		`{"enabled":false,"access_policy":{"deny":["nobody@x.example"]}}`} {
		b.control("PATCH", path, state).want(t, 400)
	}
	if after := b.control("GET", path, nil); !bytes.Equal(before.raw, after.raw) {
		t.Errorf("changed to %s", after.raw)
	}
	b.control("PATCH", "/apps/x", `{}`).want(t, 404)
}

func TestFaults_StatusCountAndMailbox(t *testing.T) {
	t.Parallel()
	b := setup(t)
	priya, daniel := "/users/"+b.first.People[0].ID+"/messages", "/users/"+b.first.People[1].ID+"/messages"
	b.faults(`{"route":"GET /users/{user}/messages","mailbox":"priya.nair@brightwater.example","status":503,"code":"X","retry_after":7,"count":2}`)
	b.graph("GET", daniel, nil).want(t, 200)
	for range 2 {
		if r := b.graph("GET", priya, nil).want(t, 503); r.code() != "X" || r.header.Get("Retry-After") != "7" {
			t.Errorf("%v %s", r.header, r.raw)
		}
	}
	b.graph("GET", priya, nil).want(t, 200)
	if hits := b.control("GET", "/faults", nil).list("items")[0]["hits"]; hits != 2.0 {
		t.Errorf("hits: %v", hits)
	}
	b.faults(`{"route":"graph:*","status":500}`)
	b.graph("GET", "/users", nil).want(t, 500)
	b.invoke("Get-MessageTraceV2", nil).want(t, 200)
	b.faults(`{"route":"exchange:*","status":429,"retry_after":3}`)
	b.graph("GET", "/users", nil).want(t, 200)
	b.invoke("Get-MessageTraceV2", nil).want(t, 429)
	b.faults(`{"route":"login:token","status":503}`)
	b.send("POST", b.tokenURL(b.first.ID), nil, credentials(b.first.App, graphResource+"/.default")).want(t, 503)
	b.faults(``)
	b.graph("GET", "/users", nil).want(t, 200)
	for _, bad := range []string{`{"route":""}`, `{"route":"x","drop":"y"}`, `{"route":"x","garbage":"y"}`, `{"route":"x","status":1}`,
		`{"route":"x","mailbox":"nobody@x.example"}`} {
		b.control("PUT", "/faults", `{"items":[`+bad+`]}`).want(t, 400)
	}
}

func TestFaults_DropBeforeAndAfterTheEffect(t *testing.T) {
	t.Parallel()
	for drop, folder := range map[string]string{"before": "inbox", "after": "deleteditems"} {
		t.Run(drop, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.deliver("to=priya.nair@brightwater.example")
			messages := "/users/" + b.first.People[0].ID + "/messages"
			id := text(b.graph("GET", messages+byMessageID(phishID), nil).want(t, 200).list("value")[0], "id")
			token := b.appToken(graphResource)
			b.faults(`{"route":"POST /users/{user}/messages/{message}/move","drop":"` + drop + `","count":1}`)
			_, err := b.try("POST", b.sim.Addresses().Graph+"/v1.0"+messages+"/"+id+"/move",
				map[string]string{"Authorization": "Bearer " + token}, map[string]string{"destinationId": "deleteditems"})
			if !errors.Is(err, io.EOF) {
				t.Errorf("the connection was not dropped: %v", err)
			}
			if c := b.copies(phishID); text(c[0], "folder") != folder {
				t.Errorf("the copy is in %v", c[0]["folder"])
			}
			rows := b.control("GET", "/requests?mailbox="+b.first.People[0].ID, nil).list("items")
			if last := rows[len(rows)-1]; last["status"] != 0.0 || last["changes"] != (drop == "after") {
				t.Errorf("logged %v", last)
			}
		})
	}
}

func TestFaults_InsideAndAroundABatch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	priya, daniel := "/users/"+b.first.People[0].ID+"/messages", "/users/"+b.first.People[1].ID+"/messages"
	b.faults(`{"route":"GET /users/{user}/messages","mailbox":"` + b.first.People[0].ID + `","status":429,"retry_after":9}`)
	answers := b.batch(get("1", priya), get("2", daniel))
	headers, _ := answers["1"]["headers"].(map[string]any)
	if answers["1"]["status"] != 429.0 || headers["Retry-After"] != "9" || answers["2"]["status"] != 200.0 {
		t.Errorf("answers: %v", answers)
	}
	b.faults(`{"route":"GET /users/{user}/messages","drop":"after"}`)
	if answers := b.batch(get("1", priya)); answers["1"]["status"] != 504.0 {
		t.Errorf("inner drop: %v", answers)
	}
	b.faults(`{"route":"POST /$batch","garbage":"batch_missing_id"}`)
	if answers := b.batch(get("1", priya), get("2", daniel)); len(answers) != 1 {
		t.Errorf("missing id: %v", answers)
	}
	b.faults(`{"route":"POST /$batch","garbage":"batch_numeric_header"}`)
	answers = b.batch(get("1", priya))
	if headers, _ := answers["1"]["headers"].(map[string]any); headers["Retry-After"] != 7.0 {
		t.Errorf("numeric header: %v", answers)
	}
	token := b.appToken(graphResource)
	for garbage, want := range map[string]string{"text": "upstream", "html": "<html>", "json": `{"value":[{"id":`, "empty": ""} {
		b.faults(`{"route":"POST /$batch","garbage":"` + garbage + `"}`)
		r := b.graphAs(token, "POST", "/$batch", map[string]any{"requests": []step{get("1", priya)}}).want(t, 200)
		if !strings.HasPrefix(string(r.raw), want) || garbage == "empty" && len(r.raw) != 0 {
			t.Errorf("%s: %q", garbage, r.raw)
		}
	}
	b.faults(`{"route":"POST /$batch","drop":"before"}`)
	if _, err := b.try("POST", b.sim.Addresses().Graph+"/v1.0/$batch", map[string]string{"Authorization": "Bearer " + token},
		map[string]any{"requests": []step{get("1", priya)}}); err == nil {
		t.Error("the batch was not dropped")
	}
}

func TestFaults_Probability(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.appToken(graphResource)
	b.faults(`{"route":"GET /users","status":500,"probability":0.5}`)
	failed := 0
	for range 100 {
		if b.graphAs(token, "GET", "/users", nil).status == 500 {
			failed++
		}
	}
	if failed < 25 || failed > 75 {
		t.Errorf("%d of 100 failed", failed)
	}
}

func TestRecording_HidesEveryCredential(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	b := setup(t, func(c *m365sim.Config) { c.Record = &lockedWriter{out: &out} })
	back := b.signIn("organizations", b.authorizeQuery(), b.world.Provider.People[0].ID)
	tokens := b.send("POST", b.tokenURL("organizations"), nil, b.codeForm(back.Get("code"))).want(t, 200)
	basic := b.codeForm("x")
	basic.Del("client_secret")
	b.send("POST", b.tokenURL("organizations"), map[string]string{"Authorization": "Basic abc"}, basic)
	post := b.authorizeQuery()
	post.Set("response_mode", "form_post")
	page := b.send("POST", b.authorizeURL("organizations", post), nil, url.Values{"person": {b.world.Provider.People[0].ID}}).want(t, 200)
	code := strings.SplitN(strings.SplitN(string(page.raw), `name="code" value="`, 2)[1], `"`, 2)[0]
	access := b.appToken(graphResource)
	b.send("GET", b.sim.Addresses().Graph+"/v1.0/users", map[string]string{"Authorization": "Bearer " + access,
		"Cookie": "session=cookie-value"}, nil).want(t, 200)
	b.graphAs(access, "GET", "/users/nobody@x.example", nil).want(t, 404)

	for _, secret := range []string{b.world.SignIn.Secret, b.first.App.Secret, back.Get("code"), code, verifier, access,
		text(tokens.body, "access_token"), text(tokens.body, "id_token"), "cookie-value", "Basic abc"} {
		if secret == "" || strings.Contains(out.String(), secret) || strings.Contains(out.String(), url.QueryEscape(secret)) {
			t.Errorf("the recording holds %.20s", secret)
		}
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	last := map[string]any{}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
		t.Fatal(err)
	}
	failure, _ := last["response_body"].(map[string]any)["error"].(map[string]any)
	if last["method"] != "GET" || last["url"] != "/v1.0/users/nobody@x.example" || last["status"] != 404.0 ||
		text(failure, "code") != "Request_ResourceNotFound" {
		t.Errorf("line: %v", last)
	}
}

func TestGraph_EchoesRequestIDs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.graph("GET", "/users/nobody@x.example", nil, "client-request-id", "c-1").want(t, 404)
	failure, _ := r.body["error"].(map[string]any)
	inner, _ := failure["innerError"].(map[string]any)
	if r.header.Get("request-id") == "" || r.header.Get("client-request-id") != "c-1" || inner["client-request-id"] != "c-1" ||
		inner["date"] == nil || inner["request-id"] != r.header.Get("request-id") {
		t.Errorf("%v %s", r.header, r.raw)
	}
	for path, status := range map[string]int{"/nonsense": 400, "/users/x/nonsense": 400, "/organization": 403} {
		b.graph("GET", path, nil).want(t, status)
	}
	b.graph(http.MethodPut, "/users", nil).want(t, 405)
	b.graphAs(b.appToken(graphResource), "GET", b.sim.Addresses().Graph+"/v9/users", nil).want(t, 400)
}
