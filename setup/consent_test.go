package setup_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/setup"
	"clawback/store/storetest"
)

// withIntegration connects the tenant with the provider's integration, onboarded on a day.
func (b *bench) withIntegration(onboarded time.Time) *bench {
	b.t.Helper()
	device, err := b.checker.ConnectDevice(b.t.Context(), b.admin, clawback.ConnectRequest{OrganizationID: b.org.ID, Tenant: b.tenant.Domain,
		Connection: clawback.ConnectionIntegration, OnboardedOn: onboarded})
	if err != nil {
		b.t.Fatal(err)
	}
	b.device = device
	return b
}

// integration changes what the tenant has of the integration.
func (b *bench) integration(change object) {
	b.t.Helper()
	b.control("PATCH", "/apps/"+b.sim.World().Integration.ClientID, change)
}

func (b *bench) ask4consent() clawback.ConsentMade {
	b.t.Helper()
	made, err := b.checker.AskConsent(b.t.Context(), b.admin, b.device.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	return made
}

// comesBack says that Microsoft's page was answered; whether it was is the test's to say.
func (b *bench) comesBack(made clawback.ConsentMade, back clawback.ConsentReturn) clawback.ConsentOutcome {
	b.t.Helper()
	_, outcome, err := b.checker.ConsentReturned(b.t.Context(), clawback.Actor{Kind: clawback.ActorPerson, Name: "Somebody"}, made.Token.Reveal(), back)
	if err != nil {
		b.t.Fatal(err)
	}
	return outcome
}

func (b *bench) runOnce() clawback.DeviceSetup {
	b.t.Helper()
	if err := b.checker.RunOnce(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	s, err := b.store.FindDeviceSetup(b.t.Context(), b.admin, b.device.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

var integrationPermissions = []any{"Exchange.ManageAsApp", "Mail.ReadWrite", "User.Read.All", "GroupMember.Read.All", "OrgContact.Read.All",
	"Organization.Read.All", "Application.Read.All", "RoleManagement.Read.Directory", "ExchangeMessageTrace.Read.All"}

func TestConsent_isProvedByATokenAlone(t *testing.T) {
	b := start(t).withIntegration(time.Now())
	first := b.check()[clawback.StepConnect]
	if first.Status != clawback.CheckFail || first.Cause != clawback.CauseNoConsentYet || first.Place != clawback.PlaceConsent || !strings.Contains(first.Who, "Global Administrator") {
		t.Fatalf("before any consent: %s (%s) %s", first.Status, first.Cause, first.Finding)
	}
	made := b.ask4consent()
	if outcome := b.comesBack(made, clawback.ConsentReturn{TenantID: b.tenant.ID}); outcome != clawback.ConsentGiven {
		t.Fatalf("it came back %s", outcome)
	}
	claimed, _ := b.runOnce().Check(clawback.StepConnect)
	if claimed.Status != clawback.CheckPropagating || claimed.CheckedBy != "Clawback" {
		t.Errorf("claimed, and no token to be had: %s (%s), by %s", claimed.Status, claimed.Cause, claimed.CheckedBy)
	}
	b.clock.Advance(2 * time.Hour)
	if late := b.check()[clawback.StepConnect]; late.Status != clawback.CheckFail || late.Cause != clawback.CauseNoConsentYet || !strings.Contains(late.Finding, "came back") {
		t.Errorf("claimed two hours ago: %s (%s) %s", late.Status, late.Cause, late.Finding)
	}

	b.integration(object{"present": true, "permissions": integrationPermissions, "roles": []any{"Security Reader"}})
	for step, r := range b.check() {
		if r.Status != clawback.CheckPass {
			t.Errorf("granted, %s is %s (%s): %s", step, r.Status, r.Cause, r.Finding)
		}
	}
	consents, err := b.store.ListConsents(t.Context(), b.admin, b.device.ID)
	if err != nil || len(consents) != 1 || consents[0].ProvedAt.IsZero() || !slices.Contains(consents[0].Added(), "Mail.ReadWrite on Microsoft Graph") {
		t.Errorf("the consent is %+v, %v", consents, err)
	}
}

// TestConsent_legacy goes the way of who onboarded before the integration asked for Exchange.ManageAsApp; whether it
// lacks is decided by the token, whatever the day.
func TestConsent_legacy(t *testing.T) {
	for name, tt := range map[string]struct {
		onboarded time.Time
		words     string
	}{
		"onboarded before": {time.Date(2025, time.November, 3, 0, 0, 0, 0, time.UTC), "since 12 March 2026"},
		"onboarded since":  {time.Date(2026, time.May, 4, 0, 0, 0, 0, time.UTC), "does not grant Exchange.ManageAsApp"},
	} {
		for _, right := range []string{"with the right to read the directory", "without it"} {
			t.Run(name+", "+right, func(t *testing.T) {
				b := start(t).withIntegration(tt.onboarded)
				old := []any{"Mail.ReadWrite", "User.Read.All"}
				if right != "without it" {
					old = append(old, "Application.Read.All", "RoleManagement.Read.Directory")
				}
				b.integration(object{"present": true, "permissions": old, "roles": []any{"Security Reader"}})
				lacks := b.check()[clawback.StepManageAsApp]
				if lacks.Status != clawback.CheckFail || lacks.Cause != clawback.CauseConsentAgain || lacks.Place != clawback.PlaceConsent || !strings.Contains(lacks.Finding, tt.words) {
					t.Errorf("%s (%s) %s, want it to say %q", lacks.Status, lacks.Cause, lacks.Finding, tt.words)
				}
				made := b.ask4consent()
				b.integration(object{"permissions": integrationPermissions})
				b.comesBack(made, clawback.ConsentReturn{TenantID: b.tenant.ID})
				after := b.runOnce()
				if r, _ := after.Check(clawback.StepManageAsApp); r.Status != clawback.CheckPass {
					t.Errorf("granted again, it is %s (%s) %s", r.Status, r.Cause, r.Finding)
				}
				if c := after.Consents[0]; !slices.Contains(c.Added(), "Exchange.ManageAsApp on Office 365 Exchange Online") || len(c.Removed()) > 0 {
					t.Errorf("the consent added %v and removed %v", c.Added(), c.Removed())
				}
			})
		}
	}
}

// TestConsent_takesAway shows that a consent replaced what an earlier one gave, and what is granted beyond need.
func TestConsent_takesAway(t *testing.T) {
	b := start(t).withIntegration(time.Now())
	b.integration(object{"present": true, "permissions": integrationPermissions, "roles": []any{"Security Reader"}})
	b.check()
	made := b.ask4consent()
	b.integration(object{"permissions": []any{"Exchange.ManageAsApp", "User.Read.All", "Files.Read.All"}})
	b.comesBack(made, clawback.ConsentReturn{TenantID: b.tenant.ID})
	after := b.runOnce()
	if c := after.Consents[0]; !slices.Contains(c.Removed(), "Mail.ReadWrite on Microsoft Graph") || !slices.Contains(c.Added(), "Files.Read.All on Microsoft Graph") {
		t.Errorf("it added %v and removed %v", c.Added(), c.Removed())
	}
	if connect, _ := after.Check(clawback.StepConnect); !strings.Contains(strings.Join(connect.Notes, " "), "Files.Read.All") {
		t.Errorf("too much is not told: %v", connect.Notes)
	}
}

func TestConsent_outcomes(t *testing.T) {
	b := start(t).withIntegration(time.Now())
	other := b.sim.World().Customers[1].ID
	made := b.ask4consent()
	for name, tt := range map[string]struct {
		back clawback.ConsentReturn
		want clawback.ConsentOutcome
	}{
		"refused":                    {clawback.ConsentReturn{Error: "consent_required"}, clawback.ConsentRefused},
		"refused, on the older page": {clawback.ConsentReturn{Error: "permission_denied"}, clawback.ConsentRefused},
		"refused, with a tenant":     {clawback.ConsentReturn{Error: "access_denied", TenantID: b.tenant.ID}, clawback.ConsentRefused},
		"Microsoft is down":          {clawback.ConsentReturn{Error: "server_error"}, clawback.ConsentUnavailable},
		"something else":             {clawback.ConsentReturn{Error: "invalid_client", TenantID: b.tenant.ID}, clawback.ConsentFailed},
		"in another tenant":          {clawback.ConsentReturn{TenantID: other}, clawback.ConsentElsewhere},
		"in no tenant":               {clawback.ConsentReturn{}, clawback.ConsentElsewhere},
		"in another tenant, refused": {clawback.ConsentReturn{TenantID: other, Error: "access_denied"}, clawback.ConsentRefused},
	} {
		if got := b.comesBack(made, tt.back); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
	if got := b.comesBack(made, clawback.ConsentReturn{TenantID: b.tenant.ID}); got != clawback.ConsentGiven {
		t.Errorf("after all of these it is not given, but %s", got)
	}
	if got := b.comesBack(made, clawback.ConsentReturn{TenantID: b.tenant.ID}); got != clawback.ConsentOver {
		t.Errorf("given twice, it is %s", got)
	}
	late := b.ask4consent()
	b.clock.Advance(clawback.ConsentLife)
	if got := b.comesBack(late, clawback.ConsentReturn{TenantID: b.tenant.ID}); got != clawback.ConsentOver {
		t.Errorf("a week later it is %s", got)
	}
	_, _, err := b.checker.ConsentReturned(t.Context(), clawback.Actor{}, "invented", clawback.ConsentReturn{TenantID: b.tenant.ID})
	if clawback.KindOf(err) != clawback.KindNotFound {
		t.Errorf("an invented state: %v", err)
	}
}

// TestIntegration_providersFault is what no customer can mend.
func TestIntegration_providersFault(t *testing.T) {
	b := start(t).withIntegration(time.Now())
	b.integration(object{"present": true, "permissions": integrationPermissions, "secret": "another"})
	if got := b.check()[clawback.StepConnect]; got.Cause != clawback.CauseIntegrationRefused || !strings.Contains(got.Who, "operates") || got.Place != "" {
		t.Errorf("the provider's credential is wrong: %s (%s), %s", got.Status, got.Cause, got.Who)
	}
	shown, err := b.checker.FindCredential(t.Context(), b.admin, b.device.ID)
	if err != nil || shown != (clawback.PublicCredential{Kind: clawback.CredentialIntegration, ClientID: b.device.ClientID}) {
		t.Errorf("of the provider's credential is shown %+v, %v", shown, err)
	}
}

// TestIntegration_unconfigured is a device whose installation has the integration no more.
func TestIntegration_unconfigured(t *testing.T) {
	b := start(t)
	device, err := b.store.CreateDevice(t.Context(), b.admin, clawback.NewDevice{OrganizationID: b.org.ID, Name: "Old", TenantID: b.tenant.ID,
		Connection: clawback.ConnectionIntegration, ClientID: storetest.ProviderTenant, OnboardedOn: b.clock.Now()})
	if err != nil {
		t.Fatal(err)
	}
	b.device = device
	if got := b.check()[clawback.StepConnect]; got.Status != clawback.CheckFail || got.Cause != clawback.CauseIntegrationAbsent {
		t.Errorf("%s (%s) %s", got.Status, got.Cause, got.Finding)
	}
}

func TestConnectDevice_integration(t *testing.T) {
	b := start(t)
	for name, tt := range map[string]struct {
		day   time.Time
		words string
	}{
		"no day":    {time.Time{}, "Enter the day"},
		"next week": {b.clock.Now().AddDate(0, 0, 7), "has not come yet"},
	} {
		_, err := b.checker.ConnectDevice(t.Context(), b.admin, clawback.ConnectRequest{OrganizationID: b.org.ID, Tenant: b.tenant.Domain,
			Connection: clawback.ConnectionIntegration, OnboardedOn: tt.day})
		if clawback.FieldOf(err) != "onboarded_on" || !strings.Contains(clawback.MessageOf(err), tt.words) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b.withDevice()
	if _, err := b.checker.AskConsent(t.Context(), b.admin, b.device.ID); clawback.KindOf(err) != clawback.KindConflict {
		t.Errorf("a consent for an own app: %v", err)
	}
}

// TestConsent_toAnotherIntegration is not asked for: the link would grant what this device never signs in with.
func TestConsent_toAnotherIntegration(t *testing.T) {
	b := start(t).withIntegration(time.Now())
	b.checker = setup.New(setup.Config{Store: b.store, Microsoft: b.client, Integration: b.tenant.App.ClientID, Now: b.clock.Now})
	if _, err := b.checker.AskConsent(b.t.Context(), b.admin, b.device.ID); clawback.KindOf(err) != clawback.KindConflict || !strings.Contains(err.Error(), "connect it again") {
		t.Errorf("asked: %v", err)
	}
}

// TestReconnect_withAnotherApp does not say that the app worked before: it was another one.
func TestReconnect_withAnotherApp(t *testing.T) {
	b := start(t).withDevice()
	b.check()
	if _, err := b.store.DisconnectDevice(t.Context(), b.admin, b.device.ID, clawback.Disconnection{Confirm: b.device.Name}); err != nil {
		t.Fatal(err)
	}
	if err := b.checker.StartCheck(t.Context(), b.admin, b.device.ID, clawback.StepConnect); clawback.KindOf(err) != clawback.KindConflict {
		t.Errorf("a check of a disconnected device: %v", err)
	}
	if err := b.checker.Look(t.Context(), b.admin, b.device.ID, clawback.StepConnect, "Priya Nair", clawback.NewSecret("token")); clawback.KindOf(err) != clawback.KindConflict {
		t.Errorf("a look at a disconnected device: %v", err)
	}
	if _, err := b.checker.ReconnectDevice(t.Context(), b.admin, b.device.ID, clawback.ConnectRequest{ClientID: b.device.ID, Kind: clawback.CredentialCertificate}); err != nil {
		t.Fatal(err)
	}
	if got := b.check()[clawback.StepConnect]; got.Cause != clawback.CauseAppMissing || strings.Contains(got.Finding, "before") {
		t.Errorf("an app that never was: %s (%s) %s", got.Status, got.Cause, got.Finding)
	}
}
