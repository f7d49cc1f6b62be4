package m365sim

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// exchangeBatchItem is one request of the admin API's $batch.
type exchangeBatchItem struct {
	ID      string            `json:"id"`
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

// batch runs the requests one after another, under the batch's token. As OData has it, the first failure ends it
// unless the client prefers odata.continue-on-error.
func (c *exchangeCall) batch() answer {
	var in struct {
		Requests []exchangeBatchItem `json:"requests"`
	}
	if err := json.Unmarshal(c.req.body, &in); err != nil || len(in.Requests) == 0 {
		return c.failure(http.StatusBadRequest, "BadRequest", "", "The request body has no list of requests.")
	}
	goOn := strings.Contains(strings.ToLower(strings.Join(c.req.header.Values("Prefer"), ";")), "odata.continue-on-error")
	responses := []map[string]any{}
	for _, item := range in.Requests {
		ans := c.inner(item)
		out := map[string]any{"id": item.ID, "status": ans.status}
		if ans.value != nil {
			out["body"] = ans.value
		}
		responses = append(responses, out)
		if ans.status >= http.StatusBadRequest && !goOn {
			break
		}
	}

	return jsonAnswer(http.StatusOK, map[string]any{"responses": responses})
}

// inner runs one request. Its address may be the whole one, or begin with /adminapi.
func (c *exchangeCall) inner(item exchangeBatchItem) answer {
	address, err := url.Parse(item.URL)
	if err != nil || strings.HasSuffix(strings.ToLower(item.URL), "$batch") {
		return c.failure(http.StatusBadRequest, "BadRequest", "", "The url of request '"+item.ID+"' can't be read.")
	}
	header := http.Header{"Authorization": c.req.header.Values("Authorization")}
	for name, value := range item.Headers {
		header.Set(name, value)
	}
	ans := c.sim.routeExchange(&request{method: strings.ToUpper(item.Method), url: address, header: header,
		body: item.Body, done: c.req.done})
	if ans.drop != "" {
		return c.failure(http.StatusGatewayTimeout, "GatewayTimeout", "", "The request took too long.")
	}

	return ans
}
