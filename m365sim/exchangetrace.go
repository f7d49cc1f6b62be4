package m365sim

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cmdletError is a refusal in Exchange's own words, which are sentences.
type cmdletError string

func (e cmdletError) Error() string { return string(e) }

func cmdletFailure(format string, args ...any) error {
	return cmdletError(fmt.Sprintf(format, args...))
}

// traceParams are the parameters Get-MessageTraceV2 takes; any other is refused.
var traceParams = []string{"startdate", "enddate", "messageid", "messagetraceid", "senderaddress",
	"recipientaddress", "status", "subject", "subjectfiltertype", "fromip", "toip", "resultsize",
	"startingrecipientaddress"}

const (
	defaultResultSize = 1000
	maxResultSize     = 5000
)

// messageTrace is Get-MessageTraceV2. It uses one request of the tenant's trace quota, as each further page does.
func (c *exchangeCall) messageTrace() answer {
	q, size, err := c.traceQuery()
	if err != nil {
		return c.badParameter(err.Error())
	}
	now := c.sim.now()
	q = q.withPeriod(now)
	if text := q.refusal(now); text != "" {
		return c.failure(http.StatusBadRequest, "BadRequest",
			"Microsoft.Exchange.Management.Tasks.ValidationException", text)
	}
	if refusal, ok := c.takeQuota(); !ok {
		return refusal
	}
	rows := c.tenant.trace.find(q, now)
	warnings := []string{}
	if len(rows) > size {
		rows = rows[:size]
		warnings = append(warnings, "There are more results, use the following command to get more. Get-MessageTraceV2 "+
			"-StartingRecipientAddress "+rows[size-1].recipient+" -EndDate "+exchangeTime(rows[size-1].received))
	}

	return c.rowsAnswer(rows, warnings, c.tenant.traceRow)
}

func (c *exchangeCall) takeQuota() (answer, bool) {
	delay, ok := c.tenant.traceQuota.take(c.sim.now(), traceQuota, traceQuotaWindow)
	if ok {
		return answer{}, true
	}

	return c.failure(http.StatusTooManyRequests, "TooManyRequests", "", quotaText).with("Retry-After", seconds(delay)), false
}

func (c *exchangeCall) traceQuery() (traceQuery, int, error) {
	for name := range c.params {
		if !slices.Contains(traceParams, strings.ToLower(name)) {
			return traceQuery{}, 0, cmdletFailure("A parameter cannot be found that matches parameter name '%s'.", name)
		}
	}
	q := traceQuery{
		messageIDs: c.texts("MessageId"), senders: c.texts("SenderAddress"), recipients: c.texts("RecipientAddress"),
		statuses: c.texts("Status"), traceID: c.text("MessageTraceId"), subject: c.text("Subject"),
		fromIP: c.text("FromIP"), toIP: c.text("ToIP"), afterAtEnd: c.text("StartingRecipientAddress"),
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

// param finds a parameter by its name in any case, as PowerShell does.
func (c *exchangeCall) param(name string) any {
	for given, value := range c.params {
		if strings.EqualFold(given, name) {
			return value
		}
	}

	return nil
}

// texts reads a multi-valued parameter: one text, or a list.
func (c *exchangeCall) texts(name string) []string {
	switch value := c.param(name).(type) {
	case string:
		if value != "" {
			return []string{value}
		}
	case []any:
		var out []string
		for _, one := range value {
			out = append(out, fmt.Sprint(one))
		}
		return out
	}

	return nil
}

func (c *exchangeCall) text(name string) string { return c.textOr(name, "") }

func (c *exchangeCall) textOr(name, otherwise string) string {
	if texts := c.texts(name); len(texts) > 0 {
		return texts[0]
	}

	return otherwise
}

// date reads a time; one without a zone is UTC.
func (c *exchangeCall) date(name string) (time.Time, error) {
	text := c.text(name)
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05", "01/02/2006 15:04:05",
		time.DateOnly, "01/02/2006"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), nil
		}
	}

	return time.Time{}, cmdletFailure("Cannot process argument transformation on parameter '%s'. Cannot convert value \"%s\" to type "+
		"\"System.DateTime\".", name, text)
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

// exchangeStatus spells a status as the cmdlet does.
func exchangeStatus(status string) string { return strings.ToUpper(status[:1]) + status[1:] }

// traceRow is one row. Received is UTC without a zone, as the first version of the cmdlet answered; the second
// version's own JSON has not been seen.
func (t *tenant) traceRow(row traceRow) entity {
	return entity{
		"MessageTraceId@data.type": "System.Guid", "MessageTraceId@odata.type": "#Guid", "MessageTraceId": row.traceID,
		"Received@data.type": "System.DateTime", "Received": exchangeTime(row.received), "MessageId": row.messageID,
		"Organization": t.onMicrosoft(), "SenderAddress": row.sender, "RecipientAddress": row.recipient,
		"Subject": row.subject, "Status": exchangeStatus(row.status), "FromIP": traceFromIP, "ToIP": nil, "Size": row.size,
	}
}

// rowsAnswer pages by Prefer: odata.maxpagesize; the next page is had by posting the same body to the link.
func (c *exchangeCall) rowsAnswer(rows []traceRow, warnings []string, show func(traceRow) entity) answer {
	from, _ := strconv.Atoi(c.req.url.Query().Get("$skiptoken"))
	from = min(max(from, 0), len(rows))
	to := min(from+c.pageSize(), len(rows))
	value := []entity{}
	for _, row := range rows[from:to] {
		value = append(value, show(row))
	}
	base := c.sim.addresses.Exchange + "/adminapi/beta/" + c.tenant.id
	body := map[string]any{
		"@odata.context":               base + "/$metadata#Collection(Exchange.GenericHashTable)",
		"adminapi.warnings@odata.type": "#Collection(String)", "@adminapi.warnings": warnings, "value": value,
	}
	if to < len(rows) {
		body["@odata.nextLink"] = fmt.Sprintf("%s/InvokeCommand?$skiptoken=%d", base, to)
	}

	return jsonAnswer(http.StatusOK, body).with("Preference-Applied", "odata.maxpagesize")
}

func (c *exchangeCall) pageSize() int {
	size := defaultResultSize
	if asked := c.sim.pageSize(); asked > 0 {
		size = asked
	}
	for _, preference := range strings.FieldsFunc(strings.Join(c.req.header.Values("Prefer"), ";"), isPreferenceEnd) {
		name, value, _ := strings.Cut(preference, "=")
		if n, err := strconv.Atoi(strings.TrimSpace(value)); err == nil && n > 0 &&
			strings.EqualFold(strings.TrimSpace(name), "odata.maxpagesize") {
			size = min(n, defaultResultSize)
		}
	}

	return size
}

func isPreferenceEnd(r rune) bool { return r == ';' || r == ',' }

// messageTraceDetail is Get-MessageTraceDetailV2: what happened to one recipient's copy.
func (c *exchangeCall) messageTraceDetail() answer {
	traceID, recipient := c.text("MessageTraceId"), c.text("RecipientAddress")
	if traceID == "" || recipient == "" {
		return c.badParameter("Cannot process command because of one or more missing mandatory parameters: " +
			"MessageTraceId RecipientAddress.")
	}
	if refusal, ok := c.takeQuota(); !ok {
		return refusal
	}
	now := c.sim.now()
	rows := c.tenant.trace.find(traceQuery{traceID: traceID, recipients: []string{recipient},
		start: now.Add(-traceHistory), end: now}, now)

	return c.rowsAnswer(rows, []string{}, func(row traceRow) entity {
		return entity{"MessageId": row.messageID, "MessageTraceId": row.traceID, "Date": exchangeTime(row.received),
			"Event": exchangeStatus(row.status), "Action": "", "Detail": "", "Data": "<root></root>"}
	})
}
