package m365sim

import (
	"encoding/base64"
	"fmt"
	"net/http"
)

var attachmentList = listRules{
	options: []string{"$select", "$top", "$skip", "$count"},
	properties: []string{"id", "lastModifiedDateTime", "name", "contentType", "size", "isInline", "contentId",
		"contentLocation", "contentBytes"},
	pageSize: 10, maxTop: 1000, outlook: "microsoft.graph.attachment",
}

// attachmentEntities are a message's attachments as Graph shows them: an attached message has no bytes of its own.
func (c *graphCall) attachmentEntities(it *item) []entity {
	out := []entity{}
	for i, a := range it.attachments {
		e := entity{"@odata.type": "#microsoft.graph.fileAttachment", "@odata.mediaContentType": a.contentType,
			"id": c.tenant.ids.restID("attachment", c.itemID(it), fmt.Sprint(i)), "name": a.name, "contentType": a.contentType,
			"lastModifiedDateTime": instant(it.received), "size": len(a.data), "isInline": a.inline}
		if a.contentType == "message/rfc822" {
			e["@odata.type"] = "#microsoft.graph.itemAttachment"
		} else {
			e["contentId"], e["contentLocation"] = orNull(a.contentID), nil
			e["contentBytes"] = base64.StdEncoding.EncodeToString(a.data)
		}
		out = append(out, e)
	}

	return out
}

func listAttachments(c *graphCall) answer {
	o, refusal := attachmentList.read(c)
	if refusal != nil {
		return *refusal
	}
	it, refusal := c.item()
	if refusal != nil {
		return *refusal
	}
	all := c.attachmentEntities(it)
	for i, e := range all {
		all[i] = pick(e, withID(o.selected), attachmentList.properties)
	}
	from, to, next := attachmentList.page(c, o, len(all), "$skip")

	return c.list("users('"+c.target.id+"')/messages('"+c.itemID(it)+"')/attachments", o, len(all), all[from:to], next)
}

func getAttachment(c *graphCall) answer {
	it, refusal := c.item()
	if refusal != nil {
		return *refusal
	}
	for _, e := range c.attachmentEntities(it) {
		if e["id"] == c.params["attachment"] {
			return c.one(http.StatusOK, "users('"+c.target.id+"')/messages('"+c.itemID(it)+"')/attachments", e)
		}
	}

	return c.itemNotFound()
}
