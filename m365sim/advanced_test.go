package m365sim_test

import (
	"strings"
	"testing"

	"clawback/m365sim"
)

// eventual are the header's name and value which make a query an advanced one.
var eventual = []string{"ConsistencyLevel", "eventual"}

func TestDirectory_AdvancedQueries(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.patchApp(everyPermission)
	for filter, want := range map[string]string{
		"accountEnabled ne true":                                                          "Boardroom,Quarantine,SOC Archive",
		"not(accountEnabled eq true)":                                                     "Boardroom,Quarantine,SOC Archive",
		"endsWith(userPrincipalName,'@haldensec.example')":                                "",
		"endswith(mail,'@partner.example')":                                               "Gil Partner",
		"proxyAddresses/any(p:endswith(p,'helena.voss@brightwater.onmicrosoft.example'))": "Helena Voss",
		"startswith(displayName,'Helena') and userType ne 'Guest'":                        "Helena Voss",
	} {
		path := "/users" + query("$filter", filter, "$count", "true", "$orderby", "displayName", "$top", "50")
		if strings.Contains(filter, "start") {
			path = "/users" + query("$filter", filter, "$count", "true", "$top", "50")
		}
		r := b.graph("GET", path, nil, eventual...).want(t, 200)
		var names []string
		for _, user := range r.list("value") {
			names = append(names, text(user, "displayName"))
		}
		if got := strings.Join(names, ","); got != want || r.body["@odata.count"] != float64(len(names)) {
			t.Errorf("%s: %s, count %v, want %s", filter, got, r.body["@odata.count"], want)
		}
		for _, half := range []reply{b.graph("GET", path, nil),
			b.graph("GET", "/users"+query("$filter", filter), nil, eventual...)} {
			if half.want(t, 400).code() != "Request_UnsupportedQuery" || !strings.Contains(string(half.raw), "advanced-queries") &&
				!strings.Contains(string(half.raw), "Sorting") {
				t.Errorf("%s with half of what it needs: %s", filter, half.raw)
			}
		}
	}
	for _, refused := range []string{query("$filter", "endswith(displayName,'x')", "$count", "true"),
		query("$filter", "proxyAddresses/any(p:p ne 'x')", "$count", "true"), query("$search", `"displayName:x"`)} {
		b.graph("GET", "/users"+refused, nil, eventual...).want(t, 400)
	}
	if r := b.graph("GET", "/groups"+query("$search", `"displayName:x"`), nil).want(t, 400); !strings.Contains(string(r.raw), "special request header") {
		t.Errorf("a search: %s", r.raw)
	}
}

func TestDirectory_Counts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.patchApp(everyPermission)
	for path, want := range map[string]string{
		"/users/$count": "19", "/users/$count" + query("$filter", "userType eq 'Guest'"): "1",
		"/groups/$count" + query("$filter", "mail eq 'all-staff@brightwater.example'"): "1",
	} {
		r := b.graph("GET", path, nil, eventual...).want(t, 200)
		if string(r.raw) != want || r.header.Get("Content-Type") != "text/plain" {
			t.Errorf("%s: %s as %s", path, r.raw, r.header.Get("Content-Type"))
		}
		if r := b.graph("GET", path, nil).want(t, 400); r.code() != "Request_BadRequest" {
			t.Errorf("%s without the header: %s", path, r.raw)
		}
	}
	b.graph("GET", "/users/$count"+query("$filter", "nonsense"), nil, eventual...).want(t, 400)
	for _, list := range []string{"/users", "/groups", "/contacts", "/servicePrincipals", "/applications", "/oauth2PermissionGrants",
		"/servicePrincipals/" + b.first.App.ServicePrincipalID + "/appRoleAssignments"} {
		if r := b.graph("GET", list+query("$count", "true"), nil).want(t, 200); r.body["@odata.count"] != nil {
			t.Errorf("%s counts without the header", list)
		}
		if r := b.graph("GET", list+query("$count", "true"), nil, eventual...).want(t, 200); r.body["@odata.count"] == nil {
			t.Errorf("%s does not count", list)
		}
	}
}

func TestDirectory_ProxyAddressesByEitherWay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	lookup := "/users" + query("$filter", "proxyAddresses/any(p:p eq 'smtp:office@brightwater.example')", "$count", "true")
	b.graph("GET", lookup, nil).want(t, 200)
	b.sim.SetSwitches(m365sim.Switches{DirectorySwitches: m365sim.DirectorySwitches{ProxyAddressesNeedEventual: true}})
	if r := b.graph("GET", lookup, nil).want(t, 400); r.code() != "Request_UnsupportedQuery" {
		t.Errorf("switched: %s", r.raw)
	}
	if found := b.graph("GET", lookup, nil, eventual...).want(t, 200).list("value"); len(found) != 1 {
		t.Errorf("found %v", found)
	}
	b.send("PATCH", b.sim.Addresses().Control+"/switches", nil, `{"proxy_addresses_need_eventual":false}`).want(t, 200)
	b.graph("GET", lookup, nil).want(t, 200)
	b.send("PATCH", b.sim.Addresses().Control+"/switches", nil, `{"no_such_switch":true}`).want(t, 400)
}
