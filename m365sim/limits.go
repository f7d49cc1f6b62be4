package m365sim

import (
	"time"
)

// window counts requests in a running time window.
type window struct{ times []time.Time }

const (
	traceQuota       = 100 // requests a tenant and window; Graph and Exchange share it, trace and detail too
	traceQuotaWindow = 5 * time.Minute
)

// take uses one request of the quota. When none is left it answers how long to wait.
func (w *window) take(now time.Time, limit int, span time.Duration) (time.Duration, bool) {
	for len(w.times) > 0 && now.Sub(w.times[0]) >= span {
		w.times = w.times[1:]
	}
	if len(w.times) >= limit {
		return span - now.Sub(w.times[0]), false
	}
	w.times = append(w.times, now)

	return 0, true
}

// bucket is the directory's resource-unit budget: it fills to size within ten seconds.
type bucket struct {
	used float64
	at   time.Time
}

const directorySpan = 10 * time.Second

// directoryUnits is Microsoft's budget for one app in one tenant, by the tenant's number of users.
func directoryUnits(users int) float64 {
	switch {
	case users < 50:
		return 3500
	case users <= 500:
		return 5000
	default:
		return 8000
	}
}

// take spends cost of size; when too little is left it answers how long to wait.
func (b *bucket) take(now time.Time, cost, size float64) (time.Duration, bool) {
	if elapsed := now.Sub(b.at); elapsed > 0 {
		b.used = max(0, b.used-size*elapsed.Seconds()/directorySpan.Seconds())
		b.at = now
	}
	if b.used+cost > size {
		return time.Duration((b.used + cost - size) / size * float64(directorySpan)), false
	}
	b.used += cost

	return 0, true
}

// retrySeconds is a Retry-After of at least one second, rounded up.
func retrySeconds(wait time.Duration) int {
	return max(1, int((wait+time.Second-1)/time.Second))
}
