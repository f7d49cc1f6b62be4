package m365sim

import (
	"net/http"
	"strings"
)

// The mailbox item API addresses mailboxes by an id of their own:
// https://learn.microsoft.com/graph/api/resources/mailbox

var mailboxItemList = listRules{
	options:    []string{"$select", "$top", "$skip", "$count"},
	properties: []string{"id", "changeKey", "categories", "createdDateTime", "lastModifiedDateTime", "size", "type"},
	pageSize:   10, maxTop: 1000, outlook: "microsoft.graph.mailboxItem",
}

var mailboxFolderList = listRules{
	options:    []string{"$select", "$top", "$skip", "$count"},
	properties: []string{"id", "displayName", "parentFolderId", "childFolderCount", "totalItemCount", "type"},
	pageSize:   10, maxTop: 1000, outlook: "microsoft.graph.mailboxFolder",
}

// mailboxID is the id of a user's primary mailbox.
func (t *tenant) mailboxID(r *recipient) string {
	return "MBX:" + t.ids.uuid("mailbox", r.id) + "@" + t.id
}

// byMailboxID finds the user of a mailbox id, nil where there is none.
func (t *tenant) byMailboxID(id string) *recipient {
	for len(t.indexedMailboxes) < len(t.recipients) {
		r := t.recipients[len(t.indexedMailboxes)]
		t.indexedMailboxes[strings.ToLower(t.mailboxID(r))] = r
	}

	return t.indexedMailboxes[strings.ToLower(id)]
}

// getExchangeSettings is GET /users/{id}/settings/exchange, where one learns the mailbox id:
// https://learn.microsoft.com/graph/api/usersettings-list-exchange
func getExchangeSettings(c *graphCall) answer {
	switch {
	case c.target == nil:
		return c.notFound(c.params["user"])
	case c.target.mailbox == nil:
		return c.noMailbox()
	}

	return jsonAnswer(http.StatusOK, entity{"@odata.context": c.context("users('" + c.target.id + "')/settings/exchange"),
		"primaryMailboxId": c.tenant.mailboxID(c.target)})
}

func (c *graphCall) mailboxContext(what string) string {
	return "admin/exchange/mailboxes('" + c.tenant.mailboxID(c.target) + "')/folders" + what
}

func listMailboxFolders(c *graphCall) answer {
	o, refusal := mailboxFolderList.read(c)
	if refusal != nil {
		return *refusal
	}
	box := c.target.mailbox
	var all []entity
	for _, f := range box.children(box.wellKnown(folderRoot), strings.EqualFold(c.query.Get("includeHiddenFolders"), "true")) {
		e := folderEntity(box, f)
		e["type"] = "IPF.Note"
		all = append(all, pick(e, withID(o.selected), mailboxFolderList.properties))
	}
	from, to, next := mailboxFolderList.page(c, o, len(all), "$skip")

	return c.list(c.mailboxContext(""), o, len(all), all[from:to], next)
}

func listMailboxItems(c *graphCall) answer {
	o, refusal := mailboxItemList.read(c)
	if refusal != nil {
		return *refusal
	}
	f, refusal := c.folder()
	if refusal != nil {
		return *refusal
	}
	found := c.target.mailbox.messages(f)
	from, to, next := mailboxItemList.page(c, o, len(found), "$skip")
	var value []entity
	for _, it := range found[from:to] {
		e := c.messageEntity(it, mailboxItemList.properties)
		e["size"], e["type"] = len(it.raw), "IPM.Note"
		if it.meeting != nil {
			_, _, e["type"] = it.meeting.kind()
		}
		value = append(value, pick(e, withID(o.selected), mailboxItemList.properties))
	}

	return c.preferred(c.list(c.mailboxContext("('"+f.id+"')/items"), o, len(found), value, next))
}

// deleteMailboxItem deletes as its disposalType says. A held item's hardDelete is 403, the only answer by which a
// hold shows at all: https://learn.microsoft.com/graph/api/mailboxfolder-delete-items
func deleteMailboxItem(c *graphCall) answer {
	disposal := c.query.Get("disposalType")
	if disposal != "softDelete" && disposal != "hardDelete" {
		return *refuse(c, "BadRequest", "The query parameter 'disposalType' is required and must be softDelete or hardDelete.")
	}
	it, refusal := c.item()
	if refusal != nil {
		return *refusal
	}
	switch {
	case disposal == "hardDelete" && it.mailbox.hold:
		return c.failure(http.StatusForbidden, "ErrorAccessDenied",
			"The item is protected by a hold or retention policy and can't be permanently deleted.")
	case disposal == "hardDelete":
		it.remove()
	case it.folder.recoverable():
		it.purge(c.sim.now())
	default:
		it.move(it.mailbox.wellKnown(folderRecoverable), c.sim.now())
	}
	c.changed = true

	return emptyAnswer(http.StatusNoContent)
}
