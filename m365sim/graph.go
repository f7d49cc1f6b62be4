package m365sim

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// graphCall is one Graph request: the whole HTTP request, or one inner request of a batch.
type graphCall struct {
	sim     *Sim
	tenant  *tenant
	token   claims
	app     *principal // nil for a user's token
	method  string
	version string // v1.0 or beta
	path    string // after the version, decoded
	params  map[string]string
	query   url.Values
	rawQ    string
	header  http.Header
	body    []byte
	batch   bool
	done    <-chan struct{}
	target  *recipient // the user in /users/{id}, where there is one
	changed bool       // the call has had an effect

	requestID string // ours
	clientID  string // the client's own id of the request, or one of ours
}

// graphAnswer serves Graph under /v1.0 and /beta.
func (s *Sim) graphAnswer(r *request) answer {
	c := s.newGraphCall(r)
	ans := c.serveHTTP(r)

	return ans.with("Request-Id", c.requestID).with("Client-Request-Id", c.clientID).
		with("Date", s.now().Format(http.TimeFormat)).with("Cache-Control", "private").with("OData-Version", "4.0")
}

func (s *Sim) newGraphCall(r *request) *graphCall {
	version, path, _ := strings.Cut(strings.TrimPrefix(r.url.EscapedPath(), "/"), "/")

	c := &graphCall{sim: s, method: r.method, version: strings.ToLower(version), path: "/" + path,
		query: r.url.Query(), rawQ: r.url.RawQuery, header: r.header, body: r.body, done: r.done}

	return c.named()
}

// named gives the call its request ids.
func (c *graphCall) named() *graphCall {
	c.requestID, c.clientID = c.sim.nextID("request"), c.header.Get("client-request-id")
	if c.clientID == "" {
		c.clientID = c.requestID
	}

	return c
}

func (c *graphCall) serveHTTP(r *request) answer {
	if c.version != "v1.0" && c.version != "beta" {
		return c.failure(http.StatusBadRequest, "BadRequest", "Invalid version: "+c.version)
	}
	if refusal, ok := c.authenticate(); !ok {
		return refusal
	}
	if c.path == "/$batch" {
		return c.serveBatch(r)
	}

	return c.serve()
}

// authenticate reads the bearer token: it must be ours, for Graph, and valid now.
func (c *graphCall) authenticate() (answer, bool) {
	bearer, ok := strings.CutPrefix(c.header.Get("Authorization"), "Bearer ")
	if !ok || bearer == "" {
		return c.unauthorized("Access token is empty."), false
	}
	read, ok := c.sim.verified.read(bearer)
	if !ok {
		return c.unauthorized("IDX14100: JWT is not well formed, or its signature is not valid."), false
	}
	if read.Audience != graphAudience && read.Audience != graphAppID {
		return c.unauthorized("Access token validation failure. Invalid audience."), false
	}
	now := c.sim.now().Unix()
	if now > read.Expires+int64(clockSkew.Seconds()) || now < read.NotBefore-int64(clockSkew.Seconds()) {
		return c.unauthorized("Lifetime validation failed, the token is expired."), false
	}
	c.token, c.tenant = read, c.sim.tenant(read.TenantID)
	if c.tenant == nil {
		return c.unauthorized("The tenant of the token was not found."), false
	}
	c.tenant.mu.Lock()
	c.app = c.tenant.principals[read.AppID]
	c.tenant.mu.Unlock()

	return answer{}, true
}

func (c *graphCall) unauthorized(message string) answer {
	return c.failure(http.StatusUnauthorized, "InvalidAuthenticationToken", message).with("WWW-Authenticate",
		`Bearer realm="", authorization_uri="`+c.sim.addresses.Login+`/common/oauth2/authorize", client_id="`+graphAppID+`"`)
}

// failure is an error in Graph's shape.
func (c *graphCall) failure(status int, code, message string) answer {
	return jsonAnswer(status, map[string]any{"error": map[string]any{
		"code": code, "message": message, "innerError": map[string]any{
			"date":       c.sim.now().Format("2006-01-02T15:04:05"),
			"request-id": c.requestID, "client-request-id": c.clientID,
		},
	}})
}

// graphService is who answers a route behind Graph: each has its own permissions, limits and errors.
type graphService int

const (
	serviceDirectory graphService = iota
	serviceMail
	serviceTrace
)

// graphRoute is one line of the route table. A token needs any one of the permissions.
type graphRoute struct {
	method, pattern string
	service         graphService
	anyOf           []string
	run             func(*graphCall) answer
	betaOnly        bool
}

// serve answers one request: route, faults, time, permission, effect, and a row in the request log.
func (c *graphCall) serve() answer {
	started := c.sim.now()
	route, ok := c.route()
	if !ok {
		return c.noRoute()
	}
	mailbox := c.findTarget()
	f := c.sim.faultFor(c.tenant, mailbox, routeNames("graph", c.method, route.pattern, c.path)...)
	ans := f.around(c.done, c.failure, func() answer { return c.admitted(route) })
	status := ans.status
	if ans.drop {
		status = 0
	}
	c.tenant.mu.Lock()
	defer c.tenant.mu.Unlock()
	c.tenant.requests.add(requestRow{Time: started, Service: "graph", Method: c.method,
		Path: "/" + c.version + c.decodedPath(), Query: c.rawQ, Status: status, Changes: c.changed, Batch: c.batch,
		Mailbox: mailbox})

	return ans
}

func (c *graphCall) decodedPath() string {
	if decoded, err := url.PathUnescape(c.path); err == nil {
		return decoded
	}

	return c.path
}

// admitted holds the request against the service's limits, lets its time pass and runs it.
func (c *graphCall) admitted(route graphRoute) answer {
	leave, refusal, ok := c.enter(route)
	if !ok {
		return refusal
	}
	defer leave()
	wait(c.sim.cfg.Latency, c.done)
	c.tenant.mu.Lock()
	defer c.tenant.mu.Unlock()
	if refusal, ok := c.permitted(route); !ok {
		return refusal
	}

	return route.run(c)
}

// enter takes the request's place in the limits of its service.
func (c *graphCall) enter(route graphRoute) (func(), answer, bool) {
	c.tenant.mu.Lock()
	defer c.tenant.mu.Unlock()
	switch {
	case route.service == serviceDirectory:
		refusal, ok := c.takeUnits()
		return func() {}, refusal, ok
	case route.service != serviceMail || c.target == nil || c.target.mailbox == nil:
		return func() {}, answer{}, true
	}
	box := c.target.mailbox
	if box.inFlight >= mailboxConcurrency {
		return nil, c.failure(http.StatusTooManyRequests, "ApplicationThrottled",
			"Application is over its MailboxConcurrency limit.").with("Retry-After", "1"), false
	}
	box.inFlight++

	return func() { c.tenant.mu.Lock(); box.inFlight--; c.tenant.mu.Unlock() }, answer{}, true
}

// takeUnits spends the directory's resource units of one request.
func (c *graphCall) takeUnits() (answer, bool) {
	users := 0
	for _, r := range c.tenant.recipients {
		if r.isUser() {
			users++
		}
	}
	size := directoryUnits(users)
	delay, ok := c.tenant.directory.take(c.sim.now(), c.cost(), size)
	if ok {
		return answer{}, true
	}

	return c.failure(http.StatusTooManyRequests, "TooManyRequests", "Too many requests.").
		with("Retry-After", seconds(delay)).
		with("X-Ms-Throttle-Scope", "Tenant_Application/ReadWrite/"+c.token.AppID+"/"+c.tenant.id).
		with("X-Ms-Throttle-Information", "CPULimitExceeded"), false
}

// cost is Microsoft's price list for the directory routes.
func (c *graphCall) cost() float64 {
	cost := 1.0
	for prefix, price := range map[string]float64{"/users": 2, "/applications": 2, "/oauth2PermissionGrants": 2,
		"/servicePrincipals": 2, "/groups": 2} {
		if strings.HasPrefix(c.path, prefix) {
			cost = price
		}
	}
	if c.query.Has("$select") {
		cost--
	}
	if c.query.Has("$expand") {
		cost++
	}

	return max(1, cost)
}

// permitted holds the token's roles against the route; for mail also the app's reach to this mailbox.
func (c *graphCall) permitted(route graphRoute) (answer, bool) {
	granted := slices.ContainsFunc(route.anyOf, func(p string) bool { return slices.Contains(c.token.Roles, p) })
	switch route.service {
	case serviceMail:
		return c.mailPermitted(granted)
	case serviceTrace:
		return c.tracePermitted(granted)
	}
	if !granted {
		return c.failure(http.StatusForbidden, "Authorization_RequestDenied",
			"Insufficient privileges to complete the operation."), false
	}

	return answer{}, true
}

func (c *graphCall) mailPermitted(granted bool) (answer, bool) {
	if c.target != nil && c.app != nil {
		if text, ok := c.app.mayTouch(c.target.id, granted); !ok {
			return c.failure(http.StatusForbidden, "ErrorAccessDenied", text), false
		}
		granted = true
	}
	switch {
	case !granted:
		return c.failure(http.StatusForbidden, "ErrorAccessDenied",
			"Access is denied. Check credentials and try again."), false
	case c.target == nil:
		return c.failure(http.StatusNotFound, "ErrorInvalidUser",
			"The requested user '"+c.params["user"]+"' is invalid."), false
	case c.target.mailbox == nil:
		return c.failure(http.StatusNotFound, "MailboxNotEnabledForRESTAPI",
			"The mailbox is either inactive, soft-deleted, or is hosted on-premise."), false
	}

	return answer{}, true
}

// findTarget resolves {user} and answers the mailbox the request is about, which may go by an alias in the log.
func (c *graphCall) findTarget() string {
	name := c.params["user"]
	if name == "" {
		return ""
	}
	c.tenant.mu.Lock()
	defer c.tenant.mu.Unlock()
	c.target = c.tenant.user(name)
	if c.target != nil {
		return c.target.id
	}
	if r := c.tenant.anyRecipient(name); r != nil {
		return r.id
	}

	return ""
}

func (c *graphCall) base() string { return c.sim.addresses.Graph + "/" + c.version }

func (c *graphCall) context(what string) string { return c.base() + "/$metadata#" + what }

func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
