package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/web"
)

func TestSignIn(t *testing.T) {
	t.Parallel()

	t.Run("lets staff in by app role and comes back to the page they wanted", func(t *testing.T) {
		t.Parallel()
		p := newPortal(t)
		b := p.browser(t)

		asked := b.get("/remediations?status=draft")
		if asked.StatusCode != http.StatusSeeOther || asked.location() != "/sign-in?return=%2Fremediations%3Fstatus%3Ddraft" {
			t.Fatalf("page without a session: %d to %q", asked.StatusCode, asked.location())
		}
		if signIn := b.get(asked.location()); signIn.StatusCode != http.StatusOK {
			t.Fatalf("sign-in page: %d", signIn.StatusCode)
		}
		callback := b.choose(b.toMicrosoft("/remediations?status=draft"), p.staff(t, "SOCAnalyst"))
		done := b.get(callback)
		if done.StatusCode != http.StatusSeeOther || done.location() != "/remediations?status=draft" {
			t.Fatalf("callback: %d to %q, %s", done.StatusCode, done.location(), done.body)
		}
		if page := b.get(done.location()); page.StatusCode != http.StatusOK {
			t.Fatalf("page with a session: %d %s", page.StatusCode, page.body)
		}
		if page := b.get("/halts"); page.StatusCode != http.StatusForbidden || !strings.Contains(page.body, "an operator") {
			t.Errorf("page of another role: %d, want 403 naming the operator", page.StatusCode)
		}
	})

	t.Run("lets a customer in by membership", func(t *testing.T) {
		t.Parallel()
		p := newPortal(t)
		person := p.world.Customers[0].People[0]
		p.member(t, p.org, person, clawback.RoleAdmin)
		b := p.signedIn(t, person)

		if page := b.get("/actions"); page.StatusCode != http.StatusOK {
			t.Errorf("actions: %d", page.StatusCode)
		}
		if page := b.get("/remediations/new"); page.StatusCode != http.StatusForbidden {
			t.Errorf("new remediation: %d, want 403", page.StatusCode)
		}
	})

	t.Run("tells a stranger nothing and keeps a record of it", func(t *testing.T) {
		t.Parallel()
		p := newPortal(t)
		b := p.browser(t)
		answer := b.signIn(p.world.Customers[0].People[0])
		if answer.StatusCode != http.StatusForbidden || !strings.Contains(answer.body, "no access") {
			t.Fatalf("stranger: %d %s", answer.StatusCode, answer.body)
		}
		if strings.Contains(answer.body, p.org.Name) {
			t.Error("the page names an organization")
		}
		if page := b.get("/"); page.StatusCode != http.StatusSeeOther {
			t.Errorf("home of a stranger: %d, want a redirect to the sign-in", page.StatusCode)
		}
		events, err := p.store.ListAudit(t.Context(), operator, clawback.AuditFilter{Action: "sign_in.refused"})
		if err != nil || len(events.Items) != 1 {
			t.Errorf("audit events = %d, %v, want one", len(events.Items), err)
		}
	})

	t.Run("gives a customer's app roles no meaning", func(t *testing.T) {
		t.Parallel()
		issuer := newFakeIssuer(t)
		p := newPortal(t, withLogin(issuer.url))
		issuer.claims = map[string]any{"tid": p.world.Customers[0].ID, "roles": []string{"Operator", "SOCAnalyst"}}
		if answer := issuer.signIn(p.browser(t)); answer.StatusCode != http.StatusForbidden {
			t.Errorf("sign-in: %d, want 403", answer.StatusCode)
		}
	})

	t.Run("takes a new session token and drops the one before", func(t *testing.T) {
		t.Parallel()
		p := newPortal(t)
		person := p.staff(t, "SOCAnalyst")
		b := p.signedIn(t, person)
		before := sessionCookie(t, b)
		b.signIn(person)
		if after := sessionCookie(t, b); after == before {
			t.Error("the session token did not change")
		}
		old := p.browser(t)
		if page := old.get("/", "Cookie", before); page.StatusCode != http.StatusSeeOther {
			t.Errorf("the old token: %d, want a redirect to the sign-in", page.StatusCode)
		}
	})
}

func sessionCookie(t *testing.T, b *browser) string {
	t.Helper()
	at, err := url.Parse(b.portal.url)
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range b.client.Jar.Cookies(at) {
		if strings.HasSuffix(cookie.Name, "-session") {
			return cookie.String()
		}
	}
	t.Fatal("there is no session cookie")
	return ""
}

func TestSignInCallback(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	person := p.staff(t, "SOCAnalyst")
	wantAgain := func(t *testing.T, answer page) {
		t.Helper()
		if answer.StatusCode != http.StatusUnauthorized || !strings.Contains(answer.body, "start again") {
			t.Errorf("callback: %d %s, want 401 and words to start again", answer.StatusCode, answer.body)
		}
	}

	t.Run("works once", func(t *testing.T) {
		t.Parallel()
		b := p.browser(t)
		callback := b.choose(b.toMicrosoft("/"), person)
		if first := b.get(callback); first.StatusCode != http.StatusSeeOther {
			t.Fatalf("first callback: %d", first.StatusCode)
		}
		if again := b.get(callback); again.StatusCode != http.StatusSeeOther || again.location() != "/" {
			t.Errorf("reload of the callback: %d to %q, want home", again.StatusCode, again.location())
		}
		b.post("/sign-out", nil)
		wantAgain(t, b.get(callback))
	})

	t.Run("works in no other browser", func(t *testing.T) {
		t.Parallel()
		b := p.browser(t)
		callback := b.choose(b.toMicrosoft("/"), person)
		other := p.browser(t)
		wantAgain(t, other.get(callback))
		other.toMicrosoft("/")
		wantAgain(t, other.get(callback))
	})

	t.Run("lets two tabs of one browser sign in", func(t *testing.T) {
		t.Parallel()
		b := p.browser(t)
		first, second := b.toMicrosoft("/"), b.toMicrosoft("/actions")
		for _, address := range []string{first, second} {
			if done := b.get(b.choose(address, person)); done.StatusCode != http.StatusSeeOther {
				t.Errorf("callback: %d %s", done.StatusCode, done.body)
			}
		}
	})

	t.Run("refuses an invented state and none", func(t *testing.T) {
		t.Parallel()
		b := p.browser(t)
		b.toMicrosoft("/")
		for _, query := range []string{"?state=invented&code=x", "?code=x", "", "?error=access_denied"} {
			wantAgain(t, b.get("/sign-in/callback"+query))
		}
	})

	t.Run("refuses an invented code", func(t *testing.T) {
		t.Parallel()
		b := p.browser(t)
		state := stateOf(t, b.toMicrosoft("/"))
		answer := b.get("/sign-in/callback?" + url.Values{"state": {state}, "code": {"invented"}}.Encode())
		if answer.StatusCode != http.StatusUnauthorized || strings.Contains(answer.body, "invented") || strings.Contains(answer.body, "AADSTS") {
			t.Errorf("callback: %d %s", answer.StatusCode, answer.body)
		}
	})

	t.Run("says that a cancelled sign-in can be begun again", func(t *testing.T) {
		t.Parallel()
		b := p.browser(t)
		answer := b.get(b.pick(b.toMicrosoft("/"), `[data-testid="cancel"]`))
		if answer.StatusCode != http.StatusUnauthorized || !strings.Contains(answer.body, "cancelled") {
			t.Errorf("callback: %d %s", answer.StatusCode, answer.body)
		}
	})
}

func stateOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("state")
}

func TestSignInRefusedByMicrosoft(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	for _, tt := range []struct {
		name, code, description, want string
		status                        int
	}{
		{"consent missing", "consent_required", "AADSTS65001: nobody consented", "administrator", 401},
		{"admin consent needed", "interaction_required", "AADSTS90094: admin", "administrator", 401},
		{"approval requested", "interaction_required", "AADSTS90095: workflow", "approved", 401},
		{"not assigned", "access_denied", "AADSTS50105: not assigned", "assign", 401},
		{"declined", "access_denied", "AADSTS65004: declined", "declined", 401},
		{"an unknown refusal", "invented_error", "AADSTS1: <script>alert(1)</script>", "request id", 401},
		{"no answer", "temporarily_unavailable", "", "Try again", 503},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := p.browser(t)
			answer := b.get("/sign-in/callback?" + url.Values{
				"state": {stateOf(t, b.toMicrosoft("/"))}, "error": {tt.code}, "error_description": {tt.description},
			}.Encode())
			if answer.StatusCode != tt.status || !strings.Contains(answer.body, tt.want) {
				t.Errorf("callback: %d %s, want %d with %q", answer.StatusCode, answer.body, tt.status, tt.want)
			}
			if strings.Contains(answer.body, "alert(1)") || strings.Contains(answer.body, "AADSTS") {
				t.Error("the page repeats what Microsoft sent")
			}
		})
	}
}

func TestSignInReturnsHereOnly(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	person := p.staff(t, "SOCAnalyst")
	for asked, want := range map[string]string{
		"":                            "/",
		"/actions?status=open":        "/actions?status=open",
		"https://evil.example/":       "/",
		"//evil.example/":             "/",
		"/\\evil.example":             "/",
		"/%5C%5Cevil.example":         "/",
		"///evil.example":             "/",
		"/%2F/evil.example":           "/",
		"\t//evil.example":            "/",
		"/\t/evil.example":            "/",
		"/\n/evil.example":            "/",
		"javascript:alert(1)":         "/",
		"/sign-out":                   "/",
		"/sign-in/microsoft?return=x": "/",
		"/api/v1/audit":               "/",
		"/remediations/x/live":        "/",
	} {
		t.Run(asked, func(t *testing.T) {
			t.Parallel()
			b := p.browser(t)
			if done := b.get(b.choose(b.toMicrosoft(asked), person)); done.location() != want {
				t.Errorf("return to %q leads to %q, want %q", asked, done.location(), want)
			}
		})
	}
}

func TestSignInUnderAnotherNameOfThisMachine(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.browser(t)
	for host, want := range map[string]string{
		"localhost:" + portOf(t, p.url): p.url + "/sign-in/microsoft?return=%2Factions",
		"localhost:1":                   p.sim.Addresses().Login + "/",
		"evil.example":                  p.sim.Addresses().Login + "/",
	} {
		req := b.request(http.MethodGet, "/sign-in/microsoft?return=/actions", nil)
		req.Host = host
		if answer := b.do(req); !strings.HasPrefix(answer.location(), want) {
			t.Errorf("sign-in at %s leads to %q, want %q", host, answer.location(), want)
		}
	}
}

func portOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Port()
}

func TestSignInWithoutMicrosoft(t *testing.T) {
	t.Parallel()
	issuer := newFakeIssuer(t)
	p := newPortal(t, withLogin(issuer.url))
	b := p.browser(t)
	issuer.down(true)
	if answer := b.get("/sign-in/microsoft"); answer.StatusCode != http.StatusServiceUnavailable || !strings.Contains(answer.body, "Try again") {
		t.Fatalf("begin while Microsoft is down: %d %s", answer.StatusCode, answer.body)
	}
	if answer := b.get("/healthz"); answer.StatusCode != http.StatusOK {
		t.Errorf("healthz: %d", answer.StatusCode)
	}
	issuer.down(false)
	p.clock.Advance(5 * time.Second)
	if answer := b.get("/sign-in/microsoft"); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("begin after Microsoft is back: %d %s", answer.StatusCode, answer.body)
	}
}

func TestSignInLimit(t *testing.T) {
	t.Parallel()
	p := newPortal(t, withLimits(web.Limits{SignIn: web.Limit{PerSecond: 0.1, Burst: 2}}))
	b := p.browser(t)
	for range 2 {
		b.toMicrosoft("/")
	}
	if answer := b.get("/sign-in/microsoft"); answer.StatusCode != http.StatusTooManyRequests {
		t.Errorf("third sign-in: %d, want 429", answer.StatusCode)
	}
	p.clock.Advance(11 * time.Second)
	b.toMicrosoft("/")
}
