package m365sim

import (
	"maps"
	"net/http"
	"strings"
)

// discovery answers OpenID metadata. For organizations and common the issuer is Microsoft's literal template.
func (s *Sim) discovery(_ *request, tenantName string) answer {
	t, id := s.tenant(tenantName), "{tenantid}"
	switch personal := personalTenants[strings.ToLower(tenantName)]; {
	case t != nil:
		tenantName, id = t.id, t.id
	case personal != "":
		tenantName, id = personal, personal
	case !multiTenantName(tenantName):
		return s.tenantNotFound(tenantName)
	}
	base := s.addresses.Login + "/" + tenantName

	var region any // of no tenant
	if t != nil {
		region = tenantRegion
	}
	document := map[string]any{
		"issuer":                        s.addresses.Login + "/" + id + "/v2.0",
		"authorization_endpoint":        base + "/oauth2/v2.0/authorize",
		"token_endpoint":                base + "/oauth2/v2.0/token",
		"device_authorization_endpoint": base + "/oauth2/v2.0/devicecode",
		"end_session_endpoint":          base + "/oauth2/v2.0/logout",
		"jwks_uri":                      base + "/discovery/v2.0/keys",
		"kerberos_endpoint":             base + "/kerberos",
		"userinfo_endpoint":             s.addresses.Graph + "/oidc/userinfo",
		"tenant_region_scope":           region,
	}
	maps.Copy(document, discoveryConstants)

	return textJSON(http.StatusOK, document)
}

// personalTenants are what Entra knows of personal Microsoft accounts: their own tenant, and by the domains of their
// addresses the one in which Exchange keeps their mailboxes. Which of the two a domain leads to is not documented.
var personalTenants = map[string]string{
	"consumers": personalTenant, personalTenant: personalTenant,
	"outlook.com": personalMailTenant, "hotmail.com": personalMailTenant, personalMailTenant: personalMailTenant,
}

const (
	personalTenant     = "9188040d-6c67-4c5b-b112-36a304b66dad"
	personalMailTenant = "84df9e7f-e9f6-40af-b435-aaaaaaaaaaaa"
)

// discoveryConstants are what Entra's metadata says in every tenant.
// https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
var discoveryConstants = map[string]any{
	"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt", "client_secret_basic"},
	"response_modes_supported":              []string{"query", "fragment", "form_post"},
	"response_types_supported":              []string{"code", "id_token", "code id_token", "id_token token"},
	"subject_types_supported":               []string{"pairwise"},
	"id_token_signing_alg_values_supported": []string{"RS256"},
	"scopes_supported":                      []string{"openid", "profile", "email", "offline_access"},
	"claims_supported": []string{"sub", "iss", "cloud_instance_name", "cloud_instance_host_name",
		"cloud_graph_host_name", "msgraph_host", "aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username",
		"name", "tid", "ver", "at_hash", "c_hash", "email"},
	"request_uri_parameter_supported": false,
	"http_logout_supported":           true,
	"frontchannel_logout_supported":   true,
	"cloud_instance_name":             cloudInstance,
	"cloud_graph_host_name":           "graph.windows.net",
	"msgraph_host":                    "graph.microsoft.com",
	"rbac_url":                        "https://pas.windows.net",
}

const (
	cloudInstance = "microsoftonline.com"
	tenantRegion  = "EU"
)

// instance answers which names the sign-in goes by, and where the tenant of an authorization endpoint describes itself.
// Microsoft's own libraries ask it before they trust an authority.
func (s *Sim) instance(r *request, _ string) answer {
	host := strings.TrimPrefix(strings.TrimPrefix(s.addresses.Login, "https://"), "http://")
	version, authority := r.url.Query().Get("api-version"), r.url.Query().Get("authorization_endpoint")
	path, ours := strings.CutPrefix(authority, s.addresses.Login+"/")
	if version == "" || authority != "" && !ours {
		return s.oauthError(*fail(http.StatusBadRequest, "invalid_instance", 50049, "Unknown or invalid instance."))
	}
	tenantName, _, _ := strings.Cut(path, "/")
	if tenantName == "" || !ours {
		tenantName = "common"
	}

	return textJSON(http.StatusOK, map[string]any{
		"tenant_discovery_endpoint": s.addresses.Login + "/" + tenantName + "/v2.0/.well-known/openid-configuration",
		"api-version":               version,
		"metadata": []any{map[string]any{"preferred_network": host, "preferred_cache": host,
			"aliases": []string{host}}},
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
