package web

import (
	"fmt"
	"testing"
	"time"
)

func TestLimiterForgets(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 16, 9, 0, 0, 0, time.UTC)
	l := newLimiter(Limit{PerSecond: 1, Burst: 1}, Limit{}, func() time.Time { return now })
	for i := range maxBuckets {
		if err := l.take(fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	now = now.Add(time.Minute)
	if err := l.take("one more"); err != nil || len(l.buckets) != 1 {
		t.Errorf("take = %v with %d buckets, want none and 1", err, len(l.buckets))
	}
	if err := l.take("one more"); err == nil {
		t.Error("the bucket that is in use was forgotten")
	}
}
