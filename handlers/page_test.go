package handlers_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
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

// fake answers what a test puts into it.
type fake struct {
	handlers.RemediationStore
	remediation clawback.Remediation
	records     []clawback.EmailRecord
	err         error // of everything that changes

	created   clawback.NewRemediation
	existing  bool // CreateRemediation meets one
	found     clawback.FoundEmails
	searched  clawback.EmailSearch
	widened   clawback.Widening
	judged    []string // what was said of a record, and why
	started   []string
	stopped   string
	approved  int
	completed string
	dismissed string
	assigned  string
	commented string
	halted    string
	checked   string
	restored  string
	restores  clawback.RestoreCounts
	copies    []clawback.Copy
	waiting   []clawback.Remediation
	devices   []clawback.DeviceHealth
	open      []clawback.Action
	mailbox   clawback.MailboxFilter
	audit     clawback.AuditFilter
	filter    clawback.RemediationFilter
	actions   clawback.ActionFilter
	causes    []clawback.Cause
	choice    clawback.CauseChoice
	note      string
	record    clawback.EmailRecord
	ordered   string
	kept      []clawback.ActionMailbox
	looked    []string
}

func (f *fake) ListOrganizations(context.Context, clawback.Actor) ([]clawback.Organization, error) {
	return []clawback.Organization{{ID: "o1", Name: "Contoso", Domain: "contoso.com", Mode: clawback.ModeEnforce}, {ID: "o2", Name: "Fabrikam"}}, nil
}
func (f *fake) ListHalts(context.Context, clawback.Actor) ([]clawback.Halt, error) { return nil, nil }
func (f *fake) CountOpenActions(context.Context, clawback.Actor) (int, error)      { return 0, nil }
func (f *fake) CountReviews(context.Context, clawback.Actor) (int, error)          { return 0, nil }
func (f *fake) ListDeviceHealth(_ context.Context, _ clawback.Actor, organization string) ([]clawback.DeviceHealth, error) {
	var list []clawback.DeviceHealth
	for _, d := range f.devices {
		if organization == "" || d.OrganizationID == organization {
			list = append(list, d)
		}
	}
	return list, nil
}
func (f *fake) FindRemediation(context.Context, clawback.Actor, string) (clawback.Remediation, error) {
	return f.remediation, nil
}
func (f *fake) FindAutoRemediation(context.Context, clawback.Actor, string) (clawback.AutoRemediation, error) {
	return clawback.AutoRemediation{Mode: clawback.ModeEnforce, VolumeLimit: 500}, nil
}
func (f *fake) ListRecords(context.Context, clawback.Actor, string, clawback.RecordFilter) (clawback.Page[clawback.EmailRecord], error) {
	return clawback.Page[clawback.EmailRecord]{Items: f.records, Total: len(f.records)}, nil
}
func (f *fake) ListRemediations(_ context.Context, _ clawback.Actor, filter clawback.RemediationFilter) (clawback.Page[clawback.Remediation], error) {
	f.filter = filter
	return clawback.Page[clawback.Remediation]{Items: []clawback.Remediation{f.remediation}, Next: "n2", Total: 40}, nil
}
func (f *fake) CreateRemediation(_ context.Context, _ clawback.Actor, n clawback.NewRemediation) (clawback.Remediation, error) {
	f.created = n
	return clawback.Remediation{ID: "r9", Existing: f.existing}, f.err
}
func (f *fake) StartRemediation(_ context.Context, _ clawback.Actor, id string, most int, reason, reference string) (clawback.Remediation, error) {
	f.started = []string{id, fmt.Sprint(most), reason, reference}
	return f.remediation, f.err
}
func (f *fake) StopRemediation(_ context.Context, _ clawback.Actor, _, reason string) (clawback.Remediation, error) {
	f.stopped = reason
	return f.remediation, f.err
}
func (f *fake) ApproveRemediation(_ context.Context, _ clawback.Actor, _ string, upTo int, _ string) (clawback.Remediation, error) {
	f.approved = upTo
	return f.remediation, f.err
}
func (f *fake) RetryRemediation(_ context.Context, _ clawback.Actor, _ string, choice clawback.CauseChoice) (int, error) {
	f.choice = choice
	return 3, f.err
}
func (f *fake) HandOver(_ context.Context, _ clawback.Actor, _ string, choice clawback.CauseChoice, note string) (int, error) {
	f.choice, f.note = choice, note
	return 1, f.err
}
func (f *fake) ListCauses(context.Context, clawback.Actor, string) ([]clawback.Cause, error) {
	return f.causes, nil
}
func (f *fake) ListActions(_ context.Context, _ clawback.Actor, filter clawback.ActionFilter) (clawback.Page[clawback.Action], error) {
	f.actions = filter
	return clawback.Page[clawback.Action]{Items: f.open, Total: len(f.open)}, nil
}
func (f *fake) FindAction(context.Context, clawback.Actor, string) (clawback.Action, error) {
	return clawback.Action{ID: "a1", OrganizationID: "o1", Status: clawback.ActionOpen, Outcome: clawback.OutcomeProtected, Subject: hostile, Mailboxes: f.kept}, nil
}
func (f *fake) CheckAction(_ context.Context, _ clawback.Actor, id string, records []string) (clawback.ActionLooked, error) {
	f.looked = append(f.looked, id+" "+strings.Join(records, ","))
	return clawback.ActionLooked{}, f.err
}
func (f *fake) ListAssignees(context.Context, clawback.Actor, string) ([]clawback.Assignee, error) {
	return []clawback.Assignee{{ID: "p1", Name: "Ada", Role: clawback.RoleAdmin}, {ID: "p2", Name: hostile, Role: clawback.RoleAnalyst}}, nil
}
func (f *fake) AssignAction(_ context.Context, _ clawback.Actor, id, person string) (clawback.Action, error) {
	f.assigned = person
	return clawback.Action{ID: id}, f.err
}
func (f *fake) CommentAction(_ context.Context, _ clawback.Actor, id, said string) (clawback.Action, error) {
	f.commented = said
	return clawback.Action{ID: id}, f.err
}
func (f *fake) CompleteAction(_ context.Context, _ clawback.Actor, id, comment string) (clawback.Action, error) {
	f.completed = comment
	return clawback.Action{ID: id}, f.err
}
func (f *fake) DismissAction(_ context.Context, _ clawback.Actor, id, reason string) (clawback.Action, error) {
	f.dismissed = reason
	return clawback.Action{ID: id}, f.err
}
func (f *fake) CountRestores(context.Context, clawback.Actor, string) (clawback.RestoreCounts, error) {
	return f.restores, nil
}
func (f *fake) ListKeptEmails(context.Context, clawback.Actor, string) ([]clawback.KeptEmail, error) {
	return nil, nil
}
func (f *fake) RestoreRemediation(_ context.Context, _ clawback.Actor, id, reason string) (clawback.Remediation, error) {
	f.restored = id + " " + reason
	return f.remediation, f.err
}
func (f *fake) RestoreRecord(_ context.Context, _ clawback.Actor, id, reason string) (clawback.EmailRecord, error) {
	f.restored = id + " " + reason
	return clawback.EmailRecord{}, f.err
}
func (f *fake) OrderRemoval(_ context.Context, _ clawback.Actor, id, reason string) (clawback.EmailRecord, error) {
	f.ordered = id + " " + reason
	return clawback.EmailRecord{}, f.err
}
func (f *fake) FindRecord(_ context.Context, _ clawback.Actor, id string) (clawback.EmailRecord, error) {
	if f.record.ID == id {
		return f.record, nil
	}
	return clawback.EmailRecord{ID: id, OrganizationID: "o1", State: clawback.RecordDone, Outcome: clawback.OutcomeRemoved, Copies: f.copies}, nil
}
func (f *fake) ListTimeline(context.Context, clawback.Actor, string) ([]clawback.TimelineEvent, error) {
	return nil, nil
}
func (f *fake) ListWaiting(context.Context, clawback.Actor, string, int) (clawback.Page[clawback.Remediation], error) {
	return clawback.Page[clawback.Remediation]{Items: f.waiting, Total: len(f.waiting)}, nil
}
func (f *fake) ListReviews(context.Context, clawback.Actor) ([]clawback.ContextEntry, error) {
	return []clawback.ContextEntry{{ID: "e1", OrganizationID: "o1", Address: hostile, Purpose: "Archive", Status: clawback.ReviewRequested, UpdatedAt: started}}, nil
}
func (f *fake) ListContext(context.Context, clawback.Actor, string) ([]clawback.ContextEntry, error) {
	return []clawback.ContextEntry{{ID: "e2", OrganizationID: "o1", Address: "kept@contoso.com", Status: clawback.ReviewDeclined, Selected: true}, {ID: "e3", OrganizationID: "o1", Address: "fine@contoso.com"}}, nil
}
func (f *fake) ListMailboxRecords(_ context.Context, _ clawback.Actor, filter clawback.MailboxFilter) (clawback.Page[clawback.EmailRecord], error) {
	f.mailbox = filter
	return clawback.Page[clawback.EmailRecord]{Items: f.records, Total: len(f.records), Next: "n2"}, f.err
}
func (f *fake) ListAudit(_ context.Context, _ clawback.Actor, filter clawback.AuditFilter) (clawback.Page[clawback.AuditEvent], error) {
	f.audit = filter
	return clawback.Page[clawback.AuditEvent]{Next: "n2", Total: -1, Items: []clawback.AuditEvent{{ID: "e1", OrganizationID: "o1", Sequence: 7, At: started, ActorKind: clawback.ActorBot,
		ActorName: "Clawback", OnBehalfOf: "p1", OnBehalfOfName: hostile, Action: "remediation.started", Subject: "r1", SubjectName: hostile, After: []byte(`{"mailboxes":24}`)}}}, nil
}
func (f *fake) CheckAudit(_ context.Context, _ clawback.Actor, chain string, most int) (clawback.AuditCheck, error) {
	f.checked = fmt.Sprint(chain, " ", most)
	return clawback.AuditCheck{OrganizationID: chain, Events: 1000, Checked: min(most, 1000), At: started}, f.err
}
func (f *fake) SetHalt(_ context.Context, _ clawback.Actor, organization, reason string) error {
	f.halted = "set " + organization + " " + reason
	return f.err
}
func (f *fake) LiftHalt(_ context.Context, _ clawback.Actor, organization, reason string) error {
	f.halted = "lift " + organization + " " + reason
	return f.err
}

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

func TestPreviewStart(t *testing.T) {
	t.Parallel()
	t.Run("offers what it does", func(t *testing.T) {
		t.Parallel()
		wants(t, newPortal(ready(), &analyst).get("/remediations/r1"), http.StatusOK,
			"Start removal from 24 mailboxes", `name="max_mailboxes" value="26"`, "up to 26 are cleaned", "<title>“&lt;script&gt;", "R-12 · Clawback</title>")
	})
	t.Run("starts", func(t *testing.T) {
		t.Parallel()
		store := ready()
		form := url.Values{"max_mailboxes": {"24"}, "reason": {" Phishing\r\nkit "}, "reference": {"INC-1"}}
		w := newPortal(store, &analyst).post("/remediations/r1/start", form)
		wants(t, w, http.StatusSeeOther)
		if got := w.Header().Get("Location"); got != "/remediations/r1" {
			t.Errorf("Location = %q", got)
		}
		if got := fmt.Sprintf("%q", store.started); got != `["r1" "24" "Phishing\nkit" "INC-1"]` {
			t.Errorf("started with %s", got)
		}
	})
	t.Run("sends htmx on by header", func(t *testing.T) {
		t.Parallel()
		w := newPortal(ready(), &analyst).post("/remediations/r1/start", url.Values{"max_mailboxes": {"24"}, "reason": {"x"}}, "HX-Request", "true")
		if w.Code != http.StatusNoContent || w.Header().Get("HX-Redirect") != "/remediations/r1" {
			t.Errorf("status %d, HX-Redirect %q", w.Code, w.Header().Get("HX-Redirect"))
		}
	})
	t.Run("keeps what was typed", func(t *testing.T) {
		t.Parallel()
		store := ready()
		w := newPortal(store, &analyst).post("/remediations/r1/start", url.Values{"max_mailboxes": {"24"}, "reason": {" "}, "reference": {hostile}})
		wants(t, w, http.StatusUnprocessableEntity, `class="error-summary" tabindex="-1"`, `href="#reason"`, `id="reason-error"`,
			`aria-invalid="true"`, `value="`+html.EscapeString(hostile)+`"`)
		if store.started != nil {
			t.Error("it was started all the same")
		}
	})
	t.Run("says what changed meanwhile", func(t *testing.T) {
		t.Parallel()
		store := ready()
		store.err = clawback.Errorf(clawback.KindConflict, "Ben started it a second before you.")
		w := newPortal(store, &analyst).post("/remediations/r1/start", url.Values{"max_mailboxes": {"24"}, "reason": {"kit"}})
		wants(t, w, http.StatusConflict, "Ben started it a second before you.", "kit</textarea>")
	})
	t.Run("asks for the number", func(t *testing.T) {
		t.Parallel()
		for _, most := range []string{"", "0", "-1", "many", "99999999999999999999"} {
			wants(t, newPortal(ready(), &analyst).post("/remediations/r1/start", url.Values{"max_mailboxes": {most}, "reason": {"x"}}), http.StatusUnprocessableEntity)
		}
	})
	t.Run("is not for customers", func(t *testing.T) {
		t.Parallel()
		w := newPortal(ready(), &admin).get("/remediations/r1")
		wants(t, w, http.StatusOK)
		if strings.Contains(w.Body.String(), "/start") {
			t.Error("a customer is offered the start")
		}
	})
}

func TestStopApproveRetry(t *testing.T) {
	t.Parallel()
	running := func() *fake {
		store := ready()
		store.remediation.Status, store.remediation.Phase, store.remediation.StartedAt = clawback.StatusInProgress, clawback.PhaseRemoving, started
		return store
	}
	store := running()
	wants(t, newPortal(store, &analyst).post("/remediations/r1/stop", url.Values{"stop_reason": {"Wrong email"}}), http.StatusSeeOther)
	if store.stopped != "Wrong email" {
		t.Errorf("stopped for %q", store.stopped)
	}
	wants(t, newPortal(running(), &analyst).post("/remediations/r1/stop", nil), http.StatusUnprocessableEntity, `href="#stop-reason"`, `id="stop-reason-error"`)

	store = running()
	store.err = clawback.Invalid("reason", "Too long.")
	wants(t, newPortal(store, &analyst).post("/remediations/r1/stop", url.Values{"stop_reason": {"typed"}}), http.StatusUnprocessableEntity, `href="#stop-reason"`, `value="typed"`)

	store = running()
	wants(t, newPortal(store, &analyst).post("/remediations/r1/approve", url.Values{"up_to": {"638"}, "reason": {"seen"}}), http.StatusSeeOther)
	if store.approved != 638 {
		t.Errorf("approved up to %d", store.approved)
	}
	wants(t, newPortal(running(), &analyst).post("/remediations/r1/approve", url.Values{"up_to": {"638"}}), http.StatusUnprocessableEntity, "Say why you approve it")
	wants(t, newPortal(running(), &analyst).post("/remediations/r1/retry", nil), http.StatusSeeOther)
}

func TestCauses(t *testing.T) {
	t.Parallel()
	store := ready()
	store.remediation.Status, store.remediation.Phase, store.remediation.StartedAt = clawback.StatusInProgress, clawback.PhaseWatching, started
	store.causes = []clawback.Cause{{Reason: clawback.ReasonAccessPolicy, Mailboxes: 3, HandOverAt: started.Add(4 * time.Hour)}}
	wants(t, newPortal(store, &analyst).get("/remediations/r1"), http.StatusOK, "Access policy: 3 mailboxes", "hand over: they can delete",
		`name="cause" value="access_policy"`, "Try 3 mailboxes again", `href="/remediations/r1?reason=access_policy#mailboxes"`)
	if w := newPortal(store, &admin).get("/remediations/r1"); !strings.Contains(w.Body.String(), "Access policy: 3 mailboxes") || strings.Contains(w.Body.String(), "hand-over") {
		t.Error("the customer's admin does not see the cause alone")
	}

	w := newPortal(store, &analyst).post("/remediations/r1/retry", url.Values{"cause": {"access_policy"}})
	wants(t, w, http.StatusSeeOther)
	if store.choice.Reason != clawback.ReasonAccessPolicy || len(store.choice.Records) != 0 || w.Header().Get("Location") != "/remediations/r1" {
		t.Errorf("retried %+v, then %s", store.choice, w.Header().Get("Location"))
	}
	w = newPortal(store, &analyst).post("/remediations/r1/hand-over", url.Values{"record": {"rec1"}, "note": {"please"}})
	wants(t, w, http.StatusSeeOther)
	if fmt.Sprint(store.choice.Records) != "[rec1]" || store.note != "please" || w.Header().Get("Location") != "/records/rec1" {
		t.Errorf("handed over %+v with %q, then %s", store.choice, store.note, w.Header().Get("Location"))
	}
}

func TestLive(t *testing.T) {
	t.Parallel()
	store := ready()
	store.remediation.Status, store.remediation.Phase, store.remediation.StartedAt = clawback.StatusInProgress, clawback.PhaseRemoving, started
	w := newPortal(store, &analyst).get("/remediations/r1/live?outcome=removed", "HX-Request", "true", "HX-Request-Type", "partial")
	wants(t, w, http.StatusOK, `hx-get="/remediations/r1/live?outcome=removed"`, `hx-trigger="every 1s"`, `data-announce`, `hx-swap-oob`)
	if strings.Contains(w.Body.String(), "<html") {
		t.Error("a poll answers a page")
	}

	store.remediation.Status, store.remediation.EndedAt = clawback.StatusStopped, started
	w = newPortal(store, &analyst).get("/remediations/r1/live")
	wants(t, w, http.StatusOK, `hx-trigger="every 1s"`, "had left before") // what was on the wire is still looked up

	store.remediation.Counts.Open = 0
	w = newPortal(store, &analyst).get("/remediations/r1/live")
	wants(t, w, http.StatusOK)
	if strings.Contains(w.Body.String(), "hx-get") {
		t.Error("what has ended is polled on")
	}
}

func TestCreate(t *testing.T) {
	t.Parallel()
	fields := func(change ...string) url.Values {
		values := url.Values{"organization_id": {"o1"}, "reason": {"kit"}, "reference": {hostile}}
		for i := 0; i+1 < len(change); i += 2 {
			values.Set(change[i], change[i+1])
		}
		return values
	}
	encoded := base64.StdEncoding.EncodeToString([]byte(headOfEmail))

	for name, test := range map[string]struct {
		values url.Values
		file   string
		id     string
	}{
		"file":               {fields(), headOfEmail, "<8f21c@mx.example>"},
		"file from the form": {fields("eml_base64", encoded), "", "<8f21c@mx.example>"},
		"another file":       {fields("eml_base64", encoded), strings.Replace(headOfEmail, "8f21c", "other", 1), "<other@mx.example>"},
		"typed":              {fields("internet_message_id", " a@b "), "", "<a@b>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &fake{}
			w := newPortal(store, &analyst).upload("/remediations", test.values, test.file)
			wants(t, w, http.StatusSeeOther)
			if got := w.Header().Get("Location"); got != "/remediations/r9" {
				t.Errorf("Location = %q", got)
			}
			if store.created.Targets[0].MessageID != test.id || store.created.OrganizationID != "o1" || store.created.Reason != "kit" || store.created.Start {
				t.Errorf("created %+v", store.created)
			}
		})
	}

	for name, test := range map[string]struct {
		values url.Values
		file   string
		status int
		link   string
		says   string
		kept   bool // the file
	}{
		"neither":          {fields(), "", 422, "#message-id", "Enter a Message-ID", false},
		"both":             {fields("internet_message_id", "a@b"), headOfEmail, 422, "#message-id", "not both", true},
		"no organization":  {fields("organization_id", ""), headOfEmail, 422, "#organization", "Choose the organization", true},
		"not a Message-ID": {fields("internet_message_id", "no id"), "", 422, "#message-id", "This is not a Message-ID", false},
		"not an email":     {fields(), "\x89PNG\r\n\x1a\n", 422, "#eml", "not an email", false},
		"an empty file":    {fields(), " ", 422, "#eml", "empty", false},
		"no Message-ID":    {fields(), "From: a@b.example\r\n\r\n", 422, "#eml", "no Message-ID", false},
		"two Message-IDs":  {fields(), "Message-ID: <c@d>\r\n" + headOfEmail, 422, "#eml", "2 different", false},
		"too large":        {fields(), headOfEmail + strings.Repeat("x", handlers.MaxEmail), 413, "#eml", "25 MB", false},
		"broken base64":    {fields("eml_base64", "%%"), "", 422, "#eml", "got lost", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &fake{}
			w := newPortal(store, &analyst).upload("/remediations", test.values, test.file)
			wants(t, w, test.status, `href="`+test.link+`"`, test.says, "kit</textarea>", `value="`+html.EscapeString(hostile)+`"`)
			if kept := strings.Contains(w.Body.String(), `name="eml_base64"`); kept != test.kept {
				t.Errorf("the file is kept: %v, want %v", kept, test.kept)
			}
			if store.created.OrganizationID != "" {
				t.Error("it was created all the same")
			}
		})
	}

	t.Run("refused by the store", func(t *testing.T) {
		t.Parallel()
		store := &fake{err: clawback.Errorf(clawback.KindConflict, "The auto remediation of this organization is off.")}
		wants(t, newPortal(store, &analyst).upload("/remediations", fields(), headOfEmail), http.StatusConflict,
			"The auto remediation of this organization is off.", `name="eml_base64"`, "kit</textarea>")
	})
}

func TestActions(t *testing.T) {
	t.Parallel()
	store := &fake{}
	p := newPortal(store, &admin)
	for path, want := range map[string]clawback.ActionStatus{"/actions": clawback.ActionOpen, "/actions?status=": "", "/actions?status=any": "", "/actions?status=completed": clawback.ActionCompleted} {
		wants(t, p.get(path), http.StatusOK)
		if store.actions.Status != want {
			t.Errorf("%s lists %q, want %q", path, store.actions.Status, want)
		}
	}
	wants(t, p.post("/actions/a1/complete", url.Values{"comment": {"Deleted it"}}), http.StatusSeeOther)
	wants(t, p.post("/actions/a1/dismiss", nil), http.StatusUnprocessableEntity, `href="#dismiss-reason"`)
	wants(t, p.post("/actions/a1/dismiss", url.Values{"reason": {"Kept on purpose"}}), http.StatusSeeOther)
	if store.completed != "Deleted it" || store.dismissed != "Kept on purpose" {
		t.Errorf("completed %q, dismissed %q", store.completed, store.dismissed)
	}

	admin.ID = "p1"
	wants(t, p.get("/actions?assignee=me"), http.StatusOK, "Nothing is assigned to you")
	if store.actions.Assignee != "p1" {
		t.Errorf("listed those of %q", store.actions.Assignee)
	}
	wants(t, p.get("/actions/a1"), http.StatusOK, "Me: Ada (admin)", "Add comment")
	wants(t, p.post("/actions/a1/assign", url.Values{"assignee": {"p2"}}), http.StatusSeeOther)
	wants(t, p.post("/actions/a1/comments", url.Values{"text": {"one\r\ntwo"}}), http.StatusSeeOther)
	if store.assigned != "p2" || store.commented != "one\ntwo" {
		t.Errorf("assigned %q, commented %q", store.assigned, store.commented)
	}
	store.err = clawback.Invalid("text", "Too long.")
	wants(t, p.post("/actions/a1/comments", url.Values{"text": {hostile}}), http.StatusUnprocessableEntity, `href="#new-comment"`, html.EscapeString(hostile))
	store.err = clawback.Invalid("assignee", "Gone.")
	wants(t, p.post("/actions/a1/assign", url.Values{"assignee": {"p2"}}), http.StatusUnprocessableEntity, `href="#assignee"`, `<option value="p2" selected>`)
	wants(t, newPortal(&fake{}, &analyst).get("/actions/a1"), http.StatusOK, "Everybody of the organization", "Add comment")
}

func TestHalts(t *testing.T) {
	t.Parallel()
	operator := clawback.Actor{Kind: clawback.ActorPerson, StaffRoles: []clawback.Role{clawback.RoleOperator}}
	for name, test := range map[string]struct {
		path   string
		values url.Values
		status int
		want   string
	}{
		"all":            {"/halts", url.Values{"organization_id": {"all"}, "reason": {"Wrong"}}, 303, "set  Wrong"},
		"one":            {"/halts", url.Values{"organization_id": {"o1"}, "reason": {"Wrong"}}, 303, "set o1 Wrong"},
		"lift":           {"/halts/lift", url.Values{"organization_id": {"all"}, "reason": {"Done"}}, 303, "lift  Done"},
		"nothing chosen": {"/halts", url.Values{"reason": {"Wrong"}}, 422, ""},
		"no reason":      {"/halts", url.Values{"organization_id": {"all"}}, 422, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &fake{}
			wants(t, newPortal(store, &operator).post(test.path, test.values), test.status)
			if store.halted != test.want {
				t.Errorf("halted %q, want %q", store.halted, test.want)
			}
		})
	}
}

func TestErrorPage(t *testing.T) {
	t.Parallel()
	p := newPortal(&fake{}, &analyst)
	w := p.get("/broken")
	wants(t, w, http.StatusInternalServerError, "req-1", "Something went wrong on our side")
	if strings.Contains(w.Body.String(), "sql") {
		t.Error("the page tells the inside")
	}
	wants(t, p.get("/nowhere"), http.StatusNotFound, "does not exist", "req-1")
	wants(t, newPortal(&fake{}, nil).get("/"), http.StatusUnauthorized, "not signed in")

	w = p.get("/broken", "HX-Request", "true", "HX-Request-Type", "partial")
	wants(t, w, http.StatusInternalServerError, "This page keeps trying")
	if w.Header().Get("HX-Retarget") != "#notice" || strings.Contains(w.Body.String(), "<html") {
		t.Error("a failed poll takes the page's place")
	}
}

func TestStatusOf(t *testing.T) {
	t.Parallel()
	for kind, want := range map[clawback.Kind]int{
		clawback.KindInvalid: 422, clawback.KindNotFound: 404, clawback.KindConflict: 409, clawback.KindForbidden: 403, clawback.KindUnauthenticated: 401,
		clawback.KindTooLarge: 413, clawback.KindTooMany: 429, clawback.KindUnavailable: 503, clawback.KindInternal: 500, "else": 500,
	} {
		if got := handlers.StatusOf(kind); got != want {
			t.Errorf("StatusOf(%s) = %d, want %d", kind, got, want)
		}
	}
}

func TestSessionEnded(t *testing.T) {
	t.Parallel()
	p := newPortal(&fake{}, nil)
	w := p.post("/ended?x=1", url.Values{"reason": {hostile}, "tick": {"a", "b"}})
	wants(t, w, http.StatusUnauthorized, `action="/ended?x=1"`, `name="reason" value="`+html.EscapeString(hostile)+`"`, `name="tick" value="a"`, `name="tick" value="b"`, "Send again", `target="_blank"`)
	if strings.Contains(w.Body.String(), `name="x"`) {
		t.Error("the query is sent twice")
	}
	w = p.upload("/ended", url.Values{"reason": {"kit"}}, headOfEmail)
	wants(t, w, http.StatusUnauthorized, `enctype="multipart/form-data"`, `name="eml_base64" value="`+base64.StdEncoding.EncodeToString([]byte(headOfEmail)), `name="reason" value="kit"`)
	w = p.upload("/ended", url.Values{"reason": {"kit"}}, strings.Repeat("x", 2<<20))
	wants(t, w, http.StatusUnauthorized, `name="reason" value="kit"`, `type="file"`, "Choose it again")
}

func TestSignInReturn(t *testing.T) {
	t.Parallel()
	p := newPortal(&fake{}, nil)
	wants(t, p.get("/sign-in?return=/remediations/r1"), http.StatusOK, `href="/sign-in/microsoft?return=%2Fremediations%2Fr1"`)
	for _, elsewhere := range []string{"https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"} {
		w := p.get("/sign-in?return=" + url.QueryEscape(elsewhere))
		wants(t, w, http.StatusOK, `href="/sign-in/microsoft"`)
	}
}
