package m365sim

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// signing is the key of the simulated login, made once a process: making one takes a tenth of a second.
type signing struct {
	key    *rsa.PrivateKey
	kid    string
	cert   []byte
	signer jose.Signer
}

var signingKey = sync.OnceValue(newSigning)

func newSigning() *signing {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic("m365sim: make a signing key: " + err.Error())
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(365), Subject: pkix.Name{CommonName: "simulated.login.example"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0),
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic("m365sim: make a signing certificate: " + err.Error())
	}
	sum := sha1.Sum(cert)
	kid := base64.RawURLEncoding.EncodeToString(sum[:])
	options := (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", kid).WithHeader("x5t", kid)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, options)
	if err != nil {
		panic("m365sim: make a signer: " + err.Error())
	}

	return &signing{key: key, kid: kid, cert: cert, signer: signer}
}

// jwk is the public key as Entra publishes it, with the issuer it may be used for.
func (k *signing) jwk(issuer string) map[string]any {
	exponent := big.NewInt(int64(k.key.E)).Bytes()

	return map[string]any{
		"kty": "RSA", "use": "sig", "kid": k.kid, "x5t": k.kid,
		"n":   base64.RawURLEncoding.EncodeToString(k.key.N.Bytes()),
		"e":   base64.RawURLEncoding.EncodeToString(exponent),
		"x5c": []string{base64.StdEncoding.EncodeToString(k.cert)}, "issuer": issuer,
		"cloud_instance_name": cloudInstance,
	}
}
