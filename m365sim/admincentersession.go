package m365sim

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// adminCookie has a name no portal beside it uses: cookies know no ports.
const adminCookie = "m365sim-admin"

// adminSession is somebody signed in to the admin center of one tenant, whose lock guards what changes.
type adminSession struct {
	tenant   *tenant
	personID string
	notice   string       // said once, on the next page
	secret   *shownSecret // shown once
}

// shownSecret is a secret just made, by the app it is for.
type shownSecret struct{ clientID, id string }

type adminSessions struct {
	mu   sync.Mutex
	byID map[string]*adminSession
}

const keptSessions = 1000

func (a *adminSessions) put(session *adminSession) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byID == nil || len(a.byID) >= keptSessions {
		a.byID = map[string]*adminSession{}
	}
	id := rand.Text()
	a.byID[id] = session

	return id
}

func (a *adminSessions) get(id string) *adminSession {
	a.mu.Lock()
	defer a.mu.Unlock()

	return a.byID[id]
}

func (a *adminSessions) drop(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.byID, id)
}

func (s *Sim) adminSession(r *http.Request) *adminSession {
	cookie, err := r.Cookie(adminCookie)
	if err != nil {
		return nil
	}

	return s.admin.get(cookie.Value)
}

type adminChoice struct {
	Action, Next string
	People       []adminPerson
}

type adminPerson struct{ ID, Name, UPN, Roles string }

// askWho shows whom one can sign in as, in place of the page asked for. A change is lost; the form has to be sent
// again.
func (t *tenant) askWho(w http.ResponseWriter, r *http.Request) {
	choice, status := adminChoice{Action: t.base() + "/sign-in", Next: r.URL.RequestURI()}, http.StatusOK
	if r.Method != http.MethodGet {
		choice.Next, status = t.base(), http.StatusUnauthorized
	}
	for _, p := range t.people {
		roles := "no administrator role"
		if len(p.DirectoryRoles) > 0 {
			roles = strings.Join(p.DirectoryRoles, ", ")
		}
		choice.People = append(choice.People, adminPerson{ID: p.ID, Name: p.Name, UPN: p.UserPrincipalName, Roles: roles})
	}
	adminPage{Tenant: t.name}.write(w, adminAnswer{status: status, view: "sign-in", title: "Sign in", body: choice})
}

// adminSignIn signs a person of the tenant in and goes back to the page that was asked for.
func (s *Sim) adminSignIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxAdminForm)
	t, home := s.tenant(r.PathValue("tenant")), (*tenant)(nil)
	if t != nil {
		home, _ = s.person(r.PostFormValue("person"))
	}
	if t == nil || home != t {
		adminPage{}.write(w, adminProblem(http.StatusForbidden, "You don't have access",
			"AADSTS50020: The user account does not exist in this tenant."))
		return
	}
	id := s.admin.put(&adminSession{tenant: t, personID: r.PostFormValue("person")})
	setAdminCookie(w, id, 0)
	w.Header().Set("Location", t.ownPath(r.PostFormValue("next")))
	w.WriteHeader(http.StatusSeeOther)
}

func (s *Sim) adminSignOut(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(adminCookie); err == nil {
		s.admin.drop(cookie.Value)
	}
	setAdminCookie(w, "", -1)
	w.Header().Set("Location", "/admin/"+url.PathEscape(r.PathValue("tenant")))
	w.WriteHeader(http.StatusSeeOther)
}

func setAdminCookie(w http.ResponseWriter, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{Name: adminCookie, Value: value, Path: "/admin/", MaxAge: maxAge, HttpOnly: true,
		SameSite: http.SameSiteLaxMode})
}

// ownPath lets a sign-in lead to the tenant's own pages only.
func (t *tenant) ownPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || strings.Contains(next, `\`) {
		return t.base()
	}
	for _, name := range []string{t.id, t.domain} {
		if u.Path == "/admin/"+name || strings.HasPrefix(u.Path, "/admin/"+name+"/") {
			return u.String()
		}
	}

	return t.base()
}
