package m365sim

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// copyView is where one copy of a message lies now.
type copyView struct {
	Mailbox string `json:"mailbox"` // the user's object id
	Address string `json:"address"`
	Folder  string `json:"folder"` // well-known name, or path
	ID      string `json:"id"`     // immutable id
	RestID  string `json:"rest_id"`
	Read    bool   `json:"read"`
	Draft   bool   `json:"draft"`
}

// copies answers the copies of a message, by address and then in order of arrival. What was purged shows only with
// purged, as long as its mailbox keeps it.
func (t *tenant) copies(messageID string, purged bool, now time.Time) []*item {
	var all, out []*item
	address := map[*mailbox]string{}
	for it := range t.itemsByMsgID[messageIDKey(messageID)] {
		all = append(all, it)
	}
	for _, it := range all {
		it.mailbox.expire(now)
	}
	for it := range t.itemsByMsgID[messageIDKey(messageID)] {
		lost := t.byID[it.mailbox.id].mailbox != it.mailbox // with its licence
		if !lost && (purged || it.folder.wellKnown != folderPurges) {
			out = append(out, it)
			address[it.mailbox] = t.byID[it.mailbox.id].mail
		}
	}
	slices.SortFunc(out, func(a, b *item) int {
		if a.mailbox != b.mailbox {
			return strings.Compare(address[a.mailbox], address[b.mailbox])
		}
		return cmp.Or(a.created.Compare(b.created), strings.Compare(a.immutable, b.immutable))
	})

	return out
}

func (t *tenant) copyView(it *item) copyView {
	return copyView{Mailbox: it.mailbox.id, Address: t.byID[it.mailbox.id].mail, Folder: it.folder.path(),
		ID: it.immutable, RestID: it.rest, Read: it.read, Draft: it.draft}
}

// controlCopies lists where the copies of ?internet_message_id= are now, with ?purged=true also those that only a
// hold or the retention of deleted items still keeps.
func (s *Sim) controlCopies(r *http.Request, t *tenant) (any, error) {
	id := r.URL.Query().Get("internet_message_id")
	if id == "" {
		return nil, errors.New("name a message with internet_message_id=")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []copyView
	for _, it := range t.copies(id, r.URL.Query().Get("purged") == "true", s.now()) {
		out = append(out, t.copyView(it))
	}

	return items(out), nil
}

// controlPut puts the RFC 5322 body into one mailbox, into ?folder= (Sent Items when left out), read, as its owner's
// client does with what was sent or moved in: nothing is delivered, and no trace row appears.
func (s *Sim) controlPut(r *http.Request, t *tenant) (any, error) {
	raw, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if err != nil {
		return nil, err
	}
	now := s.now()
	c, err := parseContent(raw, now.Truncate(time.Second))
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	owner := t.anyRecipient(r.PathValue("address"))
	if owner == nil || owner.mailbox == nil {
		return nil, errNotFound
	}
	it := owner.mailbox.put(c, owner.mailbox.folderByPath(cmp.Or(r.URL.Query().Get("folder"), folderSent)), now)
	it.read = true

	return t.copyView(it), nil
}

// controlTouch does to the copies of ?internet_message_id=, in one ?mailbox= or in all, what their owners might:
// {"folder": "archive", "read": true, "purge": false}.
func (s *Sim) controlTouch(r *http.Request, t *tenant) (any, error) {
	var in struct {
		Folder string `json:"folder"`
		Read   *bool  `json:"read"`
		Purge  bool   `json:"purge"`
	}
	if err := decodeBody(r, &in); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	box := t.anyRecipient(r.URL.Query().Get("mailbox"))
	if r.URL.Query().Has("mailbox") && box == nil {
		return nil, errNotFound
	}
	var out []copyView
	for _, it := range t.copies(r.URL.Query().Get("internet_message_id"), false, s.now()) {
		if box != nil && it.mailbox.id != box.id {
			continue
		}
		if in.Read != nil {
			it.read = *in.Read
		}
		if in.Folder != "" {
			it.move(it.mailbox.folderByPath(in.Folder), s.now())
		}
		if in.Purge {
			it.purge(s.now())
		}
		out = append(out, t.copyView(it))
	}

	return items(out), nil
}
