package m365sim

import (
	"testing"
)

func FuzzFilter(f *testing.F) {
	for _, text := range []string{
		"internetMessageId eq '<a@b>'", "a/any(p:p eq 'x' or p eq 'y') and not (b in ('x','y'))",
		"startswith(subject,'it''s') eq true and receivedDateTime ge 2026-01-01T00:00:00Z", "((((a eq 1))))", "a/any(:)",
	} {
		f.Add(text)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		parsed, err := parseFilter(text)
		if err != nil {
			return
		}
		_ = messageList.filters.check(parsed)
		parsed.matches(entity{"a": []string{"x"}, "b": "y", "subject": "it's", "n": 1, "isRead": true})
	})
}

func TestFilter_Matches(t *testing.T) {
	t.Parallel()
	e := entity{"subject": "It's Time", "isRead": false, "receivedDateTime": "2026-11-23T09:00:00Z", "mail": nil,
		"from": entity{"emailAddress": entity{"address": "A@b.example"}}, "proxyAddresses": []string{"SMTP:a@b.example"}}
	for text, want := range map[string]bool{
		"subject eq 'it''s time'": true, "subject ne 'x'": true, "startswith(subject,'it')": true,
		"endswith(subject,'it')": false, "contains(subject,'s t') eq true": true, "isRead eq false": true,
		"receivedDateTime ge 2026-11-23T09:00:00Z": true, "receivedDateTime gt 2026-11-23T09:00:00Z": false,
		"receivedDateTime lt 2026-11-23T10:00:00+01:00": false, "mail eq null": true, "mail eq 'x'": false,
		"from/emailAddress/address eq 'a@B.example'": true, "proxyAddresses/any(p:p eq 'smtp:a@b.example')": true,
		"proxyAddresses/any(x:x eq 'n' or x eq 'smtp:A@b.example')": true, "not (isRead eq true)": true,
		"subject eq 'x' or isRead eq false and mail eq null": true, "subject in ('x','It''s Time')": true,
		"(subject eq 'x' or isRead eq false) and mail eq 'x'": false,
	} {
		parsed, err := parseFilter(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := parsed.matches(e); got != want {
			t.Errorf("%s is %v", text, got)
		}
	}
}

func TestFilter_Refuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "a", "a eq", "a eq b", "a eq 'x", "(a eq 'x'", "a eq 'x')", "a eq 'x' and", "a like 'x'",
		"f(a,'x')", "a/any(p eq 'x')", "'x' eq a", "a in 'x'", "startswith(a)", "startswith(a,'x') eq false"} {
		if parsed, err := parseFilter(text); err == nil {
			t.Errorf("%q was read as %v", text, parsed)
		}
	}
}
