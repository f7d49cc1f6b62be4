package clawback_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
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

// TestReasonsListsEveryReason reads the constants from the source.
func TestReasonsListsEveryReason(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "record.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	declared := map[clawback.Reason]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, named := spec.Type.(*ast.Ident); !named || kind.Name != "Reason" {
			return true
		}
		text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		declared[clawback.Reason(text)] = text != ""
		return true
	})
	listed := map[clawback.Reason]bool{clawback.ReasonNone: false}
	for _, r := range clawback.Reasons() {
		listed[r] = true
	}
	if diff := cmp.Diff(declared, listed); diff != "" {
		t.Error(diff)
	}
}
