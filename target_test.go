package clawback_test

import (
	"testing"
	"time"

	"clawback"
)

func TestTargetMatches(t *testing.T) {
	t.Parallel()
	date := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	target := clawback.Target{MessageID: "<1@x.example>", Sender: "bad@x.example", Subject: "Invoice 1"}.Around(date)
	same := clawback.FoundCopy{MessageID: "<1@x.example>", Sender: "bad@x.example", Subject: "Invoice 1", ReceivedAt: date}
	change := func(f func(*clawback.FoundCopy)) clawback.FoundCopy {
		c := same
		f(&c)
		return c
	}
	untyped := target
	untyped.Sender = ""
	late := date.Add(80 * time.Hour)

	tests := []struct {
		name   string
		target clawback.Target
		found  clawback.FoundCopy
		want   bool
	}{
		{"the email", target, same, true},
		{"another case of the sender", target, change(func(c *clawback.FoundCopy) { c.Sender = "Bad@X.example" }), true},
		{"folded subject", target, change(func(c *clawback.FoundCopy) { c.Subject = " Invoice \r\n 1"; c.ReceivedAt = late }), true},
		{"tagged subject, time agrees", target, change(func(c *clawback.FoundCopy) { c.Subject = "[EXTERNAL] Invoice 1" }), true},
		{"late, subject agrees", target, change(func(c *clawback.FoundCopy) { c.ReceivedAt = late }), true},
		{"neither subject nor time", target, change(func(c *clawback.FoundCopy) { c.Subject = "Re: lunch"; c.ReceivedAt = late }), false},
		{"no time, another subject", target, change(func(c *clawback.FoundCopy) { c.Subject = "Re: lunch"; c.ReceivedAt = time.Time{} }), false},
		{"another sender", target, change(func(c *clawback.FoundCopy) { c.Sender = "ceo@a.example" }), false},
		{"another id", target, change(func(c *clawback.FoundCopy) { c.MessageID = "<2@x.example>" }), false},
		{"another case of the id", target, change(func(c *clawback.FoundCopy) { c.MessageID = "<1@X.example>" }), false},
		{"a target without a sender is nothing", untyped, change(func(c *clawback.FoundCopy) { c.Sender = "" }), false},
	}
	for _, tt := range tests {
		if got := tt.target.Matches(tt.found); got != tt.want {
			t.Errorf("%s: matches %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestNormalizeMessageID(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]string{
		"<a@b>": "<a@b>", " a@b ": "<a@b>", "<a+%'\"@b>": "<a+%'\"@b>", "no-at-sign": "<no-at-sign>",
		"": "", "<>": "", "<a b@c>": "", "<a@b> <c@d>": "", "a@b\r\nX: y": "",
	} {
		got, err := clawback.NormalizeMessageID(input)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%q: %q, %v; want %q", input, got, err, want)
		}
		if err != nil && clawback.FieldOf(err) != "internet_message_id" {
			t.Errorf("%q: error is about field %q", input, clawback.FieldOf(err))
		}
	}
}
