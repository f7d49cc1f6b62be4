package clawback_test

import (
	"strings"
	"testing"

	"clawback"
)

func TestNormalizeAddress(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]string{
		"Hold@Contoso.example": "hold@contoso.example", " a@b.example ": "a@b.example", "Legal Hold <a@b.example>": "a@b.example",
		"büro@b.example": "büro@b.example", "": "", "nobody": "", "a b@c.example": "",
	} {
		if got, err := clawback.NormalizeAddress(input); got != want || (err != nil) != (want == "") || err != nil && clawback.FieldOf(err) != "address" {
			t.Errorf("%q: %q, %v; want %q", input, got, err, want)
		}
	}
	for hidden, code := range map[string]string{
		"\u202E": "U+202E", "\u200B": "U+200B", "\u200D": "U+200D", "\uFEFF": "U+FEFF", "\u00AD": "U+00AD", "\x07": "U+0007",
		"\u00A0": "U+00A0", "\uFE0F": "U+FE0F", "\u3164": "U+3164", "\n": "U+000A",
	} {
		got, err := clawback.NormalizeAddress("fin" + hidden + "ance@b.example")
		if err == nil || !strings.Contains(clawback.MessageOf(err), code) {
			t.Errorf("%s is taken: %q, %v", code, got, err)
		}
	}
}
