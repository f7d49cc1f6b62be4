package main

import (
	"os"
	"path"
	"strings"
	"testing"
	"testing/fstest"
)

// TestCheck shows for each rule a source that breaks it and one beside it that does not.
func TestCheck(t *testing.T) {
	tests := []struct {
		name   string
		file   string
		source string
		want   string // part of the finding; empty when there is none
	}{
		{"root keeps to the standard library", "record.go", "package clawback\nimport \"github.com/google/uuid\"", "standard library alone"},
		{"root may use the standard library", "record.go", "package clawback\nimport \"time\"", ""},
		{"root imports no package of the project", "record.go", "package clawback\nimport \"clawback/store\"", "no arrow from . to store"},
		{"handlers may show views", "handlers/home.go", "package handlers\nimport \"clawback/views\"", ""},
		{"handlers may not reach the store", "handlers/home.go", "package handlers\nimport \"clawback/store\"", "no arrow from handlers to store"},
		{"handlers may not look up to web", "handlers/home.go", "package handlers\nimport \"clawback/web\"", "no arrow from handlers to web"},
		{"views may not reach handlers", "views/home.go", "package views\nimport \"clawback/handlers\"", "no arrow"},
		{"views may link to the static files", "views/page.go", "package views\nimport \"clawback/web/static\"", ""},
		{"store may not reach graphclient", "store/record.go", "package store\nimport \"clawback/graphclient\"", "no arrow"},
		{"graphclient may not reach store", "graphclient/mail.go", "package graphclient\nimport \"clawback/store\"", "no arrow"},
		{"the simulator does not know the root", "m365sim/sim.go", "package m365sim\nimport \"clawback\"", "no arrow from m365sim to ."},
		{"the simulator's parts know each other", "m365sim/control/http.go", "package control\nimport \"clawback/m365sim\"", ""},
		{"purge may not reach graphclient", "purge/remove.go", "package purge\nimport \"clawback/graphclient\"", "no arrow"},
		{"purge's external tests may", "purge/remove_test.go", "package purge_test\nimport (\"clawback/graphclient\"; \"clawback/m365sim\"; \"clawback/store/storetest\")", ""},
		{"purge's inner tests may not", "purge/remove_test.go", "package purge\nimport \"clawback/graphclient\"", "no arrow"},
		{"cmd's demo may simulate", "cmd/clawback/demo.go", "package main\nimport \"clawback/m365sim\"", ""},
		{"cmd's simulate may simulate", "cmd/clawback/simulate.go", "package main\nimport \"clawback/m365sim\"", ""},
		{"serve has no way to the simulator", "cmd/clawback/serve.go", "package main\nimport \"clawback/m365sim\"", "serve has no way to it"},
		{"an unknown folder has no place", "util/strings.go", "package util\nimport \"strings\"", "not part of the layout"},

		{"the SDK stays in graphclient", "purge/remove.go", "package purge\nimport \"github.com/microsoftgraph/msgraph-sdk-go/users\"", "allowed in graphclient, clients alone"},
		{"graphclient may use the SDK", "graphclient/mail.go", "package graphclient\nimport \"github.com/microsoftgraph/msgraph-sdk-go/users\"", ""},
		{"kiota stays in graphclient", "setup/check.go", "package setup\nimport khttp \"github.com/microsoft/kiota-http-go\"", "allowed in graphclient, clients alone"},
		{"the simulator's foreign clients may use the SDK", "m365sim/clients/graph_test.go", "package clients_test\nimport (\"clawback/m365sim\"; \"github.com/microsoftgraph/msgraph-sdk-go/users\")", ""},
		{"the simulator itself may not", "m365sim/mail_test.go", "package m365sim_test\nimport \"github.com/microsoftgraph/msgraph-sdk-go/users\"", "allowed in graphclient, clients alone"},
		{"graphclient's tokens are its own", "graphclient/token.go", "package graphclient\nimport \"github.com/Azure/azure-sdk-for-go/sdk/azidentity\"", "allowed in clients alone"},
		{"nobody leans on the foreign clients", "m365sim/sim_test.go", "package m365sim_test\nimport \"clawback/m365sim/clients\"", "no arrow from m365sim to clients"},
		{"River stays out of web", "web/routes.go", "package web\nimport \"github.com/riverqueue/river\"", "allowed in store, purge, cmd alone"},
		{"SQL stays out of cmd", "cmd/clawback/serve.go", "package main\nimport \"database/sql\"", "allowed in store alone"},
		{"echo stays out of views", "views/home.go", "package views\nimport \"github.com/labstack/echo/v4\"", "allowed in web, handlers alone"},
		{"templ stays out of store", "store/record.go", "package store\nimport \"github.com/a-h/templ\"", "allowed in views, handlers, web alone"},
		{"testing stays out of the product", "purge/fake.go", "package purge\nimport \"testing\"", "stay out of the product"},
		{"fakes stay out of the product", "cmd/clawback/serve.go", "package main\nimport \"clawback/store/storetest\"", "stay out of the product"},
		{"a package for tests may use testing", "store/storetest/suite.go", "package storetest\nimport (\"testing\"; \"clawback/store\")", ""},

		{"store shows no database/sql", "store/db.go", "package store\nimport \"database/sql\"\nfunc Open() *sql.DB { return nil }", "Open shows database/sql.DB"},
		{"store shows no River", "store/job.go", "package store\nimport \"github.com/riverqueue/river\"\ntype DB struct{ Client *river.Client }", "DB shows github.com/riverqueue/river.Client"},
		{"store keeps them inside", "store/db.go", "package store\nimport \"database/sql\"\ntype DB struct{ db *sql.DB }\nfunc (d *DB) conn() *sql.DB { return d.db }", ""},
		{"JobDriver is the exception", "store/job.go", "package store\nimport \"database/sql\"\ntype DB struct{}\nfunc (d *DB) JobDriver() *sql.DB { return nil }", ""},

		{"nolint wants a reason", "store/db.go", "package store\nvar a = 1 //nolint:unused", "name the linter and the reason"},
		{"nolint with a reason", "store/db.go", "package store\nvar a = 1 //nolint:unused // read by the migration", ""},
		{"no sleeping in tests", "store/db_test.go", "package store\nimport \"time\"\nfunc f() { time.Sleep(1) }", "time.Sleep in a test"},
		{"waiting in the product", "store/db.go", "package store\nimport \"time\"\nfunc f() { time.Sleep(1) }", ""},
		{"no raw HTML in Go", "views/mail.go", "package views\nimport \"github.com/a-h/templ\"\nvar x = templ.Raw(\"<b>\")", "unescaped"},

		{"no raw HTML in templates", "views/a.templ", "\t@templ.Raw(subject)", "unescaped"},
		{"no style attribute", "views/a.templ", `<p style="color:red">`, "style attribute"},
		{"no conditional style attribute", "views/a.templ", "<p\n style={ x }>", "style attribute"},
		{"no inline script", "views/a.templ", "<script>alert(1)</script>", "inline code"},
		{"a script with its address", "views/a.templ", `<script src={ static.Path("app.js") } defer></script>`, ""},
		{"no event handler", "views/a.templ", `<button onclick="x()">`, "event handler"},
		{"no hx-on", "views/a.templ", `<button hx-on:click="x()">`, "hx-on"},
		{"no condition in a trigger", "views/a.templ", `<div hx-trigger="every 2s [ready]">`, "evaluated as code"},
		{"plain htmx", "views/a.templ", `<div hx-get="/x" hx-trigger="every 2s" hx-swap="outerMorph" data-style="quiet">`, ""},
		{"a sentence with equals in it", "views/a.templ", "<p>Version = 2</p>", ""},

		{"migrations start at one", "store/migrations/sqlite/00002_more.sql", "", "stands where 1 is due"},
		{"migrations have names", "store/migrations/sqlite/first.sql", "", "is named like"},
		{"the first migration", "store/migrations/sqlite/00001_first.sql", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			problems, err := check(fstest.MapFS{tt.file: {Data: []byte(tt.source)}})
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case tt.want == "" && len(problems) > 0:
				t.Errorf("found %v, want nothing", problems)
			case tt.want != "" && len(problems) != 1:
				t.Errorf("found %v, want one with %q", problems, tt.want)
			case tt.want != "" && !strings.Contains(problems[0].String(), tt.want):
				t.Errorf("found %q, want %q in it", problems[0], tt.want)
			}
		})
	}
}

func TestMigrationsWithTheSameNumber(t *testing.T) {
	problems, err := check(fstest.MapFS{
		"store/migrations/00001_a.sql": {}, "store/migrations/00002_b.sql": {}, "store/migrations/00002_c.sql": {},
	})
	if err != nil || len(problems) != 1 {
		t.Errorf("found %v, %v, want the double", problems, err)
	}
}

// TestRunOutside makes sure that being started in the wrong folder does not pass for a clean tree.
func TestRunOutside(t *testing.T) {
	if err := run(os.DirFS(t.TempDir())); err == nil {
		t.Error("no error where there is no go.mod")
	}
}

// TestEveryArrowLeadsSomewhere catches a misspelled package in the tables, which would forbid or allow nothing.
func TestEveryArrowLeadsSomewhere(t *testing.T) {
	for _, table := range []map[string][]string{arrows, testArrows} {
		for from, all := range table {
			for _, to := range append(all, from) {
				if _, ok := arrows[to]; !ok {
					t.Errorf("%s → %s: no such package", from, to)
				}
			}
		}
	}
	for _, c := range confinements {
		for _, unit := range c.in {
			if _, ok := arrows[path.Clean(unit)]; !ok {
				t.Errorf("%s is confined to %s: no such package", c.prefix, unit)
			}
		}
	}
}
