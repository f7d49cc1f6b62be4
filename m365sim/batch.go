package m365sim

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

const (
	maxBatch         = 20
	batchConcurrency = 4
)

// batchStep is one inner request of a batch.
type batchStep struct {
	ID        string            `json:"id"`
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers"`
	Body      json.RawMessage   `json:"body"`
	DependsOn []string          `json:"dependsOn"`
}

// serveBatch runs a JSON batch. Faults on "POST /$batch" hit it as a whole; faults on other routes hit its inner
// requests. A batch has no time of its own: its inner requests have theirs, four at a time.
func (c *graphCall) serveBatch(r *request) answer {
	if r.method != http.MethodPost {
		return c.noRoute()
	}
	f := c.sim.faultFor(c.tenant, "", asked{"graph", "POST", "/$batch", "/$batch"})

	c.lost = f.lost()

	return f.around(c.done, c.failure, func() answer {
		steps, err := parseBatch(c.body)
		if err != nil {
			return c.failure(http.StatusBadRequest, "BadRequest", err.Error())
		}
		return jsonAnswer(http.StatusOK, map[string]any{"responses": c.runBatch(steps)})
	})
}

func parseBatch(body []byte) ([]batchStep, error) {
	var batch struct {
		Requests []batchStep `json:"requests"`
	}
	if err := json.Unmarshal(body, &batch); err != nil {
		return nil, fmt.Errorf("invalid batch payload format")
	}
	if len(batch.Requests) == 0 || len(batch.Requests) > maxBatch {
		return nil, fmt.Errorf("number of batch request steps must be between 1 and %d", maxBatch)
	}
	seen := map[string]bool{}
	for _, step := range batch.Requests {
		if err := step.check(seen); err != nil {
			return nil, err
		}
		seen[step.ID] = true
	}

	return batch.Requests, nil
}

// check refuses a step which lacks something, and one which depends on any but an earlier step, as Microsoft does:
// msgraph-sdk-dotnet-core issue 891.
func (s batchStep) check(earlier map[string]bool) error {
	if s.ID == "" || s.Method == "" || s.URL == "" {
		return fmt.Errorf("each batch request step needs id, method and url")
	}
	if earlier[s.ID] {
		return fmt.Errorf("request id '%s' is not unique in the batch", s.ID)
	}
	for _, id := range s.DependsOn {
		if !earlier[id] {
			return fmt.Errorf("invalid dependency for request Id '%s'", s.ID)
		}
	}

	return nil
}

// runBatch runs the steps four at a time, each after those it depends on, and answers in another order than
// asked: Microsoft promises none.
func (c *graphCall) runBatch(steps []batchStep) []map[string]any {
	finished := map[string]chan struct{}{}
	for _, step := range steps {
		finished[step.ID] = make(chan struct{})
	}
	answers := make([]answer, len(steps))
	failed := sync.Map{}
	slots := make(chan struct{}, batchConcurrency)
	var all sync.WaitGroup
	for i, step := range steps {
		all.Go(func() {
			defer close(finished[step.ID])
			for _, id := range step.DependsOn {
				<-finished[id]
			}
			slots <- struct{}{}
			answers[i] = c.runStep(step, &failed)
			<-slots
			if answers[i].status >= http.StatusBadRequest {
				failed.Store(step.ID, true)
			}
		})
	}
	all.Wait()
	out := make([]map[string]any, 0, len(steps))
	for i, step := range slices.Backward(steps) {
		if answers[i].spoiled != garbageMissingID {
			out = append(out, answers[i].inner(step.ID))
		}
	}

	return out
}

func (c *graphCall) runStep(step batchStep, failed *sync.Map) answer {
	inner, err := c.innerCall(step)
	if err != nil {
		return c.failure(http.StatusBadRequest, "BadRequest", err.Error())
	}
	for _, id := range step.DependsOn {
		if _, bad := failed.Load(id); bad {
			return inner.failure(http.StatusFailedDependency, "FailedDependency",
				"The dependent request '"+id+"' failed.")
		}
	}
	ans := inner.serve()
	if ans.drop != "" {
		// Inside a batch there is no connection to drop: the gateway gives up on the inner request.
		return inner.failure(http.StatusGatewayTimeout, "UnknownError", "The request timed out.")
	}

	return ans
}

// innerCall makes an inner request into a call of its own, under the batch's token. Its header names are taken
// in any case.
func (c *graphCall) innerCall(step batchStep) (*graphCall, error) {
	u, err := url.Parse(step.URL)
	if err != nil || u.IsAbs() || !strings.HasPrefix("/"+strings.TrimPrefix(step.URL, "/"), "/") {
		return nil, fmt.Errorf("invalid request url '%s'", step.URL)
	}
	inner := &graphCall{sim: c.sim, tenant: c.tenant, token: c.token, app: c.app, method: strings.ToUpper(step.Method),
		version: c.version, path: "/" + strings.TrimPrefix(u.EscapedPath(), "/"), query: u.Query(), rawQ: u.RawQuery,
		header: http.Header{}, batch: true, done: c.done, lost: c.lost}
	for name, value := range step.Headers {
		inner.header.Set(name, value)
	}
	if len(step.Body) > 0 && !bytes.Equal(step.Body, []byte("null")) {
		if inner.header.Get("Content-Type") == "" {
			return nil, fmt.Errorf("content-type header is required for a request with a body")
		}
		inner.body = step.Body
	}

	return inner.named(), nil
}

// inner is the answer as an element of a batch's responses: header values are texts, a body which is no JSON is
// base64.
func (a answer) inner(id string) map[string]any {
	headers := map[string]any{}
	for name, values := range a.header {
		headers[name] = strings.Join(values, ",")
	}
	out := map[string]any{"id": id, "status": a.status, "headers": headers}
	if a.spoiled == garbageNumericHeader {
		numericHeader(out)
	}
	switch {
	case a.value != nil:
		out["body"] = a.value
	case json.Valid(a.raw):
		out["body"] = json.RawMessage(a.raw)
	case len(a.raw) > 0:
		out["body"] = base64.StdEncoding.EncodeToString(a.raw)
	}

	return out
}
