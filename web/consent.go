package web

import (
	"net/url"

	"clawback"
	"clawback/handlers"
	"clawback/views"
)

// consentScope asks for everything that the integration's registration lists, of every API: application permissions can't
// be asked for one by one. https://learn.microsoft.com/entra/identity-platform/v2-admin-consent
const consentScope = "https://graph.microsoft.com/.default"

// consentLinks answers where consents to the integration lead, nowhere where there is none.
func (s *Server) consentLinks() handlers.ConsentLinks {
	links := handlers.ConsentLinks{Public: s.public.String()}
	if s.cfg.Integration != "" {
		links.Microsoft = s.integrationAddress
	}
	return links
}

// integrationAddress answers the page on which an administrator of the device's tenant, and of no other, consents.
func (s *Server) integrationAddress(c clawback.Consent, state string) string {
	return s.cfg.SignIn.LoginURL + "/" + url.PathEscape(c.TenantID) + "/v2.0/adminconsent?" + url.Values{
		"client_id": {c.ClientID}, "scope": {consentScope}, "redirect_uri": {s.public.String() + views.ConsentReturnPath()}, "state": {state},
	}.Encode()
}
