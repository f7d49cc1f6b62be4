package setup

import (
	"slices"
	"strings"
	"time"

	"clawback"
)

// securityReader asks whether the role is active, tenant-wide, on this very
// service principal, and whether Exchange honours it.
func (c *check) securityReader() verdict {
	token := c.e.Tokens.Exchange
	if v, ok := c.signedIn(token); !ok {
		return v
	}
	shown := carries(token, "wids with Security Reader ("+clawback.SecurityReaderRoleID+")")
	if hasRole(token, clawback.SecurityReaderRoleID) {
		c.layer(clawback.LayerClaims, clawback.CheckPass, "A fresh token names Security Reader.", shown)
		if c.narrowed() && !c.e.Calls.TraceExchange.OK() {
			return c.roleMissing()
		}
		return c.roleHonoured()
	}
	if c.e.Calls.TraceExchange.OK() {
		c.layer(clawback.LayerClaims, clawback.CheckPass, "A fresh token names another role that Exchange takes.", shown)
		c.rolesShown(clawback.CheckPass)
		c.layer(clawback.LayerCall, clawback.CheckPass, "Exchange lets the app trace.", looked(c.e.Calls.TraceExchange, "an answer"))
		return passed("The app may trace by %s. Security Reader alone would be enough, and is less.", orNone(roleNames(token.DirectoryRoles())))
	}
	c.layer(clawback.LayerClaims, clawback.CheckFail, "A fresh token does not name Security Reader.", shown)
	return c.roleMissing()
}

func hasRole(token clawback.TokenEvidence, id string) bool {
	return slices.ContainsFunc(token.Wids, func(w string) bool { return strings.EqualFold(w, id) })
}

// roleHonoured is the real call, which only the permission of the next step opens.
func (c *check) roleHonoured() verdict {
	c.rolesShown(clawback.CheckPass)
	call := c.e.Calls.TraceExchange
	shown := looked(call, "an answer")
	switch {
	case !c.e.Tokens.Exchange.Has(clawback.ManageAsAppPermission):
		c.layer(clawback.LayerCall, clawback.CheckNotApplicable, "Exchange can be asked once Exchange.ManageAsApp is granted, the next step.", shown)
	case call.OK():
		c.layer(clawback.LayerCall, clawback.CheckPass, "Exchange lets the app trace.", shown)
	case call.Refused() && c.young():
		c.layer(clawback.LayerCall, clawback.CheckPropagating, "Exchange does not honour the role yet.", shown)
		return c.propagating("Security Reader is assigned")
	case call.Refused():
		c.layer(clawback.LayerCall, clawback.CheckFail, "Exchange refuses the app, though the token names the role.", shown)
		_, probe := c.roles()
		return verdict{status: clawback.CheckFail, cause: clawback.CauseCallRefused, who: whoRoles, place: clawback.PlaceRole, unseen: probe.Refused(),
			finding: "Exchange refuses the message trace, though Security Reader is active for more than an hour.",
			advice: "Remove the assignment and add it again at the scope of the whole directory. If it stays, grant " + clawback.MessageTracePermission +
				" on Microsoft Graph, which does without the role, or ask Microsoft with the request id below."}
	default:
		c.layer(clawback.LayerCall, clawback.CheckUnknown, "Exchange gave no answer.", shown)
		return noAnswer(call)
	}
	if ends := c.roleEnds(); !ends.IsZero() {
		return passed("Security Reader is active over the whole tenant, until %s. Extend it before.", ends.Format("2 January 2006 15:04 UTC"))
	}
	return passed("Security Reader is active over the whole tenant, on this app.")
}

func (c *check) roleEnds() time.Time {
	for _, r := range c.e.Directory.Active.Roles {
		if wideReader(r) {
			return r.EndsAt
		}
	}
	return time.Time{}
}

// roles are the app's active ones, whichever look answered.
func (c *check) roles() (roles []clawback.RoleAssignment, probe clawback.Probe) {
	d := c.e.Directory
	if !d.Assigned.OK() && d.Active.OK() {
		probe = d.Active.Probe
	} else {
		probe = d.Assigned.Probe
	}
	return append(slices.Clone(d.Assigned.Roles), d.Active.Roles...), probe
}

const wantedRole = "Security Reader, active, scope /"

// rolesShown shows what the directory says without judging by it.
func (c *check) rolesShown(status clawback.CheckStatus) {
	roles, probe := c.roles()
	if !probe.OK() {
		c.directoryUnread(probe, wantedRole)
		return
	}
	c.layer(clawback.LayerDirectory, status, "The directory lists the app's roles.", listed(probe, roles))
}

func listed(probe clawback.Probe, roles []clawback.RoleAssignment) clawback.Evidence {
	shown := looked(probe, wantedRole)
	var names []string
	for _, r := range roles {
		if name := r.Name + " (scope " + r.Scope + ")"; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	shown.Found = orNone(names)
	return shown
}

// roleMissing names the mistake where the directory shows it, and the likeliest
// ones where it doesn't.
func (c *check) roleMissing() verdict {
	roles, probe := c.roles()
	if !probe.OK() {
		c.directoryUnread(probe, wantedRole)
		return verdict{status: clawback.CheckFail, cause: clawback.CauseRoleMissing, who: whoRoles, place: clawback.PlaceRole,
			finding:    "The app does not have the role Security Reader.",
			advice:     "Assign Security Reader to the app's service principal as an active assignment over the whole directory.",
			candidates: c.roleCandidates(), look: lookAgain(probe, "RoleManagement.Read.Directory")}
	}
	v := c.roleMistake(roles)
	shown := []clawback.Evidence{listed(probe, roles), looked(c.e.Directory.Eligible.Probe, "no role that is only eligible")}
	if c.e.Directory.Eligible.OK() {
		shown[1].Found = listed(c.e.Directory.Eligible.Probe, c.e.Directory.Eligible.Roles).Found
	}
	c.layer(clawback.LayerDirectory, v.status, v.finding, shown...)
	return v
}

func reader(r clawback.RoleAssignment) bool {
	return strings.EqualFold(r.RoleID, clawback.SecurityReaderRoleID)
}

func wideReader(r clawback.RoleAssignment) bool { return reader(r) && r.Scope == "/" }

// narrowed says that the directory lists the role for a part of the tenant only. Whether a token names it then is not
// documented; Exchange takes it for the whole tenant alone.
func (c *check) narrowed() bool {
	roles, _ := c.roles()
	return slices.ContainsFunc(roles, reader) && !slices.ContainsFunc(roles, wideReader)
}

// roleCandidates are the likeliest mistakes, the first first: a token that names
// another role tells more than habit does.
func (c *check) roleCandidates() []string {
	var list []string
	if others := c.e.Tokens.Exchange.DirectoryRoles(); len(others) > 0 {
		list = append(list, "Instead of it another role was assigned, which Exchange does not take for this: "+orNone(roleNames(others))+".")
	}
	if !c.e.RoleEnded.IsZero() {
		list = append(list, "The assignment has expired: it was made until "+dayOf(c.e.RoleEnded)+".")
	} else if c.e.RoleHeld {
		list = append(list, "It was taken away, or has ended: the app had it before.")
	}
	return append(list,
		"The role was not assigned yet.",
		"It was assigned to a user or to another app.",
		"It is only eligible, not active: an app can't activate itself.",
		"It is limited to an administrative unit, or to one object.",
		"It was assigned a moment ago, and Microsoft does not honour it yet.")
}

func (c *check) roleMistake(roles []clawback.RoleAssignment) verdict {
	fail := verdict{status: clawback.CheckFail, who: whoRoles, place: clawback.PlaceRole}
	wide := slices.ContainsFunc(roles, wideReader)
	switch {
	case wide && c.young():
		return c.propagating("Security Reader is assigned")
	case wide:
		fail.cause = clawback.CauseCallRefused
		fail.finding = "Entra lists the assignment, but for more than an hour no token names it."
		fail.advice = "Remove the assignment and add it again, then check again."
	case slices.ContainsFunc(roles, reader):
		fail.cause = clawback.CauseScopedRole
		fail.finding = "Security Reader is assigned for an administrative unit or one object only; Exchange needs it for the whole tenant."
		fail.advice = "Assign it once more with the scope “Directory”."
	case slices.ContainsFunc(c.e.Directory.Eligible.Roles, reader):
		fail.cause = clawback.CauseEligibleOnly
		fail.finding = "The app is only eligible for Security Reader; it can't activate itself."
		fail.advice = "Open the assignment under “Eligible assignments” and make it “Active”, or add an active one."
	case !c.e.RoleEnded.IsZero():
		fail.cause = clawback.CauseRoleExpired
		fail.finding = "The assignment of Security Reader has expired: it was made until " + dayOf(c.e.RoleEnded) + "."
		fail.advice = "Assign it again over the whole directory, as active, with a later end or with none."
	case len(roles) > 0:
		fail.cause = clawback.CauseOtherRole
		fail.finding = "The app has another role (" + roles[0].Name + "), which Exchange does not take for this."
		fail.advice = "Assign the built-in role Security Reader, not a custom one."
	case c.elsewhere():
		fail.cause = clawback.CauseRoleElsewhere
		fail.finding = "Security Reader is assigned to somebody else, and not to this app."
		fail.advice = "Add an assignment for this app's enterprise application: search for its name or client id, not for a person."
	default:
		fail.cause = clawback.CauseRoleMissing
		fail.finding = "Nobody has assigned Security Reader to this app yet."
		if c.e.RoleHeld {
			fail.finding = "Nobody has assigned Security Reader to this app any more: it had the role before, which was taken away or has ended."
		}
		fail.advice = "Assign Security Reader to the app's service principal as an active assignment over the whole directory."
	}
	return fail
}

// elsewhere says whether anybody but the app has the role.
func (c *check) elsewhere() bool {
	return slices.ContainsFunc(c.e.Directory.Holders.Roles, func(r clawback.RoleAssignment) bool {
		return r.Name != c.e.Tokens.Exchange.ObjectID
	})
}
