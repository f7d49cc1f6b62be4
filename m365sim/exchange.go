package m365sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// exchangeCall is one request to the Exchange admin API, or one inner request of a batch.
type exchangeCall struct {
	sim    *Sim
	req    *request
	tenant *tenant
	token  claims
	cmdlet string
	params map[string]any

	permission string // which the token must carry
	only       string // the one cmdlet of a documented endpoint, empty for InvokeCommand
}

// exchangeAnswer serves the admin API, with the headers seen on live answers.
func (s *Sim) exchangeAnswer(r *request) answer {
	t := s.tenant(exchangeTenant(r))
	if t != nil {
		t.rates.inFlight.Add(1)
		defer t.rates.inFlight.Add(-1)
	}
	ans := s.routeExchange(r)
	ans = ans.with("Request-Id", s.nextID("request")).with("Date", s.now().Format(http.TimeFormat)).
		with("OrganizationStatus", "Active").with("X-BackEndHttpStatus", strconv.Itoa(ans.status))
	if t != nil {
		ans = t.rates.onto(ans, s.now())
	}

	return ans
}

func exchangeTenant(r *request) string {
	if segments := strings.Split(strings.Trim(r.path(), "/"), "/"); len(segments) > 2 {
		return segments[2]
	}

	return ""
}

// routeExchange finds what is asked under /adminapi/{version}/{tenant}. Commands go to beta, where other versions
// answer 405 as seen live; v2.0 is the documented API, with an endpoint for each cmdlet.
func (s *Sim) routeExchange(r *request) answer {
	segments := strings.Split(strings.Trim(r.path(), "/"), "/")
	if len(segments) != 4 || !strings.EqualFold(segments[0], "adminapi") {
		return emptyAnswer(http.StatusNotFound)
	}
	version, what := strings.ToLower(segments[1]), strings.ToLower(segments[3])
	c := &exchangeCall{sim: s, req: r, tenant: s.tenant(segments[2]), permission: exchangeManageAsApp}
	endpoint, documented := adminEndpoints[what]
	wanted := http.MethodPost
	switch {
	case what == "exomodulefile":
		wanted = http.MethodGet
	case what == "$batch" && version == "beta":
	case what == "invokecommand":
		if version != "beta" {
			return emptyAnswer(http.StatusMethodNotAllowed)
		}
	case documented && version == "v2.0":
		c.permission, c.only = exchangeManageAsAppV2, endpoint
	default:
		return emptyAnswer(http.StatusNotFound)
	}
	if r.method != wanted {
		return emptyAnswer(http.StatusMethodNotAllowed)
	}
	if refusal, ok := c.authenticate(); !ok {
		return refusal
	}

	return c.answerTo(what)
}

func (c *exchangeCall) answerTo(what string) answer {
	switch what {
	case "exomodulefile":
		return c.serveAs("EXOModuleFile", c.moduleFile)
	case "$batch":
		return c.batch()
	}
	if err := c.readCommand(); err != nil {
		return c.failure(http.StatusBadRequest, "BadRequest", "", err.Error())
	}
	if c.only != "" && !strings.EqualFold(c.only, c.cmdlet) {
		return c.failure(http.StatusBadRequest, "BadRequest", "", "The cmdlet '"+c.cmdlet+"' is not supported on this endpoint.")
	}

	return c.serveAs(c.cmdlet, c.run)
}

// authenticate needs a token for Exchange of this tenant with the API's permission. Without it the answer is 401
// with an empty body, as far as is known.
func (c *exchangeCall) authenticate() (answer, bool) {
	refusal := emptyAnswer(http.StatusUnauthorized).with("WWW-Authenticate", `Bearer client_id="`+exchangeAppID+
		`", trusted_issuers="00000001-0000-0000-c000-000000000000@*", error="invalid_token"`)
	bearer, ok := strings.CutPrefix(c.req.header.Get("Authorization"), "Bearer ")
	if !ok {
		return refusal, false
	}
	read, ok := c.sim.verified.read(bearer)
	if !ok || read.Audience != exchangeAudience || c.tenant == nil || read.TenantID != c.tenant.id ||
		!read.validAt(c.sim.now()) {
		return refusal, false
	}
	if !slices.Contains(read.Roles, c.permission) {
		if c.sim.Switches().PermissionRefusal403 {
			refusal.status = http.StatusForbidden
		}
		return refusal, false
	}
	c.token = read

	return answer{}, true
}

func (c *exchangeCall) readCommand() error {
	var body struct {
		CmdletInput struct {
			CmdletName string         `json:"CmdletName"`
			Parameters map[string]any `json:"Parameters"`
		} `json:"CmdletInput"`
	}
	if err := json.Unmarshal(c.req.body, &body); err != nil {
		return fmt.Errorf("the request body is not valid JSON")
	}
	c.cmdlet, c.params = body.CmdletInput.CmdletName, body.CmdletInput.Parameters
	if c.cmdlet == "" {
		return fmt.Errorf("the request body has no CmdletInput with a CmdletName")
	}

	return nil
}

// serveAs runs what goes by that name under the tenant's faults and logs it.
func (c *exchangeCall) serveAs(name string, run func() answer) answer {
	started := c.sim.now()
	f := c.sim.faultFor(c.tenant, "", asked{"exchange", c.req.method, name, c.req.path()})
	ans := f.around(c.req.done, func(status int, code, message string) answer {
		return c.failure(status, code, "", message)
	}, run)
	c.tenant.requests.add(requestRow{Time: started, Service: "exchange", Method: c.req.method, Path: c.req.path(),
		Query: name, Status: ans.seen(), Dropped: ans.drop})

	return ans
}

// cmdletRoles are the directory roles which let an app run the trace cmdlets.
var cmdletRoles = []string{securityReader, "Security Administrator", "Global Reader", "Exchange Administrator",
	"Global Administrator"}

// connectRoles let an app connect to Exchange, but not trace.
var connectRoles = []string{"Compliance Administrator", "Helpdesk Administrator", "Exchange Recipient Administrator"}

// hasRole says whether the token shows a role that Exchange honours. The tenant is locked.
func (c *exchangeCall) hasRole(names []string) bool {
	p := c.tenant.principals[c.token.AppID]

	return slices.ContainsFunc(names, func(name string) bool {
		id := directoryRoleIDs[name]
		return slices.Contains(c.token.Wids, id) && (p == nil || c.sim.honours(p, id))
	})
}

func (c *exchangeCall) run() answer {
	c.sim.latency.pass(c.req.done)
	c.tenant.mu.Lock()
	defer c.tenant.mu.Unlock()
	if !c.hasRole(everyRole) {
		return c.roleUnsupported()
	}

	return c.dispatch()
}

func (c *exchangeCall) roleUnsupported() answer {
	status := http.StatusForbidden
	if c.sim.Switches().RoleRefusal401 {
		status = http.StatusUnauthorized
	}

	return c.failure(status, http.StatusText(status), "", "The role assigned to application "+c.token.AppID+
		" isn't supported in this scenario. Please check online documentation for assigning correct Directory Roles "+
		"to Azure AD Application for EXO App-Only Authentication.")
}

// failure is an error in the shape of the admin API. The cmdlet's own text stands after the last bar of the
// details; kind is the exception's name.
func (c *exchangeCall) failure(status int, code, kind, text string) answer {
	details := []any{}
	if kind != "" {
		details = append(details, map[string]any{"code": "Client", "target": "", "message": "Ex6F9304|" + kind + "|" + text})
	}
	message := text
	if kind != "" {
		message = "Error executing cmdlet"
	}
	inner := map[string]any{"message": message, "type": "Microsoft.Exchange.Admin.OData.Core.ODataServiceException",
		"stacktrace": "", "internalexception": map[string]any{"message": text, "type": kind, "stacktrace": ""}}

	return jsonAnswer(status, map[string]any{"error": map[string]any{"code": code, "message": message,
		"details": details, "innererror": inner, "adminapi.warnings@odata.type": "#Collection(String)",
		"@adminapi.warnings": []string{}}})
}

func (c *exchangeCall) badParameter(text string) answer {
	return c.failure(http.StatusBadRequest, "BadRequest", "System.Management.Automation.ParameterBindingException", text)
}
