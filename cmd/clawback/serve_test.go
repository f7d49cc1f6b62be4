package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clawback"

	"github.com/alecthomas/kong"
)

// command parses a command line as main does, runs it, and answers what would be printed of its error.
func command(t *testing.T, args ...string) string {
	t.Helper()
	// A command that should refuse its configuration and serves instead ends here.
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var options cli
	parser, err := kong.New(&options, settings(ctx)...)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return err.Error()
	}
	if err := parsed.Run(); err != nil {
		return explain(err, parsed.Flags())
	}
	if ctx.Err() != nil {
		t.Errorf("%s ran on", strings.Join(args, " "))
	}
	return ""
}

// installation answers a whole and right configuration in a folder of its own.
func installation(t *testing.T) serveCmd {
	t.Helper()
	dir := t.TempDir()
	key, secret := filepath.Join(dir, "key.json"), filepath.Join(dir, "secret")
	if err := errors.Join(writeKey(key), os.WriteFile(secret, []byte("s3cret\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	return serveCmd{
		Listen: "127.0.0.1:0", PublicURL: "https://clawback.example.com", Database: filepath.Join(dir, "clawback.db"), KeyFile: key,
		LogLevel: "error", ProviderTenantID: "99999999-9999-4999-8999-999999999999", SignInClientID: "11111111-1111-4111-8111-111111111111",
		SignInClientSecretFile: secret, LoginURL: "https://login.microsoftonline.com", GraphURL: "https://graph.microsoft.com",
		ExchangeURL: "https://outlook.office365.com", EvidenceDays: 90,
	}
}

// flags answers the command line of a configuration.
func (c serveCmd) flags() []string {
	return []string{
		"serve", "--listen=" + c.Listen, "--public-url=" + c.PublicURL, "--database=" + c.Database, "--key-file=" + c.KeyFile,
		"--log-level=" + c.LogLevel, "--provider-tenant-id=" + c.ProviderTenantID, "--sign-in-client-id=" + c.SignInClientID,
		"--sign-in-client-secret-file=" + c.SignInClientSecretFile,
	}
}

// started runs a portal and calls fn once it answers requests.
func started(t *testing.T, c serveCmd, fn func(address string)) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	cfg, err := c.portalConfig(newLogger(c.LogLevel))
	if err != nil {
		t.Fatal(err)
	}
	p, err := openPortal(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	err = p.run(ctx, func() error {
		defer cancel()
		fn("http://" + p.public.Addr().String())
		return nil
	})
	if err != nil {
		t.Fatalf("the portal ended with %v", err)
	}
}

func TestServeRefusesAWrongValueByItsName(t *testing.T) {
	dir := t.TempDir()
	text, empty := filepath.Join(dir, "text"), filepath.Join(dir, "empty")
	if err := errors.Join(os.WriteFile(text, []byte(strings.Repeat("neither key nor database ", 100)), 0o600), os.WriteFile(empty, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ flag, value, want string }{
		{"--listen", "8080", "--listen: "},
		{"--listen", "127.0.0.1:99999", "--listen: "},
		{"--metrics-listen", "nowhere", "--metrics-listen: "},
		{"--public-url", "", "--public-url (CLAWBACK_PUBLIC_URL): "},
		{"--public-url", "clawback.example.com", "--public-url (CLAWBACK_PUBLIC_URL): "},
		{"--public-url", "https://clawback.example.com/portal", "--public-url (CLAWBACK_PUBLIC_URL): "},
		{"--public-url", "http://clawback.example.com", "--public-url (CLAWBACK_PUBLIC_URL): The address must begin with https://"},
		{"--database", filepath.Join(dir, "no", "clawback.db"), "--database (CLAWBACK_DATABASE): "},
		{"--database", dir, "--database (CLAWBACK_DATABASE): "},
		{"--database", text, "--database (CLAWBACK_DATABASE): "},
		{"--key-file", filepath.Join(dir, "missing"), "--key-file (CLAWBACK_KEY_FILE): "},
		{"--key-file", text, "--key-file (CLAWBACK_KEY_FILE): "},
		{"--key-file", empty, "--key-file (CLAWBACK_KEY_FILE): The file is empty."},
		{"--key-file", "", "--key-file (CLAWBACK_KEY_FILE): Name a file, or set CLAWBACK_KEY."},
		{"--trusted-proxy", "10.0.0.1", "--trusted-proxy (CLAWBACK_TRUSTED_PROXY): “10.0.0.1” is no network"},
		{"--log-level", "loud", "--log-level must be one of"},
		{"--provider-tenant-id", "contoso.example", "--provider-tenant-id (CLAWBACK_PROVIDER_TENANT_ID): "},
		{"--sign-in-client-id", "", "--sign-in-client-id (CLAWBACK_SIGN_IN_CLIENT_ID): "},
		{"--sign-in-client-secret-file", filepath.Join(dir, "missing"), "--sign-in-client-secret-file (CLAWBACK_SIGN_IN_CLIENT_SECRET_FILE): "},
		{"--sign-in-client-secret-file", "", "--sign-in-client-secret-file (CLAWBACK_SIGN_IN_CLIENT_SECRET_FILE): Name a file, or set CLAWBACK_SIGN_IN_CLIENT_SECRET."},
		{"--login-url", "http://127.0.0.1:1", "--login-url (CLAWBACK_LOGIN_URL): "},
		{"--graph-url", "http://127.0.0.1:1", "--graph-url (CLAWBACK_GRAPH_URL): "},
		{"--exchange-url", "http://127.0.0.1:1", "--exchange-url (CLAWBACK_EXCHANGE_URL): "},
		{"--exchange-url", "outlook", "--exchange-url (CLAWBACK_EXCHANGE_URL): "},
		{"--simulated", "perhaps", "--simulated: "},
	} {
		t.Run(strings.TrimPrefix(c.flag, "--")+" "+c.value, func(t *testing.T) {
			good := installation(t)
			got := command(t, append(good.flags(), c.flag+"="+c.value)...)
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("serve says %q, want %q", got, c.want)
			}
		})
	}
}

func TestServeNamesWhatIsMissing(t *testing.T) {
	got := command(t, "serve")
	for _, want := range []string{"--public-url", "--provider-tenant-id", "--sign-in-client-id"} {
		if !strings.Contains(got, want) {
			t.Errorf("serve says %q, want it to name %s", got, want)
		}
	}
}

func TestServeTakesItsVariables(t *testing.T) {
	c := installation(t)
	for name, value := range map[string]string{
		"LISTEN": c.Listen, "PUBLIC_URL": c.PublicURL, "DATABASE": c.Database, "KEY_FILE": c.KeyFile, "PROVIDER_TENANT_ID": c.ProviderTenantID,
		"SIGN_IN_CLIENT_ID": c.SignInClientID, "SIGN_IN_CLIENT_SECRET": "s3cret", "METRICS_LISTEN": "", "LOG_LEVEL": "error",
	} {
		t.Setenv("CLAWBACK_"+name, value)
	}

	t.Run("a wrong one is named", func(t *testing.T) {
		t.Setenv("CLAWBACK_TRUSTED_PROXY", "10.0.0.0/8,elsewhere")
		got := command(t, "serve")
		if !strings.HasPrefix(got, "--trusted-proxy (CLAWBACK_TRUSTED_PROXY): “elsewhere”") {
			t.Errorf("serve says %q", got)
		}
	})

	t.Run("an empty list is no list", func(t *testing.T) {
		t.Setenv("CLAWBACK_TRUSTED_PROXY", "")
		var options cli
		parser, err := kong.New(&options, settings(context.Background())...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse([]string{"serve"}); err != nil {
			t.Fatal(err)
		}
		cfg, err := options.Serve.portalConfig(newLogger("error"))
		if err != nil || len(cfg.Web.TrustedProxies) != 0 {
			t.Errorf("portalConfig() = %v, %v, want no trusted proxy", cfg.Web.TrustedProxies, err)
		}
		if cfg.Web.SignIn.ClientSecret.Reveal() != "s3cret" {
			t.Error("the secret of the variable was not taken")
		}
	})
}

func TestPlainHTTPIsForThisMachineAlone(t *testing.T) {
	for address, allowed := range map[string]bool{
		"http://localhost:8080": true, "http://127.0.0.1:8080": true, "http://[::1]:8080": true,
		"http://10.1.2.3": false, "http://localhost.example.com": false,
	} {
		c := serveCmd{PublicURL: address}
		if err := c.checkPublicURL(); (err == nil) != allowed {
			t.Errorf("checkPublicURL(%s) = %v", address, err)
		}
		c.Simulated = true
		if err := c.checkPublicURL(); err != nil {
			t.Errorf("checkPublicURL(%s), simulated, = %v", address, err)
		}
	}
}

func TestNoSecretIsToldOfAWrongKey(t *testing.T) {
	c := installation(t)
	if err := os.WriteFile(c.KeyFile, []byte(`{"primaryKeyId": 1, "key": "hunter2"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := command(t, c.flags()...); strings.Contains(got, "hunter2") || !strings.HasPrefix(got, "--key-file") {
		t.Errorf("serve says %q", got)
	}
	if clawback.NewSecret("hunter2").String() == "hunter2" {
		t.Error("a secret shows itself")
	}
}
