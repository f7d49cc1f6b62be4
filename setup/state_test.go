package setup_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"clawback"
)

// found is what a step must come to. Rank is the place of the true mistake among
// the candidates, where the very one can't be seen; Candidate are words of it.
type found struct {
	status    clawback.CheckStatus
	cause     clawback.CheckCause
	rank      int
	candidate string
}

func fails(cause clawback.CheckCause) found { return found{status: clawback.CheckFail, cause: cause} }

func ranked(cause clawback.CheckCause, rank int, candidate string) found {
	return found{clawback.CheckFail, cause, rank, candidate}
}

type steps = map[clawback.SetupStep]found

// every is the same at every step: the app can't sign in at all.
func every(cause clawback.CheckCause) steps {
	all := steps{}
	for _, step := range clawback.CheckedSteps() {
		all[step] = fails(cause)
	}
	return all
}

func role(f found) steps       { return steps{clawback.StepSecurityReader: f} }
func permission(f found) steps { return steps{clawback.StepManageAsApp: f} }

// diagnoses says for each of the simulator's states which steps don't pass, with
// the right to read the directory and without it.
var diagnoses = map[string]struct{ with, without steps }{
	"correct":       {},
	"active_until":  {},
	"through_group": {},
	// Exchange's door to the trace is open.
	"trace_principal_missing": {},

	"no_consent": {permission(fails(clawback.CauseNoConsent)),
		permission(ranked(clawback.CausePermissionMissing, 1, "Grant admin consent"))},
	"delegated": {permission(fails(clawback.CauseDelegated)),
		permission(ranked(clawback.CausePermissionMissing, 2, "delegated"))},
	"wrong_api": {permission(fails(clawback.CauseWrongAPI)),
		permission(ranked(clawback.CausePermissionMissing, 3, "another API"))},
	"protection_resource": {permission(fails(clawback.CauseWrongAPI)),
		permission(ranked(clawback.CausePermissionMissing, 3, "Exchange Online Protection"))},
	"nothing_consented": {nothing, nothing}, // nobody consented to the right to look, either
	"propagating_token": {withoutAny, withoutAny},

	"no_role": {role(fails(clawback.CauseRoleMissing)), role(ranked(clawback.CauseRoleMissing, 1, "not assigned yet"))},
	"role_on_user": {role(fails(clawback.CauseRoleElsewhere)),
		role(ranked(clawback.CauseRoleMissing, 2, "to a user or to another app"))},
	"role_on_other_app": {role(fails(clawback.CauseRoleElsewhere)),
		role(ranked(clawback.CauseRoleMissing, 2, "to a user or to another app"))},
	"eligible_only": {role(fails(clawback.CauseEligibleOnly)), role(ranked(clawback.CauseRoleMissing, 3, "eligible"))},
	"administrative_unit": {role(fails(clawback.CauseScopedRole)),
		role(ranked(clawback.CauseRoleMissing, 4, "administrative unit"))},
	"one_object": {role(fails(clawback.CauseScopedRole)), role(ranked(clawback.CauseRoleMissing, 4, "one object"))},
	// A token tells that there is another role.
	"custom_role": {role(fails(clawback.CauseOtherRole)), role(ranked(clawback.CauseRoleMissing, 1, "another role"))},
	"unsupported_role": {role(fails(clawback.CauseOtherRole)),
		role(ranked(clawback.CauseRoleMissing, 1, "another role"))},
	"role_without_trace": {role(fails(clawback.CauseOtherRole)),
		role(ranked(clawback.CauseRoleMissing, 1, "another role"))},

	"disabled":            {every(clawback.CausePrincipalDisabled), every(clawback.CausePrincipalDisabled)},
	"missing":             {every(clawback.CauseAppMissing), every(clawback.CauseAppMissing)},
	"secret_wrong":        {every(clawback.CauseSecretWrong), every(clawback.CauseSecretWrong)},
	"secret_expired":      {every(clawback.CauseSecretExpired), every(clawback.CauseSecretExpired)},
	"secret_id_pasted":    {every(clawback.CauseSecretIDPasted), every(clawback.CauseSecretIDPasted)},
	"certificate_unknown": {every(clawback.CauseCertificateUnknown), every(clawback.CauseCertificateUnknown)},
	"conditional_access":  {every(clawback.CauseConditionalAccess), every(clawback.CauseConditionalAccess)},

	"removal_permission_missing": {steps{clawback.StepRemoval: fails(clawback.CauseNotRequested)},
		steps{clawback.StepRemoval: ranked(clawback.CausePermissionMissing, 3, "not added yet")}},
	"access_policy": {scoped(clawback.CauseAccessPolicy), scoped(clawback.CauseAccessPolicy)},
	"rbac_scope":    {scoped(clawback.CauseScopedAccess), scoped(clawback.CauseScopedAccess)},
	"propagating":   {young, young},
}

var (
	nothing = steps{
		clawback.StepManageAsApp:  ranked(clawback.CausePermissionMissing, 1, "Grant admin consent"),
		clawback.StepRecipients:   ranked(clawback.CausePermissionMissing, 1, "Grant admin consent"),
		clawback.StepRemoval:      ranked(clawback.CausePermissionMissing, 1, "Grant admin consent"),
		clawback.StepMessageTrace: fails(clawback.CauseTraceClosed),
	}
	withoutAny = steps{
		clawback.StepSecurityReader: ranked(clawback.CauseRoleMissing, 5, "a moment ago"),
		clawback.StepManageAsApp:    ranked(clawback.CausePermissionMissing, 5, "a moment ago"),
		clawback.StepRecipients:     ranked(clawback.CausePermissionMissing, 4, "a moment ago"),
		clawback.StepRemoval:        ranked(clawback.CausePermissionMissing, 4, "a moment ago"),
		clawback.StepMessageTrace:   fails(clawback.CauseTraceClosed),
	}
	young = role(found{status: clawback.CheckPropagating, cause: clawback.CausePropagating})
)

func scoped(cause clawback.CheckCause) steps {
	return steps{clawback.StepRemoval: {status: clawback.CheckUnknown, cause: cause}}
}

// TestChecker_everyState brings the app into each state that the simulator
// lists, with and without the right to read the directory.
func TestChecker_everyState(t *testing.T) {
	b := start(t)
	var listed struct {
		Items []struct{ Name string }
	}
	b.read("/apps/"+b.tenant.App.ClientID+"/state", &listed)
	if len(listed.Items) != len(diagnoses) {
		t.Errorf("the simulator has %d states, the table %d", len(listed.Items), len(diagnoses))
	}
	for _, state := range listed.Items {
		want, known := diagnoses[state.Name]
		if !known {
			t.Errorf("state %q has no row", state.Name)
			continue
		}
		t.Run(state.Name, func(t *testing.T) { everyStep(start(t).connectedIn(state.Name), want.with) })
		t.Run(state.Name+", directory closed", func(t *testing.T) {
			b := start(t).connectedIn(state.Name)
			b.closeDirectory()
			everyStep(b, want.without)
		})
		if maps.Equal(want.with, want.without) {
			continue
		}
		t.Run(state.Name+", directory opened as advised", func(t *testing.T) {
			b := start(t).connectedIn(state.Name)
			closed := b.closeDirectory()
			b.check()
			b.patch(object{"permissions": append(closed, object{"value": "Application.Read.All"}, object{"value": "RoleManagement.Read.Directory"})})
			everyStep(b, want.with)
		})
	}
}

// everyStep holds each step's diagnosis against the table, then does what the
// advice tells and sees everything pass.
func everyStep(b *bench, want steps) {
	t, results := b.t, b.check()
	for _, step := range clawback.CheckedSteps() {
		got, expected := results[step], want[step]
		if expected.status == "" {
			expected.status = clawback.CheckPass
		}
		if got.Status != expected.status || got.Cause != expected.cause {
			t.Errorf("%s is %s (%s), want %s (%s): %s", step, got.Status, got.Cause, expected.status, expected.cause, got.Finding)
			continue
		}
		words(t, got, expected)
	}
	for step, expected := range want {
		if expected.candidate == "a moment ago" {
			b.clock.Advance(5 * time.Minute)
			continue
		}
		b.follow(results[step])
	}
	for step, r := range b.check() {
		if r.Status != clawback.CheckPass {
			t.Errorf("the advice was followed, and %s is %s (%s): %s", step, r.Status, r.Cause, r.Finding)
		}
	}
}

// words holds what a diagnosis tells people against what it must.
func words(t testing.TB, got clawback.CheckResult, want found) {
	t.Helper()
	if got.Status == clawback.CheckFail && (got.Who == "" || got.Place == "" || !got.NextAt.After(got.CheckedAt)) {
		t.Errorf("%s: who mends it, where, and when is it looked at again? %+v", got.Step, got)
	}
	if want.rank == 0 && len(got.Candidates) > 0 {
		t.Errorf("%s: the cause is known, and it guesses %q", got.Step, got.Candidates)
	}
	if want.rank > 0 && (len(got.Candidates) < want.rank || !strings.Contains(got.Candidates[want.rank-1], want.candidate)) {
		t.Errorf("%s: candidate %d must be %q: %q", got.Step, want.rank, want.candidate, got.Candidates)
	}
	if want.rank > 0 && !strings.Contains(got.Look, ".Read.") {
		t.Errorf("%s: how could the very mistake be seen? %q", got.Step, got.Look)
	}
	if got.Status == clawback.CheckPropagating && (!strings.Contains(got.Finding, got.GrantedAt.UTC().Format("15:04 UTC")) ||
		!strings.Contains(got.Advice, "usually") || got.NextAt.Sub(got.CheckedAt) > time.Minute) {
		t.Errorf("%s: since when, how long, when is the next look? %+v", got.Step, got)
	}
}

// connectedIn connects the device and brings its app into a state.
func (b *bench) connectedIn(state string) *bench {
	b.t.Helper()
	app := "/apps/" + b.tenant.App.ClientID
	if state == "certificate_unknown" {
		b.withCertificate()
	} else {
		b.withDevice()
	}
	b.control(http.MethodPut, app+"/state", object{"state": state})
	if state == "secret_id_pasted" {
		var view struct {
			IDs []string `json:"secret_ids"`
		}
		b.read(app, &view)
		b.enter(view.IDs[0])
	}
	return b
}

// closeDirectory takes the permissions that only a diagnosis needs, and answers the others.
func (b *bench) closeDirectory() []object {
	b.t.Helper()
	var view struct{ Permissions []object }
	b.read("/apps/"+b.tenant.App.ClientID, &view)
	closed := slices.DeleteFunc(view.Permissions, func(p object) bool {
		return p["value"] == "Application.Read.All" || p["value"] == "RoleManagement.Read.Directory"
	})
	b.patch(object{"permissions": closed})
	return closed
}

// enter keeps a secret as an older form could have taken it: as it is.
func (b *bench) enter(secret string) {
	b.t.Helper()
	if _, err := b.store.UpdateDeviceCredential(b.t.Context(), b.admin, b.device.ID, b.device.ClientID, clawback.Credential{ClientSecret: clawback.NewSecret(secret)}, 0); err != nil {
		b.t.Fatal(err)
	}
}

// follow does in the simulator what the advice tells.
func (b *bench) follow(r clawback.CheckResult) {
	b.t.Helper()
	securityReader := object{"roles": []any{"Security Reader"}}
	granted := object{"permissions": permissions()}
	advised := map[clawback.CheckCause]object{
		clawback.CauseNoConsent: {"consent": true}, clawback.CauseDelegated: granted, clawback.CauseWrongAPI: granted,
		clawback.CauseNotRequested: granted, clawback.CausePermissionMissing: granted, clawback.CauseScopedAccess: granted,
		clawback.CauseRoleMissing: securityReader, clawback.CauseRoleElsewhere: securityReader, clawback.CauseEligibleOnly: securityReader,
		clawback.CauseScopedRole: securityReader, clawback.CauseOtherRole: securityReader,
		clawback.CausePrincipalDisabled: {"enabled": true}, clawback.CauseAppMissing: {"present": true},
		clawback.CauseConditionalAccess: {"refusal": 0}, clawback.CauseAccessPolicy: {"access_policy": object{}},
		clawback.CauseSecretWrong: {"secret": b.tenant.App.Secret}, clawback.CauseSecretExpired: {"secret": b.tenant.App.Secret},
		clawback.CauseSecretIDPasted: {}, clawback.CauseTraceClosed: {}, // the other steps open the trace
		clawback.CausePropagating: {}, clawback.CauseCertificateUnknown: {},
	}
	change, known := advised[r.Cause]
	if !known {
		b.t.Fatalf("%s: what does %q advise? %s", r.Step, r.Cause, r.Advice)
	}
	switch r.Cause {
	case clawback.CausePropagating:
		b.clock.Advance(31 * time.Minute)
	case clawback.CauseSecretIDPasted:
		b.enter(b.tenant.App.Secret)
	case clawback.CauseCertificateUnknown:
		change = object{"certificates": []string{b.certificate()}}
	}
	b.patch(change)
}

func (b *bench) certificate() string {
	b.t.Helper()
	shown, err := b.checker.FindCredential(b.t.Context(), b.admin, b.device.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	return shown.CertificatePEM
}

// withCertificate connects the customer's app by a certificate that it knows.
func (b *bench) withCertificate() *bench {
	b.t.Helper()
	device, err := b.checker.ConnectDevice(b.t.Context(), b.admin, clawback.ConnectRequest{OrganizationID: b.org.ID, Tenant: b.tenant.ID,
		ClientID: b.tenant.App.ClientID, Kind: clawback.CredentialCertificate})
	if err != nil {
		b.t.Fatal(err)
	}
	b.device = device
	b.patch(object{"certificates": []string{b.certificate()}})
	return b
}
