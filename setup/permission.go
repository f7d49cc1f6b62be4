package setup

import (
	"slices"
	"strings"

	"clawback"
)

// permission is an application permission that a step needs.
type permission struct {
	value, id     string
	api, apiAppID string
	resourceID    string // the API's service principal in the tenant, where known
	who           string
}

// permission answers one of the table, as this tenant knows it.
func (c *check) permission(value string) permission {
	known, _ := clawback.FindPermission(value)
	p := permission{value: known.Value, id: known.ID, api: known.APIName(), apiAppID: known.API, resourceID: c.e.Directory.GraphID.ID, who: whoGraph}
	if known.API == clawback.ExchangeAppID {
		p.resourceID, p.who = c.e.Directory.ExchangeID.ID, whoConsent
	}
	return p
}

// manageAsApp asks whether the permission is granted as an application permission
// on the right API, and whether Exchange lets the app in.
func (c *check) manageAsApp() verdict {
	token, p := c.e.Tokens.Exchange, c.permission(clawback.ManageAsAppPermission)
	if v, ok := c.signedIn(token); !ok {
		return v
	}
	shown := carries(token, "roles with "+p.value)
	if !token.Has(p.value) {
		c.layer(clawback.LayerClaims, clawback.CheckFail, "A fresh token for Exchange does not carry "+p.value+".", shown)
		return c.permissionMissing(p)
	}
	c.layer(clawback.LayerClaims, clawback.CheckPass, "A fresh token for Exchange carries "+p.value+".", shown)
	c.grantsShown(p)
	call := c.e.Calls.TraceExchange
	asked := looked(call, "that Exchange lets the app in")
	switch {
	case call.OK():
		c.layer(clawback.LayerCall, clawback.CheckPass, "Exchange lets the app in.", asked)
	case call.Answer.Kind == clawback.AnswerDenied || roleRefused(call):
		c.layer(clawback.LayerCall, clawback.CheckPass, "Exchange lets the app in; what it may do there is decided by its role.", asked)
	case call.Refused() && c.young():
		c.layer(clawback.LayerCall, clawback.CheckPropagating, "Exchange does not let the app in yet.", asked)
		return c.propagating(p.value + " is granted")
	case call.Refused():
		c.layer(clawback.LayerCall, clawback.CheckFail, "Exchange does not let the app in, though the token carries the permission.", asked)
		return verdict{status: clawback.CheckFail, cause: clawback.CauseCallRefused, who: p.who, place: clawback.PlacePermissions,
			finding: "Exchange refuses the app, though " + p.value + " is granted for more than an hour.",
			advice:  "Remove the permission, add it again on " + p.api + " and grant consent. If it stays, ask Microsoft with the request id below."}
	default:
		c.layer(clawback.LayerCall, clawback.CheckUnknown, "Exchange gave no answer.", asked)
		return noAnswer(call)
	}
	return passed("%s is granted on %s, and Exchange lets the app in.", p.value, p.api)
}

// roleRefused says that Exchange let the app in and refused its role. Whether that is a 403 or a 401 is not documented;
// the words are.
func roleRefused(call clawback.Probe) bool {
	return call.Refused() && strings.Contains(call.Answer.Message, "role assigned to application")
}

// grantsShown shows what the directory lists without judging by it.
func (c *check) grantsShown(p permission) {
	if !c.e.Directory.Grants.OK() {
		c.directoryUnread(c.e.Directory.Grants.Probe, p.value+" on "+p.api)
		return
	}
	c.layer(clawback.LayerDirectory, clawback.CheckPass, "The directory lists what was consented to.", c.consented(p))
}

func (c *check) consented(p permission) clawback.Evidence {
	shown := looked(c.e.Directory.Grants.Probe, p.value+" ("+p.id+") on "+p.api)
	var list []string
	for _, g := range c.e.Directory.Grants.Grants {
		if !strings.EqualFold(g.RoleID, p.id) && g.Resource == "Microsoft Graph" && p.apiAppID != clawback.GraphAppID {
			continue // long, and about something else
		}
		list = append(list, g.RoleID+" on "+g.Resource)
	}
	shown.Found = orNone(list)
	return shown
}

// permissionMissing names the mistake where the directory shows it, and the
// likeliest ones where it doesn't.
func (c *check) permissionMissing(p permission) verdict {
	d := c.e.Directory
	if c.e.Integration {
		return c.consentLacks(p)
	}
	if !d.Grants.OK() {
		if v, ok := c.wrongAPIByToken(p); ok {
			c.directoryUnread(d.Grants.Probe, p.value+" on "+p.api)
			return v
		}
		c.directoryUnread(d.Grants.Probe, p.value+" on "+p.api)
		return verdict{status: clawback.CheckFail, cause: clawback.CausePermissionMissing, who: p.who, place: clawback.PlacePermissions,
			finding:    "The app does not have the application permission " + p.value + " on " + p.api + ".",
			advice:     "Add " + p.value + " under “Application permissions” of " + p.api + ", then press “Grant admin consent”.",
			candidates: permissionCandidates(p), look: lookAgain(d.Grants.Probe, "Application.Read.All")}
	}
	v := c.permissionMistake(p)
	shown := []clawback.Evidence{c.consented(p), looked(d.Application.Probe, p.value+" as an application permission")}
	if d.Application.OK() {
		shown[1].Found = c.requestedText(p)
	}
	c.layer(clawback.LayerDirectory, v.status, v.finding, shown...)
	return v
}

// lookAgain says how the very mistake could be seen, where the directory did not tell.
func lookAgain(p clawback.Probe, permission string) string {
	if p.Refused() {
		return "To have the very mistake named, grant the app the read-only permission " + permission + " on Microsoft Graph, and check again."
	}
	return "The directory, which names the very mistake, gave no answer. Check again in some minutes."
}

// permissionCandidates are the likeliest mistakes, the first first.
func permissionCandidates(p permission) []string {
	list := []string{
		"It was added, but nobody pressed “Grant admin consent”.",
		"It was added as a delegated permission instead of an application permission.",
	}
	if p.apiAppID == clawback.ExchangeAppID {
		list = append(list, "It was added on another API, such as Microsoft Exchange Online Protection, which has one of the same name.")
	}
	return append(list, "It was not added yet.", "It was granted a moment ago, and Microsoft does not honour it yet.")
}

func (c *check) requestedText(p permission) string {
	switch {
	case c.requested(p, false):
		return p.value + " is listed as an application permission."
	case c.requested(p, true):
		return p.value + " is listed as a delegated permission."
	}
	return p.value + " is not listed."
}

// requested says whether the app registration lists the permission, of a kind.
// A delegated one has another id; on Exchange any delegated one is meant.
func (c *check) requested(p permission, delegated bool) bool {
	return slices.ContainsFunc(c.e.Directory.Application.Requested, func(r clawback.RequestedPermission) bool {
		return r.Delegated == delegated && strings.EqualFold(r.ResourceAppID, p.apiAppID) &&
			(strings.EqualFold(r.ID, p.id) || delegated && p.apiAppID == clawback.ExchangeAppID)
	})
}

func (c *check) permissionMistake(p permission) verdict {
	fail := verdict{status: clawback.CheckFail, who: p.who, place: clawback.PlacePermissions}
	granted := c.grantListed(p)
	wrong, misplaced := c.wrongAPI(p)
	switch {
	case granted && c.young():
		return c.propagating(p.value + " is granted")
	case granted:
		fail.cause = clawback.CauseCallRefused
		fail.finding = "Entra lists the grant, but for more than an hour no token carries it."
		fail.advice = "Remove the permission, add it again and grant consent, then check again."
	case c.requested(p, false):
		fail.cause = clawback.CauseNoConsent
		fail.finding = p.value + " was added, but nobody has granted admin consent."
		fail.advice = "Press “Grant admin consent” on the app's API permissions, then Yes."
	case c.delegated(p):
		fail.cause = clawback.CauseDelegated
		fail.finding = p.value + " was added as a delegated permission; Clawback works without a signed-in person and needs an application permission."
		fail.advice = "Add it again on " + p.api + ", this time under “Application permissions”, and grant admin consent."
	case misplaced:
		return wrong
	case c.e.Directory.Application.OK():
		fail.cause = clawback.CauseNotRequested
		fail.finding = p.value + " was not added to the app yet."
		fail.advice = "Add " + p.value + " under “Application permissions” of " + p.api + ", then press “Grant admin consent”."
	default:
		fail.cause = clawback.CausePermissionMissing
		fail.finding = "Nobody has consented to " + p.value + " for this app."
		fail.advice = "Add " + p.value + " under “Application permissions” of " + p.api + ", then press “Grant admin consent”."
	}
	return fail
}

func (c *check) delegated(p permission) bool {
	scopes := c.e.Directory.Delegated.Scopes[p.resourceID]
	return c.requested(p, true) || slices.Contains(scopes, p.value) || slices.Contains(scopes, "Exchange.Manage") && p.apiAppID == clawback.ExchangeAppID
}

// wrongAPI finds a permission of Exchange's that was granted on another API.
func (c *check) wrongAPI(p permission) (verdict, bool) {
	if v, ok := c.wrongAPIByToken(p); ok {
		return v, true
	}
	if p.apiAppID != clawback.ExchangeAppID {
		return verdict{}, false
	}
	for _, g := range c.e.Directory.Grants.Grants {
		other := g.ResourceID != p.resourceID && g.ResourceID != c.e.Directory.GraphID.ID
		if p.resourceID != "" && other {
			return misplacedOn(p, g.Resource), true
		}
	}
	return verdict{}, false
}

func (c *check) wrongAPIByToken(p permission) (verdict, bool) {
	if p.apiAppID == clawback.ExchangeAppID && c.e.Tokens.Graph.Has(p.value) {
		return misplacedOn(p, "Microsoft Graph"), true
	}
	return verdict{}, false
}

func misplacedOn(p permission, api string) verdict {
	return verdict{status: clawback.CheckFail, cause: clawback.CauseWrongAPI, who: p.who, place: clawback.PlacePermissions,
		finding: "The permission was granted on " + api + ", and not on " + p.api + ".",
		advice:  "Add it again: “Add a permission”, “APIs my organization uses”, " + p.api + ", “Application permissions”. Then grant admin consent."}
}
