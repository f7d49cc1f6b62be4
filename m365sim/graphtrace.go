package m365sim

import (
	"net/http"
	"strings"
	"time"
)

var traceTextOps = []string{"eq", "ne", "in", "contains", "startswith", "endswith"}

var traceList = listRules{
	options: []string{"$filter", "$top", "$skiptoken"},
	filters: fieldRules{
		"id": {"eq"}, "messageId": {"eq", "ne", "in"}, "senderAddress": traceTextOps, "recipientAddress": traceTextOps,
		"fromIP": {"eq"}, "toIP": {"eq"}, "status": {"eq", "ne", "in"}, "receivedDateTime": {"ge", "le"},
		"subject": {"eq", "contains", "startswith", "endswith"},
	},
	pageSize: 1000, maxTop: 5000, unfiltered: "BadRequest",
}

// traceIgnored are the query options which the trace takes and passes over.
var traceIgnored = []string{"$select", "$orderby", "$count"}

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
	of := traceRows
	if c.params["trace"] != "" {
		of = traceDetail
	}
	if delay, ok := c.sim.takeTrace(c.tenant, of); !ok {
		return c.failure(http.StatusTooManyRequests, "TooManyRequests", quotaText).
			with("Retry-After", seconds(delay)), false
	}

	return answer{}, true
}

// listTraces answers the message trace. As seen in practice it keeps the last value of each property and passes over
// "or", "in", "ne" and "not" without a word, as it does over parts of addresses, $select, $orderby and $count.
func listTraces(c *graphCall) answer {
	for _, name := range traceIgnored {
		c.query.Del(name)
	}
	o, refusal := traceList.read(c)
	if refusal != nil {
		return *refusal
	}
	now := c.sim.now()
	q := graphTraceQuery(o.filter)
	if text := q.refusal(now); text != "" {
		return c.failure(http.StatusBadRequest, "BadRequest", "|System.ArgumentException|"+text)
	}
	rows := c.tenant.trace.find(q.withPeriod(now), now)
	from, to, next := traceList.page(c, o, len(rows), "$skiptoken")
	value := []entity{}
	for _, row := range rows[from:to] {
		value = append(value, entity{"id": row.traceID, "senderAddress": row.sender, "recipientAddress": row.recipient,
			"messageId": row.messageID, "receivedDateTime": row.received.UTC().Format(time.RFC3339Nano),
			"subject": row.subject, "size": row.size, "fromIP": traceFromIP, "toIP": "", "status": c.traceStatus(row)})
	}

	return c.list("admin/exchange/tracing/messageTraces", o, len(rows), value, next)
}

// traceStatus is a row's status; one that came after the enumeration was made public is named to those who ask for it.
func (c *graphCall) traceStatus(row traceRow) string {
	if row.status == statusRecalled && !strings.Contains(strings.Join(c.header.Values("Prefer"), ","),
		"include-unknown-enum-members") {
		return "unknownFutureValue"
	}

	return row.status
}

func graphTraceQuery(f *filter) traceQuery {
	q := traceQuery{}
	if f == nil {
		return q
	}
	texts := map[string]*[]string{"messageId": &q.messageIDs, "senderAddress": &q.senders,
		"recipientAddress": &q.recipients, "status": &q.statuses}
	for _, leaf := range f.leaves() {
		text, _ := leaf.values[len(leaf.values)-1].(string)
		at, _ := leaf.values[0].(time.Time)
		switch {
		case texts[leaf.field] != nil && textMatch[leaf.op] != nil:
			// A part of an address asks nothing.
		case texts[leaf.field] != nil:
			*texts[leaf.field] = []string{text}
		case leaf.field == "id":
			q.traceID = text
		case leaf.field == "fromIP":
			q.fromIP = text
		case leaf.field == "toIP":
			q.toIP = text
		case leaf.field == "subject":
			q.subject, q.subjectMatch = text, subjectMatch(leaf.op)
		case leaf.op == "ge":
			q.start = at
		default:
			q.end = at
		}
	}

	return q
}

func subjectMatch(op string) func(text, part string) bool {
	if match := textMatch[op]; match != nil {
		return match
	}

	return func(text, whole string) bool { return text == whole }
}
