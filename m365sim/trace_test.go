package m365sim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clawback/m365sim"
)

// invoke runs a cmdlet with a fresh token of the first customer's app.
func (b *bench) invoke(cmdlet string, params map[string]any, header ...string) reply {
	b.t.Helper()
	headers := map[string]string{"Authorization": "Bearer " + b.appToken(exchangeResource)}
	for i := 0; i+1 < len(header); i += 2 {
		headers[header[i]] = header[i+1]
	}

	return b.send("POST", b.sim.Addresses().Exchange+"/adminapi/beta/"+b.first.ID+"/InvokeCommand", headers,
		command(cmdlet, params))
}

func command(cmdlet string, params map[string]any) map[string]any {
	return map[string]any{"CmdletInput": map[string]any{"CmdletName": cmdlet, "Parameters": params}}
}

// statuses answers the status by recipient of a trace's rows.
func statuses(rows []map[string]any, recipient, status string) map[string]string {
	out := map[string]string{}
	for _, row := range rows {
		out[text(row, recipient)] = strings.ToLower(text(row, status))
	}

	return out
}

const everyKind = "to=priya.nair@brightwater.example,nobody@brightwater.example,old.plant@brightwater.example," +
	"daniel.osei%2Btag@brightwater.example,friend@elsewhere.example,casey.newhire@brightwater.example,operations@brightwater.example"

func TestTrace_BothDoorsAgree(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *m365sim.Config) { c.PageSize = 0 })
	b.deliver(everyKind)
	want := map[string]string{"priya.nair@brightwater.example": "delivered", "nobody@brightwater.example": "failed",
		"old.plant@brightwater.example": "delivered", "daniel.osei+tag@brightwater.example": "delivered",
		"friend@elsewhere.example": "delivered", "casey.newhire@brightwater.example": "failed",
		"operations@brightwater.example": "delivered"}
	exchange := b.invoke("Get-MessageTraceV2", map[string]any{"MessageId": phishID}).want(t, 200).list("value")
	if diff := cmp.Diff(want, statuses(exchange, "RecipientAddress", "Status")); diff != "" {
		t.Error(diff)
	}
	graph := b.graph("GET", "/admin/exchange/tracing/messageTraces"+query("$filter", "messageId eq '"+phishID+"' and "+
		"receivedDateTime ge 2026-11-22T00:00:00Z and receivedDateTime le 2026-11-23T09:00:00Z"), nil).want(t, 200).list("value")
	if diff := cmp.Diff(want, statuses(graph, "recipientAddress", "status")); diff != "" {
		t.Error(diff)
	}
	if graph[0]["id"] != exchange[0]["MessageTraceId"] {
		t.Error("the doors give different trace ids")
	}
	detail := b.invoke("Get-MessageTraceDetailV2", map[string]any{"MessageTraceId": graph[0]["id"],
		"RecipientAddress": graph[0]["recipientAddress"]}).want(t, 200).list("value")
	if len(detail) != 2 || detail[1]["Event"] != "Fail" {
		t.Errorf("detail: %v", detail)
	}
	b.invoke("Get-MessageTraceDetailV2", map[string]any{"MessageTraceId": graph[0]["id"]}).want(t, 400)
	details := "/admin/exchange/tracing/messageTraces/" + text(graph[0], "id") + "/getDetailsByRecipient(recipientAddress='" +
		text(graph[0], "recipientAddress") + "')"
	if events := b.graph("GET", details, nil).want(t, 200).list("value"); len(events) != 2 {
		t.Errorf("details: %v", events)
	}
}

func TestTrace_ListExpands(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *m365sim.Config) { c.PageSize = 0 })
	b.deliver("to=all-staff@brightwater.example,priya.nair@brightwater.example")
	rows := b.invoke("Get-MessageTraceV2", map[string]any{"MessageId": []string{phishID, "<other@x>"}}).want(t, 200).list("value")
	got := statuses(rows, "RecipientAddress", "Status")
	if len(rows) != 13 || got["all-staff@brightwater.example"] != "expanded" || got["priya.nair@brightwater.example"] != "delivered" {
		t.Errorf("%d rows: %v", len(rows), got)
	}
	copies := b.control("GET", "/messages?internet_message_id=%3Cbad-1@evil.example%3E", nil).want(t, 200).list("items")
	if len(copies) != 12 {
		t.Errorf("%d copies, want one a mailbox", len(copies))
	}
}

func TestTrace_ExchangePaging(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *m365sim.Config) { c.Mailboxes, c.PageSize = 25, 0 })
	b.clock.advance(123_456_789 * time.Nanosecond)
	b.deliver("count=25")
	seen := map[string]bool{}
	params := map[string]any{"MessageId": phishID, "ResultSize": 10}
	pages := 0
	for {
		rows := b.invoke("Get-MessageTraceV2", params).want(t, 200).list("value")
		for _, row := range rows {
			if seen[text(row, "RecipientAddress")] {
				t.Errorf("%s came twice", text(row, "RecipientAddress"))
			}
			seen[text(row, "RecipientAddress")] = true
		}
		if pages++; len(rows) < 10 {
			break
		}
		last := rows[len(rows)-1]
		params["EndDate"], params["StartingRecipientAddress"] = last["Received"], last["RecipientAddress"]
	}
	if len(seen) != 25 || pages != 3 {
		t.Errorf("%d rows in %d pages", len(seen), pages)
	}
	first := b.invoke("Get-MessageTraceV2", map[string]any{"MessageId": phishID}, "Prefer", "odata.maxpagesize=20").want(t, 200)
	next := b.send("POST", text(first.body, "@odata.nextLink"), map[string]string{
		"Authorization": "Bearer " + b.appToken(exchangeResource), "Prefer": "odata.maxpagesize=20"},
		command("Get-MessageTraceV2", map[string]any{"MessageId": phishID})).want(t, 200)
	if len(first.list("value")) != 20 || len(next.list("value")) != 5 || next.body["@odata.nextLink"] != nil {
		t.Errorf("pages of %d and %d", len(first.list("value")), len(next.list("value")))
	}
}

func TestTrace_Limits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, params := range map[string]map[string]any{
		"over 10 days":      {"StartDate": "2026-11-01T00:00:00", "EndDate": "2026-11-12T00:00:01"},
		"over 90 days ago":  {"StartDate": "2026-08-01T00:00:00", "EndDate": "2026-08-05T00:00:00"},
		"end before start":  {"StartDate": "2026-11-20T00:00:00", "EndDate": "2026-11-19T00:00:00"},
		"in the future":     {"StartDate": "2026-11-20T00:00:00", "EndDate": "2026-11-24T00:00:00"},
		"no date":           {"StartDate": "yesterday"},
		"too many results":  {"ResultSize": 5001},
		"no results":        {"ResultSize": 0},
		"unknown parameter": {"Nonsense": 1},
		"subject filter":    {"Subject": "x", "SubjectFilterType": "Like"},
	} {
		r := b.invoke("Get-MessageTraceV2", params).want(t, 400)
		failure, _ := r.body["error"].(map[string]any)
		if details, _ := failure["details"].([]any); len(details) != 1 {
			t.Errorf("%s: %s", name, r.raw)
		}
	}
	for _, q := range []string{
		query("$filter", "receivedDateTime ge 2026-11-01T00:00:00Z and receivedDateTime le 2026-11-12T00:00:00Z"),
		query("$filter", "receivedDateTime ge 2026-07-01T00:00:00Z and receivedDateTime le 2026-07-02T00:00:00Z"),
		query("$filter", "receivedDateTime gt 2026-11-20T00:00:00Z"), query("$top", "5001"),
	} {
		b.graph("GET", "/admin/exchange/tracing/messageTraces"+q, nil).want(t, 400)
	}
}

func TestTrace_GraphIgnoresOr(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.deliver("to=priya.nair@brightwater.example")
	b.control("POST", "/messages?to=priya.nair@brightwater.example", strings.ReplaceAll(phish, "bad-1", "bad-2")).want(t, 200)
	rows := b.graph("GET", "/admin/exchange/tracing/messageTraces"+query("$filter",
		"messageId eq '<bad-1@evil.example>' or messageId eq '<bad-2@evil.example>'"), nil).want(t, 200).list("value")
	if len(rows) != 1 {
		t.Errorf("%d rows, want the one of the last value", len(rows))
	}
}

func TestTrace_QuotaIsSharedByBothDoors(t *testing.T) {
	t.Parallel()
	b := setup(t)
	graph := b.appToken(graphResource)
	for i := range 99 {
		b.graphAs(graph, "GET", "/admin/exchange/tracing/messageTraces", nil).want(t, 200)
		if i == 0 {
			b.clock.advance(time.Minute)
		}
	}
	b.invoke("Get-MessageTraceV2", nil).want(t, 200)
	r := b.invoke("Get-MessageTraceV2", nil).want(t, 429)
	if r.header.Get("Retry-After") != "240" || !strings.Contains(string(r.raw), "surpassed the permitted limit") {
		t.Errorf("Retry-After %q: %s", r.header.Get("Retry-After"), r.raw)
	}
	if r := b.graphAs(graph, "GET", "/admin/exchange/tracing/messageTraces", nil).want(t, 429); r.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	b.clock.advance(4 * time.Minute)
	b.invoke("Get-MessageTraceV2", nil).want(t, 200)
}

func TestTrace_Delay(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *m365sim.Config) { c.TraceDelay = 5 * time.Minute })
	b.deliver("to=priya.nair@brightwater.example")
	count := func() int { return len(b.invoke("Get-MessageTraceV2", nil).want(t, 200).list("value")) }
	if n := count(); n != 0 {
		t.Errorf("%d rows at once", n)
	}
	b.clock.advance(5 * time.Minute)
	if n := count(); n != 1 {
		t.Errorf("%d rows after the delay", n)
	}
}

func TestTrace_GraphNeedsItsServicePrincipal(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.patchApp(`{"message_trace_service_principal":false}`)
	r := b.graph("GET", "/admin/exchange/tracing/messageTraces", nil).want(t, 401)
	if r.code() != "Unauthorized" || !strings.Contains(string(r.raw), "Service principal-less Authentication failed") {
		t.Errorf("%s", r.raw)
	}
	b.invoke("Get-MessageTraceV2", nil).want(t, 200)
}

func TestExchange_Refusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	url := b.sim.Addresses().Exchange + "/adminapi/beta/" + b.first.ID + "/InvokeCommand"
	asked := command("Get-MessageTraceV2", nil)
	bearer := func(token string) map[string]string { return map[string]string{"Authorization": "Bearer " + token} }
	good := b.appToken(exchangeResource)
	b.send("POST", url, nil, asked).want(t, 401)
	b.send("POST", url, bearer(b.appToken(graphResource)), asked).want(t, 401)
	b.send("POST", url, bearer(b.tokenOf(b.world.Customers[1], exchangeResource)), asked).want(t, 401)
	b.send("POST", strings.Replace(url, "beta", "v1.0", 1), bearer(good), asked).want(t, 405)
	b.send("POST", url, bearer(good), "x").want(t, 400)
	b.send("POST", strings.Replace(url, b.first.ID, b.first.Domain, 1), bearer(good), asked).want(t, 200)

	if _, err := b.try("POST", url, bearer(good), command("Get-Nonsense", nil)); err == nil || !strings.Contains(err.Error(), "gzip") {
		t.Errorf("an unknown cmdlet: %v", err)
	}
	raw := b.send("POST", url, map[string]string{"Authorization": "Bearer " + good, "Accept-Encoding": "identity"},
		command("Remove-Mailbox", nil)).want(t, 403)
	if strings.Trim(string(raw.raw), "\x00") != "" || raw.header.Get("Content-Encoding") != "gzip" {
		t.Errorf("body is %q", raw.raw)
	}

	for state, status := range map[string]int{
		`{"roles":[]}`: 403, `{"roles":[{"role":"Security Reader","state":"eligible"}]}`: 403,
		`{"roles":[{"role":"Security Reader","scope":"/administrativeUnits/1"}]}`: 403,
		`{"roles":[{"role":"Security Reader","ends":"2026-01-01T00:00:00Z"}]}`:    403,
		`{"roles":["Custom Reader"]}`:                                             403, `{"roles":["Global Reader"]}`: 200,
		`{"roles":[{"role":"Security Reader","state":"group"}]}`: 200,
		`{"roles":["Security Reader"],"consent":false}`:          401,
	} {
		b.patchApp(`{"consent":true}`)
		b.patchApp(state)
		if r := b.invoke("Get-MessageTraceV2", nil); r.status != status {
			t.Errorf("%s: %d %s", state, r.status, r.raw)
		}
	}
}

func TestTrace_MultipleValues(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *m365sim.Config) { c.PageSize = 0 })
	for i := range 4 {
		b.control("POST", "/messages?to=priya.nair@brightwater.example,daniel.osei@brightwater.example",
			strings.ReplaceAll(strings.ReplaceAll(phish, "bad-1", fmt.Sprintf("bad-%d", i)), "payroll@", fmt.Sprintf("p%d@", i))).want(t, 200)
	}
	for want, params := range map[int]map[string]any{
		4: {"MessageId": []string{"<bad-1@evil.example>", "<bad-2@evil.example>"}},
		6: {"SenderAddress": []string{"p0@evil.example", "p1@evil.example", "P2@evil.example"}},
		1: {"RecipientAddress": "priya.nair@brightwater.example", "MessageId": "<bad-3@evil.example>"},
		8: {"Status": []string{"Delivered", "Failed"}, "Subject": "salary"},
		0: {"Subject": "salary", "SubjectFilterType": "StartsWith"},
	} {
		if rows := b.invoke("Get-MessageTraceV2", params).want(t, 200).list("value"); len(rows) != want {
			t.Errorf("%v: %d rows, want %d", params, len(rows), want)
		}
	}
}
