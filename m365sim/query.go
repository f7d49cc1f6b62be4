package m365sim

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// odata are the query options of one request.
type odata struct {
	selected []string
	filter   *filter
	orderby  string
	expand   string
	top      int // 0: not given
	skip     int
	count    bool
}

// listRules say which options and properties a list takes.
type listRules struct {
	options    []string
	properties []string // of the type; $select may name these
	filters    fieldRules
	orderby    []string
	expands    []string // what $expand may name, nil: it is read elsewhere
	pageSize   int      // Microsoft's default
	maxTop     int
	unfiltered string // error code of a filter that can't be had
	directory  bool   // objects of Entra, some of whose queries must be advanced ones
	outlook    string // the type's name where Outlook answers, which words its refusals in its own way
}

// read parses the query options. An option or property which is not supported is refused, never passed over.
func (rules listRules) read(c *graphCall) (odata, *answer) {
	var o odata
	for name, values := range c.query {
		if !strings.HasPrefix(name, "$") {
			continue
		}
		if name == "$search" && rules.directory && !c.eventual() {
			return o, refuse(c, "Request_UnsupportedQuery", "Request with $search query parameter only works through MSGraph "+
				"with a special request header: 'ConsistencyLevel: eventual'")
		}
		if !slices.Contains(rules.options, name) {
			return o, refuse(c, "BadRequest", fmt.Sprintf("The query parameter '%s' is not supported.", name))
		}
		if len(values) != 1 {
			return o, refuse(c, "BadRequest", fmt.Sprintf("Query option '%s' was specified more than once, but it must be "+
				"specified at most once.", name))
		}
	}
	if refusal := rules.readSelect(c, &o); refusal != nil {
		return o, refusal
	}
	if refusal := rules.readFilter(c, &o); refusal != nil {
		return o, refusal
	}

	if refusal := rules.readPaging(c, &o); refusal != nil {
		return o, refusal
	}

	return o, rules.readAdvanced(c, &o)
}

func refuse(c *graphCall, code, message string) *answer {
	ans := c.failure(http.StatusBadRequest, code, message)

	return &ans
}

func (rules listRules) readSelect(c *graphCall, o *odata) *answer {
	for _, name := range strings.Split(c.query.Get("$select"), ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		i := slices.IndexFunc(rules.properties, func(p string) bool { return strings.EqualFold(p, name) })
		if i < 0 {
			return rules.unknown(c, name)
		}
		o.selected = append(o.selected, rules.properties[i])
	}
	o.orderby, o.expand = c.query.Get("$orderby"), c.query.Get("$expand")
	if o.expand != "" && rules.expands != nil && !slices.Contains(rules.expands, o.expand) {
		return refuse(c, "BadRequest", fmt.Sprintf("Parsing OData Select and Expand failed: Could not find a property named "+
			"'%s' on type '%s'.", o.expand, rules.outlook))
	}
	for _, part := range o.order() {
		if !slices.Contains(rules.orderby, part.field) {
			return refuse(c, "BadRequest", fmt.Sprintf("Sorting by '%s' is not supported.", o.orderby))
		}
	}

	return nil
}

// unknown refuses a property that the type has not.
func (rules listRules) unknown(c *graphCall, name string) *answer {
	if rules.outlook != "" {
		return refuse(c, "RequestBroker--ParseUri",
			fmt.Sprintf("Could not find a property named '%s' on type '%s'.", name, rules.outlook))
	}

	return refuse(c, "BadRequest", fmt.Sprintf("Could not find a property named '%s' on the type.", name))
}

// sorting is one part of an $orderby.
type sorting struct {
	field      string
	descending bool
}

func (o odata) order() []sorting {
	var out []sorting
	for _, part := range strings.Split(o.orderby, ",") {
		field, direction, _ := strings.Cut(strings.TrimSpace(part), " ")
		if field != "" {
			out = append(out, sorting{field, strings.EqualFold(direction, "desc")})
		}
	}

	return out
}

func (rules listRules) readFilter(c *graphCall, o *odata) *answer {
	text := c.query.Get("$filter")
	if text == "" {
		return nil
	}
	parsed, err := parseFilter(text)
	if err != nil {
		return refuse(c, "BadRequest", "Invalid filter clause: "+err.Error())
	}
	if refusal := rules.readOutlookFilter(c, parsed); refusal != nil {
		return refusal
	}
	err = rules.filters.check(parsed)
	if err != nil && rules.directory {
		err = rules.filters.withAdvanced().check(parsed)
	}
	if err != nil {
		return refuse(c, rules.unfiltered, "Unsupported or invalid query filter clause specified: "+err.Error())
	}
	o.filter = parsed

	return nil
}

// readOutlookFilter refuses what Outlook would.
func (rules listRules) readOutlookFilter(c *graphCall, parsed *filter) *answer {
	if rules.outlook == "" {
		return nil
	}
	for _, field := range parsed.fields() {
		if name, _, _ := strings.Cut(field, "/"); !slices.Contains(rules.properties, name) {
			return rules.unknown(c, name)
		}
	}
	if err := rules.filters.check(parsed); err != nil {
		return refuse(c, rules.unfiltered, "The query filter contains one or more invalid nodes.")
	}

	return nil
}

func (rules listRules) readPaging(c *graphCall, o *odata) *answer {
	for name, into := range map[string]*int{"$top": &o.top, "$skip": &o.skip} {
		if !c.query.Has(name) {
			continue
		}
		n, err := strconv.Atoi(c.query.Get(name))
		if err == nil && n > rules.maxTop && name == "$top" && rules.outlook != "" {
			return refuse(c, "BadRequest", fmt.Sprintf("The limit of '%d' for Top query has been exceeded. The value from the "+
				"incoming request is '%d'.", rules.maxTop, n))
		}
		if (err != nil || n < 0) && rules.outlook != "" {
			return refuse(c, "BadRequest", fmt.Sprintf("Invalid value '%s' for %s query option found. The %s query option "+
				"requires a non-negative integer value.", c.query.Get(name), name, name))
		}
		if err != nil || n < 0 || name == "$top" && (n == 0 || n > rules.maxTop) {
			return refuse(c, "BadRequest", fmt.Sprintf("Invalid value '%s' for %s: it must be between 1 and %d.",
				c.query.Get(name), name, rules.maxTop))
		}
		*into = n
	}
	if token := c.query.Get("$skiptoken"); token != "" {
		text, err := base64.RawURLEncoding.DecodeString(token)
		n, convErr := strconv.Atoi(string(text))
		if err != nil || convErr != nil || n < 0 {
			return refuse(c, "Directory_ExpiredPageToken", "The specified page token value has expired.")
		}
		o.skip = n
	}
	o.count = c.query.Get("$count") == "true"

	return nil
}

// page cuts one page out of n things: from, to, and the absolute link to the next page, empty on the last.
func (rules listRules) page(c *graphCall, o odata, n int, option string) (int, int, string) {
	size := o.top
	if size == 0 {
		size = rules.pageSize
		if asked := c.sim.pageSize(); asked > 0 {
			size = asked
		}
	}
	from := min(o.skip, n)
	to := min(from+size, n)
	if to == n {
		return from, to, ""
	}
	next := url.Values{}
	for name, values := range c.query {
		next[name] = values
	}
	next.Set(option, strconv.Itoa(to))
	if option == "$skiptoken" {
		next.Set(option, base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(to))))
	}

	return from, to, c.base() + c.path + "?" + next.Encode()
}

// list is a collection answer.
func (c *graphCall) list(what string, o odata, total int, value []entity, next string) answer {
	if len(o.selected) > 0 {
		what += "(" + strings.Join(o.selected, ",") + ")"
	}
	if value == nil {
		value = []entity{}
	}
	body := map[string]any{"@odata.context": c.context(what), "value": value}
	if o.count {
		body["@odata.count"] = total
	}
	if next != "" {
		body["@odata.nextLink"] = next
	}

	return jsonAnswer(http.StatusOK, body)
}

// one is a single entity's answer.
func (c *graphCall) one(status int, what string, e entity) answer {
	body := entity{"@odata.context": c.context(what + "/$entity")}
	for name, value := range e {
		body[name] = value
	}

	return jsonAnswer(status, body)
}

// pick answers only the chosen properties, those by default where none are chosen, and always the annotations.
func pick(e entity, selected, byDefault []string) entity {
	if len(selected) == 0 {
		selected = byDefault
	}
	out := entity{}
	for name, value := range e {
		if strings.HasPrefix(name, "@") || slices.Contains(selected, name) {
			out[name] = value
		}
	}

	return out
}

func seconds(d time.Duration) string { return strconv.Itoa(retrySeconds(d)) }
