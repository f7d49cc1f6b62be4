package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/m365sim"
	"clawback/setup"
	"clawback/store"
)

const integrationID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"

// written answers the path of a new file.
func written(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "integration")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func newCertificate(t *testing.T) (certificate, key string) {
	t.Helper()
	c, err := setup.NewCertificate("Halden Security", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return c.CertificatePEM, c.PrivateKeyPEM.Reveal()
}

func TestServeRefusesAWrongIntegration(t *testing.T) {
	certificate, key := newCertificate(t)
	_, other := newCertificate(t)
	locked := string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("locked")}))
	both := written(t, certificate+key)
	const (
		client = "--integration-client-id (CLAWBACK_INTEGRATION_CLIENT_ID): "
		file   = "--integration-certificate-file (CLAWBACK_INTEGRATION_CERTIFICATE_FILE): "
		secret = "--integration-client-secret-file (CLAWBACK_INTEGRATION_CLIENT_SECRET_FILE): "
	)
	for name, c := range map[string]struct {
		options integrationOptions
		want    string
	}{
		"a certificate without a client id": {integrationOptions{IntegrationCertificateFile: both}, client + "There is a credential"},
		"a secret without a client id":      {integrationOptions{IntegrationClientSecretFile: written(t, "s3cret")}, client + "There is a credential"},
		"no client id":                      {integrationOptions{IntegrationClientID: "Clawback", IntegrationCertificateFile: both}, client + "“Clawback” is no client id"},
		"no credential":                     {integrationOptions{IntegrationClientID: integrationID}, secret + "Name a file, or set CLAWBACK_INTEGRATION_CLIENT_SECRET."},
		"two credentials":                   {integrationOptions{integrationID, both, written(t, "s3cret")}, secret + "There is a certificate"},
		"no file":                           {integrationOptions{IntegrationClientID: integrationID, IntegrationCertificateFile: both + "x"}, file + "The file can't be read"},
		"an empty secret":                   {integrationOptions{IntegrationClientID: integrationID, IntegrationClientSecretFile: written(t, " \n")}, secret + "The file is empty."},
		"an empty certificate":              {integrationOptions{IntegrationClientID: integrationID, IntegrationCertificateFile: written(t, "")}, file + "The file must hold"},
		"a certificate alone":               {integrationOptions{IntegrationClientID: integrationID, IntegrationCertificateFile: written(t, certificate)}, file + "The file must hold"},
		"a key alone":                       {integrationOptions{IntegrationClientID: integrationID, IntegrationCertificateFile: written(t, key)}, file + "The file must hold"},
		"another's key":                     {integrationOptions{IntegrationClientID: integrationID, IntegrationCertificateFile: written(t, certificate+other)}, file + "The file must hold"},
		"a key with a password":             {integrationOptions{IntegrationClientID: integrationID, IntegrationCertificateFile: written(t, certificate+locked)}, file + "The file must hold"},
	} {
		t.Run(name, func(t *testing.T) {
			flags := append(installation(t).flags(), "--integration-client-id="+c.options.IntegrationClientID,
				"--integration-certificate-file="+c.options.IntegrationCertificateFile, "--integration-client-secret-file="+c.options.IntegrationClientSecretFile)
			got := command(t, flags...)
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("serve says %q, want %q", got, c.want)
			}
			for _, private := range []string{"s3cret", strings.Split(key, "\n")[1]} {
				if strings.Contains(got, private) {
					t.Errorf("serve tells the secret: %q", got)
				}
			}
		})
	}
	t.Run("the secret's variable without a client id", func(t *testing.T) {
		t.Setenv(integrationSecretVariable, "s3cret")
		if got := command(t, installation(t).flags()...); !strings.HasPrefix(got, client+"There is a credential") {
			t.Errorf("serve says %q", got)
		}
	})
}

func TestServeTakesAnIntegration(t *testing.T) {
	certificate, key := newCertificate(t)
	issuer, _ := newCertificate(t)
	if got, err := (integrationOptions{}).integration(); err != nil || got.ClientID != "" {
		t.Errorf("without one: %+v, %v", got, err)
	}
	for name, text := range map[string]string{"certificate first": certificate + key, "key first": key + certificate, "with its issuer": certificate + issuer + key} {
		got, err := integrationOptions{IntegrationClientID: strings.ToUpper(integrationID), IntegrationCertificateFile: written(t, text)}.integration()
		if err != nil || got.ClientID != integrationID || got.CertificatePEM != certificate || got.PrivateKeyPEM.Reveal() != key || !got.ClientSecret.IsZero() {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	got, err := integrationOptions{IntegrationClientID: integrationID, IntegrationClientSecretFile: written(t, "s3cret\n")}.integration()
	if err != nil || got.ClientSecret.Reveal() != "s3cret" {
		t.Errorf("a secret's file: %+v, %v", got, err)
	}
	t.Setenv(integrationSecretVariable, " s3cret ")
	if got, err = (integrationOptions{IntegrationClientID: integrationID}).integration(); err != nil || got.ClientSecret.Reveal() != "s3cret" {
		t.Errorf("a secret's variable: %+v, %v", got, err)
	}
}

// provider is an installation whose integration signs in to a customer of the simulated Microsoft 365.
type provider struct {
	t        *testing.T
	sim      *m365sim.Sim
	serve    serveCmd
	customer m365sim.Tenant
	deviceID string
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	sim, err := m365sim.Start(m365sim.Config{Seed: 3, Mailboxes: 12})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.Close() })
	p := &provider{t: t, sim: sim, serve: installation(t), customer: sim.World().Customers[3]}
	a := sim.Addresses()
	p.serve.Simulated, p.serve.LoginURL, p.serve.GraphURL, p.serve.ExchangeURL = true, a.Login, a.Graph, a.Exchange
	p.serve.IntegrationClientID = sim.World().Integration.ClientID
	return p
}

// knows has the app registration know these certificates and no others.
func (p *provider) knows(certificates ...string) {
	p.t.Helper()
	body, err := json.Marshal(map[string]any{"secret": "", "certificates": certificates})
	if err != nil {
		p.t.Fatal(err)
	}
	address := p.sim.Addresses().Control + "/tenants/" + p.customer.ID + "/apps/" + p.serve.IntegrationClientID
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodPatch, address, bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	if response.Body.Close(); response.StatusCode != http.StatusOK {
		p.t.Fatalf("certificates: %d", response.StatusCode)
	}
}

// start opens the portal with a certificate's file, as a start of the process does.
func (p *provider) start(file string) *portal {
	p.t.Helper()
	p.serve.IntegrationCertificateFile = file
	cfg, err := p.serve.portalConfig(newLogger("error"))
	if err != nil {
		p.t.Fatal(err)
	}
	running, err := openPortal(p.t.Context(), cfg)
	if err != nil {
		p.t.Fatal(err)
	}
	if p.deviceID == "" {
		p.deviceID = p.connect(running.store)
	}
	return running
}

func (p *provider) stop(running *portal) {
	p.t.Helper()
	if err := running.public.Close(); err != nil {
		p.t.Error(err)
	}
	if err := running.store.Close(); err != nil {
		p.t.Error(err)
	}
}

func (p *provider) connect(db *store.Store) string {
	p.t.Helper()
	operator := clawback.Bot("the test")
	o, err := db.CreateOrganization(p.t.Context(), operator, store.NewOrganization{Name: p.customer.Name, TenantID: p.customer.ID, Domain: p.customer.Domain})
	if err != nil {
		p.t.Fatal(err)
	}
	device, err := db.CreateDevice(p.t.Context(), operator, demoDevice(o, p.sim.World(), p.customer))
	if err != nil {
		p.t.Fatal(err)
	}
	return device.ID
}

// connects answers what the check of the connection comes to.
func (p *provider) connects(running *portal) clawback.CheckResult {
	p.t.Helper()
	results, err := running.setup.CheckDevice(context.Background(), clawback.Bot("the test"), p.deviceID, clawback.StepConnect)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, r := range results {
		if r.Step == clawback.StepConnect {
			return r
		}
	}
	p.t.Fatal("the connection was not checked")
	return clawback.CheckResult{}
}

func (p *provider) passes(what string, running *portal) {
	p.t.Helper()
	if got := p.connects(running); got.Status != clawback.CheckPass {
		p.t.Errorf("%s the connection is %s (%s): %s", what, got.Status, got.Cause, got.Finding)
	}
}

// TestIntegrationCertificate_renewed as the manual says: upload the new one beside the old, change the file, restart,
// take the old one away. No customer's connection fails on the way.
func TestIntegrationCertificate_renewed(t *testing.T) {
	p := newProvider(t)
	oldCertificate, oldKey := newCertificate(t)
	freshCertificate, freshKey := newCertificate(t)
	p.knows(oldCertificate)
	running := p.start(written(t, oldCertificate+oldKey))
	p.passes("with the old certificate", running)
	p.knows(oldCertificate, freshCertificate)
	p.passes("with the new one uploaded", running)
	p.stop(running)
	running = p.start(written(t, freshCertificate+freshKey))
	p.passes("with the new one's file", running)
	p.knows(freshCertificate)
	p.passes("with the old one taken away", running)
	p.stop(running)
}

// TestIntegrationCertificate_inTheWrongOrder tells whose fault it is, and that the customer has nothing to mend.
func TestIntegrationCertificate_inTheWrongOrder(t *testing.T) {
	p := newProvider(t)
	oldCertificate, _ := newCertificate(t)
	freshCertificate, freshKey := newCertificate(t)
	p.knows(oldCertificate)
	running := p.start(written(t, freshCertificate+freshKey))
	if got := p.connects(running); got.Cause != clawback.CauseIntegrationRefused || !strings.Contains(got.Advice, "Nothing to do in your tenant") {
		t.Errorf("the connection is %s (%s): %s %s", got.Status, got.Cause, got.Finding, got.Advice)
	}
	p.knows(oldCertificate, freshCertificate)
	p.passes("once it is uploaded", running)
	p.stop(running)
}
