package views

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestEventFacts(t *testing.T) {
	for raw, want := range map[string]string{
		`{"account":"Priya Nair","seen":{"security-reader":"role_missing","message-trace":"trace_closed"}}`: "account: Priya Nair; seen: message-trace: trace_closed, security-reader: role_missing",
		`{"added":["Mail.ReadWrite on Microsoft Graph","User.Read.All on Microsoft Graph"],"removed":null}`: "added: Mail.ReadWrite on Microsoft Graph, User.Read.All on Microsoft Graph",
		`{"stopped_mailboxes":2,"reason":"","remediated":true}`:                                             "remediated: true; stopped mailboxes: 2",
		`{"certificate":"` + strings.Repeat("é", 201) + `"}`:                                                "certificate: " + strings.Repeat("é", 200) + "…",
		`{}`:  "",
		`[1]`: "[1]",
	} {
		if got := eventFacts(json.RawMessage(raw)); got != want {
			t.Errorf("%s says %q, want %q", raw, got, want)
		}
	}
}
