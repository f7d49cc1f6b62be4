package m365sim_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"clawback/m365sim"
)

// otherApp is a token of the provider's app, made present in the first customer's tenant.
func (b *bench) otherApp() string {
	b.t.Helper()
	b.control("PATCH", "/apps/"+b.world.Integration.ClientID, `{"present":true,"permissions":["Mail.ReadWrite"]}`).want(b.t, 200)
	r := b.send("POST", b.tokenURL(b.first.ID), nil, credentials(b.world.Integration, graphResource+"/.default")).want(b.t, 200)

	return text(r.body, "access_token")
}

func TestMail_RequestsInTenMinutes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.switches(`{"mailbox_requests":3}`)
	token, other := b.appToken(graphResource), b.otherApp()
	priya, daniel := "/users/"+b.first.People[0].ID+"/messages", "/users/"+b.first.People[1].ID+"/messages"
	for range 3 {
		b.graphAs(token, "GET", priya, nil).want(t, 200)
		b.clock.advance(time.Minute)
	}
	over := b.graphAs(token, "GET", priya, nil).want(t, 429)
	after, err := strconv.Atoi(over.header.Get("Retry-After"))
	if over.code() != "ApplicationThrottled" || err != nil || over.header.Get("Request-Id") == "" {
		t.Errorf("throttled with %v %s", over.header, over.raw)
	}
	b.graphAs(token, "GET", daniel, nil).want(t, 200)
	b.graphAs(other, "GET", priya, nil).want(t, 200)
	b.clock.advance(time.Duration(after-1) * time.Second)
	b.graphAs(token, "GET", priya, nil).want(t, 429)
	b.clock.advance(time.Second)
	// The two refused requests count as well.
	b.graphAs(token, "GET", priya, nil).want(t, 429)
	b.clock.advance(10 * time.Minute)
	b.graphAs(token, "GET", priya, nil).want(t, 200)
}

func TestMail_LimitsCanBeOff(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *m365sim.Config) { c.Switches.MailboxRequests, c.Latency = -1, 100*time.Millisecond })
	for _, r := range b.together(8, b.appToken(graphResource)) {
		r.want(t, 200)
	}
}

// together sends n requests to one mailbox at the same time, a share of them with each token.
func (b *bench) together(n int, tokens ...string) []reply {
	b.t.Helper()
	path := b.sim.Addresses().Graph + "/v1.0/users/" + b.first.People[0].ID + "/messages"
	results := make(chan reply, n)
	for i := range n {
		go func() {
			r, err := b.try("GET", path, map[string]string{"Authorization": "Bearer " + tokens[i%len(tokens)]}, nil)
			if err != nil {
				b.t.Error(err)
			}
			results <- r
		}()
	}
	var out []reply
	for range n {
		out = append(out, <-results)
	}

	return out
}

func TestMail_ConcurrencyIsOfEachApp(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *m365sim.Config) { c.Latency = 300 * time.Millisecond })
	for _, r := range b.together(8, b.appToken(graphResource), b.otherApp()) {
		r.want(t, 200)
	}
}

// One of a batch is throttled by itself, with a Retry-After of its own, while the batch is 200.
func TestBatch_OneIsThrottled(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.switches(`{"mailbox_requests":2}`)
	var steps []step
	for i := range 4 {
		steps = append(steps, get(fmt.Sprint(i), "/users/"+b.first.People[0].ID+"/messages"))
	}
	steps = append(steps, get("other", "/users/"+b.first.People[1].ID+"/messages"))
	count := map[float64]int{}
	for id, answer := range b.batch(steps...) {
		status, _ := answer["status"].(float64)
		count[status]++
		headers, _ := answer["headers"].(map[string]any)
		if after := text(headers, "Retry-After"); (after != "") != (status == 429) {
			t.Errorf("%s: %v", id, answer)
		}
	}
	if count[200] != 3 || count[429] != 2 {
		t.Errorf("statuses %v", count)
	}
}

func TestSwitches_PageSize(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *m365sim.Config) { c.PageSize = 0 })
	path := "/users/" + b.first.People[0].ID + "/messages"
	for size, want := range map[string]int{"1": 1, "3": 3, "0": 4} {
		b.switches(`{"page_size":` + size + `}`)
		if r := b.graph("GET", path, nil).want(t, 200); len(r.list("value")) != want || (text(r.body, "@odata.nextLink") == "") != (want == 4) {
			t.Errorf("pages of %s: %d", size, len(r.list("value")))
		}
	}
}
