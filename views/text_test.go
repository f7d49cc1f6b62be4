package views_test

import (
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/views"
)

func TestVisible(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain <b> & “quotes”":              "plain <b> & “quotes”",
		"a\x00b\x07c\x7f":                   "a[U+0000]b[U+0007]c[U+007F]",
		"a\tb\r\nc":                         "a b  c",
		"invoice\u202Efdp.exe":              "invoice[U+202E]fdp.exe",
		"in\u200Bvoice\uFEFF":               "in[U+200B]voice[U+FEFF]",
		"soft\u00ADhyphen":                  "soft[U+00AD]hyphen",
		"family \U0001F468\u200D\U0001F469": "family \U0001F468\u200D\U0001F469",
		"\xff\xfe":                          "\uFFFD",
		"مرحبا":                             "مرحبا",
	} {
		if got := views.Visible(in); got != want {
			t.Errorf("Visible(%q) = %q, want %q", in, got, want)
		}
	}
	if got := views.Subject(" \t "); got != "(no subject)" {
		t.Errorf("Subject of nothing = %q", got)
	}
}

func TestATimeKeepsItsDayForPaper(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := views.When(now).Render(t.Context(), &b); err != nil || !strings.Contains(b.String(), `data-utc="23 Nov 2026 09:41:12 UTC"`) {
		t.Errorf("%s, %v", b.String(), err)
	}
}

func TestNumbersAndTimes(t *testing.T) {
	t.Parallel()
	for in, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000"} {
		if got := views.Number(in); got != want {
			t.Errorf("Number(%d) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[time.Duration]string{
		-time.Second: "0 s", 300 * time.Millisecond: "under 1 s", 11 * time.Second: "11 s", 2*time.Minute + 5*time.Second: "2 min 5 s",
		time.Hour: "1 h", 26*time.Hour + 10*time.Minute: "26 h 10 min", 72 * time.Hour: "3 d",
	} {
		if got := views.Took(in); got != want {
			t.Errorf("Took(%v) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[time.Duration]string{0: "just now", 5 * time.Minute: "5 min ago", 30 * time.Hour: "30 h ago", 72 * time.Hour: "3 days ago"} {
		if got := views.Age(now.Add(-in), now); got != want {
			t.Errorf("Age(%v) = %q, want %q", in, got, want)
		}
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		views.RemediationPath("a/../b?c"): "/remediations/a%2F..%2Fb%3Fc",
		views.RemediationsFilterPath(clawback.RemediationFilter{Search: "<a@b> & c", Attention: true}): "/remediations?attention=1&q=%3Ca%40b%3E+%26+c",
		views.RemediationsFilterPath(clawback.RemediationFilter{}):                                     "/remediations",
		views.ActionsPath(clawback.ActionFilter{Status: clawback.ActionOpen}):                          "/actions",
		views.ActionsPath(clawback.ActionFilter{Status: clawback.ActionCompleted}):                     "/actions?status=completed",
		views.ActionsPath(clawback.ActionFilter{PageQuery: clawback.PageQuery{Cursor: "c"}}):           "/actions?cursor=c&status=any",
		views.RemediationLivePath("r1", clawback.RecordFilter{Outcome: clawback.OutcomeFailed}):        "/remediations/r1/live?outcome=failed",
		views.SignInMicrosoftPath(""): "/sign-in/microsoft",
	} {
		if got != want {
			t.Errorf("path = %q, want %q", got, want)
		}
	}
}
