package m365sim

import (
	"time"
)

// requestRow is one line of control's GET /tenants/{tid}/requests.
type requestRow struct {
	Time    time.Time `json:"time"`
	Service string    `json:"service"` // graph or exchange
	Method  string    `json:"method"`
	Path    string    `json:"path"` // with the version, without the query
	Query   string    `json:"query,omitempty"`
	Status  int       `json:"status"`  // 0: the connection was dropped
	Changes bool      `json:"changes"` // something in the mailbox is different now
	Batch   bool      `json:"batch,omitempty"`
	Mailbox string    `json:"mailbox,omitempty"` // object id of the user asked about
}

// requestLog keeps the latest requests of a tenant.
type requestLog struct{ rows []requestRow }

const keptRequests = 500_000

func (l *requestLog) add(row requestRow) {
	if len(l.rows) >= keptRequests {
		l.rows = append(l.rows[:0:0], l.rows[keptRequests/10:]...)
	}
	l.rows = append(l.rows, row)
}

// find answers the rows of one mailbox, of all when it is empty, at since or later, oldest first.
func (l *requestLog) find(mailbox string, since time.Time) []requestRow {
	out := []requestRow{}
	for _, row := range l.rows {
		if (mailbox == "" || row.Mailbox == mailbox) && !row.Time.Before(since) {
			out = append(out, row)
		}
	}

	return out
}
