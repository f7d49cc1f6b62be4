package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"clawback"
)

func TestSession(t *testing.T) {
	t.Parallel()

	t.Run("ends everywhere on signing out", func(t *testing.T) {
		t.Parallel()
		p := newPortal(t)
		b := p.signedIn(t, p.staff(t, "SOCAnalyst"))
		before := sessionCookie(t, b)
		answer := b.post("/sign-out", nil)
		end, err := url.Parse(answer.location())
		if err != nil || answer.StatusCode != http.StatusSeeOther || !strings.HasPrefix(answer.location(), p.sim.Addresses().Login+"/") {
			t.Fatalf("sign-out: %d to %q, want Microsoft's", answer.StatusCode, answer.location())
		}
		if back := end.Query().Get("post_logout_redirect_uri"); back != p.url+"/" {
			t.Errorf("Microsoft sends back to %q", back)
		}
		if back := b.get(answer.location()); back.location() != p.url+"/" {
			t.Errorf("Microsoft sent back to %q", back.location())
		}
		if page := b.get("/"); page.StatusCode != http.StatusSeeOther {
			t.Errorf("home after signing out: %d", page.StatusCode)
		}
		if page := p.browser(t).get("/", "Cookie", before); page.StatusCode != http.StatusSeeOther {
			t.Errorf("home with the old cookie: %d", page.StatusCode)
		}
	})

	t.Run("is worth nothing when its row has ended", func(t *testing.T) {
		t.Parallel()
		p := newPortal(t)
		b := p.signedIn(t, p.staff(t, "SOCAnalyst"))
		sessions, err := p.store.ListAudit(t.Context(), operator, clawback.AuditFilter{Action: "sign_in.succeeded"})
		if err != nil || len(sessions.Items) != 1 {
			t.Fatalf("audit: %d events, %v", len(sessions.Items), err)
		}
		p.clock.Advance(clawback.SessionIdle + time.Minute)
		if page := b.get("/"); page.StatusCode != http.StatusSeeOther || page.location() != "/sign-in" {
			t.Errorf("home after the session ended: %d to %q", page.StatusCode, page.location())
		}
	})

	t.Run("is kept alive by pages and not by polls", func(t *testing.T) {
		t.Parallel()
		p := newPortal(t)
		used, polled := p.signedIn(t, p.staff(t, "SOCAnalyst")), p.signedIn(t, p.staff(t, "Operator"))
		for range 3 {
			p.clock.Advance(clawback.SessionIdle/2 - time.Minute)
			used.get("/")
			polled.get("/remediations/none/live", "HX-Request", "true", "HX-Request-Type", "partial")
		}
		if page := used.get("/"); page.StatusCode != http.StatusOK {
			t.Errorf("home of the one who worked: %d", page.StatusCode)
		}
		if page := polled.get("/"); page.StatusCode != http.StatusSeeOther {
			t.Errorf("home of the one whose page polled: %d, want a redirect to the sign-in", page.StatusCode)
		}
	})

	t.Run("that has ended is a notice in a live part and keeps a form", func(t *testing.T) {
		t.Parallel()
		p := newPortal(t)
		b := p.browser(t)
		poll := b.get("/remediations/x/live", "HX-Request", "true", "HX-Request-Type", "partial")
		if poll.StatusCode != http.StatusUnauthorized || poll.location() != "" {
			t.Errorf("poll: %d", poll.StatusCode)
		}
		form := b.post("/remediations/x/stop", url.Values{"reason": {"typed for an hour"}})
		if form.StatusCode != http.StatusUnauthorized || !strings.Contains(form.body, "typed for an hour") {
			t.Errorf("form: %d %s", form.StatusCode, form.body)
		}
	})

	t.Run("loses a right that was taken away at once", func(t *testing.T) {
		t.Parallel()
		p := newPortal(t)
		person := p.world.Customers[0].People[0]
		p.member(t, p.org, person, clawback.RoleAdmin)
		b := p.signedIn(t, person)
		p.member(t, p.org, person, clawback.RoleAnalyst)
		if page := b.get("/"); page.StatusCode != http.StatusOK {
			t.Errorf("home: %d", page.StatusCode)
		}
	})
}
