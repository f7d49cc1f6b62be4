package m365sim_test

import (
	"fmt"
	"testing"
	"time"

	"clawback/m365sim"
)

// switches sets some of the simulator's switches.
func (b *bench) switches(change string) {
	b.t.Helper()
	b.send("PATCH", b.sim.Addresses().Control+"/switches", nil, change).want(b.t, 200)
}

// trace asks Exchange for the last hour with a token. It takes no compression, since Exchange refuses some cmdlets with
// a body that is declared as gzip and is none.
func (b *bench) trace(token string) reply {
	b.t.Helper()

	return b.send("POST", b.sim.Addresses().Exchange+"/adminapi/beta/"+b.first.ID+"/InvokeCommand",
		map[string]string{"Authorization": "Bearer " + token, "Accept-Encoding": "identity"},
		`{"CmdletInput":{"CmdletName":"Get-MessageTraceV2","Parameters":{"ResultSize":1}}}`)
}

const readerID = "5d6b6bb7-de71-4623-b4af-96380a352509"

func claim(claims map[string]any, name string) string { return fmt.Sprint(claims[name]) }

func TestPropagation_GrantsCountLater(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *m365sim.Config) {
		c.Propagation = m365sim.Propagation{Tokens: 5 * time.Minute, Exchange: 30 * time.Minute, Trace: 2 * time.Hour}
	})
	b.trace(b.appToken(exchangeResource)).want(t, 200) // what was seeded is old
	b.patchApp(`{"roles":[],"consent":false,"message_trace_service_principal":false}`)
	b.patchApp(`{"roles":["Security Reader"],"consent":true,"message_trace_service_principal":true}`)
	claims := b.payload(b.appToken(exchangeResource))
	if claims["roles"] != nil || claim(claims, "wids") != "[0997a1d0-0d1d-4acb-b408-d5ca73121e90]" {
		t.Errorf("at once: %v", claims)
	}
	b.clock.advance(5 * time.Minute)
	token := b.appToken(exchangeResource)
	claims = b.payload(token)
	if claim(claims, "roles") != "[Exchange.ManageAsApp]" ||
		claim(claims, "wids") != "["+readerID+" 0997a1d0-0d1d-4acb-b408-d5ca73121e90]" {
		t.Errorf("after five minutes: %v", claims)
	}
	b.trace(token).want(t, 403)
	// The same grant sent again is no newer.
	b.patchApp(`{"roles":["Security Reader"],"consent":true}`)
	b.clock.advance(25 * time.Minute)
	b.trace(token).want(t, 200)
	b.graph("GET", "/admin/exchange/tracing/messageTraces", nil).want(t, 401)
	b.clock.advance(2 * time.Hour)
	b.graph("GET", "/admin/exchange/tracing/messageTraces", nil).want(t, 200)
	// What is taken away is gone from the next token.
	b.patchApp(`{"roles":[]}`)
	b.trace(b.appToken(exchangeResource)).want(t, 403)
}

func TestPropagation_OfOneApp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.patchApp(`{"propagation":{"exchange_seconds":600},"roles":[]}`)
	b.patchApp(`{"roles":["Security Reader"]}`)
	b.trace(b.appToken(exchangeResource)).want(t, 403)
	b.clock.advance(10 * time.Minute)
	b.trace(b.appToken(exchangeResource)).want(t, 200)
	b.patch(b.first.ID, b.first.App.ClientID, `{"propagation":{"tokens_seconds":-1}}`).want(t, 400)
}

func TestTokens_Lifetime(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *m365sim.Config) { c.TokenLife = 10 * time.Minute })
	form := credentials(b.first.App, exchangeResource+"/.default")
	if r := b.send("POST", b.tokenURL(b.first.ID), nil, form).want(t, 200); r.body["expires_in"] != 600.0 ||
		r.body["ext_expires_in"] != 600.0 {
		t.Errorf("answered %s", r.raw)
	}
	b.patchApp(`{"token_seconds":30}`)
	r := b.send("POST", b.tokenURL(b.first.ID), nil, form).want(t, 200)
	if r.body["expires_in"] != 30.0 {
		t.Errorf("answered %s", r.raw)
	}
	exchange, graph := text(r.body, "access_token"), b.appToken(graphResource)
	b.trace(exchange).want(t, 200)
	// A short token is not honoured for the five minutes that services forgive a clock.
	b.clock.advance(34 * time.Second)
	b.trace(exchange).want(t, 401)
	if r := b.graphAs(graph, "GET", "/users", nil).want(t, 401); r.code() != "InvalidAuthenticationToken" {
		t.Errorf("Graph says %s", r.code())
	}
	b.patchApp(`{"token_seconds":0}`)
	if r := b.send("POST", b.tokenURL(b.first.ID), nil, form).want(t, 200); r.body["expires_in"] != 600.0 {
		t.Errorf("answered %s", r.raw)
	}
	if _, err := m365sim.Start(m365sim.Config{TokenLife: time.Millisecond}); err == nil {
		t.Error("tokens of a millisecond were accepted")
	}
}
