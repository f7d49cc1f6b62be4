package setup_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"clawback/graphclient"
	"clawback/m365sim"
)

// timed notes how long the slowest request of each endpoint took.
type timed struct {
	http.RoundTripper
	mu      sync.Mutex
	slowest map[string]time.Duration
}

func (r *timed) RoundTrip(req *http.Request) (*http.Response, error) {
	began := time.Now()
	res, err := r.RoundTripper.RoundTrip(req)
	took := time.Since(began)
	r.mu.Lock()
	defer r.mu.Unlock()
	named := endpoint(req.Method, req.URL.Path, nil)
	r.slowest[named] = max(r.slowest[named], took)
	return res, err
}

// chain is how long the requests take that must follow each other: a token, then
// whatever takes one, and after the sample of users what is asked of each.
func (r *timed) chain() time.Duration {
	var signIn, alone, ofUsers time.Duration
	for named, took := range r.slowest {
		switch {
		case strings.HasPrefix(named, "login:"):
			signIn = max(signIn, took)
		case named == "POST /$batch" || strings.HasSuffix(named, "/mailFolders/inbox/messages"):
			ofUsers = max(ofUsers, took)
		default:
			alone = max(alone, took)
		}
	}
	return signIn + max(alone, r.slowest["GET /users"]+ofUsers)
}

// BenchmarkCheckDevice makes the full check of a device at 100 ms a request, sign-in
// included, with nothing remembered from the check before. It fails above 1.5 times
// the slowest chain.
func BenchmarkCheckDevice(b *testing.B) {
	requests := &timed{RoundTripper: http.DefaultTransport.(*http.Transport).Clone(), slowest: map[string]time.Duration{}}
	device := startWith(b, m365sim.Config{Latency: 100 * time.Millisecond}, graphclient.Config{Transport: requests}).withDevice()
	device.faults(object{"route": "login:*", "delay_ms": 100})
	var whole, chain time.Duration
	for b.Loop() {
		b.StopTimer()
		device.clock.Advance(time.Hour)
		requests.slowest = map[string]time.Duration{}
		b.StartTimer()
		began := time.Now()
		device.check()
		whole += time.Since(began)
		chain += requests.chain()
	}
	ratio := float64(whole) / float64(chain)
	b.ReportMetric(float64(whole.Milliseconds())/float64(b.N), "ms-whole")
	b.ReportMetric(float64(chain.Milliseconds())/float64(b.N), "ms-slowest-chain")
	b.ReportMetric(ratio, "ratio")
	if ratio > 1.5 {
		b.Errorf("the whole takes %.2f times its slowest chain", ratio)
	}
}
