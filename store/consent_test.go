package store_test

import (
	"testing"
	"time"

	"clawback"
	"clawback/store"
	"clawback/store/storetest"

	"github.com/google/uuid"
)

// integrationDevice connects the organization with the integration.
func (b *bench) integrationDevice(t *testing.T) clawback.Device {
	t.Helper()
	return must(b.CreateDevice(ctx, storetest.Admin(b.org), store.NewDevice{OrganizationID: b.org.ID, Name: "Integration", TenantID: b.org.TenantID,
		Connection: clawback.ConnectionIntegration, ClientID: uuid.NewString(), OnboardedOn: b.clock.Now()}))(t)
}

func TestConsents(t *testing.T) {
	b := setup(t)
	admin, device := storetest.Admin(b.org), b.integrationDevice(t)
	made := must(b.CreateConsent(ctx, admin, device.ID))(t)

	t.Run("are asked for by admins, for integration devices alone", func(t *testing.T) {
		_, err := b.CreateConsent(ctx, storetest.Analyst(b.org), device.ID)
		wantKind(t, "by an analyst", err, clawback.KindForbidden)
		_, err = b.CreateConsent(ctx, storetest.Admin(b.other), device.ID)
		wantKind(t, "by another's admin", err, clawback.KindNotFound)
		_, err = b.CreateConsent(ctx, admin, b.device.ID)
		wantKind(t, "for an own app", err, clawback.KindConflict)
	})

	t.Run("keep the state of the link as a hash, and show it to its maker for minutes", func(t *testing.T) {
		token := made.Token.Reveal()
		if got := b.Text(t, `SELECT COUNT(*) FROM consents WHERE token_hash = ? OR instr(COALESCE(token_sealed, ''), ?) > 0`, token, token); got != "0" {
			t.Error("the state stands in the database")
		}
		if shown := must(b.FindConsentLink(ctx, admin, device.ID, made.ID))(t); shown.Token.Reveal() != token {
			t.Error("its maker can't read it")
		}
		_, err := b.FindConsentLink(ctx, storetest.Admin(b.org), device.ID, made.ID)
		wantKind(t, "another admin reads it", err, clawback.KindNotFound)
		b.clock.Advance(clawback.InvitationShown)
		_, err = b.FindConsentLink(ctx, admin, device.ID, made.ID)
		wantKind(t, "minutes later", err, clawback.KindConflict)
		must(b.CreateConsent(ctx, admin, device.ID))(t)
		if got := b.Text(t, `SELECT COUNT(*) FROM consents WHERE token_sealed IS NOT NULL`); got != "1" {
			t.Errorf("%s states can be opened", got)
		}
	})

	t.Run("are found by their link, whole", func(t *testing.T) {
		got := must(b.FindConsent(ctx, made.Token.Reveal()))(t)
		want := clawback.Consent{ID: made.ID, OrganizationID: b.org.ID, Domain: b.org.Domain, DeviceID: device.ID, DeviceName: device.Name,
			TenantID: b.org.TenantID, ClientID: device.ClientID, AskedBy: admin.Name, CreatedAt: storetest.Start, ExpiresAt: storetest.Start.Add(clawback.ConsentLife)}
		if got.ID != want.ID || got.OrganizationID != want.OrganizationID || got.Domain != want.Domain || got.DeviceID != want.DeviceID || got.DeviceName != want.DeviceName ||
			got.TenantID != want.TenantID || got.ClientID != want.ClientID || got.AskedBy != want.AskedBy || !got.CreatedAt.Equal(want.CreatedAt) || !got.ExpiresAt.Equal(want.ExpiresAt) {
			t.Errorf("found %+v, want %+v", got, want)
		}
		_, err := b.FindConsent(ctx, "invented")
		wantKind(t, "an invented one", err, clawback.KindNotFound)
	})

	t.Run("have the device checked once they came back, by what was granted before", func(t *testing.T) {
		mustDo(t, b.SaveGrants(ctx, admin, device.ID, []string{"a", "b"}))
		must(b.SaveChecks(ctx, admin, device.ID, []clawback.CheckResult{{Step: clawback.StepConnect, CheckedAt: b.clock.Now(), NextAt: b.clock.Now().Add(time.Hour)}}))(t)
		_, outcome, err := b.ReturnConsent(ctx, clawback.Actor{Kind: clawback.ActorPerson, Name: "Somebody"}, made.Token.Reveal(), clawback.ConsentReturn{TenantID: b.org.TenantID})
		if mustDo(t, err); outcome != clawback.ConsentGiven {
			t.Fatalf("it is %s", outcome)
		}
		if due := must(b.ListDevicesToCheck(ctx, b.clock.Now()))(t); len(due) == 0 || due[len(due)-1] != device.ID {
			t.Errorf("due %v, want %s too", due, device.ID)
		}
		mustDo(t, b.SaveGrants(ctx, admin, device.ID, []string{"a", "b"})) // not known everywhere yet
		mustDo(t, b.SaveGrants(ctx, admin, device.ID, []string{"b", "c"}))
		b.clock.Advance(2 * time.Hour)
		mustDo(t, b.SaveGrants(ctx, admin, device.ID, []string{"d"})) // another matter
		got := must(b.ListConsents(ctx, admin, device.ID))(t)[1]
		if len(got.Added()) != 1 || got.Added()[0] != "c" || len(got.Removed()) != 1 || got.Removed()[0] != "a" || got.ProvedAt.IsZero() {
			t.Errorf("added %v, removed %v, proved %v", got.Added(), got.Removed(), got.ProvedAt)
		}
		wantKind(t, "withdrawn afterwards", b.RevokeConsent(ctx, admin, device.ID, made.ID), clawback.KindConflict)
	})

	t.Run("are not many at once", func(t *testing.T) {
		var err error
		for range 12 {
			_, err = b.CreateConsent(ctx, admin, device.ID)
		}
		wantKind(t, "the twelfth", err, clawback.KindConflict)
	})

	t.Run("are not asked for by a disconnected device", func(t *testing.T) {
		b.disconnect(t, device)
		_, err := b.CreateConsent(ctx, admin, device.ID)
		wantKind(t, "ask", err, clawback.KindConflict)
		if open := b.Text(t, `SELECT COUNT(*) FROM consents WHERE returned_at = 0 AND revoked_at = 0`); open != "0" {
			t.Errorf("%s links still work", open)
		}
	})

	t.Run("belong to their organization", func(t *testing.T) {
		_, err := b.ListConsents(ctx, storetest.Admin(b.other), device.ID)
		wantKind(t, "list", err, clawback.KindNotFound)
		wantKind(t, "revoke", b.RevokeConsent(ctx, storetest.Admin(b.other), device.ID, made.ID), clawback.KindNotFound)
		wantKind(t, "revoke as an analyst", b.RevokeConsent(ctx, storetest.Analyst(b.org), device.ID, made.ID), clawback.KindForbidden)
		wantKind(t, "revoke at another device", b.RevokeConsent(ctx, admin, b.device.ID, made.ID), clawback.KindNotFound)
	})
}
