package m365sim_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"clawback/m365sim"
)

type step map[string]any

func get(id, url string) step { return step{"id": id, "method": "GET", "url": url, "body": nil} }

// batch sends a batch and answers the responses by id.
func (b *bench) batch(steps ...step) map[string]map[string]any {
	b.t.Helper()
	r := b.graph("POST", "/$batch", map[string]any{"requests": steps}).want(b.t, 200)
	out := map[string]map[string]any{}
	for _, response := range r.list("responses") {
		out[text(response, "id")] = response
	}

	return out
}

func TestBatch_RunsEachByItself(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.deliver("to=priya.nair@brightwater.example")
	messages := "/users/" + b.first.People[0].ID + "/messages"
	answers := b.batch(
		step{"id": "1", "method": "GET", "url": messages + "?%24filter=internetMessageId%20eq%20'%3Cbad-1%40evil.example%3E'",
			"headers": map[string]string{"prefer": immutable}, "body": nil},
		get("2", "/users/nobody@brightwater.example"), get("3", strings.TrimPrefix(messages, "/")), get("4", "/oauth2PermissionGrants"),
	)
	for id, want := range map[string]float64{"1": 200, "2": 404, "3": 200, "4": 403} {
		if answers[id]["status"] != want {
			t.Errorf("request %s: %v", id, answers[id])
		}
	}
	found, _ := answers["1"]["body"].(map[string]any)["value"].([]any)
	if len(found) != 1 {
		t.Fatalf("found %v", found)
	}
	id := text(found[0].(map[string]any), "id")
	moved := b.batch(step{"id": "a", "method": "POST", "url": messages + "/" + id + "/move",
		"headers": map[string]string{"content-type": "application/json", "prefer": immutable},
		"body":    map[string]string{"destinationId": "recoverableitemsdeletions"}})
	if moved["a"]["status"] != 201.0 || text(moved["a"]["body"].(map[string]any), "id") != id {
		t.Errorf("moved: %v", moved)
	}
	rows := b.control("GET", "/requests?mailbox=priya.nair@brightwater.example", nil).want(t, 200).list("items")
	last := rows[len(rows)-1]
	if len(rows) != 3 || last["changes"] != true || last["batch"] != true || last["status"] != 201.0 ||
		last["path"] != "/v1.0"+messages+"/"+id+"/move" {
		t.Errorf("request log: %v", rows)
	}
}

func TestBatch_Dependencies(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ok, missing := "/users/"+b.first.People[0].ID, "/users/nobody@brightwater.example"
	answers := b.batch(get("1", missing), step{"id": "2", "method": "GET", "url": ok, "dependsOn": []string{"1"}},
		step{"id": "3", "method": "GET", "url": ok, "dependsOn": []string{"2"}}, get("4", ok),
		step{"id": "5", "method": "GET", "url": ok, "dependsOn": []string{"4"}})
	for id, want := range map[string]float64{"1": 404, "2": 424, "3": 424, "4": 200, "5": 200} {
		if answers[id]["status"] != want {
			t.Errorf("request %s: %v", id, answers[id]["status"])
		}
	}
}

func TestBatch_Refusals(t *testing.T) {
	t.Parallel()
	b := setup(t, unrecorded)
	ok := "/users/" + b.first.People[0].ID
	var many []step
	for i := range 21 {
		many = append(many, get(fmt.Sprint(i), ok))
	}
	for name, body := range map[string]any{
		"more than 20": map[string]any{"requests": many}, "none": map[string]any{"requests": []step{}}, "no JSON": "x",
		"same id":            map[string]any{"requests": []step{get("1", ok), get("1", ok)}},
		"no id":              map[string]any{"requests": []step{get("", ok)}},
		"no url":             map[string]any{"requests": []step{get("1", "")}},
		"numeric id":         `{"requests":[{"id":1,"method":"GET","url":"/users"}]}`,
		"unknown dependency": map[string]any{"requests": []step{{"id": "1", "method": "GET", "url": ok, "dependsOn": []string{"9"}}}},
		"circle": map[string]any{"requests": []step{{"id": "1", "method": "GET", "url": ok, "dependsOn": []string{"2"}},
			{"id": "2", "method": "GET", "url": ok, "dependsOn": []string{"1"}}}},
		"later dependency": map[string]any{"requests": []step{{"id": "1", "method": "GET", "url": ok, "dependsOn": []string{"2"}}, get("2", ok)}},
		"itself":           map[string]any{"requests": []step{{"id": "1", "method": "GET", "url": ok, "dependsOn": []string{"1"}}}},
		"no entry":         `{"requests":[null]}`,
		"numeric header":   `{"requests":[{"id":"1","method":"GET","url":"/users","headers":{"x":1}}]}`,
		"list of texts":    `{"requests":["/users"]}`,
		"no list":          `{"requests":{"id":"1","method":"GET","url":"/users"}}`,
	} {
		if r := b.graph("POST", "/$batch", body); r.status != 400 || r.code() == "" {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
	b.graph("GET", "/$batch", nil).want(t, 400)
	if log := b.control("GET", "/requests", nil).list("items"); len(log) != 0 {
		t.Errorf("a refused batch ran %v", log)
	}
	untyped := b.batch(step{"id": "1", "method": "PATCH", "url": ok + "/messages/x", "body": map[string]any{"isRead": true}},
		get("2", "https://elsewhere.example/v1.0/users"), get("3", "/v1.0/users"))
	for id, answer := range untyped {
		if answer["status"] != 400.0 {
			t.Errorf("inner %s: %v", id, answer)
		}
	}
}

func TestBatch_TakesGzip(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	if err := json.NewEncoder(w).Encode(map[string]any{"requests": []step{get("1", "/users")}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	b.graph("POST", "/$batch", zipped.Bytes(), "Content-Encoding", "gzip", "Content-Type", "application/json").want(t, 200)
}

// Twenty inner requests of one latency each, four at a time, take five latencies; it holds for one mailbox too,
// since four at a time is what a mailbox bears.
func TestBatch_FourAtATime(t *testing.T) {
	t.Parallel()
	const latency = 40 * time.Millisecond
	b := setup(t, func(c *m365sim.Config) { c.Latency = latency })
	var steps []step
	for i := range 20 {
		steps = append(steps, get(fmt.Sprint(i), "/users/"+b.first.People[0].ID+"/messages"))
	}
	token := b.appToken(graphResource)
	started := time.Now()
	r := b.graphAs(token, "POST", "/$batch", map[string]any{"requests": steps}).want(t, 200)
	if took := time.Since(started); took < 5*latency || took > 15*latency {
		t.Errorf("took %v, want about %v", took, 5*latency)
	}
	for _, answer := range r.list("responses") {
		if answer["status"] != 200.0 {
			t.Errorf("%v", answer)
		}
	}
}

// Whatever a batch holds, it is refused as a whole or each of its requests gets one answer of its own, none of them a
// server's error.
func FuzzBatch(f *testing.F) {
	for _, body := range []string{
		`{"requests":[{"id":"1","method":"GET","url":"/users"}]}`,
		`{"requests":[{"id":"1","method":"POST","url":"/users('a%2F')/messages/AAx/move","headers":{"a":"b"},"body":{}}]}`,
		`{"requests":[{"id":"1","method":"GET","url":"?$filter=a/any(b:b eq '"}]}`,
		`{"requests":[{"id":"a","method":"patch","url":"users/priya.nair@brightwater.example/mailFolders/inbox/messages/AAMkADxxxxxxxxxxxxxxx",` +
			`"headers":{"content-type":"application/json"},"body":{"isRead":true}},{"id":"b","method":"GET","url":"/me","dependsOn":["a"]}]}`,
		`{"requests":[{"id":"1","method":"POST","url":"/users/priya.nair@brightwater.example/mailFolders/msgfolderroot/childFolders",` +
			`"headers":{"Content-Type":"application/json"},"body":{"displayName":"x"}},{"id":"2","method":"DELETE",` +
			`"url":"/admin/exchange/mailboxes/MBX:x/folders/inbox/items/y?disposalType=hardDelete"}]}`,
		`{"requests":[{"id":"1","method":"GET","url":"/users/priya.nair@brightwater.example/messages?$top=1&$orderby=subject desc&$select=id"}]}`,
		`{"requests":[{"id":"1","method":"GET","url":"/$batch"},{"id":"1","method":"GET","url":"//x"}]}`, `{"requests":[null]}`, `[]`,
	} {
		f.Add(body)
	}
	sim, err := m365sim.Start(m365sim.Config{Mailboxes: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = sim.Close() })
	world := sim.World()
	f.Fuzz(func(t *testing.T, body string) {
		b := &bench{t: t, sim: sim, world: world, first: world.Customers[0], client: http.DefaultClient}
		r := b.graph("POST", "/$batch", body)
		if r.status == 400 && r.code() != "" {
			return
		}
		r.want(t, 200)
		var asked struct {
			Requests []struct {
				ID string `json:"id"`
			} `json:"requests"`
		}
		if err := json.Unmarshal([]byte(body), &asked); err != nil {
			t.Fatalf("answered what is no JSON: %v", err)
		}
		answers := map[string]float64{}
		for _, response := range r.list("responses") {
			answers[text(response, "id")], _ = response["status"].(float64)
		}
		if len(answers) != len(asked.Requests) || len(answers) != len(r.list("responses")) {
			t.Errorf("%d answers to %d requests", len(r.list("responses")), len(asked.Requests))
		}
		for _, one := range asked.Requests {
			if status := answers[one.ID]; status < 200 || status >= 500 {
				t.Errorf("%q answered %v", one.ID, status)
			}
		}
	})
}
