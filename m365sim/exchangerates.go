package m365sim

import (
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// exchangeRates count a tenant's requests to the admin API for the headers of its answers. The numbers are those seen
// live; what happens beyond them is not documented, and nothing happens here.
type exchangeRates struct {
	inFlight atomic.Int32

	mu   sync.Mutex
	from time.Time
	used int
}

const (
	exchangeRateLimit  = 30_000
	exchangeRateWindow = 5 * time.Minute
)

// onto counts an answer and writes what is left.
func (r *exchangeRates) onto(ans answer, now time.Time) answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.from) >= exchangeRateWindow {
		r.from, r.used = now, 0
	}
	r.used++

	running := strconv.Itoa(int(r.inFlight.Load()))

	return ans.with("Rate-Limit-Limit", strconv.Itoa(exchangeRateLimit)).
		with("Rate-Limit-Remaining", strconv.Itoa(max(0, exchangeRateLimit-r.used))).
		with("Rate-Limit-Reset", instant(r.from.Add(exchangeRateWindow))).
		with("X-ConcurrencyCount", running).with("X-CombinedAppOnlyConcurrencyCount", running)
}
