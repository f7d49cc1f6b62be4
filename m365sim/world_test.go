package m365sim_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clawback/m365sim"
)

func TestWorld_SameSeedSameWorld(t *testing.T) {
	t.Parallel()
	one, other, different := setup(t), setup(t), setup(t, func(c *m365sim.Config) { c.Seed = 2 })
	if diff := cmp.Diff(one.world, other.world); diff != "" {
		t.Errorf("worlds of one seed differ: %s", diff)
	}
	if one.first.ID == different.first.ID || one.first.App.ClientID == different.first.App.ClientID {
		t.Error("another seed gave the same ids")
	}
	list := func(b *bench) []map[string]any { return b.control("GET", "/mailboxes", nil).want(t, 200).list("items") }
	if diff := cmp.Diff(list(one), list(other)); diff != "" {
		t.Errorf("mailboxes of one seed differ: %s", diff)
	}
}

func TestWorld_People(t *testing.T) {
	t.Parallel()
	w := setup(t).world
	names := map[string]string{}
	for _, tenant := range append([]m365sim.Tenant{w.Provider}, w.Customers...) {
		for _, p := range tenant.People {
			role := ""
			if len(p.AppRoles) > 0 {
				role = p.AppRoles[0]
			}
			names[p.UserPrincipalName] = role
		}
	}
	want := map[string]string{
		"mara.lindt@haldensec.example": "SOCAnalyst", "tomas.reyes@haldensec.example": "SOCAnalyst",
		"ines.okafor@haldensec.example": "EngagementManager", "jon.beck@haldensec.example": "Operator",
		"lena.frost@haldensec.example": "", "priya.nair@brightwater.example": "", "daniel.osei@brightwater.example": "",
		"noor.haddad@brightwater.example": "", "olivia.grant@lumenfreight.example": "", "theo.marsh@lumenfreight.example": "",
		"grace.adeyemi@aldermoor.example": "", "felix.moreau@aldermoor.example": "",
		"hanna.sorel@kestrelfoods.example": "", "piet.vos@kestrelfoods.example": "",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	if w.Customers[0].QuarantineAddress != "quarantine@brightwater.example" || w.Customers[0].QuarantineID == "" {
		t.Errorf("quarantine is %q", w.Customers[0].QuarantineAddress)
	}
	if w.SignIn.ClientID == "" || w.SignIn.Secret == "" || w.Customers[1].App.ServicePrincipalID == "" {
		t.Error("an app lacks its ids or secret")
	}
}

func TestWorld_Sizes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ asked, first, second, third, fourth int }{{0, 60, 40, 12, 12}, {10, 10, 10, 10, 10}, {2600, 2600, 40, 12, 12}} {
		b := setup(t, func(c *m365sim.Config) { c.Mailboxes = tc.asked })
		for i, want := range []int{tc.first, tc.second, tc.third, tc.fourth} {
			r := b.send("GET", b.sim.Addresses().Control+"/tenants/"+b.world.Customers[i].ID+"/mailboxes", nil, nil)
			users, addresses := 0, map[string]bool{}
			for _, box := range r.want(t, 200).list("items") {
				if text(box, "kind") == "user" {
					users++
				}
				addresses[text(box, "address")] = true
			}
			if users != want {
				t.Errorf("%d asked: tenant %d has %d user mailboxes, want %d", tc.asked, i, users, want)
			}
			if len(addresses) != want+3 {
				t.Errorf("%d asked: tenant %d has %d addresses for %d mailboxes", tc.asked, i, len(addresses), want+3)
			}
		}
	}
}

// TestWorld_FreshTenant finds nothing set up in the third customer's tenant, but an admin who can do all of it.
func TestWorld_FreshTenant(t *testing.T) {
	t.Parallel()
	b := setup(t)
	fresh := b.world.Customers[2]
	if fresh.App != (m365sim.App{}) {
		t.Errorf("it has an app of its own: %v", fresh.App.ClientID)
	}
	if diff := cmp.Diff([]string{"Global Administrator"}, fresh.People[0].DirectoryRoles); diff != "" {
		t.Error(diff)
	}
	for _, tenant := range b.send("GET", b.sim.Addresses().Control+"/tenants", nil, nil).want(t, 200).list("items") {
		if text(tenant, "id") != fresh.ID {
			continue
		}
		apps, _ := tenant["apps"].([]any)
		for _, one := range apps {
			if app := one.(map[string]any); app["multi_tenant"] != true || app["present"] == true && text(app, "name") != "Clawback sign-in" {
				t.Errorf("it has the app %v", app)
			}
		}
		if len(apps) != 2 {
			t.Errorf("it knows %d apps, want the sign-in and the integration", len(apps))
		}
	}
}

// TestWorld_LegacyTenant finds the integration with what it asked for long ago; a consent granted again brings the rest.
func TestWorld_LegacyTenant(t *testing.T) {
	t.Parallel()
	b := setup(t)
	legacy := b.world.Customers[3]
	if !legacy.Legacy || b.world.Customers[2].Legacy || legacy.App != (m365sim.App{}) {
		t.Fatalf("the fourth customer is %+v", legacy)
	}
	may := func(resource, permission string) bool {
		t.Helper()
		token := b.send("POST", b.tokenURL(legacy.ID), nil, credentials(b.world.Integration, resource+"/.default")).want(t, 200)
		return has(b.payload(text(token.body, "access_token")), "roles", permission)
	}
	asked := []struct {
		resource, permission string
		longAgo              bool
	}{{graphResource, "Mail.ReadWrite", true}, {graphResource, "ExchangeMessageTrace.Read.All", false}, {exchangeResource, "Exchange.ManageAsApp", false}}
	for _, one := range asked {
		if got := may(one.resource, one.permission); got != one.longAgo {
			t.Errorf("at the start %s: %v", one.permission, got)
		}
	}
	b.send("POST", b.consentURL(legacy.ID, ""), nil, url.Values{"accept": {legacy.ID}}).want(t, 302)
	for _, one := range asked {
		if !may(one.resource, one.permission) {
			t.Errorf("a consent granted again gives no %s", one.permission)
		}
	}
}

func TestStart_RefusesControlBeyondLoopback(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:80", "nonsense"} {
		if sim, err := m365sim.Start(m365sim.Config{ControlAddr: addr}); err == nil {
			t.Errorf("control on %q was accepted", addr)
			_ = sim.Close()
		}
	}
}

func TestStart_IsFast(t *testing.T) {
	t.Parallel()
	started := time.Now()
	sim, err := m365sim.Start(m365sim.Config{Mailboxes: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(started); took > 3*time.Second {
		t.Errorf("10,000 mailboxes took %v", took)
	}
	if err := sim.Close(); err != nil {
		t.Error(err)
	}
	if err := sim.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}
