package m365sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// exchangeCall is one InvokeCommand of the Exchange admin API.
type exchangeCall struct {
	sim    *Sim
	req    *request
	tenant *tenant
	token  claims
	cmdlet string
	params map[string]any
}

// exchangeAnswer serves POST /adminapi/beta/{tenant}/InvokeCommand; other versions answer 405 as seen live.
func (s *Sim) exchangeAnswer(r *request) answer {
	ans := s.routeExchange(r)

	return ans.with("Request-Id", s.nextID("request")).with("Date", s.now().Format(http.TimeFormat)).
		with("OrganizationStatus", "Active").with("Rate-Limit-Limit", "30000").with("Rate-Limit-Remaining", "29997").
		with("Rate-Limit-Reset", instant(s.now().Add(traceQuotaWindow)))
}

func (s *Sim) routeExchange(r *request) answer {
	segments := strings.Split(strings.Trim(r.path(), "/"), "/")
	if len(segments) != 4 || segments[0] != "adminapi" || !strings.EqualFold(segments[3], "InvokeCommand") {
		return emptyAnswer(http.StatusNotFound)
	}
	if segments[1] != "beta" || r.method != http.MethodPost {
		return emptyAnswer(http.StatusMethodNotAllowed)
	}
	c := &exchangeCall{sim: s, req: r, tenant: s.tenant(segments[2])}
	if refusal, ok := c.authenticate(); !ok {
		return refusal
	}
	if err := c.readCommand(); err != nil {
		return c.failure(http.StatusBadRequest, "BadRequest", "", err.Error())
	}

	return c.serve()
}

// authenticate needs a token for Exchange of this tenant with Exchange.ManageAsApp. Without it the answer is 401
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
	if !slices.Contains(read.Roles, exchangeManageAsApp) {
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

// serve runs the cmdlet under the tenant's faults and logs it.
func (c *exchangeCall) serve() answer {
	started := c.sim.now()
	f := c.sim.faultFor(c.tenant, "", asked{"exchange", c.req.method, c.cmdlet, c.req.path()})
	ans := f.around(c.req.done, func(status int, code, message string) answer {
		return c.failure(status, code, "", message)
	}, c.run)
	c.tenant.requests.add(requestRow{Time: started, Service: "exchange", Method: c.req.method, Path: c.req.path(),
		Query: c.cmdlet, Status: ans.seen(), Dropped: ans.drop})

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
	if !c.hasRole(cmdletRoles) && !c.hasRole(connectRoles) {
		status := http.StatusForbidden
		if c.sim.Switches().RoleRefusal401 {
			status = http.StatusUnauthorized
		}
		return c.failure(status, http.StatusText(status), "", "The role assigned to application "+c.token.AppID+
			" isn't supported in this scenario. Please check online documentation for assigning correct Directory Roles "+
			"to Azure AD Application for EXO App-Only Authentication.")
	}
	if !c.hasRole(cmdletRoles) {
		return unknownCmdlet()
	}
	switch strings.ToLower(c.cmdlet) {
	case "get-messagetracev2":
		return c.messageTrace()
	case "get-messagetracedetailv2":
		return c.messageTraceDetail()
	}

	return unknownCmdlet()
}

// unknownCmdlet is Exchange's answer for a cmdlet which does not exist or is not in the app's role: NUL bytes
// declared as gzip, as measured live.
func unknownCmdlet() answer {
	return answer{status: http.StatusForbidden, raw: make([]byte, 32), header: http.Header{
		"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}}}
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
