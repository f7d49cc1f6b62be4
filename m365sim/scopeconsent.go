package m365sim

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// readerRoles may read how roles are assigned, of those the simulator knows:
// https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
var readerRoles = []string{globalAdministrator, privilegedRoleAdministrator, "Global Reader", securityReader, "Security Administrator",
	"Security Operator"}

// scopesAsked are the delegated permissions on Graph that a scope asks for beyond the sign-in's own.
func scopesAsked(scope string) []string {
	var out []string
	for _, asked := range strings.Fields(scope) {
		if !slices.Contains(signInScopes, asked) {
			out = append(out, strings.TrimPrefix(asked, graphAudience+"/"))
		}
	}

	return out
}

// unconsented are the delegated permissions that an app asks for and nobody in the tenant consented to.
func (s *Sim) unconsented(t *tenant, clientID, scope string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.principals[clientID]

	return slices.DeleteFunc(scopesAsked(scope), p.mayActFor)
}

// askConsent is the incremental consent at the sign-in: an answer where somebody has to say something first, or may not.
// https://learn.microsoft.com/entra/identity-platform/consent-types-developer
func (s *Sim) askConsent(r *request, t *tenant, person Person, redirect *url.URL) (answer, bool) {
	query, form := r.url.Query(), r.form()
	missing := s.unconsented(t, query.Get("client_id"), query.Get("scope"))
	if len(missing) == 0 {
		return answer{}, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	admin := slices.ContainsFunc(t.activeRoles(person.ID, s.now()), func(role string) bool { return slices.Contains(grantConsent, role) })
	switch {
	case !admin:
		return goBack(redirect, query, errorParams(fail(0, "access_denied", 90094, "An administrator of %s has set a policy that "+
			"prevents you from granting the application the permissions it is requesting.", t.name))), true
	case form.Get("consent") != "accept":
		return s.scopesPage(r, t, person, missing, redirect), true
	}
	for _, scope := range missing {
		t.principals[query.Get("client_id")].grantScope(scope, s.now())
	}

	return answer{}, false
}

func (s *Sim) scopesPage(r *request, t *tenant, person Person, scopes []string, redirect *url.URL) answer {
	var page strings.Builder
	fmt.Fprintf(&page, `<p>%s asks to act for %s in %s:</p><ul>`, html.EscapeString(s.app(r.url.Query().Get("client_id")).name),
		html.EscapeString(person.Name), html.EscapeString(t.name))
	for _, scope := range scopes {
		fmt.Fprintf(&page, `<li>%s</li>`, html.EscapeString(scope))
	}
	fmt.Fprintf(&page, `</ul><form method="post" action="%s"><input type="hidden" name="person" value="%s">`+
		`<button name="consent" value="accept" data-testid="accept">Accept</button>`+
		`<button name="cancel" value="1" data-testid="cancel">Cancel</button></form>`,
		html.EscapeString(r.url.RequestURI()), html.EscapeString(person.ID))

	return htmlPage(http.StatusOK, "Permissions requested", page.String(), origin(redirect))
}

// actsFor is the scp claim of a user's token: the sign-in's own, and what was asked for and is consented to.
func (s *Sim) actsFor(t *tenant, grant authorization) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	scopes := strings.Fields(tokenScope)
	for _, scope := range scopesAsked(grant.scope) {
		if p := t.principals[grant.clientID]; p.mayActFor(scope) {
			scopes = append(scopes, scope)
		}
	}

	return strings.Join(scopes, " ")
}

// delegated says whether a user's token opens a route: its scopes must name a permission, and the person must have the
// right as well, which for reading the assignments of roles is a role. The tenant is locked.
func (c *graphCall) delegated(route graphRoute) bool {
	if !slices.ContainsFunc(strings.Fields(c.token.Scopes), func(scope string) bool { return slices.Contains(route.anyOf, scope) }) {
		return false
	}
	if !strings.HasPrefix(route.pattern, "/roleManagement/") {
		return true
	}

	return slices.ContainsFunc(c.tenant.activeRoles(c.token.ObjectID, c.sim.now()), func(role string) bool { return slices.Contains(readerRoles, role) })
}
