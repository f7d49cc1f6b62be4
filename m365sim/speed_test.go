package m365sim_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"clawback/m365sim"
)

// BenchmarkBatchOfFinds is one batch of twenty finds among 10,000 mailboxes which all have the message: what a
// large removal asks most.
func BenchmarkBatchOfFinds(b *testing.B) {
	bench := setup(b, func(c *m365sim.Config) { c.Mailboxes, c.Now, c.PageSize = 10_000, time.Now, 0 })
	bench.deliver("count=10000")
	boxes := bench.control("GET", "/mailboxes", nil).want(b, 200).list("items")
	token := bench.appToken(graphResource)
	at := 0
	for b.Loop() {
		var steps []step
		for i := range 20 {
			steps = append(steps, get(fmt.Sprint(i), "/users/"+text(boxes[at%10_000], "id")+"/messages?$filter="+
				url.QueryEscape("internetMessageId eq '"+phishID+"'")+"&$select=id,subject,from,parentFolderId"))
			at++
		}
		r := bench.graphAs(token, "POST", "/$batch", map[string]any{"requests": steps}).want(b, 200)
		if len(r.list("responses")) != 20 {
			b.Fatalf("%s", r.raw)
		}
	}
}
