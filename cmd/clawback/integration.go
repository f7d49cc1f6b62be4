package main

import (
	"crypto/tls"
	"encoding/pem"
	"os"

	"clawback"

	"github.com/google/uuid"
)

// integrationOptions are the provider's multi-tenant registration, with which
// customers connect by nothing but a consent. Without a client id there is none.
type integrationOptions struct {
	IntegrationClientID         string `name:"integration-client-id" help:"Client id of the multi-tenant app registration that customers may consent to; none where empty." env:"CLAWBACK_INTEGRATION_CLIENT_ID"`
	IntegrationCertificateFile  string `name:"integration-certificate-file" help:"PEM file with its certificate and private key." env:"CLAWBACK_INTEGRATION_CERTIFICATE_FILE"`
	IntegrationClientSecretFile string `name:"integration-client-secret-file" help:"In place of a certificate: file with its client secret. Or the secret itself in CLAWBACK_INTEGRATION_CLIENT_SECRET." env:"CLAWBACK_INTEGRATION_CLIENT_SECRET_FILE"`
}

const integrationSecretVariable = "CLAWBACK_INTEGRATION_CLIENT_SECRET"

func (o integrationOptions) integration() (clawback.Integration, error) {
	if o.IntegrationClientID == "" {
		if o.IntegrationCertificateFile != "" || o.IntegrationClientSecretFile != "" || os.Getenv(integrationSecretVariable) != "" {
			return clawback.Integration{}, clawback.Invalid("integration-client-id", "There is a credential for the integration, but no client id.")
		}
		return clawback.Integration{}, nil
	}
	id, err := uuid.Parse(o.IntegrationClientID)
	if err != nil {
		return clawback.Integration{}, clawback.Invalid("integration-client-id", "“%s” is no client id. It looks like 3f2504e0-4f89-41d3-9a0c-0305e82c3301.", o.IntegrationClientID)
	}
	integration := clawback.Integration{ClientID: id.String()}
	if o.IntegrationCertificateFile != "" && o.IntegrationClientSecretFile != "" {
		return integration, clawback.Invalid("integration-client-secret-file", "There is a certificate for the integration already. Give one of the two.")
	}
	if o.IntegrationCertificateFile != "" {
		integration.Credential, err = readCertificate("integration-certificate-file", o.IntegrationCertificateFile)
		return integration, err
	}
	secret, err := readSecret("integration-client-secret-file", o.IntegrationClientSecretFile, integrationSecretVariable)
	integration.ClientSecret = clawback.NewSecret(string(secret))
	return integration, err
}

// readCertificate reads a certificate and the private key that belongs to it.
func readCertificate(flag, path string) (clawback.Credential, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return clawback.Credential{}, clawback.Invalid(flag, "The file can't be read: %v", err)
	}
	if _, err := tls.X509KeyPair(text, text); err != nil {
		return clawback.Credential{}, clawback.Invalid(flag, "The file must hold a certificate and its private key, both PEM, and neither with a password.")
	}
	var c clawback.Credential
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		part := string(pem.EncodeToMemory(block))
		switch {
		case block.Type == "CERTIFICATE" && c.CertificatePEM == "":
			c.CertificatePEM = part
		case block.Type != "CERTIFICATE" && c.PrivateKeyPEM.IsZero():
			c.PrivateKeyPEM = clawback.NewSecret(part)
		}
	}
	return c, nil
}
