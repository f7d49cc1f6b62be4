package clawback_test

import (
	"testing"

	"clawback"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestWorstOutcome(t *testing.T) {
	t.Parallel()
	const removed, gone, ambiguous, failed = clawback.OutcomeRemoved, clawback.OutcomeAlreadyGone, clawback.OutcomeAmbiguous, clawback.OutcomeFailed
	tests := []struct {
		copies []clawback.Outcome
		want   clawback.Outcome
	}{
		{nil, clawback.OutcomeNone},
		{[]clawback.Outcome{gone}, gone},
		{[]clawback.Outcome{gone, removed}, removed},
		{[]clawback.Outcome{removed, failed}, clawback.OutcomePartlyRemoved},
		{[]clawback.Outcome{ambiguous, removed}, clawback.OutcomePartlyRemoved},
		{[]clawback.Outcome{gone, ambiguous}, ambiguous},
		{[]clawback.Outcome{removed, clawback.OutcomeNotFound}, clawback.OutcomePartlyRemoved},
	}
	for _, tt := range tests {
		if got := clawback.WorstOutcome(tt.copies); got != tt.want {
			t.Errorf("worst of %v is %q, want %q", tt.copies, got, tt.want)
		}
	}
}

func TestWorstOutcomeDoesNotDependOnOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		copies := rapid.SliceOf(rapid.SampledFrom(clawback.Outcomes())).Draw(t, "copies")
		shuffled := rapid.Permutation(copies).Draw(t, "shuffled")
		if diff := cmp.Diff(clawback.WorstOutcome(copies), clawback.WorstOutcome(shuffled)); diff != "" {
			t.Fatal(diff)
		}
	})
}
