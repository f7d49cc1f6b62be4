package m365sim

import "net/http"

// moveMessage moves an item: its normal id changes, its immutable id does not.
func moveMessage(c *graphCall) answer {
	it, to, refusal := c.transfer()
	if refusal != nil {
		return *refusal
	}
	it.move(to, c.sim.now())

	return c.transferred(it)
}

// copyMessage leaves the item and puts another of the same content, Message-ID included, into a folder.
func copyMessage(c *graphCall) answer {
	it, to, refusal := c.transfer()
	if refusal != nil {
		return *refusal
	}
	another := c.target.mailbox.put(it.content, to, c.sim.now())
	another.read, another.draft = it.read, it.draft

	return c.transferred(another)
}

// transfer reads what to move or copy, and where to.
func (c *graphCall) transfer() (*item, *folder, *answer) {
	it, refusal := c.item()
	if refusal != nil {
		return nil, nil, refusal
	}
	var body struct {
		DestinationID string `json:"destinationId"`
	}
	if refusal := c.readBody(&body); refusal != nil {
		return nil, nil, refusal
	}
	to, refusal := c.destination(body.DestinationID)
	if refusal == nil && it.folder.recoverable() && c.sim.Switches().RestoreRefused {
		refusal = refuse(c, "ErrorMoveCopyFailed", "The move or copy operation failed.")
	}

	return it, to, refusal
}

func (c *graphCall) transferred(it *item) answer {
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
