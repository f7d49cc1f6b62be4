package m365sim

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// assertionClaims are those a client assertion must have.
type assertionClaims struct {
	Audience  string `json:"aud"`
	Issuer    string `json:"iss"`
	Subject   string `json:"sub"`
	ID        string `json:"jti"`
	NotBefore int64  `json:"nbf"`
	Expires   int64  `json:"exp"`
}

// checkAssertion checks a certificate credential: PS256 or RS256, its certificate named by x5t#S256 or x5t in
// either base64 alphabet, meant for this token endpoint. Another issuer's assertion is a federated identity's, of
// which no app has one here.
func (s *Sim) checkAssertion(app *registration, t *tenant, form url.Values) *oauthFailure {
	refused := func(why string) *oauthFailure {
		return fail(http.StatusUnauthorized, "invalid_client", 700027, "The certificate with identifier used to sign "+
			"the client assertion is not registered on application, or client assertion failed signature validation. "+
			"[Reason - %s]", why)
	}
	if form.Get("client_assertion_type") != assertionType {
		return missingParameter("client_assertion_type")
	}
	signed, err := jose.ParseSignedCompact(form.Get("client_assertion"), []jose.SignatureAlgorithm{jose.PS256, jose.RS256})
	if err != nil || len(signed.Signatures) != 1 {
		return fail(http.StatusUnauthorized, "invalid_client", 50027, "JWT token is invalid or malformed.")
	}
	if issuer := unverifiedIssuer(signed); issuer != app.clientID && strings.HasPrefix(issuer, "https://") {
		return fail(http.StatusUnauthorized, "invalid_client", 700211, "No matching federated identity record found for "+
			"presented assertion issuer '%s'. Please check your federated identity credential Subject, Audience and Issuer "+
			"against the presented assertion.", issuer)
	}
	cert := app.certificate(signed.Signatures[0].Protected)
	if cert == nil {
		return refused("The key was not found.")
	}
	payload, err := signed.Verify(cert.PublicKey)
	if err != nil {
		return refused("The signature is not valid.")
	}
	if now := s.now(); now.After(cert.NotAfter) || now.Before(cert.NotBefore) {
		return refused("The key used is expired.")
	}

	return s.checkAssertionClaims(app, t, payload)
}

func unverifiedIssuer(signed *jose.JSONWebSignature) string {
	var c assertionClaims
	_ = json.Unmarshal(signed.UnsafePayloadWithoutVerification(), &c) // what is none is refused with its signature

	return c.Issuer
}

// certificate finds the certificate an assertion's header names.
func (r *registration) certificate(header jose.Header) *x509.Certificate {
	named := func(name string, sum []byte) bool {
		value, _ := header.ExtraHeaders[jose.HeaderKey(name)].(string)
		value = strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(value)
		return value != "" && value == base64.RawURLEncoding.EncodeToString(sum)
	}
	for _, cert := range r.certificates {
		long, short := sha256.Sum256(cert.Raw), sha1.Sum(cert.Raw)
		if named("x5t#S256", long[:]) || named("x5t", short[:]) {
			return cert
		}
	}

	return nil
}

func (s *Sim) checkAssertionClaims(app *registration, t *tenant, payload []byte) *oauthFailure {
	var c assertionClaims
	if json.Unmarshal(payload, &c) != nil {
		return fail(http.StatusUnauthorized, "invalid_client", 50027, "JWT token is invalid or malformed.")
	}
	now := s.now()
	switch {
	case c.Issuer != app.clientID || c.Subject != app.clientID:
		return fail(http.StatusUnauthorized, "invalid_client", 700021, "Client assertion application identifier doesn't "+
			"match 'client_id' parameter.")
	case !s.isTokenEndpoint(c.Audience, t):
		return fail(http.StatusUnauthorized, "invalid_client", 700023, "Client assertion audience claim does not match "+
			"Realm issuer. Review the documentation at https://learn.microsoft.com.")
	case c.ID == "" || c.Expires == 0 || now.Unix() > c.Expires+int64(clockSkew.Seconds()) ||
		now.Unix() < c.NotBefore-int64(clockSkew.Seconds()):
		return fail(http.StatusUnauthorized, "invalid_client", 700024, "Client assertion is not within its valid time "+
			"range.")
	}

	return nil
}

func (s *Sim) isTokenEndpoint(audience string, t *tenant) bool {
	if t == nil {
		return strings.HasPrefix(audience, s.addresses.Login+"/")
	}
	for _, name := range []string{t.id, t.domain} {
		if audience == s.addresses.Login+"/"+name+"/oauth2/v2.0/token" || audience == s.addresses.Login+"/"+name+"/v2.0" {
			return true
		}
	}

	return false
}
