package graphclient

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"clawback"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"
)

const assertionLifetime = 5 * time.Minute

// assertion signs the proof that we hold the certificate's key:
// https://learn.microsoft.com/entra/identity-platform/certificate-credentials
func assertion(conn clawback.Connection, endpoint string, now time.Time) (string, error) {
	certificate, key, err := keyPair(conn)
	if err != nil {
		return "", err
	}
	thumbprint := sha256.Sum256(certificate.Raw)
	options := (&jose.SignerOptions{}).WithType("JWT").
		WithHeader("x5t#S256", base64.RawURLEncoding.EncodeToString(thumbprint[:]))
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.PS256, Key: key}, options)
	if err != nil {
		return "", fmt.Errorf("make the signer: %w", err)
	}
	return jwt.Signed(signer).Claims(jwt.Claims{
		Issuer: conn.ClientID, Subject: conn.ClientID, Audience: jwt.Audience{endpoint}, ID: uuid.NewString(),
		IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now),
		Expiry: jwt.NewNumericDate(now.Add(assertionLifetime)),
	}).Serialize()
}

func keyPair(conn clawback.Connection) (*x509.Certificate, *rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(conn.CertificatePEM))
	if block == nil {
		return nil, nil, errors.New("the certificate is not PEM")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, nil, errors.New("the certificate can't be read")
	}
	key, err := privateKey(conn.PrivateKeyPEM)
	if err != nil {
		return nil, nil, err
	}
	if public, ok := certificate.PublicKey.(*rsa.PublicKey); !ok || !public.Equal(&key.PublicKey) {
		return nil, nil, errors.New("the private key is not the certificate's")
	}
	return certificate, key, nil
}

// privateKey reads an RSA key, the one kind Entra takes for PS256. Its errors
// hold nothing of it.
func privateKey(secret clawback.Secret) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(secret.Reveal()))
	if block == nil {
		return nil, errors.New("the private key is not PEM")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("the private key can't be read")
	}
	switch key := parsed.(type) {
	case *rsa.PrivateKey:
		return key, nil
	case *ecdsa.PrivateKey:
		return nil, errors.New("the private key is an elliptic curve's, not RSA's")
	}
	return nil, errors.New("the private key is not RSA's")
}
