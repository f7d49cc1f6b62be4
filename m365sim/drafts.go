package m365sim

import (
	"net/http"
	"strconv"
	"strings"
)

// messageInput are the properties a client may set.
type messageInput struct {
	Subject           *string          `json:"subject"`
	InternetMessageID *string          `json:"internetMessageId"`
	IsRead            *bool            `json:"isRead"`
	Body              *bodyInput       `json:"body"`
	From              *recipientInput  `json:"from"`
	ToRecipients      []recipientInput `json:"toRecipients"`
	Extended          []extendedInput  `json:"singleValueExtendedProperties"`
}

// extendedInput is a MAPI property: https://learn.microsoft.com/graph/api/resources/singlevaluelegacyextendedproperty
type extendedInput struct {
	ID    string `json:"id"`
	Value string `json:"value"`
}

// Of PR_MESSAGE_FLAGS: "unsent" makes a message a draft. It can be set at the message's creation only:
// https://learn.microsoft.com/office/client-developer/outlook/mapi/pidtagmessageflags-canonical-property
const (
	messageFlags = "Integer 0x0E07"
	flagRead     = 1
	flagUnsent   = 8
)

// flags are the message flags that a client sets; false for none.
func (in messageInput) flags() (int, bool) {
	for _, p := range in.Extended {
		if !strings.EqualFold(p.ID, messageFlags) {
			continue
		}
		flags, err := strconv.Atoi(p.Value)
		return flags, err == nil
	}

	return 0, false
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
		return *refuse(c, "ErrorInvalidPropertyUpdateSentMessage",
			"Update operation is invalid for property of a sent message.")
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

// createMessage makes a draft in a folder, Drafts when none is named; with the message flags of one that was received, a
// message like that. No trace row appears: nothing was sent.
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
	if flags, ok := in.flags(); ok {
		it.draft, it.read = flags&flagUnsent != 0, flags&flagRead != 0
	}
	c.changed = true

	return c.preferred(c.one(http.StatusCreated, "users('"+c.target.id+"')/messages", c.shown(it, odata{})))
}
