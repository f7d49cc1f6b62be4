package purge_test

import (
	"context"
	"testing"
	"time"

	"clawback"
)

// TestTheTraceBeginsWhereTheEmailMayHaveCome asks about emails of different dates, of which the attacker writes one.
func TestTheTraceBeginsWhereTheEmailMayHaveCome(t *testing.T) {
	const day = 24 * time.Hour
	for name, tt := range map[string]struct {
		age  time.Duration // of the email's own date
		from time.Duration // before now, rounded to days
	}{
		"of today":                       {time.Hour, 10 * day},
		"of last month":                  {40 * day, 40 * day},
		"older than all the trace keeps": {900 * day, 10 * day},
		"dated into the future":          {-900 * day, 10 * day},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			var asked []clawback.TraceQuery
			b.inject(faulty{query: func(q clawback.TraceQuery) { asked = append(asked, q) }})
			dated := target().Around(b.clock.Now().Add(-tt.age))
			r, err := b.store.CreateRemediation(context.Background(), admin, clawback.NewRemediation{
				OrganizationID: b.organization.ID, Targets: []clawback.Target{dated}, Reason: "phishing",
			})
			b.must(err)
			b.must(b.engine.Trace(context.Background(), r.ID))
			if len(asked) == 0 {
				t.Fatal("nothing was asked")
			}
			if from := b.clock.Now().Sub(asked[0].From).Round(day); from != tt.from {
				t.Errorf("asked from %v before now, want %v", from, tt.from)
			}
		})
	}
}
