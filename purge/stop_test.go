package purge_test

import (
	"fmt"
	"testing"
	"time"

	"clawback"
)

func TestNothingRevivesWhatWasStopped(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0])
	id := b.start()
	b.inject(faulty{beforeFind: once(func() {
		b.stop(id)
		b.faults(`{"route":"POST /$batch","status":401,"count":2}`)
	})})
	b.work(id)
	b.deliver(sender, subject, b.users[1])
	b.trace(id)
	b.workFor(id, time.Minute, 3)
	if r := b.remediation(id); r.Status != clawback.StatusStopped {
		t.Errorf("status %s", r.Status)
	}
	b.untouched(b.users[:2]...)
}

// TestWhatWasOnTheWayWhenStoppedEnds stops a removal whose requests have left
// and come to nothing.
func TestWhatWasOnTheWayWhenStoppedEnds(t *testing.T) {
	for name, fault := range map[string]string{
		"throttled":   `{"route":"POST /users/*/messages/*/move","status":429,"retry_after":5,"count":1}`,
		"answer lost": `{"route":"POST /$batch","drop":"before","count":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			b.deliver(sender, subject, b.users[0])
			id := b.start()
			stop := once(func() {
				b.stop(id)
				b.faults(fault)
			})
			b.inject(faulty{beforeMove: func() error { stop(); return nil }})
			b.workFor(id, 10*time.Second, 6)
			b.expect(id, b.users[0], clawback.OutcomeStopped, clawback.ReasonStopped)
			if r := b.remediation(id); r.Counts.Open != 0 || r.Status != clawback.StatusStopped {
				t.Errorf("status %s, counts %+v", r.Status, r.Counts)
			}
			if f := b.folders(b.users[0]); fmt.Sprint(f) == "["+clawback.RecoverableItems+"]" {
				t.Errorf("removed after the stop")
			}
		})
	}
}
