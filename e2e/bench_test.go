package e2e

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The removal's benchmarks measure the built binary from outside: the portal is a process of its own that was started as
// people start it, and so is the simulated Microsoft 365, whose limits are on. CLAWBACK_BENCH_SHARE makes every number of
// mailboxes smaller, such as 0.01 for a try of the benchmarks themselves.

// allowance is how much longer than its bound a removal may take.
const allowance = 1.3

// BenchmarkRemoval holds the removal from 10,000 mailboxes against its bound.
func BenchmarkRemoval(b *testing.B) {
	for _, latency := range []time.Duration{50 * time.Millisecond, 300 * time.Millisecond} {
		b.Run(fmt.Sprint("latency=", latency), func(b *testing.B) {
			m := startMeasuring(b, share(b, 10000), 4, latency)
			for b.Loop() {
				m.report(m.removal(false))
			}
		})
	}
}

// BenchmarkGrowth removes from more and more mailboxes at 50 ms a request.
func BenchmarkGrowth(b *testing.B) {
	for _, mailboxes := range []int{100, 1000, 10000, 50000} {
		b.Run(fmt.Sprint("mailboxes=", mailboxes), func(b *testing.B) {
			m := startMeasuring(b, share(b, mailboxes), 4, 50*time.Millisecond)
			for b.Loop() {
				m.report(m.removal(false))
			}
		})
	}
}

// BenchmarkFirstClean starts a removal whose preview was just looked at, as a person does.
func BenchmarkFirstClean(b *testing.B) {
	for _, mailboxes := range []int{100, 10000} {
		b.Run(fmt.Sprint("mailboxes=", mailboxes), func(b *testing.B) {
			m := startMeasuring(b, share(b, mailboxes), 4, 50*time.Millisecond)
			for b.Loop() {
				m.report(m.removal(true))
			}
		})
	}
}

// BenchmarkTenants removes from 20 mailboxes of each of 49 tenants at once, alone and beside a flood of 10,000 in another.
func BenchmarkTenants(b *testing.B) {
	for _, flood := range []int{0, 10000} {
		b.Run(fmt.Sprint("flood=", flood), func(b *testing.B) {
			m := startMeasuring(b, share(b, max(flood, 1000)), 52, 50*time.Millisecond)
			for b.Loop() {
				m.tenants(flood > 0)
			}
		})
	}
}

// share answers the part of a number that CLAWBACK_BENCH_SHARE leaves.
func share(b *testing.B, mailboxes int) int {
	b.Helper()
	text := os.Getenv("CLAWBACK_BENCH_SHARE")
	if text == "" {
		return mailboxes
	}
	part, err := strconv.ParseFloat(text, 64)
	must(b, err)
	return max(20, int(float64(mailboxes)*part))
}

// measuring is a portal to be measured.
type measuring struct {
	*apart
	b       *testing.B
	latency time.Duration
	emails  int
}

func startMeasuring(b *testing.B, mailboxes, customers int, latency time.Duration) *measuring {
	b.Helper()
	m := &measuring{b: b, latency: latency}
	m.apart = startApart(b, mailboxes, customers, latency.String(), "CLAWBACK_LOG_LEVEL=warn")
	b.Cleanup(m.portal.kill) // which names folders by now, and would finish that first
	m.warmUp()
	return m
}

// warmUp lets the portal make its first checks of the tenant, which it does after a start, before anything is measured.
func (m *measuring) warmUp() {
	m.b.Helper()
	message := phish("<bench-warm-up@evil.example>")
	m.DeliverCount(m.customer.ID, message, 20)
	m.awaitDone(m.remove(organizationOf(m.b, m.app, m.customer.ID), message))
}

// measured is what one removal took.
type measured struct {
	remediation
	mailboxes int
	bound     bound
	parts     parts
}

// removal delivers an email to every mailbox and removes it, by a preview and a start where previewed, and answers when all
// are clean.
func (m *measuring) removal(previewed bool) measured {
	m.b.Helper()
	m.emails++
	message := phish(fmt.Sprintf("<bench-%d@evil.example>", m.emails))
	m.DeliverCount(m.customer.ID, message, m.mailboxes)
	organization, began := organizationOf(m.b, m.app, m.customer.ID), time.Now()
	var id string
	if previewed {
		id = m.preview(organization, message)
		began = time.Now()
		m.startPreviewed(id)
	} else {
		id = m.remove(organization, message)
	}
	done := measured{remediation: m.awaitDone(id), mailboxes: m.mailboxes, bound: boundOf(m.mailboxes, m.latency)}
	if done.Counts["removed"] != m.mailboxes || done.Counts["open"] != 0 {
		m.b.Fatalf("counts %v, want %d removed", done.Counts, m.mailboxes)
	}
	done.parts = m.partsOf(began, *done.ContainedAt)
	return done
}

// awaitDone asks once a second: the times that it answers are the portal's own.
func (m *measuring) awaitDone(id string) remediation {
	m.b.Helper()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for limit := time.Now().Add(40 * time.Minute); ; <-ticker.C {
		var r remediation
		status := m.API("GET", "/remediations/"+id, nil, &r)
		switch {
		case r.ContainedAt != nil:
			return r
		case status != http.StatusOK || time.Now().After(limit):
			m.b.Fatalf("not contained: the API answers %d and %+v", status, r)
		}
	}
}

// bound is the least that a removal can take within Microsoft's limits, by its parts.
type bound struct{ trace, resolve, remove time.Duration }

func (b bound) all() time.Duration { return b.trace + b.resolve + b.remove }

const (
	perPage         = 1000 // rows of a message trace by Exchange, which are asked for one after the other
	perFilter       = 15   // addresses of one request to the directory
	perBatch        = 20
	rounds          = 5   // of a batch: Microsoft runs four of its requests at a time
	inFlight        = 16  // batches of a tenant
	directoryFlight = 8   // batches of one look-up
	unitsPerSecond  = 800 // of the directory, for a tenant of more than 500 users
	phases          = 4   // find, move, look in the folders, look in Recoverable Items
)

func boundOf(mailboxes int, latency time.Duration) bound {
	units := ceil(mailboxes, perFilter) // one each, since they select
	batch := rounds * latency
	return bound{
		trace:   time.Duration(ceil(mailboxes, perPage)) * latency,
		resolve: time.Duration(1+ceil(ceil(units, perBatch)-1, directoryFlight))*batch + time.Duration(units)*time.Second/unitsPerSecond,
		remove:  phases * batch * time.Duration(max(ceil(mailboxes, perBatch), inFlight)) / inFlight,
	}
}

func ceil(n, by int) int { return (n + by - 1) / by }

// parts are what the simulator saw of one removal.
type parts struct {
	trace, resolve, remove               time.Duration
	traces, lookUps, finds, moves, looks int
}

// partsOf reads the simulator's log of the requests since a moment. The first mailbox is asked when all are resolved, and
// the first is resolved when the trace is in; a previewed one begins before that, with nothing to resolve.
func (m *measuring) partsOf(began, contained time.Time) parts {
	m.b.Helper()
	var log list[asked]
	m.control("GET", "/tenants/"+m.customer.ID+"/requests?since="+began.UTC().Format(time.RFC3339Nano), nil, &log)
	var p parts
	var traced, removing time.Time
	for _, r := range log.Items {
		switch {
		case r.Changes:
			p.moves++
		case strings.Contains(r.Query, "internetMessageId"):
			removing = earlier(removing, r.Time)
			if strings.Contains(r.Path, "/mailFolders") {
				p.looks++
			} else {
				p.finds++
			}
		case r.Service == "exchange" || strings.Contains(r.Path, "messageTrac"):
			p.traces++
			traced = later(traced, r.Time.Add(m.latency))
		case strings.Contains(r.Query, "proxyAddresses"):
			p.lookUps++
		}
	}
	p.trace, p.resolve, p.remove = traced.Sub(began), max(0, removing.Sub(traced)), contained.Sub(removing)
	return p
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// report prints the parts beside the bound's, and the verdict.
func (m *measuring) report(r measured) {
	m.b.Helper()
	took, firstClean := r.ContainedAt.Sub(*r.StartedAt), r.FirstCleanAt.Sub(*r.StartedAt)
	of, verdict := took.Seconds()/r.bound.all().Seconds(), "PASS"
	if of > allowance {
		verdict = "FAIL"
	}
	m.b.Logf("%s: %d mailboxes at %v a request took %.1f s, which is %.2f times the bound of %.1f s, at most %.1f times are allowed\n"+
		"  trace    %6.1f s, bound %6.1f s: %d requests\n"+
		"  resolve  %6.1f s, bound %6.1f s: %d requests\n"+
		"  remove   %6.1f s, bound %6.1f s: %d looks for it, %d moves, %d looks into Recoverable Items\n"+
		"  first mailbox clean after %.1f s, portal's peak memory %.0f MB, its processor time %.1f s, the simulator's %.1f s",
		verdict, r.mailboxes, m.latency, took.Seconds(), of, r.bound.all().Seconds(), allowance,
		r.parts.trace.Seconds(), r.bound.trace.Seconds(), r.parts.traces,
		r.parts.resolve.Seconds(), r.bound.resolve.Seconds(), r.parts.lookUps,
		r.parts.remove.Seconds(), r.bound.remove.Seconds(), r.parts.finds, r.parts.moves, r.parts.looks,
		firstClean.Seconds(), m.portal.peakMB(m.b), m.portal.cpu(m.b).Seconds(), m.simulator.cpu(m.b).Seconds())
	m.metric(took.Seconds(), "s")
	m.metric(r.bound.all().Seconds(), "bound-s")
	m.metric(of, "x-bound")
	m.metric(r.parts.trace.Seconds(), "trace-s")
	m.metric(r.parts.resolve.Seconds(), "resolve-s")
	m.metric(r.parts.remove.Seconds(), "remove-s")
	m.metric(firstClean.Seconds(), "first-clean-s")
	m.machine()
}

func (m *measuring) machine() {
	m.metric(m.portal.peakMB(m.b), "peak-MB")
	m.metric(m.portal.cpu(m.b).Seconds(), "cpu-s")
	m.metric(0, "ns/op") // the deliveries are in it
}

func (m *measuring) metric(n float64, unit string) { m.b.ReportMetric(n, unit) }

// tenants removes from 20 mailboxes of each further tenant at once, and before it starts a flood in the first.
func (m *measuring) tenants(flood bool) {
	m.b.Helper()
	m.emails++
	message := phish(fmt.Sprintf("<bench-%d@evil.example>", m.emails))
	var quiet []string
	for _, one := range m.Tenants() {
		if strings.HasPrefix(one.Domain, "customer") || one.Domain == "lumenfreight.example" {
			m.DeliverCount(one.ID, message, 20)
			quiet = append(quiet, organizationOf(m.b, m.app, one.ID))
		}
	}
	for _, organization := range quiet {
		m.unlimited(organization)
	}
	flooded := ""
	if flood {
		m.DeliverCount(m.customer.ID, message, m.mailboxes)
		flooded = m.remove(organizationOf(m.b, m.app, m.customer.ID), message)
		waitFor(m.b, "the flood's first clean mailbox", time.Minute, func() bool { return m.remediation(flooded).FirstCleanAt != nil })
	}
	ids := make([]string, len(quiet))
	for i, organization := range quiet {
		ids[i] = m.remove(organization, message)
	}
	var first, contained []float64
	var lastAt time.Time
	for _, id := range ids {
		r := m.awaitDone(id)
		lastAt = later(lastAt, *r.ContainedAt)
		first, contained = append(first, r.FirstCleanAt.Sub(*r.StartedAt).Seconds()), append(contained, r.ContainedAt.Sub(*r.StartedAt).Seconds())
	}
	slices.Sort(first)
	slices.Sort(contained)
	m.b.Logf("%d tenants: first mailbox clean after %.1f s in the middle and %.1f s at most, contained after %.1f s and %.1f s",
		len(ids), middle(first), first[len(first)-1], middle(contained), contained[len(contained)-1])
	m.metric(middle(first), "first-clean-s")
	m.metric(first[len(first)-1], "worst-first-clean-s")
	m.metric(middle(contained), "contained-s")
	m.metric(contained[len(contained)-1], "worst-contained-s")
	if flood {
		r := m.awaitDone(flooded)
		if longest := contained[len(contained)-1]; r.ContainedAt.Before(lastAt) {
			m.b.Logf("the flood was over before the others were, %.1f s: it is too small to delay anybody", longest)
		}
		m.metric(r.ContainedAt.Sub(*r.StartedAt).Seconds(), "flood-contained-s")
	}
	m.machine()
}

func middle(sorted []float64) float64 { return sorted[len(sorted)/2] }

func (m *measuring) remediation(id string) (r remediation) {
	m.b.Helper()
	m.API("GET", "/remediations/"+id, nil, &r)
	return r
}

// peakMB is the most memory that a process held.
func (p *process) peakMB(b *testing.B) float64 {
	b.Helper()
	for line := range strings.Lines(p.file(b, "status")) {
		if text, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.Atoi(strings.Fields(text)[0])
			must(b, err)
			return float64(n) / 1024
		}
	}
	b.Fatal("the system tells no peak of memory")
	return 0
}

// cpu is the processor time that a process took, its own and the system's for it.
func (p *process) cpu(b *testing.B) time.Duration {
	b.Helper()
	const ticks = 100 // of a second; Linux has told no other number for decades
	_, text, _ := strings.Cut(p.file(b, "stat"), ") ")
	fields := strings.Fields(text)
	user, err := strconv.Atoi(fields[11])
	must(b, err)
	system, err := strconv.Atoi(fields[12])
	must(b, err)
	return time.Duration(user+system) * time.Second / ticks
}

func (p *process) file(b *testing.B, name string) string {
	b.Helper()
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.cmd.Process.Pid, name))
	if err != nil {
		b.Skipf("memory and processor time are read from Linux's /proc: %v", err)
	}
	return string(content)
}
