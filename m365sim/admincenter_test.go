package m365sim_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/go-jose/go-jose/v4"

	"clawback/m365sim"
)

const securityReaderID = "5d6b6bb7-de71-4623-b4af-96380a352509"

// admin is somebody at the admin center, who sees pages and presses what is on them.
type admin struct {
	*bench
	tenant m365sim.Tenant
	cookie string
}

// visit is a page somebody has open.
type visit struct {
	*admin
	reply
	path string
	doc  *goquery.Document
}

// adminAs signs a person of the first customer in, by name.
func (b *bench) adminAs(name string) *admin {
	b.t.Helper()
	a := &admin{bench: b, tenant: b.first}
	at := slices.IndexFunc(b.first.People, func(p m365sim.Person) bool { return p.Name == name })
	r := b.send("POST", a.url("/sign-in"), nil, url.Values{"person": {b.first.People[at].ID}}).want(b.t, 303)
	a.cookie, _, _ = strings.Cut(r.header.Get("Set-Cookie"), ";")

	return a
}

// url is an address under the tenant, or of the whole service where it begins with /admin.
func (a *admin) url(path string) string {
	if !strings.HasPrefix(path, "/admin/") {
		path = "/admin/" + a.tenant.ID + path
	}

	return a.sim.Addresses().Login + path
}

func (a *admin) open(path string) *visit {
	a.t.Helper()

	return a.visit(a.send("GET", a.url(path), map[string]string{"Cookie": a.cookie}, nil), path)
}

func (a *admin) visit(r reply, path string) *visit {
	a.t.Helper()
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(r.raw))
	if err != nil {
		a.t.Fatal(err)
	}

	return &visit{admin: a, reply: r, path: path, doc: doc}
}

// press sends the form of a button, by its name, with the fields as they stand and the values given.
func (v *visit) press(name string, values ...string) *visit {
	v.t.Helper()
	button := v.doc.Find("main button").FilterFunction(func(_ int, s *goquery.Selection) bool {
		label, has := s.Attr("aria-label")
		return has && label == name || !has && strings.TrimSpace(s.Text()) == name
	})
	if button.Length() != 1 {
		v.t.Fatalf("%s has %d buttons named %q:\n%s", v.path, button.Length(), name, v.doc.Find("main").Text())
	}
	form := button.Closest("form")
	action, _ := form.Attr("action")
	fields := fieldsOf(form)
	if field, ok := button.Attr("name"); ok {
		fields.Set(field, button.AttrOr("value", ""))
	}
	for i := 0; i+1 < len(values); i += 2 {
		fields.Set(values[i], values[i+1])
	}
	header := map[string]string{"Cookie": v.cookie, "Sec-Fetch-Site": "same-origin"}
	if form.AttrOr("method", "get") != "post" {
		return v.open(action + "?" + fields.Encode())
	}
	r := v.send("POST", v.url(action), header, fields)
	if r.status == http.StatusSeeOther {
		return v.open(r.header.Get("Location"))
	}

	return v.visit(r, action)
}

func fieldsOf(form *goquery.Selection) url.Values {
	fields := url.Values{}
	form.Find("input, select, textarea").Each(func(_ int, s *goquery.Selection) {
		name, kind := s.AttrOr("name", ""), s.AttrOr("type", "")
		_, checked := s.Attr("checked")
		switch {
		case name == "" || kind == "file" || (kind == "radio" || kind == "checkbox") && !checked:
		case s.Is("select"):
			chosen := s.Find("option[selected]")
			if chosen.Length() == 0 {
				chosen = s.Find("option").First()
			}
			fields.Add(name, chosen.AttrOr("value", ""))
		case s.Is("textarea"):
			fields.Add(name, s.Text())
		default:
			fields.Add(name, s.AttrOr("value", ""))
		}
	})

	return fields
}

// follow goes where a link of the page's content leads.
func (v *visit) follow(name string) *visit {
	v.t.Helper()
	link := v.doc.Find("main a").FilterFunction(func(_ int, s *goquery.Selection) bool {
		return strings.Join(strings.Fields(s.Text()), " ") == name
	})
	if link.Length() == 0 {
		v.t.Fatalf("%s has no link %q:\n%s", v.path, name, v.doc.Find("main").Text())
	}

	return v.open(link.First().AttrOr("href", ""))
}

func (v *visit) sees(words ...string) *visit {
	v.t.Helper()
	shown := strings.Join(strings.Fields(v.doc.Find("body").Text()), " ")
	for _, want := range words {
		if !strings.Contains(shown, want) {
			v.t.Errorf("%s does not say %q: %s", v.path, want, shown)
		}
	}

	return v
}

func (v *visit) status(want int) *visit {
	v.t.Helper()
	v.want(v.t, want)

	return v
}

// claims are those of a new token of the first customer's app.
func (b *bench) claims(resource string) map[string]any {
	b.t.Helper()

	return b.payload(b.appToken(resource))
}

func has(claims map[string]any, name, value string) bool {
	list, _ := claims[name].([]any)

	return slices.Contains(list, any(value))
}

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

func TestAdminCenter_EveryPageSaysWhatItIs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	app := b.first.App.ClientID
	a := b.adminAs("Priya Nair")
	for _, path := range []string{"", "/roles", "/roles/security-reader", "/roles/security-reader/add", "/apps", "/apps/new",
		"/apps/" + app, "/apps/" + app + "/credentials", "/apps/" + app + "/permissions",
		"/apps/" + app + "/permissions/add", "/apps/" + app + "/permissions/consent", "/enterprise-apps",
		"/enterprise-apps/new", "/enterprise-apps/" + app, "/enterprise-apps/" + app + "/users",
		"/enterprise-apps/" + app + "/permissions", "/enterprise-apps/" + app + "/permissions/consent",
		"/enterprise-apps/8bd644d1-64a1-4d4b-ae52-2e0cbf64e373"} {
		v := a.open(path).status(200).sees("Simulated Microsoft Entra admin center", "Priya Nair", "Global Administrator")
		if title := v.doc.Find("title").Text(); !strings.HasSuffix(title, "Simulated Microsoft Entra admin center") {
			t.Errorf("the title of %q is %q", path, title)
		}
		if v.doc.Find("h1").Length() != 1 || v.doc.Find("script, style, [style]").Length() != 0 {
			t.Errorf("%q has no heading, or something inline", path)
		}
		if policy := v.header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") ||
			strings.Contains(policy, "unsafe") {
			t.Errorf("the policy of %q is %q", path, policy)
		}
	}
	for _, path := range []string{"/roles/none", "/apps/none", "/apps/none/credentials", "/enterprise-apps/none", "/none",
		"/apps/" + b.world.SignIn.ClientID, "/enterprise-apps/" + b.world.Integration.ClientID} {
		a.open(path).status(404).sees("Simulated Microsoft Entra admin center", "Not found")
	}
	style := b.send("GET", b.sim.Addresses().Login+"/admin/assets/style.css", nil, nil).want(t, 200)
	if !strings.HasPrefix(style.header.Get("Content-Type"), "text/css") {
		t.Error("there is no stylesheet")
	}
}

func TestAdminCenter_SignIn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	nobody := &admin{bench: b, tenant: b.first}
	asked := nobody.open("/roles/security-reader?x=1").status(200).sees("Sign in as Priya Nair", "no administrator role")
	if next, _ := asked.doc.Find(`input[name="next"]`).Attr("value"); next != "/admin/"+b.first.ID+"/roles/security-reader?x=1" {
		t.Errorf("the sign-in leads to %q", next)
	}
	sign := func(tenant, person, next string) reply {
		return b.send("POST", b.sim.Addresses().Login+"/admin/"+tenant+"/sign-in", nil,
			url.Values{"person": {person}, "next": {next}})
	}
	priya, mara := b.first.People[0].ID, b.world.Provider.People[0].ID
	home := "/admin/" + b.first.ID
	for next, want := range map[string]string{
		home + "/apps": home + "/apps", "/admin/" + b.first.Domain: "/admin/" + b.first.Domain, "": home,
		"https://evil.example/": home, "//evil.example/admin/": home, `/\evil.example`: home, "/other": home,
		"/admin/" + b.world.Customers[1].ID: home,
	} {
		r := sign(b.first.Domain, priya, next).want(t, 303)
		if got := r.header.Get("Location"); got != want {
			t.Errorf("next=%q leads to %q", next, got)
		}
		if cookie := r.header.Get("Set-Cookie"); !strings.HasPrefix(cookie, "m365sim-admin=") ||
			!strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") || !strings.Contains(cookie, "Path=/admin/") {
			t.Errorf("cookie %q", cookie)
		}
	}
	sign(b.first.ID, mara, "").want(t, 403)
	sign(b.first.ID, "nobody", "").want(t, 403)
	sign("nowhere", priya, "").want(t, 403)
	b.send("GET", b.sim.Addresses().Login+"/admin/nowhere", nil, nil).want(t, 404)

	a := b.adminAs("Priya Nair")
	a.open("/admin/" + b.first.Domain + "/roles").status(200).sees("Security Reader")
	a.open("/admin/" + b.world.Customers[1].ID).status(200).sees("Sign in as Olivia Grant")
	b.send("POST", a.url("/sign-out"), map[string]string{"Cookie": a.cookie}, nil).want(t, 303)
	a.open("/roles").status(200).sees("Sign in as Priya Nair")
	lost := b.send("POST", a.url("/apps/new"), map[string]string{"Cookie": a.cookie}, url.Values{"name": {"x"}})
	if lost.want(t, 401); !strings.Contains(string(lost.raw), "Sign in as Priya Nair") {
		t.Error("a form after the session does not ask for a sign-in")
	}
}

func TestAdminCenter_RefusesOtherOrigins(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.adminAs("Priya Nair")
	form := url.Values{"name": {"Planted"}}
	for _, header := range []map[string]string{{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
		{"Origin": "http://evil.example"}, {"Origin": portal}, {"Origin": "null"}} {
		header["Cookie"] = a.cookie
		b.send("POST", a.url("/apps/new"), header, form).want(t, 403)
	}
	if shown := string(a.open("/apps").raw); strings.Contains(shown, "Planted") {
		t.Error("a form of another site was taken")
	}
	rebound, err := http.NewRequestWithContext(t.Context(), "GET", a.url(""), nil)
	if err != nil {
		t.Fatal(err)
	}
	rebound.Host = "rebound.example"
	res, err := b.client.Do(rebound)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 403 {
		t.Errorf("a foreign host name is answered %d", res.StatusCode)
	}
}

func TestAdminCenter_WithoutRights(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.patchApp(`{"roles":[]}`)
	daniel := b.adminAs("Daniel Osei")
	app := b.first.App
	before := b.control("GET", "/apps/"+app.ClientID, nil).raw
	daniel.open("/roles/security-reader/add?q=mail").status(200).press("Add", "member", app.ServicePrincipalID).
		status(403).sees("You don't have access", "Privileged Role Administrator")
	daniel.open("/apps/new").press("Register", "name", "Mine").status(403).sees("You don't have access")
	daniel.open("/apps/"+app.ClientID+"/credentials").press("Add secret").status(403)
	daniel.open("/apps/"+app.ClientID+"/permissions/consent").press("Yes").status(403)
	daniel.open("/enterprise-apps/"+app.ClientID).press("Save", "enabled", "no").status(403)
	if after := b.control("GET", "/apps/"+app.ClientID, nil).raw; !bytes.Equal(before, after) {
		t.Errorf("something changed: %s", after)
	}

	priya := b.adminAs("Priya Nair")
	danielID := b.first.People[1].ID
	priya.open("/roles/application-administrator/add?q=daniel").press("Add", "member", danielID).status(200).
		sees("Application Administrator was assigned to Daniel Osei", "User", "Active", "Directory", "Permanent")
	daniel.open("").sees("Application Administrator")
	daniel.open("/apps/new").press("Register", "name", "Mine").status(200).sees("The application was registered.")
	b.patchApp(`{"permissions":[{"value":"Mail.ReadWrite","consented":false}]}`)
	daniel.open("/apps/"+app.ClientID+"/permissions/consent").press("Yes").status(403).sees("You don't have access")
	b.patchApp(`{"permissions":[{"value":"Exchange.ManageAsApp","consented":false}]}`)
	daniel.open("/apps/" + app.ClientID + "/permissions/consent").press("Yes").status(200).
		sees("Successfully granted admin consent for Brightwater Clinics.")
}

func TestAdminCenter_AssignSecurityReader(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.patchApp(`{"roles":[]}`)
	a := b.adminAs("Priya Nair")
	found := a.open("/roles").press("Search", "q", "security r").status(200)
	role := found.follow("Security Reader").sees("Nobody has this role")
	search := role.follow("Add assignments").press("Search", "q", "Brightwater Clinics mail")
	search.sees("Service principal", "User", "svc-mail-removal@brightwater.example", b.first.App.ClientID)
	if n := search.doc.Find(`input[name="member"]`).Length(); n != 2 {
		t.Errorf("the search finds %d", n)
	}
	search.press("Add").status(422).sees("Select at least one member.")
	sp, user := b.first.App.ServicePrincipalID, ""
	search.doc.Find(`input[name="member"]`).Each(func(_ int, s *goquery.Selection) {
		if id := s.AttrOr("value", ""); id != sp {
			user = id
		}
	})
	for _, tc := range []struct {
		name  string
		form  []string
		wid   bool
		shows []string
	}{
		{"the user of the same name", []string{"member", user}, false, []string{"User", "Active"}},
		{"eligible", []string{"member", sp, "type", "eligible"}, false, []string{"Eligible"}},
		{"narrowed to a unit", []string{"member", sp, "scope", unitOf(search)}, false, []string{"Administrative unit: Head office"}},
		{"until a day", []string{"member", sp, "until", "2026-12-01"}, true, []string{"1 Dec 2026 00:00 UTC"}},
	} {
		after := search.press("Add", tc.form...).status(200).sees(append(tc.shows, "Security Reader was assigned to")...)
		if got := has(b.claims(exchangeResource), "wids", securityReaderID); got != tc.wid {
			t.Errorf("%s: Security Reader in the token is %v", tc.name, got)
		}
		if tc.name == "until a day" {
			search.press("Add", tc.form...).status(422).sees("already has this role")
			continue
		}
		after.press(after.doc.Find(`main td button`).First().AttrOr("aria-label", "")).sees("no longer has Security Reader")
	}
	search.press("Add", "member", sp, "until", "2026-11-01").status(422).sees("Enter an end in the future")
	search.press("Add", "member", sp, "scope", "/elsewhere").status(422).sees("Choose a scope")
	search.press("Add", "member", "nobody").status(422).sees("no longer exists")

	b.send("POST", b.sim.Addresses().Control+"/clock", nil, `{"advance_seconds":864000}`).want(t, 200)
	a.open("/roles/security-reader").sees("Ended")
	if has(b.claims(exchangeResource), "wids", securityReaderID) {
		t.Error("an ended assignment is in the token")
	}
	rows := b.graph("GET", "/roleManagement/directory/roleAssignments"+query("$filter",
		"roleDefinitionId eq '62e90394-69f5-4237-9190-012177145e10'"), nil).want(t, 200).list("value")
	if len(rows) != 1 || text(rows[0], "principalId") != b.first.People[0].ID {
		t.Errorf("Graph's role assignments of people: %v", rows)
	}
	last := a.open("/roles/global-administrator")
	last.press(last.doc.Find("main td button").AttrOr("aria-label", "")).status(422).sees("last Global Administrator")
}

func unitOf(v *visit) string {
	return v.doc.Find(`select[name="scope"] option`).Eq(1).AttrOr("value", "")
}

func TestAdminCenter_Permissions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.patchApp(`{"permissions":[]}`)
	a := b.adminAs("Priya Nair")
	at := "/apps/" + b.first.App.ClientID + "/permissions"
	add := func(api, kind, value string) *visit {
		return a.open(at).follow("Add a permission").follow(api).follow(kind).press("Add permissions", "permission", value)
	}
	const online, exchangeID = "Office 365 Exchange Online 00000002-0000-0ff1-ce00-000000000000", "00000002-0000-0ff1-ce00-000000000000"
	application := "Application permissions The application runs as a background service without a signed-in user."
	delegated := "Delegated permissions The application accesses the API as the signed-in user."

	add("Microsoft Exchange Online Protection 00000007-0000-0ff1-ce00-000000000000", application, "Exchange.ManageAsApp")
	add(online, delegated, "Exchange.ManageAsApp").sees("Delegated", "Not granted for Brightwater Clinics")
	a.open(at).follow("Grant admin consent for Brightwater Clinics").press("Yes").sees("Successfully granted")
	if claims := b.claims(exchangeResource); claims["roles"] != nil {
		t.Errorf("the wrong API and a delegated permission give %v", claims["roles"])
	}

	add(online, application, "Exchange.ManageAsApp").sees("They need admin consent", "Not granted for Brightwater Clinics")
	if claims := b.claims(exchangeResource); claims["roles"] != nil {
		t.Errorf("without consent the roles are %v", claims["roles"])
	}
	b.clock.advance(time.Hour)
	a.open(at + "/consent").sees("Do you want to grant consent").press("No").sees("Nothing was granted")
	a.open(at+"/consent").press("Yes").sees("Granted for Brightwater Clinics", "23 Nov 2026 10:00 UTC")
	if !has(b.claims(exchangeResource), "roles", "Exchange.ManageAsApp") {
		t.Error("consent does not show in the token")
	}
	all := b.control("GET", "/apps/"+b.first.App.ClientID, nil).list("permissions")
	if len(all) != 3 {
		t.Errorf("control shows %v", all)
	}

	a.open(at).press("Remove Exchange.ManageAsApp, Application, Office 365 Exchange Online").sees("was removed")
	if b.claims(exchangeResource)["roles"] != nil {
		t.Error("a removed permission is in the token")
	}
	list := a.open(at + "/add?api=" + exchangeID + "&kind=application")
	list.press("Add permissions").status(422).sees("Select at least one permission.")
	list.press("Add permissions", "permission", "Everything").status(422).sees("has no such permission")
	list.press("Add permissions", "permission", "Exchange.ManageAsApp", "kind", "other").status(422).sees("Choose an API")
	list.press("Search", "q", "none").sees("has no application permission with “none”")
	a.send("POST", a.url(at+"/remove"), map[string]string{"Cookie": a.cookie}, url.Values{"permission": {"x"}}).want(t, 422)
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

func TestAdminCenter_EnterpriseApp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.adminAs("Priya Nair")
	app := b.world.Integration
	token := func(resource string) reply {
		return b.send("POST", b.tokenURL(b.first.ID), nil, credentials(app, resource+"/.default"))
	}
	made := a.open("/enterprise-apps/new").press("Run query", "appId", app.ClientID).sees("It has no permission yet")
	made.follow("Permissions").sees("No permission has been granted")
	if claims := b.payload(text(token(exchangeResource).want(t, 200).body, "access_token")); claims["roles"] != nil {
		t.Errorf("before consent the roles are %v", claims["roles"])
	}
	// A customer of before had consented to less than the app asks for today.
	b.control("PATCH", "/apps/"+app.ClientID, `{"permissions":["Mail.ReadWrite"]}`).want(t, 200)
	at := "/enterprise-apps/" + app.ClientID
	prompt := a.open(at + "/permissions").follow("Grant admin consent for Brightwater Clinics")
	prompt.sees("Office 365 Exchange Online: Exchange.ManageAsApp", "granted already").press("Yes").
		follow("Refresh").sees("Exchange.ManageAsApp", "Admin consent")
	if claims := b.payload(text(token(exchangeResource).want(t, 200).body, "access_token")); !has(claims, "roles", "Exchange.ManageAsApp") {
		t.Errorf("after consent the roles are %v", claims["roles"])
	}
	a.open(at + "/permissions").press("Revoke Exchange.ManageAsApp, Application, Office 365 Exchange Online").sees("was revoked")
	if claims := b.payload(text(token(exchangeResource).want(t, 200).body, "access_token")); claims["roles"] != nil {
		t.Errorf("after revoking the roles are %v", claims["roles"])
	}
	a.open(at).press("Save", "enabled", "no").sees("The properties were saved.")
	wantAADSTS(t, token(graphResource), 7000112)
	a.open(at).press("Save", "enabled", "yes")
	token(graphResource).want(t, 200)
	a.open(at).press("Delete").status(422).sees("Confirm")
	a.open(at).press("Delete", "sure", "yes").sees("was deleted from this tenant")
	wantAADSTS(t, token(graphResource), 700016)
}

func TestAdminCenter_AssignmentRequired(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.adminAs("Priya Nair")
	at := "/enterprise-apps/" + b.world.SignIn.ClientID
	daniel := b.first.People[1]
	refused := func() string { return b.signIn(b.first.ID, b.authorizeQuery(), daniel.ID).Get("error_description") }
	if got := refused(); got != "" {
		t.Fatalf("at first: %s", got)
	}
	a.open(at).press("Save", "assignment", "yes")
	if got := refused(); !strings.HasPrefix(got, "AADSTS50105") {
		t.Errorf("not assigned: %q", got)
	}
	principals := b.graph("GET", "/servicePrincipals"+query("$filter", "appId eq '"+b.world.SignIn.ClientID+"'"), nil)
	if list := principals.want(t, 200).list("value"); len(list) != 1 || list[0]["appRoleAssignmentRequired"] != true {
		t.Errorf("Graph says %v", list)
	}
	a.open(at+"/users").press("Assign", "user", daniel.ID).sees("The assignment of Daniel Osei was changed.")
	if got := refused(); got != "" {
		t.Errorf("assigned: %s", got)
	}
	a.open(at + "/users").press("Remove Daniel Osei").sees("Nobody is assigned")
	if got := refused(); !strings.HasPrefix(got, "AADSTS50105") {
		t.Errorf("removed: %q", got)
	}
	a.send("POST", a.url(at+"/users"), map[string]string{"Cookie": a.cookie}, url.Values{"user": {"x"}}).want(t, 422)
}

func TestAdminCenter_MessageTracePrincipal(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.adminAs("Priya Nair")
	const trace = "8bd644d1-64a1-4d4b-ae52-2e0cbf64e373"
	asked := func() int { return b.graph("GET", "/admin/exchange/tracing/messageTraces", nil).status }
	a.open("/enterprise-apps/"+trace).press("Delete", "sure", "yes").sees("The service principal was deleted.")
	if got := asked(); got != 401 {
		t.Errorf("without the service principal Graph's trace answers %d", got)
	}
	a.open("/enterprise-apps/" + trace).status(404)
	create := a.open("").sees("Not provisioned").follow("Create it").sees("POST https://graph.microsoft.com/v1.0/servicePrincipals")
	create.press("Run query", "appId", "none").status(422).sees("does not reference a valid application object")
	create.press("Run query").sees("Message Trace")
	create.press("Run query").status(422).sees("there already")
	if got := asked(); got != 200 {
		t.Errorf("with the service principal Graph's trace answers %d", got)
	}
}

func TestDirectory_CreatePrincipal(t *testing.T) {
	t.Parallel()
	b := setup(t, recorded)
	body := func(id string) string { return fmt.Sprintf(`{"appId":%q}`, id) }
	const trace = "8bd644d1-64a1-4d4b-ae52-2e0cbf64e373"
	b.graph("POST", "/servicePrincipals", body(trace), "Content-Type", "application/json").want(t, 403)
	b.patchApp(`{"permissions":["Application.ReadWrite.All"],"message_trace_service_principal":false}`)
	made := b.graph("POST", "/servicePrincipals", body(trace), "Content-Type", "application/json").want(t, 201)
	if text(made.body, "appId") != trace || text(made.body, "id") == "" {
		t.Errorf("created %s", made.raw)
	}
	b.graph("POST", "/servicePrincipals", body(trace), "Content-Type", "application/json").want(t, 409)
	b.graph("POST", "/servicePrincipals", body("x"), "Content-Type", "application/json").want(t, 400)
	b.graph("POST", "/servicePrincipals", "{", "Content-Type", "application/json").want(t, 400)
}

func TestDirectory_Domains(t *testing.T) {
	t.Parallel()
	b := setup(t, recorded)
	b.graph("GET", "/domains", nil).want(t, 403)
	b.patchApp(`{"permissions":["Domain.Read.All"]}`)
	list := b.graph("GET", "/domains", nil).want(t, 200).list("value")
	if len(list) != 2 || text(list[0], "id") != "brightwater.example" || list[0]["isDefault"] != true ||
		list[1]["isInitial"] != true || list[0]["isVerified"] != true {
		t.Errorf("domains are %v", list)
	}
}

func TestControl_Clock(t *testing.T) {
	t.Parallel()
	b := setup(t)
	clock := b.sim.Addresses().Control + "/clock"
	old := b.appToken(graphResource)
	b.graphAs(old, "GET", "/organization", nil).want(t, 200)
	moved := b.send("POST", clock, nil, `{"advance_seconds":7200}`).want(t, 200)
	if text(moved.body, "now") != "2026-11-23T11:00:00Z" || text(b.send("GET", clock, nil, nil).body, "now") != "2026-11-23T11:00:00Z" {
		t.Errorf("the clock shows %s", moved.raw)
	}
	b.graphAs(old, "GET", "/organization", nil).want(t, 401)
	b.graph("GET", "/organization", nil).want(t, 200)
	for _, bad := range []string{`{"advance_seconds":0}`, `{"advance_seconds":-1}`, `{"advance_seconds":1e12}`, `{`, `{"x":1}`} {
		b.send("POST", clock, nil, bad).want(t, 400)
	}
}
