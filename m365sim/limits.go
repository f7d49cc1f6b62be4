package m365sim

import "time"

// window counts requests in a running time window.
type window struct{ times []time.Time }

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

// retrySeconds is a Retry-After of at least one second, rounded up.
func retrySeconds(wait time.Duration) int {
	return max(1, int((wait+time.Second-1)/time.Second))
}
