package m365sim_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"clawback/m365sim"
)

// evidence is all that can be seen of an app's setup: the token's claims, or the error in their place; what the
// directory says, asked by another app; and what the real calls answer.
type evidence struct {
	aadsts      float64
	roles, wids string // of a token for Exchange
	graphRoles  int    // of one for Graph

	principal  string // found and enabled, or not
	granted    string // APIs besides Graph with a granted application permission
	delegated  string // granted delegated permissions
	asked      string // what the registration asks for besides Graph, with its type
	assigned   string // roles assigned to the principal itself, with their scope
	active     string // instances of roles, with how they come and whether they end
	eligible   string // eligible roles
	transitive string // roles which come through a group
	elsewhere  int    // holders of Security Reader besides the principal

	exchange, trace  int // the message trace by either door
	mail, secondMail int // reading the first mailbox and another
}

// correctEvidence is the evidence of an app with which everything works.
func correctEvidence() evidence {
	return evidence{
		roles: "Exchange.ManageAsApp", wids: "Security Reader", graphRoles: 8,
		principal: "enabled", granted: "Office 365 Exchange Online", asked: "Role Office 365 Exchange Online",
		assigned: "Security Reader on /", active: "Security Reader Direct", transitive: "",
		exchange: 200, trace: 200, mail: 200, secondMail: 200,
	}
}

// without are the changes of an app which gets no token.
func without(aadsts float64) func(*evidence) {
	return func(e *evidence) {
		e.aadsts, e.roles, e.wids, e.graphRoles = aadsts, "", "", 0
		e.exchange, e.trace, e.mail, e.secondMail = 0, 0, 0, 0
	}
}

// withRole are the changes of an app with another role than it needs, or none.
func withRole(wids, assigned, active string, exchange int) func(*evidence) {
	return func(e *evidence) { e.wids, e.assigned, e.active, e.exchange = wids, assigned, active, exchange }
}

// withoutPermission are the changes of an app which lacks the consented application permission on Exchange.
func withoutPermission(granted, delegated, asked string) func(*evidence) {
	return func(e *evidence) {
		e.roles, e.granted, e.delegated, e.asked, e.exchange = "", granted, delegated, asked, 401
	}
}

var setupStates = map[string]func(*evidence){
	"correct":    func(*evidence) {},
	"no_consent": withoutPermission("", "", "Role Office 365 Exchange Online"),
	"nothing_consented": func(e *evidence) {
		withoutPermission("", "", "Role Office 365 Exchange Online")(e)
		e.graphRoles, e.trace, e.mail, e.secondMail = 0, 403, 403, 403
	},
	"delegated": withoutPermission("", "Exchange.ManageAsApp", "Scope Office 365 Exchange Online"),
	"wrong_api": withoutPermission("Office 365 SharePoint Online", "", "Role Office 365 SharePoint Online"),
	"protection_resource": withoutPermission("Microsoft Exchange Online Protection", "",
		"Role Microsoft Exchange Online Protection"),

	"no_role": withRole("", "", "", 403),
	"eligible_only": func(e *evidence) {
		withRole("", "", "", 403)(e)
		e.eligible = "Security Reader"
	},
	"active_until":        withRole("Security Reader", "Security Reader on /", "Security Reader Direct ends", 200),
	"administrative_unit": withRole("", "Security Reader on /administrativeUnits/{}", "Security Reader Direct", 403),
	"one_object":          withRole("", "Security Reader on /{}", "Security Reader Direct", 403),
	"through_group": func(e *evidence) {
		withRole("Security Reader", "", "Security Reader Group", 200)(e)
		e.transitive, e.elsewhere = "Security Reader", 1 // the group holds it
	},
	"custom_role":      withRole("another", "Mail Robots on /", "Mail Robots Direct", 403),
	"unsupported_role": withRole("another", "Application Administrator on /", "Application Administrator Direct", 403),
	"role_without_trace": withRole("another", "Helpdesk Administrator on /", "Helpdesk Administrator Direct",
		403),
	"role_on_other_app": func(e *evidence) { withRole("", "", "", 403)(e); e.elsewhere = 1 },
	"role_on_user":      func(e *evidence) { withRole("", "", "", 403)(e); e.elsewhere = 1 },

	"disabled": func(e *evidence) { without(7000112)(e); e.principal = "disabled" },
	"missing": func(e *evidence) {
		asked := e.asked // the registration stays in its home
		without(700016)(e)
		e.principal, e.granted, e.assigned, e.active, e.asked = "not found", "", "", "", asked
	},
	"secret_wrong":        without(7000215),
	"secret_expired":      without(7000222),
	"secret_id_pasted":    without(7000215),
	"certificate_unknown": without(7000215),
	"conditional_access":  without(53003),

	"trace_principal_missing": func(e *evidence) { e.trace = 401 },
	"removal_permission_missing": func(e *evidence) {
		e.graphRoles, e.mail, e.secondMail = 7, 403, 403
	},
	"access_policy": func(e *evidence) { e.secondMail = 403 },
	"rbac_scope":    func(e *evidence) { e.graphRoles, e.secondMail = 7, 403 },
	"propagating":   func(e *evidence) { e.exchange = 403 },
	"propagating_token": func(e *evidence) {
		e.roles, e.wids, e.graphRoles, e.exchange, e.trace, e.mail, e.secondMail = "", "", 0, 401, 403, 403, 403
	},
}

// TestSetup_EveryState puts an app into each state, one after the other, and looks at everything.
func TestSetup_EveryState(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *m365sim.Config) { c.PageSize = 0 })
	observer := b.observer()
	var names []string
	for _, state := range b.control("GET", "/apps/"+b.first.App.ClientID+"/state", nil).want(t, 200).list("items") {
		name := text(state, "name")
		names = append(names, name)
		change, known := setupStates[name]
		if !known || text(state, "about") == "" || text(state, "patch") == "" {
			t.Errorf("state %q has no row in the table, or is not explained: %v", name, state)
			continue
		}
		want := correctEvidence()
		change(&want)
		if got := b.evidence(observer, b.putState(name)); got != want {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, want)
		}
	}
	for name := range setupStates {
		if !slices.Contains(names, name) {
			t.Errorf("no state %q", name)
		}
	}
	b.control("PUT", "/apps/"+b.first.App.ClientID+"/state", `{"state":"other"}`).want(t, 400)
	b.control("PUT", "/apps/"+b.world.SignIn.ClientID+"/state", `{"state":"correct"}`).want(t, 404)
}

// TestSetup_StatesPass shows those states which time mends or ends.
func TestSetup_StatesPass(t *testing.T) {
	t.Parallel()
	b := setup(t)
	traces := func() int { return b.trace(b.appToken(exchangeResource)).status }
	b.putState("propagating")
	b.clock.advance(29 * time.Minute)
	if got := traces(); got != 403 {
		t.Errorf("after 29 minutes the trace answers %d", got)
	}
	b.clock.advance(time.Minute)
	if got := traces(); got != 200 {
		t.Errorf("after half an hour the trace answers %d", got)
	}
	b.putState("propagating_token")
	b.clock.advance(5 * time.Minute)
	if got := traces(); got != 200 {
		t.Errorf("after five minutes the trace answers %d", got)
	}
	b.putState("active_until")
	b.clock.advance(25 * time.Hour)
	if got := traces(); got != 403 {
		t.Errorf("after the role's end the trace answers %d", got)
	}
}

// putState brings the first customer's app into a state and answers what to send as its secret.
func (b *bench) putState(name string) string {
	b.t.Helper()
	view := b.control("PUT", "/apps/"+b.first.App.ClientID+"/state", `{"state":"`+name+`"}`).want(b.t, 200)
	ids, _ := view.body["secret_ids"].([]any)
	if name == "secret_id_pasted" {
		return fmt.Sprint(ids[0])
	}

	return b.first.App.Secret
}

// observer is a token of another app of the tenant which may read the directory.
func (b *bench) observer() string {
	b.t.Helper()
	b.patch(b.first.ID, b.world.Integration.ClientID, `{"present":true,"permissions":["Directory.Read.All",
		"Application.Read.All","RoleManagement.Read.Directory"]}`).want(b.t, 200)
	r := b.send("POST", b.tokenURL(b.first.ID), nil, credentials(b.world.Integration, graphResource+"/.default"))

	return text(r.want(b.t, 200).body, "access_token")
}

func (b *bench) evidence(observer, secret string) evidence {
	b.t.Helper()
	var e evidence
	b.directoryEvidence(observer, &e)
	app := b.first.App
	app.Secret = secret
	tokens := map[string]string{}
	for _, resource := range []string{exchangeResource, graphResource} {
		r := b.send("POST", b.tokenURL(b.first.ID), nil, credentials(app, resource+"/.default"))
		if codes, _ := r.body["error_codes"].([]any); len(codes) == 1 {
			e.aadsts, _ = codes[0].(float64)
			return e
		}
		tokens[resource] = text(r.want(b.t, 200).body, "access_token")
	}
	exchange, graph := b.payload(tokens[exchangeResource]), b.payload(tokens[graphResource])
	e.roles, e.wids = joined(exchange["roles"]), namedWids(exchange["wids"])
	roles, _ := graph["roles"].([]any)
	e.graphRoles = len(roles)
	e.exchange = b.trace(tokens[exchangeResource]).status
	read := func(path string) int { return b.graphAs(tokens[graphResource], "GET", path, nil).status }
	e.trace = read("/admin/exchange/tracing/messageTraces")
	e.mail = read("/users/" + b.first.People[0].ID + "/messages")
	e.secondMail = read("/users/" + b.first.People[1].ID + "/messages")

	return e
}

// directoryEvidence asks what section 2b of a setup's diagnosis asks.
func (b *bench) directoryEvidence(observer string, e *evidence) {
	b.t.Helper()
	list := func(path string, header ...string) []map[string]any {
		return b.graphAs(observer, "GET", path, nil, header...).list("value")
	}
	principal := "/servicePrincipals(appId='" + b.first.App.ClientID + "')"
	ours := query("$filter", "principalId eq '"+b.first.App.ServicePrincipalID+"'")
	expanded := ours + "&" + query("$expand", "roleDefinition")[1:]

	r := b.graphAs(observer, "GET", principal, nil)
	e.principal = map[any]string{true: "enabled", false: "disabled", nil: "not found"}[r.body["accountEnabled"]]
	e.granted = each(list(principal+"/appRoleAssignments"), func(m map[string]any) string {
		return strings.TrimPrefix(text(m, "resourceDisplayName"), "Microsoft Graph")
	})
	e.delegated = each(list(principal+"/oauth2PermissionGrants"), func(m map[string]any) string { return text(m, "scope") })
	app := b.graphAs(observer, "GET", "/applications(appId='"+b.first.App.ClientID+"')", nil).want(b.t, 200)
	e.asked = each(app.list("requiredResourceAccess"), b.askedBesidesGraph)

	const roles = "/roleManagement/directory/"
	e.assigned = each(list(roles+"roleAssignments"+expanded), func(m map[string]any) string {
		return roleName(m) + " on " + withoutID(text(m, "directoryScopeId"))
	})
	e.active = each(list(roles+"roleAssignmentScheduleInstances"+expanded), func(m map[string]any) string {
		if text(m, "endDateTime") != "" {
			return roleName(m) + " " + text(m, "memberType") + " ends"
		}
		return roleName(m) + " " + text(m, "memberType")
	})
	e.eligible = each(list(roles+"roleEligibilityScheduleInstances"+expanded), roleName)
	e.transitive = each(list("/beta"+roles+"transitiveRoleAssignments"+expanded, "ConsistencyLevel", "eventual"),
		func(m map[string]any) string {
			if m["principalId"] == b.first.App.ServicePrincipalID {
				return ""
			}
			return roleName(m)
		})
	for _, holder := range list(roles + "roleAssignments" + query("$filter", "roleDefinitionId eq '"+readerID+"'")) {
		if holder["principalId"] != b.first.App.ServicePrincipalID {
			e.elsewhere++
		}
	}
}

// askedBesidesGraph is one API of a registration's required access, with the type of what it asks for there.
func (b *bench) askedBesidesGraph(access map[string]any) string {
	name, known := map[string]string{
		"00000002-0000-0ff1-ce00-000000000000": "Office 365 Exchange Online",
		"00000003-0000-0ff1-ce00-000000000000": "Office 365 SharePoint Online",
		"00000007-0000-0ff1-ce00-000000000000": "Microsoft Exchange Online Protection",
	}[text(access, "resourceAppId")]
	entries, _ := access["resourceAccess"].([]any)
	if !known || len(entries) != 1 {
		return ""
	}
	entry, _ := entries[0].(map[string]any)

	return text(entry, "type") + " " + name
}

// each writes the entries of a list which have anything to say.
func each(list []map[string]any, say func(map[string]any) string) string {
	var out []string
	for _, entry := range list {
		if said := say(entry); said != "" {
			out = append(out, said)
		}
	}

	return strings.Join(out, ", ")
}

func roleName(assignment map[string]any) string {
	definition, _ := assignment["roleDefinition"].(map[string]any)

	return text(definition, "displayName")
}

// withoutID writes {} for the id at the end of a scope.
func withoutID(scope string) string {
	if at := strings.LastIndex(scope, "/"); len(scope)-at > 36 {
		return scope[:at+1] + "{}"
	}

	return scope
}

func joined(claim any) string {
	values, _ := claim.([]any)
	out := []string{}
	for _, value := range values {
		out = append(out, fmt.Sprint(value))
	}

	return strings.Join(out, " ")
}

// namedWids names Security Reader and calls every other role another; the implicit id names no role.
func namedWids(claim any) string {
	values, _ := claim.([]any)
	var out []string
	for _, value := range values {
		switch value {
		case "0997a1d0-0d1d-4acb-b408-d5ca73121e90":
		case readerID:
			out = append(out, "Security Reader")
		default:
			out = append(out, "another")
		}
	}

	return strings.Join(out, " ")
}

func TestSetup_CertificateUnknownAndGivenBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	der := certificate(t, b.clock.now())
	b.useCertificate(der)
	sum := sha256.Sum256(der)
	named := base64.RawURLEncoding.EncodeToString(sum[:])
	b.assert(jose.PS256, "x5t#S256", named, nil).want(t, 200)
	b.putState("certificate_unknown")
	wantAADSTS(t, b.assert(jose.PS256, "x5t#S256", named, nil), 700027)
	b.putState("eligible_only")
	b.assert(jose.PS256, "x5t#S256", named, nil).want(t, 200)
}
