package m365sim

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

var traceList = listRules{
	options: []string{"$filter", "$top", "$skiptoken"},
	filters: fieldRules{
		"id": {"eq"}, "messageId": {"eq"}, "senderAddress": {"eq"}, "recipientAddress": {"eq"}, "fromIP": {"eq"},
		"toIP": {"eq"}, "status": {"eq"}, "receivedDateTime": {"ge", "le"},
		"subject": {"contains", "startswith", "endswith"},
	},
	pageSize: 1000, maxTop: 5000, unfiltered: "BadRequest",
}

// tracePermitted holds a trace request against the permission, the first-party service principal and the quota.
func (c *graphCall) tracePermitted(granted bool) (answer, bool) {
	if !granted {
		return c.failure(http.StatusForbidden, "Authorization_RequestDenied",
			"Insufficient privileges to complete the operation."), false
	}
	if !c.sim.traceReady(c.tenant, c.app) {
		return c.failure(http.StatusUnauthorized, "Unauthorized", "Service principal-less Authentication failed: the "+
			"service principal for App ID "+messageTraceAppID+" was not found."), false
	}
	if delay, ok := c.tenant.traceQuota.take(c.sim.now(), traceQuota, traceQuotaWindow); !ok {
		return c.failure(http.StatusTooManyRequests, "TooManyRequests", quotaText).
			with("Retry-After", seconds(delay)), false
	}

	return answer{}, true
}

const quotaText = "Your recent queries have surpassed the permitted limit, please try again later."

// listTraces answers the message trace. As seen in practice it keeps one value of each property and passes
// over "or" without a word, so that a client which asks for several gets the last.
func listTraces(c *graphCall) answer {
	o, refusal := traceList.read(c)
	if refusal != nil {
		return *refusal
	}
	now := c.sim.now()
	q := graphTraceQuery(o.filter).withPeriod(now)
	if text := q.refusal(now); text != "" {
		return c.failure(http.StatusBadRequest, "BadRequest", text)
	}
	rows := c.tenant.trace.find(q, now)
	from, to, next := traceList.page(c, o, len(rows), "$skiptoken")
	value := []entity{}
	for _, row := range rows[from:to] {
		value = append(value, entity{"id": row.traceID, "senderAddress": row.sender, "recipientAddress": row.recipient,
			"messageId": row.messageID, "receivedDateTime": row.received.UTC().Format(time.RFC3339Nano),
			"subject": row.subject, "size": row.size, "fromIP": traceFromIP, "toIP": "", "status": row.status})
	}

	return c.list("admin/exchange/tracing/messageTraces", o, len(rows), value, next)
}

func graphTraceQuery(f *filter) traceQuery {
	q := traceQuery{}
	if f == nil {
		return q
	}
	texts := map[string]*[]string{"messageId": &q.messageIDs, "senderAddress": &q.senders,
		"recipientAddress": &q.recipients, "status": &q.statuses}
	for _, leaf := range f.leaves() {
		text, _ := leaf.values[0].(string)
		at, _ := leaf.values[0].(time.Time)
		switch {
		case texts[leaf.field] != nil:
			*texts[leaf.field] = []string{text}
		case leaf.field == "id":
			q.traceID = text
		case leaf.field == "fromIP":
			q.fromIP = text
		case leaf.field == "toIP":
			q.toIP = text
		case leaf.field == "subject":
			q.subject, q.subjectMatch = text, textMatch[leaf.op]
		case leaf.op == "ge":
			q.start = at
		default:
			q.end = at
		}
	}

	return q
}

// traceDetails answers what happened to one recipient's copy.
func traceDetails(c *graphCall) answer {
	name, value, _ := strings.Cut(c.params["arguments"], "=")
	recipient, quotedValue := unquote(value)
	if name != "recipientAddress" || !quotedValue {
		return c.failure(http.StatusBadRequest, "BadRequest", "The function needs recipientAddress='…'.")
	}
	now := c.sim.now()
	rows := c.tenant.trace.find(traceQuery{traceID: c.params["trace"], recipients: []string{recipient},
		start: now.Add(-traceHistory), end: now}, now)
	if len(rows) == 0 {
		return c.notFound(c.params["trace"])
	}
	events := []string{"Receive", "Deliver"}
	if rows[0].status == statusFailed {
		events[1] = "Fail"
	}
	details := []entity{}
	for i, event := range events {
		details = append(details, entity{"id": c.tenant.ids.uuid("detail", rows[0].traceID, recipient, event),
			"messageId": rows[0].messageID, "dateTime": instant(rows[0].received.Add(time.Duration(i) * time.Second)),
			"event": event, "action": "", "description": event, "data": "<root></root>"})
	}

	return c.list("Collection(exchangeMessageTraceDetail)", odata{}, len(details), slices.Clip(details), "")
}
