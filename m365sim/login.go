package m365sim

import (
	"fmt"
	"html"
	"net/http"
	"strings"
)

// loginAnswer serves Entra: /{tenant}/… with a tenant's id or domain, or organizations or common.
func (s *Sim) loginAnswer(r *request) answer {
	tenantName, rest, _ := strings.Cut(strings.TrimPrefix(r.path(), "/"), "/")
	routes := map[string]struct {
		name string
		run  func(*request, string) answer
	}{
		"v2.0/.well-known/openid-configuration": {"discovery", s.discovery},
		"discovery/v2.0/keys":                   {"keys", s.keys},
		"oauth2/v2.0/authorize":                 {"authorize", s.authorize},
		"oauth2/v2.0/token":                     {"token", s.token},
		"oauth2/v2.0/logout":                    {"logout", s.logout},
		"adminconsent":                          {"adminconsent", s.adminConsent},
		"v2.0/adminconsent":                     {"adminconsent", s.adminConsentV2},
	}
	route, ok := routes[rest]
	if !ok {
		return htmlPage(http.StatusNotFound, "Not found", "<p>There is no such page.</p>", "")
	}
	t := s.tenant(tenantName)
	if t == nil {
		t = s.provider // faults of sign-in without a tenant are the provider's
	}
	f := s.faultFor(t, "", asked{"login", r.method, route.name, r.path()})

	return f.around(r.done, s.loginFailure, func() answer { return route.run(r, tenantName) })
}

func (s *Sim) loginFailure(status int, code, message string) answer {
	return s.oauthError(oauthFailure{status: status, name: code, code: 90033, text: message})
}

func multiTenantName(name string) bool {
	return name == "organizations" || name == "common"
}

// discovery answers OpenID metadata. For organizations and common the issuer is Microsoft's literal template.
func (s *Sim) discovery(r *request, tenantName string) answer {
	t, id := s.tenant(tenantName), "{tenantid}"
	switch {
	case t != nil:
		tenantName, id = t.id, t.id
	case !multiTenantName(tenantName):
		return s.tenantNotFound(tenantName)
	}
	base := s.addresses.Login + "/" + tenantName

	return textJSON(http.StatusOK, map[string]any{
		"issuer":                   s.addresses.Login + "/" + id + "/v2.0",
		"authorization_endpoint":   base + "/oauth2/v2.0/authorize",
		"token_endpoint":           base + "/oauth2/v2.0/token",
		"end_session_endpoint":     base + "/oauth2/v2.0/logout",
		"jwks_uri":                 base + "/discovery/v2.0/keys",
		"response_modes_supported": []string{"query", "fragment", "form_post"},
		"response_types_supported": []string{"code"},
		"subject_types_supported":  []string{"pairwise"},
		"scopes_supported":         []string{"openid", "profile", "email", "offline_access"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt",
			"client_secret_basic"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"request_uri_parameter_supported":       false, "http_logout_supported": true,
		"frontchannel_logout_supported": true, "tenant_region_scope": nil,
		"cloud_instance_name": "microsoftonline.com", "cloud_graph_host_name": "graph.windows.net",
		"msgraph_host": "graph.microsoft.com", "rbac_url": "https://pas.windows.net",
		"claims_supported": []string{"sub", "iss", "aud", "exp", "iat", "auth_time", "acr", "nonce",
			"preferred_username", "name", "tid", "ver", "at_hash", "c_hash", "email"},
	})
}

func (s *Sim) keys(_ *request, tenantName string) answer {
	t := s.tenant(tenantName)
	if t == nil && !multiTenantName(tenantName) {
		return s.tenantNotFound(tenantName)
	}
	issuer := s.addresses.Login + "/{tenantid}/v2.0"
	if t != nil {
		issuer = s.issuer(t)
	}

	return textJSON(http.StatusOK, map[string]any{"keys": []any{signingKey().jwk(issuer)}})
}

// logout ends nothing, as no session is kept, and goes back to a registered address only.
func (s *Sim) logout(r *request, _ string) answer {
	back := r.url.Query().Get("post_logout_redirect_uri")
	if back == "" {
		back = r.form().Get("post_logout_redirect_uri")
	}
	if portal := s.portal(); portal != "" && (back == portal+"/" || back == portal) {
		return emptyAnswer(http.StatusFound).with("Location", back)
	}

	return htmlPage(http.StatusOK, "Signed out", "<p>You signed out of your account.</p>", "")
}

func (s *Sim) tenantNotFound(name string) answer {
	return s.oauthError(oauthFailure{status: http.StatusBadRequest, name: "invalid_request", code: 90002,
		text: fmt.Sprintf("Tenant '%s' not found. Check to make sure you have the correct tenant ID and are "+
			"signing into the correct cloud.", name)})
}

func textJSON(status int, value any) answer {
	return jsonAnswer(status, value).with("Content-Type", "application/json; charset=utf-8").
		with("Cache-Control", "no-store, no-cache").with("Access-Control-Allow-Origin", "*")
}

const pageStyle = "body{font:16px/1.5 sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem}" +
	"button{font:inherit;display:block;width:100%;text-align:left;margin:.5rem 0;padding:.75rem 1rem}" +
	"h2{font-size:1rem;margin:1.5rem 0 0}"

// htmlPage is a page of the simulated sign-in; formTarget is an origin its form may lead to besides itself,
// because browsers hold the redirect after a post against the page's form-action too.
func htmlPage(status int, title, body, formTarget string) answer {
	page := `<!doctype html><html lang="en"><head><meta charset="utf-8">` +
		`<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">` +
		`<title>` + html.EscapeString(title) + ` - Simulated Microsoft sign-in</title><style>` + pageStyle +
		`</style></head><body><main><p><strong>Simulated Microsoft sign-in</strong> (no real account is used)</p>` +
		`<h1>` + html.EscapeString(title) + `</h1>` + body + `</main></body></html>`

	return textAnswer(status, "text/html; charset=utf-8", page).
		with("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "+
			"form-action "+strings.TrimSpace("'self' "+formTarget)+"; base-uri 'none'; frame-ancestors 'none'").
		with("Cache-Control", "no-store").with("X-Content-Type-Options", "nosniff").
		with("Referrer-Policy", "no-referrer").with("X-Frame-Options", "DENY")
}
