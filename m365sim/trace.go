package m365sim

import (
	"slices"
	"strings"
	"time"
)

// traceRow is one recipient's line of the message trace.
type traceRow struct {
	traceID, messageID string
	sender, recipient  string
	recipientKey       string // lower case, for the order of the rows
	subject, status    string
	received, visible  time.Time
	size               int
	content            *content
	first              string // status until it settles, empty where it never was another
	settles            time.Time
}

// statusAt is the status which the trace shows by now.
func (r *traceRow) statusAt(now time.Time) string {
	if r.first != "" && now.Before(r.settles) {
		return r.first
	}

	return r.status
}

// traceLog holds a tenant's rows, and finds them by message without looking at all.
type traceLog struct {
	rows        []traceRow
	byMessageID map[string][]int
	byTraceID   map[string][]int
}

// Trace status, spelled as Graph does.
const (
	statusDelivered   = "delivered"
	statusFailed      = "failed"
	statusExpanded    = "expanded"
	statusQuarantined = "quarantined"
	statusSpam        = "filteredAsSpam"
	statusPending     = "pending"
	statusGetting     = "gettingStatus" // the trace does not know yet
	statusRecalled    = "recalled"
)

var traceStatuses = []string{statusGetting, statusPending, statusFailed, statusDelivered, statusExpanded,
	statusQuarantined, statusSpam, statusRecalled}

func (l *traceLog) add(row traceRow) {
	if l.byMessageID == nil {
		l.byMessageID, l.byTraceID = map[string][]int{}, map[string][]int{}
	}
	row.recipientKey = strings.ToLower(row.recipient)
	l.rows = append(l.rows, row)
	last := len(l.rows) - 1
	message := messageIDKey(row.messageID)
	l.byMessageID[message] = append(l.byMessageID[message], last)
	l.byTraceID[row.traceID] = append(l.byTraceID[row.traceID], last)
}

// traceQuery is what both doors to the trace can ask. Empty fields ask nothing; several values of a field are
// alternatives.
type traceQuery struct {
	start, end   time.Time
	messageIDs   []string
	traceID      string
	senders      []string
	recipients   []string
	statuses     []string
	subject      string
	subjectMatch func(text, part string) bool
	startingAt   string // among the rows received exactly at end, only recipients after this address
	included     bool   // that address itself too
	perMessage   int    // at most so many rows of a message, 0 is all
	fromIP, toIP string
}

const (
	traceSpan    = 10 * 24 * time.Hour
	traceHistory = 90 * 24 * time.Hour
	traceDefault = 48 * time.Hour
	traceFromIP  = "203.0.113.25"
)

// withPeriod fills in the default of the last 48 hours.
func (q traceQuery) withPeriod(now time.Time) traceQuery {
	if q.end.IsZero() {
		q.end = now
	}
	if q.start.IsZero() {
		q.start = q.end.Add(-traceDefault)
	}

	return q
}

// refusal says in Microsoft's words why it refuses the period, empty when it does not. Those for an end before the
// start or in the future are ours.
func (q traceQuery) refusal(now time.Time) string {
	oldest := now.UTC().Truncate(24 * time.Hour).Add(-traceHistory)
	switch {
	case !q.start.IsZero() && q.end.IsZero():
		return "EndDate is required when a StartDate is entered."
	case q.end.Before(q.start):
		return "Invalid EndDate value. The EndDate can't be before the StartDate."
	case q.start.IsZero():
		return ""
	case q.end.Sub(q.start) > traceSpan:
		return "The interval between StartDate and EndDate can't be longer than 10 days."
	case q.start.Before(oldest):
		return "Invalid StartDate value. The StartDate can't be older than 90 days from today."
	case q.end.After(now.Add(time.Minute)):
		return "Invalid EndDate value. The EndDate can't be in the future."
	}

	return ""
}

// find answers the matching rows that are visible by now: newest first, and by recipient within one moment.
func (l *traceLog) find(q traceQuery, now time.Time) []traceRow {
	var found []int
	for _, i := range l.candidates(q) {
		if row := &l.rows[i]; !row.visible.After(now) && q.matches(row, now) {
			found = append(found, i)
		}
	}
	slices.SortFunc(found, func(i, j int) int {
		a, b := &l.rows[i], &l.rows[j]
		if c := b.received.Compare(a.received); c != 0 {
			return c
		}
		return strings.Compare(a.recipientKey, b.recipientKey)
	})
	var out []traceRow
	shown := map[string]int{}
	for _, i := range found {
		row := &l.rows[i]
		shown[row.traceID]++
		if q.perMessage > 0 && shown[row.traceID] > q.perMessage || q.passed(row) {
			continue
		}
		out = append(out, *row)
		out[len(out)-1].status = row.statusAt(now)
	}

	return out
}

// passed says whether a continued query has shown the row already.
func (q traceQuery) passed(row *traceRow) bool {
	if q.startingAt == "" || !row.received.Equal(q.end) {
		return false
	}
	order := strings.Compare(row.recipientKey, strings.ToLower(q.startingAt))

	return order < 0 || order == 0 && !q.included
}

func (l *traceLog) candidates(q traceQuery) []int {
	if q.traceID != "" {
		return l.byTraceID[strings.ToLower(q.traceID)]
	}
	if len(q.messageIDs) > 0 {
		var out []int
		for _, id := range q.messageIDs {
			out = append(out, l.byMessageID[messageIDKey(id)]...)
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	all := make([]int, len(l.rows))
	for i := range all {
		all[i] = i
	}

	return all
}

func (q traceQuery) matches(row *traceRow, now time.Time) bool {
	if row.received.Before(q.start) || row.received.After(q.end) {
		return false
	}

	return oneOf(q.messageIDs, row.messageID) && anyAddress(q.senders, row.sender) &&
		anyAddress(q.recipients, row.recipient) && oneOf(q.statuses, row.statusAt(now)) && q.matchesRest(row)
}

func (q traceQuery) matchesRest(row *traceRow) bool {
	if q.traceID != "" && !strings.EqualFold(q.traceID, row.traceID) {
		return false
	}
	if q.subject != "" && !q.subjectMatch(strings.ToLower(row.subject), strings.ToLower(q.subject)) {
		return false
	}

	return (q.fromIP == "" || q.fromIP == traceFromIP) && q.toIP == ""
}

func oneOf(wanted []string, value string) bool {
	return len(wanted) == 0 || slices.ContainsFunc(wanted, func(w string) bool { return strings.EqualFold(w, value) })
}

// anyAddress is oneOf for addresses: *@domain stands for all of a domain.
func anyAddress(wanted []string, address string) bool {
	if oneOf(wanted, address) {
		return true
	}

	return slices.ContainsFunc(wanted, func(w string) bool {
		domain, all := strings.CutPrefix(w, "*")
		return all && strings.HasPrefix(domain, "@") && strings.HasSuffix(strings.ToLower(address), strings.ToLower(domain))
	})
}
