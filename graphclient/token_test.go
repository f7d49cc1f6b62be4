package graphclient_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"clawback"
	"clawback/graphclient"
)

const tokenPath = "/oauth2/v2.0/token"

func TestNew_refusesPlainHTTPUnlessSimulated(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"login-url", "graph-url", "exchange-url"} {
		for _, address := range []string{"http://127.0.0.1:1", "ftp://x", "nonsense", "https://user:pw@host", "https://host?x=1"} {
			cfg := graphclient.Config{}
			switch key {
			case "login-url":
				cfg.LoginURL = address
			case "graph-url":
				cfg.GraphURL = address
			case "exchange-url":
				cfg.ExchangeURL = address
			}
			if _, err := graphclient.New(cfg); clawback.FieldOf(err) != key {
				t.Errorf("%s %q: got %v, want an error of that key", key, address, err)
			}
		}
	}
	if _, err := graphclient.New(graphclient.Config{}); err != nil {
		t.Errorf("the real Microsoft 365: %v", err)
	}
	if _, err := graphclient.New(graphclient.Config{LoginURL: "http://127.0.0.1:1", Simulated: true}); err != nil {
		t.Errorf("simulated: %v", err)
	}
}

func TestCheckToken_translatesWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if err := b.client.CheckToken(t.Context(), b.conn); err != nil {
		t.Fatalf("good credential: %v", err)
	}

	wrongSecret, wrongTenant, wrongApp, nothing, noTenant := b.conn, b.conn, b.conn, b.conn, b.conn
	wrongSecret.ClientSecret = clawback.NewSecret("not-the-secret-at-all")
	wrongTenant.TenantID = "11111111-2222-4333-8444-555555555555"
	wrongApp.ClientID = "11111111-2222-4333-8444-555555555555"
	nothing.ClientSecret = clawback.Secret{}
	noTenant.TenantID = "common"
	for name, tc := range map[string]struct {
		conn  clawback.Connection
		code  string
		words string
	}{
		"secret": {wrongSecret, "AADSTS7000215", "secret is wrong"},
		"tenant": {wrongTenant, "AADSTS90002", "no such tenant"},
		"app":    {wrongApp, "AADSTS700016", "not in this tenant"},
		"none":   {nothing, "", "no credential"},
		"common": {noTenant, "", "no tenant"},
	} {
		failed := failure(t, b.client.CheckToken(t.Context(), tc.conn), clawback.AnswerUnauthorized)
		if failed.Code != tc.code || !strings.Contains(failed.Message, tc.words) {
			t.Errorf("%s: got code %q and %q", name, failed.Code, failed.Message)
		}
		if all := fmt.Sprintf("%+v %v %v", failed, failed, failed.Err); strings.Contains(all, "not-the-secret") {
			t.Errorf("%s: the secret shows in %s", name, all)
		}
	}
}

func TestCheckToken_seesWhatChangedInTheTenant(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, tc := range []struct {
		patch map[string]any
		code  string
	}{
		{map[string]any{"enabled": false}, "AADSTS7000112"},
		{map[string]any{"enabled": true, "secret_expires": "2020-01-01T00:00:00Z"}, "AADSTS7000222"},
	} {
		b.patchApp(tc.patch)
		if failed := failure(t, b.client.CheckToken(t.Context(), b.conn), clawback.AnswerUnauthorized); failed.Code != tc.code {
			t.Errorf("%v: got %q", tc.patch, failed.Code)
		}
	}
}

func TestCheckToken_neverQuotesTheAnswer(t *testing.T) {
	t.Parallel()
	s := stubbedAll(t, func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		answer(w, http.StatusUnauthorized, fmt.Sprintf(`{"error":"invalid_client","error_description":"wrong: %s"}`, r.Form.Get("client_secret")))
	})
	failed := failure(t, s.client.CheckToken(t.Context(), s.conn), clawback.AnswerUnauthorized)
	if all := fmt.Sprintf("%+v %v %v", failed, failed, failed.Err); strings.Contains(all, "hush-hush") {
		t.Errorf("the secret shows in %s", all)
	}
}

func TestCheckToken_signInTrouble(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		handle http.HandlerFunc
		kind   clawback.AnswerKind
		wait   time.Duration
	}{
		"throttled": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "17")
			answer(w, http.StatusTooManyRequests, `{"error":"invalid_request","error_codes":[90055]}`)
		}, clawback.AnswerThrottled, 17 * time.Second},
		"down":  {func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusServiceUnavailable, ``) }, clawback.AnswerUnavailable, 0},
		"busy":  {func(w http.ResponseWriter, _ *http.Request) { answer(w, 400, `{"error":"temporarily_unavailable"}`) }, clawback.AnswerUnavailable, 0},
		"html":  {func(w http.ResponseWriter, _ *http.Request) { answer(w, 400, `<html>`) }, clawback.AnswerUnavailable, 0},
		"ok?":   {func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, `<html>`) }, clawback.AnswerUnavailable, 0},
		"empty": {func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, ``) }, clawback.AnswerUnavailable, 0},
		"gone":  {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, clawback.AnswerUnavailable, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stubbedAll(t, tc.handle)
			failed := failure(t, s.client.CheckToken(t.Context(), s.conn), tc.kind)
			if failed.RetryAfter != tc.wait {
				t.Errorf("got Retry-After %v", failed.RetryAfter)
			}
			if _, err := s.client.FindCopies(t.Context(), s.conn, finds(1)); !errors.As(err, &failed) || failed.Kind != tc.kind {
				t.Errorf("find copies: got %v", err)
			}
			if _, err := s.client.MoveCopies(t.Context(), s.conn, time.Now().Add(time.Hour), moves(1)); !errors.As(err, &failed) {
				t.Errorf("move copies: got %v", err)
			}
		})
	}
}

func TestToken_isCachedUntilShortlyBeforeItsEnd(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mailbox := b.mailbox("quarantine")
	look := func() { b.find("<none@x>", mailbox.ID) }

	look()
	b.clock.advance(54 * time.Minute)
	look()
	if n := b.spy.count(tokenPath); n != 1 {
		t.Errorf("after 54 minutes: %d token requests, want 1", n)
	}
	b.clock.advance(2 * time.Minute)
	look()
	if n := b.spy.count(tokenPath); n != 2 {
		t.Errorf("5 minutes before the end: %d token requests, want 2", n)
	}
	if err := b.client.CheckToken(t.Context(), b.conn); err != nil || b.spy.count(tokenPath) != 3 {
		t.Errorf("a check did not ask for a fresh token: %v", err)
	}
}

func TestToken_isOfOneCredential(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mailbox := b.mailbox("quarantine")
	b.find("<none@x>", mailbox.ID)
	b.conn.ClientSecret = clawback.NewSecret("another-secret")
	_, err := b.client.FindCopies(t.Context(), b.conn, []clawback.FindRequest{{MailboxID: mailbox.ID, MessageIDs: []string{"<a@b>"}}})
	failure(t, err, clawback.AnswerUnauthorized)
}

func TestToken_isAskedForOnceByMany(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mailbox := b.mailbox("quarantine")
	gate := make(chan struct{})
	b.spy.before = func(req *http.Request) {
		if strings.HasSuffix(req.URL.Path, tokenPath) {
			<-gate
		}
	}
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			_, err := b.client.FindCopies(t.Context(), b.conn, []clawback.FindRequest{{MailboxID: mailbox.ID, MessageIDs: []string{"<a@b>"}}})
			if err != nil {
				t.Error(err)
			}
		})
	}
	time.AfterFunc(50*time.Millisecond, func() { close(gate) })
	all.Wait()
	if n := b.spy.count(tokenPath); n != 1 {
		t.Errorf("%d token requests, want 1", n)
	}
}

func TestToken_isRenewedOnceWhenRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mailbox := b.mailbox("quarantine")
	b.find("<none@x>", mailbox.ID)

	b.faults(fault{"route": "POST /$batch", "status": 401, "code": "InvalidAuthenticationToken", "count": 1})
	if got := b.find("<none@x>", mailbox.ID)[0].Answer; got.Kind != clawback.AnswerOK {
		t.Errorf("got %+v", got)
	}
	if n := b.spy.count(tokenPath); n != 2 {
		t.Errorf("%d token requests, want 2", n)
	}

	b.faults(fault{"route": "POST /$batch", "status": 401, "code": "InvalidAuthenticationToken"})
	before := b.spy.count("/$batch")
	_, err := b.client.FindCopies(t.Context(), b.conn, []clawback.FindRequest{{MailboxID: mailbox.ID, MessageIDs: []string{"<a@b>"}}})
	failure(t, err, clawback.AnswerUnauthorized)
	if n := b.spy.count("/$batch") - before; n != 2 {
		t.Errorf("%d attempts, want 2", n)
	}
}

func TestToken_survivesAClaimsChallenge(t *testing.T) {
	t.Parallel()
	for _, challenge := range []string{`Bearer claims`, `Bearer error="x", claims="eyJ9"`} {
		s := stubbed(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", challenge)
			answer(w, http.StatusUnauthorized, `{"error":{"code":"InvalidAuthenticationToken","message":"Continuous access evaluation."}}`)
		})
		_, err := s.client.FindCopies(t.Context(), s.conn, finds(1))
		failure(t, err, clawback.AnswerUnauthorized)
		if n := s.spy.count("/$batch"); n != 2 {
			t.Errorf("%s: %d attempts, want 2", challenge, n)
		}
	}
}

func TestToken_isRenewedForPermissionsGrantedMeanwhile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mailbox := b.mailbox("quarantine")
	b.patchApp(map[string]any{"permissions": []string{"User.Read.All"}})
	if got := b.find("<none@x>", mailbox.ID)[0].Answer; got.Kind != clawback.AnswerDenied {
		t.Fatalf("without Mail.ReadWrite: got %+v", got)
	}
	b.patchApp(map[string]any{"permissions": []string{"Mail.ReadWrite"}})
	if got := b.find("<none@x>", mailbox.ID)[0].Answer; got.Kind != clawback.AnswerDenied {
		t.Fatalf("with the old token: got %+v", got)
	}
	b.clock.advance(6 * time.Minute)
	b.find("<none@x>", mailbox.ID)
	if got := b.find("<none@x>", mailbox.ID)[0].Answer; got.Kind != clawback.AnswerOK {
		t.Errorf("after the old token was doubted: got %+v", got)
	}
}

func TestToken_byCertificate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	certificatePEM, key := certificate(t)
	conn := b.conn
	conn.ClientSecret, conn.CertificatePEM, conn.PrivateKeyPEM = clawback.Secret{}, certificatePEM, clawback.NewSecret(key)

	failed := failure(t, b.client.CheckToken(t.Context(), conn), clawback.AnswerUnauthorized)
	if failed.Code != "AADSTS700027" {
		t.Errorf("not uploaded: got %+v", failed)
	}
	b.patchApp(map[string]any{"certificates": []string{certificatePEM}})
	if err := b.client.CheckToken(t.Context(), conn); err != nil {
		t.Errorf("uploaded: %v", err)
	}

	for name, change := range map[string]func(*clawback.Connection){
		"no key":       func(c *clawback.Connection) { c.PrivateKeyPEM = clawback.Secret{} },
		"broken key":   func(c *clawback.Connection) { c.PrivateKeyPEM = clawback.NewSecret(key[:len(key)/2]) },
		"another key":  func(c *clawback.Connection) { _, k := certificate(t); c.PrivateKeyPEM = clawback.NewSecret(k) },
		"broken cert":  func(c *clawback.Connection) { c.CertificatePEM = "-----BEGIN CERTIFICATE-----" },
		"nonsense pem": func(c *clawback.Connection) { c.CertificatePEM = key },
	} {
		broken := conn
		change(&broken)
		failed := failure(t, b.client.CheckToken(t.Context(), broken), clawback.AnswerUnauthorized)
		if strings.Contains(fmt.Sprintf("%+v", failed), "PRIVATE KEY") {
			t.Errorf("%s: the key shows", name)
		}
	}
}

func certificate(t *testing.T) (certificatePEM, keyPEM string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "clawback"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
}
