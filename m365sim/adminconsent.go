package m365sim

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// consentAnswers are what an app hears of its administrator's answer: the two versions of the page differ in that, and
// in that the newer grants what its scope names.
type consentAnswers struct {
	accepted, refused url.Values
	scope             string
}

// adminConsent is the older consent page. https://learn.microsoft.com/entra/identity-platform/v2-admin-consent
func (s *Sim) adminConsent(r *request, tenantName string) answer {
	return s.consentPage(r, tenantName, consentAnswers{
		accepted: url.Values{"admin_consent": {"True"}},
		refused:  url.Values{"error": {"permission_denied"}, "error_description": {"The admin canceled the request"}},
	})
}

// adminConsentV2 needs a scope, and an authority which is not common.
func (s *Sim) adminConsentV2(r *request, tenantName string) answer {
	scope := r.url.Query().Get("scope")
	switch {
	case strings.EqualFold(tenantName, "common"):
		return fail(http.StatusBadRequest, "", 9001023, "The grant type is not supported over the /common or /consumers "+
			"endpoints. Please use the /organizations or tenant-specific endpoint.").errorPage()
	case scope == "":
		return missingParameter("scope").errorPage()
	}

	return s.consentPage(r, tenantName, consentAnswers{
		accepted: url.Values{"admin_consent": {"True"}, "scope": {scope}},
		refused: url.Values{"admin_consent": {"True"}, "error": {"consent_required"},
			"error_description": {"AADSTS65004: User declined to consent to access the app."}},
		scope: scope,
	})
}

// consentPage asks an administrator of a tenant, who need not be one of the people that sign in to the portal;
// accepting installs the app there and consents to what it requests.
func (s *Sim) consentPage(r *request, tenantName string, answers consentAnswers) answer {
	query := r.url.Query()
	app, failure := s.consentClient(query, tenantName)
	if failure != nil {
		return failure.errorPage()
	}
	redirect, err := url.Parse(query.Get("redirect_uri"))
	if err != nil || !s.mayConsentTo(app, redirect.String()) {
		return fail(http.StatusBadRequest, "", 50011, "The redirect URI '%s' specified in the request does not match "+
			"the redirect URIs configured for the application '%s'.", query.Get("redirect_uri"), app.clientID).errorPage()
	}
	if r.method != http.MethodPost {
		return s.consentChoices(r, tenantName, app, redirect)
	}
	if s.Switches().ConsentCancelDenied {
		answers.refused = url.Values{"error": {"access_denied"},
			"error_description": {"AADSTS65004: User declined to consent to access the app."}}
	}

	return s.consented(r, tenantName, app, redirect, answers)
}

// consentClient finds the app, and the tenant it may be consented to in.
func (s *Sim) consentClient(query url.Values, tenantName string) (*registration, *oauthFailure) {
	t, clientID := s.tenant(tenantName), query.Get("client_id")
	app := s.app(clientID)
	switch {
	case t == nil && !multiTenantName(tenantName):
		return nil, fail(http.StatusBadRequest, "", 90002, "Tenant '%s' not found.", tenantName)
	case clientID == "":
		return nil, missingParameter("client_id")
	case app == nil || t != nil && app.home != nil && app.home != t:
		return nil, fail(http.StatusBadRequest, "", 700016, "Application with identifier '%s' was not found in the "+
			"directory.", clientID)
	case t == nil && !app.multiTenant:
		return nil, notMultiTenant(app)
	}

	return app, nil
}

// mayConsentTo says whether the answer may go to an address: the portal's, a registered one, or none at all, where the
// administrator is told to close the page.
func (s *Sim) mayConsentTo(app *registration, address string) bool {
	portal := s.portal()

	return address == "" || portal != "" && strings.HasPrefix(address, portal+"/") ||
		slices.Contains(s.redirectURIs(app), address)
}

func (s *Sim) consentChoices(r *request, tenantName string, app *registration, redirect *url.URL) answer {
	var page strings.Builder
	fmt.Fprintf(&page, `<p>%s asks for permissions in your organization.</p><form method="post" action="%s">`,
		html.EscapeString(app.name), html.EscapeString(r.url.RequestURI()))
	for _, t := range s.tenants() {
		if own := s.tenant(tenantName); own != nil && own != t || app.home != nil && app.home != t {
			continue
		}
		fmt.Fprintf(&page, `<button name="accept" value="%s" data-testid="accept-%s">Accept as administrator of %s`+
			`</button>`, t.id, html.EscapeString(t.domain), html.EscapeString(t.name))
		for _, p := range t.people {
			fmt.Fprintf(&page, `<button name="person" value="%s" data-testid="accept-%s">Accept as %s<br><small>%s`+
				`</small></button>`, html.EscapeString(p.ID), html.EscapeString(p.UserPrincipalName),
				html.EscapeString(p.Name), html.EscapeString(p.UserPrincipalName))
		}
	}
	page.WriteString(`<button name="cancel" value="1" data-testid="cancel">Cancel</button></form>`)
	target := ""
	if redirect.Host != "" {
		target = origin(redirect)
	}

	return htmlPage(http.StatusOK, "Permissions requested", page.String(), target)
}

// consented is the answer of whoever was chosen. Who may not consent stays on Microsoft's page.
func (s *Sim) consented(r *request, tenantName string, app *registration, redirect *url.URL, answers consentAnswers,
) answer {
	params, form := answers.refused, r.form()
	if form.Get("cancel") == "" {
		t, failure := s.consenter(form, tenantName, app)
		if failure != nil {
			return failure.errorPage()
		}
		s.consent(t, app, answers.scope)
		params = answers.accepted
		params.Set("tenant", t.id)
	}
	if redirect.String() == "" {
		return htmlPage(http.StatusOK, "Permissions", "<p>You can close this page.</p>", "")
	}
	query := r.url.Query()
	query.Del("response_mode")

	return goBack(redirect, query, params)
}

// consenter answers in which tenant is consented: accept names one, as its administrator whom nobody here knows, and
// person one of the people.
func (s *Sim) consenter(form url.Values, tenantName string, app *registration) (*tenant, *oauthFailure) {
	t, person := s.person(form.Get("person"))
	if form.Get("person") == "" {
		t = s.tenant(form.Get("accept"))
	}
	own := s.tenant(tenantName)
	switch {
	case t == nil:
		return nil, fail(http.StatusBadRequest, "", 50034, "The user account does not exist in the directory.")
	case own != nil && own != t || app.home != nil && app.home != t:
		return nil, fail(http.StatusBadRequest, "", 50020, "The user account from identity provider does not exist in "+
			"tenant '%s' and cannot access the application in that tenant.", tenantName)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if person.ID != "" && !t.mayConsent(person, app, s.now()) {
		return nil, needsAdmin(t)
	}

	return t, t.principals[app.clientID].refusalAt(atConsent)
}

// mayConsent says whether a person's directory roles are enough: application administrators may not consent to
// application permissions on Graph. The tenant is locked.
func (t *tenant) mayConsent(person Person, app *registration, now time.Time) bool {
	enough := grantConsent
	if slices.ContainsFunc(app.requested(), func(one permission) bool { return one.resource == graphAppID }) {
		enough = grantGraph
	}

	return slices.ContainsFunc(t.activeRoles(person.ID, now), func(role string) bool {
		return slices.Contains(enough, role)
	})
}

// consent installs an app and grants what it asks for, or with a scope that names single permissions those alone: only
// /.default brings application permissions.
func (s *Sim) consent(t *tenant, app *registration, scope string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.principals[app.clientID]
	if p == nil {
		p = t.install(app)
	}
	if scope == "" || strings.Contains(scope, "/.default") {
		p.consent(s.now())
		return
	}
	p.present, p.permissions = true, slices.Clone(p.permissions)
	for _, name := range strings.Fields(scope) {
		p.grantScope(strings.TrimPrefix(name, graphAudience+"/"), s.now())
	}
}

// grantScope consents to one delegated permission on Graph.
func (p *principal) grantScope(value string, now time.Time) {
	granted := permission{resource: graphAppID, value: value, roleID: appRoleID(graphAppID, value), delegated: true,
		consented: true, since: now}
	if at := slices.IndexFunc(p.permissions, granted.same); at >= 0 {
		p.permissions[at] = granted
		return
	}
	p.permissions = append(p.permissions, granted)
}

// asked are the permissions the app asks for or was granted. A multi-tenant app asks for what its registration
// requests today, which may be more than when it was installed.
func (p *principal) asked() []permission {
	out := slices.Clone(p.permissions)
	if !p.registration.multiTenant {
		return out
	}
	for _, one := range p.registration.requested() {
		if !slices.ContainsFunc(out, one.same) {
			out = append(out, one)
		}
	}

	return out
}

// consent grants all the app asks for, and installs the app where it is not.
func (p *principal) consent(now time.Time) {
	permissions := p.asked()
	for i := range permissions {
		if !permissions[i].consented {
			permissions[i].consented, permissions[i].since = true, now
		}
	}
	p.present, p.permissions = true, permissions
}

func (p permission) same(other permission) bool {
	return p.resource == other.resource && p.value == other.value && p.delegated == other.delegated
}
