package clients_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"clawback/m365sim"
)

// portal is where the sign-in's redirect leads; nothing listens there.
const portal = "http://127.0.0.1:8080"

// bench is a simulator which speaks TLS, and a client that knows its authority.
type bench struct {
	t     testing.TB
	sim   *m365sim.Sim
	at    m365sim.Addresses
	first m365sim.Tenant
	http  *http.Client
}

// setup starts a simulator with 12 mailboxes and pages of two, on the machine's clock: the clients have no other.
func setup(t testing.TB, change ...func(*m365sim.Config)) *bench {
	t.Helper()
	cfg := m365sim.Config{Seed: 1, Mailboxes: 12, PortalURL: portal, PageSize: 2, TLS: true}
	for _, f := range change {
		f(&cfg)
	}
	sim, err := m365sim.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(sim.CA())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})

	return &bench{t: t, sim: sim, at: sim.Addresses(), first: sim.World().Customers[0],
		http: &http.Client{Transport: transport}}
}

// control changes the first customer's state; path follows its tenant.
func (b *bench) control(method, path, body string) string {
	b.t.Helper()
	target := b.at.Control + "/tenants/" + b.first.ID + path
	req, err := http.NewRequestWithContext(b.t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	res, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		b.t.Fatalf("control: %v, %d %s", err, res.StatusCode, text)
	}

	return string(text)
}

func (b *bench) putState(name string) {
	b.t.Helper()
	b.control("PUT", "/apps/"+b.first.App.ClientID+"/state", fmt.Sprintf(`{"state":%q}`, name))
}

// graph answers the status of a read with a token.
func (b *bench) graph(ctx context.Context, token, path string) int {
	b.t.Helper()
	req, err := http.NewRequestWithContext(ctx, "GET", b.at.Graph+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()

	return res.StatusCode
}
