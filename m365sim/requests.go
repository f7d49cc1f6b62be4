package m365sim

import (
	"cmp"
	"slices"
	"sort"
	"sync"
	"time"
)

// requestRow is one line of control's GET /tenants/{tid}/requests: a Graph request, an inner request of a batch, or
// a command of Exchange's, in the order in which they ended. A batch as a whole is no row.
type requestRow struct {
	Time    time.Time `json:"time"`    // when it began
	Service string    `json:"service"` // graph or exchange
	Method  string    `json:"method"`
	Path    string    `json:"path"` // with the version, without the query
	Query   string    `json:"query,omitempty"`
	Status  int       `json:"status"`            // 0: the connection was dropped
	Changes bool      `json:"changes"`           // something in the mailbox is different now
	Dropped dropPoint `json:"dropped,omitempty"` // by a fault: before or after the effect, or during the answer
	Batch   bool      `json:"batch,omitempty"`
	Mailbox string    `json:"mailbox,omitempty"` // object id of the user asked about
}

// loggedRequest is a row as it is kept.
type loggedRequest struct {
	requestRow
	reached time.Time // the latest time up to this row
}

// requestLog keeps the latest requests of a tenant, and finds those of one mailbox without looking at all.
type requestLog struct {
	mu        sync.Mutex
	most      int // rows kept, keptRequests when 0
	rows      []loggedRequest
	cut       int               // rows that are gone; the number of a row is its place plus these
	byMailbox map[string][]int  // numbers of rows
	queries   map[string]string // each text once: thousands of requests look for the same email
}

const (
	keptRequests = 500_000
	sharedTexts  = 1000
)

func (l *requestLog) add(row requestRow) {
	l.mu.Lock()
	defer l.mu.Unlock()
	row.Query = l.shared(row.Query)
	kept := loggedRequest{requestRow: row, reached: row.Time}
	if most := cmp.Or(l.most, keptRequests); len(l.rows) >= most {
		l.forget(most / 10)
	}
	if last := len(l.rows) - 1; last >= 0 && l.rows[last].reached.After(kept.reached) {
		kept.reached = l.rows[last].reached
	}
	if row.Mailbox != "" {
		if l.byMailbox == nil {
			l.byMailbox = map[string][]int{}
		}
		l.byMailbox[row.Mailbox] = append(l.byMailbox[row.Mailbox], l.cut+len(l.rows))
	}
	l.rows = append(l.rows, kept)
}

func (l *requestLog) shared(query string) string {
	known, ok := l.queries[query]
	switch {
	case ok:
		return known
	case l.queries == nil || len(l.queries) >= sharedTexts:
		l.queries = map[string]string{}
	}
	l.queries[query] = query

	return query
}

// forget drops the n oldest rows.
func (l *requestLog) forget(n int) {
	l.cut += n
	l.rows = slices.Clone(l.rows[n:])
	for mailbox, numbers := range l.byMailbox {
		first, _ := slices.BinarySearch(numbers, l.cut)
		if first == len(numbers) {
			delete(l.byMailbox, mailbox)
			continue
		}
		l.byMailbox[mailbox] = slices.Clone(numbers[first:])
	}
}

// find answers the rows of one mailbox, of all when it is empty, that began at since or later.
func (l *requestLog) find(mailbox string, since time.Time) []requestRow {
	l.mu.Lock()
	defer l.mu.Unlock()
	// Requests end in another order than they began: no row before the first to have reached since can be later.
	first := sort.Search(len(l.rows), func(i int) bool { return !l.rows[i].reached.Before(since) })
	out := []requestRow{}
	keep := func(r *loggedRequest) {
		if !r.Time.Before(since) {
			out = append(out, r.requestRow)
		}
	}
	if mailbox == "" {
		for i := range l.rows[first:] {
			keep(&l.rows[first+i])
		}
		return out
	}
	numbers := l.byMailbox[mailbox]
	start, _ := slices.BinarySearch(numbers, first+l.cut)
	for _, number := range numbers[start:] {
		keep(&l.rows[number-l.cut])
	}

	return out
}
