package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"clawback"
	"clawback/graphclient"
	"clawback/store"
	"clawback/web"
)

const maxEvidenceDays = 3650

// serveCmd is everything that can be set of a real installation. Secrets come
// from a file or a variable, never from a flag.
type serveCmd struct {
	Listen        string   `help:"Address to serve on." default:"127.0.0.1:8080" env:"CLAWBACK_LISTEN"`
	PublicURL     string   `name:"public-url" help:"Where browsers reach the portal, like https://clawback.example.com." required:"" env:"CLAWBACK_PUBLIC_URL"`
	Database      string   `help:"The SQLite file; its folder must exist." default:"clawback.db" env:"CLAWBACK_DATABASE"`
	KeyFile       string   `name:"key-file" help:"File with the key that secrets are encrypted with (clawback new-key writes one). Or the key itself in CLAWBACK_KEY." env:"CLAWBACK_KEY_FILE"`
	MetricsListen string   `name:"metrics-listen" help:"Address for Prometheus metrics; none where empty." env:"CLAWBACK_METRICS_LISTEN"`
	TrustedProxy  []string `name:"trusted-proxy" help:"Network of a reverse proxy whose X-Forwarded-For is believed, like 10.0.0.0/8." env:"CLAWBACK_TRUSTED_PROXY"`
	EvidenceDays  int      `name:"evidence-days" help:"How many days an email is kept, encrypted, that was deleted for good." default:"90" env:"CLAWBACK_EVIDENCE_DAYS"`
	LogLevel      string   `name:"log-level" help:"debug, info, warn or error." enum:"debug,info,warn,error" default:"info" env:"CLAWBACK_LOG_LEVEL"`

	ProviderTenantID       string `name:"provider-tenant-id" help:"The provider's Entra tenant id: its app roles make staff." required:"" env:"CLAWBACK_PROVIDER_TENANT_ID"`
	SignInClientID         string `name:"sign-in-client-id" help:"Client id of the sign-in app registration." required:"" env:"CLAWBACK_SIGN_IN_CLIENT_ID"`
	SignInClientSecretFile string `name:"sign-in-client-secret-file" help:"File with its client secret. Or the secret itself in CLAWBACK_SIGN_IN_CLIENT_SECRET." env:"CLAWBACK_SIGN_IN_CLIENT_SECRET_FILE"`

	integrationOptions

	Simulated   bool   `help:"Microsoft 365 is the simulated one, over plain HTTP. Every page says so." env:"CLAWBACK_SIMULATED"`
	LoginURL    string `name:"login-url" help:"Microsoft's sign-in." default:"https://login.microsoftonline.com" env:"CLAWBACK_LOGIN_URL"`
	GraphURL    string `name:"graph-url" help:"Microsoft Graph." default:"https://graph.microsoft.com" env:"CLAWBACK_GRAPH_URL"`
	ExchangeURL string `name:"exchange-url" help:"Exchange Online." default:"https://outlook.office365.com" env:"CLAWBACK_EXCHANGE_URL"`
}

func (c serveCmd) Run(ctx context.Context) error {
	log := newLogger(c.LogLevel)
	cfg, err := c.portalConfig(log)
	if err != nil {
		return err
	}
	p, err := openPortal(ctx, cfg)
	if err != nil {
		return err
	}
	return p.run(ctx, func() error {
		log.Info("serving", "url", p.url(), "version", version, "simulated", c.Simulated)
		return nil
	})
}

func (c serveCmd) portalConfig(log *slog.Logger) (portalConfig, error) {
	if err := c.checkPublicURL(); err != nil {
		return portalConfig{}, err
	}
	key, err := readSecret("key-file", c.KeyFile, "CLAWBACK_KEY")
	if err != nil {
		return portalConfig{}, err
	}
	secret, err := readSecret("sign-in-client-secret-file", c.SignInClientSecretFile, "CLAWBACK_SIGN_IN_CLIENT_SECRET")
	if err != nil {
		return portalConfig{}, err
	}
	integration, err := c.integration()
	if err != nil {
		return portalConfig{}, err
	}
	proxies, err := networks(c.TrustedProxy)
	if err != nil {
		return portalConfig{}, err
	}
	if c.EvidenceDays < 1 || c.EvidenceDays > maxEvidenceDays {
		return portalConfig{}, clawback.Invalid("evidence-days", "Give a number of days from 1 to %d.", maxEvidenceDays)
	}
	return portalConfig{
		Listen: c.Listen, MetricsListen: c.MetricsListen, Database: c.Database, Key: key, Log: log,
		Integration:        integration,
		KeptEmailRetention: time.Duration(c.EvidenceDays) * 24 * time.Hour,
		Microsoft:          graphclient.Config{LoginURL: c.LoginURL, GraphURL: c.GraphURL, ExchangeURL: c.ExchangeURL, Simulated: c.Simulated, Log: log},
		Web: web.Config{
			PublicURL: c.PublicURL, Simulated: c.Simulated, ProviderTenantID: c.ProviderTenantID, TrustedProxies: proxies,
			SignIn: web.SignInConfig{ClientID: c.SignInClientID, ClientSecret: clawback.NewSecret(string(secret)), LoginURL: c.LoginURL},
		},
	}, nil
}

// checkPublicURL refuses to let sessions and people's mail travel in clear. On
// this very machine they don't travel.
func (c serveCmd) checkPublicURL() error {
	if c.PublicURL == "" {
		return clawback.Invalid("public-url", "Say where browsers reach the portal, like https://clawback.example.com.")
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Scheme != "http" || c.Simulated || u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback() {
		return nil // whether it is an address at all is the portal's to say
	}
	return clawback.Invalid("public-url", "The address must begin with https://: let a reverse proxy in front of Clawback do TLS.")
}

// readSecret answers a secret from its file or, where none is named, from its variable.
func readSecret(flag, path, variable string) ([]byte, error) {
	if path == "" {
		value := os.Getenv(variable)
		if value == "" {
			return nil, clawback.Invalid(flag, "Name a file, or set %s. Clawback does not start without it.", variable)
		}
		return []byte(strings.TrimSpace(value)), nil
	}
	value, err := os.ReadFile(path)
	if err != nil {
		return nil, clawback.Invalid(flag, "The file can't be read: %v", err)
	}
	value = bytes.TrimSpace(value)
	if len(value) == 0 {
		return nil, clawback.Invalid(flag, "The file is empty.")
	}
	return value, nil
}

func networks(list []string) ([]*net.IPNet, error) {
	var parsed []*net.IPNet
	for _, text := range list {
		_, network, err := net.ParseCIDR(text)
		if err != nil {
			return nil, clawback.Invalid("trusted-proxy", "“%s” is no network like 10.0.0.0/8.", text)
		}
		parsed = append(parsed, network)
	}
	return parsed, nil
}

func newLogger(level string) *slog.Logger {
	var parsed slog.Level
	if err := parsed.UnmarshalText([]byte(level)); err != nil {
		parsed = slog.LevelInfo
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: parsed}))
}

type newKeyCmd struct {
	File string `arg:"" help:"Where to write it. An existing file is never overwritten."`
}

func (c newKeyCmd) Run() error {
	if err := writeKey(c.File); err != nil {
		return err
	}
	_, err := fmt.Printf("Wrote %s. Keep a copy in a safe place: without it the secrets in the database are lost.\n", c.File)
	return err
}

func writeKey(path string) error {
	key, err := store.NewKeyset()
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	if _, err := file.Write(append(key, '\n')); err != nil {
		file.Close()
		return fmt.Errorf("write key: %w", err)
	}
	return file.Close()
}
