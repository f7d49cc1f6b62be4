package setup

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"clawback"
)

const (
	keyBits         = 3072
	certificateLife = 365 * 24 * time.Hour
)

// NewCertificate makes a key and its self-signed certificate, which an app
// registration trusts once it is uploaded there.
func NewCertificate(name string, now time.Time) (clawback.Credential, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return clawback.Credential{}, fmt.Errorf("make a key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return clawback.Credential{}, fmt.Errorf("make a serial number: %w", err)
	}
	template := x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Clawback", Organization: []string{name}},
		NotBefore: now.Add(-5 * time.Minute), NotAfter: now.Add(certificateLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		return clawback.Credential{}, fmt.Errorf("make a certificate: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return clawback.Credential{}, errors.New("the private key could not be written")
	}
	return clawback.Credential{
		CertificatePEM: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		PrivateKeyPEM:  clawback.NewSecret(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))),
	}, nil
}

// publicCredential answers what may be shown of a connection's credential.
func publicCredential(conn clawback.Connection) clawback.PublicCredential {
	if conn.Kind == clawback.ConnectionIntegration {
		return clawback.PublicCredential{Kind: clawback.CredentialIntegration, ClientID: conn.ClientID}
	}
	if !conn.ClientSecret.IsZero() {
		return clawback.PublicCredential{Kind: clawback.CredentialSecret, ClientID: conn.ClientID}
	}
	shown := clawback.PublicCredential{Kind: clawback.CredentialCertificate, CertificatePEM: conn.CertificatePEM, ClientID: conn.ClientID}
	if certificate, ok := parse(conn.CertificatePEM); ok {
		// Entra shows this thumbprint beside an uploaded certificate.
		sum := sha1.Sum(certificate.Raw)
		shown.EndsAt, shown.Thumbprint = certificate.NotAfter.UTC(), strings.ToUpper(hex.EncodeToString(sum[:]))
	}
	return shown
}

// secretEnds finds when a secret ends: Entra tells how each one begins. Of several that
// begin alike it is not known.
func secretEnds(secret clawback.Secret, known []clawback.AppSecret) time.Time {
	var ends time.Time
	for _, s := range known {
		if s.Hint == "" || !strings.HasPrefix(secret.Reveal(), s.Hint) {
			continue
		}
		if !ends.IsZero() {
			return time.Time{}
		}
		ends = s.EndsAt
	}
	return ends
}

func parse(text string) (*x509.Certificate, bool) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, false
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	return certificate, err == nil
}
