package m365sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// setupState is a named state of an app's setup: what an administrator did, or failed to do. It is the patch which
// PATCH /tenants/{tid}/apps/{clientId} would take after the one of correct.
type setupState struct {
	Name  string `json:"name"`
	About string `json:"about"`
	Patch string `json:"patch"`
	takes bool   // it takes the app's credentials, which the next state gives back
}

// setupStates are all of them. In a patch {others} is every permission but Exchange.ManageAsApp, {every} that too, and
// {all but mail} every one but Mail.ReadWrite; {mailbox}, {service user}, {other app}, {unit} and {object} are ids or
// addresses of the tenant; {yesterday} and {tomorrow} are by the scenario clock.
var setupStates = []setupState{
	{Name: "correct", About: "Exchange.ManageAsApp and the removal's permissions consented, Security Reader active over " +
		"the whole tenant, and long enough ago", Patch: `{}`},
	{Name: "no_consent", About: "Exchange.ManageAsApp was added, and nobody consented",
		Patch: `{"permissions":[{others},{"value":"Exchange.ManageAsApp","consented":false}]}`},
	{Name: "nothing_consented", About: "every permission was added, and nobody consented", Patch: `{"consent":false}`},
	{Name: "delegated", About: "Exchange.ManageAsApp was added as a delegated permission",
		Patch: `{"permissions":[{others},{"value":"Exchange.ManageAsApp","delegated":true}]}`},
	{Name: "wrong_api", About: "Exchange.ManageAsApp of another API, SharePoint's",
		Patch: `{"permissions":[{others},{"resource":"Office 365 SharePoint Online","value":"Exchange.ManageAsApp"}]}`},
	{Name: "protection_resource", About: "the permission of the same name on Exchange Online Protection",
		Patch: `{"permissions":[{others},{"resource":"Microsoft Exchange Online Protection","value":"Exchange.ManageAsApp"}]}`},
	{Name: "no_role", About: "no directory role", Patch: `{"roles":[]}`},
	{Name: "eligible_only", About: "Security Reader is eligible, which an app can't activate",
		Patch: `{"roles":[{"role":"Security Reader","state":"eligible"}]}`},
	{Name: "active_until", About: "Security Reader is active and ends tomorrow",
		Patch: `{"roles":[{"role":"Security Reader","ends":"{tomorrow}"}]}`},
	{Name: "administrative_unit", About: "Security Reader over an administrative unit",
		Patch: `{"roles":[{"role":"Security Reader","scope":"/administrativeUnits/{unit}"}]}`},
	{Name: "one_object", About: "Security Reader over a single object",
		Patch: `{"roles":[{"role":"Security Reader","scope":"/{object}"}]}`},
	{Name: "through_group", About: "Security Reader through a role-assignable group",
		Patch: `{"roles":[{"role":"Security Reader","state":"group"}]}`},
	{Name: "custom_role", About: "a role of the tenant's own, which Exchange doesn't know",
		Patch: `{"roles":[{"role":"Mail Robots"}]}`},
	{Name: "unsupported_role", About: "a built-in role that lets no app into Exchange",
		Patch: `{"roles":[{"role":"Application Administrator"}]}`},
	{Name: "role_without_trace", About: "a role that lets the app into Exchange, and not trace",
		Patch: `{"roles":[{"role":"Helpdesk Administrator"}]}`},
	{Name: "role_on_other_app", About: "Security Reader is another app's",
		Patch: `{"roles":[],"roles_of_others":{"{other app}":["Security Reader"]}}`},
	{Name: "role_on_user", About: "Security Reader is a user's, of the same name as the app",
		Patch: `{"roles":[],"roles_of_others":{"{service user}":["Security Reader"]}}`},
	{Name: "disabled", About: "the service principal may not sign in", Patch: `{"enabled":false}`},
	{Name: "missing", About: "the app is not in this tenant: deleted, or never consented to", Patch: `{"present":false}`},
	{Name: "secret_wrong", About: "the secret was changed elsewhere", Patch: `{"secret":"sim~changed-elsewhere"}`,
		takes: true},
	{Name: "secret_expired", About: "the secret has ended", Patch: `{"secret_expires":"{yesterday}"}`, takes: true},
	{Name: "secret_id_pasted", About: "as correct; send one of the app's secret_ids in place of the secret", Patch: `{}`},
	{Name: "certificate_unknown", About: "no certificate and no secret is registered",
		Patch: `{"secret":"","certificates":[]}`, takes: true},
	{Name: "conditional_access", About: "conditional access for workload identities blocks the app",
		Patch: `{"refusal":53003}`},
	{Name: "trace_principal_missing", About: "Microsoft's service principal of the message trace is not in the tenant",
		Patch: `{"message_trace_service_principal":false}`},
	{Name: "removal_permission_missing", About: "everything but Mail.ReadWrite", Patch: `{"permissions":[{all but mail}]}`},
	{Name: "access_policy", About: "an application access policy lets the app into one mailbox alone",
		Patch: `{"access_policy":{"restrict":["{mailbox}"]}}`},
	{Name: "rbac_scope", About: "RBAC for Applications in place of Mail.ReadWrite, on one mailbox",
		Patch: `{"permissions":[{all but mail}],"rbac_mailboxes":["{mailbox}"]}`},
	{Name: "propagating", About: "as correct, granted this moment: Exchange honours the role in half an hour",
		Patch: `{"propagation":{"exchange_seconds":1800}}`},
	{Name: "propagating_token", About: "as correct, granted this moment: tokens show it in five minutes",
		Patch: `{"propagation":{"tokens_seconds":300}}`},
}

// setupBase undoes every other state; then setupGranted grants anew, so that the age of a grant is the state's.
const (
	setupBase = `{"present":true,"enabled":true,"refusal":0,"roles":[],"permissions":[],"propagation":{},
		"message_trace_service_principal":true,"access_policy":{},"rbac_mailboxes":[],
		"roles_of_others":{"{other app}":[],"{service user}":[]}}`
	setupGranted = `{"roles":["Security Reader"],"permissions":[{every}]}`
)

// controlStates lists the states by name. Applying one is PUT {"state": "eligible_only"}: the app loses whatever it was
// in before, and gets back the credentials that a state took from it.
func (s *Sim) controlStates(r *http.Request, t *tenant) (any, error) {
	if r.Method == http.MethodGet {
		return items(setupStates), nil
	}
	var in struct {
		State string `json:"state"`
	}
	if err := decodeBody(r, &in); err != nil {
		return nil, err
	}
	at := slices.IndexFunc(setupStates, func(one setupState) bool { return one.Name == in.State })
	if at < 0 {
		return nil, fmt.Errorf("state is %q; GET lists the names", in.State)
	}
	state, app := setupStates[at], s.app(r.PathValue("client"))
	if app == nil || app == s.signIn {
		return nil, errNotFound // nobody gives the sign-in app a role or mail
	}
	var patches []appPatch
	names := s.setupNames(t)
	for _, text := range []string{setupBase, setupGranted, state.Patch} {
		var patch appPatch
		if err := json.Unmarshal([]byte(names.Replace(text)), &patch); err != nil {
			return nil, fmt.Errorf("read the patch of %s: %w", state.Name, err)
		}
		patches = append(patches, patch)
	}
	s.turnCredentials(app, state.takes)

	return s.changeApp(t, app.clientID, patches...)
}

// turnCredentials gives back what the state before took, and remembers what this one is going to take.
func (s *Sim) turnCredentials(r *registration, takes bool) {
	s.appsMu.Lock()
	defer s.appsMu.Unlock()
	r.restore()
	if takes {
		r.keep()
	}
}

// setupNames fills in what a patch calls by its part in the tenant.
func (s *Sim) setupNames(t *tenant) *strings.Replacer {
	t.mu.Lock()
	defer t.mu.Unlock()
	first := t.licensed()[0]
	at := func(days int) string { return s.now().AddDate(0, 0, days).Format(time.RFC3339) }

	return strings.NewReplacer("{every}", quotedWithout(""), "{others}", quotedWithout(exchangeManageAsApp),
		"{all but mail}", quotedWithout("Mail.ReadWrite"), "{other app}", s.signIn.clientID,
		"{service user}", t.serviceUser(), "{mailbox}", first.mail, "{object}", first.id, "{unit}", t.units[0].id,
		"{yesterday}", at(-1), "{tomorrow}", at(1))
}

// quotedWithout are the removal's permissions but one, as members of a JSON list.
func quotedWithout(left string) string {
	var out []string
	for _, value := range removalPermissions {
		if value != left {
			out = append(out, strconv.Quote(value))
		}
	}

	return strings.Join(out, ",")
}

// serviceUser is the user to confuse the customer's app with; in the provider's tenant, which has none, the last person.
// The tenant is locked.
func (t *tenant) serviceUser() string {
	if user := t.anyRecipient("svc-mail-removal@" + t.domain); user != nil {
		return user.id
	}

	return t.people[len(t.people)-1].ID
}
