package m365sim

import (
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// token is the token endpoint: authorization codes with PKCE, and client credentials.
func (s *Sim) token(r *request, tenantName string) answer {
	t := s.tenant(tenantName)
	if t == nil && !multiTenantName(tenantName) {
		return s.tenantNotFound(tenantName)
	}
	if r.method != http.MethodPost {
		return s.oauthError(*fail(http.StatusBadRequest, "invalid_request", 900561,
			"The endpoint only accepts POST requests. Received a %s request.", r.method))
	}
	form := r.form()
	withBasic(form, r.header.Get("Authorization"))
	value, failure := s.grant(t, form)
	if failure != nil {
		return s.oauthError(*failure)
	}

	return textJSON(http.StatusOK, value)
}

// withBasic takes client_id and client_secret from HTTP basic authentication, which Entra accepts too.
func withBasic(form url.Values, header string) {
	encoded, ok := strings.CutPrefix(header, "Basic ")
	if !ok {
		return
	}
	decoded, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return
	}
	id, secret, _ := strings.Cut(string(decoded), ":")
	for name, value := range map[string]string{"client_id": id, "client_secret": secret} {
		if plain, err := url.QueryUnescape(value); err == nil {
			form.Set(name, plain)
		}
	}
}

func (s *Sim) grant(t *tenant, form url.Values) (map[string]any, *oauthFailure) {
	for _, name := range []string{"grant_type", "client_id"} {
		if form.Get(name) == "" {
			return nil, missingParameter(name)
		}
	}
	switch form.Get("grant_type") {
	case "authorization_code":
		return s.redeemCode(t, form)
	case "client_credentials":
		return s.clientCredentials(t, form)
	}

	return nil, fail(http.StatusBadRequest, "unsupported_grant_type", 70003, "The app requested an unsupported grant "+
		"type '%s'.", form.Get("grant_type"))
}

func missingParameter(name string) *oauthFailure {
	return fail(http.StatusBadRequest, "invalid_request", 900144,
		"The request body must contain the following parameter: '%s'.", name)
}

func (s *Sim) redeemCode(t *tenant, form url.Values) (map[string]any, *oauthFailure) {
	app := s.app(form.Get("client_id"))
	if app == nil {
		return nil, appNotFound(form.Get("client_id"), t)
	}
	if _, failure := s.authenticate(app, t, form); failure != nil {
		return nil, failure
	}
	grant, known := s.codes.redeem(form.Get("code"))
	if failure := s.checkCode(grant, known, t, form); failure != nil {
		return nil, failure
	}
	home, person := s.person(grant.personID)
	if failure := home.codeRefusal(app, form.Get("scope")); failure != nil {
		return nil, failure
	}
	life := int(s.cfg.TokenLife.Seconds())

	return map[string]any{
		"token_type": "Bearer", "scope": grant.scope, "expires_in": life,
		"ext_expires_in": life,
		"access_token":   s.userToken(home, person, grant), "id_token": s.idToken(home, person, grant),
	}, nil
}

// signInScopes need no consent beyond the sign-in's own.
var signInScopes = []string{"openid", "profile", "email", "offline_access", "User.Read", graphAudience + "/User.Read"}

// codeRefusal is why a good code gets no tokens: what the tenant says about the app, or a scope nobody consented to.
func (t *tenant) codeRefusal(app *registration, scope string) *oauthFailure {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.principals[app.clientID]
	if failure := p.refusalAt(atToken); failure != nil {
		return failure
	}
	for _, asked := range strings.Fields(scope) {
		if !slices.Contains(signInScopes, asked) && !p.mayActFor(strings.TrimPrefix(asked, graphAudience+"/")) {
			return fail(http.StatusBadRequest, "invalid_grant", 65001, "The user or administrator has not consented to use "+
				"the application with ID '%s' named '%s'. Send an interactive authorization request for this user and "+
				"resource.", app.clientID, app.name)
		}
	}

	return nil
}

// mayActFor says whether a delegated permission has been consented to.
func (p *principal) mayActFor(scope string) bool {
	return p != nil && slices.ContainsFunc(p.permissions, func(granted permission) bool {
		return granted.delegated && granted.consented && granted.value == scope
	})
}

func (s *Sim) checkCode(grant authorization, known bool, t *tenant, form url.Values) *oauthFailure {
	invalid := func(code int, text string) *oauthFailure {
		return fail(http.StatusBadRequest, "invalid_grant", code, "%s", text)
	}
	switch {
	case form.Get("code") == "":
		return missingParameter("code")
	case !known || grant.clientID != form.Get("client_id"):
		return invalid(9002313, "Invalid request. Request is malformed or invalid.")
	case t != nil && t.id != grant.tenantID:
		return invalid(700005, "Provided Authorization Code is intended to use against other tenant, thus rejected.")
	case grant.redeemed:
		return invalid(54005, "OAuth2 Authorization code was already redeemed, please retry with a new valid code or "+
			"use an existing refresh token.")
	case s.now().Sub(grant.issued) > codeLife:
		return invalid(70008, "The provided authorization code or refresh token has expired due to inactivity. Send "+
			"a new interactive authorization request for this user and resource.")
	case form.Get("redirect_uri") != grant.redirectURI:
		return invalid(500112, "The reply address does not match the reply address provided when requesting "+
			"Authorization code.")
	case !grant.proves(form.Get("code_verifier")):
		return invalid(501481, "The Code_Verifier does not match the code_challenge supplied in the authorization "+
			"request.")
	}

	return nil
}

func (s *Sim) clientCredentials(t *tenant, form url.Values) (map[string]any, *oauthFailure) {
	if t == nil {
		return nil, fail(http.StatusBadRequest, "invalid_request", 9001023, "The grant type is not supported over the "+
			"/common or /organizations endpoints. Use the tenant-specific endpoint.")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.principals[form.Get("client_id")]
	if p == nil || !p.present {
		return nil, appNotFound(form.Get("client_id"), t)
	}
	if !p.enabled {
		return nil, fail(http.StatusUnauthorized, "unauthorized_client", 7000112, "Application '%s'(%s) is disabled.",
			p.registration.clientID, p.registration.name)
	}
	appidacr, failure := s.authenticate(p.registration, t, form)
	if failure == nil {
		failure = p.refusalAt(atToken)
	}
	if failure != nil {
		return nil, failure
	}
	resource, failure := scopeResource(form.Get("scope"))
	if failure != nil {
		return nil, failure
	}

	life := int(s.lifeOf(p).Seconds())

	return map[string]any{
		"token_type": "Bearer", "expires_in": life, "ext_expires_in": life,
		"access_token": s.appToken(t, p, resource, appidacr),
	}, nil
}

func appNotFound(clientID string, t *tenant) *oauthFailure {
	name := "organizations"
	if t != nil {
		name = t.name
	}

	return fail(http.StatusBadRequest, "unauthorized_client", 700016, "Application with identifier '%s' was not found "+
		"in the directory '%s'. This can happen if the application has not been installed by the administrator of the "+
		"tenant or consented to by any user in the tenant.", clientID, name)
}

// scopeResource reads a client-credentials scope: exactly one resource, with /.default. Scopes of OpenID are passed
// over, since Microsoft's own libraries always send them along.
func scopeResource(scope string) (resourceKind, *oauthFailure) {
	fields := slices.DeleteFunc(strings.Fields(scope), func(one string) bool {
		return slices.Contains([]string{"openid", "profile", "email", "offline_access"}, one)
	})
	switch len(fields) {
	case 0:
		return resourceKind{}, missingParameter("scope")
	case 1:
	default:
		return resourceKind{}, fail(http.StatusBadRequest, "invalid_scope", 700022, "The provided value for the input "+
			"parameter scope is not valid because it contains more than one resource.")
	}
	audience, ok := strings.CutSuffix(fields[0], "/.default")
	if !ok {
		return resourceKind{}, fail(http.StatusBadRequest, "invalid_scope", 70011, "The provided value for the input "+
			"parameter 'scope' is not valid. The scope %s is not valid.", scope)
	}
	resource, ok := resourceByAudience(audience)
	if !ok {
		return resourceKind{}, fail(http.StatusBadRequest, "invalid_resource", 500011, "The resource principal named %s "+
			"was not found in the tenant.", audience)
	}

	return resource, nil
}

// authenticate checks the client's credential and answers its appidacr: 1 for a secret, 2 for a certificate.
func (s *Sim) authenticate(app *registration, t *tenant, form url.Values) (string, *oauthFailure) {
	s.appsMu.RLock()
	defer s.appsMu.RUnlock()
	if form.Get("client_assertion") != "" {
		return "2", s.checkAssertion(app, t, form)
	}
	secret, known := form.Get("client_secret"), clientSecret{}
	for _, one := range app.secrets {
		if subtle.ConstantTimeCompare([]byte(secret), []byte(one.value)) == 1 {
			known = one
		}
	}
	switch {
	case secret == "":
		return "", fail(http.StatusUnauthorized, "invalid_client", 7000218, "The request body must contain the "+
			"following parameter: 'client_assertion' or 'client_secret'.")
	case known.value == "":
		return "", fail(http.StatusUnauthorized, "invalid_client", 7000215, "Invalid client secret provided. Ensure the "+
			"secret being sent in the request is the client secret value, not the client secret ID, for a secret added "+
			"to app '%s'.", app.clientID)
	case known.expired(s.now()):
		return "", fail(http.StatusUnauthorized, "invalid_client", 7000222, "The provided client secret keys for app "+
			"'%s' are expired.", app.clientID)
	}

	return "1", nil
}
