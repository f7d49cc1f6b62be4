package m365sim

import (
	"crypto/x509"
	"slices"
	"time"
)

// registration is an app registration with its credentials; its service principals live in the tenants.
type registration struct {
	clientID, name string
	home           *tenant // nil for the portal's own registrations, which live outside all tenants
	multiTenant    bool
	secrets        []clientSecret
	certificates   []*x509.Certificate
	requests       []string // permissions the app asks for in every tenant
	kept           *keptCredentials
	redirectURIs   []string // besides the portal's own
	optionalClaims []string // of its id tokens
	groupsLimit    int      // of a groups claim; 0 is defaultGroupsLimit
}

// clientSecret is one password of a registration. Entra shows its value once, and its id for good.
type clientSecret struct {
	id, name, value string
	starts, ends    time.Time // zero: with the tenant, and years ahead
}

func (c clientSecret) expired(now time.Time) bool { return !c.ends.IsZero() && now.After(c.ends) }

func (s *Sim) register(key, name string, multiTenant bool, requests ...string) *registration {
	r := &registration{
		clientID: s.ids.uuid("app", key), name: name, multiTenant: multiTenant, requests: requests,
		secrets: []clientSecret{{id: s.ids.uuid("secret-id", key), name: "clawback", value: s.secretValue(key)}},
	}
	s.apps[r.clientID] = r

	return r
}

func (s *Sim) secretValue(key string) string { return "sim~" + s.ids.token("secret", key)[:36] }

// app finds a registration by its client id, nil where there is none.
func (s *Sim) app(clientID string) *registration {
	s.appsMu.RLock()
	defer s.appsMu.RUnlock()

	return s.apps[clientID]
}

// publicApp locks the tenant before the credentials, in the order everything does.
func (s *Sim) publicApp(t *tenant, r *registration) App {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.appsMu.RLock()
	defer s.appsMu.RUnlock()
	app := App{ClientID: r.clientID}
	if len(r.secrets) > 0 {
		app.Secret = r.secrets[0].value
	}
	if p := t.principals[r.clientID]; p != nil {
		app.ServicePrincipalID = p.id
	}

	return app
}

// principal is the service principal of a registration in one tenant: what it asked for and what it was granted.
type principal struct {
	id           string
	registration *registration
	present      bool // false: removed from the tenant, or never consented there
	enabled      bool
	assignedOnly bool            // only people assigned to the app may sign in to it
	assigned     map[string]bool // by object id; who has an app role is assigned too
	roles        []roleGrant
	permissions  []permission
	mailScope    mailScope
	propagation  *Propagation  // nil: the simulator's
	tokenLife    time.Duration // of access tokens; 0: the simulator's
	refusal      int           // a code of tenantRefusals; 0: none
}

// roleGrant is one assignment of a directory role to a service principal.
type roleGrant struct {
	definition string // role definition id; of a built-in role its template id
	name       string
	builtIn    bool
	state      string    // active, eligible or group (through a role-assignable group)
	scope      string    // "/" is the whole tenant
	since      time.Time // zero: long ago
	ends       time.Time
}

// builtInRole is a role as it is assigned by default: active, over the whole tenant, without an end.
func builtInRole(name string) roleGrant {
	return roleGrant{definition: directoryRoleIDs[name], name: name, builtIn: true, state: roleActive, scope: "/"}
}

// adminUnit is an administrative unit, to which a role can be narrowed.
type adminUnit struct{ id, name string }

// permission is one API permission of an app: requested, and granted when consented.
type permission struct {
	resource  string // app id of the API
	value     string
	roleID    string
	delegated bool
	consented bool
	since     time.Time
}

// mailScope narrows or widens an app's reach to mailboxes, by recipient object id.
type mailScope struct {
	denied     map[string]bool // application access policy DenyAccess
	restricted map[string]bool // application access policy RestrictAccess: only these; nil is no policy
	granted    map[string]bool // RBAC for Applications "Application Mail.ReadWrite", absent from the token's roles
}

func (t *tenant) install(r *registration) *principal {
	if !r.multiTenant {
		r.home = t
	}
	p := &principal{id: t.ids.uuid(t.domain, "sp", r.clientID), registration: r, present: true, enabled: true,
		permissions: r.requested()}
	t.principals[r.clientID] = p

	return p
}

// removalPermissions are what removing mail needs, and what checking the setup reads.
var removalPermissions = []string{exchangeManageAsApp, "Mail.ReadWrite", "User.Read.All", "GroupMember.Read.All",
	"OrgContact.Read.All", "Organization.Read.All", "Application.Read.All",
	"RoleManagement.Read.Directory", "ExchangeMessageTrace.Read.All"}

func (p *principal) grantEverything(since time.Time) {
	p.roles = []roleGrant{builtInRole(securityReader)}
	for i := range p.permissions {
		p.permissions[i].consented, p.permissions[i].since = true, since
	}
}

// consentedLongAgo is what a consent gave when the integration asked for less: it may neither enter Exchange nor trace.
func (p *principal) consentedLongAgo(since time.Time) {
	p.permissions = slices.DeleteFunc(p.permissions, func(one permission) bool {
		return one.value == exchangeManageAsApp || one.value == "ExchangeMessageTrace.Read.All"
	})
	p.grantEverything(since)
}

// requested are the registration's permissions, not consented yet.
func (r *registration) requested() []permission {
	var out []permission
	for _, value := range r.requests {
		resource := graphAppID
		if value == exchangeManageAsApp {
			resource = exchangeAppID
		}
		out = append(out, permission{resource: resource, value: value, roleID: appRoleID(resource, value)})
	}

	return out
}

const (
	roleActive   = "active"
	roleEligible = "eligible"
	roleByGroup  = "group"
)

// appRoleID answers the id of a permission on a resource; one Microsoft doesn't have gets a made-up id.
func appRoleID(resource, value string) string {
	if kind, ok := resourceByAppID(resource); ok && kind.roles[value] != "" {
		return kind.roles[value]
	}

	return idSource{}.uuid("app role", resource, value)
}

func (r roleGrant) active(now time.Time) bool {
	return r.state != roleEligible && (r.ends.IsZero() || now.Before(r.ends))
}

// mayTouch says whether the app reaches a mailbox, and if not, with which error text.
func (p *principal) mayTouch(mailbox string, tokenAllows bool) (string, bool) {
	scope := p.mailScope
	if scope.granted[mailbox] {
		return "", true
	}
	if !tokenAllows {
		return "Access is denied. Check credentials and try again.", false
	}
	if scope.denied[mailbox] || scope.restricted != nil && !scope.restricted[mailbox] {
		return "Access to OData is disabled.", false
	}

	return "", true
}
