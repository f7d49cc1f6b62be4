package m365sim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

var (
	timeOps  = []string{"eq", "ne", "gt", "ge", "lt", "le"}
	equalOps = []string{"eq", "ne"}
)

var messageDefaults = []string{"id", "createdDateTime", "lastModifiedDateTime", "changeKey", "categories",
	"receivedDateTime", "sentDateTime", "hasAttachments", "internetMessageId", "subject", "bodyPreview", "importance",
	"parentFolderId", "conversationId", "conversationIndex", "isDeliveryReceiptRequested", "isReadReceiptRequested",
	"isRead", "isDraft", "webLink", "inferenceClassification", "body", "sender", "from", "toRecipients",
	"ccRecipients", "bccRecipients", "replyTo", "flag"}

var messageList = listRules{
	options:    []string{"$select", "$filter", "$top", "$skip", "$count", "$orderby", "$expand"},
	expands:    []string{"attachments"},
	properties: append([]string{"internetMessageHeaders", "uniqueBody"}, messageDefaults...),
	filters: fieldRules{
		"internetMessageId": {"eq"}, "subject": {"eq", "ne", "startswith", "contains"},
		"from/emailAddress/address": {"eq", "ne", "startswith", "contains"}, "from/emailAddress/name": {"eq", "startswith"},
		"sender/emailAddress/address": {"eq", "ne", "startswith"},
		"receivedDateTime":            timeOps, "sentDateTime": timeOps, "createdDateTime": timeOps,
		"lastModifiedDateTime": timeOps, "isRead": equalOps, "isDraft": equalOps, "hasAttachments": equalOps,
		"importance": equalOps, "conversationId": {"eq"},
	},
	orderby: []string{"receivedDateTime", "subject", "sentDateTime", "createdDateTime", "lastModifiedDateTime",
		"from/emailAddress/address", "from/emailAddress/name", "sender/emailAddress/address", "sender/emailAddress/name"},
	pageSize: 10, maxTop: 1000, unfiltered: "ErrorInvalidUrlQueryFilter", outlook: "microsoft.graph.message",
}

// immutable says whether the client asked for immutable ids, which each request has to do anew.
func (c *graphCall) immutable() bool {
	return strings.Contains(strings.ToLower(strings.Join(c.header.Values("Prefer"), ",")), `idtype="immutableid"`)
}

func (c *graphCall) itemID(it *item) string {
	if c.immutable() {
		return it.immutable
	}

	return it.rest
}

// shown picks the properties asked for; Mail.ReadBasic.All never sees a body.
func (c *graphCall) shown(it *item, o odata) entity {
	names := messageDefaults
	if len(o.selected) > 0 {
		names = withID(o.selected)
	}
	e := c.messageEntity(it, names)
	e["@odata.etag"] = `W/"` + c.changeKey(it) + `"`
	if it.meeting != nil {
		it.meeting.describe(e, o.selected)
	}
	if o.expand == "attachments" {
		e["attachments"] = c.attachmentEntities(it)
	}
	if !slices.ContainsFunc(readBodies, func(p string) bool { return slices.Contains(c.token.Roles, p) }) &&
		slices.Contains(c.token.Roles, "Mail.ReadBasic.All") {
		for _, name := range []string{"body", "bodyPreview", "uniqueBody", "attachments"} {
			delete(e, name)
		}
	}

	return e
}

func listMessages(c *graphCall) answer {
	found, o, refusal := c.searched(messageList)
	if refusal != nil {
		return *refusal
	}
	from, to, next := messageList.page(c, o, len(found), "$skip")
	value := []entity{}
	for _, it := range found[from:to] {
		value = append(value, c.shown(it, o))
	}

	return c.preferred(c.list("users('"+c.target.id+"')/messages", o, len(found), value, next))
}

// countMessages is /messages/$count: the number alone, as text.
func countMessages(c *graphCall) answer {
	rules := messageList
	rules.options = []string{"$filter"}
	found, _, refusal := c.searched(rules)
	if refusal != nil {
		return *refusal
	}

	return textAnswer(http.StatusOK, "text/plain", strconv.Itoa(len(found)))
}

// searched are the messages of the folder in the path, or of all visible ones, that the query asks for.
func (c *graphCall) searched(rules listRules) ([]*item, odata, *answer) {
	o, refusal := rules.read(c)
	if refusal == nil {
		refusal = inefficient(c, o)
	}
	if refusal != nil {
		return nil, o, refusal
	}
	f, refusal := c.folder()
	if refusal != nil {
		return nil, o, refusal
	}

	return c.matching(c.target.mailbox.messages(f), o), o, nil
}

// inefficient refuses what Outlook refuses: what is sorted by must stand in the filter too, in the same order, before
// anything else: https://learn.microsoft.com/graph/api/user-list-messages
func inefficient(c *graphCall, o odata) *answer {
	if o.filter == nil {
		return nil
	}
	fields := slices.Compact(o.filter.fields())
	for i, by := range o.order() {
		if i >= len(fields) || fields[i] != by.field {
			return refuse(c, "InefficientFilter", "The restriction or sort order is too complex for this operation.")
		}
	}

	return nil
}

func (c *graphCall) matching(items []*item, o odata) []*item {
	order := o.order()
	if o.filter == nil && len(order) == 0 {
		return items
	}
	var compared []string
	if o.filter != nil {
		for _, leaf := range o.filter.leaves() {
			name, _, _ := strings.Cut(leaf.field, "/")
			compared = append(compared, name)
		}
	}
	var out []*item
	for _, it := range items {
		if o.filter == nil || o.filter.matches(c.messageEntity(it, compared)) {
			out = append(out, it)
		}
	}
	if len(order) == 0 {
		return out
	}
	slices.SortStableFunc(out, func(a, b *item) int { return c.compareBy(order, a, b) })

	return out
}

func (c *graphCall) compareBy(order []sorting, a, b *item) int {
	for _, by := range order {
		name, _, _ := strings.Cut(by.field, "/")
		names := []string{name}
		difference, _ := compare(at(c.messageEntity(a, names), by.field), at(c.messageEntity(b, names), by.field))
		if by.descending {
			difference = -difference
		}
		if difference != 0 {
			return difference
		}
	}

	return 0
}

// folder is the folder in the path, nil when the path names none.
func (c *graphCall) folder() (*folder, *answer) {
	name, ok := c.params["folder"]
	if !ok {
		return nil, nil
	}
	if f := c.folderNamed(name); f != nil {
		return f, nil
	}
	ans := c.itemNotFound()
	if !wellFormedItemID(name) {
		ans = c.failure(http.StatusBadRequest, "ErrorInvalidIdMalformed", "Id is malformed.")
	}

	return nil, &ans
}

// preferred confirms that immutable ids were given.
func (c *graphCall) preferred(ans answer) answer {
	if !c.immutable() {
		return ans
	}

	return ans.with("Preference-Applied", `IdType="ImmutableId"`)
}

func (c *graphCall) itemNotFound() answer {
	return c.failure(http.StatusNotFound, "ErrorItemNotFound", "The specified object was not found in the store.")
}

// item finds the message in the path. What lies in Recoverable Items is reached through that folder only, unless
// switched otherwise; what lies in the online archive, never.
func (c *graphCall) item() (*item, *answer) {
	f, refusal := c.folder()
	if refusal != nil {
		return nil, refusal
	}
	id := c.params["message"]
	if !wellFormedItemID(id) {
		return nil, refuse(c, "ErrorInvalidIdMalformed", "Id is malformed.")
	}
	it := c.target.mailbox.find(id)
	byID := it != nil && f == nil && (it.folder.visible() || it.folder.recoverable() && c.sim.Switches().RecoverableByID)
	if it == nil || !byID && f != it.folder {
		ans := c.itemNotFound()
		return nil, &ans
	}

	return it, nil
}

func getMessage(c *graphCall) answer {
	rules := messageList
	rules.options = []string{"$select", "$expand"}
	o, refusal := rules.read(c)
	if refusal != nil {
		return *refusal
	}
	it, refusal := c.item()
	if refusal != nil {
		return *refusal
	}

	return c.preferred(c.one(http.StatusOK, "users('"+c.target.id+"')/messages", c.shown(it, o)))
}

// getMIME answers the message as it came, for $value.
func getMIME(c *graphCall) answer {
	it, refusal := c.item()
	if refusal != nil {
		return *refusal
	}

	return textAnswer(http.StatusOK, "text/plain", string(it.raw))
}

// readBody reads a JSON body into v.
func (c *graphCall) readBody(v any) *answer {
	if err := json.Unmarshal(c.body, v); err != nil {
		return refuse(c, "BadRequest", "Unable to read JSON request payload. Please ensure Content-Type header is set "+
			"and payload is of valid JSON format.")
	}

	return nil
}
