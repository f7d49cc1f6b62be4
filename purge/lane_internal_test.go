package purge

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
)

// batches hands out a number of batches of each remediation; every pass waits
// until the test lets it go on.
type batches struct {
	mu     sync.Mutex
	left   map[string]int
	order  []string
	begun  chan string
	goOn   chan struct{}
	atWork int
	most   int
}

func newBatches(left map[string]int) *batches {
	return &batches{left: left, begun: make(chan string, 1000), goOn: make(chan struct{})}
}

func (b *batches) claim(_ context.Context, t turn) (pass, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left[t.remediationID] == 0 {
		return nil, nil
	}
	b.left[t.remediationID]--
	b.order = append(b.order, t.remediationID)
	b.atWork++
	b.most = max(b.most, b.atWork)
	return func(context.Context) error {
		b.begun <- t.remediationID
		<-b.goOn
		b.mu.Lock()
		defer b.mu.Unlock()
		b.atWork--
		return nil
	}, nil
}

// begin runs a lane and answers how it ended.
func begin(l *lanes, organization, remediation string) <-chan error {
	ended := make(chan error, 1)
	go func() { ended <- l.run(context.Background(), organization, turn{"remove", remediation}) }()
	return ended
}

func TestAFloodDelaysNobodyElse(t *testing.T) {
	b := newBatches(map[string]int{"flood": 100, "small": 1})
	l := newLanes(b.claim)
	flooded := begin(l, "one", "flood")
	for range passesPerLane {
		<-b.begun
	}
	quiet := begin(l, "other", "small")
	if id := <-b.begun; id != "small" {
		t.Errorf("%s began, not the other organization's", id)
	}
	close(b.goOn)
	for _, ended := range []<-chan error{flooded, quiet} {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if b.left["flood"] != 0 || b.most != passesPerLane+1 {
		t.Errorf("%d left, %d passes at once", b.left["flood"], b.most)
	}
}

func TestRemediationsOfOneOrganizationTakeTurns(t *testing.T) {
	b := newBatches(map[string]int{"large": 3 * passesPerLane, "small": 2})
	l := newLanes(b.claim)
	ended := begin(l, "one", "large")
	for range passesPerLane {
		<-b.begun
	}
	if err := <-begin(l, "one", "small"); err != nil { // joins, and is back at once
		t.Fatal(err)
	}
	close(b.goOn)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	small := slices.Index(b.order, "small")
	if small < passesPerLane || small > passesPerLane+1 || b.left["small"] != 0 || b.left["large"] != 0 || b.most > passesPerLane {
		t.Errorf("the small one came as number %d; left %v, %d at once", small, b.left, b.most)
	}
}

func TestAFailureLeavesTheOthersTheirTurns(t *testing.T) {
	b := newBatches(map[string]int{"good": 40})
	broken := errors.New("broken")
	l := newLanes(func(ctx context.Context, t turn) (pass, error) {
		if t.remediationID == "bad" {
			return nil, broken
		}
		return b.claim(ctx, t)
	})
	close(b.goOn)
	l.join("one", turn{"remove", "good"})
	l.open["one"].turns = append([]turn{{"remove", "bad"}}, l.open["one"].turns...)
	first := l.work(context.Background(), "one")
	second := l.work(context.Background(), "one")
	if !errors.Is(first, broken) || second != nil || b.left["good"] != 0 {
		t.Errorf("%v, then %v, %d left", first, second, b.left["good"])
	}
}

func TestADrainingLaneTakesNothingNew(t *testing.T) {
	b := newBatches(map[string]int{"large": 100})
	l := newLanes(b.claim)
	ended := begin(l, "one", "large")
	for range passesPerLane {
		<-b.begun
	}
	l.drain()
	close(b.goOn)
	if err := <-ended; err != nil || b.left["large"] != 100-passesPerLane {
		t.Errorf("%v, %d left", err, b.left["large"])
	}
}
