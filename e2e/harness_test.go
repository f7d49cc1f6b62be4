package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/playwright-community/playwright-go"

	"clawback/web/static"
)

// The harness's own tests: a check that can't fail shows nothing. They need no binary.

// policy is the portal's content policy, with Trusted Types.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types htmx"

// head is what every page of the portal loads.
func head() string {
	return fmt.Sprintf(`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Harness</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="htmx-config" content='{"extensions":"trusted-types","history":false,"noSwap":[204,304,"5xx"]}'>
<link rel="icon" href="%s" type="image/svg+xml"><script src="%s"></script>
<link rel="stylesheet" href="%s"><link rel="stylesheet" href="%s">
<script src="%s" defer></script><script src="%s" defer></script><script src="%s" defer></script></head>
<body><div id="live" role="status"></div>`, static.Path("favicon.svg"), static.Path("theme.js"),
		static.Path("vendor/tabler.min.css"), static.Path("app.css"),
		static.Path("vendor/htmx.min.js"), static.Path("htmx-trusted-types.js"), static.Path("app.js"))
}

// serve answers the pages under the portal's policy and the static files beside them.
func serve(t *testing.T, pages map[string]http.HandlerFunc) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(static.FS)))
	for pattern, handler := range pages {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", policy)
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			handler(w, r)
		})
	}
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		server.CloseClientConnections() // else Close waits for those the browser holds in reserve
		server.Close()
	})
	return server.URL
}

func html(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, head(), `<main id="main"><h1>Harness</h1>`, body, `</main></body></html>`)
	}
}

func TestHarness_console(t *testing.T) {
	needBrowser(t)
	base := serve(t, map[string]http.HandlerFunc{
		"GET /good":   html(`<p>Nothing to say.</p>`),
		"GET /broken": html(`<img src="/missing.png" alt="missing">`),
		"GET /inline": html(`<p style="color: red">Refused.</p><script>document.title = "refused"</script>`),
		"GET /throws": html(`<script src="/throws.js"></script>`),
		"GET /throws.js": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/javascript")
			fmt.Fprint(w, `throw new Error("boom")`)
		},
	})
	tests := []struct {
		path   string
		expect []expectation
		want   []string // a part of each surprise, in any order
	}{
		{"/good", nil, nil},
		{"/broken", nil, []string{"status of 404"}},
		{"/broken", []expectation{{404, "/missing.png"}}, nil},
		{"/broken", []expectation{{403, "/missing.png"}}, []string{"status of 404", "did not come: 403"}},
		{"/good", []expectation{{422, "/good"}}, []string{"did not come: 422"}},
		{"/inline", nil, []string{"style", "script"}},
		{"/throws", nil, []string{"boom"}},
	}
	for _, tt := range tests {
		t.Run(strings.Trim(fmt.Sprint(tt.path, tt.expect), "/"), func(t *testing.T) {
			p := openPage(t, playwright.BrowserNewContextOptions{BaseURL: &base})
			for _, e := range tt.expect {
				p.Expect(e.status, e.path)
			}
			p.Open(tt.path)
			got := strings.Join(p.surprises(), "\n")
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("the surprises are %q, want %q among them", got, want)
				}
			}
			if len(tt.want) == 0 && got != "" {
				t.Errorf("the surprises are %q, want none", got)
			}
		})
	}
}

func TestHarness_axe(t *testing.T) {
	needBrowser(t)
	base := serve(t, map[string]http.HandlerFunc{
		"GET /good": html(`<label for="a">Name</label> <input id="a">`),
		"GET /bad":  html(`<input>`),
	})
	p := newPage(t, base)
	p.Open("/bad")
	if found := p.violations(); len(found) == 0 || !strings.Contains(strings.Join(found, " "), "label") {
		t.Errorf("axe found %q in a field without a label", found)
	}
	p.Open("/good")
	p.Axe()
}

// TestStatic_htmx shows the vendored htmx under the strict policy: polling, a form that comes back with errors, a
// redirect, and what was typed staying where it is.
func TestStatic_htmx(t *testing.T) {
	needBrowser(t)
	var polls atomic.Int64
	form := func(errors string) string {
		return `<form id="form" method="post" action="/save" hx-post="/save" hx-target="#form" hx-swap="outerHTML">` + errors +
			`<div class="field"><label for="name">Name</label> <input id="name" name="name"></div><button class="b primary">Save</button></form>`
	}
	fragment := func() string {
		return fmt.Sprintf(`<section id="part" hx-get="/part" hx-trigger="every 100ms" hx-swap="outerMorph">
<p id="count" data-announce>Poll %d</p><time id="when" datetime="2026-11-23T08:41:07Z" data-utc="23 Nov 2026 08:41:07 UTC" data-local="time">08:41:07 UTC</time>
<time id="day" datetime="2025-09-02T08:41:07Z" data-utc="2 Sep 2025 08:41:07 UTC" data-local>2 Sep 2025 08:41:07 UTC</time>
<label for="note">Note</label> <input id="note" name="note"></section>`, min(polls.Load(), 5))
	}
	base := serve(t, map[string]http.HandlerFunc{
		"GET /{$}": func(w http.ResponseWriter, r *http.Request) { html(fragment()+form(""))(w, r) },
		"GET /part": func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("HX-Request") != "true" || r.Header.Get("HX-Request-Type") != "partial" {
				t.Errorf("a poll came with the headers %v", r.Header)
			}
			if polls.Add(1) == 3 {
				w.WriteHeader(http.StatusInternalServerError)
				fmt.Fprint(w, "<p>broken</p>")
				return
			}
			fmt.Fprint(w, fragment())
		},
		"POST /save": func(w http.ResponseWriter, r *http.Request) {
			if r.FormValue("name") == "" {
				w.WriteHeader(http.StatusUnprocessableEntity)
				fmt.Fprint(w, form(`<div class="error-summary" tabindex="-1"><h2>There is a problem</h2></div>`))
				return
			}
			w.Header().Set("HX-Redirect", "/done")
		},
		"GET /done": html(`<p>All done</p>`),
	})

	p := newPageWith(t, playwright.BrowserNewContextOptions{BaseURL: &base, TimezoneId: new("Europe/Berlin")})
	p.Expect(500, "/part")
	p.Expect(422, "/save")
	p.Open("/")
	p.Fill("Note", "half a sentence")
	must(t, p.Locator("#count", playwright.PageLocatorOptions{HasText: "Poll 5"}).WaitFor())
	if value, err := p.Locator("#note").InputValue(); err != nil || value != "half a sentence" {
		t.Errorf("after five polls the note is %q, %v", value, err)
	}
	if focused, err := p.Evaluate(`document.activeElement.id`); err != nil || focused != "note" {
		t.Errorf("after five polls the focus is on %v, %v", focused, err)
	}
	p.Is(p.Locator("#when"), "09:41:07")
	p.Is(p.Locator("#day"), "2 Sep 2025 10:41")
	if title, err := p.Locator("#when").GetAttribute("title"); err != nil || !strings.HasPrefix(title, "23 Nov 2026 08:41:07 UTC, ") {
		t.Errorf("on hover it says %q, %v", title, err)
	}
	must(t, p.EmulateMedia(playwright.PageEmulateMediaOptions{Media: playwright.MediaPrint}))
	printed, err := p.Evaluate(`["content", "display"].map(name => getComputedStyle(document.getElementById("when"), "::after")[name]).join()
		+ getComputedStyle(document.getElementById("when")).fontSize`)
	if err != nil || printed != `"23 Nov 2026 08:41:07 UTC",inline0px` {
		t.Errorf("on paper it says %v, %v", printed, err)
	}
	must(t, p.EmulateMedia(playwright.PageEmulateMediaOptions{Media: playwright.MediaScreen}))

	p.Click("button", "Save")
	p.See("There is a problem")
	if focused, err := p.Evaluate(`document.activeElement.className`); err != nil || focused != "error-summary" {
		t.Errorf("after the error the focus is on %v, %v", focused, err)
	}
	p.Fill("Name", "Contoso")
	p.Click("button", "Save")
	p.See("All done")
	if !strings.HasSuffix(p.URL(), "/done") {
		t.Errorf("the redirect led to %s", p.URL())
	}
}

// TestStatic_postedPages lets nobody go back to a page that was posted: not after a corrected form, and not from what it led to.
func TestStatic_postedPages(t *testing.T) {
	needBrowser(t)
	away, saved := make(chan struct{}), make(chan struct{})
	form := func(errors string) string {
		return errors + `<form method="post" action="/save"><label for="name">Name</label> <input id="name" name="name">
<button name="which" value="second">Save</button></form>`
	}
	base := serve(t, map[string]http.HandlerFunc{
		"GET /{$}":  html(`<a href="/form">To the form</a>`),
		"GET /form": html(form("")),
		"POST /save": func(w http.ResponseWriter, r *http.Request) {
			if r.FormValue("which") != "second" {
				t.Errorf("the button is not among %v", r.Form)
			}
			if r.FormValue("name") == "" {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				w.WriteHeader(http.StatusUnprocessableEntity)
				html(form(`<div class="error-summary" tabindex="-1"><h2>There is a problem</h2></div>`))(w, r)
				return
			}
			w.Header().Set("HX-Redirect", "/done")
		},
		"GET /done": html(`<p>All done</p>`),
		"GET /slow": html(`<form method="post" action="/slow"><button>Save slowly</button></form><a href="/away">Away</a>`),
		"POST /slow": func(w http.ResponseWriter, _ *http.Request) {
			<-away
			w.Header().Set("HX-Redirect", "/done")
			w.WriteHeader(http.StatusNoContent)
			close(saved)
		},
		"GET /away": func(w http.ResponseWriter, r *http.Request) {
			close(away)
			<-saved
			html(`<p>Went away</p>`)(w, r)
		},
	})
	p := newPageWith(t, playwright.BrowserNewContextOptions{BaseURL: &base})
	p.Open("/slow")
	p.Click("button", "Save slowly")
	p.Click("link", "Away")
	p.See("Went away")
	p.Open("/")
	p.Click("link", "To the form")
	for range 2 {
		p.Expect(422, "/save")
		_, err := p.Locator("#name").Evaluate(`field => { field.style.width = "20rem" }`, nil) // as a person who resizes a field does
		must(t, err)
		p.Click("button", "Save")
		p.See("There is a problem")
		must(t, p.Locator(".error-summary:focus").WaitFor())
	}
	p.Fill("Name", "Contoso")
	p.Click("button", "Save")
	p.See("All done")
	for _, want := range []string{"/form", "/"} {
		if _, err := p.GoBack(); err != nil || !strings.HasSuffix(p.URL(), want) {
			t.Fatalf("Back leads to %s, %v; want %s", p.URL(), err, want)
		}
	}
	p.See("To the form")
}

// TestStatic_comforts shows what app.js adds, and that a dark system gets a dark page without it.
func TestStatic_comforts(t *testing.T) {
	needBrowser(t)
	base := serve(t, map[string]http.HandlerFunc{
		"GET /{$}": html(`<form class="search" role="search"><input data-search aria-label="Search"></form>
<button class="copy" type="button" data-copy="&lt;a@b&gt;" aria-label="Copy Message-ID">copy</button>
<form><div class="dropzone" data-dropzone><label for="eml">Drop the file</label><input type="file" id="eml"><output data-dropzone-name></output></div></form>
<label for="theme">Theme</label><select id="theme" data-theme-choice><option value="system">System</option><option value="light">Light</option><option value="dark">Dark</option></select>`),
	})
	p := newPageWith(t, playwright.BrowserNewContextOptions{BaseURL: &base, Permissions: []string{"clipboard-read", "clipboard-write"}})
	p.Open("/")
	must(t, p.Keyboard().Press("/"))
	if focused, err := p.Evaluate(`document.activeElement.matches("[data-search]")`); err != nil || focused != true {
		t.Errorf("the key / focused the search: %v, %v", focused, err)
	}
	p.Click("button", "Copy Message-ID")
	p.Is(p.Locator("#live"), "Copied")
	if copied, err := p.Evaluate(`navigator.clipboard.readText()`); err != nil || copied != "<a@b>" {
		t.Errorf("copied %v, %v", copied, err)
	}
	_, err := p.Evaluate(`() => {
		const data = new DataTransfer();
		data.items.add(new File(["Subject: hello"], "hello.eml"));
		document.querySelector("[data-dropzone]").dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }));
	}`)
	must(t, err)
	p.Is(p.Locator("output"), "hello.eml (1 KB)")

	_, err = p.Locator("#theme").SelectOption(playwright.SelectOptionValues{Values: &[]string{"dark"}})
	must(t, err)
	must(t, playwright.NewPlaywrightAssertions().Locator(p.Locator("html")).ToHaveAttribute("data-bs-theme", "dark"))
	_, err = p.Reload()
	must(t, err)
	if value, err := p.Locator("#theme").InputValue(); err != nil || value != "dark" {
		t.Errorf("after a reload the theme is %q, %v", value, err)
	}
	p.Axe()
	p.Look("comforts")

	plain := newPageWith(t, playwright.BrowserNewContextOptions{
		BaseURL: &base, JavaScriptEnabled: new(false), ColorScheme: playwright.ColorSchemeDark,
	})
	plain.Open("/")
	color, err := plain.Locator("body").Evaluate(`body => getComputedStyle(body).backgroundColor`, nil)
	if err != nil || color != "rgb(16, 22, 30)" {
		t.Errorf("without JavaScript a dark system gets the background %v, %v", color, err)
	}
}
