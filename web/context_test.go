package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/m365sim"
	"clawback/store/storetest"
	"clawback/web"

	"github.com/prometheus/client_golang/prometheus"
)

// rules is a portal with a customer's admin, its analyst and the engagement manager signed in.
type rules struct {
	*portal
	admin, analyst, manager *browser
}

func newRules(t *testing.T) *rules {
	t.Helper()
	r := &rules{portal: newPortal(t)}
	people := map[string]m365sim.Person{}
	for _, person := range r.world.Customers[0].People {
		people[person.Note] = person
	}
	r.member(t, r.org, people["organization admin"], clawback.RoleAdmin)
	r.member(t, r.org, people["organization analyst"], clawback.RoleAnalyst)
	manager := r.staff(t, "EngagementManager")
	if err := r.store.SavePortfolio(t.Context(), operator, r.world.Provider.ID, manager.ID, manager.Name, r.org.ID); err != nil {
		t.Fatal(err)
	}
	r.admin, r.analyst, r.manager = r.signedIn(t, people["organization admin"]), r.signedIn(t, people["organization analyst"]), r.signedIn(t, manager)
	return r
}

// proposed makes an entry and answers its path.
func (r *rules) proposed(t *testing.T, address string) string {
	t.Helper()
	answer := r.admin.post("/organizations/"+r.org.ID+"/context", url.Values{"address": {address}, "purpose": {"Legal hold"}})
	if answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("proposed: %d %s", answer.StatusCode, answer.body)
	}
	return answer.location()
}

func (r *rules) entry(t *testing.T, path string) clawback.ContextEntry {
	t.Helper()
	e, err := r.store.FindContext(t.Context(), clawback.Bot("the test"), strings.TrimPrefix(path, "/context/"))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// sees fails unless the answer has the status and the words.
func sees(t *testing.T, what string, answer page, status int, words ...string) {
	t.Helper()
	if answer.StatusCode != status {
		t.Errorf("%s: %d, want %d", what, answer.StatusCode, status)
	}
	text := strings.Join(strings.Fields(answer.document(t).Text()), " ")
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%s: %q is not in %q", what, w, text)
		}
	}
}

func TestContextPages(t *testing.T) {
	t.Parallel()
	r := newRules(t)
	list := "/organizations/" + r.org.ID + "/context"
	sees(t, "the empty list", r.admin.get(list), 200, "No inbox is named yet", "Propose an inbox")

	t.Run("a refused proposal keeps everything typed", func(t *testing.T) {
		for name, tt := range map[string]struct {
			field, value, words string
		}{
			"no address":    {"address", "nobody", "is not an email address"},
			"a hidden turn": {"address", "\u202Eecnanif@contoso.example", "holds an invisible character (U+202E)"},
			"no purpose":    {"purpose", " ", "Say what the inbox is for"},
			"no date":       {"ends_at", "tomorrow", "This is no date."},
			"a past day":    {"ends_at", "2001-01-01", "This day is over."},
			"a long note":   {"note", strings.Repeat("n", 2001), "This has 2001 characters."},
		} {
			typed := url.Values{"address": {"a@contoso.example"}, "purpose": {"p <b>"}, "note": {"kept note"}, "owner": {"kept owner"}}
			typed.Set(tt.field, tt.value)
			answer := r.admin.post(list, typed)
			sees(t, name, answer, http.StatusUnprocessableEntity, tt.words)
			doc := answer.document(t)
			if owner, _ := doc.Find("#owner").Attr("value"); owner != "kept owner" || doc.Find(".error-summary a[href='#"+tt.field+"']").Length() != 1 {
				t.Errorf("%s: what was typed or the way to the field is lost", name)
			}
		}
	})

	path := r.proposed(t, "hold@contoso.example")
	sees(t, "a duplicate", r.admin.post(list, url.Values{"address": {"HOLD@contoso.example"}, "purpose": {"again"}}), http.StatusConflict, "There is an entry for hold@contoso.example already.")
	sees(t, "the list", r.analyst.get(list), 200, "hold@contoso.example", "Waits for review", "Not selected in the auto remediation, so it protects nothing.")
	sees(t, "the entry", r.analyst.get(path), 200, "Protects nothing yet", "It was not looked up yet.", "Proposed by")

	t.Run("each may what the role allows, in the own organization", func(t *testing.T) {
		other := "/organizations/" + r.other.ID
		for _, tt := range []struct {
			who  *browser
			path string
			want int
		}{
			{r.analyst, list + "/new", 403}, {r.analyst, path + "/edit", 403}, {r.analyst, path + "/deselect", 403}, {r.analyst, "/reviews", 403},
			{r.manager, path + "/deselect", 403}, {r.manager, list + "/new", 200}, {r.manager, path + "/edit", 200}, {r.admin, "/reviews", 403},
			{r.admin, other + "/context", 404}, {r.admin, other + "/context/new", 404}, {r.admin, other + "/auto-remediation", 404},
			{r.manager, other + "/context", 404}, {r.admin, "/context/none", 404}, {r.admin, path + "/deselect", 303},
		} {
			if got := tt.who.get(tt.path).StatusCode; got != tt.want {
				t.Errorf("GET %s: %d, want %d", tt.path, got, tt.want)
			}
		}
		for _, step := range []string{"/select", "/deselect", "/resolve", "", "/review"} {
			if got := r.analyst.post(path+step, url.Values{"status": {"approved"}}).StatusCode; got != 403 {
				t.Errorf("POST %s by an analyst: %d", step, got)
			}
		}
		if got := r.admin.post(path+"/review", url.Values{"status": {"approved"}}).StatusCode; got != 403 {
			t.Errorf("an admin reviews: %d", got)
		}
	})

	t.Run("the second decision gets words and overwrites nothing", func(t *testing.T) {
		seen := strconv.FormatInt(r.entry(t, path).UpdatedAt.UnixMilli(), 10)
		r.clock.Advance(time.Second)
		sees(t, "no word", r.manager.post(path+"/review", url.Values{"comment": {"kept words"}}), 422, "Choose: approve, ask back, or decline.")
		first := r.manager.post(path+"/review", url.Values{"status": {"changes_requested"}, "comment": {"Whose?"}, "seen": {seen}, "from": {"queue"}})
		if first.location() != "/reviews?done="+strings.TrimPrefix(path, "/context/") {
			t.Errorf("decided in the queue: %d to %s", first.StatusCode, first.location())
		}
		sees(t, "the queue after it", r.manager.get(first.location()), 200, "Sent back", "The queue is empty")
		second := r.manager.post(path+"/review", url.Values{"status": {"approved"}, "comment": {"kept words"}, "seen": {seen}})
		sees(t, "the second", second, http.StatusConflict, "sent back this entry while you were at it.", "kept words")
		changed := r.admin.post(path, url.Values{"address": {"hold@contoso.example"}, "purpose": {"kept purpose"}, "seen": {seen}})
		sees(t, "an outdated change", changed, http.StatusConflict, "sent back this entry while you were at it.")
		if value, _ := changed.document(t).Find("#purpose").Attr("value"); value != "kept purpose" {
			t.Errorf("the typed purpose is lost: %q", value)
		}
		if e := r.entry(t, path); e.Status != clawback.ReviewChangesRequested || e.Purpose != "Legal hold" {
			t.Errorf("left %+v", e)
		}
	})

	t.Run("is changed, asked for again, selected, and ends by deselection alone", func(t *testing.T) {
		seen := strconv.FormatInt(r.entry(t, path).UpdatedAt.UnixMilli(), 10)
		r.clock.Advance(time.Second)
		sees(t, "the form", r.admin.get(path+"/edit"), 200, "The engagement manager asks: “Whose?”")
		saved := r.admin.post(path, url.Values{"address": {"hold@contoso.example"}, "purpose": {"Legal hold"}, "comment": {"Legal’s."}, "seen": {seen}})
		if saved.location() != path {
			t.Fatalf("changed: %d %s", saved.StatusCode, saved.body)
		}
		sees(t, "the queue", r.manager.get("/reviews"), 200, "One entry waits for you.", "hold@contoso.example")
		r.admin.post(path+"/select", nil)
		r.manager.post(path+"/review", url.Values{"status": {"declined"}, "comment": {"No."}})
		sees(t, "a declined protection", r.admin.get(path), 200, "In force, and needs your decision", "its review was declined: needs decision", "No removal from it was under way")
		sees(t, "the list", r.admin.get(list), 200, "Needs decision", "They go on protecting until an admin deselects them.")
		sees(t, "the question", r.admin.get(path+"/deselect"), 200, "End the protection of this inbox?", "From then on Clawback removes malicious emails from this inbox")
		sees(t, "another address", r.admin.post(path, url.Values{"address": {"new@contoso.example"}, "purpose": {"p"}}), 422, "Changing the address would end that.")
		r.admin.post(path+"/deselect", nil)
		sees(t, "the end", r.admin.get(path), 200, "Protects nothing yet", "Deselected, so its protection ended, by")
	})
}

// meanwhile lets something happen while Microsoft is asked whether a device is ready.
type meanwhile func()

func (m meanwhile) EnforceBlockedBy(context.Context, string) (string, error) { m(); return "", nil }

// TestASlowChangeEndsNoProtection selects an entry while another's change to enforce waits for Microsoft.
func TestASlowChangeEndsNoProtection(t *testing.T) {
	t.Parallel()
	r := newRules(t)
	device := storetest.Device(t, r.store, r.org)
	entry := strings.TrimPrefix(r.proposed(t, "vip@contoso.example"), "/context/")
	server, err := web.New(r.cfg, web.Deps{Store: r.hooks, Sessions: r.store.WebSessions(), Answers: answers{r.store}, Metrics: prometheus.NewRegistry(),
		Readiness: meanwhile(func() {
			if _, err := r.store.SelectContext(t.Context(), storetest.Admin(r.org), entry); err != nil {
				t.Error(err)
			}
		})})
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(server)
	t.Cleanup(listener.Close)
	r.url = listener.URL
	c := r.client(t, r.token(t, clawback.AllRights()))
	c.want(http.StatusOK, http.MethodPut, "/organizations/"+r.org.ID+"/auto-remediation", object{"mode": "enforce", "devices": []string{device.ID}})
	if e := r.entry(t, "/context/"+entry); !e.Selected {
		t.Error("the entry that was selected meanwhile protects no more")
	}
}

// blocked holds everybody back from enforce.
type blocked struct{ reason string }

func (b blocked) EnforceBlockedBy(context.Context, string) (string, error) { return b.reason, nil }

func TestAutoRemediationPages(t *testing.T) {
	t.Parallel()
	r := newRules(t)
	path := "/organizations/" + r.org.ID + "/auto-remediation"
	r.device(t)
	sees(t, "the setting", r.admin.get(path), 200, "Clawback removes nothing", "500 mailboxes", "Not accepted yet.", "Nothing was changed yet")

	t.Run("the agreement comes first", func(t *testing.T) {
		sees(t, "without it", r.admin.post(path+"/mode", url.Values{"mode": {"observe"}}), 422, "Read the agreement and accept it")
		if got := r.admin.post(path+"/mode", url.Values{"mode": {"observe"}, "agree": {"yes"}}); got.location() != path {
			t.Fatalf("with it: %d %s", got.StatusCode, got.body)
		}
		sees(t, "after it", r.admin.get(path), 200, "Accepted by", "Off → Observe", "Observe mode.")
	})

	t.Run("every answer has its form", func(t *testing.T) {
		for _, tt := range []struct {
			answer string
			form   url.Values
			status int
			words  string
		}{
			{"mode", url.Values{"mode": {"on"}}, 422, "Choose off, observe or enforce."},
			{"removal", url.Values{"removal": {"away"}}, 422, "Choose soft or hard."},
			{"volume-limit", url.Values{"volume_limit": {"many"}}, 422, "Enter a number of mailboxes"},
			{"volume-limit", url.Values{"volume_limit": {"0"}}, 422, "Enter a number of mailboxes"},
			{"volume-limit", url.Values{"volume_limit": {"20"}, "seen": {"1"}}, 409, "changed the auto remediation while you were at it"},
			{"devices", url.Values{"devices": {"none"}}, 422, "has no connected device"},
		} {
			sees(t, tt.answer, r.admin.get(path+"/"+tt.answer), 200)
			sees(t, tt.answer, r.admin.post(path+"/"+tt.answer, tt.form), tt.status, tt.words)
		}
		r.admin.post(path+"/volume-limit", url.Values{"volume_limit": {"1,500"}})
		r.admin.post(path+"/devices", url.Values{"devices": nil})
		r.admin.post(path+"/removal", url.Values{"removal": {"soft"}})
		sees(t, "all", r.analyst.get(path), 200, "1,500 mailboxes without", "500 mailboxes → 1,500 mailboxes", "Microsoft 365 → no device", "3 changes")
	})

	t.Run("is the admin's to change", func(t *testing.T) {
		for name, who := range map[string]*browser{"an analyst": r.analyst, "a manager": r.manager} {
			if got := who.get(path + "/mode").StatusCode; got != 403 {
				t.Errorf("%s gets the form: %d", name, got)
			}
			if got := who.post(path+"/mode", url.Values{"mode": {"off"}}).StatusCode; got != 403 {
				t.Errorf("%s changes the mode: %d", name, got)
			}
			if n := who.get(path).document(t).Find("dd.change a, form[action$=select]").Length(); n != 0 {
				t.Errorf("%s is offered %d changes", name, n)
			}
		}
	})

	t.Run("enforce waits for the required checks, protection never", func(t *testing.T) {
		server, err := web.New(r.cfg, web.Deps{Store: r.hooks, Sessions: r.store.WebSessions(), Answers: answers{r.store},
			Readiness: blocked{"Security Reader is not active."}, Metrics: prometheus.NewRegistry()})
		if err != nil {
			t.Fatal(err)
		}
		listener := httptest.NewServer(server)
		t.Cleanup(listener.Close)
		r.url = listener.URL // the sessions are the same
		sees(t, "enforce", r.admin.post(path+"/mode", url.Values{"mode": {"enforce"}}), http.StatusConflict, "Enforce can’t be switched on yet: Security Reader is not active.")
		entry := r.proposed(t, "vip@contoso.example")
		if got := r.admin.post(entry+"/select", nil); got.location() != entry {
			t.Errorf("selected: %d", got.StatusCode)
		}
		c := r.client(t, r.token(t, clawback.AllRights()))
		c.want(http.StatusConflict, http.MethodPut, "/organizations/"+r.org.ID+"/auto-remediation", object{"mode": "enforce"})
		c.want(http.StatusUnprocessableEntity, http.MethodPut, "/organizations/"+r.org.ID+"/auto-remediation", object{"removal": "away"})
		c.want(http.StatusOK, http.MethodPut, "/organizations/"+r.org.ID+"/auto-remediation", object{"removal": "hard"})
		sees(t, "hard", r.analyst.get(path), 200, "Hard: deleted for good")
	})
}
