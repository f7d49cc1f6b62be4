package clawback

import (
	"slices"
	"testing"
)

func TestRulesDifferences(t *testing.T) {
	t.Parallel()
	rules := Rules{Mode: ModeEnforce, Removal: RemovalSoft, VolumeLimit: 500, NeverRemove: []string{"a@x.example"}}
	for _, tt := range []struct {
		name   string
		change func(*Rules)
		want   []string
	}{
		{"nothing", func(*Rules) {}, nil},
		{"the mode", func(r *Rules) { r.Mode = ModeObserve }, []string{"the mode"}},
		{"the removal", func(r *Rules) { r.Removal = RemovalHard }, []string{"the kind of removal"}},
		{"the limit and the list", func(r *Rules) { r.VolumeLimit, r.NeverRemove = 5, nil }, []string{"the volume limit", "the never-remove list"}},
	} {
		other := rules
		tt.change(&other)
		if got := rules.Differences(other); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
