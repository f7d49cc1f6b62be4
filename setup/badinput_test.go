package setup_test

import (
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/graphclient"
	"clawback/m365sim"
	"clawback/setup"
)

// connect asks to connect the customer's app, but for a change.
func (b *bench) connect(change func(*clawback.ConnectRequest)) error {
	b.t.Helper()
	r := clawback.ConnectRequest{OrganizationID: b.org.ID, Tenant: b.tenant.Domain, ClientID: b.tenant.App.ClientID, Kind: clawback.CredentialCertificate}
	change(&r)
	_, err := b.checker.ConnectDevice(b.t.Context(), b.admin, r)
	return err
}

// TestBadInput_personalTenant enters what is of personal accounts, by each of its names.
func TestBadInput_personalTenant(t *testing.T) {
	b := start(t)
	for _, tenant := range []string{"consumers", clawback.PersonalTenantID, strings.ToUpper(clawback.PersonalTenantID), "outlook.com", "Hotmail.com", "hotmail.co.uk", "msn.com"} {
		err := b.connect(func(r *clawback.ConnectRequest) { r.Tenant = tenant })
		if clawback.FieldOf(err) != "tenant" || !strings.Contains(clawback.MessageOf(err), "personal Microsoft accounts") || !strings.Contains(clawback.MessageOf(err), b.org.Domain) {
			t.Errorf("%s: %v", tenant, err)
		}
	}
}

// TestBadInput_microsoftInTrouble connects and checks while Microsoft is down, slow, throttling and out of reach: each
// is told in its own words, and a check that passed is not taken for broken.
func TestBadInput_microsoftInTrouble(t *testing.T) {
	for name, tt := range map[string]struct {
		fault          object
		connect, check string
	}{
		"down":                                   {object{"status": 503, "retry_after": -1}, "out of order (status 503)", "status 503"},
		"slow":                                   {object{"hang": "before"}, "is slow", "did not answer in time"},
		"throttling":                             {object{"status": 429, "retry_after": 90}, "no more questions for 90 seconds", "has asked to wait"},
		"throttling, until when it does not say": {object{"status": 429, "retry_after": -1}, "asked too much", "has asked to wait"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startWith(t, m365sim.Config{}, graphclient.Config{Timeout: 400 * time.Millisecond}).withDevice()
			b.check()
			fault := func(route string) object {
				one := object{"route": route}
				for key, value := range tt.fault {
					one[key] = value
				}
				return one
			}
			b.faults(fault("login:discovery"))
			err := b.connect(func(r *clawback.ConnectRequest) {})
			if clawback.KindOf(err) != clawback.KindUnavailable || !strings.Contains(clawback.MessageOf(err), tt.connect) ||
				!strings.Contains(clawback.MessageOf(err), b.tenant.Domain) || !strings.Contains(clawback.MessageOf(err), "Nothing was saved") {
				t.Errorf("connecting: %v, want it to say %q", err, tt.connect)
			}
			b.faults(fault("login:token"))
			got := b.check()[clawback.StepConnect]
			if got.Status != clawback.CheckUnknown || got.Cause != clawback.CauseUnavailable || !strings.Contains(got.Finding, tt.check) || !strings.Contains(got.Advice, "looked at again by itself") {
				t.Errorf("checking: %s (%s) %s %s", got.Status, got.Cause, got.Finding, got.Advice)
			}
			if notices := b.setup().Notices; len(notices) != 0 {
				t.Errorf("it is told as broken: %+v", notices)
			}
			b.faults()
			b.clock.Advance(2 * time.Minute)
			if got := b.check()[clawback.StepConnect]; got.Status != clawback.CheckPass {
				t.Errorf("over, it is %s: %s", got.Status, got.Finding)
			}
		})
	}
}

// TestBadInput_microsoftOutOfReach is a portal whose way to the internet is cut.
func TestBadInput_microsoftOutOfReach(t *testing.T) {
	b := start(t)
	nowhere, err := graphclient.New(graphclient.Config{LoginURL: "http://127.0.0.1:1", GraphURL: "http://127.0.0.1:1", ExchangeURL: "http://127.0.0.1:1",
		Simulated: true, Now: b.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nowhere.Close)
	b.checker = setup.New(setup.Config{Store: b.store, Microsoft: nowhere, Now: b.clock.Now})
	if err := b.connect(func(*clawback.ConnectRequest) {}); clawback.KindOf(err) != clawback.KindUnavailable || !strings.Contains(clawback.MessageOf(err), "could not be reached") {
		t.Errorf("%v", err)
	}
}

// TestBadInput_wrongApp enters what is another's, or not an app's at all.
func TestBadInput_wrongApp(t *testing.T) {
	b := start(t)
	err := b.connect(func(r *clawback.ConnectRequest) { r.ClientID = " " + strings.ToUpper(b.org.TenantID) })
	if clawback.FieldOf(err) != "client_id" || !strings.Contains(clawback.MessageOf(err), "the id of the tenant, not of the app") {
		t.Errorf("the tenant's id: %v", err)
	}
	b.withDevice()
	if err := b.renew(func(r *clawback.CredentialRequest) { r.ClientID = b.org.TenantID }); clawback.FieldOf(err) != "client_id" {
		t.Errorf("the tenant's id, for another app: %v", err)
	}
	other := b.sim.World().Customers[1].App
	if err := b.connect(func(r *clawback.ConnectRequest) {
		r.ClientID, r.Kind, r.ClientSecret = other.ClientID, clawback.CredentialSecret, clawback.NewSecret(other.Secret)
	}); err != nil {
		t.Fatal(err)
	}
	devices, err := b.store.ListDevices(t.Context(), b.admin, b.org.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, device := range devices {
		if device.ClientID == other.ClientID {
			b.device = device
		}
	}
	if got := b.check()[clawback.StepConnect]; got.Cause != clawback.CauseAppMissing || !strings.Contains(got.Finding, "client id of another tenant's app") || !strings.Contains(got.Advice, "on the same page") {
		t.Errorf("another tenant's app: %s (%s) %s %s", got.Status, got.Cause, got.Finding, got.Advice)
	}
}

// TestBadInput_wrongCertificate uploads another certificate than the device's.
func TestBadInput_wrongCertificate(t *testing.T) {
	b := start(t).withCertificate()
	another, err := setup.NewCertificate("Another", b.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	b.patch(object{"certificates": []string{another.CertificatePEM}})
	got := b.check()[clawback.StepConnect]
	if got.Status != clawback.CheckFail || got.Cause != clawback.CauseCertificateUnknown || !strings.Contains(got.Finding, "or another one") || !strings.Contains(got.Advice, b.credential().Thumbprint) {
		t.Errorf("%s (%s) %s %s", got.Status, got.Cause, got.Finding, got.Advice)
	}
}

// TestBadInput_expired lets what was good until a day come to it: each is told as expired, with its end.
func TestBadInput_expired(t *testing.T) {
	soon := 3 * 24 * time.Hour
	for name, tt := range map[string]struct {
		begin func(b *bench) time.Time
		step  clawback.SetupStep
		cause clawback.CheckCause
		words string
	}{
		"certificate": {func(b *bench) time.Time { b.withCertificate(); return b.credential().EndsAt },
			clawback.StepConnect, clawback.CauseCertificateExpired, "The certificate expired at "},
		"secret": {func(b *bench) time.Time {
			ends := b.clock.Now().Add(soon)
			b.withDevice().patch(object{"secret_expires": ends})
			return ends
		}, clawback.StepConnect, clawback.CauseSecretExpired, "The client secret has expired: it was good until "},
		"role": {func(b *bench) time.Time {
			ends := b.clock.Now().Add(soon)
			b.withDevice().patch(object{"roles": []any{object{"role": "Security Reader", "ends": ends}}})
			return ends
		}, clawback.StepSecurityReader, clawback.CauseRoleExpired, "has expired: it was made until "},
	} {
		t.Run(name, func(t *testing.T) {
			b := start(t)
			ends := tt.begin(b)
			if got := b.check()[tt.step]; got.Status != clawback.CheckPass {
				t.Fatalf("before, it is %s: %s", got.Status, got.Finding)
			}
			b.clock.Advance(ends.Add(time.Minute).Sub(b.clock.Now()))
			got := b.check()[tt.step]
			if got.Status != clawback.CheckFail || got.Cause != tt.cause || !strings.Contains(got.Finding, tt.words+ends.UTC().Format("15:04 UTC on 2 January 2006")) ||
				got.Who == "" || got.Place == "" {
				t.Errorf("%s (%s) %s", got.Status, got.Cause, got.Finding)
			}
		})
	}
}

// TestBadInput_roleTakenAway is no role that was never there, nor one that came to its end.
func TestBadInput_roleTakenAway(t *testing.T) {
	b := start(t).withDevice()
	b.check()
	b.patch(object{"roles": []any{}})
	if got := b.check()[clawback.StepSecurityReader]; got.Cause != clawback.CauseRoleMissing || !strings.Contains(got.Finding, "any more: it had the role before") {
		t.Errorf("%s (%s) %s", got.Status, got.Cause, got.Finding)
	}
	b.closeDirectory()
	if got := b.check()[clawback.StepSecurityReader]; len(got.Candidates) == 0 || !strings.Contains(got.Candidates[0], "the app had it before") {
		t.Errorf("where the directory can't be read: %q", got.Candidates)
	}
}
