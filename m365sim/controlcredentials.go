package m365sim

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
)

func (a appPatch) credentials(r *registration) ([]func(), error) {
	var changes []func()
	if a.Secret != nil {
		changes = append(changes, func() { r.setSecret(*a.Secret) })
	}
	if a.SecretExpires != nil {
		changes = append(changes, func() {
			for i := range r.secrets {
				r.secrets[i].ends = *a.SecretExpires
			}
		})
	}
	if a.Certificates == nil {
		return changes, nil
	}
	var certificates []*x509.Certificate
	for _, text := range a.Certificates {
		block, _ := pem.Decode([]byte(text))
		if block == nil {
			return nil, errors.New("a certificate is no PEM text")
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("read certificate: %w", err)
		}
		certificates = append(certificates, certificate)
	}

	return append(changes, func() { r.certificates = certificates }), nil
}

// setSecret makes value the only secret; empty leaves none.
func (r *registration) setSecret(value string) {
	r.secrets = nil
	if value != "" {
		id := idSource{}.uuid("secret-id", r.clientID, value)
		r.secrets = []clientSecret{{id: id, name: "clawback", value: value}}
	}
}

// keptCredentials are what a state of the setup took from an app, for the next state to give back.
type keptCredentials struct {
	secrets      []clientSecret
	certificates []*x509.Certificate
}

// restore gives back what a state before took. The apps are locked.
func (r *registration) restore() {
	if r.kept != nil {
		r.secrets, r.certificates, r.kept = r.kept.secrets, r.kept.certificates, nil
	}
}

// keep remembers the credentials before a state takes them. The apps are locked.
func (r *registration) keep() {
	r.kept = &keptCredentials{secrets: slices.Clone(r.secrets), certificates: slices.Clone(r.certificates)}
}
