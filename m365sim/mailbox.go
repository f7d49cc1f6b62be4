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
	inFlight int
}

type folder struct {
	id, name, wellKnown string
	parent              *folder
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

const (
	folderInbox       = "inbox"
	folderDeleted     = "deleteditems"
	folderDrafts      = "drafts"
	folderSent        = "sentitems"
	folderJunk        = "junkemail"
	folderRoot        = "msgfolderroot"
	folderRecoverable = "recoverableitemsdeletions"

	mailboxConcurrency = 4
)

// wellKnownFolders are the names Graph takes in place of a folder id, with their display names.
var wellKnownFolders = map[string]string{
	folderRoot: "Top of Information Store", folderInbox: "Inbox", folderDeleted: "Deleted Items",
	folderDrafts: "Drafts", folderSent: "Sent Items", folderJunk: "Junk Email", "archive": "Archive",
	"outbox": "Outbox", "conversationhistory": "Conversation History", folderRecoverable: "Deletions",
}

// visibleFolders are the children of the root in every mailbox.
var visibleFolders = []string{"archive", "conversationhistory", folderDeleted, folderDrafts, folderInbox,
	folderJunk, "outbox", folderSent}

func (t *tenant) newMailbox(id string) *mailbox {
	return &mailbox{id: id, tenant: t}
}

func (m *mailbox) wellKnown(name string) *folder {
	if f := m.folders[name]; f != nil {
		return f
	}
	f := &folder{id: m.tenant.ids.folderID(m.id, name), name: wellKnownFolders[name], wellKnown: name}
	if name != folderRoot && name != folderRecoverable {
		f.parent = m.wellKnown(folderRoot)
	}
	m.keep(name, f)

	return f
}

func (m *mailbox) keep(key string, f *folder) {
	if m.folders == nil {
		m.folders = map[string]*folder{}
	}
	m.folders[key] = f
}

// folderByPath finds or makes a folder by well-known name or by a path such as "Inbox/Projects".
func (m *mailbox) folderByPath(path string) *folder {
	if _, ok := wellKnownFolders[strings.ToLower(path)]; ok {
		return m.wellKnown(strings.ToLower(path))
	}
	at := m.wellKnown(folderRoot)
	for _, name := range strings.Split(strings.Trim(path, "/"), "/") {
		at = m.child(at, name)
	}

	return at
}

func (m *mailbox) child(parent *folder, name string) *folder {
	for _, f := range m.children(parent) {
		if strings.EqualFold(f.name, name) {
			return f
		}
	}
	f := &folder{id: m.tenant.ids.folderID(m.id, parent.id, strings.ToLower(name)), name: name, parent: parent}
	m.keep("id:"+f.id, f)

	return f
}

func (m *mailbox) children(parent *folder) []*folder {
	for _, name := range visibleFolders {
		m.wellKnown(name)
	}
	var out []*folder
	for _, f := range m.folders {
		if f.parent == parent && parent != nil {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b *folder) int { return strings.Compare(a.name, b.name) })

	return out
}

// folder finds a folder as Graph names it: by well-known name, or by id. Recoverable Items goes by name only,
// the stricter reading of what is seen in practice.
func (m *mailbox) folder(nameOrID string) *folder {
	if _, ok := wellKnownFolders[strings.ToLower(nameOrID)]; ok {
		return m.wellKnown(strings.ToLower(nameOrID))
	}
	m.children(m.wellKnown(folderRoot))
	for _, f := range m.folders {
		if f.id == nameOrID && f.wellKnown != folderRecoverable {
			return f
		}
	}

	return nil
}

// path answers the well-known name, or the path from the root as control shows it.
func (f *folder) path() string {
	if f.wellKnown != "" {
		return f.wellKnown
	}
	if f.parent == nil || f.parent.wellKnown == folderRoot {
		return f.name
	}
	above := f.parent.name
	if f.parent.wellKnown == "" {
		above = f.parent.path()
	}

	return above + "/" + f.name
}

func (f *folder) recoverable() bool { return f.wellKnown == folderRecoverable }

// put creates an item; its ids depend only on the mailbox and the order of creation in it.
func (m *mailbox) put(c *content, f *folder, now time.Time) *item {
	m.open()
	return m.store(c, f, now)
}

func (m *mailbox) store(c *content, f *folder, now time.Time) *item {
	m.serial++
	it := &item{
		content: c, mailbox: m, folder: f, created: now, modified: now,
		immutable: m.tenant.ids.immutableID(m.id, fmt.Sprint(m.serial)),
	}
	it.renew()
	m.items = append(m.items, it)
	m.tenant.index(it)

	return it
}

// renew gives the item the normal id of its present place.
func (it *item) renew() {
	it.version++
	it.rest = it.mailbox.tenant.ids.restID(it.immutable, fmt.Sprint(it.version))
}

func (it *item) move(to *folder, now time.Time) {
	it.folder, it.modified = to, now
	it.renew()
}

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
		if f == nil && !it.folder.recoverable() || f == it.folder {
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
