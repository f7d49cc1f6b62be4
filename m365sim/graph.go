package m365sim

import (
	"cmp"
	"net/http"
	"net/url"
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
	units   int        // resource units of the directory it cost
	share   float64    // of its app's units in use after it, 1 is all
	lost    dropPoint  // where a fault cuts the connection of the batch around an inner request

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
	userInfo := c.version == "oidc" && c.path == "/userinfo"
	if c.version != "v1.0" && c.version != "beta" && !userInfo {
		return c.failure(http.StatusBadRequest, "BadRequest", "Invalid version: "+c.version)
	}
	if refusal, ok := c.authenticate(); !ok {
		return refusal
	}
	if userInfo {
		return c.userInfo()
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
	if !read.validAt(c.sim.now()) {
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
	serviceMailbox // the mailbox item API
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
	f := c.sim.faultFor(c.tenant, mailbox, asked{"graph", c.method, route.pattern, c.path})
	ans := f.around(c.done, c.failure, func() answer { return c.admitted(route) })
	c.tenant.requests.add(requestRow{Time: started, Service: "graph", Method: c.method,
		Path: "/" + c.version + c.decodedPath(), Query: c.rawQ, Status: ans.seen(), Changes: c.changed,
		Dropped: cmp.Or(ans.drop, c.lost), Batch: c.batch, Mailbox: mailbox})

	return ans
}

func (c *graphCall) decodedPath() string {
	if decoded, err := url.PathUnescape(c.path); err == nil {
		return decoded
	}

	return c.path
}

// findTarget resolves {user} or {mailbox} and answers the mailbox the request is about, which may go by an alias in the log.
func (c *graphCall) findTarget() string {
	name, id := c.params["user"], c.params["mailbox"]
	if name == "" && id == "" {
		return ""
	}
	c.tenant.mu.Lock()
	defer c.tenant.mu.Unlock()
	c.target = c.tenant.user(name)
	if id != "" {
		c.target = c.tenant.byMailboxID(id)
	}
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
