package m365sim_test

import (
	"strings"
	"testing"
)

func TestFaults_StatusCountAndMailbox(t *testing.T) {
	t.Parallel()
	b := setup(t, unrecorded)
	priya, daniel := "/users/"+b.first.People[0].ID+"/messages", "/users/"+b.first.People[1].ID+"/messages"
	b.faults(`{"route":"GET /users/{id}/messages","mailbox":"priya.nair@brightwater.example","status":503,"code":"X","retry_after":7,"count":2}`)
	b.graph("GET", daniel, nil).want(t, 200)
	for range 2 {
		if r := b.graph("GET", priya, nil).want(t, 503); r.code() != "X" || r.header.Get("Retry-After") != "7" {
			t.Errorf("%v %s", r.header, r.raw)
		}
	}
	b.graph("GET", priya, nil).want(t, 200)
	if hits := b.control("GET", "/faults", nil).list("items")[0]["hits"]; hits != 2.0 {
		t.Errorf("hits: %v", hits)
	}
	b.faults(`{"route":"GET ` + priya + `","status":503,"count":1},{"route":"GET /users/{id}","status":429,"retry_after":-1}`)
	if r := b.graph("GET", priya, nil).want(t, 503); r.header.Get("Retry-After") != "1" {
		t.Errorf("a fault without Retry-After: %v", r.header)
	}
	if r := b.graph("GET", "/users/"+b.first.People[0].ID, nil).want(t, 429); r.header.Get("Retry-After") != "" {
		t.Errorf("a fault without Retry-After: %v", r.header)
	}
	b.graph("GET", priya, nil).want(t, 200)
	b.faults(`{"route":"graph:*","status":500}`)
	b.graph("GET", "/users", nil).want(t, 500)
	b.invoke("Get-MessageTraceV2", nil).want(t, 200)
	b.faults(`{"route":"exchange:*","status":429,"retry_after":3}`)
	b.graph("GET", "/users", nil).want(t, 200)
	b.invoke("Get-MessageTraceV2", nil).want(t, 429)
	b.faults(`{"route":"login:token","status":503}`)
	b.send("POST", b.tokenURL(b.first.ID), nil, credentials(b.first.App, graphResource+"/.default")).want(t, 503)
	b.faults(``)
	b.graph("GET", "/users", nil).want(t, 200)
	for _, bad := range []string{`{"route":""}`, `{"route":"x","drop":"y"}`, `{"route":"x","garbage":"y"}`, `{"route":"x","status":1}`,
		`{"route":"x","mailbox":"nobody@x.example"}`} {
		b.control("PUT", "/faults", `{"items":[`+bad+`]}`).want(t, 400)
	}
}

func TestFaults_InsideAndAroundABatch(t *testing.T) {
	t.Parallel()
	b := setup(t, unrecorded)
	priya, daniel := "/users/"+b.first.People[0].ID+"/messages", "/users/"+b.first.People[1].ID+"/messages"
	b.faults(`{"route":"GET /users/{user}/messages","mailbox":"` + b.first.People[0].ID + `","status":429,"retry_after":9}`)
	answers := b.batch(get("1", priya), get("2", daniel))
	headers, _ := answers["1"]["headers"].(map[string]any)
	if answers["1"]["status"] != 429.0 || headers["Retry-After"] != "9" || answers["2"]["status"] != 200.0 {
		t.Errorf("answers: %v", answers)
	}
	b.faults(`{"route":"GET /users/{user}/messages","drop":"after"}`)
	if answers := b.batch(get("1", priya)); answers["1"]["status"] != 504.0 {
		t.Errorf("inner drop: %v", answers)
	}
	b.faults(`{"route":"POST /$batch","garbage":"batch_missing_id"}`)
	if answers := b.batch(get("1", priya), get("2", daniel)); len(answers) != 1 {
		t.Errorf("missing id: %v", answers)
	}
	b.faults(`{"route":"POST /$batch","garbage":"batch_numeric_header"}`)
	answers = b.batch(get("1", priya))
	if headers, _ := answers["1"]["headers"].(map[string]any); headers["Retry-After"] != 7.0 {
		t.Errorf("numeric header: %v", answers)
	}
	token := b.appToken(graphResource)
	for garbage, want := range map[string]string{"text": "upstream", "html": "<html>", "json": `{"responses":[{`, "empty": ""} {
		b.faults(`{"route":"POST /$batch","garbage":"` + garbage + `"}`)
		r := b.graphAs(token, "POST", "/$batch", map[string]any{"requests": []step{get("1", priya)}}).want(t, 200)
		if !strings.HasPrefix(string(r.raw), want) || r.body != nil || garbage == "empty" && len(r.raw) != 0 {
			t.Errorf("%s: %q", garbage, r.raw)
		}
	}
	b.faults(`{"route":"POST /$batch","drop":"before"}`)
	if _, err := b.try("POST", b.sim.Addresses().Graph+"/v1.0/$batch", map[string]string{"Authorization": "Bearer " + token},
		map[string]any{"requests": []step{get("1", priya)}}); err == nil {
		t.Error("the batch was not dropped")
	}
}

func TestFaults_Probability(t *testing.T) {
	t.Parallel()
	b := setup(t, unrecorded)
	token := b.appToken(graphResource)
	b.faults(`{"route":"GET /users","status":500,"probability":0.5}`)
	failed := 0
	for range 100 {
		if b.graphAs(token, "GET", "/users", nil).status == 500 {
			failed++
		}
	}
	if failed < 25 || failed > 75 {
		t.Errorf("%d of 100 failed", failed)
	}
}
