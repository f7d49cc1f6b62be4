package m365sim

import (
	"cmp"
	"slices"
)

const sectionApps = "App registrations"

type adminAppRow struct {
	ClientID, ObjectID, Name string
	Enabled                  bool
}

type adminAppList struct {
	Base string
	Apps []adminAppRow
}

// adminApps lists the tenant's own registrations.
func adminApps(c *adminCall) adminAnswer {
	body := adminAppList{Base: c.tenant.base()}
	for _, p := range c.tenant.principals {
		if p.registration.home == c.tenant {
			body.Apps = append(body.Apps, adminAppRow{ClientID: p.registration.clientID, Name: p.registration.name,
				ObjectID: c.tenant.applicationID(p.registration)})
		}
	}
	slices.SortFunc(body.Apps, byAppName)

	return adminAnswer{view: "apps", title: sectionApps, section: sectionApps, body: body}
}

func byAppName(a, b adminAppRow) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ClientID, b.ClientID))
}

type adminNewAppForm struct{ Base, Name string }

func adminNewApp(c *adminCall) adminAnswer {
	return adminAnswer{view: "newapp", title: "Register an application", section: sectionApps,
		crumbs: []adminLink{{Path: "/apps", Text: sectionApps}},
		body:   adminNewAppForm{Base: c.tenant.base(), Name: c.value("name")}}
}

const longestAppName = 120

// adminRegister makes a registration with its service principal; names need not differ, as in Entra.
func adminRegister(c *adminCall) adminAnswer {
	name := c.value("name")
	if name == "" || len([]rune(name)) > longestAppName {
		return adminNewApp(c).refused("Enter a name of at most 120 characters.")
	}
	r := c.sim.newRegistration(name)
	p := c.tenant.install(r)
	p.permissions = []permission{{resource: graphAppID, value: "User.Read",
		roleID: appRoleID(graphAppID, "User.Read"), delegated: true}}

	return c.after("The application was registered.", "/apps/", r.clientID)
}

// newRegistration makes a registration without a credential.
func (s *Sim) newRegistration(name string) *registration {
	r := &registration{clientID: s.nextID("app"), name: name}
	s.appsMu.Lock()
	defer s.appsMu.Unlock()
	s.apps[r.clientID] = r

	return r
}

// ownApp is the registration in the path with its service principal, where this tenant is its home.
func (c *adminCall) ownApp() (*principal, bool) {
	p := c.tenant.principals[c.request.PathValue("client")]

	return p, p != nil && p.registration.home == c.tenant
}

func adminNoApp() adminAnswer {
	return adminNotFound("This tenant has no registration of an application with this client id.")
}

// appPage puts the common way and the pages beside it round a page of one registration.
func (c *adminCall) appPage(p *principal, tab string, ans adminAnswer) adminAnswer {
	at := "/apps/" + p.registration.clientID
	ans.section, ans.title = sectionApps, p.registration.name
	ans.crumbs = []adminLink{{Path: "/apps", Text: sectionApps}}
	if tab != tabOverview {
		ans.title = tab + ": " + p.registration.name
		ans.crumbs = append(ans.crumbs, adminLink{Path: at, Text: p.registration.name})
	}
	for _, link := range []adminLink{{Path: "", Text: tabOverview}, {Path: "/credentials", Text: tabCredentials},
		{Path: "/permissions", Text: tabPermissions}} {
		ans.tabs = append(ans.tabs, adminLink{Path: c.tenant.base() + at + link.Path, Text: link.Text,
			Current: link.Text == tab})
	}

	return ans
}

const (
	tabOverview    = "Overview"
	tabCredentials = "Certificates & secrets"
	tabPermissions = "API permissions"
)

type adminAppView struct {
	Base, ClientID, TenantID, ObjectID string
	PrincipalID                        string
	Present                            bool
}

func adminApp(c *adminCall) adminAnswer {
	p, ok := c.ownApp()
	if !ok {
		return adminNoApp()
	}

	return c.appPage(p, tabOverview, adminAnswer{view: "app", body: adminAppView{Base: c.tenant.base(),
		ClientID: p.registration.clientID, TenantID: c.tenant.id, ObjectID: c.tenant.applicationID(p.registration),
		PrincipalID: p.id, Present: p.present}})
}
