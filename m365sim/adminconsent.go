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

// adminConsent is the older consent page, adminConsentV2 the newer: they differ in what they answer.
func (s *Sim) adminConsent(r *request, tenantName string) answer {
	return s.consentPage(r, tenantName, consentAnswers{
		accepted: url.Values{"admin_consent": {"True"}},
		refused:  url.Values{"error": {"permission_denied"}, "error_description": {"The admin canceled the request"}},
	})
}

func (s *Sim) adminConsentV2(r *request, tenantName string) answer {
	scope := r.url.Query().Get("scope")
	if scope == "" || strings.EqualFold(tenantName, "common") {
		return missingParameter("scope").errorPage()
	}

	return s.consentPage(r, tenantName, consentAnswers{
		accepted: url.Values{"admin_consent": {"True"}, "scope": {scope}},
		refused: url.Values{"admin_consent": {"True"}, "error": {"consent_required"},
			"error_description": {"AADSTS65004: User declined to consent to access the app."}},
	})
}

type consentAnswers struct{ accepted, refused url.Values }

// consentPage asks an administrator of a tenant; accepting installs the app there and consents to all it requests.
func (s *Sim) consentPage(r *request, tenantName string, answers consentAnswers) answer {
	if s.tenant(tenantName) == nil && !multiTenantName(tenantName) {
		return fail(http.StatusBadRequest, "", 90002, "Tenant '%s' not found.", tenantName).errorPage()
	}
	query := r.url.Query()
	app := s.app(query.Get("client_id"))
	redirect, err := url.Parse(query.Get("redirect_uri"))
	if app == nil || err != nil {
		return fail(http.StatusBadRequest, "", 700016, "Application with identifier '%s' was not found.",
			query.Get("client_id")).errorPage()
	}
	if portal := s.portal(); redirect.String() != "" &&
		(portal == "" || !strings.HasPrefix(redirect.String(), portal+"/")) {
		return fail(http.StatusBadRequest, "", 50011, "The redirect URI '%s' specified in the request does not match "+
			"the redirect URIs configured for the application '%s'.", redirect, app.clientID).errorPage()
	}
	if r.method != http.MethodPost {
		return s.consentChoices(r, tenantName, app, redirect)
	}

	return s.consented(r, app, redirect, answers)
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
	}
	page.WriteString(`<button name="cancel" value="1" data-testid="cancel">Cancel</button></form>`)
	target := ""
	if redirect.Host != "" {
		target = origin(redirect)
	}

	return htmlPage(http.StatusOK, "Permissions requested", page.String(), target)
}

func (s *Sim) consented(r *request, app *registration, redirect *url.URL, answers consentAnswers) answer {
	t := s.tenant(r.form().Get("accept"))
	params := answers.refused
	if t != nil && (app.home == nil || app.home == t) {
		s.consent(t, app)
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

func (s *Sim) consent(t *tenant, app *registration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.principals[app.clientID]
	if p == nil {
		p = t.install(app)
	}
	p.consent(s.now())
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
