package m365sim

import "net/mail"

// messageProperties is a message as Graph shows it. A request pays only for what it selects, filters or sorts by: a
// filter looks at every message of the mailbox.
var messageProperties = map[string]func(*graphCall, *item) any{
	"id":                   func(c *graphCall, it *item) any { return c.itemID(it) },
	"changeKey":            func(c *graphCall, it *item) any { return c.changeKey(it) },
	"categories":           func(*graphCall, *item) any { return []string{} },
	"createdDateTime":      func(_ *graphCall, it *item) any { return instant(it.created) },
	"lastModifiedDateTime": func(_ *graphCall, it *item) any { return instant(it.modified) },
	"receivedDateTime":     func(_ *graphCall, it *item) any { return instant(it.received) },
	"sentDateTime":         func(_ *graphCall, it *item) any { return instant(it.sent) },
	"hasAttachments":       func(_ *graphCall, it *item) any { return it.attached() },
	"internetMessageId":    func(_ *graphCall, it *item) any { return it.messageID },
	"subject":              func(_ *graphCall, it *item) any { return it.subject },
	"bodyPreview":          func(_ *graphCall, it *item) any { return it.preview() },
	"importance":           func(*graphCall, *item) any { return "normal" },
	"parentFolderId":       func(_ *graphCall, it *item) any { return it.folder.id },
	"conversationId":       func(c *graphCall, it *item) any { return c.tenant.ids.restID("conversation", it.messageID) },
	"conversationIndex": func(c *graphCall, it *item) any {
		return c.tenant.ids.conversationIndex(it.messageID)
	},
	"isDeliveryReceiptRequested": func(*graphCall, *item) any { return false },
	"isReadReceiptRequested":     func(*graphCall, *item) any { return false },
	"isRead":                     func(_ *graphCall, it *item) any { return it.read },
	"isDraft":                    func(_ *graphCall, it *item) any { return it.draft },
	"webLink": func(_ *graphCall, it *item) any {
		return "https://outlook.office365.com/owa/?ItemID=" + it.rest + "&exvsurl=1&viewmodel=ReadMessageItem"
	},
	"inferenceClassification": func(*graphCall, *item) any { return "focused" },
	"body": func(_ *graphCall, it *item) any {
		return entity{"contentType": contentType(it), "content": it.body}
	},
	"uniqueBody":             func(*graphCall, *item) any { return nil },
	"sender":                 func(_ *graphCall, it *item) any { return recipientOrNull(it.sender) },
	"from":                   func(_ *graphCall, it *item) any { return recipientOrNull(it.from) },
	"toRecipients":           func(_ *graphCall, it *item) any { return recipients(it.to) },
	"ccRecipients":           func(_ *graphCall, it *item) any { return recipients(it.cc) },
	"bccRecipients":          func(*graphCall, *item) any { return []entity{} },
	"replyTo":                func(*graphCall, *item) any { return []entity{} },
	"flag":                   func(*graphCall, *item) any { return entity{"flagStatus": "notFlagged"} },
	"internetMessageHeaders": func(_ *graphCall, it *item) any { return headerEntities(it) },
}

// messageEntity is a message with those of the named properties that it has.
func (c *graphCall) messageEntity(it *item, names []string) entity {
	e := make(entity, len(names)+1)
	for _, name := range names {
		if show, ok := messageProperties[name]; ok {
			e[name] = show(c, it)
		}
	}

	return e
}

func (c *graphCall) changeKey(it *item) string {
	return c.tenant.ids.token(it.rest, "change", instant(it.modified))[:24]
}

func contentType(it *item) string {
	if it.html {
		return "html"
	}

	return "text"
}

func recipientOrNull(a mail.Address) any {
	if a.Address == "" && a.Name == "" {
		return nil
	}
	name := a.Name
	if name == "" {
		name = a.Address
	}

	return entity{"emailAddress": entity{"name": name, "address": a.Address}}
}

func recipients(list []mail.Address) []any {
	out := []any{}
	for _, a := range list {
		out = append(out, recipientOrNull(a))
	}

	return out
}

func headerEntities(it *item) []entity {
	out := []entity{}
	for _, h := range it.headers {
		out = append(out, entity{"name": h[0], "value": h[1]})
	}

	return out
}
