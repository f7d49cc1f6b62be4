package m365sim

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
)

// traceView is a row of the message trace as control shows it, whether the trace shows it yet or not.
type traceView struct {
	TraceID   string    `json:"trace_id"`
	Recipient string    `json:"recipient"`
	Status    string    `json:"status"`
	VisibleAt time.Time `json:"visible_at"`
}

// controlTraces lists the rows of ?internet_message_id=, of one ?recipient= or of all. With PATCH, {"status": "…"}, it
// first does to them what Microsoft may do later: a message that is released from quarantine or no longer pending
// arrives in the mailbox.
func (s *Sim) controlTraces(r *http.Request, t *tenant) (any, error) {
	query := r.URL.Query()
	if query.Get("internet_message_id") == "" {
		return nil, errors.New("name a message with internet_message_id=")
	}
	var in struct {
		Status string `json:"status"`
	}
	if r.Method == http.MethodPatch {
		if err := decodeBody(r, &in); err != nil {
			return nil, err
		}
		if !oneOf(traceStatuses, in.Status) {
			return nil, errors.New("status is not one of " + strings.Join(traceStatuses, ", "))
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []traceView
	for _, i := range t.trace.byMessageID[messageIDKey(query.Get("internet_message_id"))] {
		row := &t.trace.rows[i]
		if query.Has("recipient") && !strings.EqualFold(query.Get("recipient"), row.recipient) {
			continue
		}
		if in.Status != "" {
			t.settle(row, in.Status, s.now())
		}
		out = append(out, traceView{TraceID: row.traceID, Recipient: row.recipient, Status: row.statusAt(s.now()),
			VisibleAt: row.visible})
	}

	return items(out), nil
}

// settle gives a row its status for good, and its recipient the message where it arrives only now. Whoever is its
// recipient by two addresses gets it once.
func (t *tenant) settle(row *traceRow, status string, now time.Time) {
	had := arrives(row.status)
	row.status, row.first = status, ""
	box := t.owner(row.recipient)
	if had || !arrives(status) || box == nil || box.mailbox == nil ||
		slices.ContainsFunc(box.mailbox.items, func(it *item) bool { return it.content == row.content }) {
		return
	}
	folder := folderInbox
	if status == statusSpam {
		folder = folderJunk
	}
	box.mailbox.put(row.content, box.mailbox.folderByPath(folder), now)
}
