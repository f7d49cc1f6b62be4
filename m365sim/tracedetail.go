package m365sim

import (
	"net/http"
	"strings"
	"time"
)

// traceEvent is one step of a recipient's copy.
type traceEvent struct {
	name, detail string
	at           time.Time
}

// traceSteps are the events after the message was received, by what became of it. Those of delivered, failed and
// expanded messages have been seen; the others' names are likely ones.
var traceSteps = map[string][][2]string{
	statusDelivered: {{"Deliver", "The message was successfully delivered."}},
	statusSpam: {{"Spam", "The message was marked as spam."},
		{"Deliver", "The message was delivered to the Junk Email folder."}},
	statusQuarantined: {{"Quarantine", "The message was sent to the quarantine."}},
	statusFailed: {{"Fail", "Reason: [{LED=550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP " +
		"address lookup}]"}},
	statusExpanded: {{"Expand DL", "The distribution group was expanded."},
		{"Drop", "The message was dropped: its recipients follow."}},
	statusPending: {{"Defer", "The message was deferred: 451 4.7.0 Temporary server error. Please try again later."}},
	statusRecalled: {{"Deliver", "The message was successfully delivered."},
		{"Recall", "The message was recalled."}},
}

func (r traceRow) events() []traceEvent {
	out := []traceEvent{{"Receive", "Message received by: EXCH01", r.received}}
	for i, step := range traceSteps[r.status] {
		out = append(out, traceEvent{step[0], step[1], r.received.Add(time.Duration(i+1) * time.Second)})
	}

	return out
}

// traceData is an event's further facts, in the XML that Exchange keeps them in.
const traceData = `<root><MEP Name="RcptCount" Integer="1" /><MEP Name="SequenceNumber" Long="0" /></root>`

// detailed answers the one row of a message and recipient, where the trace shows it.
func (t *tenant) detailed(q traceQuery, now time.Time) (traceRow, bool) {
	if q.start.IsZero() {
		q.start, q.end = now.Add(-traceHistory), now
	}
	for _, row := range t.trace.find(q, now) {
		return row, true
	}

	return traceRow{}, false
}

// traceDetails answers what happened to one recipient's copy; nothing where there is none.
func traceDetails(c *graphCall) answer {
	name, value, _ := strings.Cut(c.params["arguments"], "=")
	recipient, quotedValue := unquote(value)
	if name != "recipientAddress" || !quotedValue {
		return c.failure(http.StatusBadRequest, "BadRequest", "The function needs recipientAddress='…'.")
	}
	details := []entity{}
	row, ok := c.tenant.detailed(traceQuery{traceID: c.params["trace"], recipients: []string{recipient}}, c.sim.now())
	if ok {
		for _, e := range row.events() {
			details = append(details, entity{"id": row.traceID, "messageId": row.messageID,
				"dateTime": e.at.UTC().Format(time.RFC3339Nano), "event": e.name, "action": "", "description": e.detail,
				"data": traceData})
		}
	}

	return c.list("Collection(microsoft.graph.exchangeMessageTraceDetail)", odata{}, len(details), details, "")
}

// detailParams are the parameters Get-MessageTraceDetailV2 takes; any other is refused.
var detailParams = []string{"messagetraceid", "recipientaddress", "startdate", "enddate", "event", "action", "messageid",
	"senderaddress"}

// messageTraceDetail is Get-MessageTraceDetailV2: what happened to one recipient's copy.
func (c *exchangeCall) messageTraceDetail() answer {
	q, err := c.detailQuery()
	if err != nil {
		return c.badParameter(err.Error())
	}
	now := c.sim.now()
	if text := q.refusal(now); text != "" {
		return c.failure(http.StatusBadRequest, "BadRequest", "System.ArgumentException", text)
	}
	if refusal, ok := c.takeQuota(traceDetail); !ok {
		return refusal
	}
	rows := []entity{}
	if row, ok := c.tenant.detailed(q, now); ok {
		for _, e := range row.events() {
			if oneOf(c.texts("Event"), e.name) && len(c.texts("Action")) == 0 {
				rows = append(rows, entity{"Organization": c.tenant.onMicrosoft(), "MessageId": row.messageID,
					"MessageTraceId": row.traceID, "Date@data.type": "System.DateTime", "Date": c.sim.received(e.at),
					"Event": e.name, "Action": "", "Detail": e.detail, "Data": traceData})
			}
		}
	}

	return c.results(rows, []string{})
}

func (c *exchangeCall) detailQuery() (traceQuery, error) {
	if err := c.onlyParams(detailParams); err != nil {
		return traceQuery{}, err
	}
	q := traceQuery{traceID: c.text("MessageTraceId"), recipients: c.texts("RecipientAddress"),
		messageIDs: c.texts("MessageId"), senders: c.texts("SenderAddress")}
	for _, missing := range []struct{ name, value string }{{"MessageTraceId", q.traceID},
		{"RecipientAddress", strings.Join(q.recipients, "")}} {
		if missing.value == "" {
			return q, missingMandatory(missing.name)
		}
	}
	var err error
	if q.start, err = c.date("StartDate"); err == nil {
		q.end, err = c.date("EndDate")
	}

	return q, err
}
