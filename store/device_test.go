package store_test

import (
	"testing"

	"clawback"
	"clawback/store"
	"clawback/store/storetest"

	"github.com/google/uuid"
)

func TestDevices(t *testing.T) {
	b := setup(t)

	t.Run("keep no credential as it is", func(t *testing.T) {
		if got := b.Text(t, `SELECT COUNT(*) FROM devices WHERE instr(client_secret, ?) > 0`, storetest.DeviceSecret); got != "0" {
			t.Error("the secret stands in the database")
		}
		list := must(b.ListConnections(ctx, b.org.ID))(t)
		if len(list) != 1 || list[0].ClientSecret.Reveal() != storetest.DeviceSecret {
			t.Errorf("%d connections, or not with the secret", len(list))
		}
	})

	t.Run("show themselves in scope alone", func(t *testing.T) {
		if list := must(b.ListDevices(ctx, storetest.Analyst(b.org), b.org.ID))(t); len(list) != 1 || list[0].ID != b.device.ID {
			t.Errorf("devices %+v", list)
		}
		_, err := b.ListDevices(ctx, storetest.Analyst(b.org), b.other.ID)
		wantKind(t, "another's", err, clawback.KindNotFound)
	})

	t.Run("are connected by operators and admins", func(t *testing.T) {
		n := store.NewDevice{OrganizationID: b.org.ID, Name: "Second", TenantID: uuid.NewString(), ClientID: uuid.NewString(),
			Connection: clawback.ConnectionCustomApp, CertificatePEM: "cert", PrivateKeyPEM: clawback.NewSecret("key")}
		_, err := b.CreateDevice(ctx, storetest.Analyst(b.org), n)
		wantKind(t, "by an analyst", err, clawback.KindForbidden)
		_, err = b.CreateDevice(ctx, storetest.Admin(b.other), n)
		wantKind(t, "by another's admin", err, clawback.KindNotFound)
		must(b.CreateDevice(ctx, storetest.Admin(b.org), n))(t)
		if list := must(b.ListConnections(ctx, b.org.ID))(t); len(list) != 1 {
			t.Errorf("%d connections, want the chosen one alone", len(list))
		}
		n.PrivateKeyPEM = clawback.Secret{}
		_, err = b.CreateDevice(ctx, storetest.Admin(b.org), n)
		wantField(t, "without key", err, "certificate")
		n.CertificatePEM = ""
		_, err = b.CreateDevice(ctx, storetest.Admin(b.org), n)
		wantField(t, "without credential", err, "client_secret")
	})

	t.Run("open no credential that was swapped between rows", func(t *testing.T) {
		b.Exec(t, `UPDATE devices SET client_secret = (SELECT client_secret FROM devices WHERE organization_id = ?) WHERE id = ?`, b.other.ID, b.device.ID)
		if _, err := b.ListConnections(ctx, b.org.ID); err == nil {
			t.Error("another row's secret was opened")
		}
		b.Exec(t, `UPDATE devices SET private_key = client_secret, client_secret = NULL WHERE organization_id = ?`, b.other.ID)
		if _, err := b.ListConnections(ctx, b.other.ID); err == nil {
			t.Error("another column's secret was opened")
		}
	})
}
