package graphclient_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/m365sim"
)

func (b *bundle) lookUp(addresses ...string) []clawback.MailboxAnswer {
	b.t.Helper()
	answers, err := b.client.LookUpMailboxes(b.t.Context(), b.conn, addresses)
	if err != nil {
		b.t.Fatalf("look up: %v", err)
	}
	if len(answers) != len(addresses) {
		b.t.Fatalf("answered %d of %d", len(answers), len(addresses))
	}
	return answers
}

// readDirectory lets the app read all of the directory that can have an address.
func (b *bundle) readDirectory() {
	b.t.Helper()
	b.patchApp(map[string]any{"permissions": []string{
		"Mail.ReadWrite", "User.Read.All", "GroupMember.Read.All", "OrgContact.Read.All", "Organization.Read.All",
	}})
}

func TestLookUpMailboxes_byEveryKindOfAddress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.readDirectory()
	at := "@" + b.tenant.Domain
	quarantine := b.tenant.QuarantineID
	helena, ruth := b.mailbox("helena.voss").ID, b.mailbox("ruth.calder").ID
	for _, tc := range []struct {
		address string
		kind    clawback.MailboxKind
		id      string
	}{
		{"helena.voss" + at, clawback.MailboxCloud, helena},
		{"OFFICE" + at, clawback.MailboxCloud, helena},
		{" h.voss" + at + " ", clawback.MailboxCloud, helena},
		{"helena+news" + at, clawback.MailboxCloud, helena},
		{"Office+a+b" + at, clawback.MailboxCloud, helena},
		{"rcalder" + at, clawback.MailboxCloud, ruth}, // a sign-in name that is no address
		{"ruth.maiden" + at, clawback.MailboxCloud, ruth},
		{"sean.o'brien" + at, clawback.MailboxCloud, b.mailbox("sean.o'brien").ID},
		{"sean.o'brien+x" + at, clawback.MailboxCloud, b.mailbox("sean.o'brien").ID},
		{"bdewitt" + at, clawback.MailboxCloud, b.mailbox("Bruno.DeWitt").ID},
		{"quarantine" + at, clawback.MailboxCloud, quarantine},
		{"boardroom" + at, clawback.MailboxCloud, b.mailbox("boardroom").ID},
		{"all-staff" + at, clawback.MailboxGroup, "*"},
		{"operations" + at, clawback.MailboxGroup, "*"},
		{"nobody" + at, clawback.MailboxUnknown, ""},
		{"nobody+x" + at, clawback.MailboxUnknown, ""},
		{"+x" + at, clawback.MailboxUnknown, ""},
		{"someone@elsewhere.example", clawback.MailboxExternal, ""},
		{"no address", clawback.MailboxUnknown, ""},
		{"", clawback.MailboxUnknown, ""},
		{"x' or 1 eq 1 or 'y" + at, clawback.MailboxUnknown, ""},
	} {
		got := b.lookUp(tc.address)[0]
		m := got.Mailbox
		if got.Answer.Kind != clawback.AnswerOK || got.Address != tc.address || m.Kind != tc.kind || tc.id != "*" && m.ID != tc.id || tc.id == "*" && m.ID == "" {
			t.Errorf("%q: got %+v", tc.address, got)
		}
		if (m.Explanation == "") != (m.Kind == clawback.MailboxCloud) {
			t.Errorf("%q: explained by %q", tc.address, m.Explanation)
		}
		if !m.LookedUpAt.Equal(m.LookedUpAt.UTC()) || b.clock.now().Sub(m.LookedUpAt) > time.Minute {
			t.Errorf("%q: looked up at %v", tc.address, m.LookedUpAt)
		}
	}

	m := b.lookUp("office" + at)[0].Mailbox
	if m.Address != "helena.voss"+at || m.Name != "Helena Voss" || !m.Has("HELENA"+at) || len(m.Addresses) != 5 {
		t.Errorf("got %+v", m)
	}
	for _, address := range m.Addresses {
		if address != strings.ToLower(address) {
			t.Errorf("%q is not lower case", address)
		}
	}
}

// With User.Read.All alone users are found, and what is none is unknown.
func TestLookUpMailboxes_withTheLeastPermission(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.patchApp(map[string]any{"permissions": []string{"User.Read.All"}})
	at := "@" + b.tenant.Domain
	for i, want := range []clawback.MailboxKind{
		clawback.MailboxCloud, clawback.MailboxCloud, clawback.MailboxUnknown, clawback.MailboxUnknown, clawback.MailboxUnknown,
	} {
		got := b.lookUp("office"+at, "office+x"+at, "all-staff"+at, "nobody"+at, "x@elsewhere.example")[i]
		if got.Answer.Kind != clawback.AnswerOK || got.Mailbox.Kind != want {
			t.Errorf("%s: got %+v, want %s", got.Address, got, want)
		}
	}
	b.patchApp(map[string]any{"permissions": []string{"Mail.ReadWrite"}})
	b.clock.advance(time.Hour)
	if got := b.lookUp("office" + at)[0]; got.Answer.Kind != clawback.AnswerDenied {
		t.Errorf("without User.Read.All: got %+v", got)
	}
}

func TestLookUpMailboxes_manyInOrder(t *testing.T) {
	t.Parallel()
	for _, pageSize := range []int{0, 2} {
		b := setup(t, func(cfg *m365sim.Config) { cfg.PageSize = pageSize })
		var addresses, want []string
		for i, m := range b.mailboxes() {
			addresses, want = append(addresses, m.Address), append(want, m.ID)
			if i%3 == 0 {
				addresses, want = append(addresses, fmt.Sprintf("nobody%d@%s", i, b.tenant.Domain)), append(want, "")
			}
		}
		addresses, want = append(addresses, strings.ToUpper(addresses[0])), append(want, want[0])
		for i, got := range b.lookUp(addresses...) {
			if got.Mailbox.ID != want[i] || got.Address != addresses[i] {
				t.Errorf("pages of %d, %s: got %+v", pageSize, addresses[i], got)
			}
		}
	}
}

func TestLookUpMailboxes_guestsAndContacts(t *testing.T) {
	t.Parallel()
	organization := `{"value":[{"id":"o","verifiedDomains":[{"name":"Own.example"}]}]}`
	s := stubbedDirectory(t, organization, func(r innerRequest) (int, string) {
		switch {
		case strings.HasPrefix(r.URL, "/users?") && strings.Contains(r.URL, "proxyAddresses%2Fany"):
			return 200, `{"value":[{"id":"g","userType":"Guest","userPrincipalName":"g#EXT#@own.example","proxyAddresses":["SMTP:guest@own.example","x500:/o=x"]}]}`
		case strings.HasPrefix(r.URL, "/contacts?"):
			return 200, `{"value":[{"id":"c","displayName":"Desk","mail":"desk@own.example","proxyAddresses":[]}]}`
		case strings.HasPrefix(r.URL, "/groups?"):
			return 200, `{"value":[{"id":"s","mail":"sec@own.example","securityEnabled":true,"groupTypes":[]}]}`
		}
		return 200, `{"value":[]}`
	})
	answers, err := s.client.LookUpMailboxes(t.Context(), s.conn, []string{"guest@own.example", "desk@own.example", "sec@own.example"})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []clawback.MailboxKind{clawback.MailboxNone, clawback.MailboxContact, clawback.MailboxGroup} {
		if got := answers[i].Mailbox; got.Kind != want || got.Explanation == "" || got.ID == "" || len(got.Addresses) != 1 {
			t.Errorf("%d: got %+v, want %s", i, got, want)
		}
	}
}

// stubbedDirectory answers the organization by its body, and inner requests by handle.
func stubbedDirectory(t *testing.T, organization string, handle func(innerRequest) (int, string)) *stub {
	t.Helper()
	s := stubbedBatch(t, func(r innerRequest) (int, map[string]any, string) {
		status, body := handle(r)
		return status, nil, body
	})
	inner := s.Config.Handler
	outer := stubbedAll(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1.0/organization" {
			answer(w, 200, organization)
			return
		}
		inner.ServeHTTP(w, r)
	})
	return outer
}

func TestLookUpMailboxes_aFailureIsNotUnknown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.readDirectory()
	user, list, nobody := "priya.nair@"+b.tenant.Domain, "all-staff@"+b.tenant.Domain, "nobody@"+b.tenant.Domain
	b.lookUp(user) // the domains are known from here on

	b.faults(fault{"route": "GET /groups", "status": 429, "retry_after": 3})
	for i, want := range []clawback.AnswerKind{clawback.AnswerOK, clawback.AnswerThrottled, clawback.AnswerThrottled} {
		if got := b.lookUp(user, list, nobody)[i]; got.Answer.Kind != want || want != clawback.AnswerOK && got.Mailbox.Kind != "" {
			t.Errorf("groups, %d: got %+v", i, got)
		}
	}
	b.clock.advance(3 * time.Second)
	b.faults(fault{"route": "GET /users", "status": 403, "code": "Authorization_RequestDenied"})
	if got := b.lookUp(user)[0]; got.Answer.Kind != clawback.AnswerDenied || got.Mailbox.ID != "" {
		t.Errorf("users: got %+v", got)
	}
	b.faults(fault{"route": "POST /$batch", "garbage": "html"})
	if got := b.lookUp(user)[0]; got.Answer.Kind != clawback.AnswerUnknown {
		t.Errorf("garbage: got %+v", got)
	}
}

func TestLookUpMailboxes_domains(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.readDirectory()
	outside := "x@elsewhere.example"

	b.faults(fault{"route": "GET /organization", "status": 503})
	_, err := b.client.LookUpMailboxes(t.Context(), b.conn, []string{outside})
	failure(t, err, clawback.AnswerUnavailable)
	b.clock.advance(time.Minute)
	b.faults(fault{"route": "GET /organization", "status": 403, "code": "Authorization_RequestDenied"})
	if got := b.lookUp(outside)[0]; got.Mailbox.Kind != clawback.MailboxUnknown || got.Answer.Kind != clawback.AnswerOK {
		t.Errorf("domains denied: got %+v", got)
	}
	b.faults(fault{"route": "GET /organization", "garbage": "html"})
	_, err = b.client.LookUpMailboxes(t.Context(), b.conn, []string{outside})
	failure(t, err, clawback.AnswerUnknown)

	b.faults()
	before := b.spy.count("/organization")
	for range 3 {
		if got := b.lookUp(outside)[0]; got.Mailbox.Kind != clawback.MailboxExternal {
			t.Errorf("got %+v", got)
		}
	}
	if n := b.spy.count("/organization") - before; n != 1 {
		t.Errorf("asked for the domains %d times, want once", n)
	}
	b.clock.advance(16 * time.Minute)
	b.lookUp(outside)
	if n := b.spy.count("/organization") - before; n != 2 {
		t.Errorf("after 16 minutes: asked %d times, want twice", n)
	}
}

// TestLookUpMailboxes_byAnAdvancedQuery finds the same whether or not the directory answers a plain filter on
// proxyAddresses, page by page.
func TestLookUpMailboxes_byAnAdvancedQuery(t *testing.T) {
	t.Parallel()
	for _, needed := range []bool{false, true} {
		b := setup(t, func(c *m365sim.Config) {
			c.PageSize = 2
			c.Switches.ProxyAddressesNeedEventual = needed
		})
		b.readDirectory()
		at := "@" + b.tenant.Domain
		asked := []string{"office" + at, "rcalder" + at, "all-staff" + at, "sean.o'brien" + at, "quarantine" + at, "nobody" + at}
		want := []clawback.MailboxKind{clawback.MailboxCloud, clawback.MailboxCloud, clawback.MailboxGroup, clawback.MailboxCloud,
			clawback.MailboxCloud, clawback.MailboxUnknown}
		for i, a := range b.lookUp(asked...) {
			if a.Mailbox.Kind != want[i] || a.Answer.Kind != clawback.AnswerOK {
				t.Errorf("needed %v: %s is %q (%s %s), want %q", needed, asked[i], a.Mailbox.Kind, a.Answer.Kind, a.Answer.Message, want[i])
			}
		}
	}
}
