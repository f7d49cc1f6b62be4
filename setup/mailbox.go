package setup

import (
	"fmt"
	"strings"

	"clawback"
)

const userReadAll = "User.Read.All"

// recipients asks whether an address leads to its mailbox with all its addresses:
// without that, no never-remove inbox could be told.
func (c *check) recipients() verdict {
	token := c.e.Tokens.Graph
	if v, ok := c.signedIn(token); !ok {
		return v
	}
	alias, p := c.e.Calls.Alias, c.permission(userReadAll)
	shown := carries(token, userReadAll)
	if !token.Has(userReadAll, "Directory.Read.All") {
		c.layer(clawback.LayerClaims, clawback.CheckFail, "A fresh token for Graph does not carry "+userReadAll+".", shown)
		return c.permissionMissing(p)
	}
	c.layer(clawback.LayerClaims, clawback.CheckPass, "A fresh token for Graph carries what looking up people needs."+c.lesserLooks(), shown)
	c.grantsShown(p)
	asked := looked(alias.Probe, "one mailbox with its object id and all its addresses")
	switch {
	case alias.OK() && alias.Mailbox.ID != "" && strings.EqualFold(alias.Mailbox.ID, alias.WantedID) && alias.Addresses > 0:
		asked.Found = fmt.Sprintf("object %s with %d addresses", alias.Mailbox.ID, alias.Addresses)
		c.layer(clawback.LayerCall, clawback.CheckPass, "An address leads to its mailbox and to all its addresses.", asked)
		return passed("Addresses lead to their mailboxes: “%s” was found with %d addresses.", alias.Address, alias.Addresses)
	case alias.OK():
		asked.Found = "another object, or none"
		c.layer(clawback.LayerCall, clawback.CheckFail, "An address of the directory does not lead back to its mailbox.", asked)
		return verdict{status: clawback.CheckFail, cause: clawback.CauseAliasNotFound, who: whoPortal, place: clawback.PlaceTenant,
			finding: "The directory does not find “" + alias.Address + "” by its address.",
			advice:  "Check again in some minutes; a directory that was just changed can lag. If it stays, tell your contact."}
	}
	return c.refusedCall(alias.Probe, asked, p)
}

// lesserLooks names what is not needed, but tells groups, contacts and strangers apart.
func (c *check) lesserLooks() string {
	var missing []string
	for _, p := range clawback.Permissions() {
		if p.Step == clawback.StepRecipients && p.Need == clawback.NeedOptional && !c.e.Tokens.Graph.Has(p.Value, "Directory.Read.All") {
			missing = append(missing, p.Value)
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return " Optional and missing: " + strings.Join(missing, ", ") + "; without them a group or contact is shown as an unknown address."
}

// refusedCall is a real call that Graph refuses though the token carries its permission.
func (c *check) refusedCall(p clawback.Probe, shown clawback.Evidence, needed permission) verdict {
	switch {
	case p.Refused() && c.young():
		c.layer(clawback.LayerCall, clawback.CheckPropagating, "Graph does not honour the permission yet.", shown)
		return c.propagating(needed.value + " is granted")
	case p.Refused():
		c.layer(clawback.LayerCall, clawback.CheckFail, "Graph refuses, though the token carries the permission.", shown)
		return verdict{status: clawback.CheckFail, cause: clawback.CauseCallRefused, who: needed.who, place: clawback.PlacePermissions,
			finding: "Microsoft Graph refuses the app, though " + needed.value + " is granted.",
			advice:  "Remove the permission, add it again and grant consent. If it stays, ask Microsoft with the request id below."}
	}
	c.layer(clawback.LayerCall, clawback.CheckUnknown, "Graph gave no answer.", shown)
	return noAnswer(p)
}

// removal asks for the one permission that deletes: steps 1 and 2 give none.
func (c *check) removal() verdict {
	token := c.e.Tokens.Graph
	if v, ok := c.signedIn(token); !ok {
		return v
	}
	p := c.permission(clawback.MailReadWrite)
	shown := carries(token, clawback.MailReadWrite)
	if !token.Has(clawback.MailReadWrite) {
		return c.removalMissing(p, shown)
	}
	c.layer(clawback.LayerClaims, clawback.CheckPass, "A fresh token for Graph carries "+p.value+".", shown)
	c.grantsShown(p)
	return c.mailboxesOpen(p)
}

func (c *check) removalMissing(p permission, shown clawback.Evidence) verdict {
	open := 0
	for _, m := range c.e.Calls.Mailboxes {
		if m.OK() {
			open++
		}
	}
	c.layer(clawback.LayerClaims, clawback.CheckFail, "A fresh token for Graph does not carry "+p.value+".", shown)
	if open == 0 || c.e.Tokens.Graph.Has("Mail.Read", "Mail.ReadBasic.All") {
		return c.permissionMissing(p)
	}
	c.layer(clawback.LayerCall, clawback.CheckUnknown, "Mailboxes open without it: access may be given in Exchange, mailbox by mailbox.", c.inboxes()...)
	return verdict{status: clawback.CheckUnknown, cause: clawback.CauseScopedAccess, who: p.who, place: clawback.PlacePermissions,
		finding: fmt.Sprintf("%d of %d inboxes open without %s: access seems to be given in Exchange, and for the others it is not known.",
			open, len(c.e.Calls.Mailboxes), p.value),
		advice: "Grant " + p.value + " on Microsoft Graph to reach every mailbox."}
}

func (c *check) inboxes() []clawback.Evidence {
	var shown []clawback.Evidence
	for _, m := range c.e.Calls.Mailboxes {
		shown = append(shown, looked(m.Probe, "an open inbox"))
	}
	return shown
}

// policyCloses is told with the command, as no page of an admin center shows these policies:
// https://learn.microsoft.com/graph/auth-limit-mailbox-access
func (c *check) policyCloses() verdict {
	return verdict{status: clawback.CheckFail, cause: clawback.CauseAccessPolicy, who: "An Exchange Administrator of the tenant", place: clawback.PlaceTenant,
		finding: "An application access policy of Exchange keeps the app out of the mailboxes.",
		advice: "In Exchange Online PowerShell “Get-ApplicationAccessPolicy” shows the policy of the app " + c.e.ClientID +
			". Add the mailboxes to its group, or remove it with “Remove-ApplicationAccessPolicy”. Exchange takes more than an hour to honour that."}
}

// mailboxesOpen looks at the probes. One mailbox does not speak for all: access may be scoped.
func (c *check) mailboxesOpen(p permission) verdict {
	var open, policy int
	other := clawback.Probe{Asked: "A look into an inbox", Answer: clawback.Answer{Kind: clawback.AnswerUnknown, Message: "No mailbox is known to look into: the step “Resolve recipients” comes first."}}
	shown := c.inboxes()
	for _, m := range c.e.Calls.Mailboxes {
		switch {
		case m.OK():
			open++
		case m.Answer.AccessPolicy():
			policy++
		case m.Absent(): // a user without a cloud mailbox says nothing
		default:
			other = m.Probe
		}
	}
	switch {
	case open > 0 && policy > 0:
		c.layer(clawback.LayerCall, clawback.CheckUnknown, fmt.Sprintf("%d of %d inboxes open; a policy closes the others.", open, open+policy), shown...)
		v := c.policyCloses()
		v.status = clawback.CheckUnknown
		v.finding = fmt.Sprintf("%s is granted, limited by an application access policy of Exchange: %d of the %d inboxes that were tried open.",
			p.value, open, open+policy)
		return v
	case open > 0:
		c.layer(clawback.LayerCall, clawback.CheckPass, fmt.Sprintf("%d of %d inboxes open.", open, len(c.e.Calls.Mailboxes)), shown...)
		return passed("%s is granted: the app may remove email, and every inbox that was tried opens.", p.value)
	case policy > 0:
		c.layer(clawback.LayerCall, clawback.CheckFail, "A policy closes every inbox that was tried.", shown...)
		return c.policyCloses()
	}
	if len(shown) == 0 {
		shown = []clawback.Evidence{looked(other, "an open inbox")}
	}
	if len(c.e.Calls.Mailboxes) == 0 && !c.e.Tokens.Graph.Has(userReadAll, "Directory.Read.All") {
		c.layer(clawback.LayerCall, clawback.CheckUnknown, "No mailbox is known to look into.", shown[0])
		return verdict{status: clawback.CheckUnknown, cause: clawback.CauseNoMailbox, who: whoGraph, place: clawback.PlacePermissions,
			finding: p.value + " is granted, but no mailbox is known in which it could be tried.",
			advice:  "Pass the step “Resolve recipients” first: it lets the app read who has a mailbox. Then check again."}
	}
	return c.refusedCall(other, shown[0], p)
}
