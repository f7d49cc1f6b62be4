package m365sim_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// certificateToken asks for a token with the certificate of the tests' key.
func (b *bench) certificateToken(clientID string, der []byte, resource string) reply {
	b.t.Helper()
	sum := sha256.Sum256(der)
	options := (&jose.SignerOptions{}).WithHeader("x5t#S256", base64.RawURLEncoding.EncodeToString(sum[:])).WithType("JWT")
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.PS256, Key: clientKey()}, options)
	if err != nil {
		b.t.Fatal(err)
	}
	payload, _ := json.Marshal(map[string]any{"aud": b.tokenURL(b.first.ID), "iss": clientID, "sub": clientID, "jti": "1",
		"nbf": b.clock.now().Unix(), "exp": b.clock.now().Add(5 * time.Minute).Unix()})
	signed, err := signer.Sign(payload)
	if err != nil {
		b.t.Fatal(err)
	}
	token, _ := signed.CompactSerialize()

	return b.send("POST", b.tokenURL(b.first.ID), nil, url.Values{"grant_type": {"client_credentials"},
		"client_id": {clientID}, "scope": {resource + "/.default"}, "client_assertion": {token},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}})
}

func TestAdminCenter_Secrets(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.adminAs("Priya Nair")
	at := "/apps/" + b.first.App.ClientID + "/credentials"
	made := a.open(at).press("Add secret", "name", "portal", "days", "90").sees("Copy the secret's value now", "21 Feb 2027")
	row := made.doc.Find("#new-secret").Closest("tr")
	value, id := made.doc.Find("#new-secret").Text(), row.Find(`input[name="id"]`).AttrOr("value", "")
	if again := a.open(at); strings.Contains(string(again.raw), value) || again.doc.Find("#new-secret").Length() != 0 {
		t.Error("the secret is shown twice")
	}
	token := func(secret string) reply {
		app := b.first.App
		app.Secret = secret
		return b.send("POST", b.tokenURL(b.first.ID), nil, credentials(app, graphResource+"/.default"))
	}
	token(value).want(t, 200)
	token(b.first.App.Secret).want(t, 200)
	wantAADSTS(t, token(id), 7000215)
	b.clock.advance(91 * 24 * time.Hour)
	a.open(at).sees("Expired")
	wantAADSTS(t, token(value), 7000222)
	a.open(at).press("Delete secret " + id).sees("The secret was deleted.")
	wantAADSTS(t, token(value), 7000215)
	a.open(at).press("Add secret", "days", "1").status(422).sees("Choose when the secret expires.")
	a.send("POST", a.url("/apps/"+b.first.App.ClientID+"/secrets/delete"), map[string]string{"Cookie": a.cookie},
		url.Values{"id": {"none"}}).want(t, 422)
}

// upload sends the certificate form as a browser does, with a file.
func (a *admin) upload(clientID string, file []byte) *visit {
	a.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "app.cer")
	if err == nil {
		_, err = part.Write(file)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		a.t.Fatal(err)
	}
	r := a.send("POST", a.url("/apps/"+clientID+"/certificates"), map[string]string{"Cookie": a.cookie,
		"Content-Type": form.FormDataContentType()}, body.Bytes())
	if r.status == http.StatusSeeOther {
		return a.open(r.header.Get("Location"))
	}

	return a.visit(r, "certificates")
}

func TestAdminCenter_Certificates(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.adminAs("Priya Nair")
	client := b.first.App.ClientID
	at := "/apps/" + client + "/credentials"
	der := certificate(t, b.clock.now())
	text := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	for name, tc := range map[string]struct{ file, says string }{
		"nothing": {"", "Choose a certificate file"},
		"text":    {"hello", "This is no certificate"},
		"key":     {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "This holds a private key"},
		"both":    {text + "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n", "This holds a private key"},
	} {
		t.Run(name, func(t *testing.T) { a.upload(client, []byte(tc.file)).status(422).sees(tc.says) })
	}
	a.upload(client, bytes.Repeat([]byte("x"), 2<<20)).status(400).sees("at most 1 MB")
	wantAADSTS(t, b.certificateToken(client, der, graphResource), 700027)
	a.upload(client, der).status(200).sees("The certificate was uploaded.", "CN=clawback")
	b.certificateToken(client, der, graphResource).want(t, 200)
	a.open(at).press("Upload certificate", "pem", text).status(422).sees("This certificate is there already.")
	page := a.open(at)
	page.press(page.doc.Find(`section[aria-labelledby="certificates"] td button`).AttrOr("aria-label", "")).
		sees("The certificate was deleted.", "No certificate has been added")
	wantAADSTS(t, b.certificateToken(client, der, graphResource), 700027)
	a.send("POST", a.url("/apps/"+client+"/certificates/delete"), map[string]string{"Cookie": a.cookie},
		url.Values{"id": {"none"}}).want(t, 422)
}

// TestAdminCenter_FreshApp goes the whole way of the setup with an app that was not there before.
func TestAdminCenter_FreshApp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.adminAs("Priya Nair")
	form := a.open("/apps").follow("New registration")
	form.press("Register", "name", " ").status(422).sees("Enter a name")
	const name = `Clawback <b>"portal"</b>`
	app := form.press("Register", "name", name).sees("The application was registered.", b.first.ID, name)
	client := app.doc.Find("main dd code").First().Text()
	der := certificate(t, b.clock.now())
	app.follow("Certificates & secrets").press("Upload certificate", "pem",
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	bare := b.payload(text(b.certificateToken(client, der, exchangeResource).want(t, 200).body, "access_token"))
	if bare["roles"] != nil || has(bare, "wids", securityReaderID) || bare["appidacr"] != "2" {
		t.Errorf("a new app's token has %v and %v", bare["roles"], bare["wids"])
	}
	at := "/apps/" + client + "/permissions"
	a.open(at).sees("User.Read", "Delegated")
	a.open(at+"/add?api=00000002-0000-0ff1-ce00-000000000000&kind=application").press("Add permissions", "permission", "Exchange.ManageAsApp")
	a.open(at+"/add?api=00000003-0000-0000-c000-000000000000&kind=application&q=mail.r").press("Add permissions", "permission", "Mail.ReadWrite")
	a.open(at + "/consent").press("Yes")
	found := a.open("/roles/security-reader/add?q=" + url.QueryEscape(name))
	found.press("Add", "member", found.doc.Find(`input[name="member"]`).AttrOr("value", "")).sees(name)

	exchange := b.payload(text(b.certificateToken(client, der, exchangeResource).want(t, 200).body, "access_token"))
	graph := b.payload(text(b.certificateToken(client, der, graphResource).want(t, 200).body, "access_token"))
	if !has(exchange, "roles", "Exchange.ManageAsApp") || !has(exchange, "wids", securityReaderID) ||
		!has(graph, "roles", "Mail.ReadWrite") || exchange["app_displayname"] != name {
		t.Errorf("after the setup the tokens have %v, %v and %v", exchange["roles"], exchange["wids"], graph["roles"])
	}
	entries := b.graph("GET", "/applications"+query("$filter", "appId eq '"+client+"'"), nil).want(t, 200).list("value")
	if len(entries) != 1 || text(entries[0], "displayName") != name {
		t.Errorf("Graph's applications: %v", entries)
	}
	b.control("PATCH", "/apps/"+client, `{"enabled":false}`).want(t, 200)
	a.open("/enterprise-apps").sees("Disabled")
	a.open("/apps/new").press("Register", "name", name).status(200)
	if n := a.open("/apps").doc.Find("tbody tr").Length(); n != 3 {
		t.Errorf("%d registrations, two of one name among them", n)
	}
}
