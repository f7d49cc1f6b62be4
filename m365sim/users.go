package m365sim

import (
	"net/http"
	"slices"
	"strings"
)

var userDefaults = []string{"businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone",
	"officeLocation", "preferredLanguage", "surname", "userPrincipalName", "id"}

var textOps = []string{"eq", "in", "startswith"}

var userList = listRules{
	options: []string{"$select", "$filter", "$top", "$skiptoken", "$count", "$orderby"},
	properties: append([]string{"accountEnabled", "proxyAddresses", "userType", "assignedLicenses", "createdDateTime",
		"mailNickname", "otherMails", "onPremisesSyncEnabled"}, userDefaults...),
	filters: fieldRules{
		"id": {"eq", "in"}, "userPrincipalName": textOps, "mail": textOps, "displayName": textOps,
		"proxyAddresses": {"any"}, "accountEnabled": {"eq"}, "userType": {"eq", "in"}, "mailNickname": textOps,
		"givenName": textOps, "surname": textOps,
	},
	orderby:  []string{"displayName", "userPrincipalName"},
	pageSize: 100, maxTop: 999, unfiltered: "Request_UnsupportedQuery", directory: true,
}

// userEntity is a user as Graph shows it: shared and room mailboxes are users with a disabled account.
func (t *tenant) userEntity(r *recipient) entity {
	e := entity{
		"id": r.id, "displayName": r.name, "givenName": orNull(r.given), "surname": orNull(r.surname),
		"jobTitle": orNull(r.jobTitle), "mail": orNull(r.mail), "userPrincipalName": r.upn,
		"businessPhones": []string{}, "mobilePhone": nil, "officeLocation": nil, "preferredLanguage": nil,
		"accountEnabled": r.enabled, "proxyAddresses": r.proxyAddresses(), "userType": "Member",
		"assignedLicenses": []entity{}, "createdDateTime": instant(t.created), "otherMails": []string{},
		"mailNickname": nickname(r), "onPremisesSyncEnabled": nil,
	}
	switch r.kind {
	case kindUser:
		e["assignedLicenses"] = []entity{{"disabledPlans": []string{}, "skuId": "6fd2c87f-b296-42f0-b197-1e91e994b900"}}
	case kindGuest:
		e["userType"] = "Guest"
	case kindOnPremises:
		e["onPremisesSyncEnabled"] = true
	}

	return e
}

func nickname(r *recipient) any {
	local, _, _ := strings.Cut(r.mail, "@")

	return orNull(local)
}

func orNull(text string) any {
	if text == "" {
		return nil
	}

	return text
}

// basicOnly refuses what User.ReadBasic.All does not show.
func (c *graphCall) basicOnly(o odata) *answer {
	if slices.Contains(c.token.Roles, "User.Read.All") || slices.Contains(c.token.Roles, "Directory.Read.All") {
		return nil
	}
	wide := []string{"proxyAddresses", "accountEnabled", "assignedLicenses", "userType", "otherMails"}
	asked := slices.Clone(o.selected)
	if o.filter != nil {
		for _, f := range o.filter.all() {
			asked = append(asked, f.field)
		}
	}
	if !slices.ContainsFunc(asked, func(name string) bool { return slices.Contains(wide, name) }) {
		return nil
	}
	ans := c.failure(http.StatusForbidden, "Authorization_RequestDenied",
		"Insufficient privileges to complete the operation.")

	return &ans
}

func listUsers(c *graphCall) answer {
	o, refusal := userList.read(c)
	if refusal == nil {
		refusal = c.basicOnly(o)
	}
	if refusal != nil {
		return *refusal
	}
	all := c.filtered(o, (*recipient).isUser, c.tenant.userEntity)
	from, to, next := userList.page(c, o, len(all), "$skiptoken")
	value := []entity{}
	for _, e := range sorted(all, o.orderby)[from:to] {
		value = append(value, pick(e, o.selected, userDefaults))
	}

	return c.list("users", o, len(all), value, next)
}

// filtered answers the recipients of a type that match, by index where the filter names addresses or ids.
func (c *graphCall) filtered(o odata, ofType func(*recipient) bool, show func(*recipient) entity) []entity {
	candidates := c.tenant.recipients
	if o.filter != nil {
		if named, ok := c.tenant.named(o.filter); ok {
			candidates = named
		}
	}
	var out []entity
	for _, r := range candidates {
		if !ofType(r) {
			continue
		}
		if e := show(r); o.filter == nil || o.filter.matches(e) {
			out = append(out, e)
		}
	}

	return out
}

// named answers the recipients a filter can match at all, when it names ids or addresses in every branch.
func (t *tenant) named(f *filter) ([]*recipient, bool) {
	switch f.op {
	case "any":
		if f.field == "proxyAddresses" {
			return t.named(f.parts[0])
		}
	case "and":
		for _, part := range f.parts {
			if found, ok := t.named(part); ok {
				return found, true
			}
		}
	case "or":
		var out []*recipient
		for _, part := range f.parts {
			found, ok := t.named(part)
			if !ok {
				return nil, false
			}
			for _, r := range found {
				if !slices.Contains(out, r) {
					out = append(out, r)
				}
			}
		}
		return out, true
	case "eq", "in":
		return t.byValues(f)
	}

	return nil, false
}

func (t *tenant) byValues(f *filter) ([]*recipient, bool) {
	if !slices.Contains([]string{"", "id", "mail", "userPrincipalName"}, f.field) {
		return nil, false
	}
	var out []*recipient
	for _, value := range f.values {
		text, ok := value.(string)
		if !ok {
			return nil, false
		}
		_, address, found := strings.Cut(text, ":")
		if !found {
			address = text
		}
		if r := t.anyRecipient(address); r != nil && !slices.Contains(out, r) {
			out = append(out, r)
		}
	}

	return out, true
}

func sorted(all []entity, orderby string) []entity {
	field, direction, _ := strings.Cut(orderby, " ")
	if field == "" {
		return all
	}
	slices.SortStableFunc(all, func(a, b entity) int {
		order, _ := compare(a[field], b[field])
		if direction == "desc" {
			return -order
		}
		return order
	})

	return all
}

func getUser(c *graphCall) answer {
	o, refusal := userList.read(c)
	if refusal == nil {
		refusal = c.basicOnly(o)
	}
	if refusal != nil {
		return *refusal
	}
	if c.target == nil {
		return c.notFound(c.params["user"])
	}
	what := "users"
	if len(o.selected) > 0 {
		what += "(" + strings.Join(o.selected, ",") + ")"
	}

	return c.one(http.StatusOK, what, pick(c.tenant.userEntity(c.target), o.selected, userDefaults))
}

func (c *graphCall) notFound(what string) answer {
	return c.failure(http.StatusNotFound, "Request_ResourceNotFound",
		"Resource '"+what+"' does not exist or one of its queried reference-property objects are not present.")
}
