package m365sim_test

import (
	"slices"
	"testing"

	"clawback/m365sim"
)

func TestSwitches_Exchange(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.patchApp(`{"roles":[]}`)
	noRole := b.appToken(exchangeResource)
	b.patchApp(`{"consent":false}`)
	noPermission := b.appToken(exchangeResource)
	b.trace(noRole).want(t, 403)
	b.trace(noPermission).want(t, 401)
	b.switches(`{"role_refusal_401":true,"permission_refusal_403":true}`)
	b.trace(noRole).want(t, 401)
	b.trace(noPermission).want(t, 403)
	b.trace("nonsense").want(t, 401)
}

func TestSwitches_Wids(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, tc := range []struct {
		role, switches string
		shown, traces  bool
	}{
		{`{"role":"Security Reader","scope":"/administrativeUnits/x"}`, `{"scoped_roles_in_wids":false}`, false, false},
		{`{"role":"Security Reader","scope":"/administrativeUnits/x"}`, `{"scoped_roles_in_wids":true}`, true, false},
		{`{"role":"Security Reader","state":"group"}`, `{"no_group_roles_in_wids":false}`, true, true},
		{`{"role":"Security Reader","state":"group"}`, `{"no_group_roles_in_wids":true}`, false, false},
	} {
		b.switches(tc.switches)
		b.patchApp(`{"roles":[` + tc.role + `]}`)
		token := b.appToken(exchangeResource)
		wids, _ := b.payload(token)["wids"].([]any)
		if slices.Contains(wids, any(readerID)) != tc.shown {
			t.Errorf("%s with %s: wids are %v", tc.role, tc.switches, wids)
		}
		if r := b.trace(token); (r.status == 200) != tc.traces {
			t.Errorf("%s with %s: the trace answers %d", tc.role, tc.switches, r.status)
		}
	}
}

func TestSwitches_NoPremiumLicense(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *m365sim.Config) {
		c.Switches = m365sim.Switches{IdentitySwitches: m365sim.IdentitySwitches{NoPremiumLicense: true}}
	})
	if r := b.graph("GET", "/roleManagement/directory/roleEligibilityScheduleInstances", nil).want(t, 400); r.code() !=
		"AadPremiumLicenseRequired" {
		t.Errorf("answered %s", r.raw)
	}
	switches := b.sim.Addresses().Control + "/switches"
	if r := b.send("GET", switches, nil, nil).want(t, 200); r.body["no_premium_license"] != true ||
		r.body["role_refusal_401"] != false {
		t.Errorf("switches are %s", r.raw)
	}
	b.send("PATCH", switches, nil, `{"nonsense":true}`).want(t, 400)
	b.switches(`{"no_premium_license":false}`)
	b.graph("GET", "/roleManagement/directory/roleEligibilityScheduleInstances", nil).want(t, 200)
}
