package m365sim_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func (b *bench) copies(messageID string) []map[string]any {
	b.t.Helper()

	return b.control("GET", "/messages?internet_message_id="+url.QueryEscape(messageID), nil).want(b.t, 200).list("items")
}

func TestControl_Tenants(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tenants := b.send("GET", b.sim.Addresses().Control+"/tenants", nil, nil).want(t, 200).list("items")
	if len(tenants) != 5 {
		t.Fatalf("%d tenants", len(tenants))
	}
	for _, tenant := range tenants {
		if text(tenant, "id") != b.first.ID {
			continue
		}
		apps, _ := tenant["apps"].([]any)
		if text(tenant, "domain") != "brightwater.example" || text(tenant, "display_name") != "Brightwater Clinics" ||
			tenant["mailboxes"] != 15.0 || len(apps) != 3 {
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

func TestControl_RefusesOtherOrigins(t *testing.T) {
	t.Parallel()
	b := setup(t)
	at := b.sim.Addresses().Control + "/tenants/" + b.first.ID + "/messages?count=1"
	b.send("POST", at, map[string]string{"Origin": "http://evil.example"}, phish).want(t, 403)
	b.send("POST", at, map[string]string{"Sec-Fetch-Site": "cross-site"}, phish).want(t, 403)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.sim.Addresses().Control+"/tenants", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "rebound.example:4000"
	res, err := b.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("another host name: %d", res.StatusCode)
	}
}

func TestControl_Clock(t *testing.T) {
	t.Parallel()
	b := setup(t)
	clock := b.sim.Addresses().Control + "/clock"
	old := b.appToken(graphResource)
	b.graphAs(old, "GET", "/organization", nil).want(t, 200)
	moved := b.send("POST", clock, nil, `{"advance_seconds":7200}`).want(t, 200)
	if text(moved.body, "now") != "2026-11-23T11:00:00Z" || text(b.send("GET", clock, nil, nil).body, "now") != "2026-11-23T11:00:00Z" {
		t.Errorf("the clock shows %s", moved.raw)
	}
	b.graphAs(old, "GET", "/organization", nil).want(t, 401)
	signIn := b.send("GET", b.sim.Addresses().Login+"/common/discovery/v2.0/keys", nil, nil).want(t, 200)
	if date := signIn.header.Get("Date"); date != "Mon, 23 Nov 2026 11:00:00 GMT" {
		t.Errorf("sign-in dates its answers %s", date)
	}
	b.graph("GET", "/organization", nil).want(t, 200)
	for _, bad := range []string{`{"advance_seconds":0}`, `{"advance_seconds":-1}`, `{"advance_seconds":1e12}`, `{`, `{"x":1}`} {
		b.send("POST", clock, nil, bad).want(t, 400)
	}
}
