package m365sim_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"strings"
	"testing"

	"clawback/m365sim"
)

func TestTLS(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *m365sim.Config) { c.TLS = true })
	a := b.sim.Addresses()
	for _, base := range []string{a.Login, a.Graph, a.Exchange} {
		if _, err := b.try("GET", base+"/", nil, nil); !strings.HasPrefix(base, "https://") || err == nil {
			t.Errorf("%s is trusted by who does not know its authority", base)
		}
	}
	// What control hands out is what a client has to trust.
	ca := b.send("GET", a.Control+"/ca.pem", nil, nil).want(t, 200)
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca.raw) || string(ca.raw) != string(b.sim.CA()) {
		t.Fatalf("ca.pem is %s", ca.raw)
	}
	b.client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: pool}
	for _, tenant := range []string{b.first.ID, "organizations"} {
		d := b.send("GET", a.Login+"/"+tenant+"/v2.0/.well-known/openid-configuration", nil, nil).want(t, 200)
		for _, field := range []string{"issuer", "token_endpoint", "jwks_uri"} {
			if !strings.HasPrefix(text(d.body, field), a.Login+"/") {
				t.Errorf("%s is %s", field, text(d.body, field))
			}
		}
	}
	b.graph("GET", "/users", nil).want(t, 200)
	b.trace(b.appToken(exchangeResource)).want(t, 200)

	plain := setup(t)
	plain.send("GET", plain.sim.Addresses().Control+"/ca.pem", nil, nil).want(t, 404)
	if plain.sim.CA() != nil {
		t.Error("there is an authority without TLS")
	}
}
