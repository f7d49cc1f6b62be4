package m365sim

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strings"
	"time"
)

//go:embed admincenter
var adminFiles embed.FS

// adminViews are the pages, each in the common layout.
var adminViews = func() map[string]*template.Template {
	names, err := adminFiles.ReadDir("admincenter")
	if err != nil {
		panic("m365sim: read the admin center's pages: " + err.Error())
	}
	views := map[string]*template.Template{}
	for _, entry := range names {
		name, isPage := strings.CutSuffix(entry.Name(), ".html")
		if !isPage || name == "layout" {
			continue
		}
		page := template.New(name).Funcs(template.FuncMap{"date": func(t time.Time) string {
			return t.UTC().Format("2 Jan 2006 15:04 UTC")
		}})
		views[name] = template.Must(page.ParseFS(adminFiles, "admincenter/layout.html", "admincenter/"+entry.Name()))
	}

	return views
}()

// adminAnswer is a page, or where to go instead.
type adminAnswer struct {
	status      int // 200 when 0
	view, title string
	section     string      // the entry of the navigation it belongs to
	crumbs      []adminLink // the way to the page
	tabs        []adminLink // pages beside it
	problem     string      // what has to be corrected
	body        any
	location    string
}

type adminLink struct {
	Path, Text string
	Current    bool
}

// adminPage is what the layout shows around an answer.
type adminPage struct {
	Tenant, Base, Person, Roles, Notice string

	Title, Problem string
	Nav            []adminLink
	Crumbs, Tabs   []adminLink
	Body           any
}

var adminSections = []adminLink{
	{Path: "", Text: "Overview"}, {Path: "/roles", Text: "Roles and administrators"},
	{Path: "/apps", Text: "App registrations"}, {Path: "/enterprise-apps", Text: "Enterprise applications"},
	{Path: "/outside", Text: sectionOutside},
}

func (c *adminCall) page() adminPage {
	roles := "no administrator role"
	if len(c.roles) > 0 {
		roles = strings.Join(c.roles, ", ")
	}

	return adminPage{Tenant: c.tenant.name, Base: c.tenant.base(), Person: c.person.Name, Roles: roles,
		Notice: c.session.notice}
}

// write renders the whole page before anything is sent.
func (p adminPage) write(w http.ResponseWriter, ans adminAnswer) {
	if ans.location != "" {
		w.Header().Set("Location", ans.location)
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	p.Title, p.Problem, p.Tabs, p.Body = ans.title, ans.problem, ans.tabs, ans.body
	if p.Base != "" {
		for _, link := range adminSections {
			p.Nav = append(p.Nav, adminLink{Path: p.Base + link.Path, Text: link.Text, Current: link.Text == ans.section})
		}
		for _, link := range ans.crumbs {
			p.Crumbs = append(p.Crumbs, adminLink{Path: p.Base + link.Path, Text: link.Text})
		}
	}
	var out bytes.Buffer
	if err := adminViews[ans.view].ExecuteTemplate(&out, "layout", p); err != nil {
		http.Error(w, "m365sim: render "+ans.view+": "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(max(ans.status, http.StatusOK))
	_, _ = out.WriteTo(w) // the client may have gone
}

// adminProblem is a page which says why something is not there or was not done.
func adminProblem(status int, title, text string) adminAnswer {
	return adminAnswer{status: status, view: "problem", title: title, body: text}
}

func adminNotFound(text string) adminAnswer {
	return adminProblem(http.StatusNotFound, "Not found", text)
}

// refused shows the page again with what has to be corrected.
func (a adminAnswer) refused(problem string) adminAnswer {
	a.status, a.problem = http.StatusUnprocessableEntity, problem

	return a
}

func adminStylesheet(w http.ResponseWriter, _ *http.Request) {
	style, err := adminFiles.ReadFile("admincenter/style.css")
	if err != nil {
		panic("m365sim: read the admin center's stylesheet: " + err.Error())
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(style)
}

type adminSummary struct {
	ID, Domain       string
	Users            int
	Apps, Enterprise int
	TraceSP          bool
	Base             string
	TraceClient      string
}

func adminOverview(c *adminCall) adminAnswer {
	t := c.tenant
	body := adminSummary{ID: t.id, Domain: t.domain, TraceSP: t.traceSP, Base: t.base(), TraceClient: messageTraceAppID}
	for _, r := range t.recipients {
		if r.isUser() {
			body.Users++
		}
	}
	for _, p := range t.principals {
		if p.present {
			body.Enterprise++
		}
		if p.registration.home == t {
			body.Apps++
		}
	}

	return adminAnswer{view: "overview", title: t.name, section: "Overview", body: body}
}
