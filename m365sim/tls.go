package m365sim

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"time"
)

// authority is a certificate authority of this process alone, and the one certificate it has issued: Microsoft's own
// client libraries take no authority without TLS. Its key is forgotten at once, so that it can't issue another.
type authority struct {
	pem    []byte // of the authority, for clients to trust
	server tls.Certificate
}

const authorityLife = 366 * 24 * time.Hour

// newAuthority issues a certificate for the loopback names and the hosts of the addresses. It is valid by the machine's
// clock, which clients hold it against, and not by the scenario's.
func newAuthority(addresses ...string) (*authority, error) {
	from := time.Now().Add(-time.Hour)
	issuer := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Simulated Microsoft 365, not Microsoft's"},
		NotBefore: from, NotAfter: from.Add(authorityLife), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, MaxPathLenZero: true,
	}
	issuerKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the authority's key: %w", err)
	}
	issued, err := x509.CreateCertificate(rand.Reader, issuer, issuer, &issuerKey.PublicKey, issuerKey)
	if err != nil {
		return nil, fmt.Errorf("make the authority's certificate: %w", err)
	}
	server := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Simulated Microsoft 365"},
		NotBefore: from, NotAfter: from.Add(authorityLife), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	for _, address := range addresses {
		addHost(server, address)
	}
	serverKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the server's key: %w", err)
	}
	leaf, err := x509.CreateCertificate(rand.Reader, server, issuer, &serverKey.PublicKey, issuerKey)
	if err != nil {
		return nil, fmt.Errorf("make the server's certificate: %w", err)
	}

	return &authority{pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: issued}),
		server: tls.Certificate{Certificate: [][]byte{leaf}, PrivateKey: serverKey}}, nil
}

// addHost puts the host of a listen address into a certificate.
func addHost(server *x509.Certificate, address string) {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	switch {
	case err != nil || host == "" || ip.IsUnspecified():
	case ip != nil:
		server.IPAddresses = append(server.IPAddresses, ip)
	default:
		server.DNSNames = append(server.DNSNames, host)
	}
}

// CA answers the certificate, as PEM, that a client has to trust where the simulator speaks TLS; nothing otherwise.
func (s *Sim) CA() []byte {
	if s.authority == nil {
		return nil
	}

	return s.authority.pem
}

// secured wraps a listener where the simulator speaks TLS, and answers its base URL.
func (s *Sim) secured(listener net.Listener) (net.Listener, string) {
	if s.authority == nil {
		return listener, "http://" + listener.Addr().String()
	}
	config := &tls.Config{Certificates: []tls.Certificate{s.authority.server}, MinVersion: tls.VersionTLS12}

	return tls.NewListener(listener, config), "https://" + listener.Addr().String()
}

// controlCA answers the authority's certificate as a file.
func (s *Sim) controlCA(w http.ResponseWriter, _ *http.Request) {
	if s.authority == nil {
		http.Error(w, "The simulator was not started with TLS.", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/x-pem-file")
	_, _ = w.Write(s.authority.pem) // a client that has gone needs no answer
}
