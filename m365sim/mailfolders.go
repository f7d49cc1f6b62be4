package m365sim

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

var folderList = listRules{
	options: []string{"$select", "$filter", "$top", "$skip", "$count", "includeHiddenFolders"},
	properties: []string{"id", "displayName", "parentFolderId", "childFolderCount", "unreadItemCount",
		"totalItemCount", "isHidden"},
	filters:  fieldRules{"displayName": {"eq", "startswith"}},
	pageSize: 10, maxTop: 1000, unfiltered: "ErrorInvalidUrlQueryFilter", outlook: "microsoft.graph.mailFolder",
}

func folderEntity(m *mailbox, f *folder) entity {
	e := entity{"id": f.id, "displayName": f.name, "parentFolderId": nil, "childFolderCount": len(m.children(f, false)),
		"isHidden": f.hidden()}
	if f.parent != nil {
		e["parentFolderId"] = f.parent.id
	}
	items := m.messages(f)
	e["totalItemCount"] = len(items)
	e["unreadItemCount"] = len(slices.DeleteFunc(items, func(it *item) bool { return it.read }))

	return e
}

// folderNameInput is the body that creates a folder.
type folderNameInput struct {
	DisplayName string `json:"displayName"`
}

// createFolder makes a folder at the top, or inside the folder in the path.
func createFolder(c *graphCall) answer {
	var in folderNameInput
	if refusal := c.readBody(&in); refusal != nil {
		return *refusal
	}
	parent, refusal := c.folderOrRoot()
	if refusal != nil {
		return *refusal
	}
	box := c.target.mailbox
	named := func(f *folder) bool { return strings.EqualFold(f.name, in.DisplayName) }
	switch {
	case !parent.visible():
		return c.failure(http.StatusForbidden, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
	case in.DisplayName == "":
		return *refuse(c, "ErrorInvalidRequest", "The property 'DisplayName' is required when creating the entity.")
	case slices.ContainsFunc(box.children(parent, true), named):
		return c.failure(http.StatusConflict, "ErrorFolderExists",
			"A folder with the specified name already exists., Could not create folder '"+in.DisplayName+"'.")
	}
	made := folderEntity(box, box.child(parent, in.DisplayName))
	c.changed = true

	return c.one(http.StatusCreated, "users('"+c.target.id+"')/mailFolders", made)
}

// deleteFolder moves a folder with what it holds into Deleted Items; from there its items go to Recoverable Items.
func deleteFolder(c *graphCall) answer {
	f, refusal := c.folder()
	if refusal != nil {
		return *refusal
	}
	if f.wellKnown != "" {
		return c.failure(http.StatusForbidden, "ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be deleted.")
	}
	box, now := c.target.mailbox, c.sim.now()
	if deleted := box.wellKnown(folderDeleted); !f.within(deleted) {
		f.parent = deleted
	} else {
		box.empty(f, now)
	}
	c.changed = true

	return emptyAnswer(http.StatusNoContent)
}

// within says whether the folder lies somewhere inside another.
func (f *folder) within(other *folder) bool {
	return f.parent != nil && (f.parent == other || f.parent.within(other))
}

// empty takes a folder and all inside it away.
func (m *mailbox) empty(f *folder, now time.Time) {
	for _, inner := range m.children(f, true) {
		m.empty(inner, now)
	}
	for _, it := range m.messages(f) {
		it.move(m.wellKnown(folderRecoverable), now)
	}
	delete(m.folders, "id:"+f.id)
}

// folderOrRoot is the folder in the path, the root when the path names none.
func (c *graphCall) folderOrRoot() (*folder, *answer) {
	f, refusal := c.folder()
	if f == nil && refusal == nil {
		f = c.target.mailbox.wellKnown(folderRoot)
	}

	return f, refusal
}

// listFolders answers the folders at the top, or those inside the folder in the path.
func listFolders(c *graphCall) answer {
	o, refusal := folderList.read(c)
	if refusal != nil {
		return *refusal
	}
	parent, refusal := c.folderOrRoot()
	if refusal != nil {
		return *refusal
	}
	box := c.target.mailbox
	var all []entity
	for _, f := range box.children(parent, strings.EqualFold(c.query.Get("includeHiddenFolders"), "true")) {
		if e := folderEntity(box, f); o.filter == nil || o.filter.matches(e) {
			all = append(all, pick(e, withID(o.selected), folderList.properties))
		}
	}
	from, to, next := folderList.page(c, o, len(all), "$skip")

	return c.list("users('"+c.target.id+"')/mailFolders", o, len(all), all[from:to], next)
}

func withID(selected []string) []string {
	if len(selected) == 0 {
		return nil
	}

	return append(slices.Clone(selected), "id")
}

func getFolder(c *graphCall) answer {
	o, refusal := folderList.read(c)
	if refusal != nil {
		return *refusal
	}
	f, refusal := c.folder()
	if refusal != nil {
		return *refusal
	}
	e := pick(folderEntity(c.target.mailbox, f), withID(o.selected), folderList.properties)

	return c.one(http.StatusOK, "users('"+c.target.id+"')/mailFolders", e)
}
