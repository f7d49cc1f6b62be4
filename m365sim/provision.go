package m365sim

import "net/http"

type provisionResult int

const (
	provisionDone provisionResult = iota
	provisionUnknown
	provisionThere
)

// provision creates the service principal of an app id: Microsoft's for message trace, a multi-tenant app's or a
// deleted one of the tenant's own. It grants nothing. The tenant is locked.
func (s *Sim) provision(t *tenant, appID string) provisionResult {
	if appID == messageTraceAppID {
		if t.traceSP {
			return provisionThere
		}
		t.traceSP, t.traceSince = true, s.now()
		return provisionDone
	}
	app := s.app(appID)
	p := t.principals[appID]
	switch {
	case app == nil || app.home != nil && app.home != t:
		return provisionUnknown
	case p != nil && p.present:
		return provisionThere
	case p == nil:
		t.install(app)
	default:
		p.present = true
	}

	return provisionDone
}

// createPrincipal is POST /servicePrincipals with an appId, the documented way to the message-trace principal.
func createPrincipal(c *graphCall) answer {
	var in struct {
		AppID string `json:"appId"`
	}
	if refusal := c.readBody(&in); refusal != nil {
		return *refusal
	}
	switch c.sim.provision(c.tenant, in.AppID) {
	case provisionUnknown:
		return c.failure(http.StatusBadRequest, "NoBackingApplicationObject",
			"The appId '"+in.AppID+"' of the service principal does not reference a valid application object.")
	case provisionThere:
		return c.failure(http.StatusConflict, "Request_MultipleObjectsWithSameKeyValue",
			"The service principal cannot be created, updated, or restored because the service principal name "+in.AppID+
				" is already in use.")
	}
	e := keyed(c.tenant.principalEntities(), "appId='"+in.AppID+"'")

	return c.one(http.StatusCreated, "servicePrincipals", pick(e, nil, principalDefaults))
}
