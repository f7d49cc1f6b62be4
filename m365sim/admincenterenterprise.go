package m365sim

import (
	"slices"
)

const sectionEnterprise = "Enterprise applications"

// adminEnterpriseApps lists the service principals in the tenant, its own apps' and others', and Microsoft's for
// message trace.
func adminEnterpriseApps(c *adminCall) adminAnswer {
	body := adminAppList{Base: c.tenant.base()}
	for _, p := range c.tenant.principals {
		if p.present {
			body.Apps = append(body.Apps, adminAppRow{ClientID: p.registration.clientID, Name: p.registration.name,
				ObjectID: p.id, Enabled: p.enabled})
		}
	}
	if kind, _ := resourceByAppID(messageTraceAppID); c.tenant.traceSP {
		body.Apps = append(body.Apps, adminAppRow{ClientID: kind.appID, Name: kind.name,
			ObjectID: c.tenant.resourceID(kind.appID), Enabled: true})
	}
	slices.SortFunc(body.Apps, byAppName)

	return adminAnswer{view: "enterprise", title: sectionEnterprise, section: sectionEnterprise, body: body}
}

type adminNewPrincipalForm struct{ Base, AppID, TraceAppID string }

// adminNewPrincipal stands for the documented request which creates a service principal from an app id.
func adminNewPrincipal(c *adminCall) adminAnswer {
	return adminAnswer{view: "newprincipal", title: "New service principal", section: sectionEnterprise,
		crumbs: []adminLink{{Path: "/enterprise-apps", Text: sectionEnterprise}},
		body:   adminNewPrincipalForm{Base: c.tenant.base(), AppID: c.value("appId"), TraceAppID: messageTraceAppID}}
}

func adminProvision(c *adminCall) adminAnswer {
	appID := c.value("appId")
	switch c.sim.provision(c.tenant, appID) {
	case provisionUnknown:
		return adminNewPrincipal(c).refused("The appId does not reference a valid application object.")
	case provisionThere:
		return adminNewPrincipal(c).refused("The service principal is there already.")
	}

	return c.after("The service principal was created. It has no permission yet.", "/enterprise-apps/", appID)
}

// enterpriseApp is the installed app in the path.
func (c *adminCall) enterpriseApp() (*principal, bool) {
	p := c.tenant.principals[c.request.PathValue("client")]

	return p, p != nil && p.present
}

func adminNoPrincipal() adminAnswer {
	return adminNotFound("This tenant has no enterprise application with this application id. An application appears here " +
		"when somebody has consented to it, or when its service principal was created.")
}

func (c *adminCall) enterprisePage(p *principal, tab string, ans adminAnswer) adminAnswer {
	at := "/enterprise-apps/" + p.registration.clientID
	ans.section, ans.title = sectionEnterprise, p.registration.name
	ans.crumbs = []adminLink{{Path: "/enterprise-apps", Text: sectionEnterprise}}
	if tab != tabProperties {
		ans.title = tab + ": " + p.registration.name
		ans.crumbs = append(ans.crumbs, adminLink{Path: at, Text: p.registration.name})
	}
	for _, link := range []adminLink{{Path: "", Text: tabProperties}, {Path: "/users", Text: tabUsers},
		{Path: "/permissions", Text: tabGrants}} {
		ans.tabs = append(ans.tabs, adminLink{Path: c.tenant.base() + at + link.Path, Text: link.Text,
			Current: link.Text == tab})
	}

	return ans
}

const (
	tabProperties = "Properties"
	tabUsers      = "Users and groups"
	tabGrants     = "Permissions"
)

type adminEnterpriseView struct {
	At, ClientID, ObjectID, Name string
	Enabled, AssignedOnly        bool
	Own                          string // path of the registration, where it is the tenant's own
	Microsoft                    bool
}

func adminEnterpriseApp(c *adminCall) adminAnswer {
	if c.request.PathValue("client") == messageTraceAppID && c.tenant.traceSP {
		return c.tracePrincipal()
	}
	p, ok := c.enterpriseApp()
	if !ok {
		return adminNoPrincipal()
	}
	body := adminEnterpriseView{At: c.tenant.base() + "/enterprise-apps/" + p.registration.clientID,
		ClientID: p.registration.clientID, ObjectID: p.id, Enabled: p.enabled, AssignedOnly: p.assignedOnly}
	if p.registration.home == c.tenant {
		body.Own = c.tenant.base() + "/apps/" + p.registration.clientID
	}

	return c.enterprisePage(p, tabProperties, adminAnswer{view: "enterpriseapp", body: body})
}

// tracePrincipal is Microsoft's own service principal for message trace; there is nothing to set.
func (c *adminCall) tracePrincipal() adminAnswer {
	kind, _ := resourceByAppID(messageTraceAppID)

	return adminAnswer{view: "enterpriseapp", title: kind.name, section: sectionEnterprise,
		crumbs: []adminLink{{Path: "/enterprise-apps", Text: sectionEnterprise}},
		body: adminEnterpriseView{At: c.tenant.base() + "/enterprise-apps/" + kind.appID, ClientID: kind.appID,
			ObjectID: c.tenant.resourceID(kind.appID), Enabled: true, Microsoft: true}}
}

func adminSaveProperties(c *adminCall) adminAnswer {
	p, ok := c.enterpriseApp()
	if !ok {
		return adminNoPrincipal()
	}
	p.enabled, p.assignedOnly = c.value("enabled") == "yes", c.value("assignment") == "yes"

	return c.after("The properties were saved.", "/enterprise-apps/", p.registration.clientID)
}

// adminDeletePrincipal removes the service principal with all that was granted to it; the registration stays.
func adminDeletePrincipal(c *adminCall) adminAnswer {
	p, ok := c.enterpriseApp()
	trace := c.request.PathValue("client") == messageTraceAppID && c.tenant.traceSP
	if !ok && !trace {
		return adminNoPrincipal()
	}
	if c.value("sure") != "yes" {
		return adminEnterpriseApp(c).refused("Confirm that the application shall be deleted.")
	}
	if trace {
		c.tenant.traceSP = false
		return c.after("The service principal was deleted.", "/enterprise-apps")
	}
	p.present, p.enabled, p.assignedOnly, p.assigned, p.roles = false, true, false, nil, nil
	p.permissions = slices.Clone(p.permissions)
	for i := range p.permissions {
		p.permissions[i].consented = false
	}

	return c.after(p.registration.name+" was deleted from this tenant.", "/enterprise-apps")
}
