package m365sim_test

import (
	"strings"
	"testing"

	"clawback/m365sim"
)

func TestTrace_DetailsByStatus(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *m365sim.Config) { c.PageSize = 0 })
	for status, want := range map[string]string{
		"delivered": "Receive,Deliver", "filteredAsSpam": "Receive,Spam,Deliver", "quarantined": "Receive,Quarantine",
		"failed": "Receive,Fail", "pending": "Receive,Defer", "gettingStatus": "Receive", "expanded": "Receive,Expand DL,Drop",
		"recalled": "Receive,Deliver,Recall",
	} {
		b.deliverAs(status, "payroll", "to="+priya+"&status="+status)
		row := b.invoke("Get-MessageTraceV2", map[string]any{"MessageId": "<" + status + "@evil.example>"}).want(t, 200).list("value")[0]
		id := text(row, "MessageTraceId")
		graph := b.graph("GET", traces+"/"+id+"/getDetailsByRecipient(recipientAddress='"+strings.ToUpper(priya)+"')", nil).want(t, 200)
		exchange := b.invoke("Get-MessageTraceDetailV2", map[string]any{"MessageTraceId": id, "RecipientAddress": priya}).want(t, 200)
		if got := column(graph.list("value"), "event"); got != want {
			t.Errorf("%s: Graph shows %s, want %s", status, got, want)
		}
		if got := column(exchange.list("value"), "Event"); got != want {
			t.Errorf("%s: Exchange shows %s, want %s", status, got, want)
		}
		if first := graph.list("value")[0]; first["id"] != id || !strings.HasPrefix(text(first, "data"), "<root><MEP ") {
			t.Errorf("%s: %v", status, first)
		}
	}
}

// column joins the values of a property.
func column(rows []map[string]any, name string) string {
	var out []string
	for _, row := range rows {
		out = append(out, text(row, name))
	}

	return strings.Join(out, ",")
}

func TestTrace_DetailsAsked(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.deliver("to=" + priya)
	id := text(b.invoke("Get-MessageTraceV2", nil).want(t, 200).list("value")[0], "MessageTraceId")
	nobody := b.graph("GET", traces+"/"+id+"/getDetailsByRecipient(recipientAddress='"+daniel+"')", nil).want(t, 200)
	if len(nobody.list("value")) != 0 {
		t.Errorf("of another recipient: %s", nobody.raw)
	}
	b.graph("GET", traces+"/"+id+"/getDetailsByRecipient(recipientAddress=x)", nil).want(t, 400)
	for want, params := range map[string]map[string]any{
		"Deliver":         {"Event": []string{"Deliver", "Fail"}},
		"":                {"Action": "RouteMessageUsingConnector"},
		"Receive,Deliver": {"StartDate": "2026-11-22T00:00:00", "EndDate": "2026-11-23T09:00:00"},
	} {
		params["MessageTraceId"], params["RecipientAddress"] = id, priya
		if got := column(b.invoke("Get-MessageTraceDetailV2", params).want(t, 200).list("value"), "Event"); got != want {
			t.Errorf("%v: %s, want %s", params, got, want)
		}
	}
	for words, params := range map[string]map[string]any{
		"mandatory parameters: RecipientAddress": {"MessageTraceId": id},
		"mandatory parameters: MessageTraceId":   {"RecipientAddress": priya},
		"parameter name 'Page'":                  {"MessageTraceId": id, "RecipientAddress": priya, "Page": 1},
		"longer than 10 days": {"MessageTraceId": id, "RecipientAddress": priya, "StartDate": "2026-11-01T00:00:00",
			"EndDate": "2026-11-20T00:00:00"},
	} {
		if r := b.invoke("Get-MessageTraceDetailV2", params).want(t, 400); !strings.Contains(r.words(), words) {
			t.Errorf("%v: %s", params, r.words())
		}
	}
}
