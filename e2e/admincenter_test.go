package e2e

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// customerApp finds the first customer's tenant and its own app by control.
func (a *app) customerApp(t *testing.T) (tenant, client string) {
	t.Helper()
	answer, err := http.Get(a.Control + "/tenants")
	must(t, err)
	defer answer.Body.Close()
	var list struct {
		Items []struct {
			ID     string
			Domain string
			Apps   []struct {
				Client      string `json:"client_id"`
				MultiTenant bool   `json:"multi_tenant"`
			}
		}
	}
	must(t, json.NewDecoder(answer.Body).Decode(&list))
	for _, item := range list.Items {
		for _, one := range item.Apps {
			if item.Domain == "brightwater.example" && !one.MultiTenant {
				return item.ID, one.Client
			}
		}
	}
	t.Fatal("the first customer has no app of its own")
	return "", ""
}

// TestAdminCenter walks the simulated admin center as the guide does, without JavaScript, and looks at every page.
func TestAdminCenter(t *testing.T) {
	a := startDemo(t)
	tenant, client := a.customerApp(t)
	base := a.Login + "/admin/" + tenant
	p := newPageWith(t, playwright.BrowserNewContextOptions{BaseURL: &a.Login})
	look := func(name string) {
		t.Helper()
		p.See("Simulated Microsoft Entra admin center")
		p.Axe()
		p.Look("admin-center-" + name)
	}
	p.Open(base + "/roles/security-reader")
	look("sign-in")
	p.Click("button", "Sign in as Priya Nair")
	p.See("Template ID")
	look("role")
	p.Click("link", "Add assignments")
	p.Fill("Search for members by name or ID", "mail removal")
	p.Click("button", "Search")
	look("assign")
	p.Expect(422, "/admin/"+tenant+"/roles/security-reader/add")
	p.Click("button", "Add")
	p.See("Select at least one member.")
	look("assign-refused")

	for name, path := range map[string]string{
		"overview": "", "roles": "/roles", "roles-none": "/roles?q=nothing", "apps": "/apps", "app": "/apps/" + client,
		"credentials": "/apps/" + client + "/credentials", "permissions": "/apps/" + client + "/permissions",
		"apis":            "/apps/" + client + "/permissions/add",
		"kinds":           "/apps/" + client + "/permissions/add?api=00000002-0000-0ff1-ce00-000000000000",
		"add-permissions": "/apps/" + client + "/permissions/add?api=00000003-0000-0000-c000-000000000000&kind=application&q=mail",
		"consent":         "/apps/" + client + "/permissions/consent",
		"enterprise":      "/enterprise-apps", "enterprise-app": "/enterprise-apps/" + client,
		"users": "/enterprise-apps/" + client + "/users", "grants": "/enterprise-apps/" + client + "/permissions",
		"new-principal": "/enterprise-apps/new", "new-app": "/apps/new",
	} {
		p.Open(base + path)
		look(name)
	}

	p.Open(base + "/apps")
	p.Click("link", "New registration")
	p.Fill("Name", "Clawback of our own")
	p.Click("button", "Register")
	p.Click("link", "Certificates & secrets")
	p.Click("button", "Add secret")
	p.See("it is not shown again")
	look("secret")

	p.Open(base)
	p.Click("button", "Sign out")
	p.Click("button", "Sign in as Daniel Osei")
	p.Open(base + "/apps/new")
	p.Fill("Name", "Not allowed")
	p.Expect(403, "/admin/"+tenant+"/apps/new")
	p.Click("button", "Register")
	p.See("You don't have access")
	look("no-access")
	p.Expect(404, "/admin/"+tenant+"/nowhere")
	p.Open(base + "/nowhere")
	look("not-found")
}
