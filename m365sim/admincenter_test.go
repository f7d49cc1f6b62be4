package m365sim_test

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

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
	daniel.open("/apps/" + app.ClientID + "/credentials").press("Add secret").status(403)
	daniel.open("/apps/" + app.ClientID + "/permissions/consent").press("Yes").status(403)
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
	daniel.open("/apps/" + app.ClientID + "/permissions/consent").press("Yes").status(403).sees("You don't have access")
	b.patchApp(`{"permissions":[{"value":"Exchange.ManageAsApp","consented":false}]}`)
	daniel.open("/apps/" + app.ClientID + "/permissions/consent").press("Yes").status(200).
		sees("Successfully granted admin consent for Brightwater Clinics.")
}
