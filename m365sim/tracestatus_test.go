package m365sim_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"clawback/m365sim"
)

// traced answers the status of one recipient's row of the phish at both doors, which must agree; empty without a row.
func (b *bench) traced(recipient string) string {
	b.t.Helper()
	exchange := b.invoke("Get-MessageTraceV2", map[string]any{"MessageId": phishID, "RecipientAddress": recipient}).
		want(b.t, 200).list("value")
	graph := b.graph("GET", traces+query("$filter", "recipientAddress eq '"+recipient+"'"), nil).want(b.t, 200).list("value")
	if len(exchange) != len(graph) || len(graph) > 1 {
		b.t.Fatalf("%d rows at Exchange, %d at Graph", len(exchange), len(graph))
	}
	if len(graph) == 0 {
		return ""
	}
	if !strings.EqualFold(text(exchange[0], "Status"), text(graph[0], "status")) {
		b.t.Errorf("Exchange says %v, Graph %v", exchange[0]["Status"], graph[0]["status"])
	}

	return text(graph[0], "status")
}

// copiesOf counts where the phish lies.
func (b *bench) copiesOf(id string) int {
	b.t.Helper()

	return len(b.control("GET", "/messages?internet_message_id="+url.QueryEscape(id), nil).want(b.t, 200).list("items"))
}

const priya, daniel = "priya.nair@brightwater.example", "daniel.osei@brightwater.example"

func TestTrace_StatusSettlesByTheClock(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.deliver("to=" + priya + "&trace_delay=120&first_status=gettingStatus&settles_after=600")
	if b.copiesOf(phishID) != 1 {
		t.Error("the copy waits for the trace")
	}
	for _, step := range []struct {
		after time.Duration
		want  string
	}{{0, ""}, {2 * time.Minute, "gettingStatus"}, {7 * time.Minute, "gettingStatus"}, {time.Minute, "delivered"}} {
		b.clock.advance(step.after)
		if got := b.traced(priya); got != step.want {
			t.Errorf("after %v more: %q, want %q", step.after, got, step.want)
		}
	}
	pending := b.graph("GET", traces+query("$filter", "status eq 'gettingStatus'"), nil).want(t, 200).list("value")
	if len(pending) != 0 {
		t.Errorf("found by the status it had: %v", pending)
	}
}

func TestTrace_EachStatusIsDelivered(t *testing.T) {
	t.Parallel()
	for status, copies := range map[string]int{"delivered": 1, "gettingStatus": 1, "filteredAsSpam": 1, "pending": 0, "failed": 0,
		"quarantined": 0, "recalled": 0} {
		b := setup(t)
		b.deliver("to=" + priya + "&status=" + status)
		want := status
		if status == "recalled" {
			want = ""
			if rows := b.invoke("Get-MessageTraceV2", nil).want(t, 200).list("value"); text(rows[0], "Status") != "Recalled" {
				t.Errorf("recalled: %v", rows)
			}
		}
		if want != "" && b.traced(priya) != want {
			t.Errorf("%s shows as %s", status, b.traced(priya))
		}
		if got := b.copiesOf(phishID); got != copies {
			t.Errorf("%s leaves %d copies, want %d", status, got, copies)
		}
	}
	b := setup(t)
	for _, wrong := range []string{"status=lost", "first_status=failed&settles_after=1", "first_status=pending", "settles_after=9",
		"trace_delay=soon", "trace_ids=-1", "received=today", "count=x"} {
		b.control("POST", "/messages?to="+priya+"&"+wrong, phish).want(t, 400)
	}
}

func TestControl_TracesAreChanged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.deliver("to=" + priya + "," + daniel + ",nobody@brightwater.example&status=quarantined")
	of := "/traces?internet_message_id=" + url.QueryEscape(phishID)
	if rows := b.control("GET", of, nil).want(t, 200).list("items"); len(rows) != 3 || rows[2]["status"] != "failed" {
		t.Errorf("rows: %v", rows)
	}
	b.control("PATCH", of+"&recipient="+priya, `{"status":"delivered"}`).want(t, 200)
	if b.traced(priya) != "delivered" || b.traced(daniel) != "quarantined" || b.copiesOf(phishID) != 1 {
		t.Errorf("released: %s, %s, %d copies", b.traced(priya), b.traced(daniel), b.copiesOf(phishID))
	}
	b.control("PATCH", of+"&recipient="+priya, `{"status":"delivered"}`).want(t, 200)
	b.control("PATCH", of+"&recipient="+daniel, `{"status":"filteredAsSpam"}`).want(t, 200)
	copies := b.control("GET", "/messages?internet_message_id="+url.QueryEscape(phishID), nil).list("items")
	if len(copies) != 2 || copies[0]["folder"] != "junkemail" {
		t.Errorf("copies: %v", copies)
	}
	b.control("PATCH", of, `{"status":"lost"}`).want(t, 400)
	b.control("GET", "/traces", nil).want(t, 400)
}

func TestTrace_BifurcatedMessage(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *m365sim.Config) { c.PageSize = 0 })
	b.deliver("count=6&trace_ids=2")
	ids := map[string]int{}
	for _, row := range b.invoke("Get-MessageTraceV2", map[string]any{"MessageId": phishID}).want(t, 200).list("value") {
		ids[text(row, "MessageTraceId")]++
	}
	if len(ids) != 2 {
		t.Fatalf("trace ids: %v", ids)
	}
	for id, rows := range ids {
		if rows != 3 {
			t.Errorf("%d rows of one id", rows)
		}
		if found := b.graph("GET", traces+query("$filter", "id eq '"+id+"'"), nil).want(t, 200).list("value"); len(found) != 3 {
			t.Errorf("Graph finds %d rows by id", len(found))
		}
	}
}

func TestTrace_ManyRecipientsNeedTheTraceID(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *m365sim.Config) { c.Mailboxes, c.PageSize = 1200, 0 })
	b.deliver("count=1200")
	ask := func(params map[string]any) []map[string]any {
		params["ResultSize"] = 5000
		r := b.invoke("Get-MessageTraceV2", params).want(t, 200)
		rows := r.list("value")
		for link := text(r.body, "@odata.nextLink"); link != ""; link = text(r.body, "@odata.nextLink") {
			r = b.send("POST", link, map[string]string{"Authorization": "Bearer " + b.appToken(exchangeResource)},
				command("Get-MessageTraceV2", params)).want(t, 200)
			rows = append(rows, r.list("value")...)
		}
		return rows
	}
	byMessage := ask(map[string]any{"MessageId": phishID})
	last := byMessage[len(byMessage)-1]
	byTrace := ask(map[string]any{"MessageTraceId": last["MessageTraceId"]})
	if len(byMessage) != 1000 || len(byTrace) != 1200 {
		t.Errorf("%d rows by Message-ID, %d by MessageTraceId", len(byMessage), len(byTrace))
	}
	more := ask(map[string]any{"MessageId": phishID, "EndDate": last["Received"], "StartDate": "2026-11-22T00:00:00",
		"StartingRecipientAddress": last["RecipientAddress"]})
	if len(more) != 0 {
		t.Errorf("continuing shows %d rows more", len(more))
	}
	b.sim.SetSwitches(m365sim.Switches{DirectorySwitches: m365sim.DirectorySwitches{AllRecipientsByMessageID: true}})
	if rows := ask(map[string]any{"MessageId": phishID}); len(rows) != 1200 {
		t.Errorf("switched: %d rows by Message-ID", len(rows))
	}
}

func TestTrace_ContinuationByEitherWay(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *m365sim.Config) { c.PageSize = 0 })
	b.deliver("count=6")
	r := b.invoke("Get-MessageTraceV2", map[string]any{"MessageId": phishID, "ResultSize": 4}).want(t, 200)
	first := r.list("value")
	last := first[3]
	warnings, _ := r.body["@adminapi.warnings"].([]any)
	if len(warnings) != 1 || !strings.Contains(warnings[0].(string), `-StartingRecipientAddress "`+text(last, "RecipientAddress")+`"`) {
		t.Errorf("warnings: %v", warnings)
	}
	next := map[string]any{"MessageId": phishID, "ResultSize": 4, "EndDate": last["Received"],
		"StartDate": "2026-11-22T00:00:00", "StartingRecipientAddress": last["RecipientAddress"]}
	if rows := b.invoke("Get-MessageTraceV2", next).want(t, 200).list("value"); len(rows) != 2 {
		t.Errorf("%d rows follow, want 2", len(rows))
	}
	b.sim.SetSwitches(m365sim.Switches{DirectorySwitches: m365sim.DirectorySwitches{StartingRecipientIncluded: true}})
	rows := b.invoke("Get-MessageTraceV2", next).want(t, 200).list("value")
	if len(rows) != 3 || rows[0]["RecipientAddress"] != last["RecipientAddress"] {
		t.Errorf("switched: %d rows follow, want 3", len(rows))
	}
}

func TestTrace_DetailQuotaByEitherWay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.deliver("to=" + priya)
	id := text(b.invoke("Get-MessageTraceV2", nil).want(t, 200).list("value")[0], "MessageTraceId")
	detail := map[string]any{"MessageTraceId": id, "RecipientAddress": priya}
	for range 99 {
		b.invoke("Get-MessageTraceDetailV2", detail).want(t, 200)
	}
	refused := b.invoke("Get-MessageTraceDetailV2", detail).want(t, 429)
	if refused.header.Get("Retry-After") != "300" || refused.words() == "" {
		t.Errorf("the refusal: %s", refused.raw)
	}
	b.graph("GET", traces, nil).want(t, 429)
	b.sim.SetSwitches(m365sim.Switches{DirectorySwitches: m365sim.DirectorySwitches{DetailQuotaApart: true}})
	for range 100 {
		b.graph("GET", traces+"/"+id+"/getDetailsByRecipient(recipientAddress='"+priya+"')", nil).want(t, 200)
	}
	b.invoke("Get-MessageTraceDetailV2", detail).want(t, 429)
	b.graph("GET", traces, nil).want(t, 429)
}
