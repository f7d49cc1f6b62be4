package setup_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"clawback"
	"clawback/graphclient"
	"clawback/m365sim"
)

// failures are the ways in which an endpoint fails, as the simulator's faults.
var failures = map[string]object{
	"403": {"status": 403}, "500": {"status": 500}, "hanging": {"hang": "before"}, "dropped": {"drop": "before"},
	"garbage": {"garbage": "text"}, "half an answer": {"garbage": "json"}, "an empty answer": {"garbage": "empty"},
}

// proofs says which steps must not pass while an endpoint fails, Graph's door to
// the trace being closed. What proves nothing names mistakes, and holds up no step.
var proofs = map[string][]clawback.SetupStep{
	"login:token":                 clawback.CheckedSteps(),
	"exchange:Get-MessageTraceV2": {clawback.StepSecurityReader, clawback.StepMessageTrace, clawback.StepManageAsApp},
	"GET /users":                  {clawback.StepRecipients, clawback.StepRemoval},
	"GET /organization":           {clawback.StepRecipients},
	"POST /$batch":                {clawback.StepRecipients},
	"GET /users/{id}/mailFolders/inbox/messages": {clawback.StepRemoval},
}

// proves answers the steps which a failure of an endpoint leaves without proof.
func proves(endpoint, way string) []clawback.SetupStep {
	switch steps := proofs[endpoint]; {
	case endpoint == "exchange:Get-MessageTraceV2" && way == "403":
		return steps[:2] // the permission opened the door; the role does not let trace
	case endpoint == "GET /organization" && way == "403":
		return nil // its permission is optional
	case way != "an empty list" || !strings.HasSuffix(endpoint, "/messages") && endpoint != "exchange:Get-MessageTraceV2":
		return steps
	}
	return nil // nobody got mail of late
}

// recording is written by several requests at a time.
type recording struct {
	mu    sync.Mutex
	lines bytes.Buffer
}

func (r *recording) Write(line []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lines.Write(line)
}

var ids = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// endpoint names a request as a fault does.
func endpoint(method, address string, body []byte) string {
	path, _, _ := strings.Cut(address, "?")
	var command struct{ CmdletInput struct{ CmdletName string } }
	switch {
	case strings.HasSuffix(path, "/token"):
		return "login:token"
	case strings.HasSuffix(path, "/openid-configuration"):
		return "login:discovery"
	case strings.HasSuffix(path, "/InvokeCommand") && json.Unmarshal(body, &command) == nil:
		return "exchange:" + command.CmdletInput.CmdletName
	}
	return method + " " + ids.ReplaceAllString(strings.TrimPrefix(path, "/v1.0"), "{id}")
}

// asked are the endpoints of a recording, those inside of batches too.
func (r *recording) asked(t *testing.T) []string {
	t.Helper()
	found := map[string]bool{}
	for decoder := json.NewDecoder(&r.lines); ; {
		var line struct {
			Method, URL string
			Body        json.RawMessage `json:"request_body"`
		}
		err := decoder.Decode(&line)
		if err == io.EOF {
			return slices.Sorted(maps.Keys(found))
		}
		if err != nil {
			t.Fatal(err)
		}
		found[endpoint(line.Method, line.URL, line.Body)] = true
		var batch struct {
			Requests []struct{ Method, URL string }
		}
		if json.Unmarshal(line.Body, &batch) == nil {
			for _, inner := range batch.Requests {
				found[endpoint(inner.Method, inner.URL, nil)] = true
			}
		}
	}
}

// emptied answers an endpoint's requests with an empty list, and the inner ones of a batch.
type emptied struct {
	http.RoundTripper
	endpoint atomic.Value
}

func (e *emptied) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	res, err := e.RoundTripper.RoundTrip(req)
	named := endpoint(req.Method, req.URL.Path, body)
	if err != nil || named != e.endpoint.Load() {
		return res, err
	}
	whole, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	_ = res.Body.Close()
	text := `{"value":[]}`
	if named == "POST /$batch" {
		var batch struct{ Responses []object }
		if err := json.Unmarshal(whole, &batch); err != nil {
			return nil, err
		}
		for _, inner := range batch.Responses {
			inner["body"] = object{"value": []any{}}
		}
		list, err := json.Marshal(object{"responses": batch.Responses})
		if err != nil {
			return nil, err
		}
		text = string(list)
	}
	res.Body, res.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	res.Header.Del("Content-Length")
	return res, nil
}

// TestChecker_anyEndpointFailing lets each endpoint that a check asks fail in
// every way: what it proves must not pass, and everything else must.
func TestChecker_anyEndpointFailing(t *testing.T) {
	t.Parallel()
	record := new(recording)
	good := startWith(t, m365sim.Config{Record: record}, graphclient.Config{}).withDevice()
	good.patch(object{"permissions": permissions()})
	good.check()
	endpoints := record.asked(t)
	for proof := range maps.Keys(proofs) {
		if !slices.Contains(endpoints, proof) {
			t.Errorf("no check asks %s", proof)
		}
	}
	for _, failing := range endpoints {
		t.Run(failing, func(t *testing.T) {
			t.Parallel()
			empty := &emptied{RoundTripper: http.DefaultTransport.(*http.Transport).Clone()}
			// A hanging endpoint is given up soon: only what must not pass is held against it.
			b := startWith(t, m365sim.Config{}, graphclient.Config{Transport: empty, Timeout: 3 * time.Second}).withDevice()
			b.patch(object{"permissions": permissions()}) // no door by Graph
			for way, fault := range failures {
				full := maps.Clone(fault)
				full["route"] = failing
				b.faults(full)
				b.wantFailing(failing+", "+way, proves(failing, way), way != "hanging")
			}
			b.faults()
			empty.endpoint.Store(failing)
			b.wantFailing(failing+", an empty list", proves(failing, "an empty list"), true)
		})
	}
}

// wantFailing checks, and holds what passes against what may; the others must, where nothing hangs.
func (b *bench) wantFailing(failing string, proven []clawback.SetupStep, others bool) {
	b.t.Helper()
	for step, r := range b.check() {
		proven := slices.Contains(proven, step)
		switch {
		case proven && r.Status == clawback.CheckPass:
			b.t.Errorf("%s: %s passes: %s", failing, step, r.Finding)
		case !proven && others && r.Status != clawback.CheckPass:
			b.t.Errorf("%s: %s is %s, though what proves it answers: %s", failing, step, r.Status, r.Finding)
		}
	}
}
