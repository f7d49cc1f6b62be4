package m365sim

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// results answers a cmdlet's objects in pages by Prefer: odata.maxpagesize. The next page is had by posting the same
// body to the link. ?$select= keeps the named properties.
func (c *exchangeCall) results(rows []entity, warnings []string) answer {
	query := c.req.url.Query()
	from, _ := strconv.Atoi(query.Get("$skiptoken"))
	from = min(max(from, 0), len(rows))
	to := min(from+c.pageSize(), len(rows))
	value := []entity{}
	for _, row := range rows[from:to] {
		value = append(value, selectProperties(row, query.Get("$select")))
	}
	base := c.sim.addresses.Exchange + "/adminapi/beta/" + c.tenant.id
	body := map[string]any{
		"@odata.context":               base + "/$metadata#Collection(Exchange.GenericHashTable)",
		"adminapi.warnings@odata.type": "#Collection(String)", "@adminapi.warnings": warnings, "value": value,
	}
	if to < len(rows) {
		next := fmt.Sprintf("%s/InvokeCommand?$skiptoken=%d", base, to)
		if query.Has("$select") {
			next += "&$select=" + url.QueryEscape(query.Get("$select"))
		}
		body["@odata.nextLink"] = next
	}
	ans := jsonAnswer(http.StatusOK, body)
	if c.req.header.Get("Prefer") != "" {
		ans = ans.with("Preference-Applied", fmt.Sprintf("odata.maxpagesize=%d", c.pageSize()))
	}

	return ans
}

// selectProperties keeps the properties named in a list, with their annotations; an empty list keeps all.
func selectProperties(row entity, list string) entity {
	if list == "" {
		return row
	}
	wanted := strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
	out := entity{}
	for name, value := range row {
		if property, _, _ := strings.Cut(name, "@"); oneOf(wanted, property) {
			out[name] = value
		}
	}

	return out
}

func (c *exchangeCall) pageSize() int {
	size := defaultResultSize
	if c.sim.pageSize() > 0 {
		size = c.sim.pageSize()
	}
	for _, preference := range strings.FieldsFunc(strings.Join(c.req.header.Values("Prefer"), ";"), isPreferenceEnd) {
		name, value, _ := strings.Cut(preference, "=")
		if n, err := strconv.Atoi(strings.TrimSpace(value)); err == nil && n > 0 &&
			strings.EqualFold(strings.TrimSpace(name), "odata.maxpagesize") {
			size = min(n, defaultResultSize)
		}
	}

	return size
}

func isPreferenceEnd(r rune) bool { return r == ';' || r == ',' }
