package m365sim

import (
	"slices"
	"testing"
	"time"
)

func TestLatency_HasALongTailAndComesAgain(t *testing.T) {
	t.Parallel()
	const base, jitter, requests = 50 * time.Millisecond, 20 * time.Millisecond, 10_000
	draw := func(seed uint64) (times []time.Duration, sum time.Duration) {
		l := newLatency(Config{Seed: seed, Latency: base, LatencyJitter: jitter})
		for range requests {
			times = append(times, l.next())
			sum += times[len(times)-1] - base
		}
		return times, sum
	}
	times, sum := draw(1)
	if again, _ := draw(1); !slices.Equal(times, again) {
		t.Error("the same seed gives other times")
	}
	if other, _ := draw(2); slices.Equal(times, other) {
		t.Error("another seed gives the same times")
	}
	if mean := sum / requests; mean < jitter*8/10 || mean > jitter*12/10 {
		t.Errorf("%v more on average", mean)
	}
	slices.Sort(times)
	for part, want := range map[int][2]float64{50: {0.38, 0.45}, 90: {2, 2.4}, 99: {8, 10}} {
		more := float64(times[requests*part/100]-base) / float64(jitter)
		if more < want[0] || more > want[1] {
			t.Errorf("%d of 100 take %.2f times the jitter more, want %v", part, more, want)
		}
	}
	if last := times[requests-1]; times[0] < base || last > base+maxTail*jitter {
		t.Errorf("from %v to %v", times[0], last)
	}
	steady := newLatency(Config{Latency: base})
	if a, b := steady.next(), steady.next(); a != base || b != base {
		t.Errorf("without jitter %v, %v", a, b)
	}
}
