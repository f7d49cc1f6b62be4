package m365sim

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// traceParams are the parameters Get-MessageTraceV2 takes; any other is refused.
var traceParams = []string{"startdate", "enddate", "messageid", "messagetraceid", "senderaddress",
	"recipientaddress", "status", "subject", "subjectfiltertype", "fromip", "toip", "resultsize",
	"startingrecipientaddress"}

const (
	defaultResultSize = 1000
	maxResultSize     = 5000
	// rowsWithoutTraceID are the rows a message shows to a query which does not name its MessageTraceId.
	rowsWithoutTraceID = 1000
)

// messageTrace is Get-MessageTraceV2. It uses one request of the tenant's trace quota, as each further page does.
func (c *exchangeCall) messageTrace() answer {
	q, size, err := c.traceQuery()
	if err != nil {
		return c.badParameter(err.Error())
	}
	now := c.sim.now()
	if text := q.refusal(now); text != "" {
		return c.failure(http.StatusBadRequest, "BadRequest", "System.ArgumentException", text)
	}
	q = q.withPeriod(now)
	if refusal, ok := c.takeQuota(traceRows); !ok {
		return refusal
	}
	rows := c.tenant.trace.find(q, now)
	warnings := []string{}
	if len(rows) > size {
		rows = rows[:size]
		warnings = append(warnings, fmt.Sprintf("There are more results, use the following command to get more. "+
			"Get-MessageTraceV2 -StartDate \"%sZ\" -EndDate \"%sZ\" -StartingRecipientAddress \"%s\" -ResultSize %d",
			exchangeTime(q.start), exchangeTime(rows[size-1].received), rows[size-1].recipient, size))
	}

	value := []entity{}
	for _, row := range rows {
		value = append(value, c.traceRow(row))
	}

	return c.results(value, warnings)
}

func (c *exchangeCall) takeQuota(of traceCall) (answer, bool) {
	delay, ok := c.sim.takeTrace(c.tenant, of)
	if ok {
		return answer{}, true
	}

	return c.failure(http.StatusTooManyRequests, "TooManyRequests", "", quotaText).with("Retry-After", seconds(delay)), false
}

func (c *exchangeCall) traceQuery() (traceQuery, int, error) {
	if err := c.onlyParams(traceParams); err != nil {
		return traceQuery{}, 0, err
	}
	q := traceQuery{
		messageIDs: c.texts("MessageId"), senders: c.texts("SenderAddress"), recipients: c.texts("RecipientAddress"),
		statuses: c.texts("Status"), traceID: c.text("MessageTraceId"), subject: c.text("Subject"),
		fromIP: c.text("FromIP"), toIP: c.text("ToIP"), startingAt: c.text("StartingRecipientAddress"),
		included: c.sim.Switches().StartingRecipientIncluded,
	}
	if q.traceID == "" && !c.sim.Switches().AllRecipientsByMessageID {
		q.perMessage = rowsWithoutTraceID
	}
	q.subjectMatch = textMatch[strings.ToLower(c.textOr("SubjectFilterType", "Contains"))]
	if q.subjectMatch == nil {
		return q, 0, cmdletFailure("Cannot process argument transformation on parameter 'SubjectFilterType'.")
	}
	var err error
	if q.start, err = c.date("StartDate"); err != nil {
		return q, 0, err
	}
	if q.end, err = c.date("EndDate"); err != nil {
		return q, 0, err
	}
	size, err := c.resultSize()

	return q, size, err
}

func (c *exchangeCall) resultSize() (int, error) {
	size := defaultResultSize
	switch value := c.param("ResultSize").(type) {
	case nil:
	case float64:
		size = int(value)
	case string:
		n, err := strconv.Atoi(value)
		if err != nil {
			return 0, cmdletFailure("Cannot process argument transformation on parameter 'ResultSize'.")
		}
		size = n
	}
	if size < 1 || size > maxResultSize {
		return 0, cmdletFailure("The ResultSize must be between 1 and %d.", maxResultSize)
	}

	return size, nil
}

func exchangeTime(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.0000000") }

// received is the time of a row, in UTC: without a zone, as the first version of the cmdlet answered.
func (s *Sim) received(at time.Time) string {
	if s.Switches().ReceivedWithOffset {
		return exchangeTime(at) + "+00:00"
	}

	return exchangeTime(at)
}

// exchangeStatus spells a status as the cmdlet does.
func exchangeStatus(status string) string { return strings.ToUpper(status[:1]) + status[1:] }

// traceRow is one row. The JSON of the second version of the cmdlet has not been seen; this is the first one's.
func (c *exchangeCall) traceRow(row traceRow) entity {
	return entity{
		"MessageTraceId@data.type": "System.Guid", "MessageTraceId@odata.type": "#Guid", "MessageTraceId": row.traceID,
		"Received@data.type": "System.DateTime", "Received": c.sim.received(row.received), "MessageId": row.messageID,
		"Organization": c.tenant.onMicrosoft(), "SenderAddress": row.sender, "RecipientAddress": row.recipient,
		"Subject": row.subject, "Status": exchangeStatus(row.status), "FromIP": traceFromIP, "ToIP": nil, "Size": row.size,
	}
}
