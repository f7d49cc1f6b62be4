package m365sim

import (
	"io"
	"net/http"
	"net/url"
	"strings"
)

// The admin center is a small set of pages on which a tenant's administrator does by hand what a setup guide asks
// for in Microsoft's: roles, app registrations, permissions, consent. It looks like nothing of Microsoft's, says on
// every page that it is simulated, and changes the state that control changes. Its pages are not recorded: one of
// them shows a new secret.

// adminRoute is one line of the admin center's table: method and path after /admin/{tenant}, and which directory
// roles may take it, any one of them. Everybody of the tenant may look.
type adminRoute struct {
	pattern string
	rights  []string
	run     func(*adminCall) adminAnswer
}

var adminRoutes = []adminRoute{
	{"GET ", nil, adminOverview},
	{"GET /roles", nil, adminRoles},
	{"GET /roles/{role}", nil, adminRole},
	{"GET /roles/{role}/add", nil, adminAddAssignments},
	{"POST /roles/{role}/add", manageRoles, adminAssign},
	{"POST /roles/{role}/remove", manageRoles, adminUnassign},

	{"GET /apps", nil, adminApps},
	{"GET /apps/new", nil, adminNewApp},
	{"POST /apps/new", manageApps, adminRegister},
	{"GET /apps/{client}", nil, adminApp},
	{"GET /apps/{client}/credentials", nil, adminCredentials},
	{"POST /apps/{client}/certificates", manageApps, adminUpload},
	{"POST /apps/{client}/certificates/delete", manageApps, adminDeleteCertificate},
	{"POST /apps/{client}/secrets", manageApps, adminNewSecret},
	{"POST /apps/{client}/secrets/delete", manageApps, adminDeleteSecret},
	{"GET /apps/{client}/permissions", nil, adminPermissions},
	{"GET /apps/{client}/permissions/add", nil, adminAddPermission},
	{"POST /apps/{client}/permissions/add", manageApps, adminAddedPermissions},
	{"POST /apps/{client}/permissions/remove", manageApps, adminRemovePermission},
	{"GET /apps/{client}/permissions/consent", nil, adminConsentPrompt},
	{"POST /apps/{client}/permissions/consent", grantConsent, adminConsentAnswer},

	{"GET /enterprise-apps", nil, adminEnterpriseApps},
	{"GET /enterprise-apps/new", nil, adminNewPrincipal},
	{"POST /enterprise-apps/new", manageApps, adminProvision},
	{"GET /enterprise-apps/{client}", nil, adminEnterpriseApp},
	{"POST /enterprise-apps/{client}/properties", manageApps, adminSaveProperties},
	{"POST /enterprise-apps/{client}/delete", manageApps, adminDeletePrincipal},
	{"GET /enterprise-apps/{client}/users", nil, adminAppUsers},
	{"POST /enterprise-apps/{client}/users", manageApps, adminAssignUser},
	{"POST /enterprise-apps/{client}/users/remove", manageApps, adminUnassignUser},
	{"GET /enterprise-apps/{client}/permissions", nil, adminGrants},
	{"POST /enterprise-apps/{client}/permissions/revoke", grantConsent, adminRevoke},
	{"GET /enterprise-apps/{client}/permissions/consent", nil, adminGrantPrompt},
	{"POST /enterprise-apps/{client}/permissions/consent", grantConsent, adminGrantAnswer},

	{"GET /outside", nil, adminOutside},
	{"POST /outside", nil, adminOutsideSend},
}

// loginHandler serves sign-in, and the admin center beside it.
func (s *Sim) loginHandler() http.Handler {
	login, admin := s.front(s.loginAnswer), s.adminCenter()

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/admin/") {
			admin.ServeHTTP(w, r)
			return
		}
		login.ServeHTTP(w, r)
	})
}

func (s *Sim) adminCenter() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /admin/assets/style.css", adminStylesheet)
	mux.HandleFunc("POST /admin/{tenant}/sign-in", s.adminSignIn)
	mux.HandleFunc("POST /admin/{tenant}/sign-out", s.adminSignOut)
	for _, route := range adminRoutes {
		method, path, _ := strings.Cut(route.pattern, " ")
		mux.HandleFunc(method+" /admin/{tenant}"+path, s.adminServe(route))
	}
	mux.HandleFunc("/admin/", func(w http.ResponseWriter, _ *http.Request) {
		adminPage{}.write(w, adminNotFound("There is no such page."))
	})
	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		adminPage{}.write(w, adminProblem(http.StatusForbidden, "Not from here",
			"This form was sent from another site, so nothing was changed."))
	}))
	handler := adminHeaders(sameOrigin.Handler(mux))
	if isLoopback(s.cfg.LoginAddr) {
		return onlyLocal(handler)
	}

	return handler
}

func adminHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; " +
				"base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
			"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
			"Referrer-Policy": "same-origin",
		} {
			w.Header().Set(name, value)
		}
		next.ServeHTTP(w, r)
	})
}

// adminCall is one request of somebody signed in. It runs with the tenant locked.
type adminCall struct {
	sim     *Sim
	tenant  *tenant
	session *adminSession
	person  Person
	request *http.Request
	form    url.Values   // query and posted form
	file    []byte       // an uploaded file
	roles   []string     // directory roles of the person now
	later   func() error // done when the tenant is no longer locked
}

const maxAdminForm = 1 << 20

func (s *Sim) adminServe(route adminRoute) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, ok := s.adminCall(w, r)
		if !ok {
			return
		}
		c.tenant.mu.Lock()
		c.roles = c.tenant.activeRoles(c.person.ID, s.now())
		ans := adminNoAccess(c.person, route.rights)
		if c.may(route.rights) {
			ans = route.run(c)
		}
		page := c.page()
		if ans.location == "" {
			c.session.notice = ""
		}
		c.tenant.mu.Unlock()
		if c.later != nil {
			if err := c.later(); err != nil {
				ans = adminProblem(http.StatusInternalServerError, "Not sent", "The email could not be delivered: "+err.Error())
			}
		}
		page.write(w, ans)
	}
}

// adminCall reads the request; where nobody is signed in, the answer is the choice of people.
func (s *Sim) adminCall(w http.ResponseWriter, r *http.Request) (*adminCall, bool) {
	t := s.tenant(r.PathValue("tenant"))
	if t == nil {
		adminPage{}.write(w, adminNotFound("There is no such tenant."))
		return nil, false
	}
	session := s.adminSession(r)
	if session == nil || session.tenant != t {
		t.askWho(w, r)
		return nil, false
	}
	c := &adminCall{sim: s, tenant: t, session: session, request: r}
	_, c.person = s.person(session.personID)
	r.Body = http.MaxBytesReader(w, r.Body, maxAdminForm)
	if err := c.readForm(); err != nil {
		adminPage{}.write(w, adminProblem(http.StatusBadRequest, "Not readable", "The form could not be read. A "+
			"certificate has at most 1 MB."))
		return nil, false
	}

	return c, true
}

func (c *adminCall) readForm() error {
	if !strings.HasPrefix(c.request.Header.Get("Content-Type"), "multipart/") {
		err := c.request.ParseForm()
		c.form = c.request.Form
		return err
	}
	if err := c.request.ParseMultipartForm(maxAdminForm); err != nil {
		return err
	}
	c.form = c.request.Form
	file, _, err := c.request.FormFile("file")
	if err != nil {
		return nil // no file chosen
	}
	defer file.Close()
	c.file, err = io.ReadAll(file)

	return err
}

// value is a field without the blanks around it.
func (c *adminCall) value(name string) string { return strings.TrimSpace(c.form.Get(name)) }

// base is the address of the tenant's pages.
func (t *tenant) base() string { return "/admin/" + t.id }

// after answers a change: the notice shows on the page it leads to.
func (c *adminCall) after(notice string, path ...string) adminAnswer {
	c.session.notice = notice

	return adminAnswer{location: c.tenant.base() + strings.Join(path, "")}
}
