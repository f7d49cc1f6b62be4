package m365sim_test

import (
	"slices"
	"strings"
	"testing"
)

// message is the text of a Graph error.
func (r reply) message() string {
	failure, _ := r.body["error"].(map[string]any)

	return text(failure, "message")
}

// Refusals of a query of messages, in the words in which Outlook gives them.
func TestMail_QueryRefusalsInOutlooksWords(t *testing.T) {
	t.Parallel()
	b := setup(t, unrecorded)
	for _, tc := range []struct{ query, code, says string }{
		{query("$select", "nonsense"), "RequestBroker--ParseUri", "Could not find a property named 'nonsense' on type 'microsoft.graph.message'."},
		{query("$select", "id,meetingMessageType"), "RequestBroker--ParseUri", "named 'meetingMessageType'"},
		{query("$filter", "nonsense eq 'x'"), "RequestBroker--ParseUri", "Could not find a property named 'nonsense'"},
		{query("$filter", "body/content eq 'x'"), "ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes."},
		{query("$filter", "toRecipients/any(r:r/emailAddress/address eq 'x')"), "ErrorInvalidUrlQueryFilter", "invalid nodes"},
		{query("$filter", "subject eq 'x"), "BadRequest", "There is an unterminated string literal at position 13 in 'subject eq 'x'."},
		{query("$filter", "subject eq x"), "BadRequest", "Syntax error at position 11 in 'subject eq x'."},
		{query("$filter", "subject like 'x'"), "BadRequest", "Syntax error at position 8"},
		{query("$filter", "(subject eq 'x'"), "BadRequest", "')' or operator expected at position 15"},
		{query("$filter", "eq 'ü' 'x'"), "BadRequest", "at position 3 in 'eq 'ü' 'x''."},
		{query("$filter", "like(subject,'x')"), "BadRequest", "An unknown function with name 'like' was found."},
		{query("$filter", strings.Repeat("(", 50)+"isRead eq true"+strings.Repeat(")", 50)), "BadRequest", "Recursion depth exceeded allowed limit."},
		{query("$top", "1001"), "BadRequest", "The limit of '1000' for Top query has been exceeded. The value from the incoming request is '1001'."},
		{query("$top", "-1"), "BadRequest", "Invalid value '-1' for $top query option found."},
		{query("$skip", "x"), "BadRequest", "Invalid value 'x' for $skip query option found."},
		{query("$apply", "x"), "BadRequest", "The query parameter '$apply' is not supported."},
		{"?$top=1&$top=2", "BadRequest", "Query option '$top' was specified more than once"},
		{query("$filter", "isRead eq false", "$orderby", "receivedDateTime"), "InefficientFilter", "too complex"},
		{query("$filter", "isRead eq false and receivedDateTime ge 2026-01-01T00:00:00Z", "$orderby", "receivedDateTime"), "InefficientFilter", "too complex"},
	} {
		r := b.graph("GET", "/users/priya.nair@brightwater.example/messages"+tc.query, nil).want(t, 400)
		if r.code() != tc.code || !strings.Contains(r.message(), tc.says) {
			t.Errorf("%s: %s", tc.query, r.raw)
		}
	}
}

func TestMail_OrderSkipAndSelect(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, subject := range []string{"b", "c", "a", "c"} {
		b.control("POST", "/messages?to=priya.nair@brightwater.example", "From: x@evil.example\r\nSubject: "+subject+"\r\n\r\nx\r\n").want(t, 200)
	}
	path := "/users/priya.nair@brightwater.example/messages"
	subjects := func(pairs ...string) string {
		var out []string
		for _, m := range b.graph("GET", path+query(append(pairs, "$top", "50")...), nil).want(t, 200).list("value") {
			out = append(out, text(m, "subject"))
		}
		return strings.Join(out, "")
	}
	const recent = "receivedDateTime ge 2026-11-23T00:00:00Z"
	if got := subjects("$filter", "startswith(subject,'') and "+recent, "$orderby", "subject desc,receivedDateTime"); got != "ccba" {
		t.Errorf("sorted %s", got)
	}
	if got := subjects("$filter", recent, "$orderby", "receivedDateTime DESC", "$skip", "1"); len(got) != 3 {
		t.Errorf("after one: %s", got)
	}
	one := b.graph("GET", path+query("$filter", recent, "$select", "subject", "$top", "1"), nil).want(t, 200).list("value")[0]
	var names []string
	for name := range one {
		names = append(names, name)
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"@odata.etag", "id", "subject"}) {
		t.Errorf("selected %v", names)
	}
}
