package setup

import (
	"strings"

	"clawback"
)

// messageTrace asks whether either door to the message trace is open. The calls
// are the verdict; what the tokens carry explains it.
func (c *check) messageTrace() verdict {
	token := c.e.Tokens.Exchange
	if !token.OK() && c.e.Tokens.Graph.OK() {
		token = c.e.Tokens.Graph
	}
	if v, ok := c.signedIn(token); !ok {
		return v
	}
	byExchange, byGraph := c.e.Calls.TraceExchange, c.e.Calls.TraceGraph
	c.traceClaims()
	if byExchange.OK() || byGraph.OK() {
		c.layer(clawback.LayerDirectory, clawback.CheckNotApplicable, "Need not be asked: the trace answers.")
		c.layer(clawback.LayerCall, clawback.CheckPass, "The message trace of the last hour answers.",
			looked(byExchange, "an answer by either door"), looked(byGraph, "an answer by either door"))
		return passed("The message trace answers by %s.", doors(byExchange.OK(), byGraph.OK()))
	}
	v := c.traceClosed(byExchange, byGraph)
	c.tracePrincipal()
	c.layer(clawback.LayerCall, v.status, "Neither door answers.", looked(byExchange, "an answer by either door"), looked(byGraph, "an answer by either door"))
	return v
}

func doors(exchange, graph bool) string {
	switch {
	case exchange && graph:
		return "Exchange, and by Microsoft Graph too"
	case exchange:
		return "Exchange"
	}
	return "Microsoft Graph"
}

func (c *check) traceClaims() {
	exchange, graph := c.e.Tokens.Exchange, c.e.Tokens.Graph
	shown := []clawback.Evidence{carries(exchange, "Exchange.ManageAsApp and Security Reader, for the door by Exchange"),
		carries(graph, clawback.MessageTracePermission+", for the door by Graph")}
	switch {
	case c.exchangeReady() || graph.Has(clawback.MessageTracePermission):
		c.layer(clawback.LayerClaims, clawback.CheckPass, "The tokens carry what a door to the message trace needs.", shown...)
	default:
		c.layer(clawback.LayerClaims, clawback.CheckFail, "The tokens carry what neither door to the message trace asks for.", shown...)
	}
}

func (c *check) exchangeReady() bool {
	token := c.e.Tokens.Exchange
	return token.Has(clawback.ManageAsAppPermission) && hasRole(token, clawback.SecurityReaderRoleID)
}

func (c *check) tracePrincipal() {
	p := c.e.Directory.TracePrincipal
	shown := looked(p.Probe, "Microsoft's app for the message trace ("+clawback.MessageTraceAppID+"), for the door by Graph")
	switch {
	case p.OK():
		c.layer(clawback.LayerDirectory, clawback.CheckPass, "Microsoft's own app for the message trace is there.", shown)
	case p.Absent():
		c.layer(clawback.LayerDirectory, clawback.CheckFail, "Microsoft's own app for the message trace is missing in the tenant.", shown)
	default:
		c.directoryUnread(p.Probe, "Microsoft's app for the message trace")
	}
}

func (c *check) traceClosed(byExchange, byGraph clawback.Probe) verdict {
	for _, p := range []clawback.Probe{byExchange, byGraph} {
		if p.Answer.Kind != "" && !p.Refused() {
			return noAnswer(p)
		}
	}
	graph := c.e.Tokens.Graph.Has(clawback.MessageTracePermission)
	missing := graph && (c.e.Directory.TracePrincipal.Absent() || strings.Contains(byGraph.Answer.Message, clawback.MessageTraceAppID))
	switch {
	case c.exchangeReady() && c.young():
		return c.propagating("What Exchange's message trace needs is granted")
	case missing:
		return verdict{status: clawback.CheckFail, cause: clawback.CauseTracePrincipal, who: whoApps, place: clawback.PlaceTenant,
			finding: "Microsoft's own app for the message trace is missing in the tenant, which looks like a wrong credential.",
			advice:  "Run the command of this page once, wait some minutes, and check again. Or do steps 1 and 2: Exchange's door does without it."}
	case graph && c.young():
		return c.propagating(clawback.MessageTracePermission + " is granted")
	case c.exchangeReady() || graph:
		return verdict{status: clawback.CheckFail, cause: clawback.CauseCallRefused, who: whoRoles, place: clawback.PlaceRole, unseen: c.e.Directory.TracePrincipal.Refused(),
			finding: "The message trace is refused, though what it needs is granted for more than an hour.",
			advice:  "Check steps 1 and 2 again; if they pass, ask Microsoft with the request id below."}
	}
	return verdict{status: clawback.CheckFail, cause: clawback.CauseTraceClosed, who: whoRoles, place: clawback.PlaceRole,
		finding: "The app may not trace messages: neither by Exchange nor by Microsoft Graph.",
		advice:  "Finish the steps Security Reader and Exchange.ManageAsApp; the message trace opens with them."}
}
