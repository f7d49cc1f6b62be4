package m365sim

import (
	"errors"
	"net/http"
	"time"
)

// controlRequests lists what was asked, of one ?mailbox= (id or any address) or of all, ?since= a time (RFC 3339).
func (s *Sim) controlRequests(r *http.Request, t *tenant) (any, error) {
	query := r.URL.Query()
	var since time.Time
	if text := query.Get("since"); text != "" {
		var err error
		if since, err = time.Parse(time.RFC3339Nano, text); err != nil {
			return nil, errors.New("since is no RFC 3339 time")
		}
	}
	mailbox := ""
	if name := query.Get("mailbox"); name != "" {
		t.mu.Lock()
		box := t.anyRecipient(name)
		t.mu.Unlock()
		if box == nil {
			return nil, errNotFound
		}
		mailbox = box.id
	}

	return items(t.requests.find(mailbox, since)), nil
}
