package m365sim_test

import (
	"net/url"
	"testing"
)

// Microsoft's answer for a mailbox of each kind, made while the simulator runs.
func TestMail_EveryKindOfMailbox(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, tc := range []struct {
		kind   string
		status int
		code   string
	}{
		{"user", 200, ""}, {"shared", 200, ""}, {"room", 200, ""}, {"equipment", 200, ""},
		{"on_premises", 404, "MailboxNotEnabledForRESTAPI"}, {"unlicensed", 404, "MailboxNotEnabledForRESTAPI"},
		{"guest", 404, "MailboxNotEnabledForRESTAPI"}, {"group", 404, "ErrorInvalidUser"},
		{"list", 404, "ErrorInvalidUser"}, {"contact", 404, "ErrorInvalidUser"},
	} {
		address := "new." + tc.kind + "@brightwater.example"
		made := b.control("POST", "/mailboxes", map[string]any{"kind": tc.kind, "address": address, "name": tc.kind}).want(t, 200)
		if text(made.body, "kind") != tc.kind || text(made.body, "address") != address {
			t.Errorf("made %s", made.raw)
		}
		r := b.graph("GET", "/users/"+url.PathEscape(text(made.body, "id"))+"/messages", nil).want(t, tc.status)
		if r.code() != tc.code {
			t.Errorf("%s answers %q, want %q", tc.kind, r.code(), tc.code)
		}
		b.control("POST", "/mailboxes", map[string]any{"kind": tc.kind, "address": address}).want(t, 400)
	}
	if hold := b.control("POST", "/mailboxes", `{"kind":"user","address":"held@brightwater.example","hold":true,"archive":true}`).
		want(t, 200); hold.body["hold"] != true || hold.body["archive"] != true {
		t.Errorf("on hold: %s", hold.raw)
	}
	b.control("POST", "/mailboxes", `{"kind":"guest","address":"x@brightwater.example","hold":true}`).want(t, 400)
	b.control("POST", "/mailboxes", `{"kind":"nonsense","address":"x@brightwater.example"}`).want(t, 400)
	b.control("POST", "/mailboxes", `{"kind":"list","address":"x@brightwater.example","members":["nobody@x.example"]}`).want(t, 400)
}

func TestMail_ListMadeByControlExpands(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.control("POST", "/mailboxes", `{"kind":"list","address":"duo@brightwater.example",
		"members":["priya.nair@brightwater.example","daniel.osei@brightwater.example"]}`).want(t, 200)
	b.deliver("to=duo@brightwater.example")
	if reached := b.copies(phishID); len(reached) != 2 {
		t.Errorf("reached %v", reached)
	}
}

// A mailbox goes with its licence, and its mail comes back with it.
func TestMail_LicenceGoesAndComesBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user, id := b.received()
	at := "/mailboxes/priya.nair@brightwater.example"
	for _, kind := range []string{"unlicensed", "on_premises"} {
		b.control("PUT", at, `{"kind":"`+kind+`"}`).want(t, 200)
		if r := b.graph("GET", user+"/messages/"+id, nil).want(t, 404); r.code() != "MailboxNotEnabledForRESTAPI" {
			t.Errorf("%s: %s", kind, r.raw)
		}
		b.control("PUT", at, `{"hold":true}`).want(t, 400)
	}
	if seen := b.copies(phishID); len(seen) != 0 {
		t.Errorf("a copy in no mailbox: %v", seen)
	}
	b.control("PUT", at, `{"kind":"shared"}`).want(t, 200)
	b.graph("GET", user+"/messages/"+id, nil).want(t, 200)
	b.control("PUT", at, `{"kind":"guest"}`).want(t, 400)
	b.control("PUT", "/mailboxes/all-staff@brightwater.example", `{"kind":"user"}`).want(t, 400)
}

// An address that moves takes later mail along, not what was delivered before.
func TestMail_AddressMovesToAnotherMailbox(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.deliver("to=h.voss@brightwater.example")
	take := `{"aliases":["h.voss@brightwater.example"],"take_over":true}`
	b.control("PUT", "/mailboxes/daniel.osei@brightwater.example", `{"aliases":["h.voss@brightwater.example"]}`).want(t, 400)
	b.control("PUT", "/mailboxes/daniel.osei@brightwater.example", take).want(t, 200)
	b.deliver("to=h.voss@brightwater.example")
	seen := map[string]int{}
	for _, c := range b.copies(phishID) {
		seen[text(c, "address")]++
	}
	if seen["helena.voss@brightwater.example"] != 1 || seen["daniel.osei@brightwater.example"] != 1 {
		t.Errorf("copies in %v", seen)
	}
	found := b.graph("GET", "/users"+query("$filter", "proxyAddresses/any(p:p eq 'smtp:h.voss@brightwater.example')"), nil).want(t, 200)
	if list := found.list("value"); len(list) != 1 || list[0]["displayName"] != "Daniel Osei" {
		t.Errorf("the address is %v's", list)
	}
	// A primary address leaves its owner with an alias; a sign-in name stays.
	b.control("PUT", "/mailboxes/daniel.osei@brightwater.example",
		`{"aliases":["ruth.calder@brightwater.example"],"take_over":true}`).want(t, 200)
	if ruth := b.graph("GET", "/users/rcalder@brightwater.example", nil).want(t, 200); ruth.body["mail"] != "ruth.calder@brightwater.onmicrosoft.example" {
		t.Errorf("left with %v", ruth.body["mail"])
	}
	b.control("POST", "/mailboxes", `{"kind":"shared","address":"kiosk@brightwater.example"}`).want(t, 200)
	b.control("PUT", "/mailboxes/kiosk@brightwater.example", `{"address":"bruno.dewitt@brightwater.example","take_over":true}`).want(t, 400)
}
