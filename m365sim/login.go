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
		"discovery/instance":                    {"instance", s.instance},
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
