package handlers_test

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/handlers"
)

const hostile = "<script>alert(1)</script> \"quoted\" & \u202egpj.exe"

var (
	admin   = clawback.Actor{Kind: clawback.ActorPerson, Memberships: []clawback.Membership{{OrganizationID: "o1", Role: clawback.RoleAdmin}}}
	analyst = clawback.Actor{Kind: clawback.ActorPerson, ID: "p1", Name: "Ada", StaffRoles: []clawback.Role{clawback.RoleSOCAnalyst}, RequestID: "req-1"}
	started = time.Date(2026, 11, 23, 9, 41, 0, 0, time.UTC)
)

// portal is the pages over a fake, for one actor.
type portal struct {
	echo *echo.Echo
}

func newPortal(store *fake, actor *clawback.Actor) *portal {
	shell := handlers.NewShell(handlers.ShellConfig{Store: store, Now: func() time.Time { return started }})
	e := echo.New()
	e.HTTPErrorHandler = func(err error, c echo.Context) { _ = shell.ErrorPage(c, err) }
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if actor != nil {
				c.SetRequest(c.Request().WithContext(clawback.WithActor(c.Request().Context(), *actor)))
			}
			c.Response().Header().Set(echo.HeaderXRequestID, "req-1")
			return next(c)
		}
	})
	remediations, creation := handlers.NewRemediations(shell, store), handlers.NewNewRemediation(shell, store, store)
	actions, halts := handlers.NewActions(shell, store, store), handlers.NewHalts(shell, store)
	e.GET("/", handlers.NewHome(shell, store).Show)
	e.GET("/sign-in", handlers.NewSignIn(shell).Show)
	e.GET("/remediations", remediations.List)
	e.GET("/remediations/new", creation.New)
	e.POST("/remediations", creation.Create)
	e.GET("/remediations/:id", remediations.Show)
	e.GET("/remediations/:id/live", remediations.Live)
	e.POST("/remediations/:id/start", remediations.Start)
	e.POST("/remediations/:id/stop", remediations.Stop)
	e.GET("/remediations/search", creation.Search)
	e.POST("/remediations/:id/widen", remediations.Widen)
	e.POST("/remediations/:id/approve", remediations.Approve)
	e.POST("/remediations/:id/retry", remediations.Retry)
	e.POST("/remediations/:id/hand-over", remediations.HandOver)
	e.GET("/actions", actions.List)
	e.GET("/actions/:id", actions.Show)
	e.POST("/actions/:id/assign", actions.Assign)
	e.POST("/actions/:id/check", actions.Check)
	e.POST("/actions/:id/comments", actions.Comment)
	e.POST("/actions/:id/complete", actions.Complete)
	e.POST("/actions/:id/dismiss", actions.Dismiss)
	records := handlers.NewRecords(shell, store)
	e.GET("/records/:id", records.Show)
	e.POST("/records/:id/restore", records.Restore)
	e.POST("/records/:id/accept", records.Accept)
	e.POST("/records/:id/leave", records.Leave)
	e.GET("/records/:id/remove", records.AskOrder)
	e.POST("/records/:id/remove", records.Order)
	e.POST("/remediations/:id/restore", remediations.Restore)
	e.GET("/mailboxes", handlers.NewMailboxes(shell, store).Show)
	e.GET("/audit", handlers.NewAudit(shell, store).List)
	e.GET("/halts", halts.List)
	e.POST("/halts", halts.Set)
	e.POST("/halts/lift", halts.Lift)
	e.POST("/ended", shell.SessionEnded)
	e.GET("/broken", func(echo.Context) error { return errors.New("sql: secret of the inside") })
	return &portal{echo: e}
}

func (p *portal) get(path string, headers ...string) *httptest.ResponseRecorder {
	return p.do(httptest.NewRequest(http.MethodGet, path, nil), headers...)
}

func (p *portal) post(path string, values url.Values, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return p.do(r, headers...)
}

func (p *portal) upload(path string, values url.Values, file string) *httptest.ResponseRecorder {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if file != "" {
		part, _ := form.CreateFormFile("eml", "invoice.eml")
		_, _ = io.WriteString(part, file)
	}
	for name := range values { // after the file, as in the page
		_ = form.WriteField(name, values.Get(name))
	}
	_ = form.Close()
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return p.do(r)
}

func (p *portal) do(r *http.Request, headers ...string) *httptest.ResponseRecorder {
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	p.echo.ServeHTTP(w, r)
	return w
}

func wants(t *testing.T, w *httptest.ResponseRecorder, status int, texts ...string) {
	t.Helper()
	if w.Code != status {
		t.Fatalf("status = %d, want %d: %s", w.Code, status, w.Body)
	}
	for _, text := range texts {
		if !strings.Contains(w.Body.String(), text) {
			t.Errorf("the page lacks %q:\n%s", text, w.Body)
		}
	}
}

func ready() *fake {
	return &fake{remediation: clawback.Remediation{
		ID: "r1", Number: 12, OrganizationID: "o1", OrganizationName: "Contoso", Status: clawback.StatusDraft, PreviewedAt: started,
		Targets: []clawback.Target{{MessageID: "<a@b>", Sender: "evil@x.example", Subject: hostile}},
		Counts:  clawback.Counts{Mailboxes: 25, Open: 24, Outcomes: map[clawback.Outcome]int{clawback.OutcomeProtected: 1}},
	}}
}

func TestPageOrFragment(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		headers []string
		page    bool
	}{
		"plain":           {nil, true},
		"partial":         {[]string{"HX-Request", "true", "HX-Request-Type", "partial"}, false},
		"full":            {[]string{"HX-Request", "true", "HX-Request-Type", "full"}, true},
		"boosted":         {[]string{"HX-Request", "true", "HX-Request-Type", "partial", "HX-Boosted", "true"}, true},
		"history restore": {[]string{"HX-Request", "true", "HX-Request-Type", "partial", "HX-History-Restore-Request", "true"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newPortal(ready(), &analyst).get("/remediations/r1", test.headers...)
			wants(t, w, http.StatusOK, "24 of 25 mailboxes")
			if page := strings.Contains(w.Body.String(), "<html"); page != test.page {
				t.Errorf("page = %v, want %v", page, test.page)
			}
			if got := w.Header().Get("Vary"); got != "HX-Request-Type, HX-Request" {
				t.Errorf("Vary = %q", got)
			}
		})
	}
}

func TestHostileSubject(t *testing.T) {
	t.Parallel()
	p := newPortal(ready(), &analyst)
	for _, path := range []string{"/remediations/r1", "/remediations", "/", "/actions/a1", "/remediations?q=" + url.QueryEscape(hostile)} {
		body := p.get(path).Body.String()
		if strings.Contains(body, "<script>alert") || strings.Contains(regexp.MustCompile(`value="[^"]*"`).ReplaceAllString(body, ""), "\u202e") {
			t.Errorf("%s shows the subject as more than text", path)
		}
		if !strings.Contains(body, "&lt;script&gt;alert(1)&lt;/script&gt;") {
			t.Errorf("%s does not show the subject", path)
		}
	}
}
