package m365sim

import (
	"slices"
	"strings"
)

type folder struct {
	id, name, wellKnown string
	parent              *folder
}

const (
	folderInbox       = "inbox"
	folderDeleted     = "deleteditems"
	folderDrafts      = "drafts"
	folderSent        = "sentitems"
	folderJunk        = "junkemail"
	folderRoot        = "msgfolderroot"
	folderSyncIssues  = "syncissues"
	folderRecoverable = "recoverableitemsdeletions"
	folderPurges      = "recoverableitemspurges"
	folderVersions    = "recoverableitemsversions"
	folderArchive     = "onlinearchive" // ours: the online archive is a mailbox of its own, with folders of its own
)

// wellKnownFolders are the folders every mailbox has, with their display names. The names are Graph's, but for the
// last three.
var wellKnownFolders = map[string]string{
	folderRoot: "Top of Information Store", folderInbox: "Inbox", folderDeleted: "Deleted Items",
	folderDrafts: "Drafts", folderSent: "Sent Items", folderJunk: "Junk Email", "archive": "Archive",
	"outbox": "Outbox", "conversationhistory": "Conversation History", "clutter": "Clutter",
	"searchfolders": "Finder", "scheduled": "Scheduled", folderSyncIssues: "Sync Issues", "conflicts": "Conflicts",
	"localfailures": "Local Failures", "serverfailures": "Server Failures", folderRecoverable: "Deletions",
	folderPurges: "Purges", folderVersions: "Versions", folderArchive: "Online Archive",
}

var (
	// visibleFolders are the children of the root in every mailbox.
	visibleFolders = []string{"archive", "conversationhistory", folderDeleted, folderDrafts, folderInbox,
		folderJunk, "outbox", folderSent}
	// hiddenFolders are listed with includeHiddenFolders=true only.
	hiddenFolders = []string{"clutter", "scheduled", folderSyncIssues}
	// rootless folders lie beside the root, not under it.
	rootless = []string{folderRoot, "searchfolders", folderRecoverable, folderPurges, folderVersions, folderArchive}
	// outOfSight is what /messages does not search, nor any list of folders shows.
	outOfSight = []string{folderRecoverable, folderPurges, folderVersions, folderArchive}
)

func (m *mailbox) wellKnown(name string) *folder {
	if f := m.folders[name]; f != nil {
		return f
	}
	f := &folder{id: m.tenant.ids.folderID(m.id, name), name: wellKnownFolders[name], wellKnown: name}
	switch {
	case name == "conflicts", name == "localfailures", name == "serverfailures":
		f.parent = m.wellKnown(folderSyncIssues)
	case !slices.Contains(rootless, name):
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

// child finds or makes a folder by its display name.
func (m *mailbox) child(parent *folder, name string) *folder {
	for _, f := range m.children(parent, true) {
		if strings.EqualFold(f.name, name) {
			return f
		}
	}
	f := &folder{id: m.tenant.ids.folderID(m.id, parent.id, strings.ToLower(name)), name: name, parent: parent}
	m.keep("id:"+f.id, f)

	return f
}

// children are the folders inside another, by name.
func (m *mailbox) children(parent *folder, withHidden bool) []*folder {
	names := visibleFolders
	if withHidden {
		names = slices.Concat(visibleFolders, hiddenFolders, []string{"conflicts", "localfailures", "serverfailures"})
	}
	for _, name := range names {
		m.wellKnown(name)
	}
	var out []*folder
	for _, f := range m.folders {
		if f.parent == parent && parent != nil && (withHidden || !f.hidden()) {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b *folder) int { return strings.Compare(a.name, b.name) })

	return out
}

// folderNamed finds a folder as Graph names it: by well-known name, or by id. Recoverable Items goes by name only,
// the stricter reading of what is seen in practice.
func (c *graphCall) folderNamed(nameOrID string) *folder {
	m, name := c.target.mailbox, strings.ToLower(nameOrID)
	switch {
	case name == folderArchive, !c.sim.Switches().PurgesByName && (name == folderPurges || name == folderVersions):
		return nil
	case wellKnownFolders[name] != "":
		return m.wellKnown(name)
	}
	m.children(m.wellKnown(folderRoot), false)
	for _, f := range m.folders {
		if f.id == nameOrID && f.visible() {
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

// recoverable says whether the folder is where soft-deleted items lie.
func (f *folder) recoverable() bool { return f.wellKnown == folderRecoverable }

// visible says whether the user sees the folder's items, and a search over all messages finds them.
func (f *folder) visible() bool { return !slices.Contains(outOfSight, f.wellKnown) }

func (f *folder) hidden() bool { return slices.Contains(hiddenFolders, f.wellKnown) }
