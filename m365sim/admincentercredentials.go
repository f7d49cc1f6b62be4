package m365sim

import (
	"crypto/sha1"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"slices"
	"strconv"
	"strings"
	"time"
)

type adminCertificate struct {
	ID, Thumbprint, Subject string
	From, Until             time.Time
	Valid                   bool
}

type adminSecret struct {
	ID, Name, Value string
	Until           time.Time
	Valid, New      bool
}

type adminCredentialsView struct {
	At           string
	Certificates []adminCertificate
	Secrets      []adminSecret
	PEM, Name    string // as typed
	Lives        []adminLife
}

// adminLife is a choice of how long a secret lives.
type adminLife struct {
	Days   int
	Text   string
	Chosen bool
}

var secretLives = []adminLife{{Days: 180, Text: "180 days (6 months)"}, {Days: 90, Text: "90 days (3 months)"},
	{Days: 365, Text: "365 days (12 months)"}, {Days: 730, Text: "730 days (24 months)"}}

// adminCredentials lists certificates and secrets; the value of a new secret stands there this one time.
func adminCredentials(c *adminCall) adminAnswer {
	p, ok := c.ownApp()
	if !ok {
		return adminNoApp()
	}
	r, now := p.registration, c.sim.now()
	body := adminCredentialsView{At: c.tenant.base() + "/apps/" + r.clientID, PEM: c.form.Get("pem"), Name: c.value("name"),
		Lives: slices.Clone(secretLives)}
	for i, life := range body.Lives {
		body.Lives[i].Chosen = c.value("days") == strconv.Itoa(life.Days)
	}
	c.sim.appsMu.RLock()
	defer c.sim.appsMu.RUnlock()
	for _, cert := range r.certificates {
		body.Certificates = append(body.Certificates, adminCertificate{ID: c.tenant.keyID(cert),
			Thumbprint: thumbprint(cert), Subject: cert.Subject.String(), From: cert.NotBefore, Until: cert.NotAfter,
			Valid: !now.After(cert.NotAfter) && !now.Before(cert.NotBefore)})
	}
	for _, secret := range r.secrets {
		body.Secrets = append(body.Secrets, c.shown(r, secret))
	}
	c.session.secret = nil

	return c.appPage(p, tabCredentials, adminAnswer{view: "credentials", body: body})
}

func (c *adminCall) shown(r *registration, secret clientSecret) adminSecret {
	_, ends := c.tenant.secretLife(secret)
	out := adminSecret{ID: secret.id, Name: secret.name, Value: secret.hint() + strings.Repeat("*", 16), Until: ends,
		Valid: !secret.expired(c.sim.now())}
	if fresh := c.session.secret; fresh != nil && fresh.clientID == r.clientID && fresh.id == secret.id {
		out.Value, out.New = secret.value, true
	}

	return out
}

// thumbprint is how Entra names a certificate: the SHA-1 of its DER in hexadecimal.
func thumbprint(cert *x509.Certificate) string {
	sum := sha1.Sum(cert.Raw)

	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// changeApp runs a change of the registration's credentials, or shows the page again with what is wrong.
func (c *adminCall) changeApp(change func(*registration) (notice, problem string)) adminAnswer {
	p, ok := c.ownApp()
	if !ok {
		return adminNoApp()
	}
	c.sim.appsMu.Lock()
	notice, problem := change(p.registration)
	c.sim.appsMu.Unlock()
	if problem != "" {
		return adminCredentials(c).refused(problem)
	}

	return c.after(notice, "/apps/", p.registration.clientID, "/credentials")
}

// adminUpload takes a certificate as a file (PEM or DER) or as PEM text.
func adminUpload(c *adminCall) adminAnswer {
	return c.changeApp(func(r *registration) (notice, problem string) {
		raw := c.file
		if len(raw) == 0 {
			raw = []byte(c.form.Get("pem"))
		}
		cert, problem := readCertificate(raw)
		if problem != "" {
			return "", problem
		}
		if slices.ContainsFunc(r.certificates, cert.Equal) {
			return "", "This certificate is there already."
		}
		r.certificates = append(slices.Clone(r.certificates), cert)
		return "The certificate was uploaded.", ""
	})
}

// readCertificate takes public certificates alone: a private key has no business in a portal.
func readCertificate(raw []byte) (cert *x509.Certificate, problem string) {
	if len(strings.TrimSpace(string(raw))) == 0 {
		return nil, "Choose a certificate file, or paste the certificate's text."
	}
	der := raw
	if block, rest := pem.Decode(raw); block != nil {
		if strings.Contains(block.Type, "PRIVATE KEY") || strings.Contains(string(rest), "PRIVATE KEY") {
			return nil, "This holds a private key. Upload the public certificate alone, and keep the key."
		}
		der = block.Bytes
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, "This is no certificate. Upload a .cer, .pem or .crt file."
	}

	return cert, ""
}

func adminDeleteCertificate(c *adminCall) adminAnswer {
	return c.changeApp(func(r *registration) (notice, problem string) {
		before := len(r.certificates)
		r.certificates = slices.DeleteFunc(slices.Clone(r.certificates), func(cert *x509.Certificate) bool {
			return c.tenant.keyID(cert) == c.value("id")
		})
		if len(r.certificates) == before {
			return "", "This certificate is no longer there."
		}
		return "The certificate was deleted.", ""
	})
}

// adminNewSecret makes a secret, whose value the next page shows beside its id.
func adminNewSecret(c *adminCall) adminAnswer {
	return c.changeApp(func(r *registration) (notice, problem string) {
		days, err := strconv.Atoi(c.value("days"))
		if err != nil || !slices.ContainsFunc(secretLives, func(l adminLife) bool { return l.Days == days }) {
			return "", "Choose when the secret expires."
		}
		now := c.sim.now()
		secret := clientSecret{id: c.sim.nextID("secret id"), name: c.value("name"), starts: now,
			ends: now.AddDate(0, 0, days), value: c.sim.secretValue(c.sim.nextID("secret"))}
		r.secrets = append(slices.Clone(r.secrets), secret)
		c.session.secret = &shownSecret{clientID: r.clientID, id: secret.id}
		return "Copy the secret's value now: it is not shown again.", ""
	})
}

func adminDeleteSecret(c *adminCall) adminAnswer {
	return c.changeApp(func(r *registration) (notice, problem string) {
		before := len(r.secrets)
		r.secrets = slices.DeleteFunc(slices.Clone(r.secrets), func(s clientSecret) bool { return s.id == c.value("id") })
		if len(r.secrets) == before {
			return "", "This secret is no longer there."
		}
		return "The secret was deleted.", ""
	})
}
