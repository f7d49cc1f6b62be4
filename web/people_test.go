package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/m365sim"
)

// person answers a customer's person by name.
func (p *portal) person(t *testing.T, customer int, name string) m365sim.Person {
	t.Helper()
	for _, person := range p.world.Customers[customer].People {
		if person.Name == name {
			return person
		}
	}
	t.Fatalf("there is no %s", name)
	return m365sim.Person{}
}

var invitationLink = regexp.MustCompile(`http://[^"<]+/invitations/[A-Za-z0-9_-]+`)

// invite makes an invitation as the browser's person and answers the path of its link.
func (b *browser) invite(org clawback.Organization, invitee string, role clawback.Role) string {
	b.t.Helper()
	made := b.post("/organizations/"+org.ID+"/invitations", url.Values{"invitee": {invitee}, "role": {string(role)}})
	shown := b.get(made.location())
	link := invitationLink.FindString(shown.body)
	if made.StatusCode != http.StatusSeeOther || shown.StatusCode != http.StatusOK || !strings.HasPrefix(link, b.portal.url) {
		b.t.Fatalf("invite: %d, then %d, link %q: %s", made.StatusCode, shown.StatusCode, link, shown.body)
	}
	return strings.TrimPrefix(link, b.portal.url)
}

// redeem goes from an invitation's page to Microsoft and back, as a person.
func (b *browser) redeem(path string, person m365sim.Person) page {
	b.t.Helper()
	shown := b.get(path)
	button, _ := shown.document(b.t).Find("a.primary").Attr("href")
	if shown.StatusCode != http.StatusOK || button == "" {
		b.t.Fatalf("invitation: %d %s", shown.StatusCode, shown.body)
	}
	return b.get(b.choose(b.get(button).location(), person))
}

func (p *portal) audited(t *testing.T, org, action string) []clawback.AuditEvent {
	t.Helper()
	events, err := p.store.ListAudit(t.Context(), operator, clawback.AuditFilter{OrganizationID: org, Action: action})
	if err != nil {
		t.Fatal(err)
	}
	return events.Items
}

func TestInvitation(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	olivia, theo, priya := p.person(t, 1, "Olivia Grant"), p.person(t, 1, "Theo Marsh"), p.person(t, 0, "Priya Nair")
	p.member(t, p.other, olivia, clawback.RoleAdmin)
	p.member(t, p.org, priya, clawback.RoleAdmin)
	admin := p.signedIn(t, olivia)
	path := admin.invite(p.other, "Theo <b>Marsh</b>", clawback.RoleAnalyst)

	t.Run("tells its bearer who invites to what and nothing else", func(t *testing.T) {
		page := p.browser(t).get(path)
		if page.StatusCode != http.StatusOK || !strings.Contains(page.body, p.other.Name) || !strings.Contains(page.body, olivia.Name) {
			t.Errorf("invitation: %d %s", page.StatusCode, page.body)
		}
		for _, secret := range []string{p.other.TenantID, p.other.ID, "Theo", p.org.Name} {
			if strings.Contains(page.body, secret) {
				t.Errorf("the page tells %q", secret)
			}
		}
		if page := p.browser(t).get("/invitations/invented"); page.StatusCode != http.StatusNotFound || !strings.Contains(page.body, "whole link") {
			t.Errorf("an invented link: %d", page.StatusCode)
		}
	})

	t.Run("refuses people of another tenant, and is not used up by it", func(t *testing.T) {
		answer := p.browser(t).redeem(path, priya)
		if answer.StatusCode != http.StatusForbidden || !strings.Contains(answer.body, "another organization") {
			t.Errorf("wrong tenant: %d %s", answer.StatusCode, answer.body)
		}
		if events := p.audited(t, p.other.ID, "invitation.refused"); len(events) != 1 || !strings.Contains(string(events[0].After), "wrong_tenant") {
			t.Errorf("audited %+v", events)
		}
	})

	t.Run("lets the person in, to the own organization alone", func(t *testing.T) {
		b := p.browser(t)
		done := b.redeem(path, theo)
		if done.StatusCode != http.StatusSeeOther || done.location() != "/organizations/"+p.other.ID {
			t.Fatalf("redeemed: %d to %q: %s", done.StatusCode, done.location(), done.body)
		}
		if page := b.get(done.location()); page.StatusCode != http.StatusOK || !strings.Contains(page.body, p.other.Name) || strings.Contains(page.body, p.org.Name) {
			t.Errorf("own organization: %d", page.StatusCode)
		}
		for _, path := range []string{"/organizations/" + p.org.ID, "/organizations/" + p.org.ID + "/people"} {
			if page := b.get(path); page.StatusCode != http.StatusNotFound {
				t.Errorf("%s: %d, want 404", path, page.StatusCode)
			}
		}
		if page := b.get("/organizations/" + p.other.ID + "/invitations/new"); page.StatusCode != http.StatusForbidden {
			t.Errorf("an analyst's invitation: %d, want 403", page.StatusCode)
		}
		if strings.Contains(p.log.String(), strings.TrimPrefix(path, "/invitations/")) {
			t.Error("the log holds the token")
		}
	})

	t.Run("works once", func(t *testing.T) {
		b := p.browser(t)
		if again := b.get(path); again.StatusCode != http.StatusGone || !strings.Contains(again.body, "used already") {
			t.Errorf("again: %d %s", again.StatusCode, again.body)
		}
		if begun := b.get("/sign-in/microsoft?invitation=" + strings.TrimPrefix(path, "/invitations/")); begun.location() != path {
			t.Errorf("a sign-in by it leads to %q", begun.location())
		}
		if events := p.audited(t, p.other.ID, "invitation.refused"); len(events) != 2 {
			t.Errorf("%d refusals in the trail, want 2", len(events))
		}
	})

	t.Run("can be revoked while somebody signs in", func(t *testing.T) {
		revoked := admin.invite(p.other, "Revoked", clawback.RoleAdmin)
		b := p.browser(t)
		button, _ := b.get(revoked).document(t).Find("a.primary").Attr("href")
		callback := b.choose(b.get(button).location(), theo)
		form, _ := admin.get("/organizations/" + p.other.ID + "/people").document(t).Find(`form[action$="/revoke"]`).Attr("action")
		if done := admin.post(form, nil); done.StatusCode != http.StatusSeeOther {
			t.Fatalf("revoke: %d %s", done.StatusCode, done.body)
		}
		if late := b.get(callback); late.StatusCode != http.StatusConflict || !strings.Contains(late.body, "withdrawn") {
			t.Errorf("late: %d %s", late.StatusCode, late.body)
		}
	})

	t.Run("shows its link again to its maker alone, for some minutes", func(t *testing.T) {
		made := admin.post("/organizations/"+p.other.ID+"/invitations", url.Values{"invitee": {"Late"}, "role": {string(clawback.RoleAdmin)}}).location()
		first, again := admin.get(made), admin.get(made)
		if link := invitationLink.FindString(again.body); link == "" || link != invitationLink.FindString(first.body) {
			t.Errorf("the second look: %d, link %q", again.StatusCode, link)
		}
		if theirs := p.signedIn(t, p.staff(t, "Operator")).get(made); theirs.StatusCode != http.StatusNotFound {
			t.Errorf("by somebody else who may invite: %d, want 404", theirs.StatusCode)
		}
		p.clock.Advance(clawback.InvitationShown)
		if late := admin.get(made); late.StatusCode != http.StatusConflict || invitationLink.MatchString(late.body) || !strings.Contains(late.body, "revoke the invitation") {
			t.Errorf("later: %d %s", late.StatusCode, late.body)
		}
	})

	t.Run("expires", func(t *testing.T) {
		old := admin.invite(p.other, "Old", clawback.RoleAnalyst)
		p.clock.Advance(clawback.InvitationLife + time.Minute)
		if page := p.browser(t).get(old); page.StatusCode != http.StatusGone || !strings.Contains(page.body, "expired") {
			t.Errorf("expired: %d %s", page.StatusCode, page.body)
		}
	})
}

func TestOrganizationPages(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(t, p.staff(t, "Operator"))

	t.Run("create with everything wrong told at once and nothing lost", func(t *testing.T) {
		for _, tt := range []struct {
			name   string
			form   url.Values
			status int
			want   []string
		}{
			{"nothing", url.Values{}, 422, []string{"organization’s name", "domain, like", "tenant’s id"}},
			{"malformed", url.Values{"name": {"<script>x</script>"}, "domain": {"https://x"}, "tenant_id": {"not a tenant"}}, 422, []string{"is not a domain", "neither a tenant id", "not a tenant"}},
			{"unknown tenant", url.Values{"name": {"N"}, "domain": {"n.example"}, "tenant_id": {"unknown.example"}}, 422, []string{"knows no tenant", "unknown.example"}},
			{"a taken tenant", url.Values{"name": {"N"}, "domain": {"n.example"}, "tenant_id": {p.org.Domain}}, 409, []string{"This tenant is “" + p.org.Name + "” already"}},
			{"a personal tenant", url.Values{"name": {"N"}, "domain": {"n.example"}, "tenant_id": {"outlook.com"}}, 422, []string{"for personal Microsoft accounts", `value="outlook.com"`}},
			{"the personal tenant's id", url.Values{"name": {"N"}, "domain": {"n.example"}, "tenant_id": {clawback.PersonalTenantID}}, 422, []string{"for personal Microsoft accounts"}},
			{"the personal tenant's name", url.Values{"name": {"N"}, "domain": {"n.example"}, "tenant_id": {"consumers"}}, 422, []string{"for personal Microsoft accounts"}},
			{"a taken domain", url.Values{"name": {"N"}, "domain": {p.org.Domain}, "tenant_id": {p.world.Provider.ID}}, 409, []string{"This domain is of “" + p.org.Name}},
			{"a taken name", url.Values{"name": {strings.ToUpper(p.org.Name)}, "domain": {"n.example"}, "tenant_id": {p.world.Provider.ID}}, 409, []string{"of this name already"}},
		} {
			answer := b.post("/organizations", tt.form)
			if answer.StatusCode != tt.status {
				t.Errorf("%s: %d, want %d", tt.name, answer.StatusCode, tt.status)
			}
			for _, want := range tt.want {
				if !strings.Contains(answer.body, want) {
					t.Errorf("%s: the page lacks %q", tt.name, want)
				}
			}
			if strings.Contains(answer.body, "<script>x") {
				t.Errorf("%s: a name is HTML", tt.name)
			}
		}
	})

	t.Run("create by a domain of the tenant, then begin", func(t *testing.T) {
		created := b.post("/organizations", url.Values{"name": {"Halden itself"}, "domain": {p.world.Provider.Domain}, "tenant_id": {p.world.Provider.Domain}})
		if created.StatusCode != http.StatusSeeOther {
			t.Fatalf("create: %d %s", created.StatusCode, created.body)
		}
		page := b.get(created.location())
		if page.StatusCode != http.StatusOK || !strings.Contains(page.body, p.world.Provider.ID) || !strings.Contains(page.body, "Invite the first admin") {
			t.Errorf("organization: %d %s", page.StatusCode, page.body)
		}
		if list := b.get("/organizations"); list.StatusCode != http.StatusOK || !strings.Contains(list.body, "Halden itself") {
			t.Errorf("list: %d", list.StatusCode)
		}
	})

	t.Run("assign who has signed in as engagement manager", func(t *testing.T) {
		p.signedIn(t, p.staff(t, "EngagementManager"))
		path := "/organizations/" + p.org.ID
		chosen, _ := b.get(path).document(t).Find(`select[name=person_id] option`).Last().Attr("value")
		if done := b.post(path+"/engagement-manager", url.Values{"before": {""}, "person_id": {chosen}}); done.StatusCode != http.StatusSeeOther {
			t.Fatalf("assign: %d %s", done.StatusCode, done.body)
		}
		if late := b.post(path+"/engagement-manager", url.Values{"before": {"other"}, "person_id": {""}}); late.StatusCode != http.StatusConflict || !strings.Contains(late.body, "meanwhile") {
			t.Errorf("late: %d", late.StatusCode)
		}
		manager := p.signedIn(t, p.staff(t, "EngagementManager"))
		if page := manager.get("/organizations"); !strings.Contains(page.body, p.org.Name) || strings.Contains(page.body, p.other.Name) {
			t.Error("the engagement manager sees something else than the portfolio")
		}
		made := manager.post(path+"/invitations", url.Values{"invitee": {"First"}, "role": {"admin"}})
		shown := manager.get(made.location())
		consent := "/" + p.org.TenantID + "/v2.0/adminconsent?client_id=" + p.world.SignIn.ClientID
		if shown.StatusCode != http.StatusOK || !strings.Contains(shown.body, consent) {
			t.Errorf("invitation: %d without %s", shown.StatusCode, consent)
		}
		if page := manager.get("/organizations/new"); page.StatusCode != http.StatusForbidden {
			t.Errorf("new organization: %d, want 403", page.StatusCode)
		}
	})
}

func TestPeoplePages(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	priya, daniel := p.person(t, 0, "Priya Nair"), p.person(t, 0, "Daniel Osei")
	p.member(t, p.org, priya, clawback.RoleAdmin)
	p.member(t, p.org, daniel, clawback.RoleAnalyst)
	admin, analyst := p.signedIn(t, priya), p.signedIn(t, daniel)
	people := "/organizations/" + p.org.ID + "/people"
	of := func(name string) string {
		href, _ := admin.get(people).document(t).Find(`a:contains("` + name + `")[href^="` + people + `/"]`).Attr("href")
		return href
	}
	if page := analyst.get(people); page.StatusCode != http.StatusOK || strings.Contains(page.body, "Invite somebody") {
		t.Errorf("an analyst's list: %d", page.StatusCode)
	}
	if page := analyst.get(of("Priya Nair")); page.StatusCode != http.StatusForbidden {
		t.Errorf("an analyst looks at a person: %d", page.StatusCode)
	}
	last := admin.post(of("Priya Nair")+"/remove", url.Values{"sure": {"yes"}})
	if last.StatusCode != http.StatusConflict || !strings.Contains(last.body, "last admin") {
		t.Errorf("remove the last admin: %d", last.StatusCode)
	}
	if unsure := admin.post(of("Daniel Osei")+"/remove", nil); unsure.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("remove without a confirmation: %d", unsure.StatusCode)
	}
	if done := admin.post(of("Daniel Osei")+"/role", url.Values{"before": {"analyst"}, "role": {"admin"}}); done.StatusCode != http.StatusSeeOther {
		t.Fatalf("change role: %d %s", done.StatusCode, done.body)
	}
	if page := analyst.get("/"); page.StatusCode != http.StatusSeeOther {
		t.Errorf("the session after a changed role: %d, want the sign-in", page.StatusCode)
	}
	if late := admin.post(of("Daniel Osei")+"/role", url.Values{"before": {"analyst"}, "role": {"operator"}}); late.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a role of staff: %d", late.StatusCode)
	}
	if own := admin.post(of("Priya Nair")+"/role", url.Values{"before": {"admin"}, "role": {"analyst"}}); own.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(own.body, "your own role") {
		t.Errorf("the own role without a confirmation: %d", own.StatusCode)
	}
	person := of("Daniel Osei")
	if done := admin.post(person+"/remove", url.Values{"sure": {"yes"}}); done.StatusCode != http.StatusSeeOther {
		t.Errorf("remove: %d", done.StatusCode)
	}
	if again := admin.post(person+"/remove", url.Values{"sure": {"yes"}}); again.StatusCode != http.StatusNotFound {
		t.Errorf("remove again: %d", again.StatusCode)
	}
	if refused := p.browser(t).signIn(daniel); refused.StatusCode != http.StatusForbidden {
		t.Errorf("sign-in of who was removed: %d", refused.StatusCode)
	}
}

func TestAccountPage(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	person := p.staff(t, "Operator")
	here, there, other := p.signedIn(t, person), p.signedIn(t, person), p.signedIn(t, p.staff(t, "SOCAnalyst"))
	account := here.get("/account")
	ends := account.document(t).Find(`form[action$="/end"]`)
	action, _ := ends.Attr("action")
	if account.StatusCode != http.StatusOK || ends.Length() != 1 || !strings.Contains(account.body, "This browser") {
		t.Fatalf("account: %d with %d sessions to end", account.StatusCode, ends.Length())
	}
	if other.post(action, nil); there.get("/account").StatusCode != http.StatusOK {
		t.Error("somebody else ended the session")
	}
	if done := here.post(action, nil); done.StatusCode != http.StatusSeeOther || done.location() != "/account" {
		t.Errorf("end: %d", done.StatusCode)
	}
	if page := there.get("/account"); page.StatusCode != http.StatusSeeOther {
		t.Errorf("the ended session: %d", page.StatusCode)
	}
}

func TestConsent(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	consent := p.sim.Addresses().Login + "/organizations/v2.0/adminconsent?"
	for _, tt := range []struct {
		code, description string
		link              bool
	}{
		{"consent_required", "AADSTS65001: x", true},
		{"interaction_required", "AADSTS90094: x", true},
		{"interaction_required", "AADSTS90095: x", true},
		{"access_denied", "AADSTS50105: x", false},
		{"access_denied", "AADSTS65004: x", false},
	} {
		b := p.browser(t)
		answer := b.get("/sign-in/callback?" + url.Values{
			"state": {stateOf(t, b.toMicrosoft("/"))}, "error": {tt.code}, "error_description": {tt.description},
		}.Encode())
		if got := strings.Contains(answer.body, consent); got != tt.link {
			t.Errorf("%s: the administrators' link is there: %v, want %v", tt.description, got, tt.link)
		}
	}
	for query, want := range map[string]string{
		"admin_consent=True&tenant=x&scope=openid":           "Thank you",
		"admin_consent=True&error=consent_required&tenant=x": "was not allowed",
	} {
		if answer := p.browser(t).get("/sign-in/callback?" + query); answer.StatusCode != http.StatusOK || !strings.Contains(answer.body, want) {
			t.Errorf("%s: %d without %q", query, answer.StatusCode, want)
		}
	}
}
