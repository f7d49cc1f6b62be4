package m365sim

import (
	"net/http"
	"net/url"
	"slices"
)

// logout ends nothing, as no session is kept. It goes back to an app's registered address only, with the state it was
// given, and otherwise stays on a page of Microsoft's.
func (s *Sim) logout(r *request, _ string) answer {
	params := r.url.Query()
	if r.method == http.MethodPost {
		params = r.form()
	}
	back, err := url.Parse(params.Get("post_logout_redirect_uri"))
	if err != nil || !s.mayReturnTo(back.String()) {
		return htmlPage(http.StatusOK, "Signed out", "<p>You signed out of your account.</p>", "")
	}
	if state := params.Get("state"); state != "" {
		query := back.Query()
		query.Set("state", state)
		back.RawQuery = query.Encode()
	}

	return emptyAnswer(http.StatusFound).with("Location", back.String())
}

// mayReturnTo says whether an address is the portal's, or registered for any app.
func (s *Sim) mayReturnTo(address string) bool {
	if portal := s.portal(); portal != "" && (address == portal || address == portal+"/") {
		return true
	}
	s.appsMu.RLock()
	defer s.appsMu.RUnlock()
	for _, app := range s.apps {
		if slices.Contains(app.redirectURIs, address) {
			return true
		}
	}

	return false
}
