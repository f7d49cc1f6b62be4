package setup_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/graphclient"
	"clawback/m365sim"
	"clawback/setup"
	"clawback/store"
	"clawback/store/storetest"
)

// bench is a Checker over a real store and a simulated Microsoft 365.
type bench struct {
	t       testing.TB
	checker *setup.Checker
	store   *store.Store
	sim     *m365sim.Sim
	tenant  m365sim.Tenant
	clock   *storetest.Clock
	org     clawback.Organization
	device  clawback.Device
	admin   clawback.Actor
	client  *graphclient.Client
	keep    []storetest.Option // opens the same store again
}

func start(t *testing.T) *bench {
	t.Helper()
	t.Parallel()
	return startWith(t, m365sim.Config{}, graphclient.Config{})
}

// startWith leaves to its caller what else is simulated, and how it is reached.
func startWith(t testing.TB, simulated m365sim.Config, reached graphclient.Config) *bench {
	t.Helper()
	// In the morning: a notice is told once a day, and two hours later must not be tomorrow.
	b := &bench{t: t, clock: storetest.NewClock(time.Now().UTC().Truncate(24 * time.Hour).Add(9 * time.Hour))}
	simulated.Mailboxes, simulated.Now = 12, b.clock.Now
	sim, err := m365sim.Start(simulated)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	b.sim, b.tenant = sim, sim.World().Customers[0]
	reached.LoginURL, reached.GraphURL, reached.ExchangeURL = sim.Addresses().Login, sim.Addresses().Graph, sim.Addresses().Exchange
	reached.Simulated, reached.Now = true, b.clock.Now
	client, err := graphclient.New(reached)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	b.client = client
	integration := sim.World().Integration
	b.keep = []storetest.Option{storetest.WithPath(filepath.Join(t.TempDir(), "clawback.db")), storetest.WithKey(storetest.Key(t)), storetest.WithClock(b.clock),
		storetest.WithIntegration(integration.ClientID, integration.Secret)}
	b.open()
	b.org, err = b.store.CreateOrganization(t.Context(), storetest.Operator(), store.NewOrganization{Name: b.tenant.Name, TenantID: b.tenant.ID, Domain: b.tenant.Domain})
	if err != nil {
		t.Fatal(err)
	}
	b.admin = storetest.Admin(b.org)
	return b
}

// open opens the store, or opens it again as a restart does.
func (b *bench) open() {
	b.t.Helper()
	if b.store != nil {
		if err := b.store.Close(); err != nil {
			b.t.Fatal(err)
		}
	}
	b.store = storetest.Open(b.t, b.keep...)
	b.checker = setup.New(setup.Config{Store: b.store, Microsoft: b.client, Integration: b.sim.World().Integration.ClientID, Now: b.clock.Now})
}

// withDevice connects the customer's app by its secret.
func (b *bench) withDevice() *bench {
	b.t.Helper()
	device, err := b.checker.ConnectDevice(b.t.Context(), b.admin, clawback.ConnectRequest{OrganizationID: b.org.ID, Tenant: b.tenant.Domain,
		ClientID: b.tenant.App.ClientID, Kind: clawback.CredentialSecret, ClientSecret: clawback.NewSecret(b.tenant.App.Secret)})
	if err != nil {
		b.t.Fatal(err)
	}
	b.device = device
	return b
}

func (b *bench) control(method, path string, body any) {
	b.t.Helper()
	b.ask(method, path, body, nil)
}

// read asks control and reads its answer.
func (b *bench) read(path string, into any) {
	b.t.Helper()
	b.ask(http.MethodGet, path, nil, into)
}

func (b *bench) ask(method, path string, body, into any) {
	b.t.Helper()
	content, err := json.Marshal(body)
	if err != nil {
		b.t.Fatal(err)
	}
	req, err := http.NewRequest(method, b.sim.Addresses().Control+"/tenants/"+b.tenant.ID+path, bytes.NewReader(content))
	if err != nil {
		b.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		text, _ := io.ReadAll(res.Body)
		b.t.Fatalf("%s %s: %d %s", method, path, res.StatusCode, text)
	}
	if into == nil {
		return
	}
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) patch(change map[string]any) {
	b.t.Helper()
	b.control(http.MethodPatch, "/apps/"+b.tenant.App.ClientID, change)
}

func (b *bench) faults(faults ...map[string]any) {
	b.t.Helper()
	b.control(http.MethodPut, "/faults", map[string]any{"items": faults})
}

func (b *bench) check() map[clawback.SetupStep]clawback.CheckResult {
	b.t.Helper()
	results, err := b.checker.CheckDevice(b.t.Context(), b.admin, b.device.ID, clawback.StepConnect)
	if err != nil {
		b.t.Fatal(err)
	}
	by := map[clawback.SetupStep]clawback.CheckResult{}
	for _, r := range results {
		by[r.Step] = r
		if r.Finding == "" || len(r.Layers) < 4 || r.Status != clawback.CheckPass && r.Advice == "" {
			b.t.Errorf("%s is %s without words: %+v", r.Step, r.Status, r)
		}
	}
	return by
}

func permissions(but ...string) []any {
	var list []any
	for _, p := range []string{"Exchange.ManageAsApp", "Mail.ReadWrite", "User.Read.All", "GroupMember.Read.All", "OrgContact.Read.All",
		"Organization.Read.All", "Application.Read.All", "RoleManagement.Read.Directory"} {
		if !strings.Contains(strings.Join(but, " "), p) {
			list = append(list, p)
		}
	}
	return list
}

type object = map[string]any

// TestChecker brings the simulated app into each state of the setup: the named
// check must say the cause, and when the state is mended all must pass.
func TestChecker(t *testing.T) {
	directory := []any{"User.Read.All", "Application.Read.All", "RoleManagement.Read.Directory", "Directory.Read.All", "Mail.ReadWrite"}
	with := func(more ...any) []any { return append(append([]any{}, directory...), more...) }
	reader := func(state, scope string) object {
		return object{"role": "Security Reader", "state": state, "scope": scope}
	}
	tests := []struct {
		name  string
		state object
		step  clawback.SetupStep
		want  clawback.CheckStatus
		cause clawback.CheckCause
	}{
		{"correct", object{}, clawback.StepSecurityReader, clawback.CheckPass, ""},
		{"correct, by a group", object{"roles": []any{reader("group", "/")}}, clawback.StepSecurityReader, clawback.CheckPass, ""},
		{"no consent", object{"permissions": with(object{"value": "Exchange.ManageAsApp", "consented": false})}, clawback.StepManageAsApp, clawback.CheckFail, clawback.CauseNoConsent},
		{"delegated by mistake", object{"permissions": with(object{"value": "Exchange.ManageAsApp", "delegated": true})}, clawback.StepManageAsApp, clawback.CheckFail, clawback.CauseDelegated},
		{"on another API", object{"permissions": with(object{"resource": "Office 365 SharePoint Online", "value": "Exchange.ManageAsApp"})}, clawback.StepManageAsApp, clawback.CheckFail, clawback.CauseWrongAPI},
		{"on Graph", object{"permissions": with(object{"resource": "Microsoft Graph", "value": "Exchange.ManageAsApp"})}, clawback.StepManageAsApp, clawback.CheckFail, clawback.CauseWrongAPI},
		{"not added", object{"permissions": directory}, clawback.StepManageAsApp, clawback.CheckFail, clawback.CauseNotRequested},
		{"not added, and no look into the directory", object{"permissions": []any{"User.Read.All"}}, clawback.StepManageAsApp, clawback.CheckFail, clawback.CausePermissionMissing},
		{"eligible only", object{"roles": []any{reader("eligible", "/")}}, clawback.StepSecurityReader, clawback.CheckFail, clawback.CauseEligibleOnly},
		{"in an administrative unit", object{"roles": []any{reader("active", "/administrativeUnits/a")}}, clawback.StepSecurityReader, clawback.CheckFail, clawback.CauseScopedRole},
		{"a custom role", object{"roles": []any{"Mail Robots"}}, clawback.StepSecurityReader, clawback.CheckFail, clawback.CauseOtherRole},
		{"no role", object{"roles": []any{}}, clawback.StepSecurityReader, clawback.CheckFail, clawback.CauseRoleMissing},
		{"another role that does", object{"roles": []any{"Global Reader"}}, clawback.StepSecurityReader, clawback.CheckPass, ""},
		{"disabled", object{"enabled": false}, clawback.StepConnect, clawback.CheckFail, clawback.CausePrincipalDisabled},
		{"missing", object{"present": false}, clawback.StepConnect, clawback.CheckFail, clawback.CauseAppMissing},
		{"secret changed", object{"secret": "another"}, clawback.StepConnect, clawback.CheckFail, clawback.CauseSecretWrong},
		{"secret expired", object{"secret_expires": "2020-01-01T00:00:00Z"}, clawback.StepConnect, clawback.CheckFail, clawback.CauseSecretExpired},
		{"trace principal missing, the only door", object{"permissions": with("ExchangeMessageTrace.Read.All"), "message_trace_service_principal": false},
			clawback.StepMessageTrace, clawback.CheckFail, clawback.CauseTracePrincipal},
		{"trace by Graph alone", object{"permissions": with("ExchangeMessageTrace.Read.All")}, clawback.StepMessageTrace, clawback.CheckPass, ""},
		{"no door", object{"permissions": directory}, clawback.StepMessageTrace, clawback.CheckFail, clawback.CauseTraceClosed},
		{"removal missing", object{"permissions": permissions("Mail.ReadWrite")}, clawback.StepRemoval, clawback.CheckFail, clawback.CauseNotRequested},
		{"removal not consented", object{"permissions": append(permissions("Mail.ReadWrite"), object{"value": "Mail.ReadWrite", "consented": false})},
			clawback.StepRemoval, clawback.CheckFail, clawback.CauseNoConsent},
		{"people can't be looked up", object{"permissions": permissions("User.Read.All")}, clawback.StepRecipients, clawback.CheckFail, clawback.CauseNotRequested},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := start(t).withDevice()
			b.patch(tt.state)
			got := b.check()[tt.step]
			if got.Status != tt.want || got.Cause != tt.cause {
				t.Errorf("%s is %s (%s): %s %+v", tt.step, got.Status, got.Cause, got.Finding, got.Layers)
			}
			if tt.want == clawback.CheckFail && (got.Who == "" || got.Place == "") {
				t.Errorf("nobody is named to mend it: %+v", got)
			}
			b.patch(object{"enabled": true, "present": true, "secret": b.tenant.App.Secret, "roles": []any{"Security Reader"},
				"permissions": permissions(), "message_trace_service_principal": true})
			for step, r := range b.check() {
				if r.Status != clawback.CheckPass {
					t.Errorf("mended, %s is %s (%s): %s", step, r.Status, r.Cause, r.Finding)
				}
			}
		})
	}
}

func TestChecker_roleOnAnotherApp(t *testing.T) {
	b := start(t).withDevice()
	b.patch(object{"roles": []any{}})
	b.control(http.MethodPatch, "/apps/"+b.sim.World().SignIn.ClientID, object{"roles": []any{"Security Reader"}})
	if got := b.check()[clawback.StepSecurityReader]; got.Cause != clawback.CauseRoleElsewhere {
		t.Errorf("%s (%s): %s", got.Status, got.Cause, got.Finding)
	}
}

func TestChecker_propagates(t *testing.T) {
	b := start(t).withDevice()
	b.patch(object{"permissions": permissions()}) // granted now
	b.faults(object{"route": "exchange:*", "status": 403})
	got := b.check()[clawback.StepSecurityReader]
	if got.Status != clawback.CheckPropagating || !got.NextAt.Equal(got.CheckedAt.Add(30*time.Second)) {
		t.Errorf("a young grant is %s, next %s: %s", got.Status, got.NextAt.Sub(got.CheckedAt), got.Finding)
	}
	b.clock.Advance(31 * time.Second)
	if err := b.checker.RunOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.clock.Advance(time.Hour)
	if got := b.check()[clawback.StepSecurityReader]; got.Status != clawback.CheckFail || got.Cause != clawback.CauseCallRefused {
		t.Errorf("after an hour it is %s (%s)", got.Status, got.Cause)
	}
	b.faults()
	if got := b.check()[clawback.StepSecurityReader]; got.Status != clawback.CheckPass {
		t.Errorf("honoured, it is %s", got.Status)
	}
}

func TestConnectDevice(t *testing.T) {
	b := start(t)
	ask := func(change func(*clawback.ConnectRequest)) error {
		r := clawback.ConnectRequest{OrganizationID: b.org.ID, Tenant: b.tenant.Domain, ClientID: b.tenant.App.ClientID, Kind: clawback.CredentialCertificate}
		change(&r)
		_, err := b.checker.ConnectDevice(t.Context(), b.admin, r)
		return err
	}
	for name, tt := range map[string]struct {
		change func(*clawback.ConnectRequest)
		field  string
		words  string
	}{
		"unknown tenant": {func(r *clawback.ConnectRequest) { r.Tenant = "nobody.example" }, "tenant", "knows no tenant"},
		"another tenant": {func(r *clawback.ConnectRequest) { r.Tenant = b.sim.World().Customers[1].Domain }, "tenant", "another tenant"},
		"every tenant":   {func(r *clawback.ConnectRequest) { r.Tenant = "common" }, "tenant", "knows no tenant"},
		"an address":     {func(r *clawback.ConnectRequest) { r.Tenant = "me@x.example" }, "tenant", "domain"},
		"nothing":        {func(r *clawback.ConnectRequest) { r.Tenant = " " }, "tenant", "domain"},
		"no client id":   {func(r *clawback.ConnectRequest) { r.ClientID = "x" }, "client_id", "client id"},
		"no kind":        {func(r *clawback.ConnectRequest) { r.Kind = "" }, "kind", "certificate"},
		"no secret":      {func(r *clawback.ConnectRequest) { r.Kind = clawback.CredentialSecret }, "client_secret", "value"},
		"the secret's id": {func(r *clawback.ConnectRequest) {
			r.Kind, r.ClientSecret = clawback.CredentialSecret, clawback.NewSecret(b.org.TenantID)
		}, "client_secret", "id, not its value"},
	} {
		if err := ask(tt.change); clawback.FieldOf(err) != tt.field || !strings.Contains(clawback.MessageOf(err), tt.words) {
			t.Errorf("%s: %v, want %q about %q", name, err, tt.words, tt.field)
		}
	}
	if err := ask(func(r *clawback.ConnectRequest) { r.OrganizationID = "none" }); clawback.KindOf(err) != clawback.KindNotFound {
		t.Errorf("no organization: %v", err)
	}
}

func TestConnectDevice_byCertificate(t *testing.T) {
	b := start(t)
	device, err := b.checker.ConnectDevice(t.Context(), b.admin, clawback.ConnectRequest{OrganizationID: b.org.ID, Tenant: b.tenant.ID,
		ClientID: b.tenant.App.ClientID, Kind: clawback.CredentialCertificate})
	if err != nil {
		t.Fatal(err)
	}
	b.device = device
	if got := b.check()[clawback.StepConnect]; got.Cause != clawback.CauseCertificateUnknown {
		t.Errorf("before the upload: %s (%s)", got.Status, got.Cause)
	}
	shown, err := b.checker.FindCredential(t.Context(), b.admin, device.ID)
	if err != nil || shown.Kind != clawback.CredentialCertificate || shown.EndsAt.Before(b.clock.Now()) || len(shown.Thumbprint) != 40 || strings.Contains(shown.CertificatePEM, "PRIVATE") {
		t.Fatalf("%+v, %v", shown, err)
	}
	b.patch(object{"certificates": []string{shown.CertificatePEM}})
	if got := b.check()[clawback.StepConnect]; got.Status != clawback.CheckPass {
		t.Errorf("after the upload: %s %s", got.Status, got.Finding)
	}
	if _, err := b.checker.FindCredential(t.Context(), storetest.Admin(clawback.Organization{ID: "other"}), device.ID); clawback.KindOf(err) != clawback.KindNotFound {
		t.Errorf("a stranger: %v", err)
	}
}

func TestEnforceBlockedBy(t *testing.T) {
	b := start(t)
	blocked := func() string {
		t.Helper()
		why, err := b.checker.EnforceBlockedBy(t.Context(), b.org.ID)
		if err != nil {
			t.Fatal(err)
		}
		return why
	}
	if why := blocked(); !strings.Contains(why, "No device") {
		t.Errorf("without device: %q", why)
	}
	b.withDevice()
	if why := blocked(); why != "" {
		t.Errorf("never checked, but right: %q", why)
	}
	b.clock.Advance(20 * time.Minute)
	b.patch(object{"roles": []any{}})
	if why := blocked(); !strings.Contains(why, "Security Reader role") || !strings.Contains(why, b.device.Name) {
		t.Errorf("the role is gone: %q", why)
	}
	b.patch(object{"roles": []any{"Security Reader"}})
	if why := blocked(); why != "" {
		t.Errorf("mended: %q", why)
	}
}

func TestChecker_remembersThePrincipal(t *testing.T) {
	b := start(t).withDevice()
	if got := b.check()[clawback.StepConnect].PrincipalID; got != b.tenant.App.ServicePrincipalID {
		t.Fatalf("the principal is %q, want %q", got, b.tenant.App.ServicePrincipalID)
	}
	b.patch(object{"enabled": false})
	if got := b.check()[clawback.StepConnect]; got.Status != clawback.CheckFail || got.PrincipalID != b.tenant.App.ServicePrincipalID {
		t.Errorf("of an app that can't sign in any more it is %q (%s)", got.PrincipalID, got.Status)
	}
}
