package m365sim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"clawback/m365sim"
)

// load is a simulator with 10,000 mailboxes that all have the phish, and what to ask of it. Clients and simulator
// share the process and its cores.
type load struct {
	*bench
	token string
	boxes []string // object ids
}

func newLoad(b *testing.B, mailboxes int) *load {
	b.Helper()
	l := &load{bench: setup(b, func(c *m365sim.Config) { c.Mailboxes, c.Now, c.PageSize = mailboxes, time.Now, 0 })}
	l.client.Transport.(*http.Transport).MaxIdleConnsPerHost = 64
	l.deliver(fmt.Sprintf("count=%d", mailboxes))
	for _, box := range l.control("GET", "/mailboxes", nil).want(b, 200).list("items")[:mailboxes] {
		l.boxes = append(l.boxes, text(box, "id"))
	}
	l.token = l.appToken(graphResource)

	return l
}

func findURL(user string) string {
	return "/users/" + user + "/messages?$filter=" + url.QueryEscape("internetMessageId eq '"+phishID+"'") +
		"&$select=id,subject,from,parentFolderId"
}

// ask sends a request as cheaply as a client can, and reads the answer without looking into it.
func (l *load) ask(b *testing.B, method, path, body string, status int) []byte {
	req, err := http.NewRequestWithContext(b.Context(), method, l.sim.Addresses().Graph+"/v1.0"+path, strings.NewReader(body))
	if err != nil {
		b.Error(err)
		return nil
	}
	req.Header.Set("Authorization", "Bearer "+l.token)
	req.Header.Set("Prefer", immutable)
	req.Header.Set("Content-Type", "application/json")
	res, err := l.client.Do(req)
	if err != nil {
		b.Error(err)
		return nil
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != status {
		b.Errorf("%v, %d %s", err, res.StatusCode, raw)
	}

	return raw
}

// run asks with 16 clients at once, n requests each time.
func (l *load) run(b *testing.B, n int, ask func(turn int)) {
	var turns atomic.Int64
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			ask(int(turns.Add(1) - 1))
		}
	})
	b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "requests/s")
}

func (l *load) box(turn int) string { return l.boxes[turn%len(l.boxes)] }

func BenchmarkFind(b *testing.B) {
	l := newLoad(b, 10_000)
	l.run(b, 1, func(turn int) { l.ask(b, "GET", findURL(l.box(turn)), "", 200) })
}

func BenchmarkMove(b *testing.B) {
	l := newLoad(b, 10_000)
	urls := make([]string, len(l.boxes))
	for i, box := range l.boxes {
		var found struct{ Value []struct{ ID string } }
		if err := json.Unmarshal(l.ask(b, "GET", findURL(box), "", 200), &found); err != nil {
			b.Fatal(err)
		}
		urls[i] = "/users/" + box + "/messages/" + found.Value[0].ID + "/move"
	}
	l.run(b, 1, func(turn int) {
		folder := []string{"deleteditems", "inbox"}[turn/len(urls)%2]
		l.ask(b, "POST", urls[turn%len(urls)], `{"destinationId":"`+folder+`"}`, 201)
	})
}

// BenchmarkBatchOfFinds is what a large removal asks most.
func BenchmarkBatchOfFinds(b *testing.B) {
	l := newLoad(b, 10_000)
	l.run(b, 20, func(turn int) { l.find20(b, turn*20) })
}

// find20 looks into twenty mailboxes by one batch.
func (l *load) find20(b *testing.B, first int) {
	var steps []string
	for i := range 20 {
		steps = append(steps, fmt.Sprintf(`{"id":"%d","method":"GET","url":%q}`, i, findURL(l.box(first+i))))
	}
	raw := l.ask(b, "POST", "/$batch", `{"requests":[`+strings.Join(steps, ",")+`]}`, 200)
	if n := bytes.Count(raw, []byte(`"status":200`)); n != 20 {
		b.Errorf("%d of 20 answered", n)
	}
}

// BenchmarkMemory is what 50,000 mailboxes with a message each hold, after every one was asked for it: MB-heap is in
// use, MB-system is what the process has from the system, the largest it ever was. finds/s are those of the batches.
func BenchmarkMemory(b *testing.B) {
	const mailboxes = 50_000
	for b.Loop() {
		b.StopTimer()
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		b.StartTimer()
		l := newLoad(b, mailboxes)
		asked := time.Now()
		for first := 0; first < mailboxes; first += 20 {
			l.find20(b, first)
		}
		b.ReportMetric(mailboxes/time.Since(asked).Seconds(), "finds/s")
		b.StopTimer()
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB-heap")
		b.ReportMetric(float64(after.Sys)/1e6, "MB-system")
		if n := len(l.boxes); n != mailboxes {
			b.Fatalf("%d mailboxes", n)
		}
		b.StartTimer()
	}
}

// BenchmarkStart seeds the default world and listens.
func BenchmarkStart(b *testing.B) { benchmarkStart(b, 0) }

// BenchmarkStart10000 is the start of a large demo.
func BenchmarkStart10000(b *testing.B) { benchmarkStart(b, 10_000) }

func benchmarkStart(b *testing.B, mailboxes int) {
	for b.Loop() {
		sim, err := m365sim.Start(m365sim.Config{Mailboxes: mailboxes})
		if err != nil {
			b.Fatal(err)
		}
		if err := sim.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
