package m365sim

import (
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// latency is how long requests take: base, and on top of it jitter times a number with the mean 1 and a long tail. Of
// a hundred requests half take less than 0.4 times the jitter more, ten more than 2.2 times and one more than 9 times;
// none takes more than maxTail times.
type latency struct {
	base, jitter time.Duration

	mu     sync.Mutex
	random *rand.Rand // the nth request of a run takes the same time with the same seed
}

const maxTail = 100

func newLatency(cfg Config) *latency {
	return &latency{base: cfg.Latency, jitter: cfg.LatencyJitter, random: rand.New(rand.NewPCG(cfg.Seed, 50))}
}

// next is the time of one more request: a Lomax distribution with the shape 2, which has the mean 1.
func (l *latency) next() time.Duration {
	if l.jitter == 0 {
		return l.base
	}
	l.mu.Lock()
	left := 1 - l.random.Float64() // above 0
	l.mu.Unlock()

	return l.base + time.Duration(float64(l.jitter)*min(maxTail, 1/math.Sqrt(left)-1))
}

// pass lets the time of one request go by, or stops when the client has gone.
func (l *latency) pass(done <-chan struct{}) { wait(l.next(), done) }
