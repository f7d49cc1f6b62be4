package m365sim

import "net/http"

var groupDefaults = []string{"id", "displayName", "description", "groupTypes", "mail", "mailEnabled", "mailNickname",
	"proxyAddresses", "securityEnabled", "createdDateTime", "visibility", "membershipRule", "isAssignableToRole",
	"onPremisesSyncEnabled"}

var groupList = listRules{
	options:    []string{"$select", "$filter", "$top", "$skiptoken", "$count"},
	properties: groupDefaults,
	filters: fieldRules{"id": {"eq", "in"}, "mail": textOps, "displayName": textOps, "proxyAddresses": {"any"},
		"mailEnabled": {"eq"}, "securityEnabled": {"eq"}, "groupTypes": {"any"}},
	pageSize: 100, maxTop: 999, unfiltered: "Request_UnsupportedQuery", directory: true,
}

var contactList = listRules{
	options:    []string{"$select", "$filter", "$top", "$skiptoken", "$count"},
	properties: []string{"id", "displayName", "mail", "proxyAddresses", "givenName", "surname", "companyName"},
	filters: fieldRules{"id": {"eq", "in"}, "mail": textOps, "displayName": textOps,
		"proxyAddresses": {"any"}},
	pageSize: 100, maxTop: 999, unfiltered: "Request_UnsupportedQuery", directory: true,
}

// isGroup tells what Entra knows as a group. A dynamic distribution list is Exchange's alone.
func isGroup(r *recipient) bool {
	return r.kind == kindGroup || r.kind == kindList || r.kind == kindSecurity
}

func isContact(r *recipient) bool { return r.kind == kindContact }

func (t *tenant) groupEntity(r *recipient) entity {
	types := []string{}
	if r.kind == kindGroup {
		types = append(types, "Unified")
	}
	if r.rule != "" {
		types = append(types, "DynamicMembership")
	}

	var assignable any
	if r.principals != nil {
		assignable = true
	}

	return entity{"id": r.id, "displayName": r.name, "description": nil, "groupTypes": types, "mail": orNull(r.mail),
		"mailEnabled": r.mail != "", "mailNickname": nickname(r), "proxyAddresses": r.proxyAddresses(),
		"securityEnabled": r.secures || r.kind == kindSecurity, "createdDateTime": instant(t.created), "visibility": nil,
		"membershipRule": orNull(r.rule), "isAssignableToRole": assignable, "onPremisesSyncEnabled": nil}
}

func contactEntity(r *recipient) entity {
	return entity{"id": r.id, "displayName": r.name, "mail": r.mail, "proxyAddresses": r.proxyAddresses(),
		"givenName": nil, "surname": nil, "companyName": nil}
}

func listGroups(c *graphCall) answer {
	return c.listRecipients("groups", groupList, isGroup, c.tenant.groupEntity)
}

func listContacts(c *graphCall) answer {
	return c.listRecipients("contacts", contactList, isContact, contactEntity)
}

func (c *graphCall) listRecipients(what string, rules listRules, ofType func(*recipient) bool,
	show func(*recipient) entity,
) answer {
	o, refusal := rules.read(c)
	if refusal != nil {
		return *refusal
	}
	all := c.filtered(o, ofType, show)
	from, to, next := rules.page(c, o, len(all), "$skiptoken")
	value := []entity{}
	for _, e := range all[from:to] {
		value = append(value, pick(e, o.selected, rules.properties))
	}

	return c.list(what, o, len(all), value, next)
}

func (c *graphCall) group() *recipient {
	if r := c.tenant.byID[c.params["group"]]; r != nil && isGroup(r) {
		return r
	}

	return nil
}

func getGroup(c *graphCall) answer {
	o, refusal := groupList.read(c)
	if refusal != nil {
		return *refusal
	}
	r := c.group()
	if r == nil {
		return c.notFound(c.params["group"])
	}

	return c.one(http.StatusOK, "groups", pick(c.tenant.groupEntity(r), o.selected, groupDefaults))
}

var organizationList = listRules{
	options: []string{"$select"}, properties: []string{"id", "displayName", "tenantType", "verifiedDomains",
		"createdDateTime", "countryLetterCode"}, maxTop: 1, pageSize: 1,
}

func listOrganization(c *graphCall) answer {
	o, refusal := organizationList.read(c)
	if refusal != nil {
		return *refusal
	}
	domain := func(name string, isDefault bool) entity {
		return entity{"capabilities": "Email, OfficeCommunicationsOnline", "isDefault": isDefault,
			"isInitial": !isDefault, "name": name, "type": "Managed"}
	}
	t := c.tenant
	e := entity{"id": t.id, "displayName": t.name, "tenantType": "AAD", "createdDateTime": instant(t.created),
		"countryLetterCode": "DE", "verifiedDomains": []entity{domain(t.domain, true), domain(t.onMicrosoft(), false)}}

	return c.list("organization", o, 1, []entity{pick(e, o.selected, organizationList.properties)}, "")
}

var domainList = listRules{
	options: []string{"$select", "$top"},
	properties: []string{"id", "authenticationType", "isAdminManaged", "isDefault", "isInitial", "isRoot", "isVerified",
		"supportedServices"},
	pageSize: 100, maxTop: 999,
}

// listDomains answers the tenant's own domain and its onmicrosoft one, both verified.
func listDomains(c *graphCall) answer {
	all := []entity{}
	for _, name := range []string{c.tenant.domain, c.tenant.onMicrosoft()} {
		all = append(all, entity{"id": name, "authenticationType": "Managed", "isAdminManaged": true,
			"isDefault": name == c.tenant.domain, "isInitial": name != c.tenant.domain, "isRoot": true, "isVerified": true,
			"supportedServices": []string{"Email", "OfficeCommunicationsOnline"}})
	}

	return c.listEntities("domains", domainList, all)
}
