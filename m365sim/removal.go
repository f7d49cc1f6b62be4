package m365sim

import (
	"net/http"
	"slices"
	"strings"
)

// moveMessage moves an item: its normal id changes, its immutable id does not.
func moveMessage(c *graphCall) answer {
	it, refusal := c.item()
	if refusal != nil {
		return *refusal
	}
	var body struct {
		DestinationID string `json:"destinationId"`
	}
	if refusal := c.readBody(&body); refusal != nil {
		return *refusal
	}
	to, refusal := c.destination(body.DestinationID)
	if refusal != nil {
		return *refusal
	}
	if it.folder.recoverable() && c.sim.Switches().RestoreRefused {
		return c.failure(http.StatusBadRequest, "ErrorMoveCopyFailed", "The move or copy operation failed.")
	}
	it.move(to, c.sim.now())
	c.changed = true

	return c.preferred(c.one(http.StatusCreated, "users('"+c.target.id+"')/messages", c.shown(it, odata{})))
}

func (c *graphCall) destination(name string) (*folder, *answer) {
	if name == "" {
		return nil, refuse(c, "ErrorInvalidRequest", "The parameter 'DestinationId' is required.")
	}
	if f := c.folderNamed(name); f != nil && f.wellKnown != folderRoot {
		return f, nil
	}
	if !wellFormedItemID(name) {
		return nil, refuse(c, "ErrorInvalidIdMalformed", "Id is malformed.")
	}
	ans := c.failure(http.StatusNotFound, "ErrorFolderNotFound", "The specified folder could not be found in the store.")

	return nil, &ans
}

// removable is the item to delete or purge. Nothing is deleted out of Recoverable Items, not by a kept immutable
// id either: 403 ErrorCannotDeleteObject, as reported in microsoft-graph-docs issue 2894 and
// msgraph-sdk-dotnet issue 3047.
func (c *graphCall) removable() (*item, *answer) {
	if it := c.target.mailbox.find(c.params["message"]); it != nil && it.folder.recoverable() &&
		(c.params["folder"] != "" || it.immutable == c.params["message"]) {
		ans := c.failure(http.StatusForbidden, "ErrorCannotDeleteObject", "Object cannot be deleted.")
		return nil, &ans
	}

	return c.item()
}

// deleteMessage moves the item to Recoverable Items, or to Deleted Items first where so switched. The documentation
// names no target; the reports above show that a second DELETE finds it in Recoverable Items.
func deleteMessage(c *graphCall) answer {
	it, refusal := c.removable()
	if refusal != nil {
		return *refusal
	}
	to := folderRecoverable
	if c.sim.Switches().DeleteToDeletedItems && it.folder.wellKnown != folderDeleted {
		to = folderDeleted
	}
	it.move(c.target.mailbox.wellKnown(to), c.sim.now())
	c.changed = true

	return emptyAnswer(http.StatusNoContent)
}

// purgeMessage is permanentDelete. Only the mailbox knows of the copy that it keeps in Purges:
// https://learn.microsoft.com/graph/api/message-permanentdelete
func purgeMessage(c *graphCall) answer {
	find := c.removable
	if c.sim.Switches().RecoverablePurge {
		find = c.item
	}
	it, refusal := find()
	if refusal != nil {
		return *refusal
	}
	it.purge(c.sim.now())
	c.changed = true

	return emptyAnswer(http.StatusNoContent)
}

// messageInput are the properties a client may set.
type messageInput struct {
	Subject           *string          `json:"subject"`
	InternetMessageID *string          `json:"internetMessageId"`
	IsRead            *bool            `json:"isRead"`
	Body              *bodyInput       `json:"body"`
	From              *recipientInput  `json:"from"`
	ToRecipients      []recipientInput `json:"toRecipients"`
}

type bodyInput struct {
	ContentType string `json:"contentType"`
	Content     string `json:"content"`
}

type recipientInput struct {
	EmailAddress struct {
		Name    string `json:"name"`
		Address string `json:"address"`
	} `json:"emailAddress"`
}

// updateMessage changes the read state of any message, and the content of a draft.
func updateMessage(c *graphCall) answer {
	it, refusal := c.item()
	if refusal != nil {
		return *refusal
	}
	var in messageInput
	if refusal := c.readBody(&in); refusal != nil {
		return *refusal
	}
	edits := in.Subject != nil || in.InternetMessageID != nil || in.Body != nil || in.From != nil || in.ToRecipients != nil
	if edits && !it.draft {
		return *refuse(c, "ErrorInvalidPropertySet", "The property can only be set on a draft.")
	}
	if in.IsRead != nil {
		it.read = *in.IsRead
	}
	if edits {
		c.tenant.unindex(it)
		it.content = in.apply(*it.content)
		c.tenant.index(it)
	}
	it.modified = c.sim.now()
	c.changed = true

	return c.preferred(c.one(http.StatusOK, "users('"+c.target.id+"')/messages", c.shown(it, odata{})))
}

func (t *tenant) unindex(it *item) { delete(t.itemsByMsgID[messageIDKey(it.messageID)], it) }

// apply answers the content with the given properties set.
func (in messageInput) apply(c content) *content {
	if in.Subject != nil {
		c.subject = *in.Subject
	}
	if in.InternetMessageID != nil {
		c.messageID = *in.InternetMessageID
	}
	if in.Body != nil {
		c.body, c.html = in.Body.Content, in.Body.ContentType == "html"
	}
	if in.From != nil {
		c.from = in.From.address()
		c.sender = c.from
	}
	if in.ToRecipients != nil {
		c.to = nil
		for _, r := range in.ToRecipients {
			c.to = append(c.to, r.address())
		}
	}
	c.raw = c.compose()

	return &c
}

// createMessage makes a draft in a folder, Drafts when none is named. No trace row appears: nothing was sent.
func createMessage(c *graphCall) answer {
	var in messageInput
	if refusal := c.readBody(&in); refusal != nil {
		return *refusal
	}
	f, refusal := c.folder()
	if refusal != nil {
		return *refusal
	}
	box, now := c.target.mailbox, c.sim.now()
	if f == nil {
		f = box.wellKnown(folderDrafts)
	}
	blank := content{messageID: "<" + c.sim.nextID("draft") + "@" + c.tenant.domain + ">", sent: now, received: now}
	it := box.put(in.apply(blank), f, now)
	it.draft, it.read = true, in.IsRead == nil || *in.IsRead
	c.changed = true

	return c.preferred(c.one(http.StatusCreated, "users('"+c.target.id+"')/messages", c.shown(it, odata{})))
}

var folderList = listRules{
	options: []string{"$select", "$filter", "$top", "$skip", "$count", "includeHiddenFolders"},
	properties: []string{"id", "displayName", "parentFolderId", "childFolderCount", "unreadItemCount",
		"totalItemCount", "isHidden"},
	filters: fieldRules{"displayName": {"eq", "startswith"}}, unfiltered: "ErrorInvalidUrlQueryFilter",
	pageSize: 10, maxTop: 1000,
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

// listFolders answers the folders at the top, or those inside the folder in the path.
func listFolders(c *graphCall) answer {
	o, refusal := folderList.read(c)
	if refusal != nil {
		return *refusal
	}
	parent, refusal := c.folder()
	if refusal != nil {
		return *refusal
	}
	box := c.target.mailbox
	if parent == nil {
		parent = box.wellKnown(folderRoot)
	}
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
