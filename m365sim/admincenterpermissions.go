package m365sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

type adminPermission struct {
	Resource, API, Value, Kind string
	Delegated, Granted         bool
	Since                      time.Time
}

type adminPermissionsView struct {
	Tenant, At  string
	Permissions []adminPermission
}

// shownPermissions are all an app asks for or was granted, by API and name.
func shownPermissions(list []permission) []adminPermission {
	var out []adminPermission
	for _, one := range list {
		api, _ := resourceByAppID(one.resource)
		kind := "Application"
		if one.delegated {
			kind = "Delegated"
		}
		out = append(out, adminPermission{Resource: one.resource, API: api.name, Value: one.value, Kind: kind,
			Delegated: one.delegated, Granted: one.consented, Since: one.since})
	}
	slices.SortStableFunc(out, func(a, b adminPermission) int {
		return strings.Compare(a.API+"\n"+a.Value, b.API+"\n"+b.Value)
	})

	return out
}

func adminPermissions(c *adminCall) adminAnswer {
	p, ok := c.ownApp()
	if !ok {
		return adminNoApp()
	}

	return c.appPage(p, tabPermissions, adminAnswer{view: "permissions", body: adminPermissionsView{
		Tenant: c.tenant.name, At: c.tenant.base() + "/apps/" + p.registration.clientID + "/permissions",
		Permissions: shownPermissions(p.permissions)}})
}

type adminAddPermissionView struct {
	At, API, APIName, Kind, Search string
	APIs                           []adminAPI
	Offered                        []adminOffer
}

// adminAPI is an API one can ask permissions of.
type adminAPI struct{ AppID, Name string }

type adminOffer struct {
	Value         string
	Asked, Chosen bool
}

const (
	kindApplication = "application"
	kindDelegated   = "delegated"
)

// adminAddPermission goes three steps: the API, delegated or application, and which.
func adminAddPermission(c *adminCall) adminAnswer {
	p, ok := c.ownApp()
	if !ok {
		return adminNoApp()
	}
	body := adminAddPermissionView{At: c.tenant.base() + "/apps/" + p.registration.clientID + "/permissions",
		Kind: c.value("kind"), Search: c.value("q")}
	for _, kind := range resourceKinds {
		if len(kind.roles) > 0 {
			body.APIs = append(body.APIs, adminAPI{AppID: kind.appID, Name: kind.name})
		}
	}
	title := "Request API permissions"
	if api, ok := resourceByAppID(c.value("api")); ok && c.value("api") != "" {
		body.API, body.APIName = api.appID, api.name
		title += ": " + api.name
		body.Offered = c.offers(p, api, body.Kind == kindDelegated, body.Search)
	}
	ans := c.appPage(p, tabPermissions, adminAnswer{view: "addpermission", body: body})
	ans.title, ans.tabs = title, nil
	ans.crumbs = append(ans.crumbs, adminLink{Path: "/apps/" + p.registration.clientID + "/permissions", Text: tabPermissions})

	return ans
}

func (c *adminCall) offers(p *principal, api resourceKind, delegated bool, search string) []adminOffer {
	values := sortedKeys(api.roles)
	if delegated {
		values = api.scopes
	}
	var out []adminOffer
	for _, value := range values {
		if !strings.Contains(strings.ToLower(value), strings.ToLower(search)) {
			continue
		}
		same := permission{resource: api.appID, value: value, delegated: delegated}.same
		out = append(out, adminOffer{Value: value, Asked: slices.ContainsFunc(p.permissions, same),
			Chosen: slices.Contains(c.form["permission"], value)})
	}

	return out
}

// adminAddedPermissions asks for the chosen permissions; consent is another step.
func adminAddedPermissions(c *adminCall) adminAnswer {
	p, ok := c.ownApp()
	if !ok {
		return adminNoApp()
	}
	api, known := resourceByAppID(c.value("api"))
	kind := c.value("kind")
	if !known || kind != kindApplication && kind != kindDelegated {
		return adminAddPermission(c).refused("Choose an API and a type of permissions.")
	}
	delegated := kind == kindDelegated
	permissions := slices.Clone(p.permissions)
	for _, value := range c.form["permission"] {
		asked := permission{resource: api.appID, value: value, roleID: appRoleID(api.appID, value), delegated: delegated}
		if !slices.ContainsFunc(c.offers(p, api, delegated, ""), func(o adminOffer) bool { return o.Value == value }) {
			return adminAddPermission(c).refused(api.name + " has no such permission.")
		}
		if !slices.ContainsFunc(permissions, asked.same) {
			permissions = append(permissions, asked)
		}
	}
	if len(c.form["permission"]) == 0 {
		return adminAddPermission(c).refused("Select at least one permission.")
	}
	p.permissions = permissions

	return c.after("The permissions were added. They need admin consent to take effect.", "/apps/",
		p.registration.clientID, "/permissions")
}

// adminRemovePermission removes what is asked for and what was granted at once; in Entra these are two clicks.
func adminRemovePermission(c *adminCall) adminAnswer {
	p, ok := c.ownApp()
	if !ok {
		return adminNoApp()
	}
	if !p.forget(c.chosenPermission()) {
		return adminPermissions(c).refused("This permission is no longer there.")
	}

	return c.after(c.value("permission")+" was removed.", "/apps/", p.registration.clientID, "/permissions")
}

func (c *adminCall) chosenPermission() permission {
	return permission{resource: c.value("api"), value: c.value("permission"), delegated: c.value("kind") == kindDelegated}
}

func (p *principal) forget(one permission) bool {
	before := len(p.permissions)
	p.permissions = slices.DeleteFunc(slices.Clone(p.permissions), one.same)

	return len(p.permissions) < before
}

type adminConsentView struct {
	Tenant, At, App string
	Permissions     []adminPermission
}

// adminConsentPrompt asks before anything is granted.
func adminConsentPrompt(c *adminCall) adminAnswer {
	p, ok := c.ownApp()
	if !ok {
		return adminNoApp()
	}

	return c.prompt(p, "/apps/", p.permissions, c.appPage(p, tabPermissions, adminAnswer{}))
}

func (c *adminCall) prompt(p *principal, under string, asked []permission, ans adminAnswer) adminAnswer {
	at := under + p.registration.clientID + "/permissions"
	ans.view, ans.title, ans.tabs = "consent", "Grant admin consent for "+c.tenant.name, nil
	ans.crumbs = append(ans.crumbs, adminLink{Path: at, Text: "Permissions"})
	ans.body = adminConsentView{Tenant: c.tenant.name, At: c.tenant.base() + at, App: p.registration.name,
		Permissions: shownPermissions(asked)}

	return ans
}

func adminConsentAnswer(c *adminCall) adminAnswer {
	p, ok := c.ownApp()
	if !ok {
		return adminNoApp()
	}

	return c.consentAnswer(p, p.permissions, "/apps/")
}

// consentAnswer grants all that is asked for, or nothing.
func (c *adminCall) consentAnswer(p *principal, asked []permission, under string) adminAnswer {
	path := []string{under, p.registration.clientID, "/permissions"}
	if c.value("answer") != "yes" {
		return c.after("Nothing was granted.", path...)
	}
	if !c.may(grantGraph) && slices.ContainsFunc(asked, func(one permission) bool {
		return !one.consented && !one.delegated && one.resource == graphAppID
	}) {
		return adminNoAccess(c.person, grantGraph)
	}
	p.consent(c.sim.now())

	return c.after(fmt.Sprintf("Successfully granted admin consent for %s.", c.tenant.name), path...)
}
