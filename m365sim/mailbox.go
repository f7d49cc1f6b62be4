package m365sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// mailbox is one cloud mailbox. Its folders and its old mail are made when somebody first looks.
type mailbox struct {
	id       string // the user's object id
	tenant   *tenant
	folders  map[string]*folder // by well-known name, or "path:" + path
	items    []*item
	opened   bool
	serial   int
	admitted []*admission  // of each app that asks
	hold     bool          // litigation hold: Recoverable Items keep what they have for ever
	archive  bool          // has an online archive
	retains  time.Duration // how long Recoverable Items keep an item; 0 is Exchange's 14 days
}

// item is one message in a mailbox. Copies of one delivery share their content.
type item struct {
	*content
	mailbox   *mailbox
	folder    *folder
	immutable string // survives moves inside the mailbox
	rest      string // changes with every move
	read      bool
	draft     bool
	created   time.Time
	modified  time.Time
	version   int
}

func (t *tenant) newMailbox(id string) *mailbox {
	return &mailbox{id: id, tenant: t}
}

// put creates an item; its ids depend only on the mailbox and the order of creation in it.
func (m *mailbox) put(c *content, f *folder, now time.Time) *item {
	m.open()
	return m.store(c, f, now)
}

func (m *mailbox) store(c *content, f *folder, now time.Time) *item {
	it := &item{content: c, mailbox: m, folder: f, created: now, modified: now, immutable: m.nextImmutable()}
	it.renew()
	m.items = append(m.items, it)
	m.tenant.index(it)

	return it
}

func (m *mailbox) nextImmutable() string {
	m.serial++

	return m.tenant.ids.immutableID(m.id, fmt.Sprint(m.serial))
}

// renew gives the item the normal id of its present place.
func (it *item) renew() {
	it.version++
	it.rest = it.mailbox.tenant.ids.restID(it.immutable, fmt.Sprint(it.version))
}

// move puts the item into another folder. Its immutable id stays, but for a move to or from the online archive:
// https://learn.microsoft.com/graph/outlook-immutable-id
func (it *item) move(to *folder, now time.Time) {
	if (to.wellKnown == folderArchive) != (it.folder.wellKnown == folderArchive) {
		it.immutable = it.mailbox.nextImmutable()
	}
	it.folder, it.modified = to, now
	it.renew()
}

// remove takes the item out of the mailbox for good; nothing at Microsoft's brings it back.
func (it *item) remove() {
	m := it.mailbox
	m.items = slices.DeleteFunc(m.items, func(other *item) bool { return other == it })
	delete(m.tenant.itemsByMsgID[messageIDKey(it.messageID)], it)
}

// find answers the item with either kind of id, nil where there is none.
func (m *mailbox) find(id string) *item {
	m.open()
	for _, it := range m.items {
		if it.immutable == id || it.rest == id {
			return it
		}
	}

	return nil
}

// messages answers the items of a folder, or of all visible folders when f is nil, newest first.
func (m *mailbox) messages(f *folder) []*item {
	m.open()
	var out []*item
	for _, it := range m.items {
		if f == nil && it.folder.visible() || f == it.folder {
			out = append(out, it)
		}
	}
	slices.SortStableFunc(out, func(a, b *item) int { return b.received.Compare(a.received) })

	return out
}

// open puts the old mail into the mailbox. It is older than the trace's 90 days, so that trace and mailbox agree.
func (m *mailbox) open() {
	if m.opened {
		return
	}
	m.opened = true
	for i := range 4 {
		old := m.tenant.oldMail(m.tenant.ids.number(oldMailKinds, m.id, "old", fmt.Sprint(i)))
		it := m.store(old, m.wellKnown(folderInbox), old.received)
		it.read = i > 0
	}
}

func messageIDKey(id string) string { return strings.ToLower(strings.TrimSpace(id)) }

func (t *tenant) index(it *item) {
	key := messageIDKey(it.messageID)
	if t.itemsByMsgID[key] == nil {
		t.itemsByMsgID[key] = map[*item]bool{}
	}
	t.itemsByMsgID[key][it] = true
}
