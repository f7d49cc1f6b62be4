package setup_test

import (
	"strings"
	"testing"
	"time"

	"clawback"
)

func (b *bench) renew(change func(*clawback.CredentialRequest)) error {
	b.t.Helper()
	r := clawback.CredentialRequest{DeviceID: b.device.ID, Kind: clawback.CredentialCertificate}
	change(&r)
	_, err := b.checker.RenewCredential(b.t.Context(), b.admin, r)
	return err
}

func (b *bench) credential() clawback.PublicCredential {
	b.t.Helper()
	shown, err := b.checker.FindCredential(b.t.Context(), b.admin, b.device.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	return shown
}

// TestRenewCredential_withoutOutage has the old secret in use until Microsoft accepts the new certificate.
func TestRenewCredential_withoutOutage(t *testing.T) {
	b := start(t).withDevice()
	b.check()
	if err := b.renew(func(*clawback.CredentialRequest) {}); err != nil {
		t.Fatal(err)
	}
	waiting := b.runOnce() // by itself, at once
	if connect, _ := waiting.Check(clawback.StepConnect); connect.Status != clawback.CheckPass || connect.CheckedBy != "Clawback" || connect.NextAt.Sub(connect.CheckedAt) > time.Minute {
		t.Errorf("while it waits: %s by %s, again in %v: %s", connect.Status, connect.CheckedBy, connect.NextAt.Sub(connect.CheckedAt), connect.Finding)
	}
	if next := waiting.Device.Next; next.By != b.admin.Name || !strings.Contains(next.Problem, "does not know the device's certificate") {
		t.Errorf("what waits is %+v", next)
	}
	conn, err := b.store.FindConnection(t.Context(), b.device.ID)
	if err != nil || conn.ClientSecret.Reveal() != b.tenant.App.Secret {
		t.Fatalf("the old credential is not in use: %v", err)
	}
	shown := b.credential()
	if shown.Kind != clawback.CredentialSecret || shown.Next == nil || !strings.HasPrefix(shown.Next.CertificatePEM, "-----BEGIN CERTIFICATE") {
		t.Fatalf("shown is %+v", shown)
	}

	b.patch(object{"certificates": []string{shown.Next.CertificatePEM}})
	b.clock.Advance(time.Minute)
	adopted := b.runOnce()
	if connect, _ := adopted.Check(clawback.StepConnect); connect.Status != clawback.CheckPass || !strings.Contains(connect.Finding, "certificate") || !adopted.Device.Next.At.IsZero() {
		t.Errorf("uploaded: %s %s, and %+v waits", connect.Status, connect.Finding, adopted.Device.Next)
	}
	if conn, _ := b.store.FindConnection(t.Context(), b.device.ID); !conn.ClientSecret.IsZero() || conn.CertificatePEM != shown.Next.CertificatePEM {
		t.Error("the new credential is not in use")
	}
}

// TestRenewCredential_broken replaces at once what does not work any more.
func TestRenewCredential_broken(t *testing.T) {
	b := start(t).withDevice()
	b.patch(object{"secret": "another"})
	b.check()
	if err := b.renew(func(r *clawback.CredentialRequest) {
		r.Kind, r.ClientSecret = clawback.CredentialSecret, clawback.NewSecret("another")
	}); err != nil {
		t.Fatal(err)
	}
	if got := b.check()[clawback.StepConnect]; got.Status != clawback.CheckPass {
		t.Errorf("with the right secret it is %s: %s", got.Status, got.Finding)
	}
}

func TestRenewCredential_refused(t *testing.T) {
	b := start(t).withDevice()
	b.check()
	other := b.sim.World().Customers[1]
	for name, tt := range map[string]struct {
		change func(*clawback.CredentialRequest)
		field  string
		words  string
	}{
		"the secret's id": {func(r *clawback.CredentialRequest) {
			r.Kind, r.ClientSecret = clawback.CredentialSecret, clawback.NewSecret(b.tenant.ID)
		}, "client_secret", "id, not its value"},
		"no client id":  {func(r *clawback.CredentialRequest) { r.ClientID = "x" }, "client_id", "client id"},
		"an old page":   {func(r *clawback.CredentialRequest) { r.Version = 7 }, "", "after you opened it"},
		"no such thing": {func(r *clawback.CredentialRequest) { r.Kind = "key" }, "kind", "certificate"},
	} {
		if err := b.renew(tt.change); err == nil || clawback.FieldOf(err) != tt.field || !strings.Contains(clawback.MessageOf(err), tt.words) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The client id of another tenant's app can only be told by a token: the present one goes on.
	if err := b.renew(func(r *clawback.CredentialRequest) {
		r.ClientID, r.Kind, r.ClientSecret = other.App.ClientID, clawback.CredentialSecret, clawback.NewSecret(other.App.Secret)
	}); err != nil {
		t.Fatal(err)
	}
	after := b.runOnce()
	if connect, _ := after.Check(clawback.StepConnect); connect.Status != clawback.CheckPass || !strings.Contains(after.Device.Next.Problem, "another tenant's app") {
		t.Errorf("another tenant's app: %s, and %q", connect.Status, after.Device.Next.Problem)
	}
	b.withIntegration(b.clock.Now())
	if err := b.renew(func(*clawback.CredentialRequest) {}); clawback.KindOf(err) != clawback.KindConflict {
		t.Errorf("of the integration: %v", err)
	}
}

func TestReconnectDevice(t *testing.T) {
	b := start(t).withDevice()
	b.check()
	if _, err := b.checker.ReconnectDevice(t.Context(), b.admin, b.device.ID, clawback.ConnectRequest{Kind: clawback.CredentialCertificate}); clawback.KindOf(err) != clawback.KindConflict {
		t.Errorf("of a connected one: %v", err)
	}
	if _, err := b.store.DisconnectDevice(t.Context(), b.admin, b.device.ID, clawback.Disconnection{Confirm: b.device.Name}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.checker.CheckDevice(t.Context(), b.admin, b.device.ID, clawback.StepConnect); clawback.KindOf(err) != clawback.KindConflict {
		t.Errorf("a check of a disconnected device: %v", err)
	}
	if s := b.runOnce(); len(s.Checks) != 0 {
		t.Errorf("it is checked by itself: %+v", s.Checks)
	}
	b.faults(object{"route": "login:discovery", "status": 503})
	secret := clawback.ConnectRequest{Kind: clawback.CredentialSecret, ClientSecret: clawback.NewSecret(b.tenant.App.Secret)}
	if _, err := b.checker.ReconnectDevice(t.Context(), b.admin, b.device.ID, secret); clawback.KindOf(err) != clawback.KindUnavailable {
		t.Errorf("Microsoft is down: %v", err)
	}
	b.faults()
	again, err := b.checker.ReconnectDevice(t.Context(), b.admin, b.device.ID, secret)
	if err != nil || again.ID != b.device.ID || again.Disconnected() {
		t.Fatalf("again: %+v, %v", again, err)
	}
	after := b.runOnce()
	if connect, _ := after.Check(clawback.StepConnect); connect.Status != clawback.CheckPass || len(after.Grants) == 0 {
		t.Errorf("connected again it is %s: %s; %d changes of grants are kept", connect.Status, connect.Finding, len(after.Grants))
	}
}
