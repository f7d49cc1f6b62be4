package store_test

import (
	"fmt"
	"testing"

	"clawback"
	"clawback/store/storetest"
)

// TestAFewMailboxesGoAheadOfMany claims batches one after the other.
func TestAFewMailboxesGoAheadOfMany(t *testing.T) {
	for _, tt := range []struct {
		mailboxes int
		claims    []int
	}{{99, []int{clawback.BatchSize, clawback.BatchSize}}, {100, []int{4, clawback.BatchSize, clawback.BatchSize}}} {
		t.Run(fmt.Sprint(tt.mailboxes), func(t *testing.T) {
			b := setup(t)
			var addresses []string
			for n := range tt.mailboxes {
				addresses = append(addresses, fmt.Sprintf("u%d@customer.example", n))
			}
			r := b.running(t, storetest.SOCAnalyst(), addresses...)
			for n, want := range tt.claims {
				if claim := must(b.ClaimRecords(ctx, r.ID))(t); len(claim.Records) != want {
					t.Errorf("claim %d takes %d mailboxes, want %d", n+1, len(claim.Records), want)
				}
			}
		})
	}
}
