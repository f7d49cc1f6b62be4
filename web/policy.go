package web

import (
	"net/http"

	"clawback"
	"clawback/handlers"

	"github.com/labstack/echo/v4"
)

// Policy says who may use a route. The zero Policy lets nobody in: every route declares one.
type Policy struct {
	kind  policyKind
	right clawback.Right
}

type policyKind int

const (
	undeclared policyKind = iota
	public
	signedIn
	withRight
)

// Public lets everybody in.
func Public() Policy { return Policy{kind: public} }

// SignedIn lets everybody in who is signed in.
func SignedIn() Policy { return Policy{kind: signedIn} }

// With lets those in who have the right in at least one organization; the store asks about the very one.
func With(right clawback.Right) Policy { return Policy{kind: withRight, right: right} }

// Declared says whether somebody thought about it.
func (p Policy) Declared() bool {
	return p.kind != undeclared && (p.kind != withRight || p.right != "")
}

// String answers the policy for the table of routes.
func (p Policy) String() string {
	switch p.kind {
	case public:
		return "public"
	case signedIn:
		return "signed in"
	case withRight:
		return string(p.right)
	}
	return "undeclared"
}

// allow returns KindUnauthenticated for nobody and KindForbidden, naming who may, for somebody without the right.
func (p Policy) allow(c echo.Context) error {
	if p.kind == public {
		return nil
	}
	actor, ok := clawback.ActorFrom(c.Request().Context())
	if !ok {
		return clawback.Errorf(clawback.KindUnauthenticated, "You are not signed in, or your session has ended.")
	}
	if p.kind == signedIn || p.kind == withRight && p.Declared() && actor.CanAnywhere(p.right) {
		return nil
	}
	return clawback.Errorf(clawback.KindForbidden, "It takes %s.", whoMay(p.right))
}

// whoMay names the roles that have a right.
func whoMay(right clawback.Right) string {
	names := []struct {
		role clawback.Role
		name string
	}{
		{clawback.RoleSOCAnalyst, "a SOC analyst"},
		{clawback.RoleOperator, "an operator"},
		{clawback.RoleEngagementManager, "an engagement manager"},
		{clawback.RoleAdmin, "an admin of the organization"},
		{clawback.RoleAnalyst, "an analyst of the organization"},
	}
	var who string
	for _, n := range names {
		// One organization stands for any: only the role decides here.
		somebody := clawback.Actor{
			Kind: clawback.ActorPerson, StaffRoles: []clawback.Role{n.role}, Portfolio: []string{"any"},
			Memberships: []clawback.Membership{{OrganizationID: "any", Role: n.role}},
		}
		if !somebody.CanAnywhere(right) {
			continue
		}
		if who != "" {
			who += " or "
		}
		who += n.name
	}
	if who == "" {
		return "another role"
	}
	return who
}

// route is the only way to a page: without a policy it does not compile, and with an undeclared one the portal does not start.
// What answers GET answers HEAD too; net/http leaves out the body.
func (s *Server) route(method, path string, policy Policy, handler echo.HandlerFunc) {
	if !policy.Declared() {
		panic("web: no policy for " + method + " " + path)
	}
	methods := []string{method}
	if method == http.MethodGet {
		methods = append(methods, http.MethodHead)
	}
	for _, m := range methods {
		s.policies[m+" "+path] = policy
		s.echo.Add(m, path, func(c echo.Context) error {
			if err := policy.allow(c); err != nil {
				return err
			}
			return handler(c)
		})
	}
}

// apiPolicies adds what the API's operations declared to the table.
func (s *Server) apiPolicies() {
	for path, item := range s.api.OpenAPI().Paths {
		for _, op := range handlers.Operations(item) {
			if right, ok := handlers.OperationRight(op); ok {
				s.policies[op.Method+" "+handlers.APIPrefix+echoPath(path)] = With(right)
			}
		}
	}
}
