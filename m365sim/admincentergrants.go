package m365sim

import "slices"

// adminGrants lists what was consented to.
func adminGrants(c *adminCall) adminAnswer {
	p, ok := c.enterpriseApp()
	if !ok {
		return adminNoPrincipal()
	}
	granted := slices.DeleteFunc(slices.Clone(p.permissions), func(one permission) bool { return !one.consented })

	return c.enterprisePage(p, tabGrants, adminAnswer{view: "grants", body: adminPermissionsView{Tenant: c.tenant.name,
		At:          c.tenant.base() + "/enterprise-apps/" + p.registration.clientID + "/permissions",
		Permissions: shownPermissions(granted)}})
}

// adminRevoke takes one grant back; the app goes on asking for it.
func adminRevoke(c *adminCall) adminAnswer {
	p, ok := c.enterpriseApp()
	if !ok {
		return adminNoPrincipal()
	}
	at := slices.IndexFunc(p.permissions, c.chosenPermission().same)
	if at < 0 || !p.permissions[at].consented {
		return adminGrants(c).refused("This permission is no longer granted.")
	}
	p.permissions = slices.Clone(p.permissions)
	p.permissions[at].consented = false

	return c.after(c.value("permission")+" was revoked.", "/enterprise-apps/", p.registration.clientID, "/permissions")
}

func adminGrantPrompt(c *adminCall) adminAnswer {
	p, ok := c.enterpriseApp()
	if !ok {
		return adminNoPrincipal()
	}

	return c.prompt(p, "/enterprise-apps/", p.asked(), c.enterprisePage(p, tabGrants, adminAnswer{}))
}

func adminGrantAnswer(c *adminCall) adminAnswer {
	p, ok := c.enterpriseApp()
	if !ok {
		return adminNoPrincipal()
	}

	return c.consentAnswer(p, p.asked(), "/enterprise-apps/")
}
