package m365sim

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// authorization is one authorization code and what it was issued for.
type authorization struct {
	code, clientID, redirectURI string
	scope, nonce, challenge     string
	tenantID, personID          string
	issued                      time.Time
	redeemed                    bool
}

func (a authorization) wants(scope string) bool {
	return slices.Contains(strings.Fields(a.scope), scope)
}

// proves holds a code verifier against the challenge; a web app with a credential may go without both.
func (a authorization) proves(verifier string) bool {
	sum := sha256.Sum256([]byte(verifier))
	if a.challenge == "" {
		return verifier == ""
	}

	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(a.challenge)) == 1
}

const codeLife = 10 * time.Minute

// codeStore holds the authorization codes issued so far.
type codeStore struct {
	mu    sync.Mutex
	codes map[string]authorization
}

func (c *codeStore) put(a authorization) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.codes == nil {
		c.codes = map[string]authorization{}
	}
	c.codes[a.code] = a
}

// redeem answers what a code was issued for, as it was before, and marks it used.
func (c *codeStore) redeem(code string) (authorization, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, ok := c.codes[code]
	if ok {
		used := a
		used.redeemed = true
		c.codes[code] = used
	}

	return a, ok
}

// authorize shows whom one can sign in as, and on the post of a choice goes back with a code.
func (s *Sim) authorize(r *request, tenantName string) answer {
	if s.tenant(tenantName) == nil && !multiTenantName(tenantName) {
		return fail(http.StatusBadRequest, "", 90002, "Tenant '%s' not found.", tenantName).errorPage()
	}
	query := r.url.Query()
	redirect, failure := s.checkClient(query, tenantName)
	if failure != nil {
		return failure.errorPage()
	}
	if failure := checkAuthorize(query); failure != nil {
		return goBack(redirect, query, errorParams(failure))
	}
	if r.method == http.MethodPost {
		return s.chosen(r, tenantName, redirect)
	}

	return s.choicePage(r, tenantName, redirect)
}

// checkClient finds what must be right before anything is sent to the redirect URI.
func (s *Sim) checkClient(query url.Values, tenantName string) (*url.URL, *oauthFailure) {
	app := s.app(query.Get("client_id"))
	switch {
	case query.Get("client_id") == "":
		return nil, missingParameter("client_id")
	case app == nil:
		return nil, fail(http.StatusBadRequest, "", 700016, "Application with identifier '%s' was not found in the "+
			"directory. This can happen if the application has not been installed by the administrator of the tenant.",
			query.Get("client_id"))
	case !app.multiTenant && multiTenantName(tenantName):
		return nil, notMultiTenant(app)
	}
	uri := query.Get("redirect_uri")
	redirect, err := url.Parse(uri)
	if err != nil || !slices.Contains(s.redirectURIs(app), uri) {
		return nil, fail(http.StatusBadRequest, "", 50011, "The redirect URI '%s' specified in the request does not "+
			"match the redirect URIs configured for the application '%s'.", uri, app.clientID)
	}

	return redirect, nil
}

func notMultiTenant(app *registration) *oauthFailure {
	return fail(http.StatusBadRequest, "", 50194, "Application '%s'(%s) is not configured as a multi-tenant application. "+
		"Usage of the /common endpoint is not supported for such apps created after '10/15/2018'. Use a tenant-specific "+
		"endpoint or configure the application to be multi-tenant.", app.clientID, app.name)
}

// redirectURIs are where an app's sign-in may lead; the sign-in app's follow the portal.
func (s *Sim) redirectURIs(app *registration) []string {
	s.appsMu.RLock()
	out := slices.Clone(app.redirectURIs)
	s.appsMu.RUnlock()
	if portal := s.portal(); app == s.signIn && portal != "" {
		out = append(out, portal+"/sign-in/callback")
	}

	return out
}

func checkAuthorize(query url.Values) *oauthFailure {
	switch {
	case query.Get("response_type") != "code":
		return fail(http.StatusBadRequest, "unsupported_response_type", 700051, "response_type '%s' is not enabled "+
			"for the application.", query.Get("response_type"))
	case !slices.Contains(strings.Fields(query.Get("scope")), "openid"):
		return fail(http.StatusBadRequest, "invalid_request", 900144, "The request must contain the parameter: 'scope' "+
			"with openid.")
	case query.Has("code_challenge") && query.Get("code_challenge_method") != "S256":
		return fail(http.StatusBadRequest, "invalid_request", 501491, "Invalid code_challenge_method '%s'.",
			query.Get("code_challenge_method"))
	case !slices.Contains([]string{"", "query", "fragment", "form_post"}, query.Get("response_mode")):
		return fail(http.StatusBadRequest, "invalid_request", 70007, "'%s' is not a supported value of "+
			"'response_mode'.", query.Get("response_mode"))
	case query.Get("prompt") == "none":
		return fail(http.StatusBadRequest, "login_required", 50058, "A silent sign-in request was sent but no user "+
			"is signed in.")
	}

	return nil
}

func (s *Sim) choicePage(r *request, tenantName string, redirect *url.URL) answer {
	var page strings.Builder
	fmt.Fprintf(&page, `<form method="post" action="%s">`, html.EscapeString(r.url.RequestURI()))
	for _, t := range s.tenants() {
		if own := s.tenant(tenantName); own != nil && own != t {
			continue
		}
		fmt.Fprintf(&page, `<h2>%s</h2>`, html.EscapeString(t.name))
		for _, p := range t.people {
			fmt.Fprintf(&page, `<button name="person" value="%s" data-testid="person-%s" aria-label="Sign in as %s">`+
				`Sign in as %s<br><small>%s, %s</small></button>`, html.EscapeString(p.ID),
				html.EscapeString(p.UserPrincipalName), html.EscapeString(p.Name), html.EscapeString(p.Name),
				html.EscapeString(p.UserPrincipalName), html.EscapeString(p.Note))
		}
	}
	page.WriteString(`<button name="cancel" value="1" data-testid="cancel">Cancel</button></form>`)

	return htmlPage(http.StatusOK, "Pick an account", page.String(), origin(redirect))
}

func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

func (s *Sim) chosen(r *request, tenantName string, redirect *url.URL) answer {
	query, form := r.url.Query(), r.form()
	if form.Get("cancel") != "" {
		return goBack(redirect, query, errorParams(fail(0, "access_denied", 65004, "User declined to consent to "+
			"access the app.")))
	}
	t, person := s.person(form.Get("person"))
	if t == nil {
		return fail(http.StatusBadRequest, "", 50034, "The user account does not exist in the directory.").errorPage()
	}
	if own := s.tenant(tenantName); own != nil && own != t {
		return fail(http.StatusBadRequest, "", 50020, "User account '%s' from identity provider does not exist in "+
			"tenant '%s' and cannot access the application in that tenant.", person.UserPrincipalName, own.name).errorPage()
	}
	if failure := s.signInRefusal(t, query.Get("client_id"), person); failure != nil {
		return failure.errorPage()
	}
	if failure := s.policyRefusal(t, query.Get("client_id"), person); failure != nil {
		return goBack(redirect, query, errorParams(failure))
	}
	if ask, ok := s.askConsent(r, t, person, redirect); ok {
		return ask
	}
	grant := authorization{
		code: "1.sim" + s.nextID("code"), clientID: query.Get("client_id"), redirectURI: query.Get("redirect_uri"),
		scope: query.Get("scope"), nonce: query.Get("nonce"), challenge: query.Get("code_challenge"),
		tenantID: t.id, personID: person.ID, issued: s.now(),
	}
	s.codes.put(grant)

	return goBack(redirect, query, url.Values{"code": {grant.code}, "session_state": {s.nextID("session")}})
}

// signInRefusal answers why an app can't be used in a tenant, or by a person, on Microsoft's own page.
func (s *Sim) signInRefusal(t *tenant, clientID string, person Person) *oauthFailure {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.principals[clientID]
	switch {
	case p == nil || !p.present:
		return needsAdmin(t)
	case !p.enabled:
		return fail(http.StatusBadRequest, "", 7000112, "Application '%s'(%s) is disabled.", clientID, p.registration.name)
	case !t.byID[person.ID].enabled:
		return fail(http.StatusBadRequest, "", 50057, "The user account is disabled.")
	}

	return p.refusalAt(atPage)
}

func needsAdmin(t *tenant) *oauthFailure {
	return fail(http.StatusBadRequest, "", 90094, "An administrator of %s has to grant consent to the application first.",
		t.name)
}

// policyRefusal is what goes back to the app: a policy's refusal, or an app which only people assigned to it may use;
// an app role is an assignment too.
func (s *Sim) policyRefusal(t *tenant, clientID string, person Person) *oauthFailure {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.principals[clientID]
	if !p.assignedOnly || p.assigned[person.ID] || len(person.AppRoles) > 0 {
		return p.refusalAt(atApp)
	}

	return fail(0, "access_denied", 50105, "Your administrator has configured the application %s ('%s') to block users "+
		"unless they are specifically granted ('assigned') access to the application. The signed in user '%s' is blocked "+
		"because they are not a direct member of a group with access, nor had access directly assigned by an "+
		"administrator.", p.registration.name, clientID, person.UserPrincipalName)
}

func (s *Sim) person(id string) (*tenant, Person) {
	for _, t := range s.tenants() {
		for _, p := range t.people {
			if p.ID == id {
				return t, p
			}
		}
	}

	return nil, Person{}
}

func errorParams(f *oauthFailure) url.Values {
	return url.Values{"error": {f.name}, "error_description": {fmt.Sprintf("AADSTS%d: %s", f.code, f.text)}}
}

// goBack answers the client by the response mode it asked for.
func goBack(redirect *url.URL, query, params url.Values) answer {
	if state := query.Get("state"); state != "" {
		params.Set("state", state)
	}
	to := *redirect
	switch query.Get("response_mode") {
	case "form_post":
		return formPost(to, params)
	case "fragment":
		return emptyAnswer(http.StatusFound).with("Location", to.String()+"#"+params.Encode())
	}
	to.RawQuery = params.Encode()

	return emptyAnswer(http.StatusFound).with("Location", to.String()).with("Cache-Control", "no-store")
}

// formPost needs one more click than Microsoft's, since the page runs no script.
func formPost(to url.URL, params url.Values) answer {
	var page strings.Builder
	fmt.Fprintf(&page, `<form method="post" action="%s">`, html.EscapeString(to.String()))
	for name := range params {
		fmt.Fprintf(&page, `<input type="hidden" name="%s" value="%s">`, html.EscapeString(name),
			html.EscapeString(params.Get(name)))
	}
	page.WriteString(`<button>Continue</button></form>`)

	return htmlPage(http.StatusOK, "Continue to the app", page.String(), origin(&to))
}
